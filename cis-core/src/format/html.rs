//! The report as one HTML file.

use std::collections::BTreeSet;
use std::io::{self, Write};

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::outline::{Section, resource_or_account, sections};
use super::remediation::{CLI, Fixes, Form, ways};
use super::reviewed::{self, decided};
use super::scope::{judged, regions};
use super::unread::{Unread, some_of, unread_groups};
use super::words::Words;
use super::{Format, TOOL};
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::msg;
use crate::remediation::Way;
use crate::report::{Counts, Report};

pub(super) const FORMAT: Format = Format {
    name: "html",
    about: "for people: one file with search and filters, no network",
    extension: "html",
    binary: false,
    write: |report, options, to| html(report, &options.locale, to),
};

const CSS: &str = include_str!("../../templates/report.css");
const JS: &str = include_str!("../../templates/report.js");
/// How many groups of reads that failed stand open.
const UNREAD: usize = 8;
/// How many names are told of one group.
const NAMES: usize = 20;

/// Gravest first.
const STATUSES: [Status; 5] = [Status::Fail, Status::Unknown, Status::Manual, Status::Pass, Status::NotApplicable];

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    words: &'a Words,
    made_by: String,
    csp: String,
    css: &'static str,
    js: &'static str,
    report: &'a Report,
    fixes: Fixes<'a>,
    judged: String,
    /// What was done with regions, and whether that leaves something in doubt.
    scope: Vec<(String, bool)>,
    unread_title: String,
    unread_more: String,
    /// The first groups, which stand open, and the others.
    unread: Vec<(bool, &'a [Unread<'a>])>,
    without_effect_title: String,
    without_effect: Vec<String>,
    decided: Option<String>,
    tables: Vec<Table<'a>>,
    gravest_first: [Status; 5],
    sections: &'a [Section<'a>],
    regions: BTreeSet<&'a str>,
    services: BTreeSet<&'a str>,
}

/// Counts of recommendations, or of findings, by something.
struct Table<'a> {
    caption: &'a str,
    head: &'a str,
    rows: Vec<(String, Counts)>,
}

/// Writes the report as one HTML file that loads nothing: what could not be read and entries of the review without effect
/// first, counts by section and level, then
/// the findings by recommendation, folded. It works without JavaScript; with it there are search and filters, and 100,000
/// findings open at once. A Content-Security-Policy lets nothing but its own style and script run, by their hashes, and every
/// value is escaped by the template. How to put something right stands once by each recommendation, and by each finding only the
/// commands with its resource.
///
/// # Errors
/// Those of the writer.
pub fn html(report: &Report, locale: &Locale, mut to: impl Write) -> io::Result<()> {
    let words = &Words::of(locale);
    let sections = sections(report);
    let groups = unread_groups(report, locale);
    let (open, folded) = groups.split_at(groups.len().min(UNREAD));
    let findings = report.findings.iter();
    let without_effect = reviewed::without_effect(report, locale);
    let page = Page {
        words,
        made_by: locale.text(&msg!("Made by {tool}. This file loads nothing and sends nothing.", tool = TOOL)),
        csp: csp(),
        css: CSS,
        js: JS,
        report,
        fixes: Fixes::of(report, locale),
        judged: locale.text(&judged(report)),
        scope: scope(report, locale),
        unread_title: locale.text(&msg!("Not everything could be read: {n} failed", n = report.unread.len())),
        unread_more: locale.text(&msg!("{n} more reasons", n = folded.len())),
        unread: [(true, open), (false, folded)].into_iter().filter(|(_, groups)| !groups.is_empty()).collect(),
        without_effect_title: locale.text(&msg!("Without effect in the review: {n}", n = without_effect.len())),
        without_effect,
        decided: reviewed::summary(report, locale),
        tables: tables(report, &sections, words),
        gravest_first: STATUSES,
        sections: &sections,
        regions: findings.clone().filter_map(|finding| finding.resource.region.as_deref()).collect(),
        services: sections.iter().flat_map(|section| &section.requirements).map(|one| service(one.key)).collect(),
    };
    page.write_into(&mut to)?;
    to.write_all(b"\n")
}

fn csp() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        hash(CSS),
        hash(JS)
    )
}

fn scope(report: &Report, locale: &Locale) -> Vec<(String, bool)> {
    regions(report).into_iter().map(|(regions, doubt)| (locale.text(&regions.told()), doubt)).collect()
}

fn tables<'a>(report: &Report, sections: &[Section<'_>], words: &'a Words) -> Vec<Table<'a>> {
    let of = |section: &Section<'_>| Counts::of(section.requirements.iter().map(|requirement| requirement.status));
    let mut by_section: Vec<_> =
        sections.iter().map(|section| (section.title(&words.locale).into_owned(), of(section))).collect();
    by_section.push((words.all.clone(), report.summary.recommendations));
    let levels: BTreeSet<_> = report.recommendations.iter().map(|judged| judged.level).collect();
    let by_level = levels.into_iter().map(|level| {
        let judged = report.recommendations.iter().filter(|judged| judged.level == level);
        (words.level(&level), Counts::of(judged.map(|judged| judged.status)))
    });
    vec![
        Table { caption: &words.by_section, head: &words.section, rows: by_section },
        Table { caption: &words.by_level, head: &words.level, rows: by_level.collect() },
        Table {
            caption: &words.findings,
            head: &words.findings,
            rows: vec![(report.findings.len().to_string(), report.summary.findings)],
        },
    ]
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
fn count(counts: &Counts, status: &Status) -> usize {
    counts.get(*status)
}

/// The service that a key begins with.
fn service(key: &str) -> &str {
    key.split_once('.').map_or(key, |(service, _)| service)
}

fn joined(names: &BTreeSet<&str>, words: &Words) -> String {
    words.text(&some_of(names, NAMES, str::to_owned))
}

fn named(finding: &Finding, words: &Words) -> String {
    words.text(&resource_or_account(&finding.resource))
}

/// The commands that put a finding right, a line each. Nothing else of a remediation stands by each finding: texts would be
/// most of a long report.
fn commands(fixes: &Fixes<'_>, finding: &Finding) -> Option<String> {
    let filled = fixes.of_finding(finding)?;
    let commands: Vec<_> = filled.cli.texts().collect();
    (!commands.is_empty()).then(|| commands.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn written(report: &Report) -> String {
        let mut out = Vec::new();
        html(report, &Locale::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_could_not_be_read_stands_before_all_else() {
        let page = written(&sample::whole());
        let unread = page.find("Not everything could be read: 1 failed").unwrap();
        assert!(unread < page.find("Recommendations by section").unwrap());
        assert!(page.contains("iam:GetCredentialReport</code>: denied by a policy of the caller (AccessDenied)"));
        let whole = written(&sample::report(&[], Vec::new(), Vec::new()));
        assert!(!whole.contains("Not everything could be read"));
    }

    #[test]
    fn a_row_is_a_finding() {
        let report = sample::whole();
        let page = written(&report);
        let (page, _) = page.split_once("<script>").unwrap();
        assert_eq!(page.matches("<li class=\"f\"").count(), report.findings.len());
        assert!(page.contains("arn:aws:iam::123456789012:user/cid, access key 1 in eu-central-1"));
        assert!(
            page.contains("<td>access_key_1_last_rotated</td><td><code>&#34;2024-01-31T00:00:00Z&#34;</code></td>")
        );
        assert!(page.contains("<h3>Outside the benchmark</h3>"));
    }

    #[test]
    fn how_to_fix_stands_once_and_commands_by_what_fails() {
        let mut report = sample::with_remediation();
        let another = sample::finding("iam.keys", Status::Fail, "eve's", "The key is old.");
        report.findings.insert(1, another);
        let page = written(&report);
        assert_eq!(page.matches("What uses it fails.").count(), 1);
        assert!(
            page.contains(
                "<pre>aws iam list-access-keys --user-name &#39;&#60;RESOURCE&#62;&#39; --max-items 90</pre>"
            )
        );
        for user in ["cid", "&#34;eve&#39;s&#34;"] {
            let command = format!("<pre>aws iam list-access-keys --user-name {user} --max-items 90</pre>");
            assert_eq!(page.matches(&command).count(), 1, "{user}");
        }
        assert_eq!(page.matches("<pre>").count(), 3, "none by what passes or is unknown");
    }

    #[test]
    fn every_value_is_escaped() {
        // The tags of a page do not depend on what its values are.
        let tags = |text: &str| {
            let page = written(&sample::all_of(text));
            page.matches('<').count()
        };
        let plain = tags("plain");
        for text in sample::HOSTILE {
            // An empty region is a region that has a name, an empty one.
            assert_eq!(tags(text), plain, "{text:?}");
        }
    }

    #[test]
    fn nothing_is_loaded_and_nothing_else_runs() {
        let page = written(&sample::all_of("<script>alert(1)</script><img src=x onerror=alert(1)>"));
        let between = |open: &str, close: &str| {
            let (_, rest) = page.split_once(open).unwrap();
            rest.split_once(close).unwrap().0.to_owned()
        };
        let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
        let csp = between("http-equiv=\"Content-Security-Policy\" content=\"", "\">").replace("&#39;", "'");
        let (style, script) = (hash(&between("<style>", "</style>")), hash(&between("<script>", "</script>")));
        let expected = format!(
            "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
        );
        assert_eq!(csp, expected);
        assert_eq!((page.matches("<script").count(), page.matches("<style").count()), (1, 1));
        for loads in ["http://", "https://", "<link", "<img", "<iframe", "@import", "url(", " style=", "fetch("] {
            assert!(!page.contains(loads), "{loads}");
        }
        for (name, text) in [("css", CSS), ("js", JS)] {
            assert!(!text.contains("</") || !text.to_lowercase().contains("</script"), "{name} ends its own element");
            assert!(!text.contains("<!--"), "{name}");
        }
    }
}
