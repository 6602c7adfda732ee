# Messages of the controls of securityhub. Each message by its English template in kebab case.

security-hub-is-enabled-in-region = { $region } で Security Hub が有効です。
security-hub-is-not-enabled-in-region-it-must-be = { $region } で Security Hub が有効になっていません。有効にする必要があります。
the-answer-has-neither-hubarn-nor-an-error = 応答に HubArn もエラーもない
