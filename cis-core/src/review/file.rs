//! A review from its file, in TOML or YAML.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path;

use jiff::civil::Date;
use serde::de::{self, DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{Attestation, Exception, Review};
use crate::error::Error;

/// A review file: exceptions and attestations.
#[derive(Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The benchmark's version that the ids in this file belong to. Entries that name keys need none.
    #[serde(default, deserialize_with = "some_words")]
    benchmark: Option<String>,
    /// Accepted deviations.
    #[serde(default)]
    exceptions: Vec<Exception>,
    /// Answers to what facts cannot decide.
    #[serde(default)]
    attestations: Vec<Attestation>,
}

/// Where in a file something stands: line and column, from 1 on.
type At = (usize, usize);

/// What is wrong with a file, and where, as far as the parser says.
struct Wrong {
    at: Option<At>,
    message: String,
}

/// The lines that the entries of a file begin in.
#[derive(Default)]
struct Starts {
    exceptions: Vec<usize>,
    attestations: Vec<usize>,
}

impl Starts {
    /// The entry that a line stands in: the last one that begins before it.
    fn entry(&self, line: usize) -> Option<String> {
        let of = |word: &'static str, starts: &[usize]| {
            let begun: Vec<_> = starts.iter().filter(|&&start| start <= line).copied().collect();
            Some((begun.last().copied()?, format!("{word} {}", begun.len())))
        };
        let entries = [of("exception", &self.exceptions), of("attestation", &self.attestations)];
        entries.into_iter().flatten().max_by_key(|(start, _)| *start).map(|(_, name)| name)
    }
}

impl Review {
    /// Reads a review from TOML: `[[exceptions]]` with the fields of [`Exception`], `[[attestations]]` with those of
    /// [`Attestation`], and `benchmark`, the version that ids belong to.
    ///
    /// # Errors
    /// Not TOML, fields missing, unknown, empty or of the wrong type, a day that there is not, an id without the version that
    /// it belongs to, an attestation that ends before it begins. The error says in which line and entry.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let at = |range: Option<Range<usize>>| range.map(|range| line_and_column(text, range.start));
        let parsed = toml::from_str::<File>(text)
            .map_err(|error| Wrong { at: at(error.span()), message: error.message().trim_end().to_owned() });
        finish(parsed, || toml_starts(text))
    }

    /// Reads a review from YAML, with the same members as in [TOML](Self::from_toml). JSON is YAML too.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    #[cfg(feature = "yaml")]
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        let parsed = serde_saphyr::from_str::<File>(text).map_err(|error| {
            let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let at = error.location().map(|at| (whole(at.line()), whole(at.column())));
            Wrong { at, message: yaml_message(&error) }
        });
        finish(parsed, || yaml_starts(text))
    }

    /// Makes a review of a JSON value with the same members as in [TOML](Self::from_toml), for who has none of its text.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml); the error names the entry.
    pub fn from_json(value: serde_json::Value) -> Result<Self, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Entries {
            #[serde(default, deserialize_with = "some_words")]
            benchmark: Option<String>,
            #[serde(default)]
            exceptions: Vec<serde_json::Value>,
            #[serde(default)]
            attestations: Vec<serde_json::Value>,
        }
        fn each<T: DeserializeOwned>(word: &str, entries: Vec<serde_json::Value>) -> Result<Vec<T>, Error> {
            let entry = |(index, entry)| {
                let at =
                    |error: serde_json::Error| Error::document(error.to_string()).at(format!("{word} {}", index + 1));
                serde_json::from_value(entry).map_err(at)
            };
            entries.into_iter().enumerate().map(entry).collect()
        }
        let Entries { benchmark, exceptions, attestations } =
            serde_json::from_value(value).map_err(|error| Error::document(error.to_string()))?;
        let exceptions = each("exception", exceptions)?;
        let attestations = each("attestation", attestations)?;
        finish(Ok(File { benchmark, exceptions, attestations }), Starts::default)
    }

    /// Reads a review from a file, by the ending of its name: `.toml`, or `.yaml`, `.yml` and `.json` with the feature `yaml`.
    ///
    /// # Errors
    /// A file that cannot be read, an ending that is not known; else as [`from_toml`](Self::from_toml).
    pub fn read(path: &Path) -> Result<Self, Error> {
        let read = || {
            let parse = match path.extension().and_then(|ending| ending.to_str()) {
                Some("toml") => Self::from_toml,
                #[cfg(feature = "yaml")]
                Some("yaml" | "yml" | "json") => Self::from_yaml,
                _ if cfg!(feature = "yaml") => {
                    return Err(Error::document("a review's name ends in .toml, .yaml, .yml or .json"));
                }
                _ => return Err(Error::document("a review's name ends in .toml; this build reads no YAML")),
            };
            let text = fs::read_to_string(path)
                .map_err(|error| Error::document(format!("cannot be read: {error}")).because(error))?;
            parse(&text)
        };
        read().map_err(|error| error.at(path.display().to_string()))
    }
}

/// What the parser cannot know, and the place of what is wrong in the error's words.
fn finish(parsed: Result<File, Wrong>, starts: impl FnOnce() -> Starts) -> Result<Review, Error> {
    let wrong = match parsed.map(checked) {
        Ok(Ok(review)) => return Ok(review),
        Err(Wrong { at: Some((line, column)), message }) => {
            let error = Error::document(message).at(format!("line {line}, column {column}"));
            return Err(match starts().entry(line) {
                Some(entry) => error.at(entry),
                None => error,
            });
        }
        Err(Wrong { at: None, message }) => return Err(Error::document(message)),
        Ok(Err(wrong)) => wrong,
    };
    let starts = starts();
    let (word, lines) = match wrong.entry {
        Of::Exception => ("exception", starts.exceptions),
        Of::Attestation => ("attestation", starts.attestations),
    };
    let error = Error::document(wrong.message);
    let error = match lines.get(wrong.index) {
        Some(line) => error.at(format!("line {line}")),
        None => error,
    };
    Err(error.at(format!("{word} {}", wrong.index + 1)))
}

enum Of {
    Exception,
    Attestation,
}

/// What is wrong with an entry as a whole.
struct WrongEntry {
    entry: Of,
    index: usize,
    message: String,
}

fn checked(file: File) -> Result<Review, WrongEntry> {
    let File { benchmark, mut exceptions, mut attestations } = file;
    for (index, exception) in exceptions.iter_mut().enumerate() {
        of_version(&mut exception.benchmark, &exception.recommendation, benchmark.as_ref())
            .map_err(|message| WrongEntry { entry: Of::Exception, index, message })?;
    }
    for (index, attestation) in attestations.iter_mut().enumerate() {
        let wrong = |message| WrongEntry { entry: Of::Attestation, index, message };
        of_version(&mut attestation.benchmark, &attestation.recommendation, benchmark.as_ref()).map_err(wrong)?;
        if attestation.valid_until < attestation.dated {
            let (dated, until) = (attestation.dated, attestation.valid_until);
            return Err(wrong(format!("it is valid until {until}, before the day that it is dated, {dated}")));
        }
    }
    Ok(Review { exceptions, attestations })
}

/// An id means another recommendation in another version, so that it is good for nothing without the version. A key has
/// letters, and an id has none.
fn of_version(entry: &mut Option<String>, recommendation: &str, file: Option<&String>) -> Result<(), String> {
    let is_id = recommendation != "*" && !recommendation.contains(|c: char| c.is_ascii_alphabetic());
    if is_id && entry.is_none() {
        *entry = Some(file.cloned().ok_or_else(|| {
            format!(
                "the id {recommendation:?} means another recommendation in another version of the benchmark; say which \
                 with `benchmark`, such as \"2.0.0\", or name the key, which `audit list` shows"
            )
        })?);
    }
    Ok(())
}

fn line_and_column(text: &str, at: usize) -> At {
    let before = text.get(..at).unwrap_or(text);
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (before.matches('\n').count() + 1, column)
}

fn toml_starts(text: &str) -> Starts {
    #[derive(Default, Deserialize)]
    struct Entries {
        #[serde(default)]
        exceptions: Vec<toml::Spanned<IgnoredAny>>,
        #[serde(default)]
        attestations: Vec<toml::Spanned<IgnoredAny>>,
    }
    let lines = |entries: Vec<toml::Spanned<IgnoredAny>>| {
        entries.iter().map(|entry| line_and_column(text, entry.span().start).0).collect()
    };
    let Entries { exceptions, attestations } = toml::from_str(text).unwrap_or_default();
    Starts { exceptions: lines(exceptions), attestations: lines(attestations) }
}

#[cfg(feature = "yaml")]
fn yaml_starts(text: &str) -> Starts {
    use serde_saphyr::Spanned;
    #[derive(Default, Deserialize)]
    struct Entries {
        #[serde(default)]
        exceptions: Vec<Spanned<IgnoredAny>>,
        #[serde(default)]
        attestations: Vec<Spanned<IgnoredAny>>,
    }
    let lines = |entries: Vec<Spanned<IgnoredAny>>| {
        entries.iter().map(|entry| usize::try_from(entry.referenced.line()).unwrap_or(usize::MAX)).collect()
    };
    let Entries { exceptions, attestations } = serde_saphyr::from_str(text).unwrap_or_default();
    Starts { exceptions: lines(exceptions), attestations: lines(attestations) }
}

/// The error without the place, which we say ourselves, and without a picture of it.
#[cfg(feature = "yaml")]
fn yaml_message(error: &serde_saphyr::Error) -> String {
    use serde_saphyr::{MessageFormatter as _, UserMessageFormatter};
    UserMessageFormatter.format_message(error.without_snippet()).into_owned()
}

/// Text that says something.
pub(super) fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    if text.trim().is_empty() {
        return Err(de::Error::custom("it is empty; say what it is"));
    }
    Ok(text)
}

pub(super) fn some_words<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
        return Err(de::Error::custom("it is empty; say what it is, or leave it out"));
    }
    Ok(text)
}

/// Keys of tags, each with the pattern of its value, which may be empty: AWS's may, too.
pub(super) fn some_tags<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    let tags = Option::<BTreeMap<String, String>>::deserialize(from)?;
    if tags.as_ref().is_some_and(|tags| tags.is_empty() || tags.keys().any(|key| key.trim().is_empty())) {
        return Err(de::Error::custom("a tag without a key; give keys and values, or leave `tags` out"));
    }
    Ok(tags)
}

pub(super) fn account<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let id = some_words(from)?;
    if id.as_ref().is_some_and(|id| id.len() != 12 || !id.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(de::Error::custom("an account id has 12 digits, and stands in quotes"));
    }
    Ok(id)
}

/// A day: text in JSON and YAML; TOML has days of its own.
pub(super) fn day<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    struct Day;

    impl<'de> Visitor<'de> for Day {
        type Value = Date;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a day such as 2026-12-31")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Date, E> {
            // A day alone: jiff would take the day out of a moment, and lose which moment of it was meant.
            let day = (text.len() == "2026-12-31".len()).then(|| text.parse().ok()).flatten();
            day.ok_or_else(|| E::custom(format!("{text:?} is no day; give one such as 2026-12-31")))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Date, A::Error> {
            let Some((IgnoredAny, text)) = map.next_entry::<IgnoredAny, String>()? else {
                return Err(de::Error::invalid_type(de::Unexpected::Map, &self));
            };
            self.visit_str(&text)
        }
    }

    from.deserialize_any(Day)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOML: &str = r#"benchmark = "2.0.0"

[[exceptions]]
recommendation = "s3.block_public_access"
resource = "arn:aws:s3:::www-*"
owner = "web team"
reason = "public website"
ticket = "WEB-1"
expires = 2026-12-31

[[exceptions]]
recommendation = "5.2"
account = "123456789012"
region = "eu-west-1"
owner = "net team"
reason = "bastion"
ticket = "NET-1"
expires = "2026-06-30"

[[attestations]]
recommendation = "1.20"
answer = "fail"
by = "Ann"
dated = 2026-01-01
evidence = "https://example.com/1"
valid_until = 2026-12-31
"#;

    const YAML: &str = r#"benchmark: 2.0.0
exceptions:
  - recommendation: s3.block_public_access
    resource: arn:aws:s3:::www-*
    owner: web team
    reason: public website
    ticket: WEB-1
    expires: 2026-12-31
  - recommendation: 5.2
    account: "123456789012"
    region: eu-west-1
    owner: net team
    reason: bastion
    ticket: NET-1
    expires: "2026-06-30"
attestations:
  - recommendation: 1.20
    answer: fail
    by: Ann
    dated: 2026-01-01
    evidence: https://example.com/1
    valid_until: 2026-12-31
"#;

    #[test]
    fn toml_and_yaml_tell_the_same() {
        let review = Review::from_toml(TOML).unwrap();
        assert_eq!(Review::from_yaml(YAML).unwrap(), review);
        let [website, bastion] = &review.exceptions[..] else { panic!("{review:?}") };
        assert_eq!(website.benchmark, None, "a key belongs to no version");
        assert_eq!((bastion.recommendation.as_str(), bastion.benchmark.as_deref()), ("5.2", Some("2.0.0")));
        assert_eq!(bastion.expires.to_string(), "2026-06-30");
        assert_eq!(review.attestations[0].recommendation, "1.20", "not the number 1.2");
        let json = serde_json::json!({"exceptions": review.exceptions, "attestations": review.attestations});
        assert_eq!(Review::from_yaml(&json.to_string()).unwrap(), review, "as JSON");
        assert_eq!(Review::from_json(json).unwrap(), review, "as a JSON value");
        assert_eq!(Review::from_toml("").unwrap(), Review::default());
    }

    #[test]
    fn errors_name_line_and_entry() {
        for (why, from, to, in_toml, in_yaml, told) in [
            (
                "unknown member",
                "owner",
                "owenr",
                "exception 2: line 15, column 1",
                "exception 2: line 12, column 5",
                "owenr",
            ),
            ("of the file", "benchmark", "bencmark", "line 1, column 1", "line 1, column 1", "bencmark"),
            (
                "missing",
                "ticket",
                "# ticket",
                "exception 2: line 11, column 1",
                "exception 2: line 15, column 5",
                "ticket",
            ),
            (
                "blank",
                "bastion",
                "\" \"",
                "exception 2: line 16, column 10",
                "exception 2: line 13, column 13",
                "it is empty; say what it is",
            ),
            (
                "a day that there is not",
                "2026-06-30",
                "2026-06-31",
                "exception 2: line 18, column 11",
                "exception 2: line 15, column 14",
                "\"2026-06-31\" is no day; give one such as 2026-12-31",
            ),
            (
                "a moment",
                "2026-06-30",
                "2026-06-30T00:00:00Z",
                "exception 2: line 18, column 11",
                "exception 2: line 15, column 14",
                "is no day",
            ),
            (
                "an account",
                "123456789012",
                "12345",
                "exception 2: line 13, column 11",
                "exception 2: line 10, column 14",
                "an account id has 12 digits",
            ),
            (
                "another answer",
                "fail",
                "yes",
                "attestation 1: line 22, column 10",
                "attestation 1: line 18, column 13",
                "`yes`",
            ),
            (
                "an id without its version",
                "benchmark",
                "# benchmark",
                "exception 2: line 11",
                "exception 2: line 9",
                "the id \"5.2\" means another recommendation in another version",
            ),
            (
                "ends before it begins",
                "2026-01-01",
                "2027-01-01",
                "attestation 1: line 20",
                "attestation 1: line 17",
                "it is valid until 2026-12-31, before the day that it is dated, 2027-01-01",
            ),
        ] {
            // The last one, so that the entry has to be found. In TOML, words stand in quotes already.
            let changed = |text: &str, to: &str| {
                let at = text.rfind(from).unwrap();
                format!("{}{to}{}", &text[..at], &text[at + from.len()..])
            };
            let toml = Review::from_toml(&changed(TOML, to.trim_matches('"'))).unwrap_err().to_string();
            let yaml = Review::from_yaml(&changed(YAML, to)).unwrap_err().to_string();
            for (error, place) in [(toml, in_toml), (yaml, in_yaml)] {
                assert!(error.starts_with(&format!("{place}: ")) && error.contains(told), "{why}: {error}");
            }
        }
    }

    #[test]
    fn errors_of_a_json_value_name_the_entry() {
        let whole = serde_json::json!({"recommendation": "s3.x", "owner": "o", "reason": "r", "ticket": "t", "expires": "2026-06-30"});
        for (why, member, value, told) in [
            ("unknown member", "owenr", "o", "exception 2: unknown field `owenr`"),
            ("no text", "owner", " ", "exception 2: it is empty; say what it is"),
            ("no day", "expires", "2026-06-31", "exception 2: \"2026-06-31\" is no day"),
            ("an id without its version", "recommendation", "5.2", "exception 2: the id \"5.2\" means another"),
        ] {
            let mut wrong = whole.clone();
            wrong[member] = value.into();
            let error = Review::from_json(serde_json::json!({"exceptions": [whole, wrong]})).unwrap_err().to_string();
            assert!(error.starts_with(told), "{why}: {error}");
        }
        let error = Review::from_json(serde_json::json!({"exceptoins": []})).unwrap_err().to_string();
        assert!(error.starts_with("unknown field `exceptoins`"), "{error}");
    }

    #[test]
    fn files_are_read_by_their_ending() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text, told) in [
            ("review.toml", TOML, ""),
            ("review.yaml", YAML, ""),
            ("review.yml", YAML, ""),
            ("review.txt", TOML, "a review's name ends in .toml, .yaml, .yml or .json"),
            ("wrong.toml", YAML, "line 1, column "),
        ] {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            match Review::read(&path) {
                Ok(review) => assert_eq!((review.exceptions.len(), told), (2, ""), "{name}"),
                Err(error) => {
                    let expected = format!("{}: {told}", path.display());
                    assert!(!told.is_empty() && error.to_string().starts_with(&expected), "{error}");
                }
            }
        }
        let error = Review::read(&folder.path().join("none.toml")).unwrap_err().to_string();
        assert!(error.contains("none.toml: cannot be read: "), "{error}");
    }
}
