//! Lines that fit a terminal, whatever stands in them.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use unicode_linebreak::{BreakOpportunity, linebreaks};
use unicode_width::UnicodeWidthChar;

use crate::locale::Locale;
use crate::msg;
use crate::msg::acts;

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to colour it with ANSI sequences: for a terminal alone. By default not.
    pub colour: bool,
    /// The number of columns that no line exceeds. By default 100; less than 60 counts as 60.
    pub width: u16,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// How a cell looks where colours are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// As it is.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// Dimmed.
    Faint,
    /// Green.
    Good,
    /// Yellow.
    Doubt,
    /// Bold red.
    Bad,
}

impl Style {
    pub(super) fn sequence(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Strong => "\x1b[1m",
            Self::Faint => "\x1b[2m",
            Self::Good => "\x1b[32m",
            Self::Doubt => "\x1b[33m",
            Self::Bad => "\x1b[1;31m",
        }
    }
}

/// One cell of a row: text that is wrapped within its columns.
#[derive(Debug, Clone)]
pub struct Cell<'a> {
    text: Cow<'a, str>,
    columns: Option<usize>,
    style: Style,
}

impl<'a> Cell<'a> {
    /// A cell of this many columns, at least 2: there are characters that take 2.
    pub fn new(text: impl Into<Cow<'a, str>>, columns: usize) -> Self {
        Self { text: text.into(), columns: Some(columns.max(2)), style: Style::Plain }
    }

    /// A cell that takes the columns which the others of its row leave. One a row.
    pub fn rest(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), columns: None, style: Style::Plain }
    }

    /// The same cell in another style.
    #[must_use]
    pub fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }
}

/// The columns between two cells.
const GAP: usize = 2;
/// A cell that gets less than this stands in a line of its own.
const LEAST: usize = 8;

/// Writes rows of cells as lines that never exceed a width. Text is wrapped at spaces, and anywhere where a word alone is too
/// wide; what could act on a terminal (control characters, marks that turn the direction of writing) is written as `\u{..}`,
/// so that a name in an account cannot draw on the screen of whoever reads about it.
///
/// ```
/// use cis_core::format::{Cell, Page, TextOptions};
/// let mut out = Vec::new();
/// let mut page = Page::new(&mut out, TextOptions::default());
/// page.row(2, &[Cell::new("1.4", 6), Cell::rest("a name with an escape: \u{1b}[2J")])?;
/// assert_eq!(String::from_utf8(out).unwrap(), "  1.4     a name with an escape: \\u{1b}[2J\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Page<W> {
    to: W,
    colour: bool,
    width: usize,
}

impl<W: Write> Page<W> {
    /// A page over a writer.
    pub fn new(to: W, options: TextOptions) -> Self {
        Self { to, colour: options.colour, width: usize::from(options.width.max(60)) }
    }

    /// The number of columns.
    pub fn width(&self) -> usize {
        self.width
    }

    /// An empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        self.to.write_all(b"\n")
    }

    /// A paragraph, indented.
    pub fn text(&mut self, indent: usize, text: &str, style: Style) -> io::Result<()> {
        self.row(indent, &[Cell::rest(text).style(style)])
    }

    /// A row of cells, indented. Cells that do not fit beside each other stand below each other.
    pub fn row(&mut self, indent: usize, cells: &[Cell<'_>]) -> io::Result<()> {
        let indent = indent.min(self.width / 2);
        let fixed: usize = cells.iter().map(|cell| cell.columns.unwrap_or(0)).sum();
        let gaps = GAP * cells.len().saturating_sub(1);
        let all = self.width - indent;
        let has_rest = cells.iter().any(|cell| cell.columns.is_none());
        let fits = fixed + gaps + if has_rest { LEAST } else { 0 } <= all;
        if !fits && cells.len() > 1 {
            return cells.iter().try_for_each(|cell| self.row(indent, &[Cell { columns: None, ..cell.clone() }]));
        }
        let laid: Vec<(usize, Style, Vec<String>)> = cells
            .iter()
            .map(|cell| {
                let columns = cell.columns.unwrap_or_else(|| all.saturating_sub(fixed + gaps)).min(all);
                (columns, cell.style, wrap(&harmless(&cell.text), columns))
            })
            .collect();
        let height = laid.iter().map(|(_, _, lines)| lines.len()).max().unwrap_or(0);
        for number in 0..height {
            let mut line = String::new();
            // Spaces are owed and not written at once, so that no line ends with some.
            let mut owed = indent;
            for (columns, style, lines) in &laid {
                let text = lines.get(number).map_or("", String::as_str);
                if !text.is_empty() {
                    let coloured = self.colour && *style != Style::Plain;
                    let (on, off) = if coloured { (style.sequence(), "\x1b[0m") } else { ("", "") };
                    let _ = write!(line, "{:owed$}{on}{text}{off}", "");
                    owed = 0;
                }
                owed += columns.saturating_sub(columns_of(text)) + GAP;
            }
            line.push('\n');
            self.to.write_all(line.as_bytes())?;
        }
        Ok(())
    }
}

/// The text, or its beginning and a word on the rest, where it takes more than this many columns.
pub(crate) fn shortened<'a>(text: &'a str, most: usize, locale: &Locale) -> Cow<'a, str> {
    // Zero-width marks count here as well: a thousand of them on one letter are a long text too.
    let mut columns = 0;
    let cut = text.char_indices().find(|(_, c)| {
        columns += columns_of_char(*c).max(1);
        columns > most
    });
    match cut.and_then(|(at, _)| text.get(..at)) {
        Some(beginning) => Cow::Owned(locale.text(&msg!("{beginning} [cut short; --format json has all]", beginning))),
        None => Cow::Borrowed(text),
    }
}

/// The text with everything in it that could act on a terminal written as `\u{..}`.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut written = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) {
            written.extend(c.escape_default());
        } else {
            written.push(c);
        }
    }
    Cow::Owned(written)
}

/// The columns that a character takes, at most: variation selectors are zero wide and can widen what stands before them.
fn columns_of_char(c: char) -> usize {
    if ('\u{fe00}'..='\u{fe0f}').contains(&c) { 1 } else { c.width().unwrap_or(0) }
}

fn columns_of(text: &str) -> usize {
    text.chars().map(columns_of_char).sum()
}

/// Where a line may break, as byte positions: after a space, and beside a wide character where Unicode's rules
/// (<https://www.unicode.org/reports/tr14/>) allow it, so that no line of Japanese begins with a full stop. Names of letters
/// and signs, such as ARNs, stay whole.
fn breaks(text: &str) -> impl Iterator<Item = usize> {
    let is_wide = |c: Option<char>| c.is_some_and(|c| columns_of_char(c) == 2);
    linebreaks(text).filter_map(move |(at, kind)| {
        let (before, after) = text.split_at_checked(at)?;
        let last = before.chars().next_back();
        let here =
            kind == BreakOpportunity::Allowed && (last == Some(' ') || is_wide(last) || is_wide(after.chars().next()));
        here.then_some(at)
    })
}

/// Lines of at most this many columns, which are at least 2. One line for an empty text.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut used) = (String::new(), 0);
    let mut from = 0;
    for at in breaks(text).chain([text.len()]) {
        let piece = text.get(from..at).unwrap_or_default();
        from = at;
        // The spaces at a line's end take no room.
        let wide = columns_of(piece.trim_end_matches(' '));
        if used > 0 && used + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for c in piece.chars() {
            let wide = columns_of_char(c);
            if c == ' ' && used + wide > columns {
                continue;
            }
            if used + wide > columns {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
    }
    lines.push(line);
    for line in &mut lines {
        line.truncate(line.trim_end_matches(' ').len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn page(options: TextOptions, indent: usize, cells: &[Cell<'_>]) -> String {
        let mut out = Vec::new();
        Page::new(&mut out, options).row(indent, cells).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn wraps() {
        let cases: &[(&str, &str, usize, &[&str])] = &[
            ("at spaces", "one two three", 7, &["one two", "three"]),
            ("a word that is too wide, anywhere", "arn:aws:iam::1:x ok", 8, &["arn:aws:", "iam::1:x", "ok"]),
            ("wide characters count twice", "監査の結果", 4, &["監査", "の結", "果"]),
            ("a wide character never stands half in a line", "a監査", 4, &["a監", "査"]),
            ("a mark stays with its letter", "e\u{301}e\u{301}", 2, &["e\u{301}e\u{301}"]),
            ("nothing", "", 5, &[""]),
            ("no line begins with a full stop", "監査です。結果", 8, &["監査で", "す。結果"]),
            (
                "names within Japanese stay whole",
                "証跡 arn:aws:x/y-z は停止中",
                14,
                &["証跡", "arn:aws:x/y-z", "は停止中"],
            ),
            ("spaces inside a value are kept", "a  b", 9, &["a  b"]),
        ];
        for (why, text, columns, lines) in cases {
            assert_eq!(wrap(text, *columns), *lines, "{why}");
        }
    }

    #[test]
    fn nothing_acts_on_the_terminal() {
        for (why, text, written) in [
            ("escape", "\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("a line feed cannot begin a line of its own", "a\nFAIL", "a\\nFAIL"),
            ("C1, the other way to write an escape", "\u{9b}31m", "\\u{9b}31m"),
            ("direction of writing", "abc\u{202e}txt.exe", "abc\\u{202e}txt.exe"),
            ("invisible letters", "a\u{200b}b\u{e0041}", "a\\u{200b}b\\u{e0041}"),
            ("Japanese is left alone", "バケット", "バケット"),
        ] {
            assert_eq!(harmless(text), written, "{why}");
        }
    }

    #[test]
    fn colours_stand_around_the_text_alone() {
        let options = TextOptions { colour: true, width: 100 };
        let cells = [Cell::new("FAIL", 6).style(Style::Bad), Cell::rest("x")];
        assert_eq!(page(options, 1, &cells), " \x1b[1;31mFAIL\x1b[0m    x\n");
        assert_eq!(page(TextOptions::default(), 1, &cells), " FAIL    x\n");
    }

    #[test]
    fn cells_that_do_not_fit_stand_below_each_other() {
        let cells = [Cell::new("a", 40), Cell::new("b", 40), Cell::rest("c")];
        assert_eq!(page(TextOptions { colour: false, width: 60 }, 0, &cells), "a\nb\nc\n");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(shortened("short", 5, &Locale::default()), "short");
        assert_eq!(shortened("longer", 5, &Locale::default()), "longe [cut short; --format json has all]");
        assert!(shortened(&format!("a{}", "\u{301}".repeat(99)), 20, &Locale::default()).len() < 100);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide(
            a in "\\PC{0,80}|[a-z監\u{301}\u{fe0f}\u{1f469}\u{200d}\u{2764}‘’ ]{0,300}",
            b in any::<String>(),
            indent in 0usize..300,
            columns in 0usize..200,
            width in 0u16..140,
        ) {
            let most = usize::from(width.max(60));
            let written = page(TextOptions { colour: false, width }, indent, &[Cell::new(&*a, columns), Cell::rest(&*b)]);
            for line in written.lines() {
                prop_assert!(line.width() <= most, "{} columns: {line:?}", line.width());
                prop_assert!(!line.contains(char::is_control));
            }
            // Nothing is lost: all that is not a space is there, in order, cell by cell.
            let alone = page(TextOptions { colour: false, width }, 0, &[Cell::rest(&*a)]);
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&alone), letters(&harmless(&a)));
        }
    }
}
