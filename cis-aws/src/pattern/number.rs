//! Numbers that a test compares with.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// The number of a test such as `$.latency > +1000` or `$.n < 10e-3`.
///
/// Source: [JSON filter
/// patterns](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html).
///
/// ```
/// use cis_aws::pattern::Number;
///
/// let number = Number::parse("+10e2").unwrap();
/// assert_eq!((number.value(), number.to_string().as_str()), (1000.0, "+10e2"));
/// assert_eq!(Some(number), Number::parse("1000"));
/// assert!(Number::parse("10.").is_none() && Number::parse("0x10").is_none());
/// ```
#[derive(Debug, Clone)]
pub struct Number {
    text: String,
    value: f64,
}

impl Number {
    /// A number, if the text has the form of one: an optional sign, digits, perhaps a fraction and an exponent.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
            None => (unsigned, None),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (mantissa, None),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !fraction.is_none_or(digits) || !exponent.is_none_or(digits) {
            return None;
        }
        let value: f64 = text.parse().ok()?;
        // Zero has no sign here, or equal numbers would not be the same number.
        Some(Self { text: text.to_owned(), value: if value == 0.0 { 0.0 } else { value } })
    }

    /// The number; infinite if it is too large for a double.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// Whether doubles tell this number from every other one of as many digits.
    ///
    /// How AWS holds numbers is not documented. For fifteen digits it makes no difference: between two such numbers there
    /// are others, whether numbers are doubles or decimals.
    pub(super) fn is_exact(&self) -> bool {
        let mantissa = self.text.split(['e', 'E']).next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        let significant = digits.trim_matches('0');
        significant.is_empty() || (significant.len() <= 15 && (1e-290..1e290).contains(&self.value.abs()))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.total_cmp(&other.value)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.to_bits().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_number() {
        for text in ["0", "007", "-1", "+1", "55.5", "10e3", "1E-3", "1.5e+2"] {
            assert!(Number::parse(text).is_some(), "{text}");
        }
        for text in ["", "-", "+-1", "1.", ".5", "1e", "1e+", "e5", "1.2.3", "0x1", "inf", "NaN", "1_000", "1e5.0", "१"]
        {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn many_digits_are_not_exact() {
        let exact = |text| Number::parse(text).unwrap().is_exact();
        assert!(exact("123456789012") && exact("0.000123") && exact("0") && exact("-5e100"));
        assert!(!exact("1234567890123456") && !exact("1e400") && !exact("1e-400") && !exact("0.1234567890123456"));
    }
}
