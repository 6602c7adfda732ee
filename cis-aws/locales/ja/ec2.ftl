# Messages of the controls of ec2. Each message by its English template in kebab case.

ask-for-session-tokens-see-first-by-the-metric-metadatanotoken-that-nothing-on-the-instance-uses-the-old-way-for-new-instances-set-it-in-launch-templates-and-as-the-region-s-default-with-modify-instance-metadata-defaults = セッショントークンを必須にします。事前に、インスタンスで従来の方式が使われていないことをメトリクス MetadataNoToken で確認してください。新しいインスタンスについては、起動テンプレートで設定し、modify-instance-metadata-defaults でリージョンのデフォルトとしても設定します。
ec2-instances-resource-actions-instance-settings-modify-instance-metadata-options = EC2 の「Instances」で { $resource } を選択し、「Actions」→「Instance settings」→「Modify instance metadata options」を選択します。
httptokens-is-optional-it-must-be-required-or-the-endpoint-disabled = HttpTokens が optional です。required にするか、エンドポイントを無効にする必要があります。
metadataoptions-what-is-missing-or-has-a-value-that-is-not-known = MetadataOptions.{ $what } がないか、未知の値である
    .english = MetadataOptions.{ $what } is missing or has a value that is not known
programs-that-read-metadata-without-a-token-get-nothing-more-no-keys-of-the-instance-s-role = トークンなしでメタデータを読み取るプログラムは、インスタンスのロールの認証情報を含め、何も取得できなくなります。
set-imdsv2-to-required-and-save = 「IMDSv2」を「Required」に設定し、保存します。
the-metadata-options-are-being-changed = インスタンスメタデータオプションを変更中
the-metadata-options-are-pending-they-must-be-applied = インスタンスメタデータオプションの変更が保留中です。適用済みでなければなりません。
the-metadata-options-are-right-and-pending-a-change-is-in-progress = インスタンスメタデータオプションは正しい内容ですが、変更が適用中です。
the-metadata-service-asks-for-a-token = インスタンスメタデータサービスはトークンを必須としています。
the-metadata-service-is-off = インスタンスメタデータサービスは無効です。
