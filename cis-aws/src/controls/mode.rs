//! Whether facts alone decide.

use serde::{Deserialize, Serialize};

/// Whether facts alone decide a requirement that the benchmark calls automated in one version and manual in another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Facts decide what they can; a person decides the rest, helped by the evidence.
    Assist,
    /// Facts decide.
    Decide,
}
