# Messages of the controls of config. Each message by its English template in kebab case.

aws-config-charges-for-each-configuration-item-that-it-records = AWS Config では、記録する設定項目ごとに料金がかかります。
aws-config-does-not-record-every-supported-type-here-reasons = このリージョンでは、サポートされるすべてのリソースタイプを AWS Config が記録している状態ではありません: { $reasons }
every-supported-type-is-recorded-here-by-recorder = このリージョンではサポートされるすべてのリソースタイプを { $recorder } が記録しています。
global-types-iam-are-recorded-in-recording = グローバルリソース (IAM) は次のリージョンで記録されています: { $recording }
in-each-region-let-a-recorder-record-every-supported-type-and-deliver-to-a-bucket-in-one-region-it-must-include-the-global-types-iam-s-there-set-includeglobalresourcetypes-to-true-a-recorder-that-is-there-keeps-its-name-give-it-in-place-of-default = 各リージョンのレコーダーで、サポートされているすべてのリソースタイプを記録し、バケットに配信します。そのうち 1 つのリージョンでは、グローバルリソースタイプ (IAM のリソース) も記録する必要があります。そのリージョンでは includeGlobalResourceTypes を true にします。既存のレコーダーの名前は変更できないため、default の代わりにその名前を指定します。
in-the-region-region-aws-config-settings-edit = リージョン { $region } の AWS Config で「Settings」を開き、「Edit」を選択します。
name-does-not-record-every-supported-type = { $name } がサポートされるリソースタイプの一部を記録していない
name-failed-at-its-last-delivery = { $name } の最新の配信が失敗
name-is-stopped = { $name } が停止中
name-leaves-out-types = { $name } が { $types } を除外している
no-region-is-known-to-look-for-recorders-in = レコーダーを確認すべきリージョンが不明
no-region-records-global-types-iam-one-that-meets-the-requirement-and-can-record-them-must = グローバルリソース (IAM) を記録しているリージョンがありません。要件を満たし、かつ記録可能なリージョンのいずれかで記録する必要があります。
no-region-was-seen-to-record-global-types-iam-but-one-may-gap = グローバルリソース (IAM) を記録するリージョンは確認できませんでしたが、存在する可能性があります: { $gap }
record-all-resource-types-in-one-region-with-the-globally-recorded-ones-iam-s-and-choose-a-bucket = すべてのリソースタイプ (1 つのリージョンでは、グローバルに記録される IAM のリソースタイプも含める) を記録する設定にし、バケットを選択します。
see-that-the-recorder-is-on-and-that-its-last-delivery-went-well = レコーダーが有効で、直近の配信が成功していることを確認します。
the-last-status-is-last-the-recorder-just-started-scan-again = 直近のステータスが { $last }。レコーダーが開始された直後のため、もう一度スキャンすること
    .english = the last status is { $last }: the recorder just started, scan again
the-recorder-is-set-as-a-whole-its-role-is-replaced-and-types-that-were-excluded-are-recorded-too = レコーダーの設定全体が置き換わります。ロールが置き換わり、除外していたリソースタイプも記録されます。
there-is-no-delivery-channel-with-a-bucket = S3 バケットを指定した配信チャネルがない
there-is-no-recorder-of-the-account-s-own = アカウント自身の設定レコーダーがない
