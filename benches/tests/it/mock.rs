//! The mock over plain connections: what each rule does to the answers of each protocol, pages, quotas, counts.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use cis_aws::sources::{SnapshotSource, demo};
use cis_benches::mock::{Calls, Effect, Mock, Options, Page, Quota, Quotas, Rule};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// One request, and what is signed for.
#[derive(Debug, Clone)]
struct Ask {
    operation: &'static str,
    service: &'static str,
    target: String,
    headers: &'static str,
    body: String,
    region: &'static str,
}

/// What came: the status, the head, the body; whether it came whole.
#[derive(Debug)]
struct Came {
    status: u16,
    head: String,
    body: Vec<u8>,
    is_whole: bool,
}

impl Came {
    fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

fn form(operation: &'static str, more: &str) -> Ask {
    let (service, action) = operation.split_once(':').unwrap();
    Ask {
        operation,
        service,
        target: "/".into(),
        headers: "",
        body: format!("Action={action}{more}"),
        region: "us-east-1",
    }
}

/// One operation of each protocol.
fn asks() -> [Ask; 6] {
    let of = |operation, service, target: &str, headers, body: &str| Ask {
        operation,
        service,
        target: target.into(),
        headers,
        body: body.into(),
        region: "us-east-1",
    };
    [
        form("iam:ListServerCertificates", ""),
        form("ec2:DescribeVpcs", ""),
        of("s3:ListBuckets", "s3", "/", "", ""),
        of("kms:ListKeys", "kms", "/", "x-amz-target: TrentService.ListKeys\r\n", "{}"),
        of("accessanalyzer:ListAnalyzers", "access-analyzer", "/analyzer", "", ""),
        of(
            "cloudwatch:DescribeAlarms",
            "monitoring",
            "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
            "smithy-protocol: rpc-v2-cbor\r\n",
            // An empty map.
            "\u{0}",
        ),
    ]
}

/// What comes back; none if the connection ends before it.
async fn send(mock: &Mock, ask: &Ask) -> Option<Came> {
    let method = if ask.body.is_empty() { "GET" } else { "POST" };
    let mut stream = TcpStream::connect(mock.url().strip_prefix("http://").unwrap()).await.unwrap();
    let body = if ask.body == "\u{0}" { b"\xa0".to_vec() } else { ask.body.clone().into_bytes() };
    let head = format!(
        "{method} {} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n{}authorization: AWS4-HMAC-SHA256 \
         Credential=AKID/20260101/{}/{}/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
        ask.target,
        body.len(),
        ask.headers,
        ask.region,
        ask.service
    );
    stream.write_all(&[head.into_bytes(), body].concat()).await.unwrap();
    let mut bytes = Vec::new();
    // A connection that is cut may end in an error.
    let _ = stream.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse::<usize>().unwrap();
    let body = bytes[end..].to_vec();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Some(Came { status, is_whole: body.len() == length, head, body })
}

async fn with_rules(rules: Vec<Rule>) -> Mock {
    Mock::serve(demo().unwrap(), Options { rules, ..Options::default() }).await.unwrap()
}

/// Whether bytes are a whole document of their protocol.
fn is_document(operation: &str, body: &[u8]) -> bool {
    match operation.split(':').next().unwrap() {
        "kms" | "accessanalyzer" => serde_json::from_slice::<Value>(body).is_ok(),
        "cloudwatch" => matches!(body.first(), Some(0xa0..=0xbf)) && body.len() > 100,
        _ => {
            let text = String::from_utf8_lossy(body);
            let root = text.rsplit_once("</").map(|(_, end)| end.trim_end_matches('>').to_owned());
            root.is_some_and(|root| text.contains(&format!("<{root}")) && text.ends_with('>'))
        }
    }
}

#[tokio::test]
async fn what_each_effect_does_to_each_protocol() {
    // Effect; by protocol (query, EC2, S3, JSON, REST with JSON, CBOR) the status and the code.
    type Expected = [(u16, &'static str); 6];
    let cases: [(Effect, Expected); 7] = [
        (
            Effect::Deny,
            [
                (403, "AccessDenied"),
                (403, "UnauthorizedOperation"),
                (403, "AccessDenied"),
                (400, "AccessDeniedException"),
                (403, "AccessDeniedException"),
                (403, "AccessDenied"),
            ],
        ),
        (
            Effect::Throttle,
            [
                (400, "Throttling"),
                (503, "RequestLimitExceeded"),
                (503, "SlowDown"),
                (400, "ThrottlingException"),
                (429, "ThrottlingException"),
                (400, "Throttling"),
            ],
        ),
        (
            Effect::Fault(500),
            [
                (500, "InternalFailure"),
                (500, "InternalError"),
                (500, "InternalError"),
                (500, "InternalServerException"),
                (500, "InternalServerException"),
                (500, "InternalFailure"),
            ],
        ),
        (
            Effect::Expire,
            [
                (403, "ExpiredToken"),
                (400, "RequestExpired"),
                (400, "ExpiredToken"),
                (403, "ExpiredTokenException"),
                (403, "ExpiredTokenException"),
                (403, "ExpiredTokenException"),
            ],
        ),
        (
            Effect::SkewClock,
            [
                (403, "SignatureDoesNotMatch"),
                (400, "RequestExpired"),
                (403, "RequestTimeTooSkewed"),
                (403, "InvalidSignatureException"),
                (403, "InvalidSignatureException"),
                (403, "InvalidSignatureException"),
            ],
        ),
        (
            Effect::NotOptedIn,
            [
                (403, "InvalidClientTokenId"),
                (401, "AuthFailure"),
                (403, "InvalidClientTokenId"),
                (403, "UnrecognizedClientException"),
                (403, "UnrecognizedClientException"),
                (403, "UnrecognizedClientException"),
            ],
        ),
        (Effect::Error { status: 418, code: "Teapot".into(), message: "short and stout".into() }, [(418, "Teapot"); 6]),
    ];
    for (effect, expected) in cases {
        let mock = with_rules(vec![Rule::new(effect.clone())]).await;
        for (ask, (status, code)) in asks().iter().zip(expected) {
            let came = send(&mock, ask).await.unwrap();
            let why = format!("{effect:?} to {}: {} {}", ask.operation, came.head, came.text());
            assert_eq!(came.status, status, "{why}");
            // Of REST with JSON the code is in the head alone.
            assert!(came.text().contains(code) || came.head.contains(code), "{why}");
            assert!(came.is_whole, "{why}");
        }
    }
}

#[tokio::test]
async fn what_each_effect_does_to_a_connection() {
    for ask in &asks() {
        let operation = ask.operation;
        let whole = send(&with_rules(Vec::new()).await, ask).await.unwrap();
        assert!(whole.status == 200 && whole.is_whole && is_document(operation, &whole.body), "{operation}");

        let cut = send(&with_rules(vec![Rule::new(Effect::Cut)]).await, ask).await.unwrap();
        assert!(cut.status == 200 && !cut.is_whole, "{operation}: it says how long it is, and ends before");
        assert_eq!(cut.body, whole.body[..whole.body.len() / 2], "{operation}");

        assert!(send(&with_rules(vec![Rule::new(Effect::Reset)]).await, ask).await.is_none(), "{operation}");

        let broken = send(&with_rules(vec![Rule::new(Effect::BreakOff)]).await, ask).await.unwrap();
        assert!(broken.status == 200 && broken.is_whole, "{operation}: by its head it is whole");
        assert_eq!(broken.body, whole.body[..whole.body.len() / 2], "{operation}");

        for effect in [Effect::Corrupt, Effect::Foreign] {
            let came = send(&with_rules(vec![Rule::new(effect.clone())]).await, ask).await.unwrap();
            assert!(came.status == 200 && came.is_whole, "{operation}: {effect:?}");
            assert!(
                !came.text().contains("Response>") && !is_document(operation, &came.body) || effect == Effect::Foreign
            );
        }

        let hanging = with_rules(vec![Rule::new(Effect::Hang)]).await;
        assert!(timeout(Duration::from_millis(100), send(&hanging, ask)).await.is_err(), "{operation}: nothing comes");

        let started = Instant::now();
        let late = send(&with_rules(vec![Rule::new(Effect::DelayMs(60))]).await, ask).await.unwrap();
        assert!(late.body.len() == whole.body.len() && started.elapsed() >= Duration::from_millis(60), "{operation}");
    }
}

#[tokio::test]
async fn what_is_not_there_any_more_has_its_services_code() {
    let mock = with_rules(vec![Rule::new(Effect::Vanish)]).await;
    let bucket = Ask { target: "/example-backups?versioning".into(), ..asks()[2].clone() };
    let key = Ask {
        headers: "x-amz-target: TrentService.DescribeKey\r\n",
        body: r#"{"KeyId": "k"}"#.into(),
        ..asks()[3].clone()
    };
    let cases = [
        (bucket, "NoSuchBucket"),
        (key, "NotFoundException"),
        (form("sns:ListSubscriptionsByTopic", "&TopicArn=t"), "<Code>NotFound</Code>"),
        (form("iam:GetPolicy", "&PolicyArn=p"), "NoSuchEntity"),
        (form("ec2:GetManagedPrefixListEntries", "&PrefixListId=p"), "InvalidPrefixListID.NotFound"),
    ];
    for (ask, code) in cases {
        let came = send(&mock, &ask).await.unwrap();
        assert!(came.text().contains(code), "{}: {}", ask.operation, came.text());
    }
}

/// How far the demo account's certificates are read: the names of each page, until an error or the end.
async fn certificates(mock: &Mock, size: usize) -> Vec<String> {
    let (mut pages, mut marker) = (Vec::new(), String::new());
    for _ in 0..9 {
        let more = format!("&MaxItems={size}{marker}");
        let came = send(mock, &form("iam:ListServerCertificates", &more)).await.unwrap();
        let text = came.text().into_owned();
        let inside = |name: &str| {
            let part = |text: &str| text.split('<').next().unwrap().to_owned();
            text.split(&format!("<{name}>")).skip(1).map(part).collect::<Vec<_>>()
        };
        pages.push(if came.status == 200 { inside("ServerCertificateName") } else { inside("Code") }.join(" "));
        match inside("Marker").first() {
            Some(next) if came.status == 200 => marker = format!("&Marker={next}"),
            _ => break,
        }
    }
    pages
}

#[tokio::test]
async fn a_list_is_paged_as_it_is_asked_for() {
    let mock = with_rules(Vec::new()).await;
    let all = certificates(&mock, 1000).await;
    assert_eq!(all.len(), 1);
    let listed: Vec<&str> = all[0].split(' ').collect();
    assert_eq!(listed.len(), 5);
    for size in 1..=6 {
        let expected: Vec<String> = listed.chunks(size).map(|page| page.join(" ")).collect();
        assert_eq!(certificates(&mock, size).await, expected, "{size} a page");
    }
    // IAM refuses what is more than a page can hold, and markers that are not its own.
    assert_eq!(certificates(&mock, 1001).await, ["ValidationError"]);
    let odd = send(&mock, &form("iam:ListServerCertificates", "&Marker=odd")).await.unwrap();
    assert_eq!(odd.status, 400);
    let small = Mock::serve(demo().unwrap(), Options { page_size: Some(2), ..Options::default() }).await.unwrap();
    assert_eq!(certificates(&small, 1000).await.len(), 3, "the mock's own bound");
}

#[tokio::test]
async fn a_rule_holds_for_what_it_names() {
    let deny = || Rule::new(Effect::Deny);
    // What the rule names; how many pages of two come before the denial, of three.
    let cases = [
        ("everything", deny(), Some(0)),
        ("the service", deny().on("iam"), Some(0)),
        ("the operation", deny().on("iam:ListServerCertificates"), Some(0)),
        ("another operation", deny().on("iam:GetPolicy"), None),
        ("another service", deny().on("ia"), None),
        ("the region", deny().region("us-east-1"), Some(0)),
        ("another region", deny().region("eu-central-1"), None),
        ("a resource, where none is asked for", deny().resource("x"), None),
        ("the first page", deny().page(Page::First), Some(0)),
        ("a page in the middle", deny().page(Page::Middle), Some(1)),
        ("the last page", deny().page(Page::Last), Some(2)),
        ("the first call", deny().calls(..=1), Some(0)),
        ("the second", deny().calls(2..), Some(1)),
        ("the third", deny().calls(3..=3), Some(2)),
        ("the fourth", deny().calls(4..), None),
        ("no call", deny().calls(1..1), None),
        ("the second call of the pages but the first", deny().page(Page::Middle).calls(2..), None),
    ];
    for (why, rule, before) in cases {
        let mock = with_rules(vec![rule]).await;
        let pages = certificates(&mock, 2).await;
        let failed = pages.iter().position(|page| page == "AccessDenied");
        assert_eq!(failed, before, "{why}: {pages:?}");
        assert_eq!(pages.len(), before.map_or(3, |before| before + 1), "{why}");
    }
    let both = vec![deny().calls(2..), Rule::new(Effect::Throttle)];
    let mock = with_rules(both).await;
    assert_eq!(certificates(&mock, 2).await, ["Throttling"], "the first rule that holds decides");
    assert_eq!(certificates(&mock, 2).await, ["AccessDenied"]);
    mock.clear();
    assert_eq!(certificates(&mock, 2).await.len(), 3);
    mock.rule(Rule::new(Effect::RepeatToken).page(Page::Middle));
    let repeated = certificates(&mock, 2).await;
    assert_eq!(repeated.len(), 9, "it never ends: {repeated:?}");
    assert_eq!(repeated[1], repeated[8]);
}

#[tokio::test]
async fn calls_are_counted_and_held_to_a_quota() {
    let quotas = Quotas::none().with("ec2:DescribeVpcs", Quota { burst: 2.0, per_second: 0.001 });
    let mock = Mock::serve(demo().unwrap(), Options { quotas, ..Options::default() }).await.unwrap();
    let (here, there) = (form("ec2:DescribeVpcs", ""), Ask { region: "eu-central-1", ..form("ec2:DescribeVpcs", "") });
    let mut statuses = Vec::new();
    for ask in [&here, &here, &here, &there, &form("iam:ListServerCertificates", "")] {
        statuses.push(send(&mock, ask).await.unwrap().status);
    }
    assert_eq!(statuses, [200, 200, 503, 200, 200], "each region has its own");
    let calls = mock.calls();
    assert_eq!(calls["ec2:DescribeVpcs"], Calls { all: 4, throttled: 1 });
    assert_eq!(calls["iam:ListServerCertificates"], Calls { all: 1, throttled: 0 });
    let by_region = mock.calls_by_region();
    assert_eq!(by_region[&("ec2:DescribeVpcs".to_owned(), "eu-central-1".to_owned())], Calls { all: 1, throttled: 0 });
}

#[tokio::test]
async fn what_is_not_allowed_is_denied() {
    // The action of `s3:ListBuckets` has another name, and IAM has no say in who the caller is.
    let allowed = Some(["s3:ListAllMyBuckets".to_owned(), "kms:ListKeys".to_owned()].into());
    let mock = Mock::serve(demo().unwrap(), Options { allowed, ..Options::default() }).await.unwrap();
    let mut answered = Vec::new();
    for ask in asks().into_iter().chain([form("sts:GetCallerIdentity", "")]) {
        let came = send(&mock, &ask).await.unwrap();
        match came.status {
            200 => answered.push(ask.operation),
            _ => assert!(came.text().contains("is not authorized to perform"), "{}", came.text()),
        }
    }
    assert_eq!(answered, ["s3:ListBuckets", "kms:ListKeys", "sts:GetCallerIdentity"]);
    let buckets = send(&mock, &Ask { target: "/example-backups?publicAccessBlock".into(), ..asks()[2].clone() }).await;
    assert!(buckets.unwrap().text().contains("to perform: s3:GetBucketPublicAccessBlock"));
}

/// A snapshot of these files.
fn snapshot(files: &[(&str, &str)]) -> SnapshotSource {
    let manifest = r#"{"format": "cis-snapshot", "version": 1, "account_id": "123456789012",
                       "regions": [{"name": "us-east-1", "status": "enabled"}, {"name": "me-south-1", "status": "not_enabled"}]}"#;
    let files = files.iter().copied().chain([("snapshot.json", manifest)]);
    let owned = |(name, text): (&str, &str)| (name.to_owned(), Cow::Owned(text.as_bytes().to_vec()));
    SnapshotSource::from_files(files.map(owned)).unwrap()
}

#[tokio::test]
async fn what_a_snapshot_says_of_what_it_lacks() {
    let source = snapshot(&[
        (
            "account/iam.server_certificates.json",
            r#"{"ServerCertificateMetadataList": [{"Arn": "a", "ServerCertificateName": "a"}],
            "$cut_off": [{"kind": "throttled", "code": "Throttling", "message": "slow down"}]}"#,
        ),
        ("account/iam.password_policy.json", r#"{"PasswordPolicy": null}"#),
        (
            "account/iam.account_summary.json",
            r#"{"$gap": {"kind": "unreachable", "code": "InternalFailure", "message": "m"}}"#,
        ),
        ("account/iam.saml_providers.json", r#"{"$gap": {"kind": "malformed", "message": "no answer"}}"#),
        ("account/iam.oidc_providers.json", r#"{"$gap": {"kind": "denied", "message": "an old note"}}"#),
        (
            "account/s3.buckets.json",
            r#"{"Buckets": [{"Name": "here"}, {"Name": "far", "BucketRegion": "eu-west-1"}, {"Name": "gone"}]}"#,
        ),
        (
            "account/s3.bucket_versionings.json",
            r#"{"Buckets": [], "$only": [],
            "$vanished": [{"kind": "failed", "code": "NoSuchBucket", "message": "m", "resource": "gone"}]}"#,
        ),
        (
            "regions/us-east-1/sns.topic_subscriptions.json",
            r#"{"Topics": [{"TopicArn": "none", "Subscriptions": null}]}"#,
        ),
    ]);
    let mock = Mock::serve(source, Options::default()).await.unwrap();
    assert_eq!(certificates(&mock, 100).await, ["a", "Throttling"], "a list that was cut off ends as it did");
    let bucket = |name: &str| Ask { target: format!("/{name}?versioning"), ..asks()[2].clone() };
    let cases = [
        ("none is set", form("iam:GetAccountPasswordPolicy", ""), 404, "NoSuchEntity"),
        ("a fault", form("iam:GetAccountSummary", ""), 503, "InternalFailure"),
        ("no answer", form("iam:ListSAMLProviders", ""), 200, "not an answer"),
        ("a denial without its code", form("iam:ListOpenIDConnectProviders", ""), 403, "<Code>AccessDenied</Code>"),
        ("a file that is not there", form("ec2:DescribeVpcs", ""), 400, "NotInSnapshot"),
        (
            "a region that is not enabled",
            Ask { region: "me-south-1", ..form("ec2:DescribeVpcs", "") },
            401,
            "AuthFailure",
        ),
        ("a bucket that nobody asked about", bucket("here"), 400, "NotInSnapshot"),
        ("a bucket in another region", bucket("far"), 301, "x-amz-bucket-region: eu-west-1"),
        ("a bucket that was gone", bucket("gone"), 404, "NoSuchBucket"),
        ("a bucket of whoever", bucket("whose"), 403, "AccessDenied"),
        (
            "a topic that there is not",
            form("sns:ListSubscriptionsByTopic", "&TopicArn=none"),
            404,
            "<Code>NotFound</Code>",
        ),
        ("a topic that nobody asked about", form("sns:ListSubscriptionsByTopic", "&TopicArn=x"), 400, "NotInSnapshot"),
        ("regions that only the manifest has", form("ec2:DescribeRegions", "&AllRegions=true"), 200, "me-south-1"),
    ];
    for (why, ask, status, part) in cases {
        let came = send(&mock, &ask).await.unwrap();
        assert_eq!(came.status, status, "{why}: {}", came.text());
        assert!(came.text().contains(part) || came.head.contains(part), "{why}: {} {}", came.head, came.text());
    }
}
