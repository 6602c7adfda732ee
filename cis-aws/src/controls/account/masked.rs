//! Contact data as evidence may show it: whether it is there, how long it is, and a masked form.

use serde::Serialize;

/// A field of a contact, fit to be shown.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Field {
    /// Whether it holds more than blanks.
    pub(super) present: bool,
    /// In characters, without blanks around.
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    masked: Option<String>,
}

/// A field that is shown by its length alone: names, addresses.
pub(super) fn text(field: Option<&str>) -> Field {
    mask(field, |_| None)
}

/// A mail address: its first character and its domain. A short name before the `@` is left out whole, since its first
/// character would be most of it.
pub(super) fn mail(field: Option<&str>) -> Field {
    mask(field, |text| {
        let (name, domain) = text.rsplit_once('@')?;
        let first = name.chars().next().filter(|_| name.chars().count() > 2);
        Some(format!("{}***@{domain}", first.map(String::from).unwrap_or_default()))
    })
}

/// A phone number: its last two digits.
pub(super) fn phone(field: Option<&str>) -> Field {
    mask(field, |text| {
        let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
        let last = digits.last_chunk::<2>().filter(|_| digits.len() > 4)?;
        Some(format!("***{}", last.iter().collect::<String>()))
    })
}

fn mask(field: Option<&str>, masked: impl FnOnce(&str) -> Option<String>) -> Field {
    let text = field.map(str::trim).filter(|text| !text.is_empty());
    Field {
        present: text.is_some(),
        length: text.map_or(0, |text| text.chars().count()),
        masked: text.and_then(masked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_in_clear() {
        let shown = |masked: Field| (masked.present, masked.length, masked.masked);
        let some = |text: &str| Some(text.to_owned());
        for (why, got, want) in [
            ("a name", text(Some("Ann Example")), (true, 11, None)),
            ("characters, not bytes", text(Some("日本")), (true, 2, None)),
            ("left out", text(None), (false, 0, None)),
            ("blank is not there", mail(Some("  ")), (false, 0, None)),
            ("a mail address", mail(Some(" ann@example.com ")), (true, 15, some("a***@example.com"))),
            (
                "a short one would be told by its first character",
                mail(Some("ab@example.com")),
                (true, 14, some("***@example.com")),
            ),
            (
                "a quoted @ belongs to the name",
                mail(Some("\"a@b\"@example.com")),
                (true, 17, some("\"***@example.com")),
            ),
            ("no @: not told what it is", mail(Some("ann.example")), (true, 11, None)),
            ("a phone number", phone(Some("+1 (555) 010-0199")), (true, 17, some("***99"))),
            ("too short to show two digits of", phone(Some("0110")), (true, 4, None)),
            ("blank phone", phone(Some("\t")), (false, 0, None)),
        ] {
            assert_eq!(shown(got), want, "{why}");
        }
    }
}
