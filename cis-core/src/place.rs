//! Where a dataset is read: an account, or an account in one region.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Whether something is read, or judged, once for the account or once in every region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Once for the account.
    Account,
    /// Once in each region.
    Region,
}

/// An account, or an account in one region. Cheap to clone; ordered by account, then the account itself before its regions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    account_id: Arc<str>,
    region: Option<Arc<str>>,
}

impl Place {
    /// The account itself. `account_id` has 12 digits.
    pub fn account(account_id: &str) -> Self {
        Self { account_id: account_id.into(), region: None }
    }

    /// The account in one region.
    pub fn region(account_id: &str, region: &str) -> Self {
        Self { account_id: account_id.into(), region: Some(region.into()) }
    }

    /// The 12-digit id of the account.
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The region, if this place is one.
    pub fn region_name(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Which kind of place this is.
    pub fn kind(&self) -> PlaceKind {
        if self.region.is_some() { PlaceKind::Region } else { PlaceKind::Account }
    }

    /// The account that this place lies in (itself, if it is one).
    #[must_use]
    pub fn to_account(&self) -> Self {
        Self { account_id: Arc::clone(&self.account_id), region: None }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.region {
            Some(region) => write!(f, "{region} of account {}", self.account_id),
            None => write!(f, "account {}", self.account_id),
        }
    }
}
