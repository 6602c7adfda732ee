//! Remediation in words: as text, as Markdown, and in brief.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::markup::{fenced, text as escaped};
use crate::finding::{Finding, Status};
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::remediation::{FilledRemediation, Remediation, Step, Way};
use crate::report::Report;

/// A remediation as plain text: what to do, cautions, then each way, its steps indented by two spaces. Ends in a line feed. The
/// words around its own are those of the locale; its own come in another language from [`Locale::remediation`].
///
/// ```
/// use cis_core::{Locale, Remediation, format::remediation_text};
/// let remediation = Remediation::new("Renew the badge.").cli(["acme renew-badge"]).no_terraform("It has no badges.");
/// let text = remediation_text(&remediation.general(), &Locale::default());
/// assert_eq!(text, "Renew the badge.\n\nAWS CLI:\n  acme renew-badge\n\nTerraform: not this way. It has no badges.\n");
/// ```
pub fn remediation_text(filled: &FilledRemediation, locale: &Locale) -> String {
    let mut out = format!("{}\n", filled.summary);
    for caution in &filled.cautions {
        let _ = writeln!(out, "{}: {}", locale.text(&caution.kind.into()), caution.text);
    }
    for (name, way, form) in ways(filled, locale) {
        match way {
            Way::NotThisWay(why) => {
                let _ = write!(out, "\n{}\n", locale.text(&not_this_way(&name, why)));
            }
            Way::Steps(steps) if steps.is_empty() => {}
            Way::Steps(steps) => {
                let _ = writeln!(out, "\n{name}:");
                for (n, step) in steps.iter().enumerate() {
                    if n > 0 && form == Form::Code("terraform") {
                        out.push('\n');
                    }
                    if let Some(told) = told_of_type(steps, n) {
                        let _ = writeln!(out, "  {}", locale.text(&told));
                    }
                    let number = if form == Form::Sentences { format!("{}. ", n + 1) } else { String::new() };
                    for line in step.text.lines() {
                        let _ = writeln!(out, "  {number}{line}");
                    }
                }
            }
        }
    }
    out
}

/// A remediation as Markdown without headings: what to do, cautions, then each way, commands and configuration as code. Every
/// value is nothing but text. Ends in a line feed. Languages: as [`remediation_text`].
pub fn remediation_markdown(filled: &FilledRemediation, locale: &Locale) -> String {
    let mut out = format!("{}\n", escaped(&filled.summary));
    if !filled.cautions.is_empty() {
        out.push('\n');
    }
    for caution in &filled.cautions {
        let _ = writeln!(out, "- **{}**: {}", locale.text(&caution.kind.into()), escaped(&caution.text));
    }
    for (name, way, form) in ways(filled, locale) {
        let name = format!("**{name}**");
        match way {
            Way::NotThisWay(why) => {
                let _ = write!(out, "\n{}\n", locale.text(&not_this_way(&name, &escaped(why))));
            }
            Way::Steps(steps) if steps.is_empty() => {}
            Way::Steps(steps) => {
                let _ = write!(out, "\n{name}\n");
                for (n, step) in steps.iter().enumerate() {
                    let told = told_of_type(steps, n);
                    if let Some(told) = &told {
                        let _ = write!(out, "\n{}\n", escaped(&locale.text(told)));
                    }
                    let begins = n == 0 || told.is_some();
                    match form {
                        Form::Sentences => {
                            let gap = if begins { "\n" } else { "" };
                            let _ = writeln!(out, "{gap}{}. {}", n + 1, escaped(&step.text));
                        }
                        Form::Code(language) if begins => {
                            let alike = steps.iter().skip(n).take_while(|one| one.resource_type == step.resource_type);
                            let code: Vec<_> = alike.map(|step| step.text.as_str()).collect();
                            let between = if language == "sh" { "\n" } else { "\n\n" };
                            let _ = write!(out, "\n{}\n", fenced(language, &code.join(between)));
                        }
                        Form::Code(_) => {}
                    }
                }
            }
        }
    }
    out
}

/// A name, the same in every language.
pub(super) const CLI: &str = "AWS CLI";

/// In brief, on one line: what to do and the commands, or what else there is.
pub(super) fn brief(filled: &FilledRemediation, locale: &Locale) -> String {
    let [console, cli, _] = ways(filled, locale);
    let (name, way, _) = if filled.cli.steps().is_empty() { console } else { cli };
    let steps = way.texts().map(str::to_owned);
    let steps = steps.reduce(|steps, next| locale.text(&msg!("{steps} Then: {next}", steps, next)));
    match steps {
        Some(steps) => format!("{} {name}: {steps}", filled.summary),
        None => filled.summary.clone(),
    }
}

/// How to put right what a report says, in one language.
pub(super) struct Fixes<'a>(BTreeMap<&'a str, Cow<'a, Remediation>>);

impl<'a> Fixes<'a> {
    pub(super) fn of(report: &'a Report, locale: &Locale) -> Self {
        Self(report.remediation.iter().map(|(key, fix)| (key.as_str(), locale.remediation(fix))).collect())
    }

    /// For a requirement, and no finding of it.
    pub(super) fn general(&self, key: &str) -> Option<FilledRemediation> {
        self.0.get(key).map(|fix| fix.general())
    }

    /// For these findings of a requirement: with the resource, where there is one finding alone.
    pub(super) fn of_all(&self, key: &str, findings: &[&Finding]) -> Option<FilledRemediation> {
        match findings {
            [one] => self.0.get(key).map(|fix| fix.for_finding(one)),
            _ => self.general(key),
        }
    }

    /// For this finding, where it fails or is for a person to decide.
    pub(super) fn of_finding(&self, finding: &Finding) -> Option<FilledRemediation> {
        matches!(finding.verdict(), Status::Fail | Status::Manual)
            .then(|| self.of_all(&finding.control, &[finding]))
            .flatten()
    }
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    Sentences,
    Code(&'static str),
}

/// The three ways, each with its name and what its steps are.
pub(super) fn ways<'a>(filled: &'a FilledRemediation, locale: &Locale) -> [(String, &'a Way, Form); 3] {
    [
        (locale.text(&msg!("Console")), &filled.console, Form::Sentences),
        (CLI.to_owned(), &filled.cli, Form::Code("sh")),
        ("Terraform".to_owned(), &filled.terraform, Form::Code("terraform")),
    ]
}

fn not_this_way(name: &str, why: &str) -> Message {
    msg!("{name}: not this way. {why}", name, why)
}

/// Which type a step is for.
pub(super) fn for_type(kind: &str) -> Message {
    msg!("For {kind}:", kind)
}

/// Which type a step is for, where that begins or changes with it.
fn told_of_type(steps: &[Step], n: usize) -> Option<Message> {
    let of = |n: usize| steps.get(n).and_then(|step| step.resource_type.as_deref());
    let before = n.checked_sub(1).map(of);
    match (of(n), before) {
        (now, Some(before)) if now == before => None,
        (None, None) => None,
        (None, Some(_)) => Some(msg!("For all:")),
        (Some(now), _) => Some(for_type(now)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{CautionKind, Remediation};

    fn whole() -> FilledRemediation {
        let remediation = Remediation::new("Do *this*.")
            .caution(CautionKind::Costs, "A lot.")
            .console(["Open A.", "Choose <b>."])
            .cli_for("AWS::RDS::DBInstance", ["aws rds a --id {resource}", "aws rds b"])
            .cli_for("AWS::RDS::DBCluster", ["aws rds c"])
            .no_terraform("No such resource.");
        remediation.general()
    }

    #[test]
    fn as_text() {
        let expected = "\
Do *this*.
Costs money: A lot.

Console:
  1. Open A.
  2. Choose <b>.

AWS CLI:
  For AWS::RDS::DBInstance:
  aws rds a --id '<RESOURCE>'
  aws rds b
  For AWS::RDS::DBCluster:
  aws rds c

Terraform: not this way. No such resource.
";
        assert_eq!(remediation_text(&whole(), &Locale::default()), expected);
    }

    #[test]
    fn as_markdown() {
        let expected = "\
Do \\*this\\*.

- **Costs money**: A lot.

**Console**

1. Open A.
2. Choose &lt;b&gt;.

**AWS CLI**

For AWS::RDS::DBInstance:

```sh
aws rds a --id '<RESOURCE>'
aws rds b
```

For AWS::RDS::DBCluster:

```sh
aws rds c
```

**Terraform**: not this way. No such resource.
";
        assert_eq!(remediation_markdown(&whole(), &Locale::default()), expected);
        let fence = Remediation::new("x").cli(["aws x '```'"]).general();
        assert!(remediation_markdown(&fence, &Locale::default()).contains("\n````sh\naws x '```'\n````\n"));
    }

    #[test]
    fn in_brief() {
        let told = |remediation: Remediation| brief(&remediation.general(), &Locale::default());
        let both = Remediation::new("Do it.").console(["Open A."]).cli(["aws a", "aws b"]);
        assert_eq!(told(both), "Do it. AWS CLI: aws a Then: aws b");
        assert_eq!(told(Remediation::new("Do it.").console(["Open A."]).no_cli("No.")), "Do it. Console: Open A.");
        assert_eq!(told(Remediation::new("Do it.")), "Do it.");
    }

    #[test]
    fn every_caution_has_a_word_of_its_own() {
        use CautionKind::{CannotBeUndone, Costs, CutsAccess, Interrupts, ReplacesAll};
        let kinds = [ReplacesAll, Costs, CutsAccess, Interrupts, CannotBeUndone];
        let words: BTreeSet<_> = kinds.into_iter().map(|kind| Message::from(kind).to_string()).collect();
        assert_eq!(words.len(), kinds.len());
    }

    #[cfg(feature = "locales")]
    #[test]
    fn in_japanese() {
        let fluent = "do-resource = { $resource } を直します。\n\
             rotate-it-min-times = { $min } 回ローテーションします。\n\
             a-lot = 多額です。\n\
             no-such-thing-as-a = { $a } はありません。\n";
        let locale = Locale::of("ja").unwrap().with_messages("acme.ftl", fluent).unwrap();
        let english = Remediation::new("Do {resource}.")
            .caution(CautionKind::Costs, "A lot.")
            .console(["Rotate it {min} times.", "Nobody translated {resource}."])
            .cli_for("AWS::RDS::DBInstance", ["aws rds a --id {resource}"])
            .cli(["aws rds b"])
            .no_terraform("No such thing as {a}.")
            .value("min", &2);
        let japanese = locale.remediation(&english);
        let texts = |remediation: &Remediation| remediation.texts().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(
            texts(&japanese),
            [
                "{resource} を直します。",
                "多額です。",
                "{min} 回ローテーションします。",
                "Nobody translated {resource}.",
                "{a} はありません。"
            ]
        );
        assert_eq!(japanese.cli, english.cli, "commands are the same in every language");
        assert_eq!(texts(&Locale::default().remediation(&english)), texts(&english));
        let resource = [("resource".to_owned(), "{min}".into())].into_iter().collect();
        let expected = "\
{min} を直します。
料金が発生: 多額です。

コンソール:
  1. 2 回ローテーションします。
  2. Nobody translated {min}.

AWS CLI:
  AWS::RDS::DBInstance の場合:
  aws rds a --id '{min}'
  すべてに共通:
  aws rds b

Terraform: この方法では対応できません。<A> はありません。
";
        assert_eq!(remediation_text(&japanese.fill(&resource, None), &locale), expected);
        let told = "{min} を直します。 AWS CLI: aws rds a --id '{min}' 次に: aws rds b";
        assert_eq!(brief(&japanese.fill(&resource, None), &locale), told);
    }
}
