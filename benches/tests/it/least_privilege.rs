//! The IAM policy that is printed for a selection is enough for it, and no action in it is too much.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::support::kept::Kept;
use crate::support::without::Without;
use crate::support::{Judges, VERSIONS, assert_same, quick, timeless};
use cis_aws::permissions::Permissions;
use cis_aws::sources::SnapshotSource;
use cis_benches::mock::{Effect, Mock, Options, Rule};
use cis_core::{DataSource, Report, Selection, Status};
use futures::stream::{self, StreamExt};

/// How long an answer is waited for: longer than anything takes on a busy machine.
const LONG: Duration = Duration::from_mins(1);

/// Actions that no finding of this account names when they are missing, and why they are in the policy.
const SPARE_CALLS: [(&str, &str); 2] = [
    ("iam:ListOrganizationsFeatures", "tells of a root user without credentials, and this account's has some"),
    ("kms:ListAliases", "tells AWS's own keys by their aliases, and so spares a kms:DescribeKey for each of them"),
];

struct Lab {
    account: Arc<SnapshotSource>,
    kept: Kept<Arc<SnapshotSource>>,
    judges: Judges,
    /// Of each version, the second only where it judges otherwise than the first.
    requirements: Vec<Selection>,
}

impl Lab {
    fn new() -> Arc<Self> {
        let account = Arc::new(crate::support::account::three_of_everything());
        let judges = Judges::all();
        let of =
            |keys: Vec<(String, _)>| Selection { select: keys.into_iter().map(|(key, _)| key).collect(), level: None };
        let requirements = judges.requirements().into_iter().map(of).collect();
        Arc::new(Self { kept: Kept::new(Arc::clone(&account)), account, judges, requirements })
    }

    /// The account for a caller who may take these actions alone. No credential report is stored in it, so that one must be
    /// generated.
    async fn mock(&self, allowed: BTreeSet<String>) -> Mock {
        let none = Effect::Error { status: 410, code: "ReportNotPresent".into(), message: "No report exists".into() };
        let rules = vec![Rule::new(none).on("iam:GetCredentialReport").calls(..=1)];
        let options = Options { allowed: Some(allowed), rules, ..Options::default() };
        Mock::serve(Arc::clone(&self.account), options).await.unwrap()
    }

    async fn scan(&self, version: usize, selection: &Selection, source: &dyn DataSource) -> Report {
        let scan = self.judges.scan(&self.judges.benchmarks[version], &[]).select(selection.clone());
        scan.as_of(self.account.manifest().as_of.unwrap()).run(source).await.unwrap()
    }

    fn permissions(&self, version: usize, selection: &Selection) -> BTreeSet<String> {
        let plan = self.judges.scan(&self.judges.benchmarks[version], &[]).select(selection.clone()).plan().unwrap();
        Permissions::of(&plan).actions().map(str::to_owned).collect()
    }
}

fn everything() -> Selection {
    Selection::default()
}

/// The actions that a mock was asked for.
fn taken(mock: &Mock) -> BTreeSet<String> {
    let datasets = cis_aws::datasets::all();
    let actions: BTreeMap<&str, &str> = datasets.iter().flat_map(cis_core::DatasetInfo::operations).collect();
    let calls = mock.calls();
    let called = calls.keys().filter(|operation| *operation != "sts:GetCallerIdentity");
    called.map(|operation| actions.get(operation.as_str()).copied().unwrap_or(operation).to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_policy_of_a_selection_is_enough_and_each_of_its_actions_is_called() {
    let lab = Lab::new();
    let select = |one: &str| Selection { select: vec![one.to_owned()], level: None };
    let some = ["1.*", "1.4", "1.16", "2.1.*", "2.3.*", "3.*", "3.3", "4.*", "4.16", "5.*", "5.6", "iam.*", "s3.*"];
    let levels = [1, 2].map(|level| Selection { select: Vec::new(), level: Some(level) });
    for (version, name) in VERSIONS.iter().enumerate() {
        let selections = std::iter::once(everything()).chain(some.map(select)).chain(levels.clone());
        for selection in selections {
            // What one version lacks, the other has.
            if lab.judges.scan(&lab.judges.benchmarks[version], &[]).select(selection.clone()).plan().is_err() {
                continue;
            }
            let allowed = lab.permissions(version, &selection);
            let mock = lab.mock(allowed.clone()).await;
            let live = lab.scan(version, &selection, &quick(&mock, LONG)).await;
            let offline = lab.scan(version, &selection, &lab.kept).await;
            let why = format!("{name} {:?} {:?}", selection.select, selection.level);
            println!("{why}: {} actions, {} findings", allowed.len(), live.findings.len());
            assert_same(&why, &timeless(live), &timeless(offline));
            assert_eq!(taken(&mock), allowed, "{why}: what is called, and what is allowed");
        }
    }
}

/// What went otherwise than expected where one action is missing, and how many findings of each version are unknown for it.
async fn without(lab: Arc<Lab>, all: BTreeSet<String>, action: String) -> (String, Vec<usize>, Vec<String>) {
    let allowed = all.into_iter().filter(|one| *one != action).collect();
    let mock = lab.mock(allowed).await;
    let live = Kept::new(quick(&mock, LONG));
    let expected = Without { inner: &lab.kept, action: action.clone() };
    let (mut counts, mut mismatches, mut named) = (Vec::new(), Vec::new(), 0);
    for (version, name) in VERSIONS.iter().enumerate() {
        let selection = &lab.requirements[version];
        // What is judged alike in both versions is judged once.
        if !lab.permissions(version, selection).contains(&action) {
            continue;
        }
        let whole = statuses(&lab.scan(version, selection, &lab.kept).await);
        let expected = statuses(&lab.scan(version, selection, &expected).await);
        let report = lab.scan(version, selection, &live).await;
        let found = statuses(&report);
        let ids: BTreeSet<_> = found.keys().chain(expected.keys()).collect();
        for id in ids {
            let (found, expected) = (found.get(id), expected.get(id));
            if found != expected {
                mismatches.push(format!("{name} without {action}: {found:?}, expected {expected:?}"));
            }
        }
        let is_new = |id: &str| whole.get(id).is_none_or(|(_, status)| *status != Status::Unknown);
        let unknown = report.findings.iter().filter(|one| one.status == Status::Unknown && is_new(&one.id()));
        let mut count = 0;
        for finding in unknown {
            count += 1;
            if !finding.gaps.iter().any(|gap| gap.action.as_deref() == Some(&action)) {
                mismatches
                    .push(format!("{name} without {action}: not named in {}: {:?}", finding.message, finding.gaps));
            }
        }
        let shows = |finding: &&cis_core::Finding| {
            finding
                .evidence
                .iter()
                .any(|evidence| evidence.value.to_string().contains(&format!("\"action\":\"{action}\"")))
        };
        named += count + report.findings.iter().filter(shows).count();
        counts.push(count);
    }
    if (named == 0) != SPARE_CALLS.iter().any(|(spare, _)| *spare == action) {
        mismatches.push(format!("without {action}: {named} findings name it"));
    }
    (action, counts, mismatches)
}

/// By the identity of a finding: what it is about, and its status.
fn statuses(report: &Report) -> BTreeMap<String, (String, Status)> {
    let of = |finding: &cis_core::Finding| {
        let region = finding.resource.region.as_deref().unwrap_or("-");
        (finding.id(), (format!("{} on {} in {region}", finding.control, finding.resource.id), finding.status))
    };
    report.findings.iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_any_one_action_exactly_what_rests_on_it_is_unknown() {
    let lab = Lab::new();
    let all: BTreeSet<String> =
        (0..VERSIONS.len()).flat_map(|version| lab.permissions(version, &everything())).collect();
    let tasks = all.iter().map(|action| tokio::spawn(without(Arc::clone(&lab), all.clone(), action.clone())));
    let mut tasks = stream::iter(tasks).buffered(4);
    let (mut removals, mut mismatches) = (0, Vec::new());
    while let Some(removed) = tasks.next().await {
        let (action, counts, wrong) = removed.unwrap();
        println!("without {action:45} {counts:?} unknown");
        removals += counts.len();
        mismatches.extend(wrong);
    }
    println!("{} actions, {removals} removals, {} mismatches", all.len(), mismatches.len());
    for (action, why) in SPARE_CALLS {
        println!("no finding names {action}: it {why}");
    }
    assert!(mismatches.is_empty(), "{}", mismatches.join("\n"));
}
