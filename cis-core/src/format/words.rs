//! The words of the HTML report in one language.

use crate::benchmark::Assessment;
use crate::finding::Status;
use crate::locale::Locale;
use crate::msg;
use crate::msg::Message;
use crate::remediation::CautionKind;
use crate::report::Counts;

use super::remediation::for_type;
use super::statuses::counted;

macro_rules! words {
    ($($(#[doc = $doc:literal])? $name:ident: $message:expr,)*) => {
        pub(super) struct Words {
            pub(super) locale: Locale,
            $($(#[doc = $doc])? pub(super) $name: String,)*
        }

        impl Words {
            pub(super) fn of(locale: &Locale) -> Self {
                Self { locale: locale.clone(), $($name: locale.text(&$message),)* }
            }
        }
    };
}

words! {
    all: msg!("All"),
    allow: msg!("allow"),
    by_level: msg!("Recommendations by level"),
    by_section: msg!("Recommendations by section"),
    evidence: msg!("Evidence"),
    excepted: msg!("excepted"),
    field: msg!("Field"),
    findings: msg!("Findings"),
    how_to_fix: msg!("How to fix"),
    level: msg!("Level"),
    /// A template for the script, as `none_match` and `shown` are.
    more_rows: msg!("Show more ({n} left)", n = "{n}"),
    no_findings: msg!("There are no findings."),
    no_region: msg!("Account-wide"),
    none_match: msg!("No finding matches."),
    operation: msg!("Operation"),
    read_at: msg!("Read at"),
    recommendation: msg!("Recommendation"),
    region: msg!("Region"),
    regions: msg!("regions"),
    reset: msg!("Clear filters"),
    resources: msg!("resources"),
    search: msg!("Search resources, messages and evidence"),
    section: msg!("Section"),
    service: msg!("Service"),
    shown: msg!("{n} of {all} findings match.", n = "{n}", all = "{all}"),
    skip: msg!("To the findings"),
    status_label: msg!("Status"),
    summary: msg!("Summary"),
    unread_means: msg!("What rests on them is unknown below, neither passed nor failed."),
    value: msg!("Value"),
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
impl Words {
    pub(super) fn text(&self, message: &Message) -> String {
        self.locale.text(message)
    }

    pub(super) fn status(&self, status: &Status) -> String {
        self.text(&(*status).into())
    }

    pub(super) fn counted(&self, counts: &Counts, status: &Status) -> String {
        self.text(&counted(counts.get(*status), *status))
    }

    pub(super) fn assessment(&self, assessment: &Assessment) -> String {
        self.text(&(*assessment).into())
    }

    pub(super) fn caution(&self, kind: &CautionKind) -> String {
        self.text(&(*kind).into())
    }

    pub(super) fn not_this_way(&self, why: &str) -> String {
        self.text(&msg!("not this way. {why}", why))
    }

    pub(super) fn for_type(&self, kind: &str) -> String {
        self.text(&for_type(kind))
    }

    pub(super) fn level(&self, level: &u8) -> String {
        self.text(&msg!("Level {level}", level))
    }
}
