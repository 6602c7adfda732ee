//! Remediation in words: as text, as Markdown, and in brief.

use std::fmt::Write as _;

use super::markup::{fenced, text as escaped};
use super::words;
use crate::finding::{Finding, Status};
use crate::remediation::{FilledRemediation, Step, Way};
use crate::report::Report;

/// A remediation as plain text: what to do, cautions, then each way, its steps indented by two spaces. Ends in a line feed.
///
/// ```
/// use cis_core::{Remediation, format::remediation_text};
/// let remediation = Remediation::new("Renew the badge.").cli(["acme renew-badge"]).no_terraform("It has no badges.");
/// let text = remediation_text(&remediation.general());
/// assert_eq!(text, "Renew the badge.\n\nAWS CLI:\n  acme renew-badge\n\nTerraform: not this way. It has no badges.\n");
/// ```
pub fn remediation_text(filled: &FilledRemediation) -> String {
    let mut out = format!("{}\n", filled.summary);
    for caution in &filled.cautions {
        let _ = writeln!(out, "{}: {}", words::caution(caution.kind), caution.text);
    }
    for (name, way, form) in ways(filled) {
        match way {
            Way::NotThisWay(why) => {
                let _ = write!(out, "\n{name}: {}. {why}\n", words::NOT_THIS_WAY);
            }
            Way::Steps(steps) if steps.is_empty() => {}
            Way::Steps(steps) => {
                let _ = writeln!(out, "\n{name}:");
                for (n, step) in steps.iter().enumerate() {
                    if n > 0 && form == Form::Code("terraform") {
                        out.push('\n');
                    }
                    if let Some(told) = told_of_type(steps, n) {
                        let _ = writeln!(out, "  {told}");
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
/// value is nothing but text. Ends in a line feed.
pub fn remediation_markdown(filled: &FilledRemediation) -> String {
    let mut out = format!("{}\n", escaped(&filled.summary));
    if !filled.cautions.is_empty() {
        out.push('\n');
    }
    for caution in &filled.cautions {
        let _ = writeln!(out, "- **{}**: {}", words::caution(caution.kind), escaped(&caution.text));
    }
    for (name, way, form) in ways(filled) {
        match way {
            Way::NotThisWay(why) => {
                let _ = write!(out, "\n**{name}**: {}. {}\n", words::NOT_THIS_WAY, escaped(why));
            }
            Way::Steps(steps) if steps.is_empty() => {}
            Way::Steps(steps) => {
                let _ = write!(out, "\n**{name}**\n");
                for (n, step) in steps.iter().enumerate() {
                    let told = told_of_type(steps, n);
                    if let Some(told) = &told {
                        let _ = write!(out, "\n{}\n", escaped(told));
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

/// In brief, on one line: what to do and the commands, or what else there is.
pub(super) fn brief(filled: &FilledRemediation) -> String {
    let (name, way) = match (&filled.cli, &filled.console) {
        (Way::Steps(steps), _) if !steps.is_empty() => (words::CLI, &filled.cli),
        (_, console) => (words::CONSOLE, console),
    };
    let steps: Vec<_> = way.texts().collect();
    if steps.is_empty() {
        return filled.summary.clone();
    }
    format!("{} {name}: {}", filled.summary, steps.join(words::THEN))
}

/// How to put right what this finding says, where it fails or is for a person to decide.
pub(super) fn of_finding(report: &Report, finding: &Finding) -> Option<FilledRemediation> {
    matches!(finding.verdict(), Status::Fail | Status::Manual).then(|| report.remediation_of(finding)).flatten()
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    Sentences,
    Code(&'static str),
}

fn ways(filled: &FilledRemediation) -> [(&'static str, &Way, Form); 3] {
    [
        (words::CONSOLE, &filled.console, Form::Sentences),
        (words::CLI, &filled.cli, Form::Code("sh")),
        (words::TERRAFORM, &filled.terraform, Form::Code("terraform")),
    ]
}

/// Which type a step is for, where that begins or changes with it.
fn told_of_type(steps: &[Step], n: usize) -> Option<String> {
    let of = |n: usize| steps.get(n).and_then(|step| step.resource_type.as_deref());
    let before = n.checked_sub(1).map(of);
    match (of(n), before) {
        (now, Some(before)) if now == before => None,
        (None, None) => None,
        (None, Some(_)) => Some(words::FOR_ALL.to_owned()),
        (Some(now), _) => Some(words::FOR_TYPE.replace("{type}", now)),
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
        assert_eq!(remediation_text(&whole()), expected);
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
        assert_eq!(remediation_markdown(&whole()), expected);
        let fence = Remediation::new("x").cli(["aws x '```'"]).general();
        assert!(remediation_markdown(&fence).contains("\n````sh\naws x '```'\n````\n"));
    }

    #[test]
    fn in_brief() {
        let told = |remediation: Remediation| brief(&remediation.general());
        let both = Remediation::new("Do it.").console(["Open A."]).cli(["aws a", "aws b"]);
        assert_eq!(told(both), "Do it. AWS CLI: aws a Then: aws b");
        assert_eq!(told(Remediation::new("Do it.").console(["Open A."]).no_cli("No.")), "Do it. Console: Open A.");
        assert_eq!(told(Remediation::new("Do it.")), "Do it.");
    }

    #[test]
    fn every_caution_has_a_word_of_its_own() {
        use CautionKind::{CannotBeUndone, Costs, CutsAccess, Interrupts, ReplacesAll};
        let kinds = [ReplacesAll, Costs, CutsAccess, Interrupts, CannotBeUndone];
        let words: BTreeSet<_> = kinds.into_iter().map(words::caution).collect();
        assert_eq!(words.len(), kinds.len());
    }
}
