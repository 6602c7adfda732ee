//! The program `audit`, whole. A binary, and the Python package's command, is a `main` around [`main`].

mod args;
mod compare;
mod console;
mod delta;
mod exit;
mod iam_policy;
mod list;
mod log;
mod migrate;
mod output;
mod pattern;
mod permissions;
mod preflight;
mod progress;
mod redact;
mod remediation;
mod scan;
mod targets;

pub use exit::Exit;
pub use output::Output;

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::io::{IsTerminal as _, stderr, stdout};
use std::path::Path;

use cis_core::Error;
use clap::error::ErrorKind;
use clap::{CommandFactory as _, FromArgMatches as _};

use args::{Args, Command};
use console::Console;

/// Runs the program with these arguments, the first of which is its name: the report goes to standard output, everything
/// else to standard error. Gives the exit code.
///
/// ```no_run
/// use std::process::Termination;
/// fn main() -> impl Termination {
///     cis_aws::cli::main(std::env::args_os())
/// }
/// ```
pub fn main(args: impl IntoIterator<Item = OsString>) -> Exit {
    let (mut out, mut err) = (stdout(), stderr());
    let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
    run(args, &mut Console { out: &mut out, err: &mut err, out_is_terminal, err_is_terminal, logs: false })
}

fn run(args: impl IntoIterator<Item = OsString>, console: &mut Console<'_>) -> Exit {
    let Args { command, log } = match parsed(args.into_iter().collect()) {
        Ok(args) => args,
        Err(error) => return say(&error, console),
    };
    let logging = log::begin(log);
    console.logs = logging.is_some();
    let done = match command {
        Command::Demo(args) => scan::demo(&args, console),
        Command::Snapshot(args) => scan::snapshot(&args, console),
        Command::Live(args) => scan::live(&args, console),
        Command::Redact(args) => redact::redact(&args),
        Command::Preflight(args) => preflight::preflight(&args, console),
        Command::Compare(args) => compare::compare(&args, console),
        Command::Delta(args) => delta::delta(&args, console).map(|()| Exit::NothingFails),
        Command::IamPolicy(args) => iam_policy::iam_policy(&args, console).map(|()| Exit::NothingFails),
        Command::Permissions(args) => permissions::permissions(&args, console).map(|()| Exit::NothingFails),
        Command::Pattern(command) => pattern::pattern(&command, console),
        Command::Remediation(args) => remediation::remediation(&args, console).map(|()| Exit::NothingFails),
        Command::List(args) => list::list(&args, console).map(|()| Exit::NothingFails),
    };
    done.unwrap_or_else(|error: Error| {
        console.error(&error);
        Exit::CouldNotRun
    })
}

/// The command line, under the name that the program was called by: `audit`, or the Python package's `cis-aws`.
fn parsed(args: Vec<OsString>) -> Result<Args, clap::Error> {
    let mut command = Args::command();
    if let Some(name) = args.first().and_then(|path| Path::new(path).file_name()?.to_str()) {
        command = command.display_name(name.strip_suffix(EXE_SUFFIX).unwrap_or(name));
    }
    let matches = command.try_get_matches_from(args)?;
    Args::from_arg_matches(&matches).map_err(|error| error.format(&mut Args::command()))
}

/// What clap has to say: help and version, asked for, are output; everything else is a wrong command line.
fn say(error: &clap::Error, console: &mut Console<'_>) -> Exit {
    let asked_for = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let (to, is_terminal) = if asked_for {
        (&mut console.out, console.out_is_terminal)
    } else {
        (&mut console.err, console.err_is_terminal)
    };
    let text = error.render();
    // Nothing can be said where even this cannot be written.
    let _ = if console::colour(is_terminal) { write!(to, "{}", text.ansi()) } else { write!(to, "{text}") };
    let _ = to.flush();
    if asked_for { Exit::NothingFails } else { Exit::CouldNotRun }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs the program in memory: exit code, standard output, standard error.
    pub(super) fn audit(args: &[&str]) -> (Exit, String, String) {
        called("audit", args)
    }

    fn called(name: &str, args: &[&str]) -> (Exit, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut console =
            Console { out: &mut out, err: &mut err, out_is_terminal: false, err_is_terminal: false, logs: false };
        let exit = run([name].iter().chain(args).map(OsString::from), &mut console);
        (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_version_is_told_under_the_name_that_was_called() {
        for (path, name) in [("audit", "audit"), ("/opt/venv/bin/cis-aws", "cis-aws")] {
            let told = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
            assert_eq!(called(path, &["--version"]), (Exit::NothingFails, told, String::new()));
        }
    }
}
