//! The live account, read through the AWS SDK for Rust.
//!
//! One file a service, behind a cargo feature each; `session` makes clients, `pages` reads lists, `guard` refuses answers
//! that the SDK would take for an empty list, `limiter` keeps within AWS's quotas, `gap` says why something could not be read.

#![cfg_attr(
    not(feature = "live"),
    allow(dead_code, unused_imports, unused_macros, reason = "no single service needs all of the shared parts")
)]

mod absent;
#[cfg(feature = "live-accessanalyzer")]
mod accessanalyzer;
#[cfg(feature = "live-account")]
mod account;
#[cfg(feature = "live-cloudtrail")]
mod cloudtrail;
#[cfg(feature = "live-cloudwatch")]
mod cloudwatch;
#[cfg(feature = "live-config")]
mod config;
#[cfg(feature = "live-ec2")]
mod ec2;
#[cfg(feature = "live-efs")]
mod efs;
mod gap;
mod guard;
#[cfg(feature = "live-iam")]
mod iam;
#[cfg(feature = "live-kms")]
mod kms;
mod limiter;
#[cfg(feature = "live-logs")]
mod logs;
#[cfg(feature = "live-macie2")]
mod macie2;
#[cfg(feature = "live-organizations")]
mod organizations;
mod pages;
mod preflight;
#[cfg(feature = "live-rds")]
mod rds;
#[cfg(feature = "live-s3")]
mod s3;
#[cfg(feature = "live-securityhub")]
mod securityhub;
mod session;
mod shown;
#[cfg(feature = "live-sns")]
mod sns;
mod source;
mod start;
mod watch;

use std::collections::BTreeSet;
use std::time::Duration;

pub use aws_config::SdkConfig;
pub use aws_credential_types::provider::SharedCredentialsProvider;
use cis_core::{Dataset, Error, Fact, Gap, GapKind, PlaceKind, Region, RegionStatus, Request, Table, Tags, gap_text};
use jiff::Timestamp;
use tokio::sync::OnceCell;

use crate::arn::Arn;
use crate::datasets::TagList;
use crate::datasets::ec2::Regions;
pub use preflight::Preflight;
pub use source::LiveSource;

use gap::{Call, Failure, failure};

/// How to reach the account. Every field has a default that does for most.
///
/// ```
/// use cis_aws::sources::live::LiveConfig;
/// let config = LiveConfig { profile: Some("audit".into()), ..LiveConfig::default() };
/// assert!(config.generate_report);
/// ```
///
/// `{:?}` shows neither credentials nor an external id, nor an endpoint URL with a password.
#[derive(Clone)]
pub struct LiveConfig {
    /// Where every service is reached, such as `http://127.0.0.1:5000`. Default: AWS's own endpoints, or what the
    /// environment and the profile say (`AWS_ENDPOINT_URL`).
    pub endpoint_url: Option<String>,
    /// The start region: it names the partition, is asked who the caller is and which regions there are. Default: that of
    /// the environment or the profile, else `us-east-1`.
    pub region: Option<String>,
    /// The profile of the shared configuration files. One named here wins over credentials in the environment. Default:
    /// the SDK's chain, in which they win over `AWS_PROFILE`.
    pub profile: Option<String>,
    /// Credentials to use instead of the SDK's default chain and the profile.
    pub credentials: Option<SharedCredentialsProvider>,
    /// A role to assume with these credentials: the account that is read is the role's.
    pub role: Option<Role>,
    /// Whether to use endpoints that are validated to FIPS 140 (<https://aws.amazon.com/compliance/fips/>). Default: what the
    /// environment and the profile say. A service that has none in a region cannot be reached there.
    pub fips: Option<bool>,
    /// Whether to use endpoints that answer by IPv6 too. Default: what the environment and the profile say. A service that has
    /// none in a region cannot be reached there.
    pub dual_stack: Option<bool>,
    /// The regions to read where neither `ec2:DescribeRegions` nor `account:ListRegions` is allowed. Without them the
    /// start region alone is read then. Either way the list counts as not whole.
    pub fallback_regions: Vec<String>,
    /// Whether a new credential report may be generated. It changes nothing in the account but the stored report; without
    /// it only a report of the last four hours can be read. Default: true.
    pub generate_report: bool,
    /// How long to wait for the credential report to get ready. Default: 5 minutes.
    pub report_wait: Duration,
    /// How often a call is tried that timed out or got a fault of the service, with the SDK's backoff in between; and one that
    /// was throttled, where no other call of the operation is answered meanwhile. Where others are, a throttled call only waits
    /// for its turn, up to four times this number. Default: 5.
    pub max_attempts: u32,
}

/// A role to assume: `sts:AssumeRole` (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
/// `{:?}` does not show the external id.
#[derive(Clone)]
pub struct Role {
    /// Its ARN.
    pub arn: String,
    /// What the role's trust policy asks of a third party. Default: none.
    pub external_id: Option<String>,
    /// The name of the session, by which CloudTrail shows who did it. Default: `cis-aws`.
    pub session_name: Option<String>,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            endpoint_url: None,
            region: None,
            profile: None,
            credentials: None,
            role: None,
            fips: None,
            dual_stack: None,
            fallback_regions: Vec::new(),
            generate_report: true,
            report_wait: Duration::from_mins(5),
            max_attempts: 5,
        }
    }
}

/// What is known of the account and of the ways to it.
struct Live {
    sdk: SdkConfig,
    config: LiveConfig,
    start_region: String,
    identity: OnceCell<Identity>,
    regions: OnceCell<Table>,
    known_regions: OnceCell<(Vec<Region>, Option<Gap>)>,
    counted: watch::Counted,
    expiry: preflight::Expiry,
    #[cfg(feature = "live-iam")]
    iam: session::PerRegion<aws_sdk_iam::Client>,
    #[cfg(feature = "live-ec2")]
    ec2: session::PerRegion<aws_sdk_ec2::Client>,
    #[cfg(feature = "live-account")]
    account: session::PerRegion<aws_sdk_account::Client>,
    #[cfg(feature = "live-accessanalyzer")]
    accessanalyzer: session::PerRegion<aws_sdk_accessanalyzer::Client>,
    #[cfg(feature = "live-organizations")]
    organizations: session::PerRegion<aws_sdk_organizations::Client>,
    #[cfg(feature = "live-cloudtrail")]
    cloudtrail: session::PerRegion<aws_sdk_cloudtrail::Client>,
    #[cfg(feature = "live-cloudwatch")]
    cloudwatch: session::PerRegion<aws_sdk_cloudwatch::Client>,
    #[cfg(feature = "live-config")]
    config_service: session::PerRegion<aws_sdk_config::Client>,
    #[cfg(feature = "live-efs")]
    efs: session::PerRegion<aws_sdk_efs::Client>,
    #[cfg(feature = "live-kms")]
    kms: session::PerRegion<aws_sdk_kms::Client>,
    #[cfg(feature = "live-logs")]
    logs: session::PerRegion<aws_sdk_cloudwatchlogs::Client>,
    #[cfg(feature = "live-macie2")]
    macie2: session::PerRegion<aws_sdk_macie2::Client>,
    #[cfg(feature = "live-rds")]
    rds: session::PerRegion<aws_sdk_rds::Client>,
    #[cfg(feature = "live-s3")]
    s3: session::PerRegion<aws_sdk_s3::Client>,
    #[cfg(feature = "live-s3")]
    s3control: session::PerRegion<aws_sdk_s3control::Client>,
    #[cfg(feature = "live-securityhub")]
    securityhub: session::PerRegion<aws_sdk_securityhub::Client>,
    #[cfg(feature = "live-sns")]
    sns: session::PerRegion<aws_sdk_sns::Client>,
}

/// Whose account it is.
#[derive(Debug)]
struct Identity {
    account_id: String,
    partition: String,
    arn: String,
}

impl Live {
    fn over(sdk: SdkConfig, config: LiveConfig) -> Self {
        let start_region = sdk.region().map(ToString::to_string).unwrap_or_default();
        let expiry = preflight::Expiry::default();
        let credentials = sdk.credentials_provider().map(|provider| expiry.noted(provider));
        let http_client = sdk.http_client().map(limiter::Turnstile::before);
        let mut builder = sdk.into_builder();
        builder.set_credentials_provider(credentials);
        builder.set_http_client(http_client);
        Self {
            sdk: builder.build(),
            config,
            start_region,
            identity: OnceCell::new(),
            regions: OnceCell::new(),
            known_regions: OnceCell::new(),
            counted: watch::Counted::default(),
            expiry,
            #[cfg(feature = "live-iam")]
            iam: session::PerRegion::default(),
            #[cfg(feature = "live-ec2")]
            ec2: session::PerRegion::default(),
            #[cfg(feature = "live-account")]
            account: session::PerRegion::default(),
            #[cfg(feature = "live-accessanalyzer")]
            accessanalyzer: session::PerRegion::default(),
            #[cfg(feature = "live-organizations")]
            organizations: session::PerRegion::default(),
            #[cfg(feature = "live-cloudtrail")]
            cloudtrail: session::PerRegion::default(),
            #[cfg(feature = "live-cloudwatch")]
            cloudwatch: session::PerRegion::default(),
            #[cfg(feature = "live-config")]
            config_service: session::PerRegion::default(),
            #[cfg(feature = "live-efs")]
            efs: session::PerRegion::default(),
            #[cfg(feature = "live-kms")]
            kms: session::PerRegion::default(),
            #[cfg(feature = "live-logs")]
            logs: session::PerRegion::default(),
            #[cfg(feature = "live-macie2")]
            macie2: session::PerRegion::default(),
            #[cfg(feature = "live-rds")]
            rds: session::PerRegion::default(),
            #[cfg(feature = "live-s3")]
            s3: session::PerRegion::default(),
            #[cfg(feature = "live-s3")]
            s3control: session::PerRegion::default(),
            #[cfg(feature = "live-securityhub")]
            securityhub: session::PerRegion::default(),
            #[cfg(feature = "live-sns")]
            sns: session::PerRegion::default(),
        }
    }

    async fn identity(&self) -> Result<&Identity, Failure> {
        self.identity.get_or_try_init(|| self.identify()).await
    }

    async fn identify(&self) -> Result<Identity, Failure> {
        let answer = session::sts(self).get_caller_identity().send().await.map_err(|error| failure(&error, false))?;
        let arn = answer.arn.as_deref().and_then(Arn::parse);
        match (answer.account, arn) {
            (Some(account_id), Some(arn)) if !arn.partition().is_empty() => {
                let partition = arn.partition().to_owned();
                Ok(Identity { account_id, partition, arn: answer.arn.unwrap_or_default() })
            }
            _ => Err(Failure {
                kind: GapKind::Malformed,
                code: None,
                message: gap_text!("the answer does not name the account and the caller's ARN"),
            }),
        }
    }

    /// The error of a source whose account cannot be named.
    fn unusable(&self, failure: Failure) -> Error {
        unusable(failure, &self.start_region, self.sdk.endpoint_url(), self.config.profile.as_deref())
    }

    /// The one reading of `ec2.regions`.
    async fn regions(&self, account_id: &str) -> &Table {
        self.regions
            .get_or_init(|| async {
                let info = cis_core::DatasetInfo::of::<Regions>();
                #[cfg(feature = "live-ec2")]
                let table = ec2::regions(self, account_id, &info).await;
                #[cfg(not(feature = "live-ec2"))]
                let table = {
                    _ = account_id;
                    Table::gap(not_compiled_in(&info, "live-ec2"))
                };
                table.read_at(now())
            })
            .await
    }

    /// Every region with its status, as far as any source of them can be read, which is asked once.
    async fn known_regions(&self, account_id: &str) -> (Vec<Region>, Option<Gap>) {
        self.known_regions.get_or_init(|| self.find_regions(account_id)).await.clone()
    }

    async fn find_regions(&self, account_id: &str) -> (Vec<Region>, Option<Gap>) {
        let denied = match self.regions(account_id).await.to_json() {
            Ok(rows) => return (rows.iter().filter_map(region_of_row).collect(), self.regions_cut_off()),
            Err(gap) => gap,
        };
        #[cfg(feature = "live-account")]
        if let Ok((regions, gap)) = account::regions(self, account_id).await {
            return (regions, gap);
        }
        // The start region has just said who the caller is, so that it is enabled.
        let fallback = if self.config.fallback_regions.is_empty() {
            std::slice::from_ref(&self.start_region)
        } else {
            &self.config.fallback_regions
        };
        let fallback: BTreeSet<&String> = fallback.iter().collect();
        (fallback.into_iter().map(Region::enabled).collect(), Some(denied))
    }

    fn regions_cut_off(&self) -> Option<Gap> {
        self.regions.get()?.cut_off_by().first().cloned()
    }

    /// A call of a regional operation.
    fn call<'a>(&self, request: &'a Request, operation: &'static str, region: &'a str) -> Call<'a> {
        Call { info: &request.dataset, operation, region: Some(region), elsewhere: region != self.start_region }
    }

    async fn read(&self, request: &Request) -> Table {
        let info = &request.dataset;
        let identity = match self.identity().await {
            Ok(identity) => identity,
            Err(Failure { kind, code, message }) => {
                let gap = Gap::new(kind, message).dataset(info.name()).operation(WHO).action(WHO);
                return Table::gap(match code {
                    Some(code) => gap.code(code),
                    None => gap,
                });
            }
        };
        let account_id = identity.account_id.as_str();
        if request.place.account_id() != account_id {
            let account = request.place.account_id();
            let message = gap_text!("it lies in account {account}; the credentials are of {account_id}");
            return Table::gap(at(request, info.gap(GapKind::OtherAccount, message)));
        }
        if info.place() == PlaceKind::Region && request.place.region_name().is_none() {
            return Table::gap(info.gap(GapKind::NotSupported, "it is read in a region"));
        }
        let service = info.name().split('.').next().unwrap_or_default();
        let table = match service {
            "ec2" if info.name() == Regions::NAME => return self.regions(account_id).await.clone(),
            #[cfg(feature = "live-ec2")]
            "ec2" => ec2::fetch(self, account_id, request).await,
            #[cfg(feature = "live-iam")]
            "iam" => iam::fetch(self, account_id, request).await,
            #[cfg(feature = "live-account")]
            "account" => account::fetch(self, account_id, request).await,
            #[cfg(feature = "live-accessanalyzer")]
            "accessanalyzer" => accessanalyzer::fetch(self, account_id, request).await,
            #[cfg(feature = "live-organizations")]
            "organizations" => organizations::fetch(self, account_id, request).await,
            #[cfg(feature = "live-cloudtrail")]
            "cloudtrail" => cloudtrail::fetch(self, account_id, request).await,
            #[cfg(feature = "live-cloudwatch")]
            "cloudwatch" => cloudwatch::fetch(self, account_id, request).await,
            #[cfg(feature = "live-config")]
            "config" => config::fetch(self, account_id, request).await,
            #[cfg(feature = "live-efs")]
            "efs" => efs::fetch(self, account_id, request).await,
            #[cfg(feature = "live-kms")]
            "kms" => kms::fetch(self, account_id, request).await,
            #[cfg(feature = "live-logs")]
            "logs" => logs::fetch(self, account_id, request).await,
            #[cfg(feature = "live-macie2")]
            "macie2" => macie2::fetch(self, account_id, request).await,
            #[cfg(feature = "live-rds")]
            "rds" => rds::fetch(self, account_id, request).await,
            #[cfg(feature = "live-s3")]
            "s3" => s3::fetch(self, account_id, request).await,
            #[cfg(feature = "live-securityhub")]
            "securityhub" => securityhub::fetch(self, account_id, request).await,
            #[cfg(feature = "live-sns")]
            "sns" => sns::fetch(self, account_id, request).await,
            _ => not_here(info).map(Table::gap),
        };
        let unknown = || {
            let message = gap_text!("the live source does not know the dataset {dataset}", dataset = info.name());
            Table::gap(at(request, info.gap(GapKind::NotSupported, message)))
        };
        let table = table.unwrap_or_else(unknown);
        absent::unless_absent(request, self.sdk.endpoint_url().is_some(), table).read_at(now())
    }
}

/// The operation that says who the caller is. It needs no permission, but a policy of the organization may deny it.
const WHO: &str = "sts:GetCallerIdentity";

/// The error of a source that cannot say whose account it reads: what came back, where, and what would do.
fn unusable(failure: Failure, region: &str, endpoint: Option<&str>, profile: Option<&str>) -> Error {
    let Failure { kind, code, message } = failure;
    let place = match endpoint {
        Some(endpoint) => format!("{region} at {endpoint}"),
        None => region.to_owned(),
    };
    let answered = match &code {
        Some(code) if message.is_empty() => format!(" answered {code}"),
        Some(code) => format!(" answered {code} ({})", message.trim_end_matches('.')),
        None => format!(": {message}"),
    };
    // The SDK takes a profile that is nowhere for one that is empty.
    let profile = profile.map(|profile| format!("check that the profile {profile:?} exists and is signed in"));
    let advice = match (kind, code.as_deref()) {
        (GapKind::ExpiredCredentials, None) if profile.is_some() => profile.as_deref().unwrap_or_default(),
        (GapKind::ExpiredCredentials, None) => {
            "sign in (aws sso login), name a profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        }
        (_, Some("InvalidClientTokenId" | "UnrecognizedClientException" | "AuthFailure")) => {
            "the access key is not known there: check the credentials, and that the region is of their partition"
        }
        (_, Some("SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature")) => {
            "check the secret access key, and the clock of this machine"
        }
        (GapKind::ExpiredCredentials, _) => "renew the credentials",
        (GapKind::Denied, _) => "allow sts:GetCallerIdentity",
        (GapKind::Throttled, _) => "try again later",
        (GapKind::Unreachable, _) => "check the endpoint, the region and the network",
        (GapKind::NotOptedIn, _) => "start from a region that is enabled in the account",
        _ => "check that the endpoint is one of AWS's",
    };
    Error::source_failed(format!("{WHO} in {place}{answered}; {advice}"))
}

/// The gap of a dataset whose service is not compiled in. None if no service has it.
fn not_here(info: &cis_core::DatasetInfo) -> Option<Gap> {
    let known = crate::datasets::all().iter().any(|known| known.name() == info.name());
    let service = info.name().split('.').next().filter(|_| known)?;
    Some(not_compiled_in(info, &format!("live-{service}")))
}

fn not_compiled_in(info: &cis_core::DatasetInfo, feature: &str) -> Gap {
    info.gap(
        GapKind::NotSupported,
        gap_text!("this build cannot read {dataset}; build cis-aws with the feature {feature}", dataset = info.name()),
    )
}

fn at(request: &Request, gap: Gap) -> Gap {
    match request.place.region_name() {
        Some(region) => gap.region(region),
        None => gap,
    }
}

fn region_of_row(row: &serde_json::Value) -> Option<Region> {
    let name = row.get("RegionName")?.as_str()?.to_owned();
    let status = match row.get("OptInStatus").and_then(serde_json::Value::as_str) {
        Some("opt-in-not-required" | "opted-in") => RegionStatus::Enabled,
        Some("not-opted-in") => RegionStatus::NotEnabled,
        _ => RegionStatus::Unknown,
    };
    Some(Region { name, status })
}

/// The moment, in whole seconds: more would be noise in every report.
fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// A time of the SDK's. None where it is beyond all calendars.
fn time(at: &aws_smithy_types::DateTime) -> Option<crate::time::Time> {
    let nanos = i32::try_from(at.subsec_nanos()).ok()?;
    Timestamp::new(at.secs(), nanos).ok().map(crate::time::Time)
}

/// A word of one of the SDK's enumerations, those of tomorrow too.
fn word(of: impl AsRef<str>) -> String {
    of.as_ref().to_owned()
}

/// What a list holds. Empty where the answer leaves it out, which is for lists that say nothing by being left out.
fn each<T, U>(list: Option<Vec<T>>, part: impl FnMut(T) -> U) -> Vec<U> {
    list.unwrap_or_default().into_iter().map(part).collect()
}

/// The tags of an answer that has all of them: of a resource that has none, AWS may leave the list out. Where one has no key,
/// nobody knows how many there are.
fn tags<T>(list: Option<Vec<T>>, tag: impl Fn(T) -> (Option<String>, Option<String>)) -> TagList {
    let pairs = list.unwrap_or_default().into_iter().map(|one| {
        let (key, value) = tag(one);
        Some((key?, value.unwrap_or_default()))
    });
    pairs.collect::<Option<Tags>>().map(TagList::from).unwrap_or_default()
}

/// A field that must be there.
fn must<T>(field: &str, value: Option<T>) -> Fact<T> {
    value.map_or_else(|| Fact::missing(field), Fact::Known)
}

/// What a list holds, where an answer without the list tells nothing.
fn told<T, U>(field: &str, list: Option<Vec<T>>, part: impl FnMut(T) -> U) -> Fact<Vec<U>> {
    must(field, list).map(|list| list.into_iter().map(part).collect())
}

/// How many resources of a dataset are read side by side, one call each. How many calls of them all are under way at once is
/// the limiter's business.
const READS_AT_ONCE: usize = 32;

/// What became of reading one resource on its own.
enum Read<R> {
    /// Its row.
    Row(R),
    /// It was listed, and is gone.
    Gone(Gap),
}

/// The rows of resources that were read one by one, and the names of those that were gone.
fn rows_of<D: Dataset>(read: Vec<Read<D::Row>>) -> Table {
    let (mut rows, mut gone) = (Vec::new(), Vec::new());
    for read in read {
        match read {
            Read::Row(row) => rows.push(row),
            Read::Gone(gap) => gone.push(gap),
        }
    }
    gone.into_iter().fold(Table::rows::<D>(rows), Table::vanished)
}

/// A text that the SDK fills in, empty, where the answer leaves out what must be there.
fn filled(text: String, member: &'static str) -> Result<String, pages::Missing> {
    if text.is_empty() { Err(pages::Missing(member)) } else { Ok(text) }
}
