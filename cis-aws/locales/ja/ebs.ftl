# Messages of the controls of ebs. Each message by its English template in kebab case.

a-snapshot-that-is-encrypted-with-aws-s-own-key-cannot-be-shared-with-other-accounts = AWS マネージドキーで暗号化したスナップショットは、ほかのアカウントと共有できません。
in-the-region-region-ec2-dashboard-data-protection-and-security = リージョン { $region } の EC2 で「Dashboard」の「Data protection and security」を開きます。
new-ebs-volumes-are-encrypted-by-default = 新しい EBS ボリュームはデフォルトで暗号化されます。
new-ebs-volumes-are-not-encrypted-by-default-they-must-be = 新しい EBS ボリュームがデフォルトで暗号化されません。デフォルトの暗号化を有効にする必要があります。
turn-encryption-by-default-on-in-each-region-volumes-that-are-there-stay-as-they-are-to-replace-one-copy-a-snapshot-of-it-with-encryption = 各リージョンでデフォルトの暗号化を有効にします。既存のボリュームは変わりません。既存のボリュームを置き換えるには、そのスナップショットを暗号化してコピーします。
under-ebs-encryption-choose-manage-enable-always-encrypt-new-ebs-volumes-and-save = 「EBS encryption」で「Manage」を選択し、「Always encrypt new EBS volumes」を有効にして保存します。
