# Messages of the controls of account. Each message by its English template in kebab case.

a-security-contact-with-mail-address-and-phone-number-is-set-whether-somebody-watches-it-only-a-person-can-tell = メールアドレスと電話番号を含むセキュリティ担当の連絡先が設定されています。実際に誰かが確認しているかどうかは、人にしか判断できません。
cannot-be-set-any-more = 現在は設定できない
contact-fields-filled-filled-alternate-contacts-set-set-not-readable-unread-a-person-must-confirm-that-mail-and-phone-are-current-and-reach-more-than-one-person = 入力済みの連絡先項目: { $filled }。設定済みの代替連絡先: { $set }。取得できなかったもの: { $unread }。メールアドレスと電話番号が最新で、複数の担当者に届くことを人が確認する必要があります。
contact-information = 連絡先情報
edit-contact-information-then-the-three-alternate-contacts = 「Contact information」を編集し、続けて 3 つの「Alternate contacts」を編集します。
keep-the-contact-information-and-the-alternate-contacts-up-to-date-with-mailboxes-and-phone-numbers-of-a-team-root-s-own-mail-address-stands-on-the-account-page-alone-no-api-shows-it = 連絡先情報と代替連絡先を最新に保ち、チームで共有するメールアドレスと電話番号を登録します。ルートユーザー自身のメールアドレスはアカウントページにしか表示されず、取得できる API はありません。
mail-address = メールアドレス
no-api-tells-of-security-questions-so-a-person-must-look-at-the-account-page-signed-in-as-root-aws-took-no-new-ones-after-2024-01-05-and-ended-editing-on-2025-01-06-suggestion-where-there-are-none-suggestion = 秘密の質問は API で取得できないため、ルートユーザーでサインインし、アカウントページで人が確認する必要があります。AWS は 2024-01-05 に新規設定の受付を終了し、2025-01-06 に編集機能を廃止しました (設定がない場合の参考判定: { $suggestion })。
no-security-contact-is-set-the-account-must-have-one-with-a-mail-address-and-a-phone-number = セキュリティ担当の連絡先が設定されていません。メールアドレスと電話番号を含む連絡先を設定する必要があります。
nothing-can-be-done-any-more-aws-took-no-new-questions-after-2024-01-05-and-ended-editing-on-2025-01-06-where-none-were-set-attest-that-they-cannot-be-keep-the-root-user-s-mail-address-and-phone-number-current-instead-which-is-what-recovery-rests-on-now = 現在は対応できません。AWS は 2024-01-05 を最後に新しい質問の登録を終了し、2025-01-06 には編集も終了しました。未設定の場合は、設定できない旨を証明として記録してください。現在の復旧手段であるルートユーザーのメールアドレスと電話番号を、代わりに最新に保ちます。
open-the-account-menu-at-the-top-right-then-account = 右上のアカウントメニューを開き、「Account」(アカウント) を選択します。
phone-number = 電話番号
register-a-security-contact-best-a-mailbox-and-a-phone-line-that-the-security-team-watches-together-the-management-account-of-an-organization-can-set-it-for-its-members = セキュリティの連絡先を登録します。セキュリティチームが共同で確認するメールアドレスと電話番号が最適です。組織の管理アカウントからは、メンバーアカウントの連絡先も設定できます。
signed-in-as-root-check-the-mail-address-under-account-settings = ルートユーザーとしてサインインし、「Account settings」でメールアドレスを確認します。
the-account-page-takes-no-questions-any-more = アカウントページでは質問を登録できなくなりました。
the-command-sets-the-whole-contact-information-give-the-parts-that-are-right-too = このコマンドは連絡先情報全体を置き換えます。変更しない項目も指定してください。
the-security-contact-lacks-missing-it-must-have-a-mail-address-and-a-phone-number = セキュリティ担当の連絡先に { $missing } がありません。メールアドレスと電話番号の両方が必要です。
there-was-never-an-api-for-them = 質問を操作する API は提供されたことがありません。
under-alternate-contacts-edit-security-name-title-mail-address-phone-number = 「Alternate contacts」の「Security」を編集し、氏名、役職、メールアドレス、電話番号を入力します。
