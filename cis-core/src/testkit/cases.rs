//! A table of cases for a control.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::panic::Location;
use std::path::PathBuf;
use std::sync::Arc;

use super::facts::FactSet;
use crate::collect::judge::{about_regions, judge_at};
use crate::control::{Control, Findings, in_order};
use crate::dataset::Dataset;
use crate::facts::{Facts, ScopeStatus};
use crate::finding::{Finding, Status};
use crate::gap::GapKind;
use crate::place::{Place, PlaceKind};
use crate::plan::Judge;
use crate::scan::caught;

/// Runs a control on facts, at every place that it is judged at, as a scan would.
pub fn judge(control: Arc<dyn Control>, facts: &FactSet) -> Vec<Finding> {
    let key = control.info().key.into_owned();
    let judge = Judge::new(None, &key, Some(control));
    let mut findings: Vec<_> = places(&judge, facts)
        .into_iter()
        .flat_map(|place| judge_at(&judge, &Facts::new(&facts.setting, &facts.tables, &judge.reads, place)))
        .collect();
    findings.extend(about_regions(&judge, &facts.setting, findings.is_empty()));
    in_order(findings)
}

fn places(judge: &Judge, facts: &FactSet) -> Vec<Place> {
    let account = &facts.setting.account_id;
    match judge.info.judged_at {
        PlaceKind::Account => vec![Place::account(account)],
        PlaceKind::Region => {
            let scanned = facts.setting.scope.iter().filter(|region| region.status == ScopeStatus::Scanned);
            scanned.map(|region| Place::region(account, &region.region)).collect()
        }
    }
}

/// A table of cases for a control: each a name that says why it is there, facts, and the status that must come out.
///
/// [`check`](Self::check) asserts the verdicts and the rules that every finding keeps, compares messages and evidence with
/// a snapshot file beside the test (`INSTA_UPDATE=always` writes it), and takes each declared read away in turn: denied,
/// malformed, missing. Every verdict must then turn unknown, unless the case says that it does not rest on it.
#[must_use = "cases say nothing until they are checked"]
pub struct Cases {
    control: Arc<dyn Control>,
    name: Option<&'static str>,
    partly_without: BTreeSet<&'static str>,
    table: Vec<Case>,
}

struct Case {
    name: &'static str,
    facts: FactSet,
    expected: Expected,
    holds_without: BTreeSet<&'static str>,
    partly_without: BTreeSet<&'static str>,
    turns_without: BTreeMap<&'static str, Status>,
}

enum Expected {
    /// Every finding.
    Every(Status),
    /// The statuses by ARN, id, or `sub` where it has one.
    Each(Vec<(&'static str, Status)>),
}

impl std::fmt::Debug for Cases {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.table.iter().map(|case| case.name)).finish()
    }
}

impl Cases {
    /// Cases for a control.
    pub fn of(control: impl Control + 'static) -> Self {
        Self { control: Arc::new(control), name: None, partly_without: BTreeSet::new(), table: Vec::new() }
    }

    /// A name for the snapshot file, where a control has more than one table (one a benchmark version, say).
    pub fn named(self, name: &'static str) -> Self {
        Self { name: Some(name), ..self }
    }

    fn case(mut self, name: &'static str, facts: FactSet, expected: Expected) -> Self {
        let (holds_without, partly_without) = (BTreeSet::new(), self.partly_without.clone());
        let turns_without = BTreeMap::new();
        self.table.push(Case { name, facts, expected, holds_without, partly_without, turns_without });
        self
    }

    /// Every finding is pass.
    pub fn pass(self, name: &'static str, facts: FactSet) -> Self {
        self.case(name, facts, Expected::Every(Status::Pass))
    }

    /// Every finding is fail.
    pub fn fail(self, name: &'static str, facts: FactSet) -> Self {
        self.case(name, facts, Expected::Every(Status::Fail))
    }

    /// Every finding is manual.
    pub fn manual(self, name: &'static str, facts: FactSet) -> Self {
        self.case(name, facts, Expected::Every(Status::Manual))
    }

    /// Every finding is unknown.
    pub fn unknown(self, name: &'static str, facts: FactSet) -> Self {
        self.case(name, facts, Expected::Every(Status::Unknown))
    }

    /// Every finding is not applicable.
    pub fn not_applicable(self, name: &'static str, facts: FactSet) -> Self {
        self.case(name, facts, Expected::Every(Status::NotApplicable))
    }

    /// These findings and no others, in order of resource: ARN (or else id; `id/sub` for a part of a resource) and status.
    pub fn each(self, name: &'static str, facts: FactSet, expected: &[(&'static str, Status)]) -> Self {
        self.case(name, facts, Expected::Each(expected.to_vec()))
    }

    /// The case above does not rest on a dataset: with it gone, every status stays as it is.
    pub fn holds_without<D: Dataset>(mut self) -> Self {
        if let Some(case) = self.table.last_mut() {
            case.holds_without.insert(D::NAME);
        }
        self
    }

    /// Of the case above only some findings rest on a dataset: with it gone, each stays as it is or turns unknown.
    /// Before the first case: of every case.
    pub fn partly_without<D: Dataset>(mut self) -> Self {
        let partly_without = match self.table.last_mut() {
            Some(case) => &mut case.partly_without,
            None => &mut self.partly_without,
        };
        partly_without.insert(D::NAME);
        self
    }

    /// With a dataset gone, every finding of the case above is this status: another source decides then, and says
    /// something else. Say in the case's name why that is right.
    pub fn turns_without<D: Dataset>(mut self, status: Status) -> Self {
        if let Some(case) = self.table.last_mut() {
            case.turns_without.insert(D::NAME, status);
        }
        self
    }

    /// Runs all cases.
    ///
    /// # Panics
    /// Where a case does not hold; the message names it.
    #[track_caller]
    pub fn check(self) {
        assert!(!self.table.is_empty(), "there is no case");
        let faults = self.control.remediation().map(|told| told.faults()).unwrap_or_default();
        assert!(faults.is_empty(), "the remediation of {}: {faults:#?}", self.control.info().key);
        let caller = Location::caller();
        let mut shown = String::new();
        for case in &self.table {
            self.check_case(case, &mut shown);
        }
        let name = self.snapshot_name();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(beside(caller.file()).join("snapshots"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }

    fn snapshot_name(&self) -> String {
        let key = self.control.info().key.into_owned();
        self.name.map_or(key.clone(), |name| format!("{key}@{name}"))
    }

    fn check_case(&self, case: &Case, shown: &mut String) {
        let key = self.control.info().key;
        let at = format!("{key}, case {:?}", case.name);
        self.check_messages(case, &at);
        let findings = judge(Arc::clone(&self.control), &case.facts);
        self.check_rules(&findings, &at);
        match &case.expected {
            Expected::Every(status) => {
                for finding in &findings {
                    assert_eq!(finding.status, *status, "{at}: {} ({})", finding.message, name_of(finding));
                }
            }
            Expected::Each(expected) => {
                let got: Vec<_> = findings.iter().map(|finding| (name_of(finding), finding.status)).collect();
                let want: Vec<_> = expected.iter().map(|&(name, status)| (name.to_owned(), status)).collect();
                assert_eq!(got, want, "{at}");
            }
        }
        self.take_away(case, &findings, &at);
        show(case.name, &findings, shown);
    }

    fn check_messages(&self, case: &Case, at: &str) {
        let judge = Judge::new(None, &self.control.info().key, Some(Arc::clone(&self.control)));
        for place in places(&judge, &case.facts) {
            let facts = Facts::new(&case.facts.setting, &case.facts.tables, &judge.reads, place);
            let mut given = Findings::default();
            // A gap here is no matter: what it becomes is looked at with the findings.
            let _ =
                caught(|| self.control.evaluate(&facts, &mut given)).unwrap_or_else(|fault| panic!("{at}: {fault}"));
            for message in given.messages() {
                assert_eq!(message.unfilled(), Vec::<String>::new(), "{at}: {:?}", message.template());
            }
        }
    }

    /// What every finding keeps, whatever the control.
    fn check_rules(&self, findings: &[Finding], at: &str) {
        let reads = self.control.reads();
        let operations: BTreeSet<String> =
            reads.datasets().flat_map(|info| info.operations().map(|(name, _)| name.to_owned())).collect();
        assert!(!findings.is_empty(), "{at}: no finding");
        for finding in findings {
            let Finding { status, message, .. } = finding;
            for evidence in &finding.evidence {
                let operation = &evidence.operation;
                assert!(
                    operations.contains(&**operation),
                    "{at}: evidence from {operation}, which the reads do not declare"
                );
            }
            if matches!(status, Status::Pass | Status::Fail) {
                assert!(!finding.evidence.is_empty(), "{at}: {status} without evidence: {message}");
            }
            for gap in &finding.gaps {
                let undeclared = gap.message.contains("without declaring it");
                assert!(!undeclared, "{at}: {}", gap.message);
                assert!(gap.dataset.is_some(), "{at}: a gap that names no dataset: {gap}");
            }
            if *status == Status::Unknown {
                assert!(!finding.gaps.is_empty(), "{at}: unknown without a gap: {message}");
            }
        }
    }

    /// Takes each declared read away, in every way that it can be gone.
    fn take_away(&self, case: &Case, findings: &[Finding], at: &str) {
        for info in self.control.reads().datasets().filter(|info| case.facts.has(info.name())) {
            let ways = [Some(GapKind::Denied), Some(GapKind::Malformed), Some(GapKind::NotSupported), None];
            for way in ways {
                let at = format!("{at}, {} gone ({way:?})", info.name());
                let without = judge(Arc::clone(&self.control), &case.facts.without(info, way));
                self.check_rules(&without, &at);
                let before = |finding: &Finding| {
                    findings
                        .iter()
                        .find(|other| other.identified_by() == finding.identified_by())
                        .map(|other| other.status)
                };
                let was_manual = findings.iter().any(|finding| finding.status == Status::Manual);
                if case.holds_without.contains(info.name()) {
                    let statuses = |findings: &[Finding]| {
                        findings.iter().map(|finding| (name_of(finding), finding.status)).collect::<Vec<_>>()
                    };
                    assert_eq!(statuses(&without), statuses(findings), "{at}: the verdicts were to hold");
                } else if let Some(status) = case.turns_without.get(info.name()) {
                    for finding in &without {
                        assert_eq!(finding.status, *status, "{at}: {}", finding.message);
                    }
                } else if case.partly_without.contains(info.name()) {
                    assert!(
                        without.iter().any(|finding| finding.status == Status::Unknown),
                        "{at}: nothing is unknown"
                    );
                    for finding in &without {
                        let kept = finding.status == Status::Unknown || before(finding) == Some(finding.status);
                        assert!(kept, "{at}: {} became {}: {}", name_of(finding), finding.status, finding.message);
                    }
                } else {
                    for finding in &without {
                        let honest =
                            finding.status == Status::Unknown || (finding.status == Status::Manual && was_manual);
                        assert!(honest, "{at}: {} is {}: {}", name_of(finding), finding.status, finding.message);
                    }
                }
            }
        }
    }
}

/// A finding's resource as a case names it.
fn name_of(finding: &Finding) -> String {
    let resource = &finding.resource;
    let name = resource.name();
    match &resource.sub {
        Some(sub) => format!("{name}/{sub}"),
        None => name.to_owned(),
    }
}

fn show(case: &str, findings: &[Finding], to: &mut String) {
    let mut line = |text: String| {
        let _ = writeln!(to, "{text}");
    };
    line(format!("# {case}"));
    for finding in findings {
        let region = finding.resource.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
        line(format!("{} {}{region}", finding.status, name_of(finding)));
        line(format!("  {}", finding.message));
        for evidence in &finding.evidence {
            line(format!("  - {} {}: {}", evidence.operation, evidence.field, evidence.value));
        }
    }
    line(String::new());
}

/// The folder of a source file. Cargo runs tests in the package's folder, but names files from the workspace's.
fn beside(file: &str) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let whole = here.ancestors().map(|folder| folder.join(file)).find(|path| path.exists());
    let whole = whole.unwrap_or_else(|| here.join(file));
    whole.parent().map(PathBuf::from).unwrap_or(here)
}
