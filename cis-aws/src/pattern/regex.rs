//! Regular expressions, in the part of the language that AWS supports: no groups, ASCII only.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::iter::Peekable;
use std::str::CharIndices;

use super::automaton::{Class, Sequence, Unit, reads};

/// More units than this are not held; AWS allows a pattern 1,024 characters.
const MAX_UNITS: usize = 4_000;

/// The regular expression of a test such as `$.eventName = %^Delete|^Stop%`. It searches; `^` and `$` anchor it.
///
/// Source: [Supported regular expressions
/// syntax](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html). By it `.` is any character, and
/// `\d`, `\s`, `\w` mean ASCII. What would mean one thing in one dialect and another in the next (an anchor inside, `x*+`,
/// an escape that AWS does not list) is not understood.
///
/// ```
/// use cis_aws::pattern::Regex;
///
/// let regex = Regex::parse(r"^10\.\d{1,3}\.|^192\.168\.").unwrap();
/// assert!(regex.is_match("10.0.0.1") && !regex.is_match("110.0.0.1"));
/// assert!(Regex::parse("a[").is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Regex {
    source: String,
    alternatives: Vec<Sequence>,
}

impl Regex {
    /// A regular expression without its percent signs, if it is understood.
    pub fn parse(source: &str) -> Option<Self> {
        Self::new(source).ok()
    }

    /// The expression as it is written, without its percent signs.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// Whether it is found in a text. Takes at most text times expression.
    pub fn is_match(&self, text: &str) -> bool {
        reads(&self.alternatives, text)
    }

    pub(super) fn alternatives(&self) -> &[Sequence] {
        &self.alternatives
    }

    /// The error is a byte of the source and what is wrong there.
    pub(super) fn new(source: &str) -> Result<Self, (usize, &'static str)> {
        if let Some((at, _)) = source.char_indices().find(|(_, c)| !allowed(*c)) {
            return Err((at, "a regular expression must not hold this character"));
        }
        let mut reader = Reader { chars: source.char_indices().peekable(), length: source.len(), units: 0 };
        let mut alternatives = Vec::new();
        loop {
            alternatives.push(reader.alternative()?);
            if !reader.take('|') {
                break;
            }
        }
        Ok(Self { source: source.to_owned(), alternatives })
    }
}

/// Letters, digits and symbols that AWS allows between the percent signs.
pub(super) fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || " _#=@/;,-:^$?[]{}|\\*+.".contains(c)
}

impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}%", self.source)
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source
    }
}

impl Eq for Regex {}

impl PartialOrd for Regex {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Regex {
    fn cmp(&self, other: &Self) -> Ordering {
        self.source.cmp(&other.source)
    }
}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source.hash(state);
    }
}

type Read<T> = Result<T, (usize, &'static str)>;

struct Reader<'a> {
    chars: Peekable<CharIndices<'a>>,
    length: usize,
    units: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn next(&mut self) -> Option<char> {
        self.chars.next().map(|(_, c)| c)
    }

    fn take(&mut self, wanted: char) -> bool {
        self.chars.next_if(|(_, c)| *c == wanted).is_some()
    }

    fn fault<T>(&mut self, problem: &'static str) -> Read<T> {
        let at = self.chars.peek().map_or(self.length, |(at, _)| *at);
        Err((at, problem))
    }

    fn alternative(&mut self) -> Read<Sequence> {
        let mut sequence = Sequence::new();
        if !self.take('^') {
            sequence.push(Unit::run());
        }
        loop {
            match self.peek() {
                None | Some('|') => {
                    sequence.push(Unit::run());
                    return Ok(sequence);
                }
                Some('$') => {
                    self.next();
                    return match self.peek() {
                        None | Some('|') => Ok(sequence),
                        Some(_) => self.fault("$ is understood at the end of an alternative only"),
                    };
                }
                Some(_) => {
                    let class = self.class()?;
                    self.repetition(class, &mut sequence)?;
                }
            }
        }
    }

    fn class(&mut self) -> Read<Class> {
        match self.peek() {
            Some('^') => self.fault("^ is understood at the start of an alternative only"),
            Some('*' | '+' | '?' | '{') => self.fault("there is nothing to repeat"),
            Some(']' | '}') => self.fault("this bracket was not opened"),
            Some('[') => {
                self.next();
                self.bracket()
            }
            Some('.') => {
                self.next();
                Ok(Class::any())
            }
            Some('\\') => {
                self.next();
                let (ranges, negated) = self.escape()?;
                Ok(match (ranges.as_slice(), negated) {
                    ([(low, high)], false) if low == high => Class::One(*low),
                    _ => Class::Ranges { ranges, negated },
                })
            }
            Some(c) => {
                self.next();
                Ok(Class::One(c))
            }
            None => self.fault("expected a character"),
        }
    }

    /// What follows a backslash: ranges, and whether they are meant negated.
    fn escape(&mut self) -> Read<(Vec<(char, char)>, bool)> {
        let digits = vec![('0', '9')];
        let spaces = vec![('\t', '\r'), (' ', ' ')];
        let words = vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')];
        let known = match self.peek() {
            Some('d') => (digits, false),
            Some('D') => (digits, true),
            Some('s') => (spaces, false),
            Some('S') => (spaces, true),
            Some('w') => (words, false),
            Some('W') => (words, true),
            Some('x') => {
                self.next();
                let high = self.hex_digit()?;
                let low = self.hex_digit()?;
                return match char::from_u32(high * 16 + low) {
                    Some(c) if c.is_ascii() => Ok((vec![(c, c)], false)),
                    _ => self.fault("characters outside of ASCII are not supported"),
                };
            }
            Some(c) if !c.is_ascii_alphanumeric() => (vec![(c, c)], false),
            Some(_) => return self.fault("this escape is not understood"),
            None => return self.fault("expected a character after the backslash"),
        };
        self.next();
        Ok(known)
    }

    fn hex_digit(&mut self) -> Read<u32> {
        match self.chars.next_if(|(_, c)| c.is_ascii_hexdigit()).and_then(|(_, c)| c.to_digit(16)) {
            Some(digit) => Ok(digit),
            None => self.fault("expected a hexadecimal digit"),
        }
    }

    fn bracket(&mut self) -> Read<Class> {
        let negated = self.take('^');
        let mut ranges = Vec::new();
        loop {
            let (item, is_class) = match self.peek() {
                None => return self.fault("the bracket is not closed"),
                Some(']') if !ranges.is_empty() => {
                    self.next();
                    return Ok(Class::Ranges { ranges, negated });
                }
                Some(']') => return self.fault("the brackets are empty"),
                Some('[') => return self.fault("brackets inside brackets are not understood"),
                Some('\\') => {
                    self.next();
                    let (escaped, escape_negated) = self.escape()?;
                    let single = matches!(escaped.as_slice(), [(low, high)] if low == high) && !escape_negated;
                    (if escape_negated { complement(&escaped) } else { escaped }, !single)
                }
                Some(c) => {
                    self.next();
                    (vec![(c, c)], false)
                }
            };
            if !self.take('-') {
                ranges.extend(item);
                continue;
            }
            // A dash before the closing bracket is a dash.
            if self.peek() == Some(']') {
                ranges.extend(item);
                ranges.push(('-', '-'));
                continue;
            }
            let low = item.first().map(|(low, _)| *low);
            let high = match self.next() {
                Some('\\') => {
                    let (escaped, escape_negated) = self.escape()?;
                    match escaped.as_slice() {
                        [(low, high)] if low == high && !escape_negated => Some(*low),
                        _ => None,
                    }
                }
                Some('[') | None => None,
                other => other,
            };
            match (low, high) {
                (Some(low), Some(high)) if low <= high && !is_class => ranges.push((low, high)),
                _ => return self.fault("this range is not understood"),
            }
        }
    }

    fn repetition(&mut self, class: Class, sequence: &mut Sequence) -> Read<()> {
        let (least, most) = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.next();
                self.counts()?
            }
            _ => return self.push(sequence, Unit::once(class)),
        };
        // The count has read up to its closing brace; the others are one character.
        self.next();
        // Lazy repetition matches the same texts.
        self.take('?');
        if matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
            return self.fault("a repetition of a repetition is not understood");
        }
        for _ in 0..least {
            self.push(sequence, Unit::once(class.clone()))?;
        }
        match most {
            None => self.push(sequence, Unit::repeated(class)),
            Some(most) => (least..most).try_for_each(|_| self.push(sequence, Unit::optional(class.clone()))),
        }
    }

    fn push(&mut self, sequence: &mut Sequence, unit: Unit) -> Read<()> {
        self.units += 1;
        if self.units > MAX_UNITS {
            return self.fault("the regular expression is too large");
        }
        sequence.push(unit);
        Ok(())
    }

    /// `2}`, `2,}`, `,5}` or `2,5}`; the closing brace stays.
    fn counts(&mut self) -> Read<(usize, Option<usize>)> {
        let (least, most) = if self.take(',') {
            (0, Some(self.count()?))
        } else {
            let least = self.count()?;
            let most = match (self.take(','), self.peek()) {
                (false, _) => Some(least),
                (true, Some('}')) => None,
                (true, _) => Some(self.count()?),
            };
            (least, most)
        };
        match self.peek() {
            Some('}') if most.is_none_or(|most| least <= most) => Ok((least, most)),
            Some('}') => self.fault("the larger count comes last"),
            _ => self.fault("expected }"),
        }
    }

    fn count(&mut self) -> Read<usize> {
        let mut count: Option<usize> = None;
        while let Some((_, digit)) = self.chars.next_if(|(_, c)| c.is_ascii_digit()) {
            let digit = digit.to_digit(10).unwrap_or_default() as usize;
            count = Some(count.unwrap_or_default().saturating_mul(10).saturating_add(digit));
        }
        match count {
            Some(count) if count <= MAX_UNITS => Ok(count),
            Some(_) => self.fault("the count is too large"),
            None => self.fault("expected a count"),
        }
    }
}

/// Everything outside of ranges that are sorted and do not touch.
fn complement(ranges: &[(char, char)]) -> Vec<(char, char)> {
    let mut gaps = Vec::new();
    let mut low = Some('\0');
    for (start, end) in ranges {
        if let (Some(low), Some(before)) = (low, ('\0'..*start).next_back()) {
            gaps.push((low, before));
        }
        low = (*end..=char::MAX).nth(1);
    }
    gaps.extend(low.map(|low| (low, char::MAX)));
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches() {
        let cases = [
            ("b", "abc", "ac"),
            ("^b", "bc", "ab"),
            ("b$", "ab", "bc"),
            ("^$", "", "a"),
            ("^ab?c$", "ac", "abbc"),
            ("^ab*c$", "abbbc", "adc"),
            ("^ab+c$", "abbc", "ac"),
            ("^a{2,3}$", "aaa", "aaaa"),
            ("^a{2}$", "aa", "a"),
            ("^a{2,}$", "aaaaa", "a"),
            ("^a+?b??$", "aab", "aabb"),
            ("^a|b$", "ax", "xa"),
            ("^a.c$", "aéc", "ac"),
            ("^a.c$", "a\nc", "abbc"),
            ("^a{,2}$", "aa", "aaa"),
            ("^a\\.c$", "a.c", "abc"),
            ("^[abc]$", "b", "d"),
            ("^[^abc]$", "é", "a"),
            ("^[a-c-]$", "-", "d"),
            ("^[a\\]]$", "]", "b"),
            ("^[\\d_]$", "7", "a"),
            ("^[^\\D]$", "7", "a"),
            ("^[\\W]$", "-", "_"),
            ("^[a^$.]$", "^", "b"),
            ("^\\w\\s\\D$", "a b", "a 7"),
            ("^\\x41$", "A", "x41"),
            ("^\\$\\^$", "$^", "^$"),
            ("Trail$|Logging$", "StopLogging", "StopLogging2"),
            ("a|", "", ""),
        ];
        for (source, found, not_found) in cases {
            let regex = Regex::new(source).unwrap_or_else(|(at, problem)| panic!("{source} at {at}: {problem}"));
            assert!(regex.is_match(found), "{source} on {found}");
            assert!(found == not_found || !regex.is_match(not_found), "{source} on {not_found}");
        }
    }

    #[test]
    fn what_is_not_understood() {
        let cases = [
            ("*a", 0),
            ("a|+", 2),
            ("a**", 2),
            ("a*+", 2),
            ("a{2}{3}", 4),
            ("a{3,2}", 5),
            ("a{,}", 3),
            ("a{1, 2}", 4),
            ("a{2", 3),
            ("a{99999}", 7),
            ("a^b", 1),
            ("a$b", 2),
            ("[", 1),
            ("[]", 1),
            ("[a[b]]", 2),
            ("[z-a]", 4),
            ("[\\d-z]", 5),
            ("a]", 1),
            ("a}", 1),
            ("\\", 1),
            ("\\b", 1),
            ("\\x4", 3),
            ("\\xff", 4),
            ("[ab]{4000}c", 11),
            ("aé", 1),
            ("a(b)", 1),
        ];
        for (source, wanted) in cases {
            assert_eq!(Regex::new(source).map_err(|(at, _)| at), Err(wanted), "{source}");
        }
    }

    #[test]
    fn complements() {
        assert_eq!(complement(&[('\0', char::MAX)]), []);
        assert_eq!(complement(&[('\0', 'a'), ('c', char::MAX)]), [('b', 'b')]);
    }
}
