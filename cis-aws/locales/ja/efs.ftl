# Messages of the controls of efs. Each message by its English template in kebab case.

the-file-system-belongs-to-account-owner-and-is-judged-there = ファイルシステムはアカウント { $owner } が所有しているため、そのアカウントで評価します。
the-file-system-is-encrypted = ファイルシステムは暗号化されています。
the-file-system-is-not-encrypted-it-must-be = ファイルシステムが暗号化されていません。暗号化する必要があります。
the-file-system-is-state = ファイルシステムの状態は { $state } です。
