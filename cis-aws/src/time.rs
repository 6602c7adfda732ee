//! Times as AWS's answers hold them.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

/// RFC 3339 (the AWS CLI), or seconds since 1970 (the JSON protocols on the wire).
#[derive(Deserialize)]
#[serde(untagged)]
enum Either {
    Text(Timestamp),
    Seconds(f64),
}

fn timestamp<E: serde::de::Error>(either: Either) -> Result<Timestamp, E> {
    match either {
        Either::Text(at) => Ok(at),
        Either::Seconds(seconds) => jiff::SignedDuration::try_from_secs_f64(seconds)
            .and_then(Timestamp::from_duration)
            .map_err(|error| E::custom(format!("{seconds} is not a time: {error}"))),
    }
}

/// For `#[serde(deserialize_with)]` on a time that is always there.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    timestamp(Either::deserialize(deserializer)?)
}

/// For `#[serde(default, deserialize_with)]` on a time that may be missing.
pub(crate) fn optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    Option::<Either>::deserialize(deserializer)?.map(timestamp).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Both {
        #[serde(deserialize_with = "required")]
        at: Timestamp,
        #[serde(default, deserialize_with = "optional")]
        maybe: Option<Timestamp>,
    }

    #[test]
    fn both_spellings_are_one_time() {
        let text: Both = serde_json::from_str(r#"{"at": "2024-05-01T02:00:00+02:00"}"#).unwrap();
        let seconds: Both = serde_json::from_str(r#"{"at": 1714521600, "maybe": 1714521600.5}"#).unwrap();
        assert_eq!(text.at, seconds.at);
        assert_eq!(text.maybe, None);
        assert_eq!(seconds.maybe.unwrap().to_string(), "2024-05-01T00:00:00.5Z");
        assert!(serde_json::from_str::<Both>(r#"{"at": "yesterday"}"#).is_err());
    }
}
