//! Texts within Markdown that are nothing but text.

/// How many characters one text takes at most.
const LONG: usize = 300;

/// The text as itself: no markup, no HTML, no mention, on one line, shortened if it is long.
pub(super) fn escaped(text: &str) -> String {
    without_markup(&html(text))
}

/// As [`escaped`], whole however long it is.
pub(super) fn text(text: &str) -> String {
    without_markup(&html_of(text, usize::MAX))
}

fn without_markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        // What would be markup amid a line; math and tables are GitHub's.
        if "\\`*_[]|~$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The text within HTML, where Markdown is not read: no tag, no mention, on one line, shortened if it is long.
pub(super) fn html(text: &str) -> String {
    html_of(text, LONG)
}

fn html_of(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len());
    for (n, c) in text.chars().enumerate() {
        match c {
            _ if n == most => {
                out.push('…');
                break;
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A mention would send mail to that person; a comment within it makes it none.
            '@' => out.push_str("@<!-- -->"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The text as code, on one line, shortened if it is long.
pub(super) fn code(text: &str) -> String {
    let mut inner: String = text.chars().take(LONG).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(LONG).is_some() {
        inner.push('…');
    }
    let longest = longest_run(&inner);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 || inner.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{inner}{pad}{fence}")
}

/// The text as a block of code in a language, whole.
pub(super) fn fenced(language: &str, text: &str) -> String {
    // A carriage return alone ends a line too, and a line without its indentation the block.
    let text = &text.replace(|c: char| c.is_control() && c != '\n', " ");
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}{language}\n{text}\n{fence}")
}

/// The longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_texts() {
        for (text, shown) in [
            ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
            ("a_b*c`d|e[f](g)", "a\\_b\\*c\\`d\\|e\\[f\\](g)"),
            ("ask @octocat", "ask @<!-- -->octocat"),
            ("a\n# b", "a # b"),
        ] {
            assert_eq!(escaped(text), shown);
        }
        for (text, shown) in [("a`b", "`` a`b ``"), ("", "`  `"), ("a\nb", "`a b`"), ("<b>", "`<b>`")] {
            assert_eq!(code(text), shown);
        }
    }
}
