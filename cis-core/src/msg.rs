//! Messages: a template and named values, kept apart, so that findings can be grouped and put into other languages.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};
use smol_str::SmolStr;

use crate::gap::Gap;
use crate::values::Values;

/// A message template with its named values. Made by [`msg!`](crate::msg).
///
/// A value can be a message itself, or a [`Gap`]: a part that has words of its own is put into another language by itself. As
/// JSON these are `{"$message": {"template": .., "values": {..}}}`, the values left out where there are none, and
/// `{"$gap": {..}}`.
///
/// ```
/// use cis_core::{Gap, Message, msg};
/// let lacks = vec![msg!("is stopped"), msg!("lost {n} events", n = 2)];
/// let message = msg!("Trail {trail} {lacks}.", trail = "main", lacks);
/// assert_eq!(message.to_string(), "Trail main is stopped, lost 2 events.");
/// assert_eq!(message.values().get("lacks").unwrap()[0]["$message"]["template"], "is stopped");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    template: Cow<'static, str>,
    values: Values,
}

impl Message {
    /// A template with `{name}` placeholders and a value for each. [`msg!`](crate::msg) writes this.
    pub fn new(
        template: impl Into<Cow<'static, str>>,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Self {
        Self { template: template.into(), values: values.into_iter().collect() }
    }

    /// A template with its values in a map, for messages whose names are not known to the compiler.
    pub fn with_values(template: impl Into<Cow<'static, str>>, values: impl Into<Values>) -> Self {
        Self { template: template.into(), values: values.into() }
    }

    /// The template: the key under which translations are looked up.
    pub fn template(&self) -> &str {
        &self.template
    }

    /// The named values.
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// The sentence, the template and the values.
    pub(crate) fn into_parts(self) -> (SmolStr, Cow<'static, str>, Values) {
        let sentence = match &self.template {
            Cow::Borrowed(template) if !template.contains('{') => SmolStr::new_static(template),
            template => {
                // A value is seldom longer than its name and a few words.
                let mut sentence = String::with_capacity(template.len() + 32);
                // Writing into text does not fail.
                let _ = write!(sentence, "{self}");
                sentence.into()
            }
        };
        (sentence, self.template, self.values)
    }

    /// The placeholders of the template that have no value. Empty in a right message; the testkit looks.
    pub fn unfilled(&self) -> Vec<String> {
        placeholders(&self.template).filter(|name| self.values.get(name).is_none()).map(str::to_owned).collect()
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_filled(f, &self.template, &self.values)
    }
}

/// A value as it stands in a text.
pub(crate) fn written(value: &Value) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_value(&mut out, value);
    out
}

/// Whether a character acts on a terminal, turns the direction of writing or does not show.
pub(crate) fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = if self.values.is_empty() {
            json!({"template": self.template})
        } else {
            json!({"template": self.template, "values": self.values})
        };
        json!({"$message": inner}).serialize(serializer)
    }
}

/// A value of a message that has words of its own.
#[derive(Debug)]
pub(crate) enum Worded {
    Message(Message),
    Gap(Box<Gap>),
}

impl Worded {
    /// None for every other value.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        #[derive(Deserialize)]
        struct Inner {
            template: String,
            #[serde(default)]
            values: Values,
        }
        let members = value.as_object().filter(|members| members.len() == 1)?;
        match members.iter().next()? {
            (name, inner) if name == "$message" => {
                let Inner { template, values } = Inner::deserialize(inner).ok()?;
                Some(Self::Message(Message { template: template.into(), values }))
            }
            (name, gap) if name == "$gap" => Gap::deserialize(gap).ok().map(|gap| Self::Gap(Box::new(gap))),
            _ => None,
        }
    }
}

fn write_filled(f: &mut impl fmt::Write, template: &str, values: &Values) -> fmt::Result {
    for piece in pieces(template) {
        match piece {
            Piece::Text(text) => f.write_str(text)?,
            Piece::Name(name) => match values.get(name) {
                Some(value) => write_value(f, value)?,
                None => write!(f, "{{{name}}}")?,
            },
        }
    }
    Ok(())
}

fn write_value(f: &mut impl fmt::Write, value: &Value) -> fmt::Result {
    match value {
        Value::String(text) => f.write_str(text),
        Value::Object(_) => match Worded::of(value) {
            Some(Worded::Message(message)) => write!(f, "{message}"),
            Some(Worded::Gap(gap)) => write!(f, "{gap}"),
            None => write!(f, "{value}"),
        },
        Value::Array(items) if items.is_empty() => f.write_str("none"),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    f.write_str(", ")?;
                }
                write_value(f, item)?;
            }
            Ok(())
        }
        Value::Null => f.write_str("not set"),
        other => write!(f, "{other}"),
    }
}

/// A part of a template.
pub(crate) enum Piece<'a> {
    Text(&'a str),
    Name(&'a str),
}

/// Splits a template at its placeholders. A brace that does not enclose a name is text.
pub(crate) fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(inside) = rest.strip_prefix('{')
            && let Some((name, after)) = inside.split_once('}')
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            rest = after;
            return Some(Piece::Name(name));
        }
        let from = rest.chars().next().map_or(0, char::len_utf8);
        let end = rest.get(from..).and_then(|tail| tail.find('{')).map_or(rest.len(), |at| at + from);
        let (text, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(Piece::Text(text))
    })
}

/// The names of a template's placeholders.
pub(crate) fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    pieces(template).filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        Piece::Text(_) => None,
    })
}

/// A [`Message`]: a template, then the values that it names, each a variable of that name or `name = expression`.
///
/// ```
/// use cis_core::msg;
/// let status = "Suspended";
/// let message = msg!("Versioning is {status} on {n} buckets.", status, n = 2 + 1);
/// assert_eq!(message.to_string(), "Versioning is Suspended on 3 buckets.");
/// assert_eq!(message.template(), "Versioning is {status} on {n} buckets.");
/// ```
#[macro_export]
macro_rules! msg {
    ($template:literal $(, $name:ident $(= $value:expr)?)* $(,)?) => {
        $crate::Message::new($template, [$((stringify!($name), $crate::msg!(@value $name $(= $value)?))),*])
    };
    (@value $name:ident) => { $crate::json_value(&$name) };
    (@value $name:ident = $value:expr) => { $crate::json_value(&$value) };
}

/// The text of a [`Gap`] in words of ours: `format!` with a name for each value. A gap keeps no more than the English sentence, as
/// it is in reports and snapshots; a catalogue knows it again by the template, which stands there as the attribute `english`.
///
/// ```
/// use cis_core::{Gap, gap_text};
/// let gap = Gap::malformed(gap_text!("badge {number} has no owner", number = 7));
/// assert_eq!(gap.to_string(), "badge 7 has no owner");
/// # #[cfg(feature = "locales")] {
/// # use cis_core::Locale;
/// let fluent = "badge-number-has-no-owner = バッジ { $number } に所有者がいない\n    .english = badge { $number } has no owner\n";
/// let japanese = Locale::of("ja")?.with_messages("acme.ftl", fluent)?;
/// assert_eq!(japanese.gap(&gap), "バッジ 7 に所有者がいない");
/// # }
/// # Ok::<(), cis_core::Error>(())
/// ```
#[macro_export]
macro_rules! gap_text {
    ($template:literal $(, $name:ident = $value:expr)* $(,)?) => {
        ::std::format!($template $(, $name = $value)*)
    };
}

/// A value as JSON, for [`msg!`](crate::msg) and evidence. What cannot be JSON (a map with other keys than text) is null.
pub fn json_value(value: &(impl serde::Serialize + ?Sized)) -> Value {
    serde_json::to_value(value).unwrap_or_default()
}
