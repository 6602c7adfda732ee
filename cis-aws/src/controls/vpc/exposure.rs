//! Which addresses and ports network rules open. Addresses are intervals of numbers, never compared as text.

use std::borrow::Cow;
use std::sync::LazyLock;

use cis_core::{Gap, gap_text};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

/// A family of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// 32 bits.
    Ipv4,
    /// 128 bits.
    Ipv6,
}

impl Family {
    /// How the whole of it is written.
    pub(crate) fn anywhere(self) -> &'static str {
        match self {
            Self::Ipv4 => "0.0.0.0/0",
            Self::Ipv6 => "::/0",
        }
    }
}

/// A protocol that has ports, or all of them. In JSON its number: 6, 17, -1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub enum Protocol {
    /// Every protocol, -1: what a rule for all traffic says.
    All,
    /// TCP, 6.
    Tcp,
    /// UDP, 17.
    Udp,
}

impl Protocol {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl From<Protocol> for i64 {
    fn from(protocol: Protocol) -> Self {
        match protocol {
            Protocol::All => -1,
            Protocol::Tcp => 6,
            Protocol::Udp => 17,
        }
    }
}

impl TryFrom<i64> for Protocol {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        match number {
            -1 => Ok(Self::All),
            6 => Ok(Self::Tcp),
            17 => Ok(Self::Udp),
            _ => Err(format!("protocol {number} is not judged by port (known: 6 TCP, 17 UDP, -1 all)")),
        }
    }
}

/// The protocols that ports are looked up under. A rule for all protocols opens each of them, so `-1` is one of its own
/// only where nothing else is asked for.
pub(crate) fn lookups(protocols: &[Protocol]) -> Vec<Protocol> {
    let own: Vec<_> = [Protocol::Tcp, Protocol::Udp].into_iter().filter(|one| protocols.contains(one)).collect();
    if own.is_empty() { vec![Protocol::All] } else { own }
}

/// What a list of protocols leaves out, for evidence: a rule that only these make hit.
pub(crate) fn left_out(protocols: &[Protocol]) -> Vec<Protocol> {
    [Protocol::Tcp, Protocol::Udp].into_iter().filter(|one| !protocols.contains(one)).collect()
}

/// What a rule says about ports.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports<'a> {
    /// `tcp`, `6`, `-1`, ...
    pub(crate) protocol: &'a str,
    pub(crate) from: Option<i64>,
    pub(crate) to: Option<i64>,
}

impl Ports<'_> {
    /// Whether the rule reaches a port. Of ICMP the bounds are type and code, and GRE or ESP have none: those never do.
    pub(crate) fn reach(&self, protocol: Protocol, port: u16) -> Result<bool, Gap> {
        match self.protocol() {
            Ok(Some(Protocol::All)) => Ok(true),
            Ok(own) if own != Some(protocol) => Ok(false),
            Ok(_) => match (self.from, self.to) {
                // -1 is how some tools write "all".
                (None, None) | (Some(-1), Some(-1)) => Ok(true),
                (Some(from), Some(to)) if from <= to => Ok((from..=to).contains(&i64::from(port))),
                (from, to) => {
                    let bound = |bound: Option<i64>| bound.map_or("nothing".into(), |bound| bound.to_string());
                    let (from, to) = (bound(from), bound(to));
                    Err(Gap::malformed(gap_text!("a rule has the ports {from} to {to}, which is no range")))
                }
            },
            Err(gap) => Err(gap),
        }
    }

    /// Whether the rule reaches one of some ports under some protocol, or says that in no way that is known: what is left out by
    /// this, which is most, need not be looked at port by port.
    pub(crate) fn may_reach(&self, ports: &[u16]) -> bool {
        match (self.protocol(), self.from, self.to) {
            (Ok(None), ..) => false,
            (Ok(Some(Protocol::Tcp | Protocol::Udp)), Some(from), Some(to)) if (0..=to).contains(&from) => {
                ports.iter().any(|&port| (from..=to).contains(&port.into()))
            }
            _ => true,
        }
    }

    /// The protocol; none where it has no ports that are judged.
    fn protocol(&self) -> Result<Option<Protocol>, Gap> {
        match self.protocol {
            "-1" | "all" => Ok(Some(Protocol::All)),
            "6" | "tcp" => Ok(Some(Protocol::Tcp)),
            "17" | "udp" => Ok(Some(Protocol::Udp)),
            "icmp" | "icmpv6" => Ok(None),
            other => match other.parse::<u8>() {
                Ok(_) => Ok(None),
                Err(_) => Err(Gap::malformed(gap_text!(
                    "a rule has the protocol {other:?}, which is no number or known name"
                ))),
            },
        }
    }
}

/// Addresses from the first to the last, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    first: u128,
    last: u128,
}

/// A range in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cidr {
    pub(crate) family: Family,
    pub(crate) prefix: u8,
    pub(crate) span: Span,
}

impl Cidr {
    pub(crate) fn parse(text: &str) -> Result<Self, Gap> {
        let parsed = text.parse::<IpNet>();
        let net = parsed.map_err(|_| Gap::malformed(gap_text!("{text:?} is no address range in CIDR notation")))?;
        let (family, first, last) = match net {
            IpNet::V4(net) => (Family::Ipv4, u32::from(net.network()).into(), u32::from(net.broadcast()).into()),
            IpNet::V6(net) => (Family::Ipv6, u128::from(net.network()), u128::from(net.broadcast())),
        };
        Ok(Self { family, prefix: net.prefix_len(), span: Span { first, last } })
    }
}

/// The IPv4 blocks that are no part of the internet, by first address and prefix length.
// https://www.iana.org/assignments/iana-ipv4-special-registry, multicast and reserved space
pub(crate) const SPECIAL_IPV4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3),
];

/// Addresses of one family.
// INVARIANT: in order, and no two touch or overlap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spans(Vec<Span>);

impl Spans {
    /// The addresses that a stranger can have: the family less the special-purpose blocks.
    pub(crate) fn internet(family: Family) -> &'static Self {
        static IPV4: LazyLock<Spans> = LazyLock::new(|| {
            let mut spans = Spans(vec![Span { first: 0, last: u128::from(u32::MAX) }]);
            for &([a, b, c, d], bits) in SPECIAL_IPV4 {
                let first = u128::from(u32::from_be_bytes([a, b, c, d]));
                spans.take(Span { first, last: first + (1 << (32 - bits)) - 1 });
            }
            spans
        });
        static IPV6: LazyLock<Spans> = LazyLock::new(|| Spans(vec![Span { first: 1 << 125, last: (1 << 126) - 1 }]));
        match family {
            Family::Ipv4 => &IPV4,
            Family::Ipv6 => &IPV6,
        }
    }

    /// The union of ranges.
    pub(crate) fn union(spans: impl IntoIterator<Item = Span>) -> Self {
        let mut spans: Vec<Span> = spans.into_iter().collect();
        spans.sort_unstable();
        spans.dedup_by(|span, before| {
            let joined = span.first <= before.last.saturating_add(1);
            if joined {
                before.last = before.last.max(span.last);
            }
            joined
        });
        Self(spans)
    }

    /// Takes a range out; gives what was in it.
    pub(crate) fn take(&mut self, out: Span) -> Self {
        let mut taken = Vec::new();
        let mut kept = Vec::new();
        for &Span { first, last } in &self.0 {
            if last < out.first || out.last < first {
                kept.push(Span { first, last });
                continue;
            }
            taken.push(Span { first: first.max(out.first), last: last.min(out.last) });
            // The bounds are inside the span, so that one less and one more exist.
            if first < out.first {
                kept.push(Span { first, last: out.first - 1 });
            }
            if out.last < last {
                kept.push(Span { first: out.last + 1, last });
            }
        }
        self.0 = kept;
        Self(taken)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of other addresses are in these.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        // Ours don't touch, so that what is in one piece there lies in one of ours.
        let within = |span: &Span| self.0.iter().any(|own| own.first <= span.first && span.last <= own.last);
        other.0.iter().all(within)
    }

    /// How many addresses of the internet are in these.
    fn count_in_internet(&self, family: Family) -> u128 {
        let (mut ours, mut theirs) = (self.0.iter().peekable(), Self::internet(family).0.iter().peekable());
        let mut count = 0;
        while let (Some(one), Some(another)) = (ours.peek(), theirs.peek()) {
            let (first, last) = (one.first.max(another.first), one.last.min(another.last));
            if first <= last {
                count += last - first + 1;
            }
            if one.last < another.last {
                ours.next();
            } else {
                theirs.next();
            }
        }
        count
    }

    /// How much of the internet these are, in whole percent, rounded down.
    pub(crate) fn percent_of_internet(&self, family: Family) -> u128 {
        // Divided first: a hundred times IPv6 is more than 128 bits hold.
        self.count_in_internet(family) / (Self::internet(family).count() / 100).max(1)
    }

    /// The same in words. Rounded down, but never to nothing.
    pub(crate) fn share_of_internet(&self, family: Family) -> Cow<'static, str> {
        if self.count_in_internet(family) == 0 {
            return "no address".into();
        }
        match self.percent_of_internet(family) {
            0 => "less than 1%".into(),
            percent => format!("{percent}%").into(),
        }
    }

    /// The number of addresses. Never asked of all of IPv6, which is one more than 128 bits hold.
    fn count(&self) -> u128 {
        self.0.iter().map(|span| span.last - span.first + 1).sum()
    }
}

/// Whether ranges that are all allowed open everything: one is the whole family, or together they are the internet.
pub(crate) fn unrestricted(family: Family, ranges: &[Cidr], union_counts: bool) -> bool {
    let internet = Spans::internet(family);
    // One of them has the first address, if they have all: seldom is there more to do.
    let has_first = |range: &Cidr| {
        let Span { first, last } = range.span;
        internet.0.first().is_none_or(|internet| (first..=last).contains(&internet.first))
    };
    ranges.iter().any(|range| range.prefix == 0)
        || (union_counts
            && ranges.iter().any(has_first)
            && Spans::union(ranges.iter().map(|range| range.span)).covers(internet))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "a test asks for the gap")]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    fn ranges(texts: &[&str]) -> Vec<Cidr> {
        texts.iter().map(|text| Cidr::parse(text).unwrap()).collect()
    }

    #[test]
    fn the_internet_by_other_means() {
        let internet = Spans::internet(Family::Ipv4);
        // The standard library knows the same blocks under other names.
        for a in 0..=255_u8 {
            for b in 0..=255_u8 {
                for c in [0, 2, 99, 100, 113, 255] {
                    let address = Ipv4Addr::new(a, b, c, 7);
                    let special = a == 0
                        || a >= 224
                        || address.is_private()
                        || address.is_loopback()
                        || address.is_link_local()
                        || address.is_documentation()
                        || (a == 100 && (64..128).contains(&b))
                        || (a == 198 && (18..20).contains(&b))
                        || (a == 192 && b == 0 && c == 0);
                    let number = u128::from(u32::from(address));
                    let inside = internet.0.iter().any(|span| (span.first..=span.last).contains(&number));
                    assert_eq!(inside, !special, "{address}");
                }
            }
        }
        let all = u128::from(Ipv6Addr::new(0x3fff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff));
        assert_eq!(Spans::internet(Family::Ipv6).0.last().unwrap().last, all);
    }

    #[test]
    fn unrestricted_cases() {
        for (texts, family, expected) in [
            (&["0.0.0.0/0"][..], Family::Ipv4, true),
            (&["0.0.0.0/1", "128.0.0.0/1"], Family::Ipv4, true),
            (&["128.0.0.0/2", "0.0.0.0/1", "192.0.0.0/3"], Family::Ipv4, true),
            (&["0.0.0.0/1"], Family::Ipv4, false),
            (&["0.0.0.0/1", "128.0.0.0/2"], Family::Ipv4, false),
            (&["10.0.0.0/8"], Family::Ipv4, false),
            (&[], Family::Ipv4, false),
            (&["::/0"], Family::Ipv6, true),
            (&["0:0:0:0:0:0:0:0/0"], Family::Ipv6, true),
            (&["2000::/3"], Family::Ipv6, true),
            (&["2000::/4", "3000::/4"], Family::Ipv6, true),
            (&["2000::/4"], Family::Ipv6, false),
            (&["fc00::/7"], Family::Ipv6, false),
        ] {
            assert_eq!(unrestricted(family, &ranges(texts), true), expected, "{texts:?}");
        }
        assert!(!unrestricted(Family::Ipv4, &ranges(&["0.0.0.0/1", "128.0.0.0/1"]), false));
        let half = |text| Spans::union([Cidr::parse(text).unwrap().span]);
        assert_eq!(half("2000::/4").percent_of_internet(Family::Ipv6), 50);
        assert_eq!(half("::/0").percent_of_internet(Family::Ipv6), 100);
        assert_eq!(half("10.0.0.0/8").percent_of_internet(Family::Ipv4), 0);
        assert_eq!(half("10.0.0.0/8").share_of_internet(Family::Ipv4), "no address");
        assert_eq!(half("8.8.8.0/24").share_of_internet(Family::Ipv4), "less than 1%");
        assert_eq!(half("0.0.0.0/1").share_of_internet(Family::Ipv4), "56%");
        assert_eq!(half("fd00::/8").share_of_internet(Family::Ipv6), "no address");
        assert_eq!(half("2001:db8::/32").share_of_internet(Family::Ipv6), "less than 1%");
        for text in ["", "0.0.0.0", "0.0.0.0/33", "10.0.0/8", "::/129", "anywhere"] {
            assert!(Cidr::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn ports_of_rules() {
        let reach = |protocol, from, to, wanted, port| Ports { protocol, from, to }.reach(wanted, port);
        let (tcp, udp) = (Protocol::Tcp, Protocol::Udp);
        for (protocol, from, to, wanted, port, expected) in [
            ("-1", None, None, tcp, 22, true),
            ("all", None, None, udp, 3389, true),
            ("-1", Some(80), Some(80), tcp, 22, true), // of all traffic no port counts
            ("tcp", Some(22), Some(22), tcp, 22, true),
            ("6", Some(0), Some(65535), tcp, 3389, true),
            ("6", None, None, tcp, 22, true),
            ("tcp", Some(-1), Some(-1), tcp, 22, true),
            ("tcp", Some(23), Some(3388), tcp, 22, false),
            ("tcp", Some(22), Some(22), udp, 22, false),
            ("17", Some(3389), Some(3389), udp, 3389, true),
            ("icmp", Some(8), Some(0), tcp, 22, false), // type and code
            ("1", Some(3), Some(-1), tcp, 22, false),
            ("icmpv6", None, None, tcp, 22, false),
            ("47", None, None, tcp, 22, false),
            ("50", None, None, udp, 22, false),
        ] {
            assert_eq!(reach(protocol, from, to, wanted, port), Ok(expected), "{protocol} {from:?} {to:?}");
        }
        for (protocol, from, to) in
            [("tcp", Some(22), None), ("tcp", Some(30), Some(20)), ("TCP/IP", None, None), ("256", None, None)]
        {
            assert!(reach(protocol, from, to, tcp, 22).is_err(), "{protocol} {from:?} {to:?}");
        }
        assert_eq!(lookups(&[Protocol::All]), [Protocol::All]);
        assert_eq!(lookups(&[Protocol::All, udp]), [udp]);
        assert!(serde_json::from_str::<Protocol>("47").is_err());
    }

    /// Blocks of a small part of the space, wide and narrow, so that they meet.
    fn block() -> impl Strategy<Value = Cidr> {
        (any::<u32>(), 0..=8_u8)
            .prop_map(|(address, prefix)| Cidr::parse(&format!("{}/{prefix}", Ipv4Addr::from(address))).unwrap())
    }

    proptest! {
        #[test]
        fn a_union_is_what_its_addresses_say(blocks in proptest::collection::vec(block(), 0..12), sampled in proptest::collection::vec(any::<u32>(), 64)) {
            let union = Spans::union(blocks.iter().map(|block| block.span));
            let within = |spans: &[Span], address: u128| spans.iter().any(|span| span.first <= address && address <= span.last);
            let internet = Spans::internet(Family::Ipv4);
            let edges = blocks.iter().flat_map(|block| [block.span.first, block.span.last]);
            // Every border of the internet is looked at, and one address in each /8.
            let borders = internet.0.iter().flat_map(|span| [span.first, span.last]).chain((0..256).map(|a| (a << 24) + 0x2_0202));
            let mut all = true;
            for address in sampled.into_iter().map(u128::from).chain(edges).chain(borders) {
                let naive = blocks.iter().any(|block| block.span.first <= address && address <= block.span.last);
                prop_assert_eq!(within(&union.0, address), naive);
                all &= naive || !within(&internet.0, address);
            }
            // Blocks no narrower than a /8 can't leave out less than that.
            prop_assert_eq!(union.covers(internet), all);
            let percent = union.percent_of_internet(Family::Ipv4);
            prop_assert!(percent <= 100 && (!all || percent == 100));
        }

        #[test]
        fn a_range_that_is_taken_is_gone_and_nothing_else(blocks in proptest::collection::vec(block(), 0..8), out in block(), sampled in proptest::collection::vec(any::<u32>(), 64)) {
            let before = Spans::union(blocks.iter().map(|block| block.span));
            let mut after = before.clone();
            let taken = after.take(out.span);
            for address in sampled.into_iter().map(u128::from).chain([out.span.first, out.span.last]) {
                let within = |spans: &Spans| spans.0.iter().any(|span| span.first <= address && address <= span.last);
                let is_out = out.span.first <= address && address <= out.span.last;
                prop_assert_eq!(within(&after), within(&before) && !is_out);
                prop_assert_eq!(within(&taken), within(&before) && is_out);
            }
        }
    }
}
