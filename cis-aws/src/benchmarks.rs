//! The versions of the benchmark that this crate holds.

use cis_core::{Benchmark, Error};

const FILES: &[(&str, &str)] = &[
    ("1.5.0", include_str!("../benchmarks/cis-aws-1.5.0.toml")),
    ("2.0.0", include_str!("../benchmarks/cis-aws-2.0.0.toml")),
];

/// The versions of the CIS AWS Foundations Benchmark that this crate holds, oldest first.
pub fn versions() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(version, _)| *version)
}

/// A version of the CIS AWS Foundations Benchmark.
///
/// ```
/// let benchmark = cis_aws::benchmark("2.0.0")?;
/// assert_eq!(benchmark.by_id("1.22").map(|found| found.key.as_str()), Some("iam.cloudshell_full_access"));
/// # Ok::<(), cis_core::Error>(())
/// ```
///
/// # Errors
/// A version that this crate does not hold.
pub fn benchmark(version: &str) -> Result<Benchmark, Error> {
    let Some((_, text)) = FILES.iter().find(|(known, _)| *known == version) else {
        let known: Vec<_> = versions().collect();
        return Err(Error::input(format!("benchmark {version:?} is not known (known: {})", known.join(", "))));
    };
    Benchmark::from_toml(text).map_err(|error| error.at(format!("cis-aws-{version}.toml")))
}
