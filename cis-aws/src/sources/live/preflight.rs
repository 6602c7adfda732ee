//! Who is about to read which account, before anything is read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use cis_core::{Error, Gap, Region};
use jiff::Timestamp;

use super::LiveSource;

/// What is known before a scan reads anything: `sts:GetCallerIdentity` and `ec2:DescribeRegions`, the two calls that every
/// scan begins with and that are not made again.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Preflight {
    /// The account that will be read: 12 digits.
    pub account_id: String,
    /// Its partition.
    pub partition: String,
    /// The ARN of the caller.
    pub caller: String,
    /// When the credentials that are in use expire. None where they do not, or where nobody says when.
    pub expires_at: Option<Timestamp>,
    /// The region that was asked.
    pub start_region: String,
    /// The regions that are known, with their status.
    pub regions: Vec<Region>,
    /// Why the list of regions is not whole, if it is not.
    pub regions_gap: Option<Gap>,
}

impl LiveSource {
    /// Asks who the caller is and which regions there are. A scan that follows does not ask again.
    ///
    /// # Errors
    /// The account cannot be named: wrong or expired credentials, an endpoint that does not answer.
    pub async fn preflight(&self) -> Result<Preflight, Error> {
        let live = &self.0;
        let identity = live.identity().await.map_err(|failure| live.unusable(failure))?;
        let (regions, regions_gap) = live.known_regions(&identity.account_id).await;
        Ok(Preflight {
            account_id: identity.account_id.clone(),
            partition: identity.partition.clone(),
            caller: identity.arn.clone(),
            expires_at: live.expiry.known(),
            start_region: live.start_region.clone(),
            regions,
            regions_gap,
        })
    }
}

/// When the credentials that were last given out expire.
#[derive(Debug, Clone, Default)]
pub(super) struct Expiry(Arc<Mutex<Option<SystemTime>>>);

impl Expiry {
    fn known(&self) -> Option<Timestamp> {
        let at = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = Timestamp::try_from(at?).ok()?;
        Timestamp::from_second(at.as_second()).ok()
    }

    /// The same credentials, whose expiry is noted whenever they are given out: to ask for them once more could mean another
    /// sign-in.
    pub(super) fn noted(&self, provider: SharedCredentialsProvider) -> SharedCredentialsProvider {
        SharedCredentialsProvider::new(Noted { provider, expiry: self.clone() })
    }
}

#[derive(Debug)]
struct Noted {
    provider: SharedCredentialsProvider,
    expiry: Expiry,
}

impl ProvideCredentials for Noted {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.provider.provide_credentials().await?;
            *self.expiry.0.lock().unwrap_or_else(PoisonError::into_inner) = credentials.expiry();
            Ok(credentials)
        })
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.provider.fallback_on_interrupt()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_expiry_is_that_of_the_credentials_in_use() {
        let expiry = Expiry::default();
        for (given, known) in [(Some(1_800_000_000), Some("2027-01-15T08:00:00Z")), (None, None)] {
            let at = given.map(|seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
            let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, at, "test");
            let provider = expiry.noted(SharedCredentialsProvider::new(credentials));
            provider.provide_credentials().await.unwrap();
            assert_eq!(expiry.known().map(|at| at.to_string()).as_deref(), known);
        }
    }
}
