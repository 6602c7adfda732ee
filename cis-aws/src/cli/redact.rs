//! The sub-command `redact`: a snapshot without the names in it.

use std::path::Path;

use cis_core::Error;

use super::Exit;
use super::args::RedactArgs;
use crate::redact::{Key, Redactor};
use crate::sources::SnapshotSource;

pub(super) fn redact(args: &RedactArgs) -> Result<Exit, Error> {
    let redactor = redactor(args.key_file.as_deref())?;
    let source = SnapshotSource::open(&args.snapshot)?;
    redactor.snapshot(&source, &args.out)?;
    Ok(Exit::NothingFails)
}

/// A redactor by the key in a file, or by one that nobody has.
pub(super) fn redactor(key_file: Option<&Path>) -> Result<Redactor, Error> {
    let key = match key_file {
        Some(path) => Key::read(path)?,
        None => Key::random()?,
    };
    Ok(Redactor::new(&key))
}
