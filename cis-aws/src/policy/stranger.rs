//! The strangers whose requests decide whether a policy is public, and what their requests hold.

use std::fmt;

use super::condition::{Held, Part};

/// Who a stranger is: nobody that the policy's author could have meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Who {
    /// A caller without credentials.
    Anonymous,
    /// A role of a foreign account that is in no organization.
    ForeignAccount,
    /// A role of a foreign account in a foreign organization.
    ForeignOrganization,
}

/// Which way a stranger's request comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Via {
    /// From a public address.
    Internet,
    /// Through a VPC endpoint in a foreign account; such a request has no `aws:SourceIp`.
    VpcEndpoint,
}

/// A stranger's request that a policy allows.
///
/// Wildcards in it stand for any text that the policy does not single out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Witness {
    /// Who asks.
    pub who: Who,
    /// Which way.
    pub via: Via,
    /// The action, in lower case.
    pub action: String,
    /// The resource.
    pub resource: String,
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.who {
            Who::Anonymous => "anyone without credentials",
            Who::ForeignAccount => "a role of any account outside organizations",
            Who::ForeignOrganization => "a role of any account of any organization",
        };
        let via = match self.via {
            Via::Internet => "over the internet",
            Via::VpcEndpoint => "through a VPC endpoint of another account",
        };
        write!(f, "{who}, {via}: {} on {}", self.action, self.resource)
    }
}

/// What keeps strangers out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Restriction {
    /// The caller must belong to an organization.
    Organization,
    /// The caller must belong to an account, or be a certain principal.
    Account,
    /// The request must come from a network.
    Network,
    /// The caller must be an AWS service.
    Service,
}

impl Restriction {
    /// The word for reports: `org`, `account`, `network`, `service`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "org",
            Self::Account => "account",
            Self::Network => "network",
            Self::Service => "service",
        }
    }

    /// What a condition key restricts, if it can tell a stranger from a friend at all.
    pub(super) fn of_key(key: &str) -> Option<Self> {
        Some(match key.to_ascii_lowercase().as_str() {
            "aws:principalorgid" | "aws:principalorgpaths" | "aws:sourceorgid" | "aws:sourceorgpaths"
            // Of no matter but against the caller's organization or account, as a variable.
            | "aws:resourceorgid" => Self::Organization,
            "aws:principalaccount"
            | "aws:resourceaccount"
            | "aws:principalarn"
            | "aws:userid"
            | "aws:sourceaccount"
            | "aws:sourceowner"
            | "s3:dataaccesspointaccount"
            | "s3:dataaccesspointarn"
            | "kms:calleraccount" => Self::Account,
            "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpceorgid" | "aws:vpceaccount" | "aws:sourceip"
            | "aws:vpcsourceip" => Self::Network,
            "aws:sourcearn" | "aws:principalisawsservice" => Self::Service,
            _ => return None,
        })
    }
}

/// Every stranger, each both ways.
pub(super) const STRANGERS: [(Who, Via); 6] = [
    (Who::Anonymous, Via::Internet),
    (Who::Anonymous, Via::VpcEndpoint),
    (Who::ForeignAccount, Via::Internet),
    (Who::ForeignAccount, Via::VpcEndpoint),
    (Who::ForeignOrganization, Via::Internet),
    (Who::ForeignOrganization, Via::VpcEndpoint),
];

/// What a condition key may hold in a stranger's request; several where the stranger chooses.
///
/// Source: [global condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
pub(super) fn held(key: &str, who: Who, via: Via) -> Vec<Held> {
    use Held::{AnyAddress, ForeignAddress, Missing};

    let key = key.to_ascii_lowercase();
    let is_anonymous = who == Who::Anonymous;
    let over_internet = via == Via::Internet;
    match key.as_str() {
        // Only services acting for a customer have these.
        "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceowner" | "aws:sourceorgid" | "aws:sourceorgpaths" => {
            vec![Missing]
        }
        "aws:principalaccount" | "aws:userid" if is_anonymous => vec![text("anonymous")],
        "aws:principalarn"
        | "kms:calleraccount"
        | "aws:principalisawsservice"
        | "aws:username"
        | "aws:multifactorauthpresent"
        | "aws:multifactorauthage"
        | "aws:principalorgid"
        | "aws:principalorgpaths"
            if is_anonymous =>
        {
            vec![Missing]
        }
        _ if is_anonymous && key.starts_with("aws:principaltag/") => vec![Missing],
        // The account's owner chooses names and paths, and whether it is a role or a user.
        "aws:principalarn" => vec![text("arn:%:%::#:%")],
        "aws:userid" => vec![text("#:%")],
        "aws:principalisawsservice" => vec![text("false")],
        "aws:principalorgid" | "aws:principalorgpaths" if who != Who::ForeignOrganization => vec![Missing],
        "aws:principalorgid" => vec![text("o-#")],
        "aws:principalorgpaths" => vec![text("o-#/%")],
        "aws:sourceip" => vec![if over_internet { ForeignAddress } else { Missing }],
        "aws:vpcsourceip" | "aws:sourcevpc" | "aws:sourcevpce" | "aws:vpceaccount" | "aws:vpceorgid"
            if over_internet =>
        {
            vec![Missing]
        }
        "aws:vpcsourceip" => vec![AnyAddress],
        "aws:sourcevpc" => vec![text("vpc-#")],
        "aws:sourcevpce" => vec![text("vpce-#")],
        "aws:vpceaccount" | "aws:principalaccount" | "kms:calleraccount" => vec![text("#")],
        "aws:vpceorgid" => vec![Missing, text("o-#")],
        "s3:dataaccesspointaccount" => vec![Missing, text("#")],
        "s3:dataaccesspointarn" => vec![Missing, text("arn:%:s3:%:#:%")],
        "aws:securetransport" => vec![text("true"), text("false")],
        // These are in every request, but tell nothing about who makes it.
        "aws:currenttime" | "aws:epochtime" | "aws:requestedregion" | "aws:resourceaccount" | "aws:resourceorgid" => {
            vec![text("%")]
        }
        _ => vec![Missing, text("%")],
    }
}

/// A text where `#` stands for a foreign identifier and `%` for any run.
fn text(shape: &str) -> Held {
    let part = |c| match c {
        '#' => Part::Foreign,
        '%' => Part::Any,
        c => Part::Char(c),
    };
    Held::Text(shape.chars().map(part).collect())
}
