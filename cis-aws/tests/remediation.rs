//! How to put right what each control finds: said in every way, and safe whatever a resource is named.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use cis_core::{CautionKind, Remediation, Way};
use hcl::{Block, BlockLabel, Body};
use serde_json::{Map, Value};

/// Every type of resource that the configuration may name: those of the AWS provider.
const TYPES: [&str; 48] = [
