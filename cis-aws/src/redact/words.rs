//! What is kept: the words of AWS's and of the benchmark's, known by list or by form.

use crate::controls::account::TEAM_WORDS;

/// Words with a meaning of their own, beside those of a team's mail address: no pseudonym becomes one.
const RESERVED: &[&str] =
    &["amazonaws", "anonymous", "arn", "default", "false", "inf", "infinity", "nan", "null", "true"];

/// Whether a run is a word that no pseudonym may be, in any case.
pub(super) fn is_reserved(run: &str) -> bool {
    RESERVED.iter().chain(TEAM_WORDS).any(|word| word.eq_ignore_ascii_case(run))
}

/// What the ids of resources begin with, before a dash.
const ID_PREFIXES: &[&str] = &[
    "acl", "ami", "cgw", "dopt", "eipalloc", "eni", "fl", "fs", "i", "igw", "lt", "mrk", "nat", "o", "ou", "pcx", "pl",
    "rtb", "sg", "sgr", "snap", "subnet", "tgw", "vgw", "vol", "vpc", "vpce",
];

/// Whether a run before a dash tells only what kind of resource the id is of.
pub(super) fn is_id_prefix(run: &str) -> bool {
    ID_PREFIXES.contains(&run)
}

/// What IAM's unique ids begin with.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>
const UNIQUE_ID_PREFIXES: &[&str] =
    &["ABIA", "ACCA", "AGPA", "AIDA", "AIPA", "AKIA", "ANPA", "ANVA", "APKA", "AROA", "ASCA", "ASIA"];

/// The first letters of a unique id, such as an access key's, which tell its kind.
pub(super) fn unique_id_prefix(run: &str) -> Option<&str> {
    let unique = run.len() >= 16 && run.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    run.get(..4).filter(|prefix| unique && UNIQUE_ID_PREFIXES.contains(prefix))
}

/// What the resource of an ARN begins with, before a colon or a slash.
const RESOURCE_TYPES: &[&str] = &[
    "access-point",
    "accesspoint",
    "alarm",
    "alias",
    "analyzer",
    "assumed-role",
    "catalog",
    "cluster",
    "database",
    "db",
    "distribution",
    "document",
    "domain",
    "event-bus",
    "federated-user",
    "file-system",
    "function",
    "group",
    "hub",
    "image",
    "instance",
    "instance-profile",
    "internet-gateway",
    "key",
    "log-group",
    "log-stream",
    "mfa",
    "network-acl",
    "network-interface",
    "oidc-provider",
    "organization",
    "policy",
    "prefix-list",
    "project",
    "queue",
    "repository",
    "role",
    "root",
    "route-table",
    "rule",
    "saml-provider",
    "secret",
    "security-group",
    "server-certificate",
    "sms-mfa",
    "snapshot",
    "stack",
    "stream",
    "subnet",
    "table",
    "topic",
    "trail",
    "transit-gateway",
    "u2f",
    "user",
    "volume",
    "vpc",
    "vpc-endpoint",
    "vpc-peering-connection",
];

/// Whether a text is a type of resource.
pub(super) fn is_resource_type(text: &str) -> bool {
    RESOURCE_TYPES.contains(&text)
}

/// Paths of IAM that are AWS's own.
pub(super) fn is_aws_path(segment: &str) -> bool {
    matches!(segment, "aws-reserved" | "aws-service-role" | "service-role")
}

/// Words of error messages, AWS's and this library's.
const PROSE: &[&str] = &[
    "a",
    "access",
    "account",
    "action",
    "activated",
    "allow",
    "allows",
    "an",
    "and",
    "answer",
    "answered",
    "any",
    "api",
    "are",
    "as",
    "asked",
    "at",
    "authorized",
    "aws",
    "bad",
    "be",
    "because",
    "been",
    "before",
    "boundary",
    "bucket",
    "by",
    "call",
    "called",
    "calls",
    "can",
    "cannot",
    "client",
    "configuration",
    "connect",
    "connection",
    "contains",
    "control",
    "could",
    "credentials",
    "cut",
    "dataset",
    "denied",
    "deny",
    "does",
    "enabled",
    "encountered",
    "end",
    "endpoint",
    "error",
    "exceeded",
    "exist",
    "expected",
    "expired",
    "explicit",
    "explicitly",
    "failed",
    "file",
    "for",
    "found",
    "from",
    "had",
    "has",
    "have",
    "hub",
    "id",
    "identity",
    "in",
    "included",
    "internal",
    "into",
    "invalid",
    "is",
    "it",
    "its",
    "json",
    "key",
    "later",
    "limit",
    "list",
    "listed",
    "made",
    "malformed",
    "many",
    "member",
    "missing",
    "more",
    "must",
    "no",
    "not",
    "nothing",
    "of",
    "off",
    "on",
    "only",
    "operation",
    "or",
    "organization",
    "page",
    "parameter",
    "perform",
    "permission",
    "permissions",
    "policies",
    "policy",
    "privilege",
    "rate",
    "read",
    "recorded",
    "refused",
    "region",
    "regions",
    "rejected",
    "request",
    "requested",
    "requests",
    "required",
    "resource",
    "resources",
    "response",
    "retries",
    "s",
    "scan",
    "security",
    "sent",
    "server",
    "service",
    "session",
    "slow",
    "snapshot",
    "so",
    "specified",
    "state",
    "subscribed",
    "such",
    "than",
    "that",
    "the",
    "this",
    "throttled",
    "time",
    "timed",
    "to",
    "token",
    "too",
    "trail",
    "tried",
    "unable",
    "understood",
    "unreachable",
    "user",
    "valid",
    "value",
    "was",
    "were",
    "what",
    "when",
    "which",
    "whole",
    "with",
    "within",
    "you",
];

/// Whether a run is a common word of error messages, in any case.
pub(super) fn is_prose(run: &str) -> bool {
    PROSE.binary_search(&run.to_ascii_lowercase().as_str()).is_ok()
}

/// Directions, and the second halves of `us-gov`, `us-iso` and the like.
const MIDDLE: &[&str] = &[
    "central",
    "de",
    "east",
    "gov",
    "iso",
    "isob",
    "isoe",
    "isof",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];

/// Whether a text has the form of a region's name, such as `us-gov-west-1`.
pub(super) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let letters = |part: &&str| part.bytes().all(|byte| byte.is_ascii_lowercase());
    let [first, between @ .., last] = parts.as_slice() else { return false };
    let known = ["af", "ap", "ca", "cn", "eu", "eusc", "il", "me", "mx", "sa", "us"].contains(first);
    known
        && !between.is_empty()
        && between.iter().all(|part| letters(part) && MIDDLE.contains(part))
        && matches!(last.len(), 1 | 2)
        && last.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text has the form of a value that AWS enumerates, of a type of resource or of an error code, and holds
/// nothing that looks like an account's id.
pub(super) fn is_word(text: &str) -> bool {
    let legal =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b' ' | b'*');
    (1..=64).contains(&text.len()) && text.bytes().all(legal) && !has_account_id(text)
}

fn has_account_id(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= 12)
}

/// Whether a text is an AWS service's name as a principal, such as `logs.eu-west-1.amazonaws.com`.
pub(super) fn is_service_host(text: &str) -> bool {
    let text = text.strip_suffix(".cn").unwrap_or(text);
    let Some(service) = text.strip_suffix(".amazonaws.com") else { return false };
    let legal = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match service.split_once('.') {
        None => service.len() <= 40 && legal(service) && !has_account_id(service),
        Some((service, region)) => {
            service.len() <= 40 && legal(service) && !has_account_id(service) && is_region(region)
        }
    }
}

/// Whether a text is an action or a wildcard for some, such as `s3:Get*`.
pub(super) fn is_action(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?' | b'-' | b':');
    text.len() <= 128 && text.matches(':').count() <= 1 && text.bytes().all(legal) && !has_account_id(text)
}

/// The value that a policy's condition is for, where that is AWS's: `aws:SecureTransport`, not the tag of
/// `aws:PrincipalTag/team`.
pub(super) fn is_condition_key(text: &str) -> bool {
    let Some((service, name)) = text.split_once(':') else { return false };
    !service.is_empty()
        && !name.is_empty()
        && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether the values of a condition key, in lower case, are AWS's words.
pub(super) fn has_aws_values(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "aws:calledvia",
        "aws:calledviafirst",
        "aws:calledvialast",
        "aws:multifactorauthage",
        "aws:multifactorauthpresent",
        "aws:principalisawsservice",
        "aws:principalservicename",
        "aws:principalservicenameslist",
        "aws:principaltype",
        "aws:requestedregion",
        "aws:securetransport",
        "aws:viaawsservice",
        "iam:awsservicename",
        "iam:passedtoservice",
        "kms:keyspec",
        "kms:keyusage",
        "kms:viaservice",
        "s3:authtype",
        "s3:signatureversion",
        "s3:tlsversion",
        "s3:x-amz-acl",
        "s3:x-amz-server-side-encryption",
        "s3:x-amz-storage-class",
    ];
    KEYS.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_in_order() {
        for list in [PROSE, RESOURCE_TYPES, ID_PREFIXES, UNIQUE_ID_PREFIXES] {
            assert!(list.is_sorted(), "{list:?}");
        }
    }

    #[test]
    fn forms() {
        type Case<'a> = (fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);
        let cases: [Case<'_>; 5] = [
            (is_region, &["us-east-1", "us-gov-west-1", "eusc-de-east-1"], &["eu-anna-1", "east-1", "us-east", "logs"]),
            (is_word, &["AWS::S3::Object", "aws:kms", "Rate limited"], &["", "ann@example.com", "a 123456789012"]),
            (
                is_service_host,
                &["cloudtrail.amazonaws.com", "logs.eu-west-1.amazonaws.com", "s3.amazonaws.com.cn"],
                &["bucket.s3.amazonaws.com", "amazonaws.com", "Ann.amazonaws.com"],
            ),
            (is_action, &["*", "s3:Get*", "?3:*"], &["arn:aws:s3", "s3:ann@b"]),
            (
                is_condition_key,
                &["aws:SourceIp", "s3:x-amz-acl"],
                &["aws:PrincipalTag/team", "idp.example.com:aud", "x"],
            ),
        ];
        for (is, yes, no) in cases {
            for text in yes {
                assert!(is(text), "{text}");
            }
            for text in no {
                assert!(!is(text), "{text}");
            }
        }
    }
}
