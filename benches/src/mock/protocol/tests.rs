use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::json;

use super::super::model::models;
use super::*;

/// An answer as it is sent, its body as text.
fn sent(service: &str, operation: &str, value: &Value) -> (u16, String) {
    let models = models().unwrap();
    let service = models.get(service).unwrap();
    let (name, of) = service.operations.get_key_value(operation).unwrap();
    let call = Call {
        service,
        protocol: service.protocol,
        name,
        operation: of,
        region: "eu-west-1".into(),
        params: BTreeMap::new(),
    };
    let wire = answer(&call, value, "id");
    (wire.status, String::from_utf8(wire.body).unwrap())
}

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
const S3: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

#[test]
fn a_value_in_the_form_of_each_protocol() {
    let iam = "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"";
    let ec2 = "xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"";
    let end = "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>";
    let cases = [
        (
            "query: a list of structures, times, what the model lacks, what is null, a gap",
            ("iam", "ListSAMLProviders"),
            json!({"SAMLProviderList": [{"Arn": "a&b", "ValidUntil": "2030-01-01T01:00:00+01:00", "Other": 1,
                                         "CreateDate": null}, {"$gap": {"kind": "malformed"}}], "$read_at": "x"}),
            format!(
                "{XML}<ListSAMLProvidersResponse {iam}><ListSAMLProvidersResult><SAMLProviderList><member><Arn>a&amp;b</Arn>\
                 <ValidUntil>2030-01-01T00:00:00Z</ValidUntil></member></SAMLProviderList></ListSAMLProvidersResult>{end}\
                 </ListSAMLProvidersResponse>"
            ),
        ),
        (
            "query: a map",
            ("iam", "GetAccountSummary"),
            json!({"SummaryMap": {"Users": 2}}),
            format!(
                "{XML}<GetAccountSummaryResponse {iam}><GetAccountSummaryResult><SummaryMap><entry><key>Users</key><value>2\
                 </value></entry></SummaryMap></GetAccountSummaryResult>{end}</GetAccountSummaryResponse>"
            ),
        ),
        (
            "query: a document, encoded as IAM does, and one that was recorded so",
            ("iam", "GetAccountAuthorizationDetails"),
            json!({"UserDetailList": [{"UserPolicyList": [{"PolicyDocument": {"a": "b c"}},
                                                           {"PolicyDocument": "%7B%7D"}]}], "RoleDetailList": []}),
            format!(
                "{XML}<GetAccountAuthorizationDetailsResponse {iam}><GetAccountAuthorizationDetailsResult><RoleDetailList>\
                 </RoleDetailList><UserDetailList><member><UserPolicyList><member><PolicyDocument>%7B%22a%22%3A%22b%20c%22%7D\
                 </PolicyDocument></member><member><PolicyDocument>%7B%7D</PolicyDocument></member></UserPolicyList></member>\
                 </UserDetailList></GetAccountAuthorizationDetailsResult>{end}</GetAccountAuthorizationDetailsResponse>"
            ),
        ),
        (
            "EC2: names of its own, lists that are empty",
            ("ec2", "DescribeSecurityGroups"),
            json!({"SecurityGroups": [{"GroupId": "sg-1", "IpPermissions": [{"FromPort": 22, "IpRanges": [{"CidrIp": "::/0"}]}],
                                       "IpPermissionsEgress": []}], "NextToken": "t"}),
            format!(
                "{XML}<DescribeSecurityGroupsResponse {ec2}><requestId>id</requestId><nextToken>t</nextToken><securityGroupInfo>\
                 <item><groupId>sg-1</groupId><ipPermissions><item><fromPort>22</fromPort><ipRanges><item><cidrIp>::/0</cidrIp>\
                 </item></ipRanges></item></ipPermissions><ipPermissionsEgress></ipPermissionsEgress></item></securityGroupInfo>\
                 </DescribeSecurityGroupsResponse>"
            ),
        ),
        (
            "S3: a list without an element around it, and a body that is one member",
            ("s3", "GetBucketEncryption"),
            json!({"ServerSideEncryptionConfiguration": {"Rules": [{"BucketKeyEnabled": true}, {"BucketKeyEnabled": false}]}}),
            format!(
                "{XML}<ServerSideEncryptionConfiguration {S3}><Rule><BucketKeyEnabled>true</BucketKeyEnabled></Rule><Rule>\
                 <BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"
            ),
        ),
        (
            "S3: an attribute",
            ("s3", "GetBucketAcl"),
            json!({"Grants": [{"Grantee": {"Type": "Group", "URI": "u"}, "Permission": "READ"}]}),
            format!(
                "{XML}<AccessControlPolicy {S3}><AccessControlList><Grant><Grantee xmlns:xsi=\"http://www.w3.org/2001/\
                 XMLSchema-instance\" xsi:type=\"Group\"><URI>u</URI></Grantee><Permission>READ</Permission></Grant>\
                 </AccessControlList></AccessControlPolicy>"
            ),
        ),
        (
            "S3: a name of its own in the answer",
            ("s3", "GetBucketVersioning"),
            json!({"MFADelete": "Enabled"}),
            format!("{XML}<VersioningConfiguration {S3}><MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"),
        ),
        ("S3: text", ("s3", "GetBucketPolicy"), json!({"Policy": "{\"a\": 1}"}), "{\"a\": 1}".to_owned()),
        (
            "JSON: times in seconds, with a fraction where there is one",
            ("kms", "DescribeKey"),
            json!({"KeyMetadata": {"KeyId": "k", "CreationDate": "2026-01-01T00:00:00+00:00",
                                   "DeletionDate": "2026-01-01T00:00:00.500Z", "Enabled": true, "Nobody": 1}}),
            r#"{"KeyMetadata":{"CreationDate":1767225600,"DeletionDate":1767225600.5,"Enabled":true,"KeyId":"k"}}"#
                .to_owned(),
        ),
        (
            "REST with JSON: times as the member has them, and maps",
            ("accessanalyzer", "ListAnalyzers"),
            json!({"analyzers": [{"arn": "a", "createdAt": 1_767_225_600.0, "tags": {"k": "v"}}]}),
            r#"{"analyzers":[{"arn":"a","createdAt":"2026-01-01T00:00:00Z","tags":{"k":"v"}}]}"#.to_owned(),
        ),
        (
            "what has not the type that it must have stays as it is",
            ("accessanalyzer", "ListAnalyzers"),
            json!({"analyzers": "none"}),
            r#"{"analyzers":"none"}"#.to_owned(),
        ),
    ];
    for (why, (service, operation), value, expected) in cases {
        assert_eq!(sent(service, operation, &value), (200, expected), "{why}");
    }
}

#[test]
fn cbor_is_read_as_it_was_written() {
    let models = models().unwrap();
    let service = models.get("cloudwatch").unwrap();
    let (name, operation) = service.operations.get_key_value("DescribeAlarms").unwrap();
    let (region, params) = (String::new(), BTreeMap::new());
    let call = Call { service, protocol: Protocol::Cbor, name, operation, region, params };
    let value = json!({"MetricAlarms": [{"AlarmName": "é", "Threshold": 1, "Period": 300, "ActionsEnabled": false,
                                         "AlarmActions": ["a"], "StateUpdatedTimestamp": "2026-01-01T00:00:00Z",
                                         "Nobody": 1}]});
    let wire = answer(&call, &value, "id");
    let read = decode_cbor(&wire.body).unwrap();
    let expected = json!({"MetricAlarms": [{"AlarmName": "é", "Threshold": 1.0, "Period": 300, "ActionsEnabled": false,
                                            "AlarmActions": ["a"], "StateUpdatedTimestamp": 1_767_225_600}]});
    assert_eq!(read, expected, "a threshold is a floating-point number, a time a tagged one");
    assert!(wire.body.windows(6).any(|bytes| bytes == [0xc1, 0x1a, 0x69, 0x55, 0xb9, 0x00]), "tag 1");
    for broken in [&b""[..], b"\xa1", b"\xa1\x61a", b"\xbf\x61a\x01", b"\x9f", b"\xff", &[0x81; 100]] {
        assert_eq!(decode_cbor(broken), None, "{broken:?}");
    }
}

#[test]
fn errors_in_the_form_of_each_protocol() {
    let models = models().unwrap();
    let mut refusal = Refusal::new(403, "Code", "No <way>.");
    refusal.elements.push(("Bucket", "b".to_owned()));
    refusal.headers.push(("x-more", "1".to_owned()));
    let query = "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>Code</Code>\
                 <Message>No &lt;way&gt;.</Message></Error><RequestId>id</RequestId></ErrorResponse>";
    let ec2 = "<Response><Errors><Error><Code>Code</Code><Message>No &lt;way&gt;.</Message></Error></Errors><RequestID>id\
               </RequestID></Response>";
    let s3 =
        "<Error><Code>Code</Code><Message>No &lt;way&gt;.</Message><Bucket>b</Bucket><RequestId>id</RequestId></Error>";
    let control = "<ErrorResponse><Error><Code>Code</Code><Message>No &lt;way&gt;.</Message><Bucket>b</Bucket></Error>\
                   <RequestId>id</RequestId></ErrorResponse>";
    let cases = [
        ("sns", None, format!("{XML}{query}"), "content-type: text/xml"),
        ("ec2", None, format!("{XML}{ec2}"), "x-more: 1"),
        ("s3", None, format!("{XML}{s3}"), "content-type: application/xml"),
        ("s3control", None, format!("{XML}{control}"), "x-amz-request-id: id"),
        (
            "kms",
            None,
            r#"{"__type":"Code","message":"No <way>."}"#.to_owned(),
            "content-type: application/x-amz-json-1.1",
        ),
        ("macie2", None, r#"{"message":"No <way>."}"#.to_owned(), "x-amzn-errortype: Code"),
        (
            "cloudwatch",
            Some(Protocol::Json),
            r#"{"__type":"Code","message":"No <way>."}"#.to_owned(),
            "x-amzn-query-error: Code;Sender",
        ),
    ];
    for (service, protocol, body, header) in cases {
        let service = models.get(service).unwrap();
        let wire = refuse(service, protocol.unwrap_or(service.protocol), &refusal, "id");
        let headers: Vec<_> = wire.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!((wire.status, String::from_utf8(wire.body).unwrap()), (403, body), "{}", service.name);
        assert!(headers.iter().any(|found| found == header), "{}: {headers:?}", service.name);
    }
    let service = models.get("cloudwatch").unwrap();
    let wire = refuse(service, Protocol::Cbor, &refusal, "id");
    let expected = json!({"__type": "com.amazonaws.cloudwatch#Code", "message": "No <way>."});
    assert_eq!(decode_cbor(&wire.body), Some(expected));
}

/// Anything in the place of an answer, with some names that answers have.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é]{0,12}".prop_map(Value::from),
        Just(json!({"$gap": {"kind": "denied"}})),
    ];
    leaf.prop_recursive(4, 48, 6, |inner| {
        let name = prop_oneof![
            "[A-Za-z]{1,6}",
            prop::sample::select(vec![
                "SummaryMap",
                "SecurityGroups",
                "IpPermissions",
                "Grants",
                "Grantee",
                "Type",
                "Policy",
                "Rules",
                "Keys",
                "ServerSideEncryptionConfiguration",
                "MetricAlarms",
                "AlarmName",
                "KeyMetadata",
                "analyzers",
                "tags",
                "createdAt",
                "CreationDate",
                "UserDetailList",
                "UserPolicyList",
                "PolicyDocument",
            ])
            .prop_map(str::to_owned),
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Whether a text is XML whose elements close.
fn is_xml(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let mut open = 0_u32;
    loop {
        match reader.read_event() {
            Ok(Event::Start(_)) => open += 1,
            Ok(Event::End(_)) => open -= 1,
            Ok(Event::Eof) => return open == 0,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A snapshot may hold anything: what is sent is a whole document of its protocol all the same.
    #[test]
    fn anything_is_sent_as_a_document(value in anything()) {
        let models = models().unwrap();
        for service in models.values() {
            for (name, operation) in &service.operations {
                let (region, params) = (String::new(), BTreeMap::new());
                let call = Call { service, protocol: service.protocol, name, operation, region, params };
                let body = answer(&call, &value, "id").body;
                let whole = match service.protocol {
                    Protocol::Query | Protocol::Ec2 => is_xml(std::str::from_utf8(&body).unwrap()),
                    // The body of some of S3's is text, or nothing.
                    Protocol::RestXml => !body.starts_with(b"<?xml") || is_xml(std::str::from_utf8(&body).unwrap()),
                    Protocol::Json | Protocol::RestJson => serde_json::from_slice::<Value>(&body).is_ok(),
                    Protocol::Cbor => decode_cbor(&body).is_some_and(|value| value.is_object()),
                };
                prop_assert!(whole, "{}:{name}: {:?}", service.name, String::from_utf8_lossy(&body));
            }
        }
    }
}
