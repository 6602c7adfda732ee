//! Snapshots without names: account ids, names, ids and addresses are replaced, and every finding stays.
//!
//! A name gets the same pseudonym wherever it stands, decided by a [`Key`]: a bucket in its list, in policies and in ARNs; an
//! account's id in all of them. So a scan of the redacted snapshot judges the same things the same way, under other names.
//!
//! | what | becomes |
//! | --- | --- |
//! | an account's id | another twelve digits, the same everywhere |
//! | a name | the same length, a letter for a letter and a digit for a digit, each part between separators by itself; a word with a meaning of its own (`admin`, `default`) becomes longer |
//! | a bucket's name | likewise, as a whole: two that begin alike still do |
//! | a resource's id, a UUID, an access key's id | the same prefix and form |
//! | an IP address | one that shares as many leading bits with others; private ones stay private, `0.0.0.0/0` stays |
//! | a policy | effects, actions, condition keys, services and wildcards stay |
//! | a filter pattern | the words of CloudTrail's events stay |
//! | a contact | the same length; the words that name a team stay before the `@` |
//! | what AWS enumerates, numbers, times, regions, names of AWS's own | kept |
//! | a member that this version does not know | left out |
//!
//! Structure stays: how many of what there are, when, in which regions, and what is attached to what. `docs/snapshot.md`
//! says what that leaves for a reader to guess.
//!
//! ```
//! use cis_aws::redact::{Key, Redactor};
//!
//! let redactor = Redactor::new(&Key::random()?);
//! let arn = redactor.text("arn:aws:iam::123456789012:user/annette");
//! assert!(arn.starts_with("arn:aws:iam::") && arn.contains(":user/") && !arn.contains("annette"));
//! assert_eq!(arn, redactor.text("arn:aws:iam::123456789012:user/annette"));
//! # Ok::<(), cis_core::Error>(())
//! ```

mod address;
mod cipher;
mod document;
mod folder;
mod key;
mod pattern;
mod policy;
mod report;
mod rules;
mod text;
mod words;

pub use key::Key;

use cis_core::layer::Rewrite;
use cis_core::snapshot::Manifest;
use cis_core::{Collection, DatasetInfo, Gap, GapKind, Place, Region, gap_text, json_value};
use serde_json::{Value, json};

use self::cipher::Cipher;

/// Replaces names by the pseudonyms that a key decides.
///
/// [`snapshot`](Self::snapshot) redacts a snapshot that is there. As a [`Rewrite`] of the recording layer it redacts one
/// while it is written, so that the names never reach the disk:
///
/// ```
/// use cis_aws::redact::{Key, Redactor};
/// use cis_core::layer::Record;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path().join("snapshot");
/// let redactor = Redactor::new(&Key::random()?);
/// let record = Record::create(cis_aws::sources::demo()?, folder, jiff::Timestamp::UNIX_EPOCH)?.rewritten(redactor);
/// # Ok::<(), cis_core::Error>(())
/// ```
#[derive(Debug)]
pub struct Redactor {
    cipher: Cipher,
}

impl Redactor {
    /// Pseudonyms by this key.
    pub fn new(key: &Key) -> Self {
        Self { cipher: Cipher::new(key) }
    }

    /// A name, an id, an ARN or any other text with its names replaced.
    ///
    /// Buckets have their own pseudonyms: see [`bucket`](Self::bucket). Their ARNs are understood.
    pub fn text(&self, text: &str) -> String {
        self.cipher.text(text)
    }

    /// The name of a bucket, replaced. Two names that begin alike still do.
    pub fn bucket(&self, name: &str) -> String {
        self.cipher.bucket(name)
    }

    /// A gap with the names in it replaced.
    fn gap(&self, gap: &Gap) -> Gap {
        let redacted = document::gap(&self.cipher, &json_value(gap));
        serde_json::from_value(redacted).unwrap_or_else(|_| Gap::new(gap.kind, text::UNREADABLE))
    }
}

impl Rewrite for Redactor {
    fn manifest(&self, manifest: &Manifest) -> Manifest {
        let region = |region: &Region| Region { name: self.cipher.region(&region.name), status: region.status };
        let calls = |collection: &Collection| Collection {
            calls: collection.calls.iter().map(|(operation, calls)| (self.cipher.word(operation), *calls)).collect(),
        };
        Manifest {
            format: manifest.format.clone(),
            version: manifest.version,
            account_id: self.cipher.text(&manifest.account_id),
            partition: self.cipher.word(&manifest.partition),
            as_of: manifest.as_of,
            regions: manifest.regions.as_ref().map(|regions| regions.iter().map(region).collect()),
            regions_gap: manifest.regions_gap.as_ref().map(|gap| self.gap(gap)),
            collection: manifest.collection.as_ref().map(calls),
        }
    }

    fn place(&self, place: &Place) -> Place {
        let account_id = self.cipher.text(place.account_id());
        match place.region_name() {
            None => Place::account(&account_id),
            Some(region) => Place::region(&account_id, &self.cipher.region(region)),
        }
    }

    /// A document of a dataset that is none of this crate's is a gap: what in it is a name is not known.
    fn document(&self, dataset: &DatasetInfo, document: Value) -> Value {
        if rules::of(dataset.name()).is_none() {
            let message = gap_text!("the snapshot was redacted, and what in this dataset is a name is not known");
            return json!({ "$gap": dataset.gap(GapKind::NotSupported, message) });
        }
        document::document(&self.cipher, &[dataset], &document)
    }
}
