# Messages of the controls of rds. Each message by its English template in kebab case.

a-rule-has-no-ipprotocol = ルールに IpProtocol がない
minor-versions-are-not-upgraded-automatically-they-must-be = マイナーバージョン自動アップグレードが無効です。有効にする必要があります。
minor-versions-are-upgraded-automatically = マイナーバージョン自動アップグレードが有効です。
no-database-is-here = ここにはデータベースがありません。
the-cluster-is-aurora-serverless-v1-it-has-no-instance-that-the-setting-is-for = クラスターは Aurora Serverless v1 で、この設定の対象となるインスタンスがありません。
the-engine-is-engine-which-the-recommendation-is-not-about = エンジンが { $engine } のため、この推奨事項の対象外です。
the-instance-is-not-publicly-accessible = インスタンスはパブリックアクセス不可です。
the-instance-is-publicly-accessible-and-can-be-reached-from-the-internet-subnets-subnets-lead-there-and-security-groups-groups-let-it-in-it-must-not-be = インスタンスがパブリックアクセス可能で、インターネットから到達できます (インターネットへの経路を持つサブネット: { $subnets }、通信を許可するセキュリティグループ: { $groups })。到達できないようにする必要があります。
the-instance-is-publicly-accessible-but-none-of-its-security-groups-lets-in-the-whole-internet-on-its-port = インスタンスはパブリックアクセス可能ですが、そのポートをインターネット全体に許可するセキュリティグループがありません。
the-instance-is-publicly-accessible-but-none-of-its-subnets-has-a-route-to-an-internet-gateway = インスタンスはパブリックアクセス可能ですが、インターネットゲートウェイへのルートを持つサブネットがありません。
the-instance-is-publicly-accessible-it-must-not-be = インスタンスがパブリックアクセス可能です。パブリックアクセスを無効にする必要があります。
the-port-of-endpoint = Endpoint のポート
the-storage-is-encrypted = ストレージは暗号化されています。
the-storage-is-not-encrypted-it-must-be = ストレージが暗号化されていません。暗号化する必要があります。
the-subnets-of-dbsubnetgroup-are-missing-from-the-answer = 応答に DBSubnetGroup のサブネットがない
