# Messages of the controls of ebs. Each message by its English template in kebab case.

new-ebs-volumes-are-encrypted-by-default = 新しい EBS ボリュームはデフォルトで暗号化されます。
new-ebs-volumes-are-not-encrypted-by-default-they-must-be = 新しい EBS ボリュームがデフォルトで暗号化されません。デフォルトの暗号化を有効にする必要があります。
