//! The report as Markdown: a comment on a pull request.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::markup::{code, escaped, html};
use super::outline::{Requirement, Section, gravity, is_told, resource_name, sections};
use super::remediation::{Fixes, remediation_markdown};
use super::unread::unread_groups;
use super::{Format, reviewed, scope, statuses};
use crate::facts::ScopeStatus;
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::msg;
use crate::report::{Counts, Report};

pub(super) const FORMAT: Format = Format {
    name: "markdown",
    about: "for a comment on a pull request, folded by section, within GitHub's limit",
    extension: "md",
    binary: false,
    write: |report, options, to| markdown(report, options.markdown, &options.locale, to),
};

/// How much Markdown is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkdownOptions {
    /// How many characters (Unicode scalar values) are written at most. By default 65,536, the most that GitHub takes for a
    /// comment. What does not fit is left out, the gravest last, and counted. Less than 2,000 counts as 2,000.
    pub most_chars: usize,
}

impl Default for MarkdownOptions {
    fn default() -> Self {
        Self { most_chars: 65_536 }
    }
}

/// How many groups of reads that failed are told at most, and how many names of each.
const UNREAD: usize = 8;
const NAMES: usize = 8;
/// How many entries of the review that take no effect are told at most.
const ENTRIES: usize = 20;
/// Kept for the sentence that says what was left out.
const RESERVE: usize = 200;

/// Writes the report as GitHub Flavored Markdown: what could not be read, a table of counts by section, then each section
/// folded (`<details>`) with its recommendations and, below them, what fails, is unknown or is for a person to decide.
/// What passes or does not apply is counted. How to put something right stands folded below it, where there is room.
///
/// # Errors
/// Those of the writer.
pub fn markdown(report: &Report, options: MarkdownOptions, locale: &Locale, mut to: impl Write) -> io::Result<()> {
    let mut page = Page { text: String::new(), left: options.most_chars.max(2_000) - RESERVE, left_out: 0, locale };
    let sections = sections(report);
    header(report, &mut page);
    unread(report, &mut page);
    without_effect(report, &mut page);
    table(report, &sections, &mut page);
    // Room for the recommendations of every section comes before the findings of any.
    let outlines: Vec<_> = sections.iter().map(|section| outline(section, locale)).collect();
    let room = outlines.iter().map(Outline::chars).sum::<usize>();
    let whole = room <= page.left;
    if whole {
        page.left -= room;
        let mut wanted = gravest_first(&sections, &mut page);
        let all = fixes(report, &sections, &mut wanted, &mut page);
        for (outline, shown) in outlines.iter().zip(&wanted) {
            outline.write(shown, &mut page);
        }
        if !all {
            page.text.push_str(&more_fixes(locale));
        }
    } else {
        page.left_out = sections.iter().flat_map(|section| &section.requirements).map(|all| told(all).count()).sum();
    }
    if page.left_out > 0 {
        let left_out = msg!("Findings left out to keep within the length of a comment: {n}.", n = page.left_out);
        let where_all = msg!("The formats json and html have all of them.");
        let _ = write!(page.text, "\n**{}** {}\n", locale.text(&left_out), locale.text(&where_all));
    }
    to.write_all(page.text.as_bytes())
}

/// Text that must not grow beyond a number of characters.
struct Page<'l> {
    text: String,
    left: usize,
    left_out: usize,
    locale: &'l Locale,
}

impl Page<'_> {
    /// Adds it if there is room.
    fn add(&mut self, text: &str) -> bool {
        let fits = self.take(text);
        if fits {
            self.text.push_str(text);
        }
        fits
    }

    /// Takes the room for it, if there is.
    fn take(&mut self, text: &str) -> bool {
        match self.left.checked_sub(text.chars().count()) {
            Some(left) => {
                self.left = left;
                true
            }
            None => false,
        }
    }
}

fn header(report: &Report, page: &mut Page<'_>) {
    let (name, version) = (escaped(&report.benchmark.name), escaped(&report.benchmark.version));
    page.add(&format!("## {name} {version}\n\n"));
    let regions = |status| scope::named(report, status).len();
    let told = page.locale.text(&msg!(
        "Account {account} ({partition}), as of {moment}. Regions scanned: {scanned}; left out: {left_out}; of unknown state: {unknown}.",
        account = escaped(&report.account_id),
        partition = escaped(&report.partition),
        moment = report.as_of,
        scanned = regions(ScopeStatus::Scanned),
        left_out = regions(ScopeStatus::LeftOut),
        unknown = regions(ScopeStatus::Unknown)
    ));
    page.add(&format!("{told}\n\n"));
}

fn unread(report: &Report, page: &mut Page<'_>) {
    if report.unread.is_empty() {
        return;
    }
    let locale = page.locale;
    page.add("> [!WARNING]\n");
    let failed = locale.text(&msg!("Not everything could be read: {n} failed.", n = report.unread.len()));
    let means = locale.text(&msg!("What rests on them is unknown below, neither passed nor failed."));
    page.add(&format!("> **{failed}** {means}\n>\n"));
    let groups = unread_groups(report, locale);
    let shown = groups.iter().take(UNREAD).take_while(|group| {
        let told = locale.text(&group.told(NAMES, code, escaped));
        page.add(&format!("> - {told}\n"))
    });
    let shown = shown.count();
    and_more(page, groups.len() - shown);
    page.add("\n");
}

/// How much of a quoted list is left out.
fn and_more(page: &mut Page<'_>, more: usize) {
    if more > 0 {
        let told = page.locale.text(&msg!("and {more} more", more));
        page.add(&format!("> - {told}\n"));
    }
}

fn without_effect(report: &Report, page: &mut Page<'_>) {
    let entries = reviewed::without_effect(report, page.locale);
    if entries.is_empty() {
        return;
    }
    let told = page.locale.text(&msg!("Without effect in the review: {n}", n = entries.len()));
    page.add("> [!NOTE]\n");
    page.add(&format!("> **{told}**\n>\n"));
    let shown = entries.iter().take(ENTRIES).take_while(|told| page.add(&format!("> - {}\n", escaped(told)))).count();
    and_more(page, entries.len() - shown);
    page.add("\n");
}

fn table(report: &Report, sections: &[Section<'_>], page: &mut Page<'_>) {
    let locale = page.locale;
    let head = [msg!("Section"), msg!("Fail"), msg!("Unknown"), msg!("Manual"), msg!("Pass"), msg!("Not applicable")];
    let head = head.map(|name| locale.text(&name)).join(" | ");
    page.add(&format!("| {head} |\n| --- | ---: | ---: | ---: | ---: | ---: |\n"));
    let mut row = |name: &str, counts: Counts| {
        let cells = Status::ALL.iter().rev().map(|&status| counts.get(status).to_string());
        page.add(&format!("| {name} | {} |\n", cells.collect::<Vec<_>>().join(" | ")));
    };
    for section in sections {
        row(
            &escaped(&section.title(locale)),
            Counts::of(section.requirements.iter().map(|requirement| requirement.status)),
        );
    }
    row(&format!("**{}**", locale.text(&msg!("Recommendations"))), report.summary.recommendations);
    row(&format!("**{}**", locale.text(&msg!("Findings"))), report.summary.findings);
    if let Some(told) = reviewed::summary(report, locale) {
        page.add(&format!("\n{told}\n"));
    }
    page.add("\n");
}

/// A section without its findings.
struct Outline<'a> {
    open: String,
    requirements: Vec<(String, &'a Requirement<'a>)>,
}

const CLOSE: &str = "\n</details>\n\n";

fn outline<'a>(section: &'a Section<'a>, locale: &Locale) -> Outline<'a> {
    let counts = Counts::of(section.requirements.iter().map(|requirement| requirement.status));
    let name = html(&section.title(locale));
    let open = format!("<details>\n<summary><b>{name}</b>: {}</summary>\n", spread(counts, locale));
    let requirements = section.requirements.iter().map(|requirement| {
        let id = requirement.id().map(|id| format!("{} ", escaped(id))).unwrap_or_default();
        let (title, word) = (escaped(requirement.title(locale)), word(requirement.status, locale));
        (format!("\n- {word} **{id}{title}**: {}\n", spread(requirement.counts, locale)), requirement)
    });
    Outline { requirements: requirements.collect(), open }
}

impl Outline<'_> {
    fn chars(&self) -> usize {
        let lines = self.requirements.iter().map(|(line, _)| line);
        lines.chain([&self.open]).map(|text| text.chars().count()).sum::<usize>() + CLOSE.len()
    }

    fn write(&self, shown: &[Vec<String>], page: &mut Page<'_>) {
        page.text.push_str(&self.open);
        for ((line, _), findings) in self.requirements.iter().zip(shown) {
            page.text.push_str(line);
            page.text.extend(findings.iter().map(String::as_str));
        }
        page.text.push_str(CLOSE);
    }
}

/// What of a requirement is told one by one.
fn told<'a>(requirement: &Requirement<'a>) -> impl Iterator<Item = &'a Finding> {
    requirement.findings.iter().copied().filter(|finding| is_told(finding))
}

/// The lines of the findings that fit, by section and requirement: all that fail before any that is unknown, and so on.
fn gravest_first(sections: &[Section<'_>], page: &mut Page<'_>) -> Vec<Vec<Vec<String>>> {
    let mut lines: Vec<Vec<Vec<String>>> =
        sections.iter().map(|section| vec![Vec::new(); section.requirements.len()]).collect();
    for status in [Status::Fail, Status::Unknown, Status::Manual] {
        for (section, lines) in sections.iter().zip(&mut lines) {
            for (requirement, lines) in section.requirements.iter().zip(lines) {
                for finding in told(requirement).filter(|finding| gravity(finding) == status) {
                    let line = finding_line(finding, page.locale);
                    if page.left_out == 0 && page.take(&line) {
                        lines.push(line);
                    } else {
                        page.left_out += 1;
                    }
                }
            }
        }
    }
    lines
}

/// Told where there is no room for how to put everything right.
fn more_fixes(locale: &Locale) -> String {
    format!("\n{}\n", locale.text(&msg!("How to fix what is not told here, `audit remediation KEY` tells.")))
}

/// Adds to the lines of each requirement how to put it right, folded, where there is room: what fails before what is for a
/// person. Tells whether there was room for all.
fn fixes(report: &Report, sections: &[Section<'_>], lines: &mut [Vec<Vec<String>>], page: &mut Page) -> bool {
    let wanted = |requirement: &Requirement<'_>, status| {
        requirement.status == status && report.remediation.contains_key(requirement.key)
    };
    let told =
        |requirement: &&Requirement<'_>| [Status::Fail, Status::Manual].iter().any(|&one| wanted(requirement, one));
    if !sections.iter().flat_map(|section| &section.requirements).any(|requirement| told(&requirement)) {
        return true;
    }
    let mut all = page.left_out == 0 && page.take(&more_fixes(page.locale));
    let fixes = Fixes::of(report, page.locale);
    for status in [Status::Fail, Status::Manual] {
        for (section, lines) in sections.iter().zip(&mut *lines) {
            for (requirement, lines) in section.requirements.iter().zip(lines) {
                if all
                    && wanted(requirement, status)
                    && let Some(fix) = fix(&fixes, requirement, page.locale)
                {
                    all = page.take(&fix);
                    if all {
                        lines.push(fix);
                    }
                }
            }
        }
    }
    all
}

/// How to put a requirement right; with its resource where it is one alone.
fn fix(fixes: &Fixes<'_>, requirement: &Requirement<'_>, locale: &Locale) -> Option<String> {
    let open = requirement.findings.iter().copied().filter(|finding| finding.verdict() == requirement.status);
    let filled = fixes.of_all(requirement.key, &open.collect::<Vec<_>>())?;
    let title = locale.text(&msg!("How to fix"));
    let mut fix = format!("\n  <details>\n  <summary>{title}</summary>\n\n");
    for line in remediation_markdown(&filled, locale).lines() {
        let indent = if line.is_empty() { "" } else { "  " };
        let _ = writeln!(fix, "{indent}{line}");
    }
    fix.push_str("\n  </details>\n");
    Some(fix)
}

fn finding_line(finding: &Finding, locale: &Locale) -> String {
    let on = resource_name(&finding.resource, locale).map(|name| format!(" {}", code(&name))).unwrap_or_default();
    let settled = finding.settled.map(|status| format!(" → {}", word(status, locale))).unwrap_or_default();
    let told: Vec<_> =
        [locale.message(finding).into_owned()].into_iter().chain(reviewed::decided(finding, locale)).collect();
    let told: Vec<_> = told.iter().map(|told| escaped(told)).collect();
    format!("  - {}{settled}{on}: {}\n", word(finding.status, locale), told.join(" · "))
}

fn spread(counts: Counts, locale: &Locale) -> String {
    match statuses::spread(counts, locale) {
        none if none.is_empty() => locale.text(&msg!("nothing")),
        counts => counts,
    }
}

/// A mark that differs in shape and word, not in colour alone.
fn word(status: Status, locale: &Locale) -> String {
    let mark = match status {
        Status::Fail => '❌',
        Status::Unknown => '❓',
        Status::Manual => '👤',
        Status::Pass => '✅',
        Status::NotApplicable => '➖',
    };
    format!("{mark} {}", locale.text(&statuses::short(status)))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;
    use crate::gap::{Gap, GapKind};

    fn written(report: &Report, most_chars: usize) -> String {
        let mut out = Vec::new();
        markdown(report, MarkdownOptions { most_chars }, &Locale::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whole() {
        let expected = "\
## Acme baseline 1

Account 123456789012 (aws), as of 2024-05-01T00:00:00Z. Regions scanned: 1; left out: 1; of unknown state: 0.

> [!WARNING]
> **Not everything could be read: 1 failed.** What rests on them is unknown below, neither passed nor failed.
>
> - `iam:GetCredentialReport`: denied by a policy of the caller (AccessDenied); allow `iam:GetCredentialReport`

| Section | Fail | Unknown | Manual | Pass | Not applicable |
| --- | ---: | ---: | ---: | ---: | ---: |
| Identity | 1 | 0 | 0 | 0 | 2 |
| Outside the benchmark | 0 | 0 | 1 | 0 | 0 |
| **Recommendations** | 1 | 0 | 0 | 0 | 2 |
| **Findings** | 1 | 1 | 1 | 1 | 1 |

<details>
<summary><b>Identity</b>: 1 fail, 2 not applicable</summary>

- ❌ fail **1.1 Keys are rotated**: 1 fail, 1 unknown, 1 pass
  - ❌ fail `arn:aws:iam::123456789012:user/cid, access key 1 in eu-central-1`: The key is 91 days old; it must be at most 90.
  - ❓ unknown `AWS::IAM::User bob`: The credential report could not be read.

- ➖ n/a **1.2 MFA is on**: 1 not applicable

- ➖ n/a **1.3 None**: nothing

</details>

<details>
<summary><b>Outside the benchmark</b>: 1 manual</summary>

- 👤 manual **acme.badges**: 1 manual
  - 👤 manual `AWS::IAM::User eve`: Look at the badge.

</details>

";
        assert_eq!(written(&sample::whole(), 65_536), expected);
    }

    #[test]
    fn how_to_fix_is_folded_below_what_fails() {
        let expected = "  - ❓ unknown `AWS::IAM::User bob`: The credential report could not be read.

  <details>
  <summary>How to fix</summary>

  Rotate the key of cid.\u{20}

  - **May cut off access**:  What uses it fails.

  **Console**

  1. Open cid.\u{20}

  **AWS CLI**

  ```sh
  aws iam list-access-keys --user-name cid --max-items 90
  ```

  **Terraform**: not this way.  The state would hold the key.

  </details>

- ➖ n/a **1.2 MFA is on**";
        let mut report = sample::with_remediation();
        let out = written(&report, 65_536);
        assert!(out.contains(expected) && !out.contains(&more_fixes(&Locale::default())), "{out}");
        report.remediation.insert("iam.keys".into(), sample::remediation(&"x".repeat(2_000)));
        let short = written(&report, 2_000);
        assert!(!short.contains("How to fix</summary>") && short.contains(&more_fixes(&Locale::default())), "{short}");
    }

    #[test]
    fn what_does_not_fit_is_counted_and_never_the_gravest() {
        let many = (0..5_000).map(|n| sample::finding("iam.keys", Status::Manual, &format!("user-{n}"), "Look."));
        let mut findings: Vec<_> = many.collect();
        findings.push(sample::finding("iam.keys", Status::Fail, "the-one", "Bad."));
        let report = sample::report(&[("1.1", "iam.keys", "Keys")], findings, Vec::new());
        for most in [0, 2_000, 10_000, 65_536, 1_000_000] {
            let out = written(&report, most);
            let (told, length) = (out.matches("  - 👤 manual").count(), out.chars().count());
            assert!(length <= most.max(2_000), "{length} of {most}");
            assert!(out.contains("  - ❌ fail `AWS::IAM::User the-one`: Bad.\n"), "{out}");
            let left_out = format!("**Findings left out to keep within the length of a comment: {}.**", 5_000 - told);
            assert_eq!(out.contains(&left_out), told < 5_000, "{most}: {told}");
            assert_eq!(out.contains("left out to keep"), told < 5_000, "{most}: {told}");
            // As much as fits, not just a little.
            assert!(told == 5_000 || length + 300 > most.max(2_000), "{length} of {most}");
        }
    }

    #[test]
    fn it_fits_where_not_even_the_recommendations_do() {
        let long = "x".repeat(290);
        let ids: Vec<_> = (0..500).map(|n| (format!("1.{n}"), format!("iam.k{n}"))).collect();
        let all: Vec<_> = ids.iter().map(|(id, key)| (id.as_str(), key.as_str(), long.as_str())).collect();
        let findings = vec![sample::finding("iam.k7", Status::Fail, "the-one", "Bad.")];
        let gaps = (0..500).map(|n| Gap::new(GapKind::Failed, &*long).operation(format!("acme:Read{n}")));
        let mut report = sample::report(&all, findings, gaps.collect());
        for (n, judged) in report.recommendations.iter_mut().enumerate() {
            judged.section = format!("{n}{long}");
        }
        let out = written(&report, 65_536);
        assert!(
            out.chars().count() <= 65_536
                && out.contains("**Findings left out to keep within the length of a comment: 1.**"),
            "{out}"
        );
        assert!(out.contains("and 492 more"), "{out}");
    }

    /// A report may be read from anybody's JSON.
    #[test]
    fn an_account_that_is_none_is_text() {
        let mut report = sample::whole();
        report.account_id = "<img src=x>\n@octocat".into();
        let out = written(&report, 65_536);
        assert!(out.contains("\nAccount &lt;img src=x&gt; @<!-- -->octocat (aws), as of "), "{out}");
    }

    #[test]
    fn no_text_opens_a_tag_or_ends_a_line() {
        for text in sample::HOSTILE {
            let out = written(&sample::all_of(text), 65_536);
            let mut in_fence = false;
            for line in out.lines() {
                in_fence ^= line.starts_with("  ```");
                let ours = ["#", ">", "|", "<", "-", "  - ", "**", "Fails that", "Account 123456789012 ("];
                let of_fixes = ["  <", "  Rotate the key", "  **", "  1. Open", "  ```", "  aws iam list-access-keys"];
                let ours = ours.iter().chain(&of_fixes).any(|start| line.starts_with(start)) || line.is_empty();
                assert!(ours, "{text:?}: {line:?}");
                let open = line.replace("@<!-- -->", "").replace("`<", "");
                let tags = ["<details>", "</details>", "<summary>", "<b>", "</b>", "</summary>"];
                let open = tags.iter().fold(open, |line, tag| line.replace(tag, ""));
                let outside_code = open.split('`').step_by(2).collect::<String>();
                assert!(in_fence || !outside_code.contains('<') || text.contains('`'), "{text:?}: {line:?}");
            }
        }
    }
}
