//! The rules of composite alarms: is one in alarm whenever another alarm is, whatever the rest do?
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html>

use std::collections::{BTreeMap, BTreeSet};

/// Alarms whose states are all tried: three each.
const MAX_TRIED: usize = 8;
/// Parentheses and `NOT` inside each other.
const MAX_DEPTH: usize = 64;

/// The state of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// When a composite alarm is in alarm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rule {
    Is(StateOf),
    Constant(bool),
    Not(Box<Rule>),
    And(Vec<Rule>),
    Or(Vec<Rule>),
}

/// A test of an alarm's state; the alarm by name or ARN, as the rule has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StateOf {
    state: AlarmState,
    alarm: String,
}

/// Whether something is so in every case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Always {
    Yes,
    No,
    /// There are too many cases to try.
    TooMany,
}

impl Rule {
    /// Reads a rule; none if it holds a word that is not understood.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut rest = Tokens(text);
        let rule = rest.or(0)?;
        rest.0.trim().is_empty().then_some(rule)
    }

    /// The alarms that it names.
    pub(super) fn alarms(&self) -> BTreeSet<&str> {
        match self {
            Self::Is(test) => BTreeSet::from([test.alarm.as_str()]),
            Self::Constant(_) => BTreeSet::new(),
            Self::Not(part) => part.alarms(),
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::alarms).collect(),
        }
    }

    /// The same rule with every alarm under another name: one alarm can stand there by name and by ARN.
    pub(super) fn renamed(self, name: &impl Fn(String) -> String) -> Self {
        let all = |parts: Vec<Self>| parts.into_iter().map(|part| part.renamed(name)).collect();
        match self {
            Self::Is(StateOf { state, alarm }) => Self::Is(StateOf { state, alarm: name(alarm) }),
            Self::Constant(value) => Self::Constant(value),
            Self::Not(part) => Self::Not(Box::new(part.renamed(name))),
            Self::And(parts) => Self::And(all(parts)),
            Self::Or(parts) => Self::Or(all(parts)),
        }
    }

    /// Whether it is true in every state of the other alarms, with these in alarm.
    pub(super) fn always(&self, in_alarm: &BTreeSet<&str>) -> Always {
        let mut states: BTreeMap<&str, AlarmState> = in_alarm.iter().map(|name| (*name, AlarmState::Alarm)).collect();
        match self.holds(&states) {
            Some(true) => return Always::Yes,
            Some(false) => return Always::No,
            None => {}
        }
        let free: Vec<_> = self.alarms().into_iter().filter(|name| !in_alarm.contains(name)).collect();
        if free.len() > MAX_TRIED { Always::TooMany } else { self.tried(&free, &mut states) }
    }

    fn tried<'a>(&self, free: &[&'a str], states: &mut BTreeMap<&'a str, AlarmState>) -> Always {
        let Some((alarm, rest)) = free.split_first() else {
            return if self.holds(states) == Some(true) { Always::Yes } else { Always::No };
        };
        for state in [AlarmState::Ok, AlarmState::Alarm, AlarmState::InsufficientData] {
            states.insert(alarm, state);
            if self.tried(rest, states) == Always::No {
                return Always::No;
            }
        }
        Always::Yes
    }

    /// Whether it is true, where not every state is known.
    fn holds(&self, states: &BTreeMap<&str, AlarmState>) -> Option<bool> {
        let decided = |parts: &[Self], decisive: bool| {
            let mut known = true;
            for part in parts {
                match part.holds(states) {
                    Some(value) if value == decisive => return Some(decisive),
                    Some(_) => {}
                    None => known = false,
                }
            }
            known.then_some(!decisive)
        };
        match self {
            Self::Is(test) => states.get(test.alarm.as_str()).map(|state| *state == test.state),
            Self::Constant(value) => Some(*value),
            Self::Not(part) => part.holds(states).map(|value| !value),
            Self::And(parts) => decided(parts, false),
            Self::Or(parts) => decided(parts, true),
        }
    }
}

/// The text that is left to read.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    fn take(&mut self, token: &str) -> bool {
        let text = self.0.trim_start();
        match text.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// A word in capitals that ends where it must.
    fn word(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        let end = text.find(|c: char| !(c.is_ascii_uppercase() || c == '_')).unwrap_or(text.len());
        let (word, rest) = text.split_at_checked(end)?;
        let ends = !rest.starts_with(|c: char| c.is_alphanumeric());
        (!word.is_empty() && ends).then(|| {
            self.0 = rest;
            word
        })
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let before = self.0;
        let found = self.word() == Some(keyword);
        if !found {
            self.0 = before;
        }
        found
    }

    fn or(&mut self, depth: usize) -> Option<Rule> {
        let mut parts = vec![self.and(depth)?];
        while self.keyword("OR") {
            parts.push(self.and(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Rule::Or(parts)) }
    }

    fn and(&mut self, depth: usize) -> Option<Rule> {
        let mut parts = vec![self.primary(depth)?];
        while self.keyword("AND") {
            parts.push(self.primary(depth)?);
        }
        if parts.len() == 1 { parts.pop() } else { Some(Rule::And(parts)) }
    }

    fn primary(&mut self, depth: usize) -> Option<Rule> {
        if depth > MAX_DEPTH {
            return None;
        }
        if self.take("(") {
            let rule = self.or(depth + 1)?;
            return self.take(")").then_some(rule);
        }
        let is = |state| move |alarm| Some(Rule::Is(StateOf { state, alarm }));
        match self.word()? {
            "NOT" => Some(Rule::Not(Box::new(self.primary(depth + 1)?))),
            "TRUE" => Some(Rule::Constant(true)),
            "FALSE" => Some(Rule::Constant(false)),
            "ALARM" => self.alarm().and_then(is(AlarmState::Alarm)),
            "OK" => self.alarm().and_then(is(AlarmState::Ok)),
            "INSUFFICIENT_DATA" => self.alarm().and_then(is(AlarmState::InsufficientData)),
            _ => None,
        }
    }

    /// An alarm in parentheses: quoted, or a bare name or ARN.
    fn alarm(&mut self) -> Option<String> {
        if !self.take("(") {
            return None;
        }
        if self.take("\"") {
            let (name, rest) = self.0.split_once('"')?;
            self.0 = rest;
            return self.take(")").then(|| name.to_owned());
        }
        let (name, rest) = self.0.split_once(')')?;
        self.0 = rest;
        let name = name.trim();
        (!name.is_empty() && !name.contains(['(', '"'])).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_alarm_decides() {
        let many = |n: usize| (0..n).map(|n| format!("ALARM(x{n})")).collect::<Vec<_>>().join(" AND ");
        for (why, rule, expected) in [
            ("itself", "ALARM(a)", Always::Yes),
            ("in quotes", "ALARM(\"a\")", Always::Yes),
            ("one of two", "ALARM(a) OR ALARM(b)", Always::Yes),
            ("both of two", "ALARM(a) AND ALARM(b)", Always::No),
            ("AND binds before OR", "ALARM(a) OR ALARM(b) AND ALARM(c)", Always::Yes),
            ("parentheses bind first", "(ALARM(a) OR ALARM(b)) AND ALARM(c)", Always::No),
            ("when it recovers", "OK(a)", Always::No),
            ("without data", "INSUFFICIENT_DATA(a)", Always::No),
            ("not in another state", "NOT OK(a) AND NOT INSUFFICIENT_DATA(\"a\")", Always::Yes),
            ("held back by another", "ALARM(a) AND NOT ALARM(maintenance)", Always::No),
            (
                "every state of another is named",
                "ALARM(a) AND (OK(b) OR ALARM(b) OR INSUFFICIENT_DATA(b))",
                Always::Yes,
            ),
            ("two states of another are not all", "ALARM(a) AND (OK(b) OR ALARM(b))", Always::No),
            ("switched off", "ALARM(a) AND FALSE", Always::No),
            ("switched on", "ALARM(a) AND TRUE", Always::Yes),
            ("another alarm's", "ALARM(ab)", Always::No),
            ("lines and blanks", "\n ALARM( a )\n  OR\tALARM( b )", Always::Yes),
            ("a name that looks like a word", "ALARM(\"NOT (b) AND\") OR ALARM(a)", Always::Yes),
            ("eight others are tried", &format!("ALARM(a) AND ({})", many(8)), Always::No),
            ("nine others are not", &format!("ALARM(a) AND ({})", many(9)), Always::TooMany),
            ("nine others that do not matter", &format!("ALARM(a) OR ({})", many(9)), Always::Yes),
        ] {
            assert_eq!(Rule::parse(rule).unwrap().always(&BTreeSet::from(["a"])), expected, "{why}: {rule}");
        }
    }

    #[test]
    fn what_is_not_understood_is_no_rule() {
        let deep = "(".repeat(10_000);
        for (why, rule) in [
            ("empty", ""),
            ("a function that nobody knows", "AT_LEAST(1, ALARM, (a, b))"),
            ("small letters", "alarm(a)"),
            ("an end is missing", "(ALARM(a)"),
            ("two without a word between", "ALARM(a) ALARM(b)"),
            ("a word run together", "ALARM(a) ANDALARM(b)"),
            ("no alarm", "ALARM()"),
            ("a quote is missing", "ALARM(\"a)"),
            ("as deep as can be", deep.as_str()),
        ] {
            assert_eq!(Rule::parse(rule), None, "{why}: {rule:.40}");
        }
    }
}
