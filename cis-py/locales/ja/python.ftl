# What the Python package says. Each message by its English template in kebab case.

attestation-for-about-state = { $about } の証明: { $state }
by-the-facts-status-told = 取得した情報による判定: { $status }。{ $told }
exception-for-about-state = { $about } の例外: { $state }
expired = 期限切れ
finding = 検出結果
for-another-version-of-the-benchmark = ベンチマークの別のバージョン用
id = ID
in-the-future = 日付が未来
not-read-gap = 取得できなかった情報: { $gap }
resource = リソース
tags-not-read = タグを取得できず
the-check-could-not-be-asked-fault = チェックを実行できませんでした: { $fault }
the-check-s-verdict-is-not-valid-fault = チェックの判定が正しくありません: { $fault }
the-control-reads-this-dataset-without-declaring-it = コントロールが、宣言していないこのデータセットを参照した
the-data-source-raised-error = データソースが例外を送出した: { $error }
    .english = the data source raised { $error }
the-scan-ended-before-the-check-did-why = チェックが終わる前にスキャンが終了した: { $why }
    .english = the scan ended before the check did: { $why }
unmatched = 該当なし
unused = 適用対象なし
