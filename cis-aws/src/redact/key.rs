//! The key of a redaction.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use cis_core::Error;
use hmac::{Hmac, KeyInit};
use sha2::Sha256;

/// The shortest key, in bytes.
const LEAST: usize = 32;
/// The longest key file that is read, in bytes: anything larger was not meant.
const MOST: u64 = 1 << 20;

/// The secret that decides which pseudonym a name gets.
///
/// With the same key a name gets the same pseudonym in every snapshot, so that two of them can be compared. Who has the key
/// can find out the names behind the pseudonyms.
#[derive(Clone)]
pub struct Key(Hmac<Sha256>);

impl Key {
    /// A new key of 32 bytes, from the operating system.
    ///
    /// # Errors
    /// The operating system has no random numbers.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; LEAST];
        getrandom::fill(&mut bytes).map_err(|error| {
            Error::input(format!("the operating system gave no random key ({error}); name a key file")).because(error)
        })?;
        Self::new(bytes)
    }

    /// A key of your own, of at least 32 bytes, which should be random.
    ///
    /// # Errors
    /// It is shorter.
    ///
    /// ```
    /// use cis_aws::redact::Key;
    ///
    /// assert!(Key::new("not even thirty-two bytes long").is_err());
    /// ```
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, Error> {
        let bytes = bytes.as_ref();
        if bytes.len() < LEAST {
            let message = format!(
                "the key has {} bytes; it must have at least {LEAST}, such as `head -c {LEAST} /dev/urandom` gives",
                bytes.len()
            );
            return Err(Error::input(message));
        }
        let mac =
            Hmac::new_from_slice(bytes).map_err(|error| Error::input(format!("the key is of no use: {error}")))?;
        Ok(Self(mac))
    }

    /// The key that a file holds: all its bytes, a line break at the end included.
    ///
    /// # Errors
    /// The file cannot be read, or holds fewer than 32 bytes or more than 1 MiB.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let at = |error: Error| error.at(format!("key file {}", path.display()));
        let unreadable = |error: std::io::Error| at(Error::document(format!("cannot be read: {error}")).because(error));
        let mut bytes = Vec::new();
        File::open(path).map_err(unreadable)?.take(MOST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST) {
            return Err(at(Error::input(format!("it is larger than {MOST} bytes, which no key needs"))));
        }
        Self::new(bytes).map_err(at)
    }

    pub(super) fn mac(&self) -> Hmac<Sha256> {
        self.0.clone()
    }
}

/// Never shows the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}
