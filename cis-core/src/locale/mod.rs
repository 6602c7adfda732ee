//! The language that a report is written in.
//!
//! English stands in the code: a [`Message`]'s template is its English text. Every other language is a catalogue of
//! [Fluent](https://projectfluent.org) messages, looked up by [`message_id`], the template in kebab case; what a catalogue lacks
//! is told in English. Catalogues take the feature `locales`.

#[cfg(feature = "locales")]
mod catalogue;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::sync::Arc;

#[cfg(feature = "locales")]
use catalogue::Catalogue;

use crate::benchmark::Benchmark;
use crate::compare::Difference;
use crate::error::Error;
use crate::finding::Finding;
use crate::gap::Gap;
use crate::msg::Message;
use crate::remediation::Remediation;
use crate::values::Values;

/// The language that a report is written in: English by default. Cheap to clone.
///
/// ```
/// use cis_core::{Locale, msg};
/// assert_eq!(Locale::default().text(&msg!("{n} fail", n = 2)), "2 fail");
/// # #[cfg(feature = "locales")] {
/// let japanese = Locale::of("ja")?;
/// assert_eq!(japanese.text(&msg!("{n} fail", n = 2)), "不合格 2");
/// // The messages of your own controls: each by its template in kebab case.
/// let japanese = japanese.with_messages("acme.ftl", "the-badge-expires-at-day = バッジの有効期限は { $day } です。")?;
/// assert_eq!(japanese.text(&msg!("The badge expires at {day}.", day = "2026-05-01")), "バッジの有効期限は 2026-05-01 です。");
/// # }
/// # Ok::<(), cis_core::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Locale {
    /// None: English.
    #[cfg(feature = "locales")]
    catalogue: Option<Arc<Catalogue>>,
    titles: Arc<BTreeMap<String, String>>,
}

impl Locale {
    /// The languages that this build has the words of a report in, by their BCP 47 tags.
    #[cfg(feature = "locales")]
    pub const TAGS: &'static [&'static str] = &["en", "ja"];
    /// The languages that this build has the words of a report in, by their BCP 47 tags.
    #[cfg(not(feature = "locales"))]
    pub const TAGS: &'static [&'static str] = &["en"];

    /// The language with this tag, one of [`TAGS`](Self::TAGS), with the words of reports and gaps. Those of controls belong to
    /// their own crate: [`with_messages`](Self::with_messages).
    ///
    /// # Errors
    /// The language is not known, which the error tells with those that are.
    pub fn of(tag: &str) -> Result<Self, Error> {
        match tag {
            "en" => Ok(Self::default()),
            #[cfg(feature = "locales")]
            "ja" => Self::empty("ja")?
                .with_messages("report.ftl", include_str!("../../locales/ja/report.ftl"))?
                .with_messages("gaps.ftl", include_str!("../../locales/ja/gaps.ftl")),
            _ => Err(Error::input(format!("locale {tag:?} is not known (known: {})", Self::TAGS.join(", ")))),
        }
    }

    /// A language of your own, by its BCP 47 tag, as yet without any message.
    ///
    /// # Errors
    /// It is no such tag.
    #[cfg(feature = "locales")]
    pub fn empty(tag: &str) -> Result<Self, Error> {
        Ok(Self { catalogue: Some(Arc::new(Catalogue::new(tag)?)), titles: Arc::default() })
    }

    /// The same language with more messages: a file of Fluent messages, its name for errors. A message that is there already is
    /// replaced. English takes none, as its words are the templates.
    ///
    /// # Errors
    /// It is not Fluent, which the error tells by file and line, or the language is English.
    #[cfg(feature = "locales")]
    pub fn with_messages(self, file: &str, fluent: &str) -> Result<Self, Error> {
        let Some(catalogue) = &self.catalogue else {
            return Err(Error::input("English takes no messages: its words are the templates").at(file.to_owned()));
        };
        Ok(Self { catalogue: Some(Arc::new(catalogue.with(file, fluent)?)), ..self })
    }

    /// The same language with the titles that a benchmark has in it.
    #[must_use]
    pub fn with_titles(mut self, benchmark: &Benchmark) -> Self {
        let tag = self.tag().to_owned();
        let titles = Arc::make_mut(&mut self.titles);
        for recommendation in &benchmark.recommendations {
            if let Some(title) = recommendation.title_in.get(&tag) {
                titles.insert(recommendation.title.clone(), title.clone());
            }
        }
        self
    }

    /// The BCP 47 tag, such as `en`.
    #[cfg_attr(
        not(feature = "locales"),
        allow(clippy::unnecessary_literal_bound, reason = "other languages bring their own")
    )]
    pub fn tag(&self) -> &str {
        #[cfg(feature = "locales")]
        if let Some(catalogue) = &self.catalogue {
            return catalogue.tag();
        }
        "en"
    }

    /// The message in this language; in English where the catalogue lacks it.
    pub fn text(&self, message: &Message) -> String {
        #[cfg(feature = "locales")]
        if let Some(catalogue) = &self.catalogue {
            return catalogue.text(message);
        }
        message.to_string()
    }

    /// Words that are a template without values, such as the name of a section.
    pub fn words<'a>(&self, words: &'a str) -> Cow<'a, str> {
        #[cfg(feature = "locales")]
        if let Some(catalogue) = &self.catalogue {
            return catalogue.words(words);
        }
        Cow::Borrowed(words)
    }

    /// A list as this language writes it.
    pub fn list(&self, items: impl IntoIterator<Item = String>) -> String {
        let items: Vec<_> = items.into_iter().collect();
        #[cfg(feature = "locales")]
        if let Some(catalogue) = &self.catalogue {
            return items.join(catalogue.separator());
        }
        items.join(", ")
    }

    /// The title of a recommendation, by the English one.
    pub fn title<'a>(&'a self, english: &'a str) -> &'a str {
        self.titles.get(english).map_or(english, String::as_str)
    }

    /// The message of a finding.
    pub fn message<'a>(&self, finding: &'a Finding) -> Cow<'a, str> {
        self.filled(&finding.template, &finding.values, &finding.message)
    }

    /// The message of a finding that changed.
    pub fn difference<'a>(&self, difference: &'a Difference) -> Cow<'a, str> {
        self.filled(&difference.template, &difference.values, &difference.message)
    }

    /// `english`: the template with its values.
    #[cfg_attr(
        not(feature = "locales"),
        allow(unused_variables, clippy::unused_self, reason = "only another language needs them")
    )]
    fn filled<'a>(&self, template: &str, values: &Values, english: &'a str) -> Cow<'a, str> {
        #[cfg(feature = "locales")]
        if let Some(text) = self.catalogue.as_ref().and_then(|catalogue| catalogue.find(template, values)) {
            return Cow::Owned(text);
        }
        Cow::Borrowed(english)
    }

    /// How to put something right, before anything is filled in: each of its [`texts`](Remediation::texts) in this language, by
    /// its template; in English where the catalogue lacks it.
    pub fn remediation<'a>(&self, english: &'a Remediation) -> Cow<'a, Remediation> {
        #[cfg(feature = "locales")]
        if let Some(catalogue) = &self.catalogue {
            return Cow::Owned(english.with_texts(|text| catalogue.template(text)));
        }
        Cow::Borrowed(english)
    }

    /// Why a fact could not be had.
    pub fn gap(&self, gap: &Gap) -> String {
        self.text(&Message::from(gap))
    }

    /// Whether there is a text of its own for this template.
    pub fn has(&self, template: &str) -> bool {
        #[cfg(feature = "locales")]
        if let Some(catalogue) = &self.catalogue {
            return catalogue.has(template);
        }
        let _ = template;
        true
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Locale").field(&self.tag()).finish()
    }
}

/// What a catalogue calls a message: its template in kebab case, so that it reads as the English text does. Letters that are not
/// ASCII become `u` and their code in hex.
///
/// ```
/// assert_eq!(cis_core::message_id("Root has no MFA; it must."), "root-has-no-mfa-it-must");
/// assert_eq!(cis_core::message_id("{n} of {all} findings match."), "n-of-all-findings-match");
/// assert_eq!(cis_core::message_id("45 days"), "m-45-days");
/// ```
pub fn message_id(template: &str) -> String {
    let mut id = String::with_capacity(template.len());
    for c in template.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => id.push(c.to_ascii_lowercase()),
            c if c.is_alphanumeric() => {
                let _ = write!(id, "u{:x}", u32::from(c));
            }
            _ if id.ends_with('-') => {}
            _ => id.push('-'),
        }
    }
    let id = id.trim_matches('-');
    // Fluent's names begin with a letter.
    if id.starts_with(|c: char| c.is_ascii_alphabetic()) { id.to_owned() } else { format!("m-{id}") }
}

#[cfg(test)]
#[cfg(feature = "locales")]
mod tests {
    use super::*;
    use crate::gap::GapKind;
    use crate::msg;

    fn acme(fluent: &str) -> Result<Locale, Error> {
        Locale::empty("ja").unwrap().with_messages("acme.ftl", fluent)
    }

    #[test]
    fn messages_in_another_language() {
        let locale = acme(
            "user-has-keys = { $user } のキー: { $keys }\n\
             a-key-n = キー { $n }\n\
             first-second = { $first }、{ $second }\n\
             none = なし\n\
             not-set = 未設定\n\
             n-reads-failed = { $n ->\n    [one] one\n   *[other] { $n } 件\n }\n",
        )
        .unwrap();
        let keys = |keys: Vec<Message>| msg!("{user} has: {keys}", user = "ann", keys);
        let gap = Gap::new(GapKind::Denied, "no").operation("iam:ListUsers").code("AccessDenied");
        for (why, message, text) in [
            (
                "values, and lists of messages",
                keys(vec![msg!("a key {n}", n = 1), msg!("a key {n}", n = 2)]),
                "ann のキー: キー 1、キー 2",
            ),
            ("an empty list", keys(Vec::new()), "ann のキー: なし"),
            ("what it lacks is in English", msg!("Nobody said {what}.", what = "this"), "Nobody said this."),
            ("so is what lacks a value", msg!("{user} has: {keys}", user = "ann"), "ann has: {keys}"),
            ("plurals are the catalogue's", msg!("{n} reads failed", n = 1), "1 件"),
            ("a number beyond what a float holds", msg!("a key {n}", n = u64::MAX), "キー 18446744073709551615"),
            ("a fraction as it is", msg!("a key {n}", n = 0.5), "キー 0.5"),
            (
                "a gap within, whose words it lacks",
                msg!("a key {n}", n = gap.in_message()),
                "キー iam:ListUsers answered AccessDenied",
            ),
            ("null", msg!("a key {n}", n = None::<u8>), "キー 未設定"),
        ] {
            assert_eq!(locale.text(&message), text, "{why}");
        }
    }

    #[test]
    fn a_sentence_of_a_gap_is_known_again() {
        let locale = acme(
            "what-is-missing = { $what } がない\n    .english = { $what } is missing\n\
             path-why = { $path }: { $why }\n    .english = { $path }: { $why }\n\
             cell-column-holds-text = セル { $column } の値は { $text }\n    .english = cell { $column } holds { $text }\n\
             the-field = 該当する項目\n\
             status = ステータス\n\
             it-is-empty = 空である\n",
        )
        .unwrap();
        for (why, sentence, told) in [
            ("a value", "Encrypted is missing", "Encrypted がない"),
            ("a value with words of its own", "the field is missing", "該当する項目 がない"),
            ("one word is a name, whatever else is called so", "Status is missing", "Status がない"),
            ("two values", "cell mfa holds \"x, holds y\"", "セル mfa の値は \"x, holds y\""),
            ("a sentence in a sentence", "a.json: it is empty", "a.json: 空である"),
            ("the template with more words", "a: b is missing", "a: b がない"),
            ("no value where one must be", " is missing", " is missing"),
            ("more than the template", "Encrypted is missing here", "Encrypted is missing here"),
            ("a service's own words", "Rate exceeded", "Rate exceeded"),
            ("as they stand, with all that they have", "User: a is {not} allowed: b", "User: a is {not} allowed: b"),
        ] {
            assert_eq!(locale.gap(&Gap::malformed(sentence)), told, "{why}");
        }
        let nested = Gap::malformed("Encrypted is missing").operation("efs:DescribeFileSystems").in_message();
        assert_eq!(locale.text(&msg!("a key {n}", n = nested)), "a key efs:DescribeFileSystems: Encrypted がない");
    }

    #[test]
    fn what_is_no_catalogue_says_where() {
        for (why, locale, error) in [
            ("not Fluent", acme("fine = x\n= y\n"), "acme.ftl, line 2: "),
            ("twice", acme("a = x\na = y\n"), "acme.ftl: the message \"a\" stands there twice"),
            ("English", Locale::default().with_messages("en.ftl", "a = b"), "en.ftl: English takes no messages"),
            ("no tag", Locale::empty("no tag"), "\"no tag\" is no BCP 47 tag"),
            ("not known", Locale::of("tlh"), "locale \"tlh\" is not known (known: en, ja)"),
        ] {
            let told = locale.unwrap_err().to_string();
            assert!(told.starts_with(error), "{why}: {told}");
        }
    }

    #[test]
    fn later_messages_replace_earlier_ones() {
        let locale = acme("a-key = x").unwrap().with_messages("more.ftl", "a-key = y\n").unwrap();
        assert_eq!(locale.text(&msg!("a key")), "y");
    }
}
