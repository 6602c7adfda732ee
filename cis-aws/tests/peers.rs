//! The wrong answers of other tools that are known to us, from their trackers, their code and runs of them: each an account
//! that they get wrong, judged here by a whole scan. `cargo test --test peers -- --nocapture` prints the list.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the list is to be printed")]

mod scenario;

use std::collections::{BTreeMap, BTreeSet};

use scenario::{Scenario, Sets};
use serde::Deserialize;

const FILES: [&str; 5] = [
    include_str!("cases/peers/iam.toml"),
    include_str!("cases/peers/storage.toml"),
    include_str!("cases/peers/logging.toml"),
    include_str!("cases/peers/monitoring.toml"),
    include_str!("cases/peers/networking.toml"),
];

#[derive(Debug, Deserialize)]
struct Row {
    /// The tool.
    peer: String,
    /// Where it was seen: an issue of its tracker, its code, or a run of it.
    seen: String,
    /// What it does with this account.
    does: String,
    /// Why the verdict expected here is right.
    why: String,
    #[serde(flatten)]
    scenario: Scenario,
}

fn rows() -> Vec<(Row, Sets)> {
    let file = |text| {
        let (rows, sets) = scenario::rows::<Row>(text, &["peer", "seen", "does", "why"]);
        rows.into_iter().map(move |row| (row, sets.clone()))
    };
    FILES.into_iter().flat_map(file).collect()
}

#[test]
fn every_account_that_a_peer_gets_wrong() {
    let rows = rows();
    let mut by_peer = BTreeMap::<&str, usize>::new();
    let (mut names, mut mistakes) = (BTreeSet::new(), Vec::new());
    for (n, (row, sets)) in rows.iter().enumerate() {
        let Row { peer, seen, does, why, scenario } = row;
        assert!(names.insert((&scenario.key, &scenario.name)), "{} stands twice", scenario.name);
        for text in [peer, seen, does, why] {
            assert!(!text.trim().is_empty(), "{}: says nothing", scenario.name);
        }
        mistakes.extend(scenario.mistakes(sets));
        println!("{:3} {peer}, {}: {}\n      it {does} ({seen})", n + 1, scenario.key, scenario.name);
        for (version, verdicts) in scenario.expected() {
            println!("      here, under {version}: {}", verdicts.join(", "));
        }
        println!("      because {why}");
        *by_peer.entry(peer).or_default() += 1;
    }
    assert!(mistakes.is_empty(), "{} mistakes:\n{}", mistakes.len(), mistakes.join("\n"));
    let headings: usize = FILES.iter().map(|text| text.matches("\n[[row]]\n").count()).sum();
    assert_eq!((rows.len(), by_peer.values().sum()), (headings, headings), "a row was not run");
    println!("{} wrong answers of peers, by peer: {by_peer:?}", rows.len());
}
