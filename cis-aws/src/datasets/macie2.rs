//! Amazon Macie.

use cis_core::{Dataset, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// Macie in a region. Place: region. No row: Macie is not enabled there. Source: `GetMacieSession`.
/// <https://docs.aws.amazon.com/macie/latest/APIReference/macie.html>
#[derive(Debug)]
pub struct Session;

impl Dataset for Session {
    type Row = MacieSession;
    const NAME: &'static str = "macie2.session";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("macie2:GetMacieSession")];
    const LAYOUT: Layout = Layout::single(&[]);
}

/// Macie in a region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct MacieSession {
    /// `ENABLED` or `PAUSED`.
    #[serde(default)]
    pub status: Option<String>,
}

/// The classification jobs of a region. Place: region. Source: `ListClassificationJobs`, all pages.
/// <https://docs.aws.amazon.com/macie/latest/APIReference/jobs-list.html>
#[derive(Debug)]
pub struct ClassificationJobs;

impl Dataset for ClassificationJobs {
    type Row = ClassificationJob;
    const NAME: &'static str = "macie2.classification_jobs";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("macie2:ListClassificationJobs")];
    const LAYOUT: Layout = Layout::list(&["items"]);
}

/// A classification job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ClassificationJob {
    /// Its id.
    #[serde(default)]
    pub job_id: Option<String>,
    /// `RUNNING`, `IDLE`, `COMPLETE`, `CANCELLED`, ...
    #[serde(default)]
    pub job_status: Option<String>,
    /// `ONE_TIME` or `SCHEDULED`.
    #[serde(default)]
    pub job_type: Option<String>,
}

/// Automated sensitive data discovery in a region. Place: region. No row: Macie is not enabled there.
/// Source: `GetAutomatedDiscoveryConfiguration`.
/// <https://docs.aws.amazon.com/macie/latest/APIReference/automated-discovery-configuration.html>
#[derive(Debug)]
pub struct AutomatedDiscovery;

impl Dataset for AutomatedDiscovery {
    type Row = DiscoveryConfiguration;
    const NAME: &'static str = "macie2.automated_discovery";
    const PLACE: PlaceKind = PlaceKind::Region;
    const OPERATIONS: &'static [Operation] = &[Operation::named("macie2:GetAutomatedDiscoveryConfiguration")];
    const LAYOUT: Layout = Layout::single(&[]);
}

/// Automated sensitive data discovery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct DiscoveryConfiguration {
    /// `ENABLED` or `DISABLED`.
    #[serde(default)]
    pub status: Option<String>,
}
