//! The live account as a data source, each table of which is read in a task of its own.

use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;

use async_trait::async_trait;
use cis_core::{Collection, Coverage, DataSource, Error, GapKind, Request, Table, gap_text};
use tokio::task::JoinSet;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use super::{Live, LiveConfig, Preflight, SdkConfig, session};

/// The live account.
///
/// Cost: the calls that each dataset's documentation names, each made once, and before them one `sts:GetCallerIdentity` and
/// one `ec2:DescribeRegions` (or `account:ListRegions`, where that is denied). Needs a tokio runtime, whose threads share the
/// work of signing requests and reading answers: a table at a time each.
///
/// Pace: up to 64 calls of a service in a region are under way at once; of one operation 8 at first, and one more with each
/// answer. Once AWS throttles an operation in a region, its calls there wait for a rate that is learned from the answers and
/// grows again as long as it holds; other operations do not wait.
pub struct LiveSource(pub(super) Arc<Live>);

impl fmt::Debug for LiveSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveSource").field("start_region", &self.0.start_region).finish_non_exhaustive()
    }
}

impl LiveSource {
    /// Prepares the way to the account: credentials by the SDK's default chain
    /// (<https://docs.aws.amazon.com/sdk-for-rust/latest/dg/credproviders.html>) or as the configuration says. Reads configuration files and the environment; the first call to AWS is that of
    /// [`coverage`](DataSource::coverage), which is where wrong credentials and unreachable endpoints show.
    ///
    /// # Errors
    /// The endpoint URL is not one.
    pub async fn connect(config: LiveConfig) -> Result<Self, Error> {
        // Large, and awaited in futures of the caller's.
        let sdk = Box::pin(session::load(&config)).await?;
        Ok(Self(Arc::new(Live::over(sdk, config))))
    }

    /// The same over a configuration that the caller has made: credentials, region, endpoint, retries. What it leaves open
    /// (HTTP client, timeouts, retries, start region `us-east-1`) is filled in.
    pub fn from_sdk_config(sdk: SdkConfig) -> Self {
        Self::with_sdk_config(sdk, LiveConfig::default())
    }

    /// As [`from_sdk_config`](Self::from_sdk_config), with the part of a configuration that is not about reaching the account:
    /// `fallback_regions`, `generate_report` and `report_wait`, and `max_attempts` where the caller's says nothing of
    /// retries. The rest of it is not looked at.
    pub fn with_sdk_config(sdk: SdkConfig, config: LiveConfig) -> Self {
        Self(Arc::new(Live::over(session::complete(sdk, &config), config)))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl DataSource for LiveSource {
    async fn coverage(&self) -> Result<Coverage, Error> {
        let Preflight { account_id, partition, regions, regions_gap, .. } = self.preflight().await?;
        Ok(Coverage { account_id, partition, regions, regions_gap, as_of: None })
    }

    async fn fetch(&self, request: &Request) -> Table {
        let (live, asked) = (Arc::clone(&self.0), request.clone());
        let read = async move { live.read(&asked).await };
        // A scan awaits all of its tables in one task, and so on one thread. The set ends the task where nobody awaits it.
        let mut task = JoinSet::new();
        task.spawn(read.in_current_span().with_current_subscriber());
        match task.join_next().await {
            Some(Ok(table)) => table,
            Some(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            ended => {
                let why = ended.and_then(Result::err).map(|error| error.to_string()).unwrap_or_default();
                let message = gap_text!("the scan ended before this was read: {why}");
                Table::gap(request.dataset.gap(GapKind::Cancelled, message))
            }
        }
    }

    fn collection(&self) -> Option<Collection> {
        Some(self.0.counted.so_far())
    }
}
