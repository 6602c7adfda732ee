//! A local server that answers as AWS does, or as it should not.
#![allow(dead_code, unused_macros, unreachable_pub, reason = "no single test needs all of it")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use cis_aws::sources::live::{LiveConfig, LiveSource};
use cis_core::{DataSource, Dataset, DatasetInfo, Gap, Place, Request, Table};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The region that scans start in.
pub const START: &str = "eu-central-1";

/// One request as it came.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The operation, or the path where only that tells it.
    pub operation: String,
    /// The region that it is signed for.
    pub region: String,
    /// The access key that it is signed with.
    pub key: String,
    /// The whole body.
    pub body: String,
    /// The path with the query.
    pub target: String,
    /// The host that it was sent to.
    pub host: String,
    /// How often the operation was asked for before.
    pub before: usize,
}

/// What the server answers.
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub headers: &'static str,
    pub body: String,
}

pub fn answer(status: u16, body: impl Into<String>) -> Answer {
    Answer { status, kind: "text/xml", headers: "", body: body.into() }
}

/// IAM's and STS's shape.
pub fn query(operation: &str, result: &str) -> Answer {
    answer(
        200,
        format!(
            "<{operation}Response xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><{operation}Result>{result}\
             </{operation}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{operation}Response>"
        ),
    )
}

pub fn query_error(status: u16, code: &str, message: &str) -> Answer {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    answer(status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}

pub fn ec2_answer(operation: &str, content: &str) -> Answer {
    answer(
        200,
        format!(
            "<?xml version=\"1.0\"?><{operation}Response xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\
             <requestId>r</requestId>{content}</{operation}Response>"
        ),
    )
}

pub fn ec2_error(status: u16, code: &str, message: &str) -> Answer {
    let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
    answer(status, format!("<Response><Errors>{error}</Errors><RequestID>r</RequestID></Response>"))
}

pub fn as_json(body: &str) -> Answer {
    Answer { kind: "application/json", ..answer(200, body) }
}

macro_rules! json_error {
    ($status:expr, $code:literal, $message:literal) => {
        $crate::support::Answer {
            kind: "application/json",
            headers: concat!("x-amzn-errortype: ", $code, "\r\n"),
            ..$crate::support::answer($status, concat!(r#"{"message": ""#, $message, r#""}"#))
        }
    };
}

/// A small account, whole: what is answered where a test does not say otherwise.
pub fn healthy(account_id: &str, asked: &Asked) -> Answer {
    let operation = asked.operation.as_str();
    match operation {
        "GetCallerIdentity" => {
            let arn = format!("arn:aws:sts::{account_id}:assumed-role/audit/s");
            query(operation, &format!("<Arn>{arn}</Arn><UserId>u</UserId><Account>{account_id}</Account>"))
        }
        "DescribeRegions" => {
            let region = |name: &str, status: &str| {
                format!("<item><regionName>{name}</regionName><optInStatus>{status}</optInStatus></item>")
            };
            let regions = region(START, "opt-in-not-required")
                + &region("eu-south-1", "opted-in")
                + &region("af-south-1", "not-opted-in");
            ec2_answer(operation, &format!("<regionInfo>{regions}</regionInfo>"))
        }
        "DescribeInstances" => ec2_answer(
            operation,
            "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId><instanceState><code>16</code>\
             <name>running</name></instanceState><iamInstanceProfile><arn>arn:aws:iam::123456789012:instance-profile/p\
             </arn><id>A</id></iamInstanceProfile><tagSet><item><key>Name</key><value>web</value></item></tagSet></item>\
             <item><instanceId>i-2</instanceId></item></instancesSet></item></reservationSet>",
        ),
        "GetAccountAuthorizationDetails" => query(operation, &authorization_details(&asked.body)),
        "GenerateCredentialReport" => query(operation, "<State>COMPLETE</State>"),
        "GetCredentialReport" => query(
            operation,
            "<Content>dXNlcixhcm4KYW5uLGFybjphd3M6aWFtOjoxMjM0NTY3ODkwMTI6dXNlci9hbm4K</Content>\
             <ReportFormat>text/csv</ReportFormat><GeneratedTime>2026-01-01T00:00:00Z</GeneratedTime>",
        ),
        "GetAccountSummary" => query(
            operation,
            "<SummaryMap><entry><key>Users</key><value>2</value></entry><entry><key>SomethingNew</key><value>1</value>\
             </entry></SummaryMap>",
        ),
        "GetAccountPasswordPolicy" => {
            query(operation, "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength></PasswordPolicy>")
        }
        "ListVirtualMFADevices" => query(
            operation,
            "<VirtualMFADevices><member><SerialNumber>arn:aws:iam::123456789012:mfa/ann</SerialNumber><EnableDate>\
             2026-01-01T00:00:00Z</EnableDate></member></VirtualMFADevices><IsTruncated>false</IsTruncated>",
        ),
        "ListServerCertificates" => certificates(&["a"], ""),
        "ListSAMLProviders" => query(
            operation,
            "<SAMLProviderList><member><Arn>arn:aws:iam::123456789012:saml-provider/x</Arn><ValidUntil>\
             2030-01-01T00:00:00Z</ValidUntil></member></SAMLProviderList>",
        ),
        "ListOpenIDConnectProviders" => query(operation, "<OpenIDConnectProviderList/>"),
        "ListOrganizationsFeatures" => query(
            operation,
            "<OrganizationId>o-1</OrganizationId><EnabledFeatures><member>RootSessions</member></EnabledFeatures>",
        ),
        "GetPolicy" => query(operation, "<Policy><DefaultVersionId>v2</DefaultVersionId></Policy>"),
        "GetPolicyVersion" => query(
            operation,
            "<PolicyVersion><Document>%7B%7D</Document><VersionId>v2</VersionId><IsDefaultVersion>true\
             </IsDefaultVersion></PolicyVersion>",
        ),
        "/analyzer" => as_json(
            r#"{"analyzers": [{"arn": "arn:aws:access-analyzer:eu-central-1:123456789012:analyzer/a", "name": "a",
                "type": "ACCOUNT", "createdAt": "2026-01-01T00:00:00Z", "status": "ACTIVE"}]}"#,
        ),
        "/getContactInformation" => as_json(
            r#"{"ContactInformation": {"FullName": "Ann", "AddressLine1": "1 Street", "City": "Town",
                "PostalCode": "1", "CountryCode": "DE", "PhoneNumber": "+49"}}"#,
        ),
        "/getAlternateContact" => {
            as_json(r#"{"AlternateContact": {"Name": "Ann", "EmailAddress": "ann@example.com"}}"#)
        }
        "DescribeOrganization" => as_json(r#"{"Organization": {"Id": "o-1", "FeatureSet": "ALL"}}"#),
        _ => query_error(404, "InvalidAction", operation),
    }
}

pub fn authorization_details(body: &str) -> String {
    let lists = if body.contains("=User") {
        "<UserDetailList><member><Arn>arn:aws:iam::123456789012:user/ann</Arn><UserName>ann</UserName><GroupList/>\
         <AttachedManagedPolicies/><UserPolicyList><member><PolicyName>p</PolicyName><PolicyDocument>%7B%7D\
         </PolicyDocument></member></UserPolicyList></member></UserDetailList>"
    } else if body.contains("=Group") {
        "<GroupDetailList><member><Arn>arn:aws:iam::123456789012:group/g</Arn><GroupName>g</GroupName>\
         <AttachedManagedPolicies><member><PolicyArn>arn:aws:iam::aws:policy/P</PolicyArn></member>\
         </AttachedManagedPolicies></member></GroupDetailList>"
    } else if body.contains("=Role") {
        "<RoleDetailList><member><Arn>arn:aws:iam::123456789012:role/r</Arn><RoleName>r</RoleName><Path>/</Path>\
         <AssumeRolePolicyDocument>%7B%22a%22%3A%22b+c%22%7D</AssumeRolePolicyDocument><InstanceProfileList/>\
         </member></RoleDetailList>"
    } else {
        "<Policies><member><Arn>arn:aws:iam::123456789012:policy/p</Arn><DefaultVersionId>v1</DefaultVersionId>\
         <AttachmentCount>1</AttachmentCount><PolicyVersionList><member><Document>%7B%7D</Document><VersionId>v1\
         </VersionId><IsDefaultVersion>true</IsDefaultVersion></member></PolicyVersionList></member></Policies>"
    };
    format!("<IsTruncated>false</IsTruncated>{lists}")
}

/// A page of server certificates; with a marker, there are more.
pub fn certificates(names: &[&str], marker: &str) -> Answer {
    let entry = |name: &&str| {
        let arn = format!("<Arn>arn:aws:iam::123456789012:server-certificate/{name}</Arn>");
        format!("<member>{arn}<ServerCertificateName>{name}</ServerCertificateName></member>")
    };
    let list: String = names.iter().map(entry).collect();
    let list = format!("<ServerCertificateMetadataList>{list}</ServerCertificateMetadataList>");
    let truncated = !marker.is_empty();
    let marker = if truncated { format!("<Marker>{marker}</Marker>") } else { String::new() };
    query("ListServerCertificates", &format!("<IsTruncated>{truncated}</IsTruncated>{marker}{list}"))
}

pub struct Server {
    pub url: String,
    pub account_id: String,
    pub log: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// A healthy account but for what `odd` answers. The account id is to differ from test to test, since the SDK keeps
    /// its retry quota by account.
    pub async fn start(account_id: &str, odd: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Vec::<Asked>::new()));
        let (id, seen, odd) = (account_id.to_owned(), Arc::clone(&log), Arc::new(odd));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (id, seen, odd) = (id.clone(), Arc::clone(&seen), Arc::clone(&odd));
                tokio::spawn(async move {
                    serve(stream, |mut asked| {
                        let mut seen = seen.lock().unwrap();
                        asked.before = seen.iter().filter(|other| other.operation == asked.operation).count();
                        seen.push(asked.clone());
                        odd(&asked).unwrap_or_else(|| healthy(&id, &asked))
                    })
                    .await;
                });
            }
        });
        Self { url, account_id: account_id.to_owned(), log }
    }

    pub fn config(&self) -> LiveConfig {
        LiveConfig {
            endpoint_url: Some(self.url.clone()),
            region: Some(START.into()),
            credentials: Some(SharedCredentialsProvider::new(Credentials::new(
                "AKIDEXAMPLE",
                "very-secret",
                Some("secret-token".into()),
                None,
                "test",
            ))),
            max_attempts: 2,
            report_wait: Duration::from_secs(1),
            ..LiveConfig::default()
        }
    }

    pub async fn source(&self) -> LiveSource {
        LiveSource::connect(self.config()).await.unwrap()
    }

    pub fn place(&self) -> Place {
        Place::account(&self.account_id)
    }

    pub async fn read<D: Dataset>(&self) -> Table {
        self.read_in::<D>(START).await
    }

    pub async fn read_in<D: Dataset>(&self, region: &str) -> Table {
        let info = DatasetInfo::of::<D>();
        let place = match info.place() {
            cis_core::PlaceKind::Account => self.place(),
            cis_core::PlaceKind::Region => Place::region(&self.account_id, region),
        };
        self.source().await.fetch(&Request::new(info, place)).await
    }

    pub fn asked(&self, operation: &str) -> Vec<Asked> {
        self.log.lock().unwrap().iter().filter(|asked| asked.operation == operation).cloned().collect()
    }

    pub fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for asked in self.log.lock().unwrap().iter() {
            *counts.entry(asked.operation.clone()).or_default() += 1;
        }
        counts
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap()).collect()
}

pub async fn serve(mut stream: TcpStream, answer: impl Fn(Asked) -> Answer) {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        };
        let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
        let header = |name: &str| {
            let mut lines = text.lines().filter_map(|line| line.split_once(": "));
            lines.find(|(header, _)| header.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < head + length {
            if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                return;
            }
        }
        let body = String::from_utf8_lossy(&bytes[head..head + length]).into_owned();
        let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
        let path = text.split([' ', '?']).nth(1).unwrap().to_owned();
        let rpc = header("x-amz-target");
        let operation = match (&rpc, action) {
            (Some(rpc), _) => rpc.split('.').next_back().unwrap(),
            (None, Some(action)) => action,
            (None, None) => &path,
        };
        let signed = header("authorization").unwrap();
        let region = signed.split('/').nth(2).unwrap().to_owned();
        let key = signed.split(['/', '=']).nth(1).unwrap().to_owned();
        let target = text.split(' ').nth(1).unwrap().to_owned();
        let host = header("host").unwrap();
        let asked = Asked { operation: operation.to_owned(), region, key, body, target, host, before: 0 };
        let Answer { status, kind, headers, body } = answer(asked);
        // CBOR is no text: tests write it in hexadecimal digits.
        let body = if kind == "application/cbor" { unhex(&body) } else { body.into_bytes() };
        let head_lines = format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n", body.len());
        let mut answer = format!("{head_lines}{headers}\r\n").into_bytes();
        answer.extend(body);
        if stream.write_all(&answer).await.is_err() {
            return;
        }
        bytes.drain(..head + length);
    }
}

/// The gap where nothing could be read.
#[track_caller]
pub fn gap(table: &Table) -> Gap {
    table.why_nothing().unwrap_or_else(|| panic!("nothing is missing: {:?}", table.to_json())).clone()
}
