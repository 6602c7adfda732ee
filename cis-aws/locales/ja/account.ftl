# Messages of the controls of account. Each message by its English template in kebab case.

a-security-contact-with-mail-address-and-phone-number-is-set-whether-somebody-watches-it-only-a-person-can-tell = メールアドレスと電話番号を含むセキュリティ担当の連絡先が設定されています。実際に誰かが確認しているかどうかは、人にしか判断できません。
cannot-be-set-any-more = 現在は設定できない
contact-fields-filled-filled-alternate-contacts-set-set-not-readable-unread-a-person-must-confirm-that-mail-and-phone-are-current-and-reach-more-than-one-person = 入力済みの連絡先項目: { $filled }。設定済みの代替連絡先: { $set }。取得できなかったもの: { $unread }。メールアドレスと電話番号が最新で、複数の担当者に届くことを人が確認する必要があります。
contact-information = 連絡先情報
mail-address = メールアドレス
no-api-tells-of-security-questions-so-a-person-must-look-at-the-account-page-signed-in-as-root-aws-took-no-new-ones-after-2024-01-05-and-ended-editing-on-2025-01-06-suggestion-where-there-are-none-suggestion = 秘密の質問は API で取得できないため、ルートユーザーでサインインし、アカウントページで人が確認する必要があります。AWS は 2024-01-05 に新規設定の受付を終了し、2025-01-06 に編集機能を廃止しました (設定がない場合の参考判定: { $suggestion })。
no-security-contact-is-set-the-account-must-have-one-with-a-mail-address-and-a-phone-number = セキュリティ担当の連絡先が設定されていません。メールアドレスと電話番号を含む連絡先を設定する必要があります。
phone-number = 電話番号
the-security-contact-lacks-missing-it-must-have-a-mail-address-and-a-phone-number = セキュリティ担当の連絡先に { $missing } がありません。メールアドレスと電話番号の両方が必要です。
