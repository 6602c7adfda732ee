//! `benches/RESULTS.md`: a section for each benchmark, written by it, put together in a fixed order.
//!
//! A benchmark in another language writes its own `benches/results/SECTION.md`, and `cargo run -p cis-benches --bin results`
//! puts the page together.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use cis_core::Error;

/// The sections in their order: each is `benches/results/NAME.md`, and begins with a heading of the second level. One that was
/// not measured yet is left out of the page.
pub const SECTIONS: [&str; 8] =
    ["evaluation", "snapshots", "counts", "calls", "memory", "collection", "peers", "python"];

/// A figure beside its aim.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What was measured.
    pub what: String,
    /// The figure with its unit.
    pub measured: String,
    /// The aim, with what it is measured in.
    pub aim: String,
    /// Whether it was reached.
    pub reached: bool,
}

/// Figures as a table.
pub fn table(figures: &[Figure]) -> String {
    let mut text = String::from("| figure | measured | aim | reached |\n| --- | ---: | ---: | --- |\n");
    for Figure { what, measured, aim, reached } in figures {
        // Writing into text does not fail.
        let _ = writeln!(text, "| {what} | {measured} | {aim} | {} |", if *reached { "yes" } else { "**no**" });
    }
    text
}

/// What it was measured on and when others ran beside it, as a sentence: every section says it.
pub fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let told = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = told("/proc/cpuinfo");
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map(|(_, name)| name);
    let kernel = told("/proc/sys/kernel/osrelease");
    let kernel = kernel.split(['-', '+', '\n']).next().filter(|kernel| !kernel.is_empty());
    let load = told("/proc/loadavg");
    let load = load.split(' ').next().filter(|load| !load.is_empty()).unwrap_or("not known");
    let rustc = Command::new("rustc").arg("--version").output().map(|told| told.stdout).unwrap_or_default();
    let rustc = String::from_utf8_lossy(&rustc).split(' ').take(2).collect::<Vec<_>>().join(" ");
    format!(
        "{cores} cores of {}, {} {}, {rustc}; load when it began: {load}.",
        cpu.unwrap_or("a processor that is not known"),
        std::env::consts::OS,
        kernel.unwrap_or_default(),
    )
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn failed(path: &std::path::Path, error: &std::io::Error) -> Error {
    Error::write(format!("{}: {error}", path.display()))
}

/// Writes a section, and the page anew.
///
/// # Errors
/// A section that is not one of [`SECTIONS`]; a file that cannot be read or written.
pub fn write(section: &str, text: &str) -> Result<(), Error> {
    if !SECTIONS.contains(&section) {
        return Err(Error::input(format!("section {section:?} is not known (known: {})", SECTIONS.join(", "))));
    }
    let path = folder().join("results").join(format!("{section}.md"));
    fs::write(&path, format!("{}\n", text.trim())).map_err(|error| failed(&path, &error))?;
    write_page()
}

/// Puts the page together and writes it.
///
/// # Errors
/// A file that cannot be read or written.
pub fn write_page() -> Result<(), Error> {
    let path = folder().join("RESULTS.md");
    fs::write(&path, page()?).map_err(|error| failed(&path, &error))
}

/// The page, put together from its sections.
///
/// # Errors
/// A section that cannot be read.
pub fn page() -> Result<String, Error> {
    let mut page = String::from(
        "# Results\n\nMade by `make bench`, a section for each benchmark (the calls by the test that they name): figures are counts, \
         and ratios within one\nrun. Times are the best of several; the machine had other work, of which each section says how \
         much.\n",
    );
    for section in SECTIONS {
        let path = folder().join("results").join(format!("{section}.md"));
        match fs::read_to_string(&path) {
            Ok(text) => page.extend(["\n", &text]),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&path, &error)),
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_its_sections() {
        assert!(
            fs::read_to_string(folder().join("RESULTS.md")).unwrap() == page().unwrap(),
            "run the binary `results`"
        );
        for file in fs::read_dir(folder().join("results")).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            assert!(name.strip_suffix(".md").is_some_and(|name| SECTIONS.contains(&name)), "{name} is on no page");
        }
    }
}
