use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What it took to read the facts: the calls of the AWS API, by operation. Findings do not depend on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Collection {
    /// The calls by operation, such as `ec2:DescribeVpcs`, over all regions.
    pub calls: BTreeMap<String, Calls>,
}

/// The calls of one operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Calls {
    /// How many requests were sent, each attempt and each page counted.
    pub sent: u64,
    /// How many of them repeated one that had failed.
    #[serde(default)]
    pub retries: u64,
    /// How many of them were refused because of the rate.
    #[serde(default)]
    pub throttled: u64,
    /// How many of them failed for another reason, errors that only say that there is nothing included.
    #[serde(default)]
    pub failed: u64,
}

impl Calls {
    /// These and others together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            sent: self.sent.saturating_add(other.sent),
            retries: self.retries.saturating_add(other.retries),
            throttled: self.throttled.saturating_add(other.throttled),
            failed: self.failed.saturating_add(other.failed),
        }
    }
}

impl Collection {
    /// Counts calls of an operation in.
    pub fn add(&mut self, operation: &str, calls: Calls) {
        let counted = self.calls.entry(operation.to_owned()).or_default();
        *counted = counted.plus(calls);
    }

    /// The calls of all operations together.
    pub fn total(&self) -> Calls {
        self.calls.values().fold(Calls::default(), |total, calls| total.plus(*calls))
    }
}
