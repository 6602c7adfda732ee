# Messages of the controls of efs. Each message by its English template in kebab case.

both-file-systems-are-paid-for-until-the-old-one-is-gone = 古いファイルシステムを削除するまで、両方に料金がかかります。
copy-the-files-with-aws-datasync-mount-the-new-file-system-and-delete-resource = AWS DataSync でファイルをコピーし、新しいファイルシステムをマウントしてから { $resource } を削除します。
encryption-is-chosen-when-a-file-system-is-made-make-an-encrypted-one-copy-the-files-aws-datasync-does-mount-it-in-place-of-the-old-one-and-delete-that = 暗号化はファイルシステムの作成時にしか設定できません。暗号化したファイルシステムを作成してファイルをコピーし (AWS DataSync を利用できます)、古いファイルシステムの代わりにマウントしてから、古いほうを削除します。
in-the-region-region-efs-create-file-system-customize-and-leave-enable-encryption-of-data-at-rest-on = リージョン { $region } の EFS で「Create file system」→「Customize」を選択し、「Enable encryption of data at rest」を有効のままにします。
the-file-system-belongs-to-account-owner-and-is-judged-there = ファイルシステムはアカウント { $owner } が所有しているため、そのアカウントで評価します。
the-file-system-is-encrypted = ファイルシステムは暗号化されています。
the-file-system-is-not-encrypted-it-must-be = ファイルシステムが暗号化されていません。暗号化する必要があります。
the-file-system-is-state = ファイルシステムの状態は { $state } です。
what-writes-to-the-old-file-system-must-stop-or-be-copied-again-before-the-change = 切り替え前に、古いファイルシステムへの書き込みを停止するか、書き込まれた分を再度コピーする必要があります。
