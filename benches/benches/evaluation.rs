//! From facts in memory to the report: how fast, how it grows, which control takes how much, what a second core brings.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::struct_field_names,
    clippy::unchecked_time_subtraction,
    reason = "it measures, and prints"
)]

mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use cis_aws::datasets::ec2::SecurityGroups;
use cis_benches::generate::{Account, Size};
use cis_benches::results::{self, Figure};
use cis_core::{DataSource, Dataset, DatasetInfo, Event, Fact, MemorySource, Place, Request};
use clap::Parser;

use self::support::{Judge, SEED, account, best, block_on, cpu, exponent, ms, run, whole};

// What `audit` has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What no run of this can tell.
const PROFILES: &str = "
What profiles showed, and what was done about it: counts of `make bench-check`, over 10,144 resources.

| benchmark | what took it | what was done | instructions, in millions | allocations |
| --- | --- | --- | ---: | ---: |
| 5.2 alone | a third is SHA-256 over what identifies a finding; some twenty texts, values and lists of each; a quarter are the rules | the identity is worked out when a format asks for it; short texts lie in the finding, long ones are shared; a verdict that many groups have is made once; rules that reach no port are told by their bounds | 258 -> 73 | 179,041 -> 56,110 |
| 4.1 to 4.15 | which trails, log groups and topics are wanted, anew for each requirement in each region | once for all that ask by the same function | 2,209 -> 1,566 | 2,903,434 -> 2,195,331 |
| 4.1 to 4.15 | 79 % is a machine that runs over names of events to tell them apart | names without wildcards are told apart as they are | 1,566 -> 584 | 2,195,331 -> 730,971 |
| 5.2 alone | lists of sources for each port; sentences put together by `format!` | one list, and one text of known length | 73 -> 71 | 56,110 -> 54,188 |
| the whole benchmark | | all of these | 3,174 -> 1,035 | 3,714,107 -> 1,128,364 |

The identity has moved, not gone: a report to JSON takes 615 million instructions instead of 381, where callgrind knows no
instructions for SHA-256, of which a processor with them takes a fraction. Of what is left of 5.2, half is the verdict (the
addresses of rules that reach a port, and what is told of them), an eighth is putting findings in order, a ninth letting them go.

Two threads, by `perf record -e cpu-clock --call-graph dwarf` and `strace -c`, once: with the C library's allocator a second
thread has a heap of its own, which grows page by page: 117,207 calls of `mprotect` in 7 scans, each of which stops both
threads. So `audit` and this benchmark have mimalloc (a program that embeds the library chooses for itself): one thread alone
took 0.78 s of the processor instead of 1.10 s, both together 0.79 s instead of 1.18 s. What misses the aim is what is not
shared: 29 % of the first thread's time, of which a third is moving findings into the report's list, a fifth giving a
resource's tags to all of its findings, 15 % asking controls what they want, 12 % completing tables.

Growth, once: without `MIMALLOC_PURGE_DELAY=-1` the steepest step was 1.267, from 100,179 to 999,896 resources, and 19.5 s of
the benchmark's 69 s were the kernel's; with it 1.022 and 12.3 s of 62 s. An allocator that gives back to the kernel what the
run before took has the memory of the largest account's findings cleared page by page in each run; a smaller account's it keeps.

Rules of security groups, by `perf record -e cpu-clock --call-graph dwarf` over twelve scans for 5.2 alone, once, in percent:
15 the kernel's clearing of pages for findings, nearly all of it in the first scan; 24 rules beside ports, of which 15 reading
the addresses of those that reach one; 12 telling which rules may reach one, and 8 which prefix lists they name, both of which
wait for memory: the rules of all groups are gone through twice, and fit in no cache; 14 putting findings in order; 7 moving
them into the report; 10 putting ARNs together; 6 the maps of ports that are open to part of the internet. No part is above a
quarter: a finding for each group is written and sorted, with its sentence and evidence, which the bare loop over two ports
does not do.
";

/// Measures the evaluation and writes its section of RESULTS.md.
#[derive(Debug, Parser)]
struct Arguments {
    /// The resources of the largest account.
    #[arg(long, default_value_t = 1_000_000)]
    most: usize,
    /// Print, and leave RESULTS.md as it is.
    #[arg(long)]
    dry: bool,
    /// Cargo says so.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    let arguments = Arguments::parse();
    let machine = results::machine();
    let judge = Judge::new();
    let growth: Vec<Point> = [1_000, 10_000, 100_000, 1_000_000]
        .into_iter()
        .filter(|&size| size <= arguments.most)
        .map(|size| grown(&judge, size))
        .collect();
    let account = Account::new(SEED, Size::DESIGN).unwrap();
    let memory = account.memory();
    let design = design(&judge, &account, &memory);
    let rules = rules(&judge, &account, &memory);
    let cores = cores(&judge, &memory);
    drop(memory);
    let text = section(&machine, &growth, &design, &rules, cores);
    println!("{text}");
    if !arguments.dry {
        results::write("evaluation", &text).unwrap();
    }
}

struct Point {
    resources: usize,
    findings: usize,
    took: Duration,
}

fn grown(judge: &Judge, resources: usize) -> Point {
    let account = account(resources);
    let memory = account.memory();
    let runs = (1_000_000 / resources).clamp(5, 50);
    let (took, report) = best(runs, || run(judge.select(&[]), &memory));
    judge.check(&account, &report);
    Point { resources: account.size().resources(), findings: report.findings.len(), took }
}

struct Design {
    findings: usize,
    took: Duration,
    /// The time of each control, the slowest first.
    by_control: Vec<(String, Duration)>,
}

fn design(judge: &Judge, account: &Account, memory: &MemorySource) -> Design {
    let (took, report) = best(5, || run(judge.select(&[]), memory));
    judge.check(account, &report);
    let findings = report.findings.len();
    drop(report);
    let mut by_control: BTreeMap<String, Duration> = BTreeMap::new();
    let mut last = cpu();
    // Nothing else is done between what is told before a verdict and the verdict.
    let watched = judge.select(&[]).on_event(|event| {
        if let Event::Judged { key, .. } = event {
            *by_control.entry(key.clone()).or_default() += cpu() - last;
        }
        last = cpu();
    });
    drop(run(watched, memory));
    let mut by_control: Vec<_> = by_control.into_iter().collect();
    by_control.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
    Design { findings, took, by_control }
}

/// Rules of security groups as AWS counts them, one for each source, and how many are judged in a second: by both
/// recommendations.
struct Rules {
    rules: usize,
    groups: usize,
    per_second: Vec<(&'static str, f64)>,
}

fn rules(judge: &Judge, account: &Account, memory: &MemorySource) -> Rules {
    let (mut rules, mut groups) = (0, 0);
    for region in account.regions() {
        let request = Request::new(DatasetInfo::of::<SecurityGroups>(), Place::region(account.account_id(), region));
        let table = block_on(memory.fetch(&request));
        let read = request.clone().with(SecurityGroups::NAME, request.place.clone(), table);
        for group in read.rows::<SecurityGroups>().unwrap().iter() {
            groups += 1;
            let Fact::Known(permissions) = &group.ip_permissions else { continue };
            rules += permissions
                .iter()
                .map(|rule| {
                    rule.ip_ranges.len()
                        + rule.ipv6_ranges.len()
                        + rule.prefix_list_ids.len()
                        + rule.user_id_group_pairs.len()
                })
                .sum::<usize>();
        }
    }
    let per_second = ["5.2", "5.3"]
        .into_iter()
        .map(|id| {
            let (took, report) = best(5, || run(judge.select(&[id]), memory));
            judge.check(account, &report);
            (id, rules as f64 / took.as_secs_f64())
        })
        .collect();
    Rules { rules, groups, per_second }
}

/// How much faster it is with two threads, by the clock: the best of each, taken in turn.
fn cores(judge: &Judge, memory: &MemorySource) -> f64 {
    let mut least = [Duration::MAX; 2];
    for _ in 0..7 {
        for (least, threads) in least.iter_mut().zip([1, 2]) {
            let begun = Instant::now();
            let report = run(judge.select(&[]).threads(threads), memory);
            *least = begun.elapsed().min(*least);
            drop(report);
        }
    }
    let [one, two] = least;
    one.as_secs_f64() / two.as_secs_f64()
}

fn section(machine: &str, growth: &[Point], design: &Design, rules: &Rules, cores: f64) -> String {
    let points: Vec<_> = growth.iter().map(|point| (point.resources as f64, point.took.as_secs_f64())).collect();
    let fitted = exponent(&points);
    // What is the same for every account hides growth among the small ones.
    let steepest = points.windows(2).map(exponent).fold(f64::NEG_INFINITY, f64::max);
    let slower = rules.per_second.iter().map(|(_, rate)| *rate).fold(f64::INFINITY, f64::min);
    let figures = [
        Figure {
            what: "rules of security groups judged, each recommendation by itself".into(),
            measured: format!("{} a second", whole(slower as u64)),
            aim: "at least 10,000,000 a second and core".into(),
            reached: slower >= 1e7,
        },
        Figure {
            what: "the whole benchmark over the account that all is designed for".into(),
            measured: format!("{:.2} s", design.took.as_secs_f64()),
            aim: "under 1 s on one core".into(),
            reached: design.took < Duration::from_secs(1),
        },
        Figure {
            what: "exponent of growth, of the steepest step (fitted to all)".into(),
            measured: format!("{steepest:.3} ({fitted:.3})"),
            aim: "at most 1.05".into(),
            reached: steepest <= 1.05,
        },
        Figure {
            what: "speed on two cores".into(),
            measured: format!("{cores:.2} times"),
            aim: "twice, within 15 %: at least 1.70 times".into(),
            reached: cores >= 1.7,
        },
    ];
    let kept = if std::env::var_os("MIMALLOC_PURGE_DELAY").is_some_and(|delay| delay == "-1") {
        "The allocator kept the memory that it had, so that an account of any size found it there in all runs but the first."
    } else {
        "The allocator gave memory back to the kernel between runs: the larger the account, the more of it is cleared anew."
    };
    let mut text = format!(
        "## Evaluation\n\nFrom facts in memory to the report, benchmark 2.0.0, seed {SEED}; exactly what is planted was found \
         each time. Processor time of\none thread, the best of several; two cores by the clock. {machine}\n{kept}\n\n```sh\n\
         MIMALLOC_PURGE_DELAY=-1 cargo bench -p cis-benches --bench evaluation\n```\n\n{}\n",
        results::table(&figures)
    );
    let _ = writeln!(
        text,
        "That account has {} resources, among them 5,000 users, 10,000 roles, 20,000 buckets and {} security groups with {} \
         rules\n(one for each source, as AWS counts them); {} findings.\n",
        whole(Size::DESIGN.resources()),
        whole(rules.groups),
        whole(rules.rules),
        whole(design.findings)
    );
    text.push_str("| resources | findings | time | for each resource |\n| ---: | ---: | ---: | ---: |\n");
    for point in growth {
        let each = point.took.as_secs_f64() * 1e6 / point.resources as f64;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {each:.2} µs |",
            whole(point.resources),
            whole(point.findings),
            ms(point.took)
        );
    }
    let all: Duration = design.by_control.iter().map(|(_, took)| *took).sum();
    text.push_str("\nWhat each requirement takes of that account's time:\n\n| requirement | time | share |\n| --- | ---: | ---: |\n");
    let share = |took: Duration| 100.0 * took.as_secs_f64() / design.took.as_secs_f64();
    let (most, others) = design.by_control.split_at(design.by_control.len().min(12));
    for (key, took) in most {
        let _ = writeln!(text, "| {key} | {} | {:.1} % |", ms(*took), share(*took));
    }
    let others: Duration = others.iter().map(|(_, took)| *took).sum();
    let _ = writeln!(text, "| all others | {} | {:.1} % |", ms(others), share(others));
    let rest = design.took.saturating_sub(all);
    let _ = writeln!(text, "| completing tables, order, counts | {} | {:.1} % |", ms(rest), share(rest));
    text.push_str(PROFILES);
    text
}
