# Messages of the controls of kms. Each message by its English template in kebab case.

a-key-of-spec-spec-cannot-rotate-by-itself = キー仕様 { $spec } のキーは自動ローテーションできません。
a-key-whose-material-has-the-origin-origin-cannot-rotate-by-itself = キーマテリアルのオリジンが { $origin } のキーは自動ローテーションできません。
each-of-the-first-two-rotations-of-a-key-adds-to-what-it-costs-a-month = キーの最初の 2 回のローテーションは、それぞれ毎月の料金に加算されます。
in-the-region-region-kms-customer-managed-keys-resource-key-material-and-rotations = リージョン { $region } の KMS で「Customer managed keys」の { $resource } を開き、「Key material and rotations」を選択します。
no-key-here-is-the-account-s-own-nothing-to-judge = ここにはアカウント自身のキーがないため、評価の対象がありません。
the-key-does-not-rotate-by-itself-it-must = キーの自動ローテーションが無効です。有効にする必要があります。
the-key-does-not-rotate-by-itself-it-must-which-is-set-on-its-primary-primary = キーの自動ローテーションが無効です。プライマリキー { $primary } で有効にする必要があります。
the-key-is-in-the-state-state-which-tells-nothing-yet-scan-again = キーの状態が { $state } のため、まだ判定できません。もう一度スキャンしてください。
the-key-is-not-in-use-its-state-is-state = キーの状態が { $state } で、使用されていません。
the-key-rotates-by-itself = キーの自動ローテーションが有効です。
the-key-s-state-state-does-not-last = キーの状態 { $state } は一時的である
    .english = the key's state { $state } does not last
the-rotation-status = ローテーションの状態
turn-rotation-on-for-the-key-for-a-multi-region-key-on-its-primary-what-was-encrypted-before-stays-readable-kms-keeps-the-old-material = キーのローテーションを有効にします。マルチリージョンキーの場合は、プライマリキーで有効にします。KMS は古いキーマテリアルを保持するため、以前に暗号化したデータも引き続き復号できます。
under-automatic-key-rotation-choose-edit-enable-and-save = 「Automatic key rotation」の「Edit」で「Enable」を選択し、保存します。
