//! Who, other than those meant, a resource policy lets in.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Deciding, speaks_of_action, speaks_of_resource};
use super::condition::{Family, Operator, Outcomes, Range, Set, outcomes};
use super::example::{Example, example};
use super::glob::{Certainty, Token, action_tokens, collapsed, foreign, tokens};
use super::stranger::{Restriction, STRANGERS, Via, Who, Witness, held};
use super::{Condition, Document, Effect, Patterns, Principal, Principals, Statement, Version};

/// Whether a resource policy lets strangers in.
#[derive(Debug, Clone, PartialEq)]
pub enum Public<'a> {
    /// This request of a stranger is allowed by this statement, and denied by none.
    Yes {
        /// The Allow.
        statement: Deciding<'a>,
        /// The request.
        witness: Witness,
    },
    /// No request of a stranger is allowed.
    No {
        /// What keeps strangers out; empty where nothing is allowed to anyone, or all is denied to everyone.
        restricted_by: BTreeSet<Restriction>,
    },
}

impl Public<'_> {
    /// Whether strangers are let in.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes { .. })
    }
}

/// Whether a resource policy lets some stranger do some action that matches a pattern, on some resource that does.
///
/// The effect of the whole policy, Denies included. It is decided by witnesses: strangers that no author can have meant
/// (without credentials, from a foreign account, from a foreign organization; over the internet and through a VPC
/// endpoint of their own) make requests, with free choice of what callers control: user agent, time, TLS or not, role
/// names, tags. A value of an organization, account or network key that the policy writes out is never a stranger's; a
/// wildcard may match one. A statement for a service principal is not public, see [`confused_deputies`].
///
/// Ask for a bucket twice, with `s3:*` on its ARN and on its ARN and `/*`. Where it cannot be told, the answer leans to
/// "public": choices for two conditions are made independently, an operator that is not known could mean anything, and
/// patterns with too many stars to search are not searched. One thing leans the other way: of several `NotAction`s or
/// `NotResource`s of Denies, each is met with the Allow by itself.
///
/// Source: [the meaning of "public"](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status),
/// [global condition keys](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html).
///
/// ```
/// use cis_aws::policy::{Document, Public, is_public};
///
/// let policy = Document::parse(
///     r#"{"Version": "2012-10-17", "Statement": {
///         "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
///         "Condition": {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abc"}}}}"#,
/// )?;
/// let Public::Yes { witness, .. } = is_public(&policy, "s3:*", "arn:aws:s3:::b/*") else { panic!("the key can lack") };
/// assert_eq!(witness.to_string(), "anyone without credentials, over the internet: s3:getobject on arn:aws:s3:::b/*");
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn is_public<'a>(document: &'a Document, action: &str, resource: &str) -> Public<'a> {
    let requests = Requests::new(document, action, resource);
    let mut restricted_by = BTreeSet::new();
    for (index, statement) in document.statements.iter().enumerate() {
        if statement.effect != Effect::Allow {
            continue;
        }
        if !lets_strangers_in(statement) {
            if requests.concern(statement) {
                restricted_by.extend(restriction_of_principals(statement));
            }
            continue;
        }
        let (actions, resources) = (requests.actions(statement), requests.resources(statement));
        if actions.is_none() || resources.is_none() {
            continue;
        }
        for (who, via) in STRANGERS {
            let failing: Vec<_> = conditions(document, statement, who, via).filter(|(_, o)| !o.can_hold).collect();
            if !failing.is_empty() {
                restricted_by.extend(failing.iter().filter_map(|(condition, _)| Restriction::of_key(&condition.key)));
                continue;
            }
            let allowed = if actions.too_many || resources.too_many {
                Some((action.to_lowercase(), resource.to_owned()))
            } else {
                requests.not_denied(&actions, &resources, who, via)
            };
            match allowed {
                Some((action, resource)) => {
                    let statement = Deciding { index, statement };
                    return Public::Yes { statement, witness: Witness { who, via, action, resource } };
                }
                None => restricted_by.extend(requests.restrictions(&actions, &resources, who, via)),
            }
        }
    }
    Public::No { restricted_by }
}

/// The Allow statements that everyone could use, were each alone.
///
/// The letter of the benchmark, where [`is_public`] is the effect: one Allow at a time, every Deny left aside. A statement
/// is open if its principal is everyone (`*`, a web identity host, `NotPrincipal`) and no condition closes it. With
/// `conditions_close` (2.0.0) one does that compares an organization, account or network key with fixed values by a
/// positive operator; without (1.5.0) none does. A value is fixed without wildcard and variable, except behind the
/// account id of an ARN or the organization id of a path; a range of addresses is if S3 takes it for one's own. Every
/// public policy has an open statement.
///
/// Source: [the meaning of "public"](https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status).
///
/// ```
/// use cis_aws::policy::{Document, open_statements};
///
/// let policy = Document::parse(
///     r#"{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*",
///         "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}}}"#,
/// )?;
/// assert!(open_statements(&policy, true).is_empty());
/// assert_eq!(open_statements(&policy, false).len(), 1);
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn open_statements(document: &Document, conditions_close: bool) -> Vec<Deciding<'_>> {
    let is_open = |statement: &Statement| {
        statement.effect == Effect::Allow
            && lets_strangers_in(statement)
            && !(conditions_close && statement.conditions.iter().any(closes))
    };
    deciding(document).filter(|deciding| is_open(deciding.statement)).collect()
}

/// The Allow statements for an AWS service that do not say for whom the service may act.
///
/// Without `aws:SourceArn`, `aws:SourceAccount` or the like the service is a confused deputy: other customers can make
/// it use the resource. Such a statement is not public, but worth a remark.
///
/// Source: [the confused deputy problem](https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
///
/// ```
/// use cis_aws::policy::{Document, confused_deputies};
///
/// let policy = Document::parse(
///     r#"{"Statement": {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"},
///         "Action": "s3:PutObject", "Resource": "arn:aws:s3:::b/*"}}"#,
/// )?;
/// assert_eq!(confused_deputies(&policy).len(), 1);
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn confused_deputies(document: &Document) -> Vec<Deciding<'_>> {
    const SOURCES: &[&str] =
        &["aws:SourceArn", "aws:SourceAccount", "aws:SourceOwner", "aws:SourceOrgID", "aws:SourceOrgPaths"];
    let says_for_whom = |condition: &Condition| {
        SOURCES.iter().any(|key| condition.key.eq_ignore_ascii_case(key))
            && Operator::parse(&condition.operator).is_some_and(is_positive)
    };
    let is_deputy = |statement: &Statement| {
        statement.effect == Effect::Allow
            && matches!(&statement.principals, Some(Principals::Only(list))
                if list.iter().any(|principal| matches!(principal, Principal::Service(_))))
            && !statement.conditions.iter().any(says_for_whom)
    };
    deciding(document).filter(|deciding| is_deputy(deciding.statement)).collect()
}

fn deciding(document: &Document) -> impl Iterator<Item = Deciding<'_>> {
    document.statements.iter().enumerate().map(|(index, statement)| Deciding { index, statement })
}

/// The requests to try: one for each way in which the policy could treat them differently.
struct Requests<'a> {
    document: &'a Document,
    denies: Vec<&'a Statement>,
    action: Vec<Token>,
    resource: Vec<Token>,
    but_actions: Vec<Vec<Token>>,
    but_resources: Vec<Vec<Token>>,
    foreign: char,
}

/// Texts that a statement allows, one for each set of Denies (true: denied by that one).
struct Examples {
    texts: BTreeMap<Vec<bool>, String>,
    too_many: bool,
}

impl Examples {
    fn is_none(&self) -> bool {
        self.texts.is_empty() && !self.too_many
    }
}

impl<'a> Requests<'a> {
    fn new(document: &'a Document, action: &str, resource: &str) -> Self {
        let denies: Vec<&Statement> = document
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Deny && shuts_strangers_out(statement))
            .collect();
        let but_actions = denies
            .iter()
            .filter_map(|deny| match &deny.actions {
                Patterns::AllBut(patterns) => Some(patterns),
                Patterns::Only(_) => None,
            })
            .flatten()
            .map(|pattern| action_tokens(pattern))
            .collect();
        let but_resources = denies
            .iter()
            .filter_map(|deny| match &deny.resources {
                Some(Patterns::AllBut(patterns)) => Some(patterns),
                _ => None,
            })
            .flatten()
            .map(|pattern| tokens(pattern, document.version).0)
            .collect();
        let text = document.to_value().to_string();
        Self {
            document,
            denies,
            action: action_tokens(action),
            // The caller's pattern, in which `${...}` is no variable.
            resource: tokens(resource, Version::V2008).0,
            but_actions,
            but_resources,
            foreign: foreign(|c| text.contains(c)),
        }
    }

    /// Whether a statement is about any of them, whoever asks.
    fn concern(&self, allow: &Statement) -> bool {
        !self.actions(allow).is_none() && !self.resources(allow).is_none()
    }

    fn actions(&self, allow: &Statement) -> Examples {
        let patterns = match &allow.actions {
            Patterns::Only(patterns) => patterns.iter().map(|pattern| action_tokens(pattern)).collect(),
            Patterns::AllBut(_) => vec![vec![Token::Run]],
        };
        // Every action has a colon, and a Deny may say so.
        let any_action = [Token::Run, Token::Char(':'), Token::Run];
        let (texts, too_many) = self.texts(&[&self.action, &any_action], &patterns, &self.but_actions);
        let denied = |text: &str| self.denies.iter().map(|deny| speaks_of_action(deny, text)).collect();
        let allowed = texts.into_iter().filter(|text| speaks_of_action(allow, text));
        Examples { texts: allowed.map(|text| (denied(&text), text)).collect(), too_many }
    }

    fn resources(&self, allow: &Statement) -> Examples {
        let patterns = match &allow.resources {
            Some(Patterns::Only(patterns)) => {
                patterns.iter().map(|pattern| tokens(pattern, self.document.version).0).collect()
            }
            Some(Patterns::AllBut(_)) | None => vec![vec![Token::Run]],
        };
        let (texts, too_many) = self.texts(&[&self.resource], &patterns, &self.but_resources);
        let speaks_of = |statement, text: &str| speaks_of_resource(self.document, statement, text);
        let denied =
            |text: &str| self.denies.iter().map(|deny| speaks_of(deny, text) == Some(Certainty::Certain)).collect();
        let allowed = texts.into_iter().filter(|text| speaks_of(allow, text).is_some());
        Examples { texts: allowed.map(|text| (denied(&text), text)).collect(), too_many }
    }

    /// Texts in the scope that match a pattern, and of those some that a Deny excepts; and whether there are too many.
    fn texts(&self, scope: &[&[Token]], patterns: &[Vec<Token>], excepted: &[Vec<Token>]) -> (BTreeSet<String>, bool) {
        const MOST_SEARCHES: usize = 5_000;
        let mut texts = BTreeSet::new();
        let mut searches = 0;
        for pattern in patterns {
            let in_scope: Vec<&[Token]> = scope.iter().copied().chain([pattern.as_slice()]).collect();
            let narrower = excepted.iter().map(|but| in_scope.iter().copied().chain([but.as_slice()]).collect());
            for patterns in std::iter::once(in_scope.clone()).chain(narrower) {
                if !may_meet(&patterns) {
                    continue;
                }
                searches += 1;
                match example(&patterns, self.foreign) {
                    Example::Text(text) => {
                        texts.insert(text);
                    }
                    Example::None => {}
                    Example::TooLarge => return (texts, true),
                }
                if searches > MOST_SEARCHES {
                    return (texts, true);
                }
            }
        }
        (texts, false)
    }

    /// The Denies that apply to a stranger, whatever it chooses.
    fn binding(&self, who: Who, via: Via) -> Vec<bool> {
        let binds = |deny| conditions(self.document, deny, who, via).all(|(_, outcomes)| !outcomes.can_fail);
        self.denies.iter().map(|deny| binds(deny)).collect()
    }

    /// An action and a resource that no Deny refuses, if there are such.
    fn not_denied(&self, actions: &Examples, resources: &Examples, who: Who, via: Via) -> Option<(String, String)> {
        let binding = self.binding(who, via);
        let shown = |text: &str| collapsed(&text.replace(self.foreign, "*"));
        actions.texts.iter().find_map(|(by_action, action)| {
            let free = |by_resource: &[bool]| {
                !binding
                    .iter()
                    .zip(by_action)
                    .zip(by_resource)
                    .any(|((binds, action), resource)| *binds && *action && *resource)
            };
            let (_, resource) = resources.texts.iter().find(|(by_resource, _)| free(by_resource))?;
            Some((shown(action), shown(resource)))
        })
    }

    /// What the Denies that apply to a stranger ask for.
    fn restrictions(&self, actions: &Examples, resources: &Examples, who: Who, via: Via) -> BTreeSet<Restriction> {
        let hits = |examples: &Examples, index: usize| {
            examples.texts.keys().any(|denied| denied.get(index).is_some_and(|denied| *denied))
        };
        let binding = self.binding(who, via);
        self.denies
            .iter()
            .zip(binding)
            .enumerate()
            .filter(|(index, (_, binds))| *binds && hits(actions, *index) && hits(resources, *index))
            .flat_map(|(_, (deny, _))| &deny.conditions)
            .filter_map(|condition| Restriction::of_key(&condition.key))
            .collect()
    }
}

/// Whether what patterns begin with agrees: most pairs can be told apart by that alone.
fn may_meet(patterns: &[&[Token]]) -> bool {
    let head = |pattern: &&[Token]| -> Vec<char> {
        let chars = pattern.iter().map_while(|token| match token {
            Token::Char(c) => Some(*c),
            Token::Run | Token::One => None,
        });
        chars.collect()
    };
    let heads: Vec<Vec<char>> = patterns.iter().map(head).collect();
    let longest = heads.iter().max_by_key(|head| head.len());
    longest.is_none_or(|longest| heads.iter().all(|head| longest.starts_with(head)))
}

fn conditions<'a>(
    document: &Document,
    statement: &'a Statement,
    who: Who,
    via: Via,
) -> impl Iterator<Item = (&'a Condition, Outcomes)> {
    let version = document.version;
    statement
        .conditions
        .iter()
        .map(move |condition| (condition, outcomes(condition, &held(&condition.key, who, via), version)))
}

/// Whether an Allow is for strangers too, its conditions left aside.
fn lets_strangers_in(statement: &Statement) -> bool {
    match &statement.principals {
        Some(Principals::Only(list)) => list.iter().any(|principal| match principal {
            Principal::Everyone => true,
            // Not valid for AWS, so nobody knows what it would mean.
            Principal::Aws(text) => text.contains(['*', '?']),
            // The host of a web identity provider, whose users are everyone; an own provider has an ARN.
            Principal::Federated(text) => !text.starts_with("arn:") || text.contains(['*', '?']),
            Principal::Service(_) | Principal::CanonicalUser(_) => false,
        }),
        Some(Principals::AllBut(list)) => !list.contains(&Principal::Everyone),
        None => false,
    }
}

/// Whether a Deny is for strangers too, its conditions left aside.
fn shuts_strangers_out(statement: &Statement) -> bool {
    match &statement.principals {
        Some(Principals::Only(list)) => list.contains(&Principal::Everyone),
        Some(Principals::AllBut(list)) => !list.iter().any(|principal| match principal {
            Principal::Everyone => true,
            Principal::Aws(text) | Principal::Federated(text) => text.contains(['*', '?']),
            Principal::Service(_) | Principal::CanonicalUser(_) => false,
        }),
        None => false,
    }
}

fn restriction_of_principals(statement: &Statement) -> impl Iterator<Item = Restriction> {
    let list = match &statement.principals {
        Some(Principals::Only(list)) => list.as_slice(),
        _ => &[],
    };
    list.iter().map(|principal| match principal {
        Principal::Service(_) => Restriction::Service,
        _ => Restriction::Account,
    })
}

fn is_positive(operator: Operator) -> bool {
    let compares =
        matches!(operator.family, Family::Equals | Family::EqualsIgnoreCase | Family::Like | Family::Arn | Family::Ip);
    compares && !operator.negated && !operator.if_exists && operator.set != Some(Set::AllValues)
}

/// Whether a condition by itself keeps everyone else out, by the letter.
fn closes(condition: &Condition) -> bool {
    let Some(operator) = Operator::parse(&condition.operator) else { return false };
    if !is_positive(operator) {
        return false;
    }
    let is_open = |text: &str| text.contains(['*', '?']) || text.contains("${");
    let is_fixed = |value: &String| match condition.key.to_ascii_lowercase().as_str() {
        // What a caller without credentials has there, instead of none.
        "aws:principalaccount" | "aws:userid" if value.eq_ignore_ascii_case("anonymous") => false,
        "aws:principalorgid"
        | "aws:principalaccount"
        | "aws:userid"
        | "aws:sourceaccount"
        | "aws:sourceowner"
        | "aws:sourceorgid"
        | "aws:sourcevpc"
        | "aws:sourcevpce"
        | "s3:dataaccesspointaccount" => operator.family != Family::Ip && !is_open(value),
        "aws:principalorgpaths" | "aws:sourceorgpaths" => {
            operator.family != Family::Ip
                && !value.contains("${")
                && value.split_once('/').map_or(!is_open(value), |(organization, _)| !is_open(organization))
        }
        "aws:principalarn" | "aws:sourcearn" | "s3:dataaccesspointarn" => {
            operator.family != Family::Ip && !value.contains("${") && is_fixed_arn(value)
        }
        // aws:VpcSourceIp closes only beside a key of a VPC, and that key closes by itself.
        "aws:sourceip" => operator.family == Family::Ip && Range::parse(value).is_some_and(|range| range.is_narrow()),
        _ => false,
    };
    condition.values.iter().all(is_fixed)
}

/// Whether wildcards stand only behind the account id of an ARN.
fn is_fixed_arn(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let head: Vec<&str> = parts.by_ref().take(5).collect();
    let name = parts.next().unwrap_or_default();
    let has_account = head.get(4).is_some_and(|account| !account.is_empty());
    !head.iter().any(|part| part.contains(['*', '?'])) && (has_account || !name.contains(['*', '?']))
}
