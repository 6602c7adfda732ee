//! The live source against a local server that answers what AWS should not: every answer that is no answer must become a
//! gap, and never an empty list.
#![cfg(feature = "live")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

#[macro_use]
mod support;

use std::time::{Duration, Instant};

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider};
use cis_aws::datasets::{self, accessanalyzer, account, ec2, iam, organizations};
use cis_aws::sources::live::{LiveConfig, LiveSource, SdkConfig};
use cis_core::{
    DataSource, DatasetInfo, ErrorKind, Gap, GapKind, Place, Region, RegionStatus, Request, Table, Wanted, testkit,
};
use serde_json::json;
use support::{
    Asked, START, Server, answer, as_json, certificates, ec2_answer, ec2_error, gap, healthy, query, query_error,
};
use tokio::net::TcpListener;

/// What section 1 reads. The rest has a file of its own.
fn section_1() -> Vec<DatasetInfo> {
    let services = ["accessanalyzer", "account", "iam", "organizations"];
    let mut all = datasets::all();
    all.retain(|info| {
        let name = info.name();
        services.iter().any(|of| name.split('.').next() == Some(of)) || ["ec2.instances", "ec2.regions"].contains(&name)
    });
    all
}

fn names(table: &Table) -> Vec<String> {
    let name = |row: serde_json::Value| row["ServerCertificateName"].as_str().unwrap().to_owned();
    table.to_json().unwrap().into_iter().map(name).collect()
}

#[tokio::test]
async fn a_healthy_account_conforms_and_is_asked_in_bulk() {
    let server = Server::start("100000000001", |_| None).await;
    let source = server.source().await;
    let all = section_1();
    testkit::source_conformance(&source, &all).await;

    let coverage = source.coverage().await.unwrap();
    assert_eq!((coverage.account_id.as_str(), coverage.partition.as_str()), ("100000000001", "aws"));
    let closed = Region { name: "af-south-1".into(), status: RegionStatus::NotEnabled };
    assert_eq!(coverage.regions, [Region::enabled(START), Region::enabled("eu-south-1"), closed]);
    assert_eq!((coverage.regions_gap, coverage.as_of), (None, None));
    assert_eq!(server.asked("GetCallerIdentity").len(), 1, "once, though coverage was asked three times");
    assert_eq!(server.asked("DescribeRegions").len(), 1, "once, though coverage and the dataset read it");

    // The conformance suite read each of these twice.
    for (operation, calls) in server.counts() {
        let expected = match operation.as_str() {
            "GetCallerIdentity" | "DescribeRegions" => 1,
            "GetAccountAuthorizationDetails" => 8,
            "/getAlternateContact" => 6,
            "DescribeInstances" | "/analyzer" => 4,
            _ => 2,
        };
        assert_eq!(calls, expected, "{operation}");
    }
    for asked in server.asked("GetAccountAuthorizationDetails") {
        assert!(asked.body.contains("MaxItems=1000"), "{}", asked.body);
    }
    assert!(server.asked("DescribeRegions")[0].body.contains("AllRegions=true"));
    assert!(server.asked("ListVirtualMFADevices")[0].body.contains("AssignmentStatus=Assigned"));
    let regions: Vec<_> = server.asked("DescribeInstances").into_iter().map(|asked| asked.region).collect();
    assert_eq!(regions, [START, START, "eu-south-1", "eu-south-1"]);
}

#[tokio::test]
async fn rows_are_aws_s_own() {
    let server = Server::start("100000000002", |_| None).await;
    let left_out = |field: &str| json!({"$gap": Gap::malformed(format!("{field} is missing from the answer"))});
    let cases = [
        (
            server.read::<ec2::Instances>().await,
            json!([
                {
                    "InstanceId": "i-1", "State": {"Name": "running"}, "MetadataOptions": left_out("MetadataOptions"), "Tags": [{"Key": "Name", "Value": "web"}],
                    "IamInstanceProfile": {"Arn": "arn:aws:iam::123456789012:instance-profile/p"},
                },
                {"InstanceId": "i-2", "State": left_out("State"), "MetadataOptions": left_out("MetadataOptions"), "IamInstanceProfile": null, "Tags": []},
            ]),
        ),
        (
            server.read::<iam::UserDetails>().await,
            json!([{
                "Arn": "arn:aws:iam::123456789012:user/ann", "UserName": "ann", "CreateDate": null,
                "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": "%7B%7D"}], "AttachedManagedPolicies": [],
                "GroupList": [], "PermissionsBoundary": null, "Tags": [],
            }]),
        ),
        (
            server.read::<iam::GroupDetails>().await,
            json!([{
                "Arn": "arn:aws:iam::123456789012:group/g", "GroupName": "g", "GroupPolicyList": [],
                "AttachedManagedPolicies": [{"PolicyArn": "arn:aws:iam::aws:policy/P", "PolicyName": null}],
            }]),
        ),
        (
            server.read::<iam::RoleDetails>().await,
            json!([{
                "Arn": "arn:aws:iam::123456789012:role/r", "RoleName": "r", "Path": "/", "RolePolicyList": [],
                "AssumeRolePolicyDocument": "%7B%22a%22%3A%22b+c%22%7D", "PermissionsBoundary": null,
                "AttachedManagedPolicies": left_out("AttachedManagedPolicies"), "InstanceProfileList": [], "Tags": [],
            }]),
        ),
        (
            server.read::<iam::PolicyDetails>().await,
            json!([{
                "Arn": "arn:aws:iam::123456789012:policy/p", "DefaultVersionId": "v1", "AttachmentCount": 1,
                "PermissionsBoundaryUsageCount": null,
                "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": "%7B%7D"}],
            }]),
        ),
        (server.read::<iam::AccountSummary>().await, json!([{"SomethingNew": 1, "Users": 2}])),
        (
            server.read::<iam::PasswordPolicy>().await,
            json!([{"MinimumPasswordLength": 14, "PasswordReusePrevention": null}]),
        ),
        (
            server.read::<iam::VirtualMfaDevices>().await,
            json!([{
                "SerialNumber": "arn:aws:iam::123456789012:mfa/ann", "User": null, "EnableDate": "2026-01-01T00:00:00Z",
            }]),
        ),
        (
            server.read::<iam::ServerCertificates>().await,
            json!([{
                "Arn": "arn:aws:iam::123456789012:server-certificate/a", "ServerCertificateName": "a",
                "Expiration": left_out("Expiration"), "UploadDate": null,
            }]),
        ),
        (
            server.read::<iam::SamlProviders>().await,
            json!([{"Arn": "arn:aws:iam::123456789012:saml-provider/x", "ValidUntil": "2030-01-01T00:00:00Z"}]),
        ),
        (server.read::<iam::OidcProviders>().await, json!([])),
        (
            server.read::<iam::OrganizationsFeatures>().await,
            json!([{"OrganizationId": "o-1", "EnabledFeatures": ["RootSessions"]}]),
        ),
        (
            server.read::<iam::CredentialReports>().await,
            json!([{
                "Content": "dXNlcixhcm4KYW5uLGFybjphd3M6aWFtOjoxMjM0NTY3ODkwMTI6dXNlci9hbm4K",
                "ReportFormat": "text/csv", "GeneratedTime": "2026-01-01T00:00:00Z",
            }]),
        ),
        (
            server.read::<accessanalyzer::Analyzers>().await,
            json!([{
                "arn": "arn:aws:access-analyzer:eu-central-1:123456789012:analyzer/a", "name": "a", "type": "ACCOUNT",
                "status": "ACTIVE", "statusReason": null,
            }]),
        ),
        (
            server.read::<account::ContactInformation>().await,
            json!([{
                "FullName": "Ann", "CompanyName": null, "AddressLine1": "1 Street", "City": "Town", "PostalCode": "1",
                "CountryCode": "DE", "PhoneNumber": "+49", "WebsiteUrl": null,
            }]),
        ),
        (
            server.read::<account::SecurityAlternateContact>().await,
            json!([{
                "AlternateContactType": null, "Name": "Ann", "Title": null, "EmailAddress": "ann@example.com",
                "PhoneNumber": null,
            }]),
        ),
        (
            server.read::<organizations::Organization>().await,
            json!([{"Id": "o-1", "MasterAccountId": null, "FeatureSet": "ALL"}]),
        ),
    ];
    for (table, expected) in cases {
        assert_eq!(serde_json::Value::from(table.to_json().unwrap()), expected);
        assert_eq!(table.when_read().unwrap().subsec_nanosecond(), 0);
    }
}

#[tokio::test]
async fn xml_that_breaks_off_is_no_empty_list() {
    let server = Server::start("100000000003", |asked| match asked.operation.as_str() {
        "ListServerCertificates" => {
            let whole = certificates(&["a", "b"], "").body;
            Some(answer(200, whole.split_once("<Arn>").unwrap().0))
        }
        "DescribeInstances" => {
            let whole = healthy("100000000003", asked).body;
            Some(answer(200, whole.split_once("<item><instanceId>i-2").unwrap().0))
        }
        "ListSAMLProviders" => Some(answer(200, "")),
        _ => None,
    })
    .await;
    let iam = gap(&server.read::<iam::ServerCertificates>().await);
    assert_eq!(iam.kind, GapKind::Malformed, "{iam:?}");
    assert_eq!(iam.operation.as_deref(), Some("iam:ListServerCertificates"));
    let ec2 = gap(&server.read::<ec2::Instances>().await);
    assert_eq!(ec2.kind, GapKind::Malformed, "{ec2:?}");
    assert_eq!(ec2.region.as_deref(), Some(START));
    assert!(ec2.message.contains("breaks off"), "{}", ec2.message);
    assert_eq!(server.asked("DescribeInstances").len(), 2, "it is tried again");
    let nothing = gap(&server.read::<iam::SamlProviders>().await);
    assert_eq!(nothing.kind, GapKind::Malformed, "{nothing:?}");
}

#[tokio::test]
async fn xml_that_is_foreign_is_no_empty_list() {
    let server = Server::start("100000000004", |asked| match asked.operation.as_str() {
        "ListServerCertificates" => Some(answer(200, "<!DOCTYPE html><html><body>Sign in</body></html>")),
        "DescribeInstances" => Some(ec2_answer("DescribeVolumes", "<volumeSet/>")),
        "ListVirtualMFADevices" => Some(query("ListUsers", "<Users/>")),
        // The right root, and nothing in it.
        "GetAccountSummary" => Some(query("GetAccountSummary", "")),
        _ => None,
    })
    .await;
    for gap in [
        gap(&server.read::<iam::ServerCertificates>().await),
        gap(&server.read::<ec2::Instances>().await),
        gap(&server.read::<iam::VirtualMfaDevices>().await),
        gap(&server.read::<iam::AccountSummary>().await),
    ] {
        assert_eq!(gap.kind, GapKind::Malformed, "{gap:?}");
    }
    let server = Server::start("100000000004", |asked| {
        (asked.operation == "DescribeInstances").then(|| ec2_answer("DescribeInstances", "<other/>"))
    })
    .await;
    assert_eq!(gap(&server.read::<ec2::Instances>().await).kind, GapKind::Malformed, "no reservationSet");
}

#[tokio::test]
async fn json_without_its_member_is_no_empty_list() {
    let server = Server::start("100000000005", |asked| match asked.operation.as_str() {
        "/analyzer" | "/getContactInformation" | "/getAlternateContact" | "DescribeOrganization" => Some(as_json("{}")),
        _ => None,
    })
    .await;
    for gap in [
        gap(&server.read::<accessanalyzer::Analyzers>().await),
        gap(&server.read::<account::ContactInformation>().await),
        gap(&server.read::<account::BillingAlternateContact>().await),
        gap(&server.read::<organizations::Organization>().await),
    ] {
        assert_eq!(gap.kind, GapKind::Malformed, "{gap:?}");
        assert!(gap.message.contains("lacks"), "{gap:?}");
    }
    let server =
        Server::start("100000000005", |asked| (asked.operation == "/analyzer").then(|| as_json("<html></html>"))).await;
    assert_eq!(gap(&server.read::<accessanalyzer::Analyzers>().await).kind, GapKind::Malformed);
}

#[tokio::test]
async fn a_marker_that_repeats_is_not_the_end() {
    let server = Server::start("100000000006", |asked| {
        (asked.operation == "ListServerCertificates").then(|| certificates(&["a"], "m"))
    })
    .await;
    let table = server.read::<iam::ServerCertificates>().await;
    assert_eq!(names(&table), ["a"], "and no row twice");
    assert_eq!(table.cut_off_by().len(), 1);
    assert_eq!(table.cut_off_by()[0].kind, GapKind::Malformed);
    assert!(table.cut_off_by()[0].message.contains("came twice"));
}

#[tokio::test]
async fn rows_of_earlier_pages_stay() {
    let server = Server::start("100000000007", |asked| match (asked.operation.as_str(), asked.before) {
        ("ListServerCertificates", 0) => Some(certificates(&["a", "b"], "m1")),
        ("ListServerCertificates", 1) => Some(certificates(&["c"], "m2")),
        ("ListServerCertificates", _) => Some(query_error(403, "AccessDenied", "no more of it")),
        _ => None,
    })
    .await;
    let table = server.read::<iam::ServerCertificates>().await;
    assert_eq!(names(&table), ["a", "b", "c"]);
    let [gap] = table.cut_off_by() else { panic!("{:?}", table.cut_off_by()) };
    assert_eq!((gap.kind, gap.code.as_deref()), (GapKind::Denied, Some("AccessDenied")));
    assert!(server.asked("ListServerCertificates")[2].body.contains("Marker=m2"));
}

#[tokio::test]
async fn denied_says_what_would_allow_it() {
    let scp = "You are not authorized to perform this operation. User: u is not authorized to perform: \
               ec2:DescribeInstances with an explicit deny in a service control policy";
    let server = Server::start("100000000008", move |asked| match asked.operation.as_str() {
        "ListServerCertificates" => Some(query_error(403, "AccessDenied", "User: u is not authorized")),
        "DescribeInstances" => {
            Some(ec2_error(403, "UnauthorizedOperation", &format!("{scp}. Encoded authorization failure message: q7")))
        }
        "/analyzer" => Some(json_error!(403, "AccessDeniedException", "not authorized")),
        _ => None,
    })
    .await;
    let iam = gap(&server.read::<iam::ServerCertificates>().await);
    assert_eq!((iam.kind, iam.code.as_deref()), (GapKind::Denied, Some("AccessDenied")));
    assert_eq!((iam.action.as_deref(), iam.region), (Some("iam:ListServerCertificates"), None));
    let ec2 = gap(&server.read::<ec2::Instances>().await);
    assert_eq!((ec2.kind, ec2.code.as_deref()), (GapKind::Denied, Some("UnauthorizedOperation")));
    assert_eq!(ec2.denied_by(), Some(cis_core::DeniedBy::Organization));
    assert_eq!(ec2.message, format!("{scp}."));
    let analyzers = gap(&server.read::<accessanalyzer::Analyzers>().await);
    assert_eq!((analyzers.kind, analyzers.action.as_deref()), (GapKind::Denied, Some("access-analyzer:ListAnalyzers")));
    assert_eq!(server.asked("DescribeInstances").len(), 1, "and is not tried again");
}

#[tokio::test]
async fn a_region_that_does_not_know_the_credentials_is_not_opted_in() {
    let server = Server::start("100000000009", |asked| {
        (asked.operation == "DescribeInstances").then(|| ec2_error(401, "AuthFailure", "not able to validate"))
    })
    .await;
    let elsewhere = gap(&server.read_in::<ec2::Instances>("eu-south-1").await);
    assert_eq!((elsewhere.kind, elsewhere.region.as_deref()), (GapKind::NotOptedIn, Some("eu-south-1")));
    let here = gap(&server.read_in::<ec2::Instances>(START).await);
    assert_eq!(here.kind, GapKind::ExpiredCredentials, "they worked here a moment ago");
}

#[tokio::test]
async fn a_throttled_call_is_tried_again() {
    let server = Server::start("100000000010", |asked| match (asked.operation.as_str(), asked.before) {
        ("ListServerCertificates", 0) => Some(query_error(400, "Throttling", "Rate exceeded")),
        ("DescribeInstances", _) => Some(ec2_error(503, "RequestLimitExceeded", "Request limit exceeded.")),
        _ => None,
    })
    .await;
    assert_eq!(names(&server.read::<iam::ServerCertificates>().await), ["a"]);
    assert_eq!(server.asked("ListServerCertificates").len(), 2);
    let gap = gap(&server.read::<ec2::Instances>().await);
    assert_eq!((gap.kind, gap.code.as_deref()), (GapKind::Throttled, Some("RequestLimitExceeded")));
    assert_eq!(server.asked("DescribeInstances").len(), 2, "as often as configured");
}

#[tokio::test]
async fn a_fault_of_the_service_is_unreachable() {
    let server = Server::start("100000000011", |asked| {
        (asked.operation == "ListServerCertificates").then(|| answer(500, "<html>Internal <b>error</html>"))
    })
    .await;
    let gap = gap(&server.read::<iam::ServerCertificates>().await);
    assert_eq!(gap.kind, GapKind::Unreachable, "{gap:?}");
    assert_eq!(gap.message, "the answer has status 500 and no error code");
}

#[tokio::test]
async fn what_is_known_to_be_none_is_no_gap() {
    let server = Server::start("100000000012", |asked| match asked.operation.as_str() {
        "GetAccountPasswordPolicy" => Some(query_error(404, "NoSuchEntity", "The Password Policy cannot be found.")),
        "/getAlternateContact" | "/getContactInformation" => {
            Some(json_error!(404, "ResourceNotFoundException", "none"))
        }
        "DescribeOrganization" => Some(json_error!(400, "AWSOrganizationsNotInUseException", "in no organization")),
        "ListOrganizationsFeatures" => {
            Some(query_error(400, "AccountNotManagementOrDelegatedAdministratorException", "a member"))
        }
        _ => None,
    })
    .await;
    for table in [
        server.read::<iam::PasswordPolicy>().await,
        server.read::<account::SecurityAlternateContact>().await,
        server.read::<account::ContactInformation>().await,
        server.read::<organizations::Organization>().await,
        server.read::<iam::OrganizationsFeatures>().await,
    ] {
        assert_eq!(table.to_json(), Ok(vec![]));
        assert_eq!(table.cut_off_by(), []);
    }
    let server = Server::start("100000000012", |asked| {
        (asked.operation == "/getAlternateContact").then(|| json_error!(403, "AccessDeniedException", "no"))
    })
    .await;
    assert_eq!(gap(&server.read::<account::SecurityAlternateContact>().await).kind, GapKind::Denied, "is not none");
}

#[tokio::test]
async fn unlisted_policies_are_read_one_by_one() {
    let server = Server::start("100000000013", |asked| match asked.operation.as_str() {
        "GetPolicy" if asked.body.contains("Denied") => Some(query_error(403, "AccessDenied", "no")),
        "GetPolicy" if asked.body.contains("Gone") => Some(query_error(404, "NoSuchEntity", "gone")),
        _ => None,
    })
    .await;
    let source = server.source().await;
    let ask = |only| Request::new(DatasetInfo::of::<iam::UnlistedPolicies>(), server.place()).only(only);
    let arns = ["Z", "Denied", "Gone"].map(|name| format!("arn:aws:iam::aws:policy/{name}"));
    let rows = source.fetch(&ask(Wanted::names(arns))).await.to_json().unwrap();
    assert_eq!(rows.len(), 2, "the one that is gone is left out: {rows:?}");
    assert_eq!(rows[0]["Arn"], "arn:aws:iam::aws:policy/Denied", "in order of ARN");
    let denied = &rows[0]["Policy"]["$gap"];
    assert_eq!((&denied["code"], &denied["operation"]), (&"AccessDenied".into(), &"iam:GetPolicy".into()));
    assert_eq!(denied["resource"], "arn:aws:iam::aws:policy/Denied");
    assert_eq!(rows[1]["Policy"]["PolicyVersionList"][0]["Document"], "%7B%7D");
    let all = source.fetch(&ask(Wanted::All)).await;
    assert_eq!(gap(&all).kind, GapKind::NotSupported, "AWS has no list of them");
    assert_eq!(source.fetch(&ask(Wanted::Nothing)).await.to_json(), Ok(vec![]));
}

#[tokio::test]
async fn a_report_that_never_gets_ready_is_given_up() {
    let server = Server::start("100000000014", |asked| match asked.operation.as_str() {
        "GenerateCredentialReport" => Some(query("GenerateCredentialReport", "<State>STARTED</State>")),
        "GetCredentialReport" => Some(query_error(404, "ReportInProgress", "not ready")),
        _ => None,
    })
    .await;
    let started = Instant::now();
    let gap = gap(&server.read::<iam::CredentialReports>().await);
    assert_eq!(gap.code.as_deref(), Some("ReportInProgress"), "{gap:?}");
    assert!(gap.message.contains("within 1 s"), "{}", gap.message);
    assert_eq!(server.asked("GetCredentialReport").len(), 2);
    assert_eq!(server.asked("GenerateCredentialReport").len(), 1);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_report_is_waited_for_and_generated_again_once() {
    let server = Server::start("100000000015", |asked| match (asked.operation.as_str(), asked.before) {
        ("GetCredentialReport", 0) => Some(query_error(410, "ReportExpired", "expired")),
        _ => None,
    })
    .await;
    assert_eq!(server.read::<iam::CredentialReports>().await.len(), 1);
    assert_eq!(server.asked("GenerateCredentialReport").len(), 2);

    let server = Server::start("100000000015", |asked| {
        (asked.operation == "GetCredentialReport").then(|| query_error(410, "ReportNotPresent", "none"))
    })
    .await;
    let none = gap(&server.read::<iam::CredentialReports>().await);
    assert_eq!(none.code.as_deref(), Some("ReportNotPresent"), "{none:?}");
    assert_eq!(server.asked("GenerateCredentialReport").len(), 2, "and no more often");
}

#[tokio::test]
async fn a_report_is_read_where_it_may_not_be_generated() {
    let denied =
        |asked: &Asked| (asked.operation == "GenerateCredentialReport").then(|| query_error(403, "AccessDenied", "no"));
    let server = Server::start("100000000016", denied).await;
    assert_eq!(server.read::<iam::CredentialReports>().await.len(), 1, "there is one already");

    let server = Server::start("100000000016", move |asked| match asked.operation.as_str() {
        "GetCredentialReport" => Some(query_error(410, "ReportNotPresent", "none")),
        _ => denied(asked),
    })
    .await;
    let gap = gap(&server.read::<iam::CredentialReports>().await);
    assert_eq!(gap.action.as_deref(), Some("iam:GenerateCredentialReport"), "what would help: {gap:?}");

    let server = Server::start("100000000016", |_| None).await;
    let source = LiveSource::connect(LiveConfig { generate_report: false, ..server.config() }).await.unwrap();
    let request = Request::new(DatasetInfo::of::<iam::CredentialReports>(), server.place());
    assert_eq!(source.fetch(&request).await.len(), 1);
    assert_eq!(server.asked("GenerateCredentialReport").len(), 0);
}

#[tokio::test]
async fn regions_come_from_elsewhere_where_ec2_denies_them() {
    let denied =
        |asked: &Asked| (asked.operation == "DescribeRegions").then(|| ec2_error(403, "UnauthorizedOperation", "no"));
    let server = Server::start("100000000017", move |asked| match (asked.operation.as_str(), asked.before) {
        ("/listRegions", 0) => Some(as_json(
            r#"{"Regions": [{"RegionName": "eu-central-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"}], "NextToken": "t"}"#,
        )),
        ("/listRegions", _) => Some(as_json(
            r#"{"Regions": [{"RegionName": "eu-south-1", "RegionOptStatus": "ENABLING"},
                            {"RegionName": "af-south-1", "RegionOptStatus": "DISABLED"}]}"#,
        )),
        _ => denied(asked),
    })
    .await;
    let coverage = server.source().await.coverage().await.unwrap();
    let region = |name: &str, status| Region { name: name.into(), status };
    assert_eq!(
        coverage.regions,
        [
            Region::enabled(START),
            region("eu-south-1", RegionStatus::Unknown),
            region("af-south-1", RegionStatus::NotEnabled)
        ]
    );
    assert_eq!(coverage.regions_gap, None);

    let server = Server::start("100000000017", move |asked| match asked.operation.as_str() {
        "/listRegions" => Some(json_error!(403, "AccessDeniedException", "no")),
        _ => denied(asked),
    })
    .await;
    let coverage = server.source().await.coverage().await.unwrap();
    assert_eq!(coverage.regions, [Region::enabled(START)]);
    let gap = coverage.regions_gap.unwrap();
    assert_eq!((gap.kind, gap.action.as_deref()), (GapKind::Denied, Some("ec2:DescribeRegions")));
    let config = LiveConfig { fallback_regions: vec!["eu-north-1".into()], ..server.config() };
    let coverage = LiveSource::connect(config).await.unwrap().coverage().await.unwrap();
    assert_eq!(coverage.regions, [Region::enabled("eu-north-1")]);
    assert!(coverage.regions_gap.is_some(), "still not the whole list");
}

/// The one error of a source that cannot say whose account it reads.
async fn refused(config: LiveConfig) -> String {
    let error = LiveSource::connect(config).await.unwrap().coverage().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    let text = error.to_string();
    for secret in ["very-secret", "secret-token"] {
        assert!(!text.contains(secret) && !format!("{error:?}").contains(secret), "{text}");
    }
    text
}

#[tokio::test]
async fn credentials_that_do_not_work_end_it_at_the_start() {
    for (status, code, words, advice) in [
        (403, "ExpiredToken", "The security token included in the request is expired", "renew the credentials"),
        (
            403,
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "check the credentials",
        ),
        (403, "SignatureDoesNotMatch", "Canonical String: x-amz-security-token:secret-token", "secret access key"),
        (403, "AccessDenied", "explicit deny in a service control policy", "allow sts:GetCallerIdentity"),
    ] {
        let server = Server::start("100000000018", move |asked| {
            (asked.operation == "GetCallerIdentity").then(|| query_error(status, code, words))
        })
        .await;
        let text = refused(server.config()).await;
        for part in ["sts:GetCallerIdentity in eu-central-1 at http://127.0.0.1:", code, advice] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(server.log.lock().unwrap().len(), 1, "one call, and not one a region");
    }
}

#[derive(Debug)]
struct SignedOut;

impl ProvideCredentials for SignedOut {
    fn provide_credentials<'a>(&'a self) -> provider::future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let none = CredentialsError::not_loaded("no providers in chain provided credentials");
        provider::future::ProvideCredentials::ready(Err(none))
    }
}

#[tokio::test]
async fn no_credentials_and_no_endpoint_end_it_at_the_start() {
    let server = Server::start("100000000019", |_| None).await;
    let credentials = Some(SharedCredentialsProvider::new(SignedOut));
    let signed_out = LiveConfig { credentials, ..server.config() };
    let text = refused(signed_out.clone()).await;
    assert!(text.contains("no credentials were found; sign in (aws sso login)"), "{text}");
    let text = refused(LiveConfig { profile: Some("audit".into()), ..signed_out }).await;
    assert!(text.contains("no credentials were found; check that the profile \"audit\" exists"), "{text}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let started = Instant::now();
    let text = refused(LiveConfig { endpoint_url: Some(nobody.clone()), ..server.config() }).await;
    assert!(text.contains(&nobody) && text.contains("refused"), "{text}");
    assert!(text.contains("check the endpoint, the region and the network"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(15));

    let website = Server::start("100000000019", |_| Some(answer(200, "<html></html>"))).await;
    let text = refused(website.config()).await;
    assert!(text.contains("check that the endpoint is one of AWS's"), "{text}");

    let error = LiveSource::connect(LiveConfig { endpoint_url: Some("moto:5000".into()), ..server.config() });
    let error = error.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Source);
    assert!(error.to_string().contains("\"moto:5000\" is not valid"), "{error}");
}

#[tokio::test]
async fn a_profile_wins_over_the_environment() {
    // A profile is looked up where the environment says, which is the process's own: the test runs itself in another.
    const INSIDE: &str = "CIS_AWS_TEST_INSIDE";
    if std::env::var_os(INSIDE).is_some() {
        let config = LiveConfig { profile: Some("audit".into()), ..LiveConfig::default() };
        LiveSource::connect(config).await.unwrap().coverage().await.unwrap();
        return;
    }
    let server = Server::start("100000000022", |_| None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let profile = "[profile audit]\nregion = eu-west-3\naws_access_key_id = PROFILE\naws_secret_access_key = x\n";
    std::fs::write(&file, profile).unwrap();
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "a_profile_wins_over_the_environment"]).env(INSIDE, "1").env("AWS_CONFIG_FILE", &file);
    child
        .env("AWS_ACCESS_KEY_ID", "ENVIRONMENT")
        .env("AWS_SECRET_ACCESS_KEY", "x")
        .env("AWS_ENDPOINT_URL", &server.url);
    child.env_remove("AWS_REGION").env_remove("AWS_DEFAULT_REGION");
    let done = tokio::task::spawn_blocking(move || child.output()).await.unwrap().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stdout));
    let asked = &server.asked("GetCallerIdentity")[0];
    assert_eq!(
        (asked.key.as_str(), asked.region.as_str()),
        ("PROFILE", "eu-west-3"),
        "else another account is audited"
    );
}

#[tokio::test]
async fn an_embedder_brings_a_configuration() {
    let server = Server::start("100000000021", |asked| {
        let once = asked.operation == "ListServerCertificates" && asked.before == 0;
        once.then(|| answer(503, "<html></html>"))
    })
    .await;
    let credentials = server.config().credentials;
    let sdk = SdkConfig::builder().endpoint_url(&server.url).credentials_provider(credentials.unwrap()).build();
    let source = LiveSource::from_sdk_config(sdk);
    assert_eq!(source.coverage().await.unwrap().account_id, server.account_id);
    let request = Request::new(DatasetInfo::of::<iam::ServerCertificates>(), server.place());
    assert_eq!(names(&source.fetch(&request).await), ["a"], "what it leaves open is filled in, retries among it");
    assert_eq!(server.asked("GetCallerIdentity")[0].region, "us-east-1");
}

#[tokio::test]
async fn what_it_does_not_have_is_said() {
    let server = Server::start("100000000020", |_| None).await;
    let source = server.source().await;
    let stranger = DatasetInfo::untyped("iam.stars", cis_core::PlaceKind::Account, [], []);
    let unknown = gap(&source.fetch(&Request::new(stranger, server.place())).await);
    assert_eq!(unknown.kind, GapKind::NotSupported);
    assert!(unknown.message.contains("iam.stars"), "{}", unknown.message);
    let elsewhere = Place::region("999999999999", START);
    let other = gap(&source.fetch(&Request::new(DatasetInfo::of::<ec2::Instances>(), elsewhere)).await);
    assert_eq!((other.kind, other.region.as_deref()), (GapKind::OtherAccount, Some(START)));
    assert_eq!(server.asked("DescribeInstances").len(), 0);
}
