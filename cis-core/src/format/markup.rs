//! Texts within Markdown that are nothing but text.

/// How many characters one text takes at most.
const LONG: usize = 300;

/// The text as itself: no markup, no HTML, no mention, on one line, shortened if it is long.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in html(text).chars() {
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
    let mut out = String::with_capacity(text.len());
    for (n, c) in text.chars().enumerate() {
        match c {
            _ if n == LONG => {
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
    let mut longest = 0;
    let mut run = 0;
    for c in inner.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 || inner.trim().is_empty() { " " } else { "" };
    format!("{fence}{pad}{inner}{pad}{fence}")
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
