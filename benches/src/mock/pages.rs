//! How much an answer holds, and how it goes on.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::model::Protocol;
use super::refusal::Refusal;
use super::route::Call;

/// What AWS puts on a page: operation, how much where the caller does not say, how much at most. Each number is from the
/// operation's page in its API reference (for IAM and S3 the parameter `MaxItems`, `max-buckets`; SNS pages by 100 and takes
/// no size). Access Analyzer gives none: 100 is chosen. EC2 promises no limit where the caller names none, but says that it
/// may set one: <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-pagination.html>; 1,000 is its largest.
const SIZES: &[(&str, usize, usize)] = &[
    ("accessanalyzer:ListAnalyzers", 100, 100),
    ("account:ListRegions", 20, 50),
    ("cloudwatch:DescribeAlarms", 50, 100),
    ("ec2:DescribeFlowLogs", 1000, 1000),
    ("ec2:DescribeInstances", 1000, 1000),
    ("ec2:DescribeManagedPrefixLists", 100, 100),
    ("ec2:DescribeNetworkAcls", 1000, 1000),
    ("ec2:DescribeRouteTables", 100, 100),
    ("ec2:DescribeSecurityGroups", 1000, 1000),
    ("ec2:DescribeVpcPeeringConnections", 1000, 1000),
    ("ec2:DescribeVpcs", 1000, 1000),
    ("ec2:GetManagedPrefixListEntries", 100, 100),
    ("efs:DescribeFileSystems", 100, 100),
    ("iam:GetAccountAuthorizationDetails", 100, 1000),
    ("iam:ListServerCertificates", 100, 1000),
    ("iam:ListVirtualMFADevices", 100, 1000),
    ("kms:ListAliases", 50, 100),
    ("kms:ListKeys", 100, 1000),
    ("logs:DescribeMetricFilters", 50, 50),
    ("macie2:ListClassificationJobs", 50, 200),
    ("rds:DescribeDBClusters", 100, 100),
    ("rds:DescribeDBInstances", 100, 100),
    ("s3:ListBuckets", 10_000, 10_000),
    ("sns:ListSubscriptionsByTopic", 100, 100),
];

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// The first row.
    pub(crate) from: usize,
    /// How many at most.
    pub(crate) size: usize,
}

impl Page {
    /// The page that a call asks for: all of it, where the operation has no pages. `most`: the mock's own bound.
    pub(crate) fn of(call: &Call<'_>, most: Option<usize>) -> Result<Self, Refusal> {
        let Some(paging) = &call.operation.paging else { return Ok(Self { from: 0, size: usize::MAX }) };
        let from = match call.param(&paging.token).filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => start(token).ok_or_else(|| {
                // Some services have an error of its own for it.
                let of_its_own = ["InvalidNextToken", "InvalidNextTokenException"];
                let code = of_its_own.into_iter().find(|code| call.service.errors.contains_key(*code));
                let message = "The page token is not valid";
                code.map_or_else(|| invalid(call, message), |code| Refusal::coded(call.service, code, message))
            })?,
        };
        let full_name = call.full_name();
        let known = SIZES.iter().find(|(name, ..)| *name == full_name);
        let (default, largest) = known.map_or((100, 100), |(_, default, largest)| (*default, *largest));
        let asked = match paging.limit.as_deref().and_then(|limit| call.param(limit)) {
            None => default,
            Some(text) => text.parse().map_err(|_| invalid(call, "The page size is not a number"))?,
        };
        // Where the model allows more than the API reference says, AWS refuses what is over the latter (kms:ListAliases).
        let (least, allowed) = (paging.least.unwrap_or(1), paging.most.unwrap_or(largest).min(largest));
        if asked < least || asked > allowed {
            return Err(invalid(call, &format!("The page size {asked} is not between {least} and {allowed}")));
        }
        let size = asked.min(largest).min(most.unwrap_or(usize::MAX)).max(1);
        Ok(Self { from, size })
    }

    /// The number of the page, from 0.
    pub(crate) fn number(self) -> usize {
        self.from / self.size
    }

    /// Where the next one begins, if a list of that many rows has one.
    pub(crate) fn next(self, rows: usize) -> Option<usize> {
        self.from.checked_add(self.size).filter(|next| *next < rows)
    }
}

/// Says in an answer that the list goes on at a row, or that it does not.
pub(crate) fn go_on(call: &Call<'_>, members: &mut Map<String, Value>, next: Option<usize>) {
    let Some(paging) = &call.operation.paging else { return };
    if let Some(more) = &paging.more {
        members.insert(more.clone(), next.is_some().into());
    }
    if let Some(next) = next {
        members.insert(paging.next.clone(), token(next).into());
    }
}

fn token(from: usize) -> String {
    // Nobody is to read anything into it.
    URL_SAFE_NO_PAD.encode(format!("page from {from}"))
}

fn start(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("page from ")?.parse().ok()
}

fn invalid(call: &Call<'_>, message: &str) -> Refusal {
    let code = match call.service.protocol {
        Protocol::Query => "ValidationError",
        Protocol::Ec2 => "InvalidParameterValue",
        Protocol::RestXml => "InvalidArgument",
        Protocol::Json | Protocol::RestJson | Protocol::Cbor => "ValidationException",
    };
    Refusal::new(400, code, message)
}
