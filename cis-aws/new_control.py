#!/usr/bin/env python3
"""Writes the file of a new control with its first case, its line in the folder's list, and what it says in Japanese."""

import re
import sys
from pathlib import Path

CONTROLS = Path(__file__).resolve().parent / "src" / "controls"
JAPANESE = Path(__file__).resolve().parent / "locales" / "ja"

FILE = '''use cis_core::prelude::*;

use crate::datasets::iam::PasswordPolicy; // the dataset that it reads

control! {{
    /// What holds, in one line.
    ///
    /// ## Why it matters
    /// What goes wrong without it.
    pub struct {type} {{}}
    key: "{key}", title: "What holds", resource_type: "AWS::::Account", judged_at: Account,
}}

impl Control for {type} {{
    fn info(&self) -> ControlInfo {{
        Self::describe()
    }}

    fn remediation(&self) -> Option<Remediation> {{
        Some(
            Remediation::new("What to do.")
                .console(["Where to click."])
                .cli(["aws iam get-account-password-policy"])
                .no_terraform("Why it cannot be done this way."),
        )
    }}

    fn reads(&self) -> Reads {{
        Reads::of::<PasswordPolicy>()
    }}

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {{
        let policy = facts.rows::<PasswordPolicy>()?.single()?;
        let set = policy.is_some();
        let verdict = if set {{
            Verdict::pass(msg!("A password policy is set."))
        }} else {{
            Verdict::fail(msg!("No password policy is set; one must be."))
        }};
        findings.push(Target::place(), verdict.evidence("iam:GetAccountPasswordPolicy", "PasswordPolicy", &set));
        Ok(())
    }}
}}

#[cfg(test)]
mod tests {{
    use cis_core::testkit::{{Cases, aws, unread}};

    use super::*;

    #[test]
    fn cases() {{
        Cases::of({type}::default())
            .pass("one is set", aws::<PasswordPolicy>(r#"{{"PasswordPolicy": {{"MinimumPasswordLength": 14}}}}"#))
            .fail("none is set", aws::<PasswordPolicy>(r#"{{"PasswordPolicy": null}}"#))
            .unknown("denied", unread::<PasswordPolicy>(GapKind::Denied))
            .check();
    }}
}}
'''

# What FILE says, each message and each text of how to fix by its template in kebab case.
MESSAGES = {
    "a-password-policy-is-set": "パスワードポリシーが設定されています。",
    "no-password-policy-is-set-one-must-be": "パスワードポリシーが設定されていません。設定する必要があります。",
    "what-to-do": "修復の内容。",
    "where-to-click": "コンソールでの操作。",
    "why-it-cannot-be-done-this-way": "この方法で対応できない理由。",
}


def translate(service):
    file = JAPANESE / f"{service}.ftl"
    if not file.exists():
        file.write_text(f"# Messages of the controls of {service}. Each message by its English template in kebab case.\n\n", "utf-8")
        print(f"add {file.name} to the list in src/locale.rs")
    text = file.read_text("utf-8")
    lines = [f"{name} = {words}\n" for name, words in MESSAGES.items() if f"\n{name} = " not in text]
    file.write_text(text + "".join(lines), "utf-8")
    print(f"its messages in Japanese: the last lines of {file.relative_to(CONTROLS.parents[1])}")


def main():
    key = sys.argv[1] if len(sys.argv) == 2 else ""
    if not re.fullmatch(r"[a-z0-9]+\.[a-z][a-z0-9_]*", key):
        sys.exit("give a key such as iam.example: make new-control KEY=iam.example")
    service, name = key.split(".")
    folder = CONTROLS / service
    file = folder / f"{name}.rs"
    if file.exists():
        sys.exit(f"{file.relative_to(CONTROLS)} is there already")
    type_name = "".join(part.capitalize() for part in name.split("_"))
    listing = folder / "mod.rs"
    if not listing.exists():
        folder.mkdir(parents=True, exist_ok=True)
        listing.write_text(f"//! Controls on `{service}`.\n\ncis_core::controls! {{\n}}\n")
        print(f"add `pub mod {service};` and `{service}::entries()` to controls/mod.rs")
    lines = listing.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("cis_core::controls! {"))
    end = next(i for i in range(start, len(lines)) if lines[i].startswith("}"))
    entries = sorted([*lines[start + 1 : end], f"    {name}::{type_name},"])
    listing.write_text("\n".join([*lines[: start + 1], *entries, *lines[end:]]) + "\n")
    file.write_text(FILE.format(type=type_name, key=key))
    translate(service)
    print(f"wrote {file.relative_to(CONTROLS.parents[1])}; its case: INSTA_UPDATE=always cargo test -p cis-aws --lib {name}")


if __name__ == "__main__":
    main()
