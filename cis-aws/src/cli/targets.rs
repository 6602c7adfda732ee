//! Which forms of the report go where.

use std::io::Write;
use std::path::{Path, PathBuf};

use cis_core::format::{Format, Options, TextOptions};
use cis_core::{Error, Report};

use super::console::Console;
use super::output::Output;

/// What `--output` calls standard output.
const STANDARD_OUTPUT: &str = "-";

/// A form of the report, and the file that it goes to; none for standard output.
#[derive(Debug)]
pub(super) struct Target {
    format: Format,
    output: Option<Output>,
}

/// The forms that were asked for, each with the file that it goes to: the first `--format` to the first `--output`, and so
/// on. Files are made ready, so that a wrong path is told before the scan.
///
/// # Errors
/// More forms than places for them, or the reverse; a place twice; a form that is no text to a terminal; what
/// [`Output::open`] says.
pub(super) fn targets(formats: &[Format], outputs: &[PathBuf], terminal: bool) -> Result<Vec<Target>, Error> {
    let text: Format = "text".parse()?;
    let formats = if formats.is_empty() { &[text] } else { formats };
    let standard = [PathBuf::from(STANDARD_OUTPUT)];
    let outputs = if outputs.is_empty() && formats.len() == 1 { &standard } else { outputs };
    if formats.len() != outputs.len() {
        return Err(Error::input(format!(
            "{} --format and {} --output; give each format an output of its own, in the same order ({STANDARD_OUTPUT} is \
             standard output)",
            formats.len(),
            outputs.len(),
        )));
    }
    for (n, path) in outputs.iter().enumerate() {
        if outputs.iter().take(n).any(|other| other == path) {
            return Err(Error::input("two formats would go there").at(format!("--output {}", path.display())));
        }
    }
    let open = |(format, path): (&Format, &PathBuf)| {
        let to_screen = path == Path::new(STANDARD_OUTPUT);
        if to_screen && terminal && format.binary {
            let message = format!("{} is no text for a terminal; name a file with --output", format.name);
            return Err(Error::input(message).at("--format"));
        }
        let output = if to_screen { None } else { Some(Output::open(path)?) };
        Ok(Target { format: *format, output })
    };
    formats.iter().zip(outputs).map(open).collect()
}

/// Writes every form. One that cannot be written costs no other; the first error is told.
pub(super) fn write(
    targets: Vec<Target>,
    report: &Report,
    options: &Options,
    console: &mut Console<'_>,
) -> Result<(), Error> {
    let mut done = Ok(());
    for Target { format, output } in targets {
        let written = match output {
            Some(output) => {
                // In a file there are neither colours nor the columns of a terminal.
                let mut options = options.clone();
                options.text = TextOptions::default();
                output.write(|to| format.write(report, &options, to))
            }
            None => console.print(|to: &mut dyn Write| format.write(report, options, to)),
        };
        done = done.and(written);
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why, the formats, the outputs, whether there is a terminal; which go to a file, or the start of the error.
    type Row<'a> = (&'a str, &'a [&'a str], Vec<PathBuf>, bool, Result<Vec<bool>, &'a str>);

    #[test]
    fn each_form_has_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let dash = || PathBuf::from("-");
        let rows: [Row<'_>; 10] = [
            ("nothing asked for", &[], vec![], true, Ok(vec![false])),
            ("one form", &["json"], vec![], true, Ok(vec![false])),
            ("one file", &[], vec![path("a")], true, Ok(vec![true])),
            ("two of each", &["json", "csv"], vec![path("a"), path("b")], true, Ok(vec![true, true])),
            ("one of them to standard output", &["text", "csv"], vec![dash(), path("b")], true, Ok(vec![false, true])),
            ("two forms for one place", &["json", "csv"], vec![], true, Err("2 --format and 0 --output; give each")),
            ("a place too few", &["json", "csv"], vec![path("a")], true, Err("2 --format and 1 --output; give each")),
            ("a place too many", &["json"], vec![path("a"), path("b")], true, Err("1 --format and 2 --output")),
            ("twice standard output", &["json", "csv"], vec![dash(), dash()], true, Err("--output -: two formats")),
            ("a folder that is not there", &["csv"], vec![path("none/a")], true, Err("--output ")),
        ];
        for (why, formats, outputs, terminal, expected) in rows {
            let formats: Vec<Format> = formats.iter().map(|name| name.parse().unwrap()).collect();
            let found = targets(&formats, &outputs, terminal);
            match (found, expected) {
                (Ok(found), Ok(expected)) => {
                    assert_eq!(
                        found.iter().map(|target| target.output.is_some()).collect::<Vec<_>>(),
                        expected,
                        "{why}"
                    );
                }
                (Err(error), Err(expected)) => assert!(error.to_string().starts_with(expected), "{why}: {error}"),
                (found, _) => panic!("{why}: {found:?}"),
            }
        }
    }
}
