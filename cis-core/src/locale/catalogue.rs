//! Fluent messages of one language.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentError, FluentResource, FluentValue};
use fluent_syntax::ast::{Entry, Expression, InlineExpression, PatternElement};
use serde_json::Value;
use unic_langid::LanguageIdentifier;

use super::message_id;
use crate::error::Error;
use crate::msg;
use crate::msg::{Message, Piece, Worded, json_value, pieces, placeholders};
use crate::values::Values;

/// The messages of one language, by [`message_id`].
pub(super) struct Catalogue {
    tag: String,
    language: LanguageIdentifier,
    files: Vec<Arc<FluentResource>>,
    bundle: FluentBundle<Arc<FluentResource>>,
    separator: String,
    /// The templates of gaps with values, which a sentence is known again by.
    sentences: Vec<String>,
}

/// The integers that a Fluent number, a float, holds to the last digit.
const EXACT: u64 = 1 << 53;

impl Catalogue {
    pub(super) fn new(tag: &str) -> Result<Self, Error> {
        let language = tag.parse().map_err(|_| Error::input(format!("{tag:?} is no BCP 47 tag")))?;
        Ok(Self::of(tag.to_owned(), language, Vec::new()))
    }

    /// The same with the messages of one more file.
    pub(super) fn with(&self, file: &str, fluent: &str) -> Result<Self, Error> {
        let at = |message: String| Error::document(message);
        let resource = FluentResource::try_new(fluent.to_owned()).map_err(|(_, errors)| {
            let told = errors.first().map(|error| (error.pos.start, error.to_string()));
            let (start, why) = told.unwrap_or_default();
            let line = fluent.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
            at(why).at(format!("{file}, line {line}"))
        })?;
        let resource = Arc::new(resource);
        // Alone, so that only what stands twice in this very file is an error.
        let mut alone = FluentBundle::new_concurrent(vec![self.language.clone()]);
        alone.add_resource(Arc::clone(&resource)).map_err(|errors| {
            let twice = errors.iter().find_map(|error| match error {
                FluentError::Overriding { id, .. } => Some(format!("the message {id:?} stands there twice")),
                _ => None,
            });
            at(twice.unwrap_or_else(|| "it could not be understood".to_owned())).at(file.to_owned())
        })?;
        let files = self.files.iter().cloned().chain([resource]).collect();
        Ok(Self::of(self.tag.clone(), self.language.clone(), files))
    }

    fn of(tag: String, language: LanguageIdentifier, files: Vec<Arc<FluentResource>>) -> Self {
        let mut bundle = FluentBundle::new_concurrent(vec![language.clone()]);
        // The marks around values would be characters of a report; names that turn the direction of writing are escaped where a
        // format needs it.
        bundle.set_use_isolating(false);
        for file in &files {
            bundle.add_resource_overriding(Arc::clone(file));
        }
        let sentences = sentences(&files, &bundle);
        let mut catalogue = Self { tag, language, files, bundle, separator: String::new(), sentences };
        catalogue.separator = catalogue.text(&msg!("{first}, {second}", first = "", second = ""));
        catalogue
    }

    pub(super) fn tag(&self) -> &str {
        &self.tag
    }

    /// What stands between the items of a list.
    pub(super) fn separator(&self) -> &str {
        &self.separator
    }

    pub(super) fn has(&self, template: &str) -> bool {
        self.bundle.has_message(&message_id(template))
    }

    pub(super) fn text(&self, message: &Message) -> String {
        let known = self.find(message.template(), message.values());
        let known = known.or_else(|| {
            // The text of a gap has its values in it.
            let sentence = message.values().is_empty().then(|| message.template())?;
            let of = self.sentences.iter().filter_map(|template| Some((template, values_in(template, sentence)?)));
            // Of those that it may be made of, the one that it has most of its words from.
            let (template, values) = of.max_by_key(|(template, _)| words_of(template))?;
            self.find(template, &values)
        });
        known.unwrap_or_else(|| {
            Message::with_values(message.template().to_owned(), self.told(message.values())).to_string()
        })
    }

    pub(super) fn words<'a>(&self, words: &'a str) -> Cow<'a, str> {
        self.find(words, &Values::default()).map_or(Cow::Borrowed(words), Cow::Owned)
    }

    /// The template in this language, with the same placeholders; in English where it is not there.
    pub(super) fn template(&self, english: &str) -> String {
        let open = placeholders(english).map(|name| (name.to_owned(), Value::from(format!("{{{name}}}"))));
        self.find(english, &open.collect()).unwrap_or_else(|| english.to_owned())
    }

    /// The message in this language; none where it is not there or cannot be told with these values.
    pub(super) fn find(&self, template: &str, values: &Values) -> Option<String> {
        let message = self.bundle.get_message(&message_id(template))?;
        let mut arguments = FluentArgs::new();
        for (name, value) in values.iter() {
            arguments.set(name, self.value(value));
        }
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(message.value()?, Some(&arguments), &mut errors);
        errors.is_empty().then(|| text.into_owned())
    }

    fn value<'a>(&self, value: &'a Value) -> FluentValue<'a> {
        match value {
            Value::String(text) => FluentValue::from(text.as_str()),
            Value::Number(number) => match number.as_i64().filter(|whole| whole.unsigned_abs() < EXACT) {
                Some(whole) => FluentValue::from(whole),
                None => FluentValue::from(number.to_string()),
            },
            Value::Null => FluentValue::from(self.words("not set").into_owned()),
            Value::Array(items) if items.is_empty() => FluentValue::from(self.words("none").into_owned()),
            Value::Array(items) => {
                let items: Vec<_> = items.iter().map(|item| self.plain(item)).collect();
                FluentValue::from(items.join(&self.separator))
            }
            Value::Object(_) | Value::Bool(_) => FluentValue::from(self.plain(value)),
        }
    }

    /// A value that stands alone.
    fn plain(&self, value: &Value) -> String {
        match (value, Worded::of(value)) {
            (_, Some(Worded::Message(message))) => self.text(&message),
            (_, Some(Worded::Gap(gap))) => self.text(&Message::from(&*gap)),
            (Value::String(text), None) => text.clone(),
            (Value::Null | Value::Array(_), None) => match self.value(value) {
                FluentValue::String(text) => text.into_owned(),
                _ => value.to_string(),
            },
            (_, None) => value.to_string(),
        }
    }

    /// The values with their words in this language, for a template that is told in English.
    fn told(&self, values: &Values) -> Values {
        let told = |value: &Value| match value {
            Value::Number(_) | Value::Bool(_) => value.clone(),
            value => match self.value(value) {
                FluentValue::String(text) => Value::String(text.into_owned()),
                _ => value.clone(),
            },
        };
        values.iter().map(|(name, value)| (name.to_owned(), told(value))).collect()
    }
}

/// The attribute of a message that is the text of a gap: its English template.
const ENGLISH: &str = "english";

/// The English templates of the texts of gaps.
fn sentences(files: &[Arc<FluentResource>], bundle: &FluentBundle<Arc<FluentResource>>) -> Vec<String> {
    let ids: BTreeSet<&str> = files
        .iter()
        .flat_map(|file| file.entries())
        .filter_map(|entry| if let Entry::Message(message) = entry { Some(message.id.name) } else { None })
        .collect();
    let english = |id: &&str| {
        let pattern = bundle.get_message(id)?.get_attribute(ENGLISH)?.value();
        let told = pattern.elements.iter().map(|element| match element {
            PatternElement::TextElement { value } => (*value).to_owned(),
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::VariableReference { id }),
            } => format!("{{{}}}", id.name),
            PatternElement::Placeable { .. } => String::new(),
        });
        Some(told.collect())
    };
    ids.iter().filter_map(english).collect()
}

/// The values with which the template is this sentence, each of which may have words of its own; none if it is not. A value ends
/// where what follows it in the template is met first.
fn values_in(template: &str, sentence: &str) -> Option<Values> {
    let (mut rest, mut open, mut values) = (sentence, None, Vec::new());
    let mut value = |name: &str, text: &str| {
        // One word is a name: it must not be taken for a message that is one word, such as `Status`.
        let words = || json_value(&Message::new(text.to_owned(), []));
        values.push((name.to_owned(), if text.contains(' ') { words() } else { text.into() }));
        (!text.is_empty()).then_some(())
    };
    for piece in pieces(template) {
        match (piece, open.take()) {
            (Piece::Name(name), None) => open = Some(name),
            (Piece::Name(_), Some(_)) => return None,
            (Piece::Text(text), None) => rest = rest.strip_prefix(text)?,
            (Piece::Text(text), Some(name)) => {
                let (before, after) = rest.split_once(text)?;
                value(name, before)?;
                rest = after;
            }
        }
    }
    match open {
        Some(name) => value(name, rest)?,
        None if rest.is_empty() => {}
        None => return None,
    }
    Some(values.into_iter().collect())
}

/// How much of a template is words, in bytes.
fn words_of(template: &str) -> usize {
    pieces(template).map(|piece| if let Piece::Text(text) = piece { text.len() } else { 0 }).sum()
}

impl fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Catalogue").field("tag", &self.tag).field("files", &self.files.len()).finish_non_exhaustive()
    }
}
