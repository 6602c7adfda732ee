//! Where the program writes to, and whether a person looks on.

use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write};

use cis_core::Error;
use cis_core::format::{TextOptions, harmless};

pub(super) struct Console<'a> {
    pub(super) out: &'a mut dyn Write,
    pub(super) err: &'a mut dyn Write,
    pub(super) out_is_terminal: bool,
    pub(super) err_is_terminal: bool,
    /// Whether log lines go to standard error: then nothing may move there.
    pub(super) logs: bool,
}

impl Console<'_> {
    /// Writes to standard output. A reader who has seen enough (`audit demo | head`) is no error.
    pub(super) fn print(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
        let mut out = BufWriter::new(&mut *self.out);
        let written = write(&mut out).and_then(|()| out.flush());
        // What is left in the buffer after an error would be written again when it is dropped.
        drop(out.into_parts());
        match written {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Error::write(error.to_string()).at("standard output").because(error))
            }
            _ => Ok(()),
        }
    }

    /// Tells an error and what caused it, a line each.
    pub(super) fn error(&mut self, error: &Error) {
        let mut told = error.to_string();
        let mut lines = format!("error: {}\n", harmless(&told));
        let mut cause = error.source();
        while let Some(error) = cause {
            let text = error.to_string();
            // Many an error repeats its cause.
            if !told.contains(&text) {
                let _ = writeln!(lines, "  because: {}", harmless(&text));
                told = text;
            }
            cause = error.source();
        }
        // Nothing can be said where even this cannot be written.
        let _ = self.err.write_all(lines.as_bytes());
    }

    /// Tells something beside the output.
    pub(super) fn note(&mut self, text: &str) {
        // Nothing can be said where even this cannot be written.
        let _ = writeln!(self.err, "note: {}", harmless(text));
    }

    /// How text on standard output is laid out.
    pub(super) fn text_options(&self) -> TextOptions {
        let narrow = terminal_size::terminal_size().filter(|_| self.out_is_terminal);
        let most = TextOptions::default().width;
        let width = narrow.map_or(most, |(terminal_size::Width(columns), _)| columns.min(most));
        TextOptions { colour: colour(self.out_is_terminal), width }
    }
}

/// Whether to colour what goes to a terminal: not where `NO_COLOR` is set (<https://no-color.org>) or nothing could show it.
pub(super) fn colour(is_terminal: bool) -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    is_terminal && !no_color && !dumb
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_error_and_a_full_disk_is() {
        for (kind, fine) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let (out, err) = (&mut Fails(kind), &mut Vec::new());
            let mut console = Console { out, err, out_is_terminal: false, err_is_terminal: false, logs: false };
            assert_eq!(console.print(|to| to.write_all(b"report")).is_ok(), fine, "{kind}");
        }
    }

    #[test]
    fn an_error_tells_its_causes_once() {
        let cause = || io::Error::other("disk on fire");
        let (out, mut err) = (&mut Vec::new(), Vec::new());
        let mut console = Console { out, err: &mut err, out_is_terminal: false, err_is_terminal: false, logs: false };
        console.error(&Error::write("cannot write").at("a\u{1b}[2Jb").because(cause()));
        console.error(&Error::write(cause().to_string()).because(cause()));
        let told = "error: a\\u{1b}[2Jb: cannot write\n  because: disk on fire\nerror: disk on fire\n";
        assert_eq!(String::from_utf8(err).unwrap(), told);
    }
}
