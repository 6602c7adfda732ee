//! Amazon Resource Names, in six parts.

use std::fmt;

/// An Amazon Resource Name: `arn:partition:service:region:account_id:resource`.
///
/// Compared whole; never by "ends with" or "the name after the slash".
///
/// ```
/// let arn = cis_aws::Arn::parse("arn:aws:iam::123456789012:user/team/ann").unwrap();
/// assert_eq!((arn.partition(), arn.account_id(), arn.resource()), ("aws", "123456789012", "user/team/ann"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: String,
    colons: [usize; 5],
}

impl Arn {
    /// Reads an ARN. None if it does not have six parts or does not begin with `arn:`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut found = text.match_indices(':').map(|(at, _)| at);
        let colons = [found.next()?, found.next()?, found.next()?, found.next()?, found.next()?];
        text.starts_with("arn:").then(|| Self { text: text.to_owned(), colons })
    }

    fn part(&self, number: usize) -> &str {
        let from = number.checked_sub(1).and_then(|before| self.colons.get(before)).map_or(0, |at| at + 1);
        let to = self.colons.get(number).copied().unwrap_or(self.text.len());
        self.text.get(from..to).unwrap_or_default()
    }

    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service, such as `iam`.
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region; empty for a global resource.
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account id; `aws` for what AWS manages, empty for a bucket.
    pub fn account_id(&self) -> &str {
        self.part(4)
    }

    /// All after the fifth colon.
    pub fn resource(&self) -> &str {
        self.part(5)
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let arn = Arn::parse("arn:aws-cn:logs:cn-north-1:123456789012:log-group:trail:*").unwrap();
        let parts = [arn.partition(), arn.service(), arn.region(), arn.account_id(), arn.resource()];
        assert_eq!(parts, ["aws-cn", "logs", "cn-north-1", "123456789012", "log-group:trail:*"]);
        for (why, text) in [("too few parts", "arn:aws:iam::1"), ("another scheme", "urn:aws:iam::1:x"), ("empty", "")]
        {
            assert_eq!(Arn::parse(text), None, "{why}");
        }
    }
}
