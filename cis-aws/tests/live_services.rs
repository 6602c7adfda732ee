//! The live source's readers of sections 2 to 5 against a local server: what AWS answers, and what it answers instead.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[macro_use]
mod support;

use cis_aws::datasets::{cloudtrail, cloudwatch, config, ec2, efs, iam, kms, logs, macie2, rds, s3, securityhub, sns};
use cis_core::{DataSource, Dataset, DatasetInfo, GapKind, Place, Request, Table, Wanted};
use serde_json::{Value, json};
use support::{Answer, Asked, START, Server, answer, as_json, ec2_answer, ec2_error, gap, query, query_error};

/// S3's shape of an error.
fn s3_error(status: u16, code: &str, more: &str) -> Answer {
    answer(status, format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message>{more}</Error>"))
}

/// Three buckets, one in another region.
fn buckets() -> Table {
    let bucket = |name: &str, region: &str| s3::Bucket {
        name: name.into(),
        bucket_region: Some(region.into()),
        creation_date: None,
    };
    let rows = vec![bucket("one", START), bucket("three", START), bucket("two", "eu-south-1")];
    Table::rows::<s3::Buckets>(rows)
}

impl Server {
    async fn ask<D: Dataset>(&self, only: Wanted, after: &[(&str, Table)]) -> Table {
        let info = DatasetInfo::of::<D>();
        let place = match info.place() {
            cis_core::PlaceKind::Account => self.place(),
            cis_core::PlaceKind::Region => Place::region(&self.account_id, START),
        };
        let request = Request::new(info, place.clone()).only(only);
        let request =
            after.iter().fold(request, |request, (name, table)| request.with(name, place.clone(), table.clone()));
        self.source().await.fetch(&request).await
    }

    async fn of_buckets<D: Dataset>(&self) -> Table {
        self.ask::<D>(Wanted::All, &[("s3.buckets", buckets())]).await
    }
}

fn rows(table: &Table) -> Vec<Value> {
    table.to_json().unwrap()
}

fn names(names: &[&str]) -> Wanted {
    Wanted::names(names.iter().map(|name| (*name).to_owned()))
}

/// The answer to one operation, whatever else is asked.
fn to(operation: &'static str, body: fn() -> Answer) -> impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static {
    move |asked| (asked.operation == operation).then(body)
}

/// A list of a region: a good answer gives its rows, a denial a gap with the action, an answer that breaks off or lacks its
/// list is malformed.
macro_rules! region_list {
    ($test:ident, $account:literal, $dataset:ty, $operation:literal, $good:expr, $rows:expr, $lacking:expr, $denied:expr) => {
        #[tokio::test]
        async fn $test() {
            let server = Server::start($account, to($operation, || $good)).await;
            let table = server.read::<$dataset>().await;
            assert_eq!(rows(&table).len(), $rows, "{table:?}");
            assert_eq!(table.cut_off_by(), []);
            assert_eq!(server.asked($operation)[0].region, START);
            let server = Server::start($account, to($operation, || $denied)).await;
            let denied = gap(&server.read::<$dataset>().await);
            assert_eq!((denied.kind, denied.region.as_deref()), (GapKind::Denied, Some(START)), "{denied:?}");
            assert!(denied.action.is_some());
            let lacking = Server::start($account, to($operation, || $lacking)).await;
            assert_eq!(gap(&lacking.read::<$dataset>().await).kind, GapKind::Malformed);
            let cut = Server::start(
                $account,
                to($operation, || {
                    let whole: Answer = $good;
                    let half = whole.body.len() / 2;
                    Answer { body: whole.body[..half].to_owned(), ..whole }
                }),
            );
            // The newer readers of the SDK call it a broken connection themselves.
            let cut = gap(&cut.await.read::<$dataset>().await);
            assert!(matches!(cut.kind, GapKind::Malformed | GapKind::Unreachable), "{cut:?}");
        }
    };
}

region_list!(
    security_groups,
    "200000000001",
    ec2::SecurityGroups,
    "DescribeSecurityGroups",
    ec2_answer(
        "DescribeSecurityGroups",
        "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>default</groupName>\
        <ipPermissions><item><ipProtocol>tcp</ipProtocol><fromPort>22</fromPort><toPort>22</toPort><ipRanges><item><cidrIp>\
        0.0.0.0/0</cidrIp></item></ipRanges></item></ipPermissions><ipPermissionsEgress/></item></securityGroupInfo>"
    ),
    1,
    ec2_answer("DescribeSecurityGroups", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    network_acls,
    "200000000002",
    ec2::NetworkAcls,
    "DescribeNetworkAcls",
    ec2_answer(
        "DescribeNetworkAcls",
        "<networkAclSet><item><networkAclId>acl-1</networkAclId><entrySet><item><ruleNumber>\
        100</ruleNumber><protocol>-1</protocol><ruleAction>allow</ruleAction><egress>false</egress><cidrBlock>0.0.0.0/0\
        </cidrBlock></item></entrySet></item></networkAclSet>"
    ),
    1,
    ec2_answer("DescribeNetworkAcls", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    vpcs,
    "200000000003",
    ec2::Vpcs,
    "DescribeVpcs",
    ec2_answer("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>"),
    1,
    ec2_answer("DescribeVpcs", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    flow_logs,
    "200000000004",
    ec2::FlowLogs,
    "DescribeFlowLogs",
    ec2_answer("DescribeFlowLogs", "<flowLogSet><item><flowLogId>fl-1</flowLogId></item></flowLogSet>"),
    1,
    ec2_answer("DescribeFlowLogs", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    route_tables,
    "200000000005",
    ec2::RouteTables,
    "DescribeRouteTables",
    ec2_answer(
        "DescribeRouteTables",
        "<routeTableSet><item><routeTableId>rtb-1</routeTableId><routeSet/></item>\
        </routeTableSet>"
    ),
    1,
    ec2_answer("DescribeRouteTables", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    peerings,
    "200000000006",
    ec2::VpcPeeringConnections,
    "DescribeVpcPeeringConnections",
    ec2_answer("DescribeVpcPeeringConnections", "<vpcPeeringConnectionSet/>"),
    0,
    ec2_answer("DescribeVpcPeeringConnections", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    ebs,
    "200000000007",
    ec2::EbsEncryptionByDefault,
    "GetEbsEncryptionByDefault",
    ec2_answer("GetEbsEncryptionByDefault", "<ebsEncryptionByDefault>true</ebsEncryptionByDefault>"),
    1,
    ec2_answer("GetEbsEncryptionByDefault", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    metadata_defaults,
    "200000000008",
    ec2::InstanceMetadataDefaults,
    "GetInstanceMetadataDefaults",
    ec2_answer("GetInstanceMetadataDefaults", "<accountLevel><httpTokens>required</httpTokens></accountLevel>"),
    1,
    ec2_answer("GetInstanceMetadataDefaults", ""),
    ec2_error(403, "UnauthorizedOperation", "no")
);
region_list!(
    db_instances,
    "200000000009",
    rds::DbInstances,
    "DescribeDBInstances",
    query(
        "DescribeDBInstances",
        "<DBInstances><DBInstance><DBInstanceArn>arn:aws:rds:a</DBInstanceArn></DBInstance>\
        </DBInstances>"
    ),
    1,
    query("DescribeDBInstances", ""),
    query_error(403, "AccessDenied", "no")
);
region_list!(
    db_clusters,
    "200000000010",
    rds::DbClusters,
    "DescribeDBClusters",
    query(
        "DescribeDBClusters",
        "<DBClusters><DBCluster><DBClusterArn>arn:aws:rds:c</DBClusterArn></DBCluster></DBClusters>"
    ),
    1,
    query("DescribeDBClusters", ""),
    query_error(403, "AccessDenied", "no")
);
region_list!(
    trails,
    "200000000011",
    cloudtrail::Trails,
    "DescribeTrails",
    as_json(
        r#"{"trailList": [{"TrailARN": "arn:aws:cloudtrail:eu-central-1:200000000011:trail/t", "HomeRegion": "eu-central-1"}]}"#
    ),
    1,
    as_json("{}"),
    json_error!(400, "AccessDeniedException", "no")
);
region_list!(
    recorders,
    "200000000012",
    config::Recorders,
    "DescribeConfigurationRecorders",
    as_json(r#"{"ConfigurationRecorders": [{"name": "default", "recordingGroup": {"allSupported": true}}]}"#),
    1,
    as_json("{}"),
    json_error!(400, "AccessDeniedException", "no")
);
region_list!(
    recorder_statuses,
    "200000000013",
    config::RecorderStatuses,
    "DescribeConfigurationRecorderStatus",
    as_json(r#"{"ConfigurationRecordersStatus": [{"name": "default", "recording": true, "lastStatus": "SUCCESS"}]}"#),
    1,
    as_json("{}"),
    json_error!(400, "AccessDeniedException", "no")
);
region_list!(
    channels,
    "200000000014",
    config::DeliveryChannels,
    "DescribeDeliveryChannels",
    as_json(r#"{"DeliveryChannels": [{"name": "default", "s3BucketName": "b"}]}"#),
    1,
    as_json("{}"),
    json_error!(400, "AccessDeniedException", "no")
);
region_list!(
    file_systems,
    "200000000015",
    efs::FileSystems,
    "/2015-02-01/file-systems",
    as_json(
        r#"{"FileSystems": [{"FileSystemId": "fs-1", "OwnerId": "1", "Encrypted": true, "LifeCycleState": "available"}]}"#
    ),
    1,
    as_json("{}"),
    json_error!(403, "AccessDeniedException", "no")
);
region_list!(
    keys,
    "200000000016",
    kms::Keys,
    "ListKeys",
    as_json(r#"{"Keys": [{"KeyId": "k", "KeyArn": "arn:aws:kms:k"}], "Truncated": false}"#),
    1,
    as_json("{}"),
    json_error!(400, "AccessDeniedException", "no")
);
region_list!(
    macie_jobs,
    "200000000017",
    macie2::ClassificationJobs,
    "/jobs/list",
    as_json(r#"{"items": [{"jobId": "j", "jobStatus": "RUNNING", "jobType": "SCHEDULED"}]}"#),
    1,
    as_json("{}"),
    json_error!(403, "AccessDeniedException", "not authorized to perform: macie2:x")
);
region_list!(
    macie_session,
    "200000000018",
    macie2::Session,
    "/macie",
    as_json(r#"{"status": "ENABLED"}"#),
    1,
    as_json("{}"),
    json_error!(403, "AccessDeniedException", "not authorized to perform: macie2:x")
);
region_list!(
    hub,
    "200000000019",
    securityhub::Hub,
    "/accounts",
    as_json(r#"{"HubArn": "arn:aws:securityhub:h", "AutoEnableControls": true}"#),
    1,
    as_json("{}"),
    json_error!(403, "AccessDeniedException", "no")
);

#[tokio::test]
async fn a_second_page_and_one_that_is_denied() {
    let page = |token: &str| {
        let token = if token.is_empty() { String::new() } else { format!("<nextToken>{token}</nextToken>") };
        ec2_answer("DescribeVpcs", &format!("<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>{token}"))
    };
    let server = Server::start("200000000020", move |asked| {
        (asked.operation == "DescribeVpcs").then(|| page(if asked.before == 0 { "t" } else { "" }))
    })
    .await;
    assert_eq!(rows(&server.read::<ec2::Vpcs>().await).len(), 2);
    let asked = server.asked("DescribeVpcs");
    assert!(asked[0].body.contains("MaxResults=1000") && asked[1].body.contains("NextToken=t"));

    let server = Server::start("200000000020", move |asked| match (asked.operation.as_str(), asked.before) {
        ("DescribeVpcs", 0) => Some(page("t")),
        ("DescribeVpcs", _) => Some(ec2_error(403, "UnauthorizedOperation", "no")),
        _ => None,
    })
    .await;
    let table = server.read::<ec2::Vpcs>().await;
    assert_eq!((table.len(), table.cut_off_by()[0].kind), (1, GapKind::Denied));
}

#[tokio::test]
async fn macie_is_not_enabled() {
    let server = Server::start("200000000021", |asked| {
        asked.operation.starts_with('/').then(|| json_error!(403, "AccessDeniedException", "Macie is not enabled."))
    })
    .await;
    assert_eq!(rows(&server.read::<macie2::Session>().await), Vec::<Value>::new());
    assert_eq!(rows(&server.read::<macie2::AutomatedDiscovery>().await), Vec::<Value>::new());
    assert_eq!(rows(&server.read::<macie2::ClassificationJobs>().await), Vec::<Value>::new());
}

#[tokio::test]
async fn nobody_subscribed_to_security_hub() {
    let server = Server::start("200000000022", |asked| {
        let error = || json_error!(403, "InvalidAccessException", "Account 1 is not subscribed to AWS Security Hub");
        (asked.operation == "/accounts").then(error)
    })
    .await;
    let table = server.read::<securityhub::Hub>().await;
    let error = json!({"Code": "InvalidAccessException", "Message": "Account 1 is not subscribed to AWS Security Hub"});
    assert_eq!(rows(&table)[0]["Error"], error);
}

#[tokio::test]
async fn buckets_are_listed_by_path_with_a_page_size() {
    let server = Server::start("200000000030", |asked| {
        asked.target.contains("max-buckets=10000").then(|| {
            answer(
                200,
                "<?xml version=\"1.0\"?>\n<ListAllMyBucketsResult><Buckets><Bucket><Name>one</Name><CreationDate>\
                 2026-01-01T00:00:00.000Z</CreationDate><BucketRegion>eu-central-1</BucketRegion></Bucket></Buckets>\
                 </ListAllMyBucketsResult>",
            )
        })
    })
    .await;
    let table = server.read::<s3::Buckets>().await;
    assert_eq!(
        rows(&table),
        [json!({"Name": "one", "BucketRegion": "eu-central-1", "CreationDate": "2026-01-01T00:00:00Z"})]
    );
    let lacking = Server::start("200000000030", |asked| {
        asked.target.contains("max-buckets").then(|| answer(200, "<ListAllMyBucketsResult></ListAllMyBucketsResult>"))
    });
    assert_eq!(gap(&lacking.await.read::<s3::Buckets>().await).kind, GapKind::Malformed);
}

#[tokio::test]
async fn each_bucket_is_asked_at_home_and_one_that_is_denied_spoils_no_other() {
    let server = Server::start("200000000031", |asked| match asked.target.split(['?', '&']).next().unwrap() {
        "/one" | "/one/" => Some(answer(200, "<VersioningConfiguration xmlns=\"x\"/>")),
        "/two" | "/two/" => Some(answer(
            200,
            "<VersioningConfiguration><Status>Enabled</Status><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>",
        )),
        "/three" | "/three/" => Some(s3_error(403, "AccessDenied", "")),
        _ => None,
    })
    .await;
    let table = server.of_buckets::<s3::BucketVersionings>().await;
    let rows = rows(&table);
    assert_eq!(rows[0], json!({"Bucket": "one", "Status": null, "MFADelete": null}));
    assert_eq!(rows[2], json!({"Bucket": "two", "Status": "Enabled", "MFADelete": "Enabled"}));
    let denied = &rows[1]["$gap"];
    assert_eq!((&denied["kind"], &denied["resource"]), (&json!("denied"), &json!("three")), "{denied}");
    assert_eq!(denied["action"], "s3:GetBucketVersioning");
    let log = server.log.lock().unwrap();
    let two = log.iter().find(|asked| asked.target.starts_with("/two")).unwrap();
    assert_eq!(two.region, "eu-south-1");
}

#[tokio::test]
async fn a_listed_bucket_vanishes_and_a_named_one_never_was() {
    let server = Server::start("200000000032", |asked| {
        let gone = asked.target.starts_with("/two") || asked.target.starts_with("/ghost");
        if gone {
            Some(s3_error(404, "NoSuchBucket", ""))
        } else {
            asked.target.contains("policy").then(|| s3_error(404, "NoSuchBucketPolicy", ""))
        }
    })
    .await;
    let table = server.of_buckets::<s3::BucketPolicies>().await;
    let none = |bucket: &str| json!({"Bucket": bucket, "Policy": null});
    assert_eq!(rows(&table), [none("one"), none("three")]);
    assert_eq!(table.gone()[0].resource.as_deref(), Some("two"));
    let table = server.ask::<s3::BucketPolicies>(names(&["ghost"]), &[("s3.buckets", buckets())]).await;
    assert_eq!(rows(&table)[0]["Policy"]["$gap"]["code"], "NoSuchBucket");
}

#[tokio::test]
async fn a_bucket_beside_the_list_is_asked_once_like_the_others() {
    let server = Server::start("200000000035", |asked| {
        asked.target.contains("policy").then(|| s3_error(404, "NoSuchBucketPolicy", ""))
    })
    .await;
    let beside = || Wanted::AllAnd(["foreign", "two"].map(str::to_owned).into());
    let table = server.ask::<s3::BucketPolicies>(beside(), &[("s3.buckets", buckets())]).await;
    let asked =
        |table: &Table| rows(table).iter().map(|row| row["Bucket"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(asked(&table), ["foreign", "one", "three", "two"]);
    assert_eq!(server.log.lock().unwrap().iter().filter(|asked| asked.target.contains("policy")).count(), 4);
    let info = DatasetInfo::of::<s3::Buckets>();
    let unlisted = Table::gap(info.gap(GapKind::Denied, "no"));
    let table = server.ask::<s3::BucketPolicies>(beside(), &[("s3.buckets", unlisted)]).await;
    assert_eq!(asked(&table), ["foreign", "two"], "those that are named can be read without the list");
    assert_eq!(table.cut_off_by()[0].kind, GapKind::Denied);
}

#[tokio::test]
async fn a_bucket_that_lies_elsewhere_is_asked_there_once() {
    let server = Server::start("200000000033", |asked| {
        if !asked.target.starts_with("/far") {
            return None;
        }
        Some(if asked.region == "eu-south-1" {
            answer(200, r#"{"Version": "2012-10-17", "Statement": []}"#)
        } else {
            Answer { headers: "x-amz-bucket-region: eu-south-1\r\n", ..s3_error(301, "PermanentRedirect", "") }
        })
    })
    .await;
    let table = server.ask::<s3::BucketPolicies>(names(&["far"]), &[("s3.buckets", buckets())]).await;
    assert_eq!(rows(&table)[0]["Policy"], r#"{"Version": "2012-10-17", "Statement": []}"#);

    let lost = Server::start("200000000033", |asked| {
        let region = "<Region>eu-west-3</Region>";
        asked.target.starts_with("/far").then(|| s3_error(400, "AuthorizationHeaderMalformed", region))
    })
    .await;
    let table = lost.ask::<s3::BucketPolicies>(names(&["far"]), &[("s3.buckets", buckets())]).await;
    assert_eq!(rows(&table)[0]["Policy"]["$gap"]["code"], "AuthorizationHeaderMalformed");
    let log = lost.log.lock().unwrap();
    let regions: Vec<_> =
        log.iter().filter(|asked| asked.target.starts_with("/far")).map(|a| a.region.clone()).collect();
    assert_eq!(regions, [START, "eu-west-3"]);
}

#[tokio::test]
async fn the_rest_of_a_bucket() {
    let server = Server::start("200000000034", |asked| {
        let body = match asked.target.split_once('?')?.1.split(['=', '&']).next()? {
            "acl" => {
                "<AccessControlPolicy><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-\
                 instance\" xsi:type=\"Group\"><URI>u</URI></Grantee><Permission>READ</Permission></Grant>\
                 </AccessControlList></AccessControlPolicy>"
            }
            "encryption" => {
                "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256\
                 </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
            }
            "logging" => "<BucketLoggingStatus/>",
            "policyStatus" => "<PolicyStatus><IsPublic>true</IsPublic></PolicyStatus>",
            "publicAccessBlock" => {
                "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>"
            }
            _ => return None,
        };
        Some(answer(200, body))
    })
    .await;
    let acl = rows(&server.of_buckets::<s3::BucketAcls>().await);
    assert_eq!(acl[0]["Grants"], json!([{"Grantee": {"URI": "u", "ID": null}, "Permission": "READ"}]));
    let encryption = rows(&server.of_buckets::<s3::BucketEncryptions>().await);
    let rule = &encryption[0]["ServerSideEncryptionConfiguration"]["Rules"][0];
    assert_eq!(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256");
    assert_eq!(rows(&server.of_buckets::<s3::BucketLoggings>().await)[0]["LoggingEnabled"], Value::Null);
    let status = rows(&server.of_buckets::<s3::BucketPolicyStatuses>().await);
    assert_eq!(status[0]["PolicyStatus"], json!({"IsPublic": true}));
    let block = rows(&server.of_buckets::<s3::BucketPublicAccessBlocks>().await);
    assert_eq!(block[0]["PublicAccessBlockConfiguration"]["BlockPublicAcls"], true);
    assert_eq!(block[0]["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], Value::Null);
}

#[tokio::test]
async fn the_account_s_block_is_asked_at_the_endpoint_as_given() {
    let path = "/v20180820/configuration/publicAccessBlock";
    let wrapped = Server::start("200000000035", move |asked| {
        (asked.operation == path).then(|| query_error(404, "NoSuchPublicAccessBlockConfiguration", "none"))
    })
    .await;
    assert_eq!(rows(&wrapped.read::<s3::AccountPublicAccessBlock>().await), Vec::<Value>::new());
    let server = Server::start("200000000035", move |asked| {
        (asked.operation == path).then(|| s3_error(404, "NoSuchPublicAccessBlockConfiguration", ""))
    })
    .await;
    assert_eq!(rows(&server.read::<s3::AccountPublicAccessBlock>().await), Vec::<Value>::new());
    assert!(server.asked(path)[0].host.starts_with("127.0.0.1"), "no account id before the host");
    let server = Server::start("200000000035", move |asked| {
        let body = "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls>\
                    </PublicAccessBlockConfiguration>";
        (asked.operation == path).then(|| answer(200, body))
    })
    .await;
    assert_eq!(rows(&server.read::<s3::AccountPublicAccessBlock>().await)[0]["BlockPublicAcls"], true);
}

#[tokio::test]
async fn trails_are_asked_at_home_and_another_account_s_refusal_is_no_absence() {
    let arn = |account: &str, name: &str| format!("arn:aws:cloudtrail:{START}:{account}:trail/{name}");
    let trail = |account: &str, name: &str, home: &str| {
        serde_json::from_value::<cloudtrail::Trail>(json!({"TrailARN": arn(account, name), "HomeRegion": home}))
            .unwrap()
    };
    let account = "200000000036";
    let server = Server::start(account, |asked| match asked.operation.as_str() {
        "GetTrailStatus" if asked.body.contains("/mine") => Some(as_json(r#"{"IsLogging": true}"#)),
        "GetTrailStatus" => Some(json_error!(400, "TrailNotFoundException", "Unknown trail")),
        "GetEventSelectors" => Some(as_json("{}")),
        _ => None,
    })
    .await;
    let trails = Table::rows::<cloudtrail::Trails>(vec![
        trail(account, "gone", START),
        trail(account, "mine", START),
        trail(account, "shadow", "us-east-1"),
        trail("999999999999", "org", START),
    ]);
    let after = [("cloudtrail.trails", trails)];
    let table = server.ask::<cloudtrail::TrailStatuses>(Wanted::All, &after).await;
    let statuses = rows(&table);
    assert_eq!(statuses.len(), 2, "{statuses:?}");
    assert_eq!(statuses[0]["IsLogging"], true);
    assert_eq!(statuses[1]["$gap"]["kind"], "other_account");
    assert_eq!(table.gone()[0].resource, Some(arn(account, "gone")));
    let table = server.ask::<cloudtrail::EventSelectors>(names(&[&arn(account, "mine")]), &after).await;
    assert_eq!(rows(&table)[0]["$gap"]["kind"], "malformed", "neither list");
}

#[tokio::test]
async fn rotation_is_asked_of_keys_that_can_rotate() {
    let server = Server::start("200000000037", |asked| {
        let key = |id: &str| format!(r#"{{"KeyId": "{id}", "KeyArn": "arn:aws:kms:{id}"}}"#);
        let of = |id: &str| asked.body.contains(&format!("kms:{id}"));
        match asked.operation.as_str() {
            "ListKeys" => {
                let keys = ["aws", "mine", "rsa", "gone", "shut"].map(key).join(",");
                Some(as_json(&format!(r#"{{"Keys": [{keys}], "Truncated": false}}"#)))
            }
            "ListAliases" => Some(as_json(r#"{"Aliases": [{"AliasName": "alias/aws/s3", "TargetKeyId": "aws"}]}"#)),
            "DescribeKey" if of("gone") => Some(json_error!(400, "NotFoundException", "gone")),
            "DescribeKey" if of("shut") => Some(json_error!(400, "AccessDeniedException", "no")),
            "DescribeKey" => {
                let spec = if of("rsa") { "RSA_2048" } else { "SYMMETRIC_DEFAULT" };
                Some(as_json(&format!(
                    r#"{{"KeyMetadata": {{"KeyId": "x", "KeyManager": "CUSTOMER", "KeySpec": "{spec}",
                        "Origin": "AWS_KMS", "KeyState": "Enabled"}}}}"#
                )))
            }
            "GetKeyRotationStatus" => Some(as_json(r#"{"KeyRotationEnabled": false}"#)),
            _ => None,
        }
    })
    .await;
    let table = server.read::<kms::Keys>().await;
    let keys = rows(&table);
    assert_eq!(keys.len(), 4);
    assert_eq!((&keys[0]["AwsAlias"], &keys[0]["KeyMetadata"]), (&json!("alias/aws/s3"), &Value::Null));
    assert_eq!(keys[1]["RotationStatus"]["KeyRotationEnabled"], false);
    assert_eq!(keys[2]["RotationStatus"], Value::Null);
    assert_eq!(keys[3]["KeyMetadata"]["$gap"]["resource"], "arn:aws:kms:shut");
    assert_eq!(table.gone()[0].resource.as_deref(), Some("arn:aws:kms:gone"));
    assert_eq!(server.asked("GetKeyRotationStatus").len(), 1);
    assert_eq!(server.asked("DescribeKey").len(), 4);
}

#[tokio::test]
async fn entries_of_prefix_lists_that_are_not_aws_s_own() {
    let server = Server::start("200000000038", |asked| match asked.operation.as_str() {
        "DescribeManagedPrefixLists" => Some(ec2_answer(
            "DescribeManagedPrefixLists",
            "<prefixListSet><item><prefixListId>pl-1</prefixListId><ownerId>AWS</ownerId></item><item><prefixListId>pl-2\
             </prefixListId><ownerId>1</ownerId></item></prefixListSet>",
        )),
        "GetManagedPrefixListEntries" => Some(ec2_answer(
            "GetManagedPrefixListEntries",
            "<entrySet><item><cidr>0.0.0.0/0</cidr></item></entrySet>",
        )),
        _ => None,
    })
    .await;
    let lists = rows(&server.read::<ec2::PrefixLists>().await);
    assert_eq!(lists[0]["Entries"], Value::Null);
    assert_eq!(lists[1]["Entries"], json!([{"Cidr": "0.0.0.0/0"}]));
    assert_eq!(server.asked("GetManagedPrefixListEntries").len(), 1);
}

#[tokio::test]
async fn filters_and_subscriptions_by_name() {
    let server = Server::start("200000000039", |asked| match asked.operation.as_str() {
        "DescribeMetricFilters" if asked.body.contains("gone") => {
            Some(json_error!(400, "ResourceNotFoundException", "no such group"))
        }
        "DescribeMetricFilters" => Some(as_json(r#"{"metricFilters": [{"filterName": "f", "filterPattern": "x"}]}"#)),
        "ListSubscriptionsByTopic" if asked.body.contains("gone") => Some(query_error(404, "NotFound", "no topic")),
        "ListSubscriptionsByTopic" => Some(query(
            "ListSubscriptionsByTopic",
            "<Subscriptions><member><Endpoint>ann@example.com</Endpoint><Protocol>email</Protocol><SubscriptionArn>\
             PendingConfirmation</SubscriptionArn></member></Subscriptions>",
        )),
        _ => None,
    })
    .await;
    let groups = rows(&server.ask::<logs::MetricFilters>(names(&["gone", "here"]), &[]).await);
    assert_eq!(groups[0]["metricFilters"], Value::Null);
    assert_eq!(groups[1]["metricFilters"][0]["filterName"], "f");
    let topics = rows(&server.ask::<sns::TopicSubscriptions>(names(&["arn:gone", "arn:here"]), &[]).await);
    assert_eq!(topics[0]["Subscriptions"], Value::Null);
    let kept = json!([{"SubscriptionArn": "PendingConfirmation", "Protocol": "email"}]);
    assert_eq!(topics[1]["Subscriptions"], kept, "no endpoint");
    assert_eq!(gap(&server.ask::<logs::MetricFilters>(Wanted::All, &[]).await).kind, GapKind::NotSupported);
    assert_eq!(gap(&server.ask::<sns::TopicSubscriptions>(Wanted::All, &[]).await).kind, GapKind::NotSupported);
}

#[tokio::test]
async fn alarms_come_as_cbor() {
    let cbor = |body: &str| Answer {
        kind: "application/cbor",
        headers: "smithy-protocol: rpc-v2-cbor\r\n",
        ..answer(200, body)
    };
    // {"MetricAlarms": [{"AlarmName": "a", "AlarmArn": "arn"}]} and {"CompositeAlarms": []}
    let metric = "a16c4d6574726963416c61726d7381a269416c61726d4e616d65616168416c61726d41726e6361726e";
    let composite = "a16f436f6d706f73697465416c61726d7380";
    let is_asked = |asked: &Asked| asked.operation.ends_with("/operation/DescribeAlarms");
    let good = Server::start("200000000040", move |asked| is_asked(asked).then(|| cbor(metric))).await;
    assert_eq!(rows(&good.read::<cloudwatch::MetricAlarms>().await)[0]["AlarmArn"], "arn");
    let good = Server::start("200000000040", move |asked| is_asked(asked).then(|| cbor(composite))).await;
    assert_eq!(rows(&good.read::<cloudwatch::CompositeAlarms>().await), Vec::<Value>::new());
    // A page of HTML, nothing, no list of alarms, a list that breaks off.
    for body in ["3c68746d6c3e", "", "a0", &metric[..metric.len() - 4]] {
        let body = body.to_owned();
        let odd = Server::start("200000000040", move |asked| is_asked(asked).then(|| cbor(&body))).await;
        let gap = gap(&odd.read::<cloudwatch::MetricAlarms>().await);
        assert_eq!(gap.kind, GapKind::Malformed, "{gap:?}");
    }
}

/// The tags of the one row that an answer gives, as the row tells them.
async fn tags_of<D: Dataset>(operation: &'static str, body: String) -> Value {
    let server = Server::start("200000000041", move |asked| {
        (asked.operation == operation).then(|| if body.starts_with('{') { as_json(&body) } else { answer(200, &*body) })
    });
    let mut row = rows(&server.await.read::<D>().await).remove(0);
    let list = if row.get("TagList").is_some() { "TagList" } else { "Tags" };
    row[list].take()
}

/// What an answer says of tags: all of them; none, with or without an empty list; one without a key, which leaves in doubt how many
/// there are.
#[tokio::test]
async fn tags_are_those_of_the_answer() {
    let tag = |element: &str, key: &str, value: &str| {
        let [k, v] = if element == "item" { ["key", "value"] } else { ["Key", "Value"] };
        format!("<{element}><{k}>{key}</{k}><{v}>{value}</{v}></{element}>")
    };
    let lists = |list: &str, element: &str| {
        let two = tag(element, "team", "web") + &tag(element, "idle", "");
        let none = tag(element, "", "x").replace("<key></key>", "").replace("<Key></Key>", "");
        [format!("<{list}>{two}</{list}>"), format!("<{list}/>"), String::new(), format!("<{list}>{none}</{list}>")]
    };
    let ec2 = |operation: &str, set: &str, id: &str, more: &str| {
        let of =
            |tags: &String| ec2_answer(operation, &format!("<{set}><item><{id}>x-1</{id}>{more}{tags}</item></{set}>"));
        lists("tagSet", "item").map(|tags| of(&tags).body)
    };
    let rds = |operation: &str, list: &str, item: &str, arn: &str| {
        let of = |tags: &String| query(operation, &format!("<{list}><{item}><{arn}>a</{arn}>{tags}</{item}></{list}>"));
        lists("TagList", "Tag").map(|tags| of(&tags).body)
    };
    let iam = |list: &str, name: &str| {
        let of = |tags: &String| {
            let one = format!("<member><Arn>a</Arn><{name}>n</{name}>{tags}</member>");
            query("GetAccountAuthorizationDetails", &format!("<{list}>{one}</{list}><IsTruncated>false</IsTruncated>"))
        };
        lists("Tags", "member").map(|tags| of(&tags).body)
    };
    let efs = |tags: &str| format!(r#"{{"FileSystems": [{{"FileSystemId": "fs-1"{tags}}}]}}"#);
    let told =
        [json!([{"Key": "idle", "Value": ""}, {"Key": "team", "Value": "web"}]), json!([]), json!([]), Value::Null];
    macro_rules! assert_tags {
        ($dataset:ty, $operation:literal, $bodies:expr) => {
            for (body, expected) in $bodies.into_iter().zip(&told) {
                assert_eq!(tags_of::<$dataset>($operation, body.clone()).await, *expected, "{body}");
            }
        };
    }
    let instances = ec2("DescribeInstances", "reservationSet", "instanceId", "");
    let instances = instances.map(|body| {
        let body = body.replace("<item><instanceId>", "<item><instancesSet><item><instanceId>");
        body.replace("</item></reservationSet>", "</item></instancesSet></item></reservationSet>")
    });
    assert_tags!(ec2::Instances, "DescribeInstances", instances);
    let groups = ec2("DescribeSecurityGroups", "securityGroupInfo", "groupId", "");
    assert_tags!(ec2::SecurityGroups, "DescribeSecurityGroups", groups);
    assert_tags!(
        ec2::NetworkAcls,
        "DescribeNetworkAcls",
        ec2("DescribeNetworkAcls", "networkAclSet", "networkAclId", "")
    );
    assert_tags!(ec2::Vpcs, "DescribeVpcs", ec2("DescribeVpcs", "vpcSet", "vpcId", ""));
    let peerings = ec2(
        "DescribeVpcPeeringConnections",
        "vpcPeeringConnectionSet",
        "vpcPeeringConnectionId",
        "<status><code>active</code></status>",
    );
    assert_tags!(ec2::VpcPeeringConnections, "DescribeVpcPeeringConnections", peerings);
    let instances = rds("DescribeDBInstances", "DBInstances", "DBInstance", "DBInstanceArn");
    assert_tags!(rds::DbInstances, "DescribeDBInstances", instances);
    let clusters = rds("DescribeDBClusters", "DBClusters", "DBCluster", "DBClusterArn");
    assert_tags!(rds::DbClusters, "DescribeDBClusters", clusters);
    assert_tags!(
        iam::UserDetails,
        "GetAccountAuthorizationDetails",
        iam("UserDetailList", "UserName").into_iter().take(3)
    );
    assert_tags!(
        iam::RoleDetails,
        "GetAccountAuthorizationDetails",
        iam("RoleDetailList", "RoleName").into_iter().take(3)
    );
    let systems =
        [r#", "Tags": [{"Key": "team", "Value": "web"}, {"Key": "idle", "Value": ""}]"#, r#", "Tags": []"#, ""];
    assert_tags!(efs::FileSystems, "/2015-02-01/file-systems", systems.map(efs));
}
