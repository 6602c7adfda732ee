//! Coverage as a question over fields: which are named, what is asked of each, and how the answers combine.

use std::collections::{BTreeMap, BTreeSet};

use super::super::rules::{Rule, Rules};
use super::super::selector::{Selector, Step};
use super::super::tree::{Check, Expr, Pattern, Test};

/// A counterexample with an element this far behind would be longer than it is worth.
const MAX_INDEX: usize = 100;
/// CloudTrail's records are not that deep, and a JSON value must not be built deeper than it can be dropped.
const MAX_STEPS: usize = 32;
/// A log group holds 100 filters of 1,024 characters: fewer tests than this.
const MAX_TESTS: usize = 10_000;
/// Each field is a level of the search.
const MAX_FIELDS: usize = 200;

/// What values a field can have in a CloudTrail record. Any can be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Boolean,
    Any,
    /// None: it stands inside a text or a boolean.
    Nothing,
}

/// Fields that hold text wherever they are present.
///
/// Source: [CloudTrail record
/// contents](https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html).
const TEXTS: [&str; 20] = [
    "additionalEventData.MFAUsed",
    "awsRegion",
    "errorCode",
    "errorMessage",
    "eventCategory",
    "eventID",
    "eventName",
    "eventSource",
    "eventType",
    "recipientAccountId",
    "responseElements.ConsoleLogin",
    "sourceIPAddress",
    "userAgent",
    "userIdentity.accessKeyId",
    "userIdentity.accountId",
    "userIdentity.arn",
    "userIdentity.invokedBy",
    "userIdentity.principalId",
    "userIdentity.type",
    "userIdentity.userName",
];
const BOOLEANS: [&str; 2] = ["managementEvent", "readOnly"];

/// A field and the distinct things that are asked of it.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) selector: Selector,
    pub(super) kind: Kind,
    pub(super) checks: Vec<Check>,
}

/// A pattern over the fields of a [`Question`].
#[derive(Debug, Clone)]
pub(super) enum Node {
    True,
    Check { field: usize, check: usize },
    And(Vec<Self>),
    Or(Vec<Self>),
}

/// A node and the fields that it names, which is what a container can poison.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) node: Node,
    pub(super) fields: BTreeSet<usize>,
}

/// Does some filter hold wherever the required pattern does?
#[derive(Debug)]
pub(super) struct Question {
    /// Those of the required pattern first.
    pub(super) fields: Vec<Field>,
    pub(super) required: Side,
    pub(super) filters: Vec<Side>,
    /// The rules that can make a difference.
    pub(super) rules: Rules,
    /// Per field, the others that stand around it or inside it.
    pub(super) relatives: Vec<Vec<Relative>>,
    /// At most so many values are written to make an event.
    pub(super) event_size: usize,
}

/// A field that stands around another one, or inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relative {
    Above(usize),
    Below(usize),
}

/// The question has too many parts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

impl Question {
    /// An opaque test of the required pattern counts as true, so that the answer "covered" holds whatever it means. Filters
    /// must have none.
    pub(super) fn new(required: &Pattern, filters: &[&Pattern]) -> Result<Self, TooLarge> {
        let mut fields = Fields::default();
        let required = fields.side(required)?;
        let filters = filters.iter().map(|filter| fields.side(filter)).collect::<Result<Vec<_>, _>>()?;
        let fields = fields.list;
        if fields.len() > MAX_FIELDS {
            return Err(TooLarge);
        }
        let (rules, relatives) = (relevant(&fields), relatives(&fields));
        let event_size = fields.iter().flat_map(|field| field.selector.steps()).map(values_of).sum();
        Ok(Self { fields, required, filters, rules, relatives, event_size })
    }
}

fn relatives(fields: &[Field]) -> Vec<Vec<Relative>> {
    let of = |own: &Field| {
        let relative = |(number, other): (usize, &Field)| {
            if other.selector.is_above(&own.selector) {
                Some(Relative::Above(number))
            } else {
                own.selector.is_above(&other.selector).then_some(Relative::Below(number))
            }
        };
        fields.iter().enumerate().filter_map(relative).collect()
    };
    fields.iter().map(of).collect()
}

/// An element needs all those before it.
fn values_of(step: &Step) -> usize {
    match step {
        Step::Index(index) => index + 1,
        Step::Name(_) | Step::AnyIndex => 1,
    }
}

/// The first test that no proof can rest on: AWS does not document what `!=` means under `[*]`, nor how numbers of many
/// digits are compared, and an event with a very deep or far element is none that anybody could read.
pub(super) fn opaque(expr: &Expr) -> Option<&Test> {
    match expr {
        Expr::Test(test) => is_opaque(test).then_some(test),
        Expr::And(parts) | Expr::Or(parts) => parts.iter().find_map(opaque),
    }
}

fn is_opaque(test: &Test) -> bool {
    let steps = test.selector.steps();
    let far = |step: &Step| matches!(step, Step::Index(index) if *index > MAX_INDEX);
    let inexact = matches!(&test.check, Check::Number { number, .. } if !number.is_exact());
    test.selector.has_wildcard() || steps.len() > MAX_STEPS || steps.iter().any(far) || inexact
}

#[derive(Default)]
struct Fields<'a> {
    list: Vec<Field>,
    by_selector: BTreeMap<&'a Selector, usize>,
    by_test: BTreeMap<&'a Test, (usize, usize)>,
    tests: usize,
}

impl<'a> Fields<'a> {
    fn side(&mut self, pattern: &'a Pattern) -> Result<Side, TooLarge> {
        let mut fields = BTreeSet::new();
        let node = match pattern {
            Pattern::Json(expr) => self.node(expr, &mut fields)?,
            // Terms and columns are the required pattern only, and opaque as a whole.
            Pattern::All | Pattern::Terms(_) | Pattern::Columns(_) => Node::True,
        };
        Ok(Side { node, fields })
    }

    fn node(&mut self, expr: &'a Expr, fields: &mut BTreeSet<usize>) -> Result<Node, TooLarge> {
        let mut all =
            |parts: &'a [Expr]| parts.iter().map(|part| self.node(part, fields)).collect::<Result<Vec<_>, _>>();
        match expr {
            Expr::And(parts) => all(parts).map(Node::And),
            Expr::Or(parts) => all(parts).map(Node::Or),
            Expr::Test(test) if is_opaque(test) => Ok(Node::True),
            Expr::Test(test) => {
                self.tests += 1;
                if self.tests > MAX_TESTS {
                    return Err(TooLarge);
                }
                let (field, check) = self.check(test);
                fields.insert(field);
                Ok(Node::Check { field, check })
            }
        }
    }

    fn check(&mut self, test: &'a Test) -> (usize, usize) {
        if let Some(place) = self.by_test.get(test) {
            return *place;
        }
        let field = *self.by_selector.entry(&test.selector).or_insert_with(|| {
            let kind = kind(&test.selector.path());
            self.list.push(Field { selector: test.selector.clone(), kind, checks: Vec::new() });
            self.list.len() - 1
        });
        let checks = self.list.get_mut(field).map(|field| &mut field.checks);
        let check = checks.map_or(0, |checks| {
            checks.push(test.check.clone());
            checks.len() - 1
        });
        self.by_test.insert(test, (field, check));
        (field, check)
    }
}

fn kind(path: &str) -> Kind {
    if TEXTS.contains(&path) {
        return Kind::Text;
    }
    if BOOLEANS.contains(&path) {
        return Kind::Boolean;
    }
    let is_inside = |leaf: &&str| path.strip_prefix(leaf).is_some_and(|rest| rest.starts_with(['.', '[']));
    if TEXTS.iter().chain(&BOOLEANS).any(is_inside) { Kind::Nothing } else { Kind::Any }
}

/// Rules without a test that they concern would only repeat the search.
fn relevant(fields: &[Field]) -> Rules {
    let any = |concerned: &dyn Fn(Kind, &Check) -> bool| {
        fields.iter().any(|field| field.checks.iter().any(|check| concerned(field.kind, check)))
    };
    let is_text = |check: &Check| matches!(check, Check::Text { .. } | Check::Regex { .. });
    let concerned = |rule| match rule {
        Rule::NeqMissing => any(&|_, check| check.is_negated()),
        Rule::NeqNull => any(&|kind, check| kind == Kind::Any && check.is_negated()),
        Rule::TextOnScalar => any(&|kind, check| matches!(kind, Kind::Boolean | Kind::Any) && is_text(check)),
        Rule::NumOnText => any(&|_, check| matches!(check, Check::Number { .. })),
        Rule::InnerStar => any(&|_, check| matches!(check, Check::Text { text, .. } if text.has_inner_star())),
        Rule::ContainerPoisons => any(&|kind, _| kind == Kind::Any),
    };
    Rule::ALL.into_iter().filter(|rule| concerned(*rule)).collect()
}
