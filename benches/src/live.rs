//! Reading the mock through the AWS SDK, as a live scan reads an account.

use std::time::Duration;

use aws_credential_types::Credentials;
use cis_aws::sources::live::{LiveConfig, LiveSource, SharedCredentialsProvider};
use cis_core::Error;

/// The configuration of a live source that reads the mock at this address, from `us-east-1`, with credentials that nobody
/// checks. A call is tried twice, so that what is told to fail does so soon.
pub fn config(url: &str) -> LiveConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    LiveConfig {
        endpoint_url: Some(url.to_owned()),
        region: Some("us-east-1".into()),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        max_attempts: 2,
        report_wait: Duration::from_secs(1),
        ..LiveConfig::default()
    }
}

/// A live source that reads the mock at this address.
///
/// # Errors
/// The address is none.
pub async fn source(url: &str) -> Result<LiveSource, Error> {
    LiveSource::connect(config(url)).await
}

/// The same with as many attempts as a configuration has by default: for a mock with quotas.
///
/// # Errors
/// The address is none.
pub async fn patient(url: &str) -> Result<LiveSource, Error> {
    LiveSource::connect(LiveConfig { max_attempts: LiveConfig::default().max_attempts, ..config(url) }).await
}
