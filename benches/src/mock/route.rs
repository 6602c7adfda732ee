//! Which operation a request asks for, and with what.

use std::collections::BTreeMap;

use hyper::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::model::{Input, Location, Models, Operation, Protocol, Service};
use super::protocol::decode_cbor;
use super::refusal::Refusal;

/// A request, understood.
#[derive(Debug)]
pub(crate) struct Call<'m> {
    pub(crate) service: &'m Service,
    /// How it is written, and with it the answer.
    pub(crate) protocol: Protocol,
    pub(crate) name: &'m str,
    pub(crate) operation: &'m Operation,
    /// The region that it is signed for.
    pub(crate) region: String,
    /// What it says, by the names of the API's members.
    pub(crate) params: BTreeMap<String, Vec<String>>,
}

impl Call<'_> {
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.params.get(name)?.first().map(String::as_str)
    }

    pub(crate) fn list(&self, name: &str) -> &[String] {
        self.params.get(name).map_or(&[], Vec::as_slice)
    }

    /// `service:Operation`.
    pub(crate) fn full_name(&self) -> String {
        format!("{}:{}", self.service.name, self.name)
    }
}

/// Why a request is not one, with the service and the protocol whose form the answer takes.
#[derive(Debug)]
pub(crate) struct Unknown<'m>(pub(crate) Option<(&'m Service, Protocol)>, pub(crate) Refusal);

/// A request as it came.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Asked<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

type Form = BTreeMap<String, String>;

/// Finds service and region in what the request is signed for, and the operation where the service's protocol has it.
pub(crate) fn recognise<'m>(models: &'m Models, asked: &Asked<'_>) -> Result<Call<'m>, Unknown<'m>> {
    let unsigned = || Unknown(None, Refusal::new(403, "MissingAuthenticationToken", "The request is not signed"));
    let (region, signed_for) = asked.header("authorization").and_then(scope).ok_or_else(unsigned)?;
    // S3 Control signs as S3 does; its paths begin with its version.
    let control = asked.path.starts_with("/v20180820/");
    let of = |service: &&Service| {
        service.signing_name == signed_for && (service.signing_name != "s3" || control == (service.name != "s3"))
    };
    let Some(service) = models.values().find(of) else {
        let message = format!("The service {signed_for} is not known");
        return Err(Unknown(None, Refusal::new(404, "UnknownService", message)));
    };
    // What speaks CBOR speaks JSON as well, which botocore prefers.
    let protocol = match service.protocol {
        Protocol::Cbor if asked.header("x-amz-target").is_some() => Protocol::Json,
        protocol => protocol,
    };
    let unknown = |what: &str| {
        let code = if protocol == Protocol::Query { "InvalidAction" } else { "UnknownOperationException" };
        Unknown(Some((service, protocol)), Refusal::new(404, code, format!("{}: {what} is not known", service.name)))
    };
    let mut form = Form::new();
    let mut json = Value::Null;
    let mut path = Form::new();
    let (name, operation) = match protocol {
        Protocol::Query | Protocol::Ec2 => {
            form = form_urlencoded::parse(asked.body).into_owned().collect();
            let action = form.get("Action").map(String::as_str).unwrap_or_default();
            service.operations.get_key_value(action).ok_or_else(|| unknown(action))?
        }
        Protocol::Json => {
            let target = asked.header("x-amz-target").unwrap_or_default();
            json = serde_json::from_slice(asked.body).unwrap_or_default();
            let (prefix, action) = target.rsplit_once('.').unwrap_or_default();
            // Either SDK leaves out or keeps the package before the name.
            let last = |name: &str| name.rsplit('.').next().map(str::to_owned);
            let known = last(prefix) == service.target_prefix.as_deref().and_then(last);
            service.operations.get_key_value(action).filter(|_| known).ok_or_else(|| unknown(target))?
        }
        Protocol::Cbor => {
            let action = asked.path.rsplit_once("/operation/").map(|(_, action)| action).unwrap_or_default();
            json = decode_cbor(asked.body).unwrap_or_default();
            service.operations.get_key_value(action).ok_or_else(|| unknown(asked.path))?
        }
        Protocol::RestXml | Protocol::RestJson => {
            json = serde_json::from_slice(asked.body).unwrap_or_default();
            let fits = |(name, operation): (&'m String, &'m Operation)| {
                let found = template(&operation.uri, asked.path, asked.query)?;
                (operation.method == asked.method).then_some((name, operation, found))
            };
            let found = service.operations.iter().find_map(fits);
            let (name, operation, found) = found.ok_or_else(|| unknown(&format!("{} {}", asked.method, asked.path)))?;
            path = found;
            (name, operation)
        }
    };
    let query: Form = form_urlencoded::parse(asked.query.as_bytes()).into_owned().collect();
    let one = |input: &Input| match (input.place, input.list) {
        (Location::Body, false) if !form.is_empty() => form.get(&input.name).cloned().into_iter().collect(),
        (Location::Body, true) if !form.is_empty() => numbered(&form, &input.name),
        (Location::Body, _) => match json.get(&input.name) {
            Some(Value::Array(items)) => items.iter().filter_map(plain).collect(),
            Some(value) => plain(value).into_iter().collect(),
            None => Vec::new(),
        },
        (Location::Uri, _) => path.get(&input.name).cloned().into_iter().collect(),
        (Location::Querystring, _) => query.get(&input.name).cloned().into_iter().collect(),
        (Location::Header, _) => asked.header(&input.name).map(str::to_owned).into_iter().collect(),
    };
    let params = operation.input.iter().map(|(name, input)| (name.clone(), one(input)));
    let params = params.filter(|(_, values): &(_, Vec<String>)| !values.is_empty()).collect();
    Ok(Call { service, protocol, name, operation, region, params })
}

/// Region and service of a signature: `AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/iam/aws4_request, ..`.
fn scope(authorization: &str) -> Option<(String, String)> {
    let credential = authorization.split_once("Credential=")?.1.split([',', ' ']).next()?;
    let mut parts = credential.rsplit('/').skip(1);
    let (service, region) = (parts.next()?, parts.next()?);
    Some((region.to_owned(), service.to_owned()))
}

/// The values in a path, if it is one of a template: `/{Bucket}?acl`.
fn template(uri: &str, path: &str, query: &str) -> Option<Form> {
    let (wanted, sub) = uri.split_once('?').unwrap_or((uri, ""));
    let asked_for = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    if !sub.is_empty() && !sub.split('&').all(|pair| asked_for(pair.split('=').next().unwrap_or_default())) {
        return None;
    }
    let parts = |path: &str| path.trim_matches('/').split('/').map(str::to_owned).collect::<Vec<_>>();
    let (wanted, path) = (parts(wanted), parts(path));
    if wanted.len() != path.len() {
        return None;
    }
    let mut found = Form::new();
    for (wanted, part) in wanted.iter().zip(&path) {
        match wanted.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(_) if part.is_empty() => return None,
            Some(name) => {
                found.insert(name.to_owned(), percent_decode_str(part).decode_utf8_lossy().into_owned());
            }
            None if wanted == part => {}
            None => return None,
        }
    }
    Some(found)
}

/// A list of a form: `Filter.member.1`, `Filter.member.2`, ...
fn numbered(form: &Form, name: &str) -> Vec<String> {
    (1..).map_while(|number| form.get(&format!("{name}.{number}")).cloned()).collect()
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::models;
    use super::*;

    fn asked(method: &str, target: &str, headers: &[(&'static str, &str)], body: &[u8]) -> Result<String, String> {
        let models = models().unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().unwrap());
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let asked = Asked { method, path, query, headers: &map, body };
        match recognise(&models, &asked) {
            Ok(call) => {
                let params = call.params.iter().map(|(name, values)| format!(" {name}={}", values.join(",")));
                Ok(format!("{} in {}{}", call.full_name(), call.region, params.collect::<String>()))
            }
            Err(Unknown(service, refusal)) => {
                Err(format!("{:?} {} {}", service.map(|(service, _)| &service.name), refusal.code, refusal.status))
            }
        }
    }

    fn signed(region: &str, service: &str) -> String {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKID/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
        )
    }

    type Headers<'a> = &'a [(&'static str, &'a str)];
    /// Why, method, target, what is signed for, headers, body, what it is.
    type Case<'a> = (&'a str, &'a str, &'a str, &'a str, Headers<'a>, &'a [u8], &'a str);
    /// Why, headers, body, what is answered.
    type Odd<'a> = (&'a str, Headers<'a>, &'a [u8], &'a str);

    #[test]
    fn an_operation_is_where_its_protocol_has_it() {
        // An indefinite map with an indefinite list, as the SDK for Rust writes it, and a definite one.
        let cbor: &[u8] = b"\xbf\x6aAlarmTypes\x9f\x6bMetricAlarm\xff\x6aMaxRecords\x18\x64\xff";
        let definite: &[u8] = b"\xa1\x6aMaxRecords\x18\x64";
        let json = ("x-amz-target", "TrentService.ListKeys");
        let cases: &[Case<'_>] = &[
            (
                "query",
                "POST",
                "/",
                "iam",
                &[],
                b"Action=GetPolicy&PolicyArn=a%3Ab&Version=2010-05-08",
                "iam:GetPolicy in eu-west-1 PolicyArn=a:b",
            ),
            (
                "query, a list",
                "POST",
                "/",
                "iam",
                &[],
                b"Action=GetAccountAuthorizationDetails&Filter.member.1=User&Filter.member.2=Role&MaxItems=7",
                "iam:GetAccountAuthorizationDetails in eu-west-1 Filter=User,Role MaxItems=7",
            ),
            (
                "EC2",
                "POST",
                "/",
                "ec2",
                &[],
                b"Action=DescribeVpcs&MaxResults=5&VpcId.1=vpc-1&NextToken=t",
                "ec2:DescribeVpcs in eu-west-1 MaxResults=5 NextToken=t VpcIds=vpc-1",
            ),
            (
                "JSON",
                "POST",
                "/",
                "kms",
                &[json],
                br#"{"Limit": 10, "Marker": "m"}"#,
                "kms:ListKeys in eu-west-1 Limit=10 Marker=m",
            ),
            (
                "JSON with a package",
                "POST",
                "/",
                "cloudtrail",
                &[("x-amz-target", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.DescribeTrails")],
                b"{}",
                "cloudtrail:DescribeTrails in eu-west-1",
            ),
            (
                "JSON without it",
                "POST",
                "/",
                "cloudtrail",
                &[("x-amz-target", "CloudTrail_20131101.DescribeTrails")],
                b"{}",
                "cloudtrail:DescribeTrails in eu-west-1",
            ),
            (
                "JSON instead of CBOR",
                "POST",
                "/",
                "monitoring",
                &[("x-amz-target", "GraniteServiceVersion20100801.DescribeAlarms")],
                b"{\"MaxRecords\": 5}",
                "cloudwatch:DescribeAlarms in eu-west-1 MaxRecords=5",
            ),
            (
                "CBOR",
                "POST",
                "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
                "monitoring",
                &[],
                cbor,
                "cloudwatch:DescribeAlarms in eu-west-1 AlarmTypes=MetricAlarm MaxRecords=100",
            ),
            (
                "CBOR of known length",
                "POST",
                "/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
                "monitoring",
                &[],
                definite,
                "cloudwatch:DescribeAlarms in eu-west-1 MaxRecords=100",
            ),
            (
                "REST with a query",
                "GET",
                "/analyzer?nextToken=a%2Fb",
                "access-analyzer",
                &[],
                b"",
                "accessanalyzer:ListAnalyzers in eu-west-1 nextToken=a/b",
            ),
            (
                "REST with a body",
                "POST",
                "/getAlternateContact",
                "account",
                &[],
                br#"{"AlternateContactType": "BILLING"}"#,
                "account:GetAlternateContact in eu-west-1 AlternateContactType=BILLING",
            ),
            (
                "S3",
                "GET",
                "/?max-buckets=3&x-id=ListBuckets",
                "s3",
                &[],
                b"",
                "s3:ListBuckets in eu-west-1 MaxBuckets=3",
            ),
            (
                "S3 of a bucket",
                "GET",
                "/a.b?policyStatus",
                "s3",
                &[],
                b"",
                "s3:GetBucketPolicyStatus in eu-west-1 Bucket=a.b",
            ),
            (
                "S3 with a slash and a value",
                "GET",
                "/ab/?policy=",
                "s3",
                &[],
                b"",
                "s3:GetBucketPolicy in eu-west-1 Bucket=ab",
            ),
            (
                "S3 Control",
                "GET",
                "/v20180820/configuration/publicAccessBlock",
                "s3",
                &[("x-amz-account-id", "1")],
                b"",
                "s3control:GetPublicAccessBlock in eu-west-1 AccountId=1",
            ),
        ];
        for (why, method, target, service, headers, body, expected) in cases {
            let authorization = signed("eu-west-1", service);
            let headers = [headers, [("authorization", authorization.as_str())].as_slice()].concat();
            assert_eq!(asked(method, target, &headers, body).as_deref(), Ok(*expected), "{why}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused_in_the_form_of_its_service() {
        let iam = signed("us-east-1", "iam");
        let ec2 = signed("us-east-1", "ec2");
        let kms = signed("us-east-1", "kms");
        let sqs = signed("us-east-1", "sqs");
        let s3 = signed("us-east-1", "s3");
        let other = ("x-amz-target", "Other.ListKeys");
        let cases: &[Odd<'_>] = &[
            ("not signed", &[], b"Action=GetPolicy", "None MissingAuthenticationToken 403"),
            (
                "a signature without a scope",
                &[("authorization", "Basic x")],
                b"",
                "None MissingAuthenticationToken 403",
            ),
            ("another service", &[("authorization", &sqs)], b"", "None UnknownService 404"),
            ("another action", &[("authorization", &iam)], b"Action=DeleteUser", "Some(\"iam\") InvalidAction 404"),
            ("no action", &[("authorization", &ec2)], b"", "Some(\"ec2\") UnknownOperationException 404"),
            ("another target", &[("authorization", &kms), other], b"", "Some(\"kms\") UnknownOperationException 404"),
            ("another method", &[("authorization", &s3)], b"", "Some(\"s3\") UnknownOperationException 404"),
        ];
        for (why, headers, body, expected) in cases {
            assert_eq!(asked("POST", "/", headers, body), Err((*expected).to_owned()), "{why}");
        }
    }
}
