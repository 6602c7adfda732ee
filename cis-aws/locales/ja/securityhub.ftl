# Messages of the controls of securityhub. Each message by its English template in kebab case.

choose-the-standards-that-it-shall-check-and-enable-security-hub-cspm = チェックする標準を選択し、「Enable Security Hub CSPM」を選択します。
enable-security-hub-cspm-in-each-region-in-an-organization-a-configuration-policy-of-the-delegated-administrator-does-it-for-all-accounts-aws-config-must-record-for-its-checks-to-say-anything = 各リージョンで Security Hub CSPM を有効にします。組織では、委任管理者の設定ポリシーによって全アカウントで有効にできます。チェックが機能するには、AWS Config の記録が必要です。
in-the-region-region-security-hub-cspm-go-to-security-hub-cspm = リージョン { $region } の Security Hub CSPM で「Go to Security Hub CSPM」を選択します。
security-hub-cspm-charges-for-checks-and-findings-by-account-and-region = Security Hub CSPM では、アカウントとリージョンごとに、チェックと検出結果に料金がかかります。
security-hub-is-enabled-in-region = { $region } で Security Hub が有効です。
security-hub-is-not-enabled-in-region-it-must-be = { $region } で Security Hub が有効になっていません。有効にする必要があります。
the-answer-has-neither-hubarn-nor-an-error = 応答に HubArn もエラーもない
