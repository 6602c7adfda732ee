//! How clients are made: credentials, HTTP, retries, timeouts.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls};
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use cis_core::Error;

use super::guard::Guard;
use super::{Live, LiveConfig, Role};
use crate::arn::Arn;

/// A client of one service for one region.
macro_rules! client {
    ($sdk:ident, $source:expr, $account_id:expr, $region:expr, $guard:expr) => {
        client!($sdk, $source, $account_id, $region, $guard, std::convert::identity)
    };
    ($sdk:ident, $source:expr, $account_id:expr, $region:expr, $guard:expr, $more:expr) => {{
        // Left to itself the SDK shares its retry quota over all accounts and scans of the process, and never frees it.
        // Throttled calls do not draw on it: they are paced.
        let quota = $sdk::config::retry::TokenBucket::builder().throttling_retry_cost(0).build();
        let partition = format!("{}-{}-{}", stringify!($sdk), $account_id, $region);
        let config = $sdk::config::Builder::from(&$source.sdk)
            .region(aws_config::Region::new($region.to_owned()))
            .retry_partition($sdk::config::retry::RetryPartition::custom(partition).token_bucket(quota).build())
            .interceptor($guard)
            .interceptor($source.counted.watch(stringify!($sdk), $region));
        $sdk::Client::from_conf($more(config).build())
    }};
}
pub(super) use client;

/// The clients of a service, made when they are first asked for.
#[derive(Debug)]
pub(super) struct PerRegion<C>(Mutex<BTreeMap<String, C>>);

impl<C> Default for PerRegion<C> {
    fn default() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }
}

impl<C: Clone> PerRegion<C> {
    pub(super) fn get(&self, region: &str, make: impl FnOnce() -> C) -> C {
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        clients.entry(region.to_owned()).or_insert_with(make).clone()
    }
}

/// Wrong credentials and refusing endpoints are to show soon: fewer attempts than elsewhere.
const FIRST_CALL_ATTEMPTS: u32 = 3;

/// The client that asks who the caller is.
pub(super) fn sts(source: &Live) -> aws_sdk_sts::Client {
    let retry = source.sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let attempts = retry.max_attempts().min(FIRST_CALL_ATTEMPTS);
    let config = aws_sdk_sts::config::Builder::from(&source.sdk)
        .retry_config(retry.with_max_attempts(attempts))
        .retry_partition(aws_sdk_sts::config::retry::RetryPartition::custom("aws_sdk_sts").build())
        .interceptor(Guard::Xml(&[("GetCallerIdentity", "Account")]))
        .interceptor(source.counted.watch("aws_sdk_sts", &source.start_region))
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

/// The SDK's configuration from the environment, the profile and what the caller says.
pub(super) async fn load(config: &LiveConfig) -> Result<SdkConfig, Error> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http_client())
        .retry_config(retries(config))
        .timeout_config(timeouts())
        .stalled_stream_protection(StalledStreamProtectionConfig::enabled().build());
    // Administrators find the audit by this name in CloudTrail's user agents.
    if let Ok(name) = AppName::new("cis-aws") {
        loader = loader.app_name(name);
    }
    if let Some(url) = &config.endpoint_url {
        loader = loader.endpoint_url(check_endpoint(url)?);
    }
    if let Some(region) = &config.region {
        loader = loader.region(Region::new(region.clone()));
    }
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(fips) = config.fips {
        loader = loader.use_fips(fips);
    }
    if let Some(dual_stack) = config.dual_stack {
        loader = loader.use_dual_stack(dual_stack);
    }
    if let Some(credentials) = &config.credentials {
        loader = loader.credentials_provider(credentials.clone());
    }
    let mut sdk = complete(loader.load().await, config);
    if let (Some(profile), None) = (&config.profile, &config.credentials) {
        sdk = with_profile(sdk, profile);
    }
    if let Some(role) = &config.role {
        sdk = with_role(sdk, role).await?;
    }
    sdk.endpoint_url().map(check_endpoint).transpose()?;
    Ok(sdk)
}

/// Takes the credentials from a profile alone. In the default chain `AWS_ACCESS_KEY_ID` in the environment would win over it,
/// and another account be audited than the one named; the AWS CLI lets the profile win, too.
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-files.html#cli-configure-files-using-profiles>
fn with_profile(sdk: SdkConfig, profile: &str) -> SdkConfig {
    let http_client = sdk.http_client().unwrap_or_else(http_client);
    let provider = ProviderConfig::without_region()
        .with_region(sdk.region().cloned())
        .with_behavior_version(sdk.behavior_version())
        .with_http_client(http_client)
        .with_timeout_config(timeouts());
    let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&provider).build();
    let mut builder = sdk.into_builder();
    builder.set_credentials_provider(Some(SharedCredentialsProvider::new(credentials)));
    builder.build()
}

/// Takes the credentials from a role that is assumed, and assumed again before they expire, with the credentials at hand.
async fn with_role(sdk: SdkConfig, role: &Role) -> Result<SdkConfig, Error> {
    let resource = Arn::parse(&role.arn).map(|arn| arn.resource().to_owned());
    if !resource.is_some_and(|resource| resource.starts_with("role/")) {
        let expected = "expected one such as arn:aws:iam::123456789012:role/auditor";
        return Err(Error::input(format!("{:?} is not the ARN of a role ({expected})", role.arn)));
    }
    let name = role.session_name.as_deref().unwrap_or("cis-aws");
    let mut provider = AssumeRoleProvider::builder(&role.arn).session_name(name).configure(&sdk);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    let base = sdk.credentials_provider();
    let provider = match base {
        Some(base) => provider.build_from_provider(base).await,
        None => provider.build().await,
    };
    let mut builder = sdk.into_builder();
    builder.set_credentials_provider(Some(SharedCredentialsProvider::new(provider)));
    Ok(builder.build())
}

/// Fills in what a caller's configuration leaves open.
pub(super) fn complete(sdk: SdkConfig, config: &LiveConfig) -> SdkConfig {
    let mut builder = sdk.clone().into_builder();
    if sdk.region().is_none() {
        builder.set_region(Region::new("us-east-1"));
    }
    if sdk.behavior_version().is_none() {
        builder.set_behavior_version(Some(BehaviorVersion::latest()));
    }
    if sdk.http_client().is_none() {
        builder.set_http_client(Some(http_client()));
    }
    if sdk.retry_config().is_none() {
        builder.set_retry_config(Some(retries(config)));
    }
    if sdk.timeout_config().is_none() {
        builder.set_timeout_config(Some(timeouts()));
    }
    builder.build()
}

fn retries(config: &LiveConfig) -> RetryConfig {
    // Not the adaptive mode: see `limiter`.
    RetryConfig::standard().with_max_attempts(config.max_attempts.max(1))
}

fn timeouts() -> TimeoutConfig {
    // The read timeout is that of the AWS CLI: a page of 1,000 instances may take its time.
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(Duration::from_mins(1)).build()
}

/// The HTTP client. TLS by rustls over the system's certificates (`SSL_CERT_FILE` names others); proxies by `HTTPS_PROXY`,
/// `HTTP_PROXY` and `NO_PROXY`, which the SDK's own clients do not look at.
fn http_client() -> SharedHttpClient {
    // A connector is a pool of connections, and the SDK asks for it before every call. Few settings occur: ours, and those
    // of the credential providers.
    let connectors: Mutex<Vec<(HttpConnectorSettings, SharedHttpConnector)>> = Mutex::new(Vec::new());
    http_client_fn(move |settings, components| {
        let mut connectors = connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(known, _)| same(known, settings)) {
            return connector.clone();
        }
        let mut builder =
            Connector::builder().connector_settings(settings.clone()).proxy_config(ProxyConfig::from_env());
        builder.set_sleep_impl(components.sleep_impl());
        let connector = builder.tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).build();
        let connector = SharedHttpConnector::new(connector);
        connectors.push((settings.clone(), connector.clone()));
        connector
    })
}

fn same(a: &HttpConnectorSettings, b: &HttpConnectorSettings) -> bool {
    (a.connect_timeout(), a.read_timeout()) == (b.connect_timeout(), b.read_timeout())
}

/// The SDK takes any text for an endpoint and fails later, and not clearly.
pub(super) fn check_endpoint(url: &str) -> Result<&str, Error> {
    let not_valid = |shown: &str| {
        let expected = "expected http:// or https:// and a host, such as http://127.0.0.1:5000";
        Error::source_failed(format!("endpoint URL {shown:?} is not valid ({expected})"))
    };
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if authority.contains('@') {
        return Err(Error::source_failed("the endpoint URL holds a user name or a password: leave them out"));
    }
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let good_host = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-_[]:".contains(c));
    if good_host && port.is_none_or(|port| port.parse::<u16>().is_ok()) && !url.contains(char::is_whitespace) {
        Ok(url)
    } else {
        Err(not_valid(url.split('@').next_back().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints() {
        for good in [
            "http://127.0.0.1:5000",
            "https://vpce-1.iam.us-east-1.vpce.amazonaws.com/x",
            "http://[::1]:80",
            "http://[::1]",
        ] {
            assert!(check_endpoint(good).is_ok(), "{good}");
        }
        for bad in
            ["", "localhost:5000", "ftp://x", "http://", "http://:80", "http://a b", "http://x:port", "http://x:99999"]
        {
            let error = check_endpoint(bad).unwrap_err().to_string();
            assert!(error.contains("expected http:// or https://"), "{bad}: {error}");
        }
        for secret in ["http://ann:secret@x", "ann:secret@x"] {
            assert!(!check_endpoint(secret).unwrap_err().to_string().contains("secret"), "{secret}");
        }
    }
}
