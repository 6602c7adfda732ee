//! Pseudonyms that keep length and alphabet, and that no two texts share.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, Mac};
use sha2::Sha256;

use super::key::Key;
use super::words::{is_reserved, unique_id_prefix};

/// Of a Feistel network: more than the eight that small domains ask for.
const ROUNDS: u8 = 10;
/// Symbols that are permuted together. Sixteen of the largest alphabet fit 128 bits.
const CHUNK: usize = 16;
/// Pseudonyms that are remembered, as names recur.
const REMEMBERED: usize = 1 << 16;
/// The letters of other scripts become some of these.
const OTHERS: (u32, u32) = (0x4e00, 20_000);

/// A keyed family of permutations, made of HMAC-SHA-256.
pub(super) struct Cipher {
    mac: Hmac<Sha256>,
    runs: Mutex<HashMap<String, String>>,
}

/// What is kept of a run of letters and digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A word with a meaning of its own, which no pseudonym may take.
    Reserved,
    AccountId,
    /// `AKIA...` and the like.
    UniqueId,
    Hex,
    Other,
}

impl Shape {
    fn of(run: &str) -> Self {
        let all = |is: fn(&u8) -> bool| run.bytes().all(|byte| is(&byte));
        let any = |is: fn(&u8) -> bool| run.bytes().any(|byte| is(&byte));
        if is_account_id(run) {
            Self::AccountId
        } else if unique_id_prefix(run).is_some() {
            Self::UniqueId
        } else if run.len() >= 8
            && all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && any(u8::is_ascii_digit)
            && any(u8::is_ascii_lowercase)
        {
            Self::Hex
        } else if is_reserved(run) {
            Self::Reserved
        } else {
            Self::Other
        }
    }
}

/// Whether a text is twelve digits.
pub(super) fn is_account_id(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Which symbols may stand at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    Digits,
    Hex,
    /// Without case: the pseudonym takes each letter's case from the text.
    Letters,
}

impl Alphabet {
    fn of(symbol: u8, shape: Shape) -> Self {
        match shape {
            Shape::Hex => Self::Hex,
            _ if symbol.is_ascii_digit() => Self::Digits,
            _ => Self::Letters,
        }
    }

    fn size(self) -> u128 {
        match self {
            Self::Digits => 10,
            Self::Hex => 16,
            Self::Letters => 26,
        }
    }

    fn index(self, symbol: u8) -> u128 {
        let symbol = symbol.to_ascii_lowercase();
        u128::from(match self {
            Self::Letters => symbol.wrapping_sub(b'a'),
            Self::Digits | Self::Hex if symbol.is_ascii_digit() => symbol.wrapping_sub(b'0'),
            Self::Digits | Self::Hex => symbol.wrapping_sub(b'a').wrapping_add(10),
        })
    }

    fn symbol(self, index: u128) -> u8 {
        let index = u8::try_from(index).unwrap_or_default();
        match self {
            Self::Letters => b'a'.wrapping_add(index),
            Self::Digits | Self::Hex if index < 10 => b'0'.wrapping_add(index),
            Self::Digits | Self::Hex => b'a'.wrapping_add(index).wrapping_sub(10),
        }
    }
}

impl Cipher {
    pub(super) fn new(key: &Key) -> Self {
        Self { mac: key.mac(), runs: Mutex::default() }
    }

    /// A number that a tweak decides.
    pub(super) fn number(&self, tweak: &[&[u8]]) -> u128 {
        let mut mac = self.mac.clone();
        for part in tweak {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
    }

    /// Where a permutation of the numbers below `size`, at most 2^126, takes one of them: a Feistel network over the next
    /// even number of bits, walked on until it is back below `size`.
    fn permuted(&self, tweak: &[&[u8]], value: u128, size: u128) -> u128 {
        let half = (128 - size.saturating_sub(1).leading_zeros()).div_ceil(2).max(1);
        let mask = (1_u128 << half) - 1;
        let mut value = value;
        loop {
            let (mut left, mut right) = (value >> half, value & mask);
            for round in 0..ROUNDS {
                let (round, bytes) = ([round], right.to_be_bytes());
                let parts: Vec<&[u8]> = tweak.iter().copied().chain([&round[..], &bytes[..]]).collect();
                (left, right) = (right, left ^ (self.number(&parts) & mask));
            }
            value = (left << half) | right;
            if value < size {
                return value;
            }
        }
    }

    /// The pseudonym of a run of letters and digits: of the same length, a letter for a letter of the same case, a digit
    /// for a digit. It is never a reserved word; a run that is one gets a longer pseudonym.
    pub(super) fn run(&self, run: &str) -> String {
        let mut runs = self.runs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = runs.get(run) {
            return known.clone();
        }
        if runs.len() >= REMEMBERED {
            runs.clear();
        }
        let pseudonym = self.run_anew(run);
        runs.insert(run.to_owned(), pseudonym.clone());
        pseudonym
    }

    fn run_anew(&self, run: &str) -> String {
        let shape = Shape::of(run);
        if shape == Shape::Reserved {
            // As long as this, it stands in nobody's way.
            return self.run_anew(&format!("{run}{}", "x".repeat(12_usize.saturating_sub(run.len()).max(1))));
        }
        let mut pseudonym = self.plain_as(run, shape);
        while Shape::of(&pseudonym) != shape {
            pseudonym = self.plain_as(&pseudonym, shape);
        }
        pseudonym
    }

    /// The same of a run that may be a reserved word and become one.
    pub(super) fn plain(&self, run: &str) -> String {
        self.plain_as(run, Shape::Other)
    }

    fn plain_as(&self, run: &str, shape: Shape) -> String {
        if !run.is_ascii() {
            return self.other_scripts(run);
        }
        let kept = if shape == Shape::UniqueId { 4 } else { 0 };
        let (prefix, rest) = run.split_at_checked(kept).unwrap_or(("", run));
        let mut before = rest.len().to_be_bytes().to_vec();
        let mut pseudonym = prefix.to_owned();
        for chunk in rest.as_bytes().chunks(CHUNK) {
            let alphabets: Vec<_> = chunk.iter().map(|symbol| Alphabet::of(*symbol, shape)).collect();
            let symbols = || chunk.iter().zip(&alphabets);
            let size = alphabets.iter().fold(1, |size, alphabet| size * alphabet.size());
            let value =
                symbols().fold(0, |value, (symbol, alphabet)| value * alphabet.size() + alphabet.index(*symbol));
            let classes: Vec<u8> = alphabets.iter().map(|alphabet| *alphabet as u8).collect();
            let mut value = self.permuted(&[b"run", &before, &classes], value, size);
            let mut found = Vec::with_capacity(chunk.len());
            for (symbol, alphabet) in symbols().rev() {
                let pseudonym = alphabet.symbol(value % alphabet.size());
                found.push(if symbol.is_ascii_uppercase() { pseudonym.to_ascii_uppercase() } else { pseudonym });
                value /= alphabet.size();
            }
            pseudonym.extend(found.into_iter().rev().map(char::from));
            before.extend(chunk.to_ascii_lowercase());
        }
        pseudonym
    }

    /// Other scripts have too many letters to permute: there two runs could meet, though not by chance.
    fn other_scripts(&self, run: &str) -> String {
        let folded = run.to_lowercase();
        let other = |(position, c): (usize, char)| {
            let number = self.number(&[b"script", folded.as_bytes(), &position.to_be_bytes()]);
            replaced(c, |size| number % size)
        };
        run.chars().enumerate().map(other).collect()
    }

    /// The hexadecimal digits of a UUID, dashes left out.
    pub(super) fn hex(&self, digits: &str) -> String {
        self.plain_as(digits, Shape::Hex)
    }

    /// A text in which each character has its own constant replacement under a tweak, so that whatever begins, ends or
    /// holds what still does. Everything but letters and digits is kept.
    pub(super) fn letters(&self, tweak: &str, text: &str) -> String {
        text.chars()
            .map(|c| {
                replaced(c, |size| {
                    let index = index_of(c, size);
                    self.permuted(&[b"letter", tweak.as_bytes(), &size.to_be_bytes()], index, size)
                })
            })
            .collect()
    }

    /// A name in which what has the same beginning keeps one. Everything but letters and digits is kept, and twelve digits
    /// in a row are an account's id.
    pub(super) fn beginnings(&self, name: &str) -> String {
        let mut pseudonym = String::with_capacity(name.len());
        let mut rest = name;
        while let Some(c) = rest.chars().next() {
            let at = name.len() - rest.len();
            let before = name.get(..at).unwrap_or_default();
            let digits = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let run = rest.get(..digits).unwrap_or_default();
            if is_account_id(run) && !before.ends_with(|c: char| c.is_ascii_alphanumeric()) {
                pseudonym.push_str(&self.run(run));
                rest = rest.get(digits..).unwrap_or_default();
                continue;
            }
            let tweak = before.to_ascii_lowercase();
            pseudonym.push(replaced(c, |size| {
                self.permuted(&[b"beginning", tweak.as_bytes(), &size.to_be_bytes()], index_of(c, size), size)
            }));
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        pseudonym
    }
}

/// A character of the same class, by a number below the size of that class.
fn replaced(c: char, number: impl FnOnce(u128) -> u128) -> char {
    let letter = |number: u128| char::from(Alphabet::Letters.symbol(number));
    match c {
        'a'..='z' => letter(number(26)),
        'A'..='Z' => letter(number(26)).to_ascii_uppercase(),
        '0'..='9' => char::from(Alphabet::Digits.symbol(number(10))),
        c if c.is_alphanumeric() => {
            let (first, size) = OTHERS;
            let index = u32::try_from(number(u128::from(size))).unwrap_or_default();
            char::from_u32(first + index).unwrap_or('\u{4e00}')
        }
        c => c,
    }
}

fn index_of(c: char, size: u128) -> u128 {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii_digit() => Alphabet::Digits.index(byte),
        Ok(byte) if byte.is_ascii_alphabetic() => Alphabet::Letters.index(byte),
        _ => u128::from(u32::from(c)) % size,
    }
}

/// Never shows the key.
impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cipher")
    }
}
