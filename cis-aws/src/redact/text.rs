//! Texts: ARNs, ids, addresses and names, wherever they stand.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::address;
use super::cipher::Cipher;
use super::words;

/// Takes the place of what is no valid time, number or address: it is none either.
pub(super) const UNREADABLE: &str = "redacted";

/// What is kept of a text, beside the marks between its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    Nothing,
    /// Common words of error messages.
    Prose,
}

impl Cipher {
    /// A text with every name in it replaced: ARNs keep what tells their kind, ids their prefix, addresses their network,
    /// and what stands between letters and digits stays.
    pub(super) fn text(&self, text: &str) -> String {
        self.scanned(text, Keep::Nothing)
    }

    /// A message for people, in which common words are kept.
    pub(super) fn prose(&self, text: &str) -> String {
        self.scanned(text, Keep::Prose)
    }

    /// A text in which only letters and digits are replaced, so that its length stays: of a contact.
    pub(super) fn contact(&self, text: &str) -> String {
        each_run(text, |run| self.plain(run))
    }

    /// A mail address, in which the words that name a team stay before the `@`.
    pub(super) fn mail(&self, text: &str) -> String {
        let (name, domain) = text.split_at_checked(text.find('@').unwrap_or(text.len())).unwrap_or((text, ""));
        let name = each_run(name, |run| {
            // Only these among the reserved words: the others would come out longer.
            let is_team = crate::controls::account::TEAM_WORDS.contains(&run.to_lowercase().as_str());
            if is_team { run.to_owned() } else { self.run(run) }
        });
        name + &self.contact(domain)
    }

    /// The name of a bucket: one that begins with another's beginning still does.
    pub(super) fn bucket(&self, name: &str) -> String {
        self.beginnings(name)
    }

    /// The name of a region, as long as it has the form of one.
    pub(super) fn region(&self, text: &str) -> String {
        if words::is_region(text) { text.to_owned() } else { self.text(text) }
    }

    /// A value that AWS enumerates, as long as it has the form of one.
    pub(super) fn word(&self, text: &str) -> String {
        if words::is_word(text) || text.is_empty() { text.to_owned() } else { self.text(text) }
    }

    /// A range of addresses; what is none is none afterwards.
    pub(super) fn cidr(&self, text: &str) -> String {
        text.parse::<IpNet>().map_or_else(|_| UNREADABLE.to_owned(), |range| address::range(self, range))
    }

    fn scanned(&self, text: &str, keep: Keep) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let before = text.get(..text.len() - rest.len()).and_then(|before| before.chars().next_back());
            let starts = !before.is_some_and(char::is_alphanumeric);
            let token = self.token(rest, starts, before, keep, &mut out);
            let length = token.unwrap_or_else(|| {
                out.push(c);
                c.len_utf8()
            });
            rest = rest.get(length..).unwrap_or_default();
        }
        out
    }

    /// Writes the pseudonym of what a text begins with, and tells its length; none if that is a mark.
    fn token(&self, text: &str, starts: bool, before: Option<char>, keep: Keep, out: &mut String) -> Option<usize> {
        if let Some(length) = variable(text) {
            out.push_str(&self.variable(text.get(2..length - 1)?));
            return Some(length);
        }
        if starts {
            if text.starts_with("arn:") {
                let length = text.find(ends_arn).unwrap_or(text.len());
                out.push_str(&self.arn(text.get(..length)?));
                return Some(length);
            }
            if let Some((length, range)) = ip(text) {
                match range.parse::<IpNet>() {
                    Ok(net) => out.push_str(&address::range(self, net)),
                    Err(_) => out.push_str(
                        &range.parse::<IpAddr>().map_or(UNREADABLE.into(), |ip| address::address(self, ip).to_string()),
                    ),
                }
                return Some(length);
            }
            if let Some(length) = uuid(text) {
                out.push_str(&self.uuid(text.get(..length)?));
                return Some(length);
            }
            if let Some(length) = aws_path(text) {
                out.push_str(text.get(..length)?);
                return Some(length);
            }
            let whole = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(text.len());
            let name = text.get(..whole)?;
            if before != Some('-') && words::is_region(name) && !text.get(whole..)?.starts_with(char::is_alphanumeric) {
                out.push_str(name);
                return Some(whole);
            }
        }
        let length = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
        let run = text.get(..length).filter(|run| !run.is_empty())?;
        let is_prefix = before != Some('-') && text.get(length..)?.starts_with('-') && words::is_id_prefix(run);
        if is_prefix || (keep == Keep::Prose && words::is_prose(run)) {
            out.push_str(run);
        } else {
            out.push_str(&self.run(run));
        }
        Some(length)
    }

    /// A text that begins as an ARN. What follows the last part that is there is left out.
    fn arn(&self, arn: &str) -> String {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let at = |number: usize| parts.get(number).copied().unwrap_or_default();
        let is_bucket = at(2) == "s3" && at(3).is_empty() && at(4).is_empty();
        let lower = |part: &str| {
            part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-*?".contains(&byte))
        };
        let mapped = parts.iter().enumerate().map(|(number, part)| match number {
            0 => (*part).to_owned(),
            1 if part.starts_with("aws") && lower(part) || *part == "*" => (*part).to_owned(),
            2 if lower(part) && part.len() <= 32 => (*part).to_owned(),
            3 => self.region(part),
            4 if matches!(*part, "aws" | "cloudfront") => (*part).to_owned(),
            // What AWS manages has the same name in every account.
            5 if at(4) == "aws" && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_-.".contains(&byte)) => {
                (*part).to_owned()
            }
            5 if is_bucket => {
                let (bucket, key) = part.split_at_checked(part.find('/').unwrap_or(part.len())).unwrap_or((part, ""));
                self.bucket(bucket) + &self.text(key)
            }
            5 => self.resource(part),
            _ => self.text(part),
        });
        mapped.collect::<Vec<_>>().join(":")
    }

    /// The last part of an ARN.
    fn resource(&self, resource: &str) -> String {
        if matches!(resource, "root" | "mfa/root-account-mfa-device") {
            return resource.to_owned();
        }
        let end = resource.find([':', '/']).unwrap_or(resource.len());
        match resource.split_at_checked(end) {
            Some((kind, rest)) if !rest.is_empty() && words::is_resource_type(kind) => {
                kind.to_owned() + &self.text(rest)
            }
            _ => self.text(resource),
        }
    }

    fn uuid(&self, text: &str) -> String {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        let mapped = self.hex(&digits);
        let mut mapped = mapped.chars();
        text.chars().map(|c| if c == '-' { '-' } else { mapped.next().unwrap_or('0') }).collect()
    }

    /// A policy variable, by its name, such as `aws:PrincipalTag/team`.
    pub(super) fn variable(&self, name: &str) -> String {
        let (key, rest) = name.split_at_checked(name.find('/').unwrap_or(name.len())).unwrap_or((name, ""));
        let key = if words::is_condition_key(key) || matches!(key, "*" | "?" | "$") {
            key.to_owned()
        } else {
            self.text(key)
        };
        format!("${{{key}{}}}", self.text(rest))
    }
}

fn ends_arn(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '(' | ')' | '<' | '>' | '|' | '[' | ']')
}

/// The length of a policy variable at the beginning of a text.
fn variable(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("${")?;
    let end = inside.find('}')?;
    (!inside.get(..end)?.contains('$') || inside.starts_with("$}")).then_some(end + 3)
}

/// An address or range at the beginning of a text, and its length.
fn ip(text: &str) -> Option<(usize, String)> {
    let span = |legal: fn(char) -> bool| text.find(|c: char| !legal(c)).unwrap_or(text.len());
    let v4 = text.get(..span(|c| c.is_ascii_digit() || c == '.'))?.trim_end_matches('.');
    let v6 = text.get(..span(|c| c.is_ascii_hexdigit() || c == '.' || c == ':'))?;
    let address = match (v4.parse::<Ipv4Addr>(), v6.parse::<Ipv6Addr>()) {
        (Ok(_), _) => v4,
        (_, Ok(_)) => v6,
        _ => return None,
    };
    let rest = text.get(address.len()..)?;
    if rest.starts_with(char::is_alphanumeric) {
        return None;
    }
    let digits = rest.strip_prefix('/').map(|rest| rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let range = digits.filter(|digits| *digits > 0).and_then(|digits| text.get(..address.len() + 1 + digits));
    match range.filter(|range| range.parse::<IpNet>().is_ok()) {
        Some(range) => Some((range.len(), range.to_owned())),
        None => Some((address.len(), address.to_owned())),
    }
}

/// The length of a path of AWS's own at the beginning of a text, such as `aws-reserved/sso.amazonaws.com/`.
fn aws_path(text: &str) -> Option<usize> {
    let (path, rest) = text.split_once('/').filter(|(path, _)| words::is_aws_path(path))?;
    let host = rest.split_once('/').map_or("", |(host, _)| host);
    let service = if words::is_service_host(host) { host.len() } else { 0 };
    Some(path.len() + 1 + service)
}

/// The length of a UUID at the beginning of a text.
fn uuid(text: &str) -> Option<usize> {
    const LENGTH: usize = 36;
    let found = text.get(..LENGTH)?;
    let fits = found.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    (fits && !text.get(LENGTH..)?.starts_with(char::is_alphanumeric)).then_some(LENGTH)
}

/// A text with each run of letters and digits replaced.
pub(super) fn each_run(text: &str, mut replaced: impl FnMut(&str) -> String) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let length = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if !run.is_empty() {
            out.push_str(&replaced(run));
        }
        let mark = after.find(char::is_alphanumeric).unwrap_or(after.len());
        out.push_str(after.get(..mark).unwrap_or_default());
        rest = after.get(mark..).unwrap_or_default();
    }
    out
}
