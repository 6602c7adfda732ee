//! Times as AWS's answers hold them.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

/// A time in an answer of AWS's: RFC 3339 as the AWS CLI prints it, or seconds since 1970 as the JSON protocols send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Time(pub Timestamp);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "neither a time in RFC 3339 nor a number of seconds since 1970")]
enum Either {
    Text(Timestamp),
    Seconds(f64),
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Either::deserialize(deserializer)? {
            Either::Text(at) => Ok(Self(at)),
            Either::Seconds(seconds) => jiff::SignedDuration::try_from_secs_f64(seconds)
                .and_then(Timestamp::from_duration)
                .map(Self)
                .map_err(|error| serde::de::Error::custom(format!("{seconds} is not a time: {error}"))),
        }
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "number"}]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_one_time() {
        let read = |json: &str| serde_json::from_str::<Time>(json).map(|time| time.to_string());
        assert_eq!(read(r#""2024-05-01T02:00:00+02:00""#).unwrap(), "2024-05-01T00:00:00Z");
        assert_eq!(read("1714521600").unwrap(), "2024-05-01T00:00:00Z");
        assert_eq!(read("1714521600.5").unwrap(), "2024-05-01T00:00:00.5Z");
        for bad in [r#""yesterday""#, "1e300", "null", "{}"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
