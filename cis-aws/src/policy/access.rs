//! What a document grants, read as an identity policy: principals are left aside.

use super::glob::{Certainty, action_matches, collapsed, covers_service, resource_may_match};
use super::{Document, Effect, Patterns, Statement, universal_action, universal_resource};

/// The statement that an answer rests on, with its place in the document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Deciding<'a> {
    /// The index in [`Document::statements`], from 0.
    pub index: usize,
    /// The statement itself.
    pub statement: &'a Statement,
}

impl<'a> Deciding<'a> {
    /// The statement's `Sid`; an empty one counts as none.
    pub fn sid(&self) -> Option<&'a str> {
        self.statement.sid.as_deref().filter(|sid| !sid.is_empty())
    }

    /// Whether the statement has conditions.
    pub fn is_conditional(&self) -> bool {
        self.statement.is_conditional()
    }
}

/// Whether a document allows an action on a resource, with the statement that decides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allows<'a> {
    /// Always, by this Allow.
    Yes(Deciding<'a>),
    /// It rests on the request: a conditional Allow, or an Allow beside this conditional Deny.
    Conditional(Deciding<'a>),
    /// Never, by this Deny, or since no Allow matches.
    No(Option<Deciding<'a>>),
}

impl<'a> Allows<'a> {
    /// Whether it is allowed whatever the request.
    pub fn is_yes(&self) -> bool {
        matches!(self, Self::Yes(_))
    }

    /// Whether it is refused whatever the request.
    pub fn is_no(&self) -> bool {
        matches!(self, Self::No(_))
    }

    /// Whether it rests on the request.
    pub fn is_conditional(&self) -> bool {
        matches!(self, Self::Conditional(_))
    }

    /// The statement that decided; none where nothing matched.
    pub fn statement(&self) -> Option<Deciding<'a>> {
        match self {
            Self::Yes(deciding) | Self::Conditional(deciding) => Some(*deciding),
            Self::No(deciding) => *deciding,
        }
    }
}

/// The statement that allows every action on every resource, if there is one.
///
/// The letter of the benchmark: one Allow by itself, whatever its conditions and whatever Deny stands elsewhere. Where
/// several qualify, it is the first without conditions, or else the first. Which version of a managed policy is judged
/// (the default one) is up to the caller.
///
/// ```
/// use cis_aws::policy::{Document, full_admin};
///
/// let policy = Document::parse(
///     r#"{"Statement": [
///         {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
///         {"Sid": "All", "Effect": "Allow", "Action": "*:*", "Resource": "*",
///          "Condition": {"Bool": {"aws:MultiFactorAuthPresent": true}}}]}"#,
/// )?;
/// let found = full_admin(&policy).expect("the second statement");
/// assert_eq!((found.index, found.sid(), found.is_conditional()), (1, Some("All"), true));
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn full_admin(document: &Document) -> Option<Deciding<'_>> {
    first_allow(document, |statement| {
        only(&statement.actions, universal_action)
            && statement.resources.as_ref().is_some_and(|resources| only(resources, universal_resource))
    })
}

/// The statement that allows nearly everything, in a document that has no [`full_admin`] one.
///
/// Every action but some, or on every resource but some, or on `*/*`: a reader should look at it, though the benchmark
/// does not fail it.
///
/// ```
/// use cis_aws::policy::{Document, near_admin};
///
/// let policy = Document::parse(r#"{"Statement": {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}}"#)?;
/// assert!(near_admin(&policy).is_some());
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn near_admin(document: &Document) -> Option<Deciding<'_>> {
    if full_admin(document).is_some() {
        return None;
    }
    let wide = |pattern: &str| universal_resource(pattern) || collapsed(pattern) == "*/*";
    first_allow(document, |statement| {
        complement_or(&statement.actions, universal_action)
            && statement.resources.as_ref().is_some_and(|resources| complement_or(resources, wide))
    })
}

/// The statement that allows every action of one service on every resource, if there is one.
///
/// As [`full_admin`] it looks at one Allow at a time, conditional or not, and at no Deny. A `NotAction` never counts,
/// since there is no list of all actions to subtract from.
///
/// ```
/// use cis_aws::policy::{Document, allows_service};
///
/// let policy = Document::parse(r#"{"Statement": {"Effect": "Allow", "Action": "support:*", "Resource": "*"}}"#)?;
/// assert!(allows_service(&policy, "support").is_some());
/// assert!(allows_service(&policy, "cloudshell").is_none());
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn allows_service<'a>(document: &'a Document, service: &str) -> Option<Deciding<'a>> {
    first_allow(document, |statement| {
        only(&statement.actions, |pattern| covers_service(pattern, service))
            && statement.resources.as_ref().is_some_and(|resources| only(resources, universal_resource))
    })
}

/// Whether a document allows an action on a resource.
///
/// A matching Deny without conditions says no; else an Allow without conditions says yes, unless a conditional Deny
/// matches; else a conditional Allow makes it conditional; else no. The resource is an ARN, or `*` for an action that
/// has none. A statement without `Resource` speaks of the resource that it is attached to, and so matches. Where a
/// resource is matched only through a policy variable, the statement counts as conditional. Principals are left aside.
///
/// Source: [policy evaluation logic](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html).
///
/// ```
/// use cis_aws::policy::{Document, allows};
///
/// let policy = Document::parse(
///     r#"{"Statement": [
///         {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
///         {"Sid": "Keep", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "arn:aws:s3:::logs"}]}"#,
/// )?;
/// assert!(allows(&policy, "s3:GetObject", "arn:aws:s3:::logs/today").is_yes());
/// let refused = allows(&policy, "s3:DeleteBucket", "arn:aws:s3:::logs");
/// assert_eq!(refused.statement().and_then(|deciding| deciding.sid()), Some("Keep"));
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
pub fn allows<'a>(document: &'a Document, action: &str, resource: &str) -> Allows<'a> {
    let (mut yes, mut maybe_yes, mut maybe_no) = (None, None, None);
    for (index, statement) in document.statements.iter().enumerate() {
        let Some(certainty) = certainty(document, statement, action, resource) else { continue };
        let deciding = Deciding { index, statement };
        match (statement.effect, certainty) {
            (Effect::Deny, Certainty::Certain) => return Allows::No(Some(deciding)),
            (Effect::Deny, Certainty::Perhaps) => maybe_no = maybe_no.or(Some(deciding)),
            (Effect::Allow, Certainty::Certain) => yes = yes.or(Some(deciding)),
            (Effect::Allow, Certainty::Perhaps) => maybe_yes = maybe_yes.or(Some(deciding)),
        }
    }
    match (yes, maybe_yes, maybe_no) {
        (Some(allow), _, None) => Allows::Yes(allow),
        (Some(_), _, Some(deny)) => Allows::Conditional(deny),
        (None, Some(allow), _) => Allows::Conditional(allow),
        (None, None, _) => Allows::No(None),
    }
}

/// Whether a statement applies to a request, its principals left aside.
fn certainty(document: &Document, statement: &Statement, action: &str, resource: &str) -> Option<Certainty> {
    if !speaks_of_action(statement, action) {
        return None;
    }
    let certainty = speaks_of_resource(document, statement, resource)?;
    Some(if statement.is_conditional() { Certainty::Perhaps } else { certainty })
}

/// Whether a statement is about an action.
fn speaks_of_action(statement: &Statement, action: &str) -> bool {
    let any = |patterns: &[String]| patterns.iter().any(|pattern| action_matches(pattern, action));
    match &statement.actions {
        Patterns::Only(patterns) => any(patterns),
        Patterns::AllBut(patterns) => !any(patterns),
    }
}

/// Whether a statement is about a resource.
fn speaks_of_resource(document: &Document, statement: &Statement, resource: &str) -> Option<Certainty> {
    match &statement.resources {
        None => Some(Certainty::Certain),
        Some(Patterns::Only(patterns)) => best_match(document, patterns, resource),
        Some(Patterns::AllBut(patterns)) => match best_match(document, patterns, resource) {
            Some(Certainty::Certain) => None,
            Some(Certainty::Perhaps) => Some(Certainty::Perhaps),
            None => Some(Certainty::Certain),
        },
    }
}

fn best_match(document: &Document, patterns: &[String], resource: &str) -> Option<Certainty> {
    let mut best = None;
    for pattern in patterns {
        match resource_may_match(pattern, resource, document.version) {
            Some(Certainty::Certain) => return Some(Certainty::Certain),
            Some(Certainty::Perhaps) => best = Some(Certainty::Perhaps),
            None => {}
        }
    }
    best
}

fn first_allow(document: &Document, qualifies: impl Fn(&Statement) -> bool) -> Option<Deciding<'_>> {
    let mut conditional = None;
    for (index, statement) in document.statements.iter().enumerate() {
        if statement.effect != Effect::Allow || !qualifies(statement) {
            continue;
        }
        let deciding = Deciding { index, statement };
        if !statement.is_conditional() {
            return Some(deciding);
        }
        conditional = conditional.or(Some(deciding));
    }
    conditional
}

fn only(patterns: &Patterns, wanted: impl Fn(&str) -> bool) -> bool {
    matches!(patterns, Patterns::Only(patterns) if patterns.iter().any(|pattern| wanted(pattern)))
}

fn complement_or(patterns: &Patterns, wanted: impl Fn(&str) -> bool) -> bool {
    matches!(patterns, Patterns::AllBut(_)) || only(patterns, wanted)
}
