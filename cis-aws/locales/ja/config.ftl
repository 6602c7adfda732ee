# Messages of the controls of config. Each message by its English template in kebab case.

aws-config-does-not-record-every-supported-type-here-reasons = このリージョンでは、サポートされるすべてのリソースタイプを AWS Config が記録している状態ではありません: { $reasons }
every-supported-type-is-recorded-here-by-recorder = このリージョンではサポートされるすべてのリソースタイプを { $recorder } が記録しています。
global-types-iam-are-recorded-in-recording = グローバルリソース (IAM) は次のリージョンで記録されています: { $recording }
name-does-not-record-every-supported-type = { $name } がサポートされるリソースタイプの一部を記録していない
name-failed-at-its-last-delivery = { $name } の最新の配信が失敗
name-is-stopped = { $name } が停止中
name-leaves-out-types = { $name } が { $types } を除外している
no-region-is-known-to-look-for-recorders-in = レコーダーを確認すべきリージョンが不明
no-region-records-global-types-iam-one-that-meets-the-requirement-and-can-record-them-must = グローバルリソース (IAM) を記録しているリージョンがありません。要件を満たし、かつ記録可能なリージョンのいずれかで記録する必要があります。
no-region-was-seen-to-record-global-types-iam-but-one-may-gap = グローバルリソース (IAM) を記録するリージョンは確認できませんでしたが、存在する可能性があります: { $gap }
there-is-no-delivery-channel-with-a-bucket = S3 バケットを指定した配信チャネルがない
there-is-no-recorder-of-the-account-s-own = アカウント自身の設定レコーダーがない
