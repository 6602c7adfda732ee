//! Who, other than those meant, a resource policy lets in.

use std::collections::{BTreeMap, BTreeSet};

use crate::budget::{Budget, Exhausted};

use super::access::Deciding;
use super::condition::{Family, Operator, Outcomes, Range, Set, outcomes};
use super::example::{Example, example};
use super::glob::{Certainty, Token, action_tokens, collapsed, foreign_to, matches_within, tokens};
use super::stranger::{Restriction, STRANGERS, Via, Who, Witness, held};
use super::{Condition, Document, Effect, Patterns, Principal, Principals, Statement, Version};

/// The work for one question, in characters compared; this many take less than 100 ms in a release build. What a full
/// policy of ordinary statements needs is a small part of it.
const STEPS: u64 = 5_000_000;

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
    /// Neither is known: whether this Allow lets a stranger in, or a Deny stands against each of them, takes more work to
    /// tell than is done. No other Allow is known to let anybody in.
    NotProven {
        /// The Allow.
        statement: Deciding<'a>,
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
/// "public": choices for two conditions are made independently, and an operator that is not known could mean anything. One
/// thing leans the other way: of several `NotAction`s or `NotResource`s of Denies, each is met with the Allow by itself.
///
/// The work is bounded by a count of steps, so that the answer is the same on every machine: at the bound it is
/// [`Public::NotProven`]. No policy of ordinary statements comes near it.
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
    is_public_within(document, action, resource, &mut Budget::new(STEPS))
}

fn is_public_within<'a>(document: &'a Document, action: &str, resource: &str, budget: &mut Budget) -> Public<'a> {
    let mut restricted_by = BTreeSet::new();
    let allows = || deciding(document).filter(|deciding| deciding.statement.effect == Effect::Allow);
    let for_strangers = |deciding: &Deciding<'_>| lets_strangers_in(deciding.statement);
    let mut requests = Requests::new(document, action, resource);
    let mut not_proven = None;
    for statement in allows().filter(for_strangers) {
        // A costly Allow leaves enough for a plain one behind it.
        let reserve = budget.split(4);
        let witness = requests.witness(statement.statement, &mut restricted_by, budget);
        budget.give_back(reserve);
        match witness {
            Ok(Some(witness)) => return Public::Yes { statement, witness },
            Ok(None) => {}
            Err(Exhausted) => not_proven = not_proven.or(Some(statement)),
        }
    }
    if let Some(statement) = not_proven {
        return Public::NotProven { statement };
    }
    for Deciding { statement, .. } in allows().filter(|deciding| !for_strangers(deciding)) {
        // What keeps strangers out is told also where it cannot be told from what.
        if requests.concern(statement, budget).unwrap_or(true) {
            restricted_by.extend(restriction_of_principals(statement));
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

/// Patterns of a statement, read once.
struct Read {
    /// `NotAction`, `NotResource`.
    but: bool,
    patterns: Vec<(Vec<Token>, Certainty)>,
}

impl Read {
    fn actions(statement: &Statement) -> Self {
        let but = matches!(statement.actions, Patterns::AllBut(_));
        let read = |pattern: &String| (action_tokens(pattern), Certainty::Certain);
        Self { but, patterns: statement.actions.as_slice().iter().map(read).collect() }
    }

    /// A statement without `Resource` speaks of every resource.
    fn resources(statement: &Statement, version: Version) -> Self {
        let read = |pattern: &String| {
            let (tokens, has_variable) = tokens(pattern, version);
            (tokens, if has_variable { Certainty::Perhaps } else { Certainty::Certain })
        };
        let Some(patterns) = &statement.resources else { return Self { but: true, patterns: Vec::new() } };
        let but = matches!(patterns, Patterns::AllBut(_));
        Self { but, patterns: patterns.as_slice().iter().map(read).collect() }
    }

    fn tokens(&self) -> impl Iterator<Item = &Vec<Token>> {
        self.patterns.iter().map(|(tokens, _)| tokens)
    }

    /// Whether a text is spoken of.
    fn speaks_of(&self, text: &str, budget: &mut Budget) -> Result<Option<Certainty>, Exhausted> {
        let mut best = None;
        for (pattern, certainty) in &self.patterns {
            if matches_within(pattern, text, budget)? {
                best = Some(*certainty);
                if *certainty == Certainty::Certain {
                    break;
                }
            }
        }
        Ok(match (self.but, best) {
            (false, best) => best,
            (true, None) => Some(Certainty::Certain),
            (true, Some(Certainty::Perhaps)) => best,
            (true, Some(Certainty::Certain)) => None,
        })
    }
}

/// A Deny that is for strangers too.
struct Deny<'a> {
    statement: &'a Statement,
    actions: Read,
    resources: Read,
}

/// The requests to try: one for each way in which the policy could treat them differently.
struct Requests<'a> {
    version: Version,
    action: Vec<Token>,
    resource: Vec<Token>,
    denies: Vec<Deny<'a>>,
    /// What the `NotAction`s and `NotResource`s of Denies name.
    but_actions: Vec<Vec<Token>>,
    but_resources: Vec<Vec<Token>>,
    /// The Denies that apply to a stranger, whatever it chooses; found when they are asked for.
    binding: BTreeMap<(Who, Via), Vec<bool>>,
    foreign: char,
}

/// Texts that a statement allows, one for each set of Denies (true: denied by that one).
type Examples = BTreeMap<Vec<bool>, String>;

impl<'a> Requests<'a> {
    fn new(document: &'a Document, action: &str, resource: &str) -> Self {
        let version = document.version;
        let denies: Vec<Deny<'a>> = document
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Deny && shuts_strangers_out(statement))
            .map(|statement| Deny {
                statement,
                actions: Read::actions(statement),
                resources: Read::resources(statement, version),
            })
            .collect();
        let named_by_but = |of: for<'b> fn(&'b Deny<'a>) -> &'b Read| -> Vec<Vec<Token>> {
            denies.iter().map(of).filter(|read| read.but).flat_map(Read::tokens).cloned().collect()
        };
        let (but_actions, but_resources) = (named_by_but(|deny| &deny.actions), named_by_but(|deny| &deny.resources));
        let patterns = document.statements.iter().flat_map(|statement| {
            let resources = statement.resources.as_ref().map_or(&[][..], Patterns::as_slice);
            statement.actions.as_slice().iter().chain(resources).map(String::as_str)
        });
        let foreign = foreign_to(patterns.chain([action, resource]).flat_map(str::chars));
        // The caller's pattern, in which `${...}` is no variable.
        let (action, resource) = (action_tokens(action), tokens(resource, Version::V2008).0);
        Self { version, denies, but_actions, but_resources, action, resource, binding: BTreeMap::new(), foreign }
    }

    /// A stranger's request that an Allow for strangers lets in, and no Deny keeps out. If there is none, what keeps
    /// strangers out.
    fn witness(
        &mut self,
        allow: &Statement,
        restricted_by: &mut BTreeSet<Restriction>,
        budget: &mut Budget,
    ) -> Result<Option<Witness>, Exhausted> {
        let Some((actions, resources)) = self.examples(allow, budget)? else { return Ok(None) };
        for (who, via) in STRANGERS {
            let mut failing = Vec::new();
            for condition in &allow.conditions {
                if !self.outcomes(condition, who, via, budget)?.can_hold {
                    failing.push(condition);
                }
            }
            if !failing.is_empty() {
                restricted_by.extend(failing.iter().filter_map(|condition| Restriction::of_key(&condition.key)));
                continue;
            }
            let binding = self.binding(who, via, budget)?;
            if let Some((action, resource)) = not_denied(&actions, &resources, &binding, budget)? {
                let shown = |text: &str| collapsed(&text.replace(self.foreign, "*"));
                return Ok(Some(Witness { who, via, action: shown(action), resource: shown(resource) }));
            }
            restricted_by.extend(self.restrictions(&actions, &resources, &binding, budget)?);
        }
        Ok(None)
    }

    /// Whether a statement is about any of them, whoever asks.
    fn concern(&self, allow: &Statement, budget: &mut Budget) -> Result<bool, Exhausted> {
        Ok(self.examples(allow, budget)?.is_some())
    }

    /// Actions and resources that a statement speaks of, if there are both.
    fn examples(&self, allow: &Statement, budget: &mut Budget) -> Result<Option<(Examples, Examples)>, Exhausted> {
        // Every action has a colon, and a Deny may say so.
        let any_action = [Token::Run, Token::Char(':'), Token::Run];
        let scope = [self.action.as_slice(), &any_action];
        budget.spend(1 + allow.actions.as_slice().len())?;
        let read = Read::actions(allow);
        let actions = self.examples_of(&scope, &read, &self.but_actions, |deny| &deny.actions, budget)?;
        if actions.is_empty() {
            return Ok(None);
        }
        let read = Read::resources(allow, self.version);
        let scope = [self.resource.as_slice()];
        let resources = self.examples_of(&scope, &read, &self.but_resources, |deny| &deny.resources, budget)?;
        Ok((!resources.is_empty()).then_some((actions, resources)))
    }

    fn examples_of(
        &self,
        scope: &[&[Token]],
        allow: &Read,
        excepted: &[Vec<Token>],
        of: for<'b> fn(&'b Deny<'a>) -> &'b Read,
        budget: &mut Budget,
    ) -> Result<Examples, Exhausted> {
        let mut examples = Examples::new();
        for text in self.texts(scope, allow, excepted, budget)? {
            if allow.speaks_of(&text, budget)?.is_none() {
                continue;
            }
            let mut denied = Vec::new();
            for deny in &self.denies {
                budget.spend(1)?;
                denied.push(of(deny).speaks_of(&text, budget)? == Some(Certainty::Certain));
            }
            examples.insert(denied, text);
        }
        Ok(examples)
    }

    /// Texts in the scope that a statement may speak of, and of those some that a Deny excepts.
    fn texts(
        &self,
        scope: &[&[Token]],
        allow: &Read,
        excepted: &[Vec<Token>],
        budget: &mut Budget,
    ) -> Result<BTreeSet<String>, Exhausted> {
        let any = [Token::Run];
        let patterns: Vec<&[Token]> = if allow.but { vec![&any] } else { allow.tokens().map(Vec::as_slice).collect() };
        let mut texts = BTreeSet::new();
        for pattern in patterns {
            if !meet_all(scope, pattern, budget)? {
                continue;
            }
            let in_scope: Vec<&[Token]> = scope.iter().copied().chain([pattern]).collect();
            if let Example::Text(text) = example(&in_scope, self.foreign, budget)? {
                texts.insert(text);
            }
            for but in excepted {
                if meet_all(&in_scope, but, budget)? {
                    let narrower: Vec<&[Token]> = in_scope.iter().copied().chain([but.as_slice()]).collect();
                    if let Example::Text(text) = example(&narrower, self.foreign, budget)? {
                        texts.insert(text);
                    }
                }
            }
        }
        Ok(texts)
    }

    fn binding(&mut self, who: Who, via: Via, budget: &mut Budget) -> Result<Vec<bool>, Exhausted> {
        if let Some(known) = self.binding.get(&(who, via)) {
            budget.spend(known.len())?;
            return Ok(known.clone());
        }
        let mut binding = Vec::with_capacity(self.denies.len());
        for deny in &self.denies {
            let mut binds = true;
            for condition in &deny.statement.conditions {
                binds = binds && !self.outcomes(condition, who, via, budget)?.can_fail;
            }
            binding.push(binds);
        }
        self.binding.insert((who, via), binding.clone());
        Ok(binding)
    }

    /// What the Denies that apply to a stranger ask for.
    fn restrictions(
        &self,
        actions: &Examples,
        resources: &Examples,
        binding: &[bool],
        budget: &mut Budget,
    ) -> Result<BTreeSet<Restriction>, Exhausted> {
        let hits = |examples: &Examples, index: usize| {
            examples.keys().any(|denied| denied.get(index).is_some_and(|denied| *denied))
        };
        let mut found = BTreeSet::new();
        for (index, (deny, _)) in self.denies.iter().zip(binding).enumerate().filter(|(_, (_, binds))| **binds) {
            budget.spend(actions.len() + resources.len())?;
            if hits(actions, index) && hits(resources, index) {
                let keys = deny.statement.conditions.iter().map(|condition| condition.key.as_str());
                found.extend(keys.filter_map(Restriction::of_key));
            }
        }
        Ok(found)
    }

    fn outcomes(&self, condition: &Condition, who: Who, via: Via, budget: &mut Budget) -> Result<Outcomes, Exhausted> {
        outcomes(condition, &held(&condition.key, who, via), self.version, budget)
    }
}

/// An action and a resource that no Deny refuses, if there are such.
fn not_denied<'a>(
    actions: &'a Examples,
    resources: &'a Examples,
    binding: &[bool],
    budget: &mut Budget,
) -> Result<Option<(&'a str, &'a str)>, Exhausted> {
    for (by_action, action) in actions {
        for (by_resource, resource) in resources {
            budget.spend(1 + binding.len())?;
            let mut denies = binding.iter().zip(by_action).zip(by_resource);
            if !denies.any(|((binds, action), resource)| *binds && *action && *resource) {
                return Ok(Some((action, resource)));
            }
        }
    }
    Ok(None)
}

/// Whether what a pattern begins with agrees with others: most pairs can be told apart by that alone.
fn meet_all(others: &[&[Token]], pattern: &[Token], budget: &mut Budget) -> Result<bool, Exhausted> {
    for other in others {
        let (mut meet, mut read) = (true, 0);
        for pair in other.iter().zip(pattern) {
            match pair {
                (Token::Char(one), Token::Char(two)) if one == two => read += 1,
                (Token::Char(_), Token::Char(_)) => {
                    meet = false;
                    break;
                }
                _ => break,
            }
        }
        // Neither text is decoded here, nor anything tried again: this is far cheaper than matching.
        budget.spend(1 + read / 8)?;
        if !meet {
            return Ok(false);
        }
    }
    Ok(true)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use serde_json::{Value, json};

    use super::*;

    /// The answer, and the steps that it took.
    fn asked(statements: &[Value]) -> (&'static str, u64) {
        let document = Document::from_value(&json!({"Version": "2012-10-17", "Statement": statements})).unwrap();
        let mut budget = Budget::new(STEPS);
        let answer = match is_public_within(&document, "s3:*", "arn:aws:s3:::b/*", &mut budget) {
            Public::Yes { .. } => "yes",
            Public::No { .. } => "no",
            Public::NotProven { .. } => "not proven",
        };
        (answer, STEPS - budget.left())
    }

    fn names(count: usize, name: impl Fn(usize) -> String) -> Vec<String> {
        (0..count).map(name).collect()
    }

    /// Whatever the policy, the steps are bounded; an ordinary one needs a small part of them.
    #[test]
    fn work_is_bounded() {
        let one = |effect: &str, action: &str, actions: &[String], resource: &str, resources: &[String]| json!({"Effect": effect, "Principal": "*", (action): actions, (resource): resources});
        let each = |count: usize, effect: &'static str| {
            (0..count).map(move |n| {
                one(effect, "Action", &[format!("s3:Get{n}*")], "Resource", &[format!("arn:aws:s3:::b/x{n}/*")])
            })
        };
        let public = json!({"Effect": "Allow", "Principal": "*", "Action": "s3:Put*", "Resource": "*"});
        let stars = |text: &str| [text.repeat(1_000)];
        let hard = [
            one("Allow", "Action", &stars("*a"), "Resource", &stars("*a")),
            one("Deny", "NotAction", &stars("*b"), "NotResource", &stars("*b")),
        ];
        let actions = |verb: &str| names(100, |n| format!("s3:{verb}{n}*"));
        let resources = |prefix: &str| names(100, |n| format!("arn:aws:s3:::b/{prefix}{n}/*"));
        let strangers = |effect: &str, n: usize| {
            json!({"Effect": effect, "Principal": "*", "Action": "*", "Resource": "*", "Condition": {
                "StringLike": {"aws:PrincipalOrgID": [format!("o-{n}*a*a*b")], "aws:PrincipalArn": [format!("*{n}*a*a")]}}})
        };
        let cases: [(&str, Vec<Value>, &str, u64); 10] = [
            (
                "a full bucket policy",
                vec![
                    one("Allow", "Action", &actions("Get"), "Resource", &resources("x")),
                    one("Deny", "NotAction", &actions("Put"), "Resource", &["*".to_owned()]),
                    one("Deny", "Action", &["*".to_owned()], "NotResource", &resources("y")),
                ],
                "no",
                STEPS / 2,
            ),
            ("a hundred Allows and Denies", each(100, "Allow").chain(each(100, "Deny")).collect(), "no", STEPS / 2),
            ("20,000 Denies", each(20_000, "Deny").collect(), "no", 0),
            ("20,000 Denies and an Allow", each(20_000, "Deny").chain(each(1, "Allow")).collect(), "no", STEPS / 2),
            (
                "20,000 Denies and 20 Allows",
                each(20_000, "Deny").chain(each(20, "Allow")).collect(),
                "not proven",
                STEPS,
            ),
            ("5,000 Allows and Denies", each(5_000, "Allow").chain(each(5_000, "Deny")).collect(), "not proven", STEPS),
            ("stars", hard.to_vec(), "not proven", STEPS),
            (
                "stars before a plain Allow",
                hard.iter().take(1).cloned().chain([public.clone()]).collect(),
                "yes",
                STEPS,
            ),
            (
                "conditions of 5,000 Denies",
                (0..5_000).map(|n| strangers("Deny", n)).chain([public]).collect(),
                "yes",
                STEPS / 2,
            ),
            ("conditions of 5,000 Allows", (0..5_000).map(|n| strangers("Allow", n)).collect(), "yes", STEPS),
        ];
        let mut wrong = Vec::new();
        for (name, statements, wanted, most) in cases {
            let (answer, steps) = asked(&statements);
            println!("{steps:>9} steps, {answer}: {name}");
            if answer != wanted || steps > most {
                wrong.push(name);
            }
        }
        assert!(wrong.is_empty(), "{wrong:?}");
    }
}
