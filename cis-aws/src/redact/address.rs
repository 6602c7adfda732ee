//! IP addresses: what lies in one network still does.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::cipher::Cipher;
use crate::controls::vpc::exposure::SPECIAL_IPV4;

/// The IPv6 blocks that are kept apart, by their first 16-bit groups and prefix length: mapped and unspecified addresses,
/// the internet and what is special in it, local and multicast addresses.
// https://www.iana.org/assignments/iana-ipv6-special-registry
const SPECIAL_IPV6: &[([u16; 2], u8)] = &[
    ([0, 0], 96),
    ([0x64, 0xff9b], 96),
    ([0x2000, 0], 3),
    ([0x2001, 0xdb8], 32),
    ([0x2002, 0], 16),
    ([0xfc00, 0], 7),
    ([0xfe80, 0], 10),
    ([0xff00, 0], 8),
];

/// The pseudonym of an address. Two addresses share as many leading bits as before, and an address of a special block
/// (private, loopback, documentation, ...) stays in it: bits are flipped or not by those before them, and never where a
/// special block branches off.
pub(super) fn address(cipher: &Cipher, address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let special: Vec<_> = SPECIAL_IPV4
                .iter()
                .map(|(first, length)| (u128::from(u32::from_be_bytes(*first)), u32::from(*length)))
                .collect();
            let bits = flipped(cipher, b"ipv4", u128::from(u32::from(v4)), 32, &special);
            IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).unwrap_or_default()))
        }
        IpAddr::V6(v6) => {
            let first = |[one, two]: [u16; 2]| (u128::from(one) << 112) | (u128::from(two) << 96);
            let special: Vec<_> =
                SPECIAL_IPV6.iter().map(|(groups, length)| (first(*groups), u32::from(*length))).collect();
            IpAddr::V6(Ipv6Addr::from(flipped(cipher, b"ipv6", u128::from(v6), 128, &special)))
        }
    }
}

/// The pseudonym of a range. Its length is kept, and bits behind it that are zero stay zero.
pub(super) fn range(cipher: &Cipher, range: IpNet) -> String {
    let mapped = address(cipher, range.addr());
    let length = range.prefix_len();
    match IpNet::new(mapped, length) {
        Ok(mapped) if range.addr() == range.network() => mapped.trunc().to_string(),
        _ => format!("{mapped}/{length}"),
    }
}

fn flipped(cipher: &Cipher, family: &[u8], bits: u128, width: u32, special: &[(u128, u32)]) -> u128 {
    (0..width).fold(bits, |mapped, at| {
        let before = bits.checked_shr(width - at).unwrap_or_default();
        let branches =
            |(first, length): &(u128, u32)| *length > at && first.checked_shr(width - at).unwrap_or_default() == before;
        if special.iter().any(branches) {
            return mapped;
        }
        let position = [u8::try_from(at).unwrap_or_default()];
        let flip = cipher.number(&[family, &position, &before.to_be_bytes()]) & 1;
        mapped ^ (flip << (width - 1 - at))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Key;
    use super::*;

    fn cipher() -> Cipher {
        Cipher::new(&Key::new([7; 32]).unwrap())
    }

    fn common(width: u32, one: u128, other: u128) -> u32 {
        (one ^ other).leading_zeros() - (128 - width)
    }

    fn special(bits: u32) -> Vec<usize> {
        let holds =
            |(first, length): &([u8; 4], u8)| (bits ^ u32::from_be_bytes(*first)).leading_zeros() >= u32::from(*length);
        SPECIAL_IPV4.iter().enumerate().filter(|(_, block)| holds(block)).map(|(index, _)| index).collect()
    }

    proptest! {
        #[test]
        fn what_two_addresses_share_they_keep(one in any::<u32>(), flip in 0_u32..32) {
            let map = |bits: u32| match address(&cipher(), IpAddr::V4(bits.into())) {
                IpAddr::V4(v4) => u32::from(v4),
                IpAddr::V6(_) => unreachable!(),
            };
            let other = one ^ (1 << flip);
            prop_assert_eq!(common(32, map(one).into(), map(other).into()), common(32, one.into(), other.into()));
            prop_assert_eq!(special(map(one)), special(one));
        }

        #[test]
        fn what_two_addresses_share_they_keep_in_ipv6(one in any::<u128>(), flip in 0_u32..128) {
            let map = |bits: u128| match address(&cipher(), IpAddr::V6(bits.into())) {
                IpAddr::V6(v6) => u128::from(v6),
                IpAddr::V4(_) => unreachable!(),
            };
            let other = one ^ (1 << flip);
            prop_assert_eq!(common(128, map(one), map(other)), common(128, one, other));
        }
    }

    #[test]
    fn ranges() {
        let cipher = cipher();
        let map = |text: &str| range(&cipher, text.parse().unwrap());
        for kept in ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/1", "10.0.0.0/8", "172.16.0.0/12", "2000::/3"] {
            assert_eq!(map(kept), kept);
        }
        for (changed, stays_in) in [("10.1.0.0/16", "10."), ("192.168.7.0/24", "192.168."), ("fd12:3456::/32", "fd")] {
            let mapped = map(changed);
            assert!(mapped != changed && mapped.starts_with(stays_in), "{changed} became {mapped}");
        }
        assert!(map("54.1.2.3/8").ends_with("/8"));
    }
}
