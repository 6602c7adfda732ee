# Messages of the controls of ec2. Each message by its English template in kebab case.

httptokens-is-optional-it-must-be-required-or-the-endpoint-disabled = HttpTokens が optional です。required にするか、エンドポイントを無効にする必要があります。
the-metadata-options-are-being-changed = インスタンスメタデータオプションを変更中
the-metadata-options-are-pending-they-must-be-applied = インスタンスメタデータオプションの変更が保留中です。適用済みでなければなりません。
the-metadata-options-are-right-and-pending-a-change-is-in-progress = インスタンスメタデータオプションは正しい内容ですが、変更が適用中です。
the-metadata-service-asks-for-a-token = インスタンスメタデータサービスはトークンを必須としています。
the-metadata-service-is-off = インスタンスメタデータサービスは無効です。
