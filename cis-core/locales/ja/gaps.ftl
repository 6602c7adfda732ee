# Why something could not be read. Each message by its English template in kebab case.

a-read = 読み取り
code-allow-action = { $code }。必要な権限: { $action }
denied = アクセス拒否
denied-by-a-policy-of-the-caller = 呼び出し元のポリシーによるアクセス拒否
denied-by-a-policy-of-the-organization = 組織のポリシーによるアクセス拒否
denied-by-the-resource-s-own-policy = リソースベースポリシーによるアクセス拒否
failed = 失敗
in-another-account = 別のアカウントにある
left-out = スコープから除外
message-allow-action = { $message }。必要な権限: { $action }
not-in-this-source = データソースに含まれない
not-reachable = 到達不能
not-understood = 応答を解釈できない
read-answered-code = { $read } が { $code } を返しました
read-answered-code-allow-action = { $read } が { $code } を返しました。必要な権限: { $action }
read-message-allow-action = { $read }: { $message }。必要な権限: { $action }
read-too-long-ago = 取得から時間が経ちすぎている
subject-in-region = { $subject } ({ $region })
subject-on-resource = { $subject } ({ $resource })
subject-on-resource-in-region = { $subject } ({ $resource }、{ $region })
the-credentials-expired = 認証情報の有効期限切れ
the-list-was-cut-off = 一覧が途中で切れている
the-region-is-not-enabled = リージョンが無効
throttled = スロットリング
