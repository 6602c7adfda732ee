//! The file that a report goes to: written whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use cis_core::Error;
use tempfile::NamedTempFile;

/// A file to be written, whole or not at all. Made before the work, so that a wrong path is told before it and not after.
///
/// Links are followed; what is no regular file (`/dev/null`, a pipe) is written to as it is, never replaced.
#[derive(Debug)]
pub struct Output {
    way: Way,
    target: PathBuf,
    /// What stands before its path in errors.
    option: &'static str,
}

#[derive(Debug)]
enum Way {
    /// A file beside the target, to be moved there once it is whole.
    Beside(NamedTempFile),
    Special(File),
}

impl Output {
    /// Makes ready to write the file that `--output` names.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        Self::open_for(path, "--output ")
    }

    /// Makes ready to write a file. `option` stands before its path in errors; most often nothing.
    ///
    /// # Errors
    /// Its folder does not exist or cannot be written to; it is a folder itself.
    pub fn open_for(path: &Path, option: &'static str) -> Result<Self, Error> {
        let named = || format!("{option}{}", path.display());
        let at = |error: io::Error| Error::write(error.to_string()).at(named()).because(error);
        // Through links: what they lead to is to be replaced, not they.
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(at(error)),
        };
        let there = fs::metadata(&target).ok();
        if there.as_ref().is_some_and(fs::Metadata::is_dir) {
            return Err(Error::write("it is a folder; name a file").at(named()));
        }
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = File::options().write(true).open(&target).map_err(at)?;
            return Ok(Self { way: Way::Special(file), target, option });
        }
        let folder = match target.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            let message = format!("the folder {} does not exist", folder.display());
            return Err(Error::write(message).at(named()));
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".audit-").suffix(".part");
        // As any new file gets them, or as the file that it replaces has them; a temporary file's own are tighter.
        let permissions = there.map_or_else(new_file, |there| Some(there.permissions()));
        if let Some(permissions) = permissions {
            builder.permissions(permissions);
        }
        let beside = builder.tempfile_in(folder).map_err(at)?;
        Ok(Self { way: Way::Beside(beside), target, option })
    }

    /// Writes the file. On an error the target is as it was.
    ///
    /// # Errors
    /// Those of the writer and of the file.
    pub fn write(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
        let through = |file: &File| {
            let mut to = BufWriter::new(file);
            write(&mut to)?;
            to.flush()
        };
        let Self { way, target, option } = self;
        let failed = |error: io::Error| {
            Error::write(error.to_string()).at(format!("{option}{}", target.display())).because(error)
        };
        match way {
            Way::Special(file) => through(&file).map_err(failed),
            Way::Beside(beside) => {
                through(beside.as_file()).and_then(|()| beside.as_file().sync_all()).map_err(failed)?;
                beside.persist(&target).map(|_| ()).map_err(|error| failed(error.error))
            }
        }
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "elsewhere there is none")]
fn new_file() -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt as _;
    // Less the umask, which the system takes off.
    Some(fs::Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn new_file() -> Option<fs::Permissions> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    #[test]
    fn whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("report");
        for text in ["first", "second"] {
            Output::open(&target).unwrap().write(|to| to.write_all(text.as_bytes())).unwrap();
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
        }
        assert_eq!(files(folder.path()), ["report"]);
    }

    #[test]
    fn or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("report");
        fs::write(&target, "old").unwrap();
        let half = |to: &mut dyn Write| to.write_all(b"half").and_then(|()| Err(io::ErrorKind::StorageFull.into()));
        assert!(Output::open(&target).unwrap().write(half).is_err());
        drop(Output::open(&target).unwrap());
        assert_eq!(fs::read_to_string(&target).unwrap(), "old");
        assert_eq!(files(folder.path()), ["report"]);
    }

    #[test]
    fn wrong_places_are_told_before_the_scan() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &Path| Output::open(path).unwrap_err().to_string();
        assert!(error(&folder.path().join("none/report")).ends_with("none does not exist"));
        assert!(error(folder.path()).ends_with("it is a folder; name a file"));
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay_and_devices_are_not_replaced() {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("report"), folder.path().join("link"));
        fs::write(&target, "old").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&target, &link).unwrap();
        Output::open(&link).unwrap().write(|to| to.write_all(b"new")).unwrap();
        assert_eq!(fs::read_to_string(&target).unwrap(), "new");
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink());

        Output::open(Path::new("/dev/null")).unwrap().write(|to| to.write_all(b"gone")).unwrap();
        assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    }
}
