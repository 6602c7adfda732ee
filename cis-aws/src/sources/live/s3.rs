//! Amazon S3: one read a bucket, in the bucket's own region.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error as StdError;

use aws_sdk_s3::Client;
use aws_sdk_s3::types;
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture, Params, ResolveEndpoint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use cis_core::{Dataset, Fact, Gap, Request, Table, Wanted};
use futures::stream::{self, StreamExt};
use serde_json::Value;

use super::gap::Call;
use super::guard::{Content, Guard};
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, READS_AT_ONCE, Read, must, rows_of, time, told, word};
use crate::datasets::s3::{
    AccountPublicAccessBlock, Bucket, BucketAcl, BucketAcls, BucketEncryption, BucketEncryptions, BucketLogging,
    BucketLoggings, BucketPolicies, BucketPolicy, BucketPolicyStatus, BucketPolicyStatuses, BucketPublicAccessBlock,
    BucketPublicAccessBlocks, BucketVersioning, BucketVersionings, Buckets, EncryptionByDefault, EncryptionRule,
    EncryptionRules, Grant, Grantee, LoggingEnabled, PolicyStatus, PublicAccessBlock, Versioning,
};

/// What each operation answers.
const CONTENTS: &[(&str, Content)] = &[
    ("GetBucketAcl", Content::Root("AccessControlPolicy", Some("AccessControlList"))),
    ("GetBucketEncryption", Content::Root("ServerSideEncryptionConfiguration", Some("Rule"))),
    ("GetBucketLogging", Content::Root("BucketLoggingStatus", None)),
    ("GetBucketPolicy", Content::Text),
    ("GetBucketPolicyStatus", Content::Root("PolicyStatus", Some("IsPublic"))),
    ("GetBucketVersioning", Content::Root("VersioningConfiguration", None)),
    ("GetPublicAccessBlock", Content::Root("PublicAccessBlockConfiguration", None)),
    ("ListBuckets", Content::Root("ListAllMyBucketsResult", Some("Buckets"))),
];

/// They lie in many regions, each of which has calls at once of its own.
const BUCKETS_AT_ONCE: usize = 2 * READS_AT_ONCE;

const NO_POLICY: &str = "NoSuchBucketPolicy";
const NO_BLOCK: &str = "NoSuchPublicAccessBlockConfiguration";
const NO_ENCRYPTION: &str = "ServerSideEncryptionConfigurationNotFoundError";

fn client(source: &Live, account_id: &str, region: &str) -> Client {
    let endpoint = source.sdk.endpoint_url();
    // A server that is not AWS's has no name for every bucket; and to a path without a slash at its end the SDK joins the
    // bucket's name.
    let own = |config: aws_sdk_s3::config::Builder| match endpoint {
        Some(url) => config.force_path_style(true).endpoint_url(format!("{}/", url.trim_end_matches('/'))),
        None => config,
    };
    source.s3.get(region, || client!(aws_sdk_s3, source, account_id, region, Guard::Rest(CONTENTS), own))
}

/// An endpoint as the caller gave it. S3 Control puts the account's id before the host, which only AWS's own hosts know.
#[derive(Debug)]
struct AsGiven(String);

impl ResolveEndpoint for AsGiven {
    fn resolve_endpoint<'a>(&'a self, _: &'a Params) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

fn control(source: &Live, account_id: &str, region: &str) -> aws_sdk_s3control::Client {
    let endpoint = source.sdk.endpoint_url();
    let own = |config: aws_sdk_s3control::config::Builder| match endpoint {
        Some(url) => config.endpoint_resolver(AsGiven(url.trim_end_matches('/').to_owned())),
        None => config,
    };
    source.s3control.get(region, || client!(aws_sdk_s3control, source, account_id, region, Guard::Rest(CONTENTS), own))
}

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let s3 = S3 { source, request, account_id };
    Some(match request.dataset.name() {
        Buckets::NAME => s3.buckets().await,
        AccountPublicAccessBlock::NAME => s3.account_public_access_block().await,
        BucketPolicies::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_bucket_policy().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyOutput| {
                must("Policy", answer.policy).map(Value::String)
            };
            let row = |bucket, read| BucketPolicy { bucket, policy: unless_none(read, fact) };
            s3.each::<BucketPolicies, _, _, _>("s3:GetBucketPolicy", Some(NO_POLICY), ask, row).await
        }
        BucketPolicyStatuses::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_bucket_policy_status().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_bucket_policy_status::GetBucketPolicyStatusOutput| {
                must("PolicyStatus", answer.policy_status).map(|status| PolicyStatus { is_public: status.is_public })
            };
            let row = |bucket, read| BucketPolicyStatus { bucket, policy_status: unless_none(read, fact) };
            s3.each::<BucketPolicyStatuses, _, _, _>("s3:GetBucketPolicyStatus", Some(NO_POLICY), ask, row).await
        }
        BucketVersionings::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_bucket_versioning().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput| {
                Fact::Known(Versioning { status: answer.status.map(word), mfa_delete: answer.mfa_delete.map(word) })
            };
            let row = |bucket, read| BucketVersioning { bucket, versioning: always(read, fact) };
            s3.each::<BucketVersionings, _, _, _>("s3:GetBucketVersioning", None, ask, row).await
        }
        BucketPublicAccessBlocks::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_public_access_block().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_public_access_block::GetPublicAccessBlockOutput| {
                must("PublicAccessBlockConfiguration", answer.public_access_block_configuration).map(|block| {
                    PublicAccessBlock {
                        block_public_acls: block.block_public_acls,
                        ignore_public_acls: block.ignore_public_acls,
                        block_public_policy: block.block_public_policy,
                        restrict_public_buckets: block.restrict_public_buckets,
                    }
                })
            };
            let row = |bucket, read| BucketPublicAccessBlock {
                bucket,
                public_access_block_configuration: unless_none(read, fact),
            };
            s3.each::<BucketPublicAccessBlocks, _, _, _>("s3:GetPublicAccessBlock", Some(NO_BLOCK), ask, row).await
        }
        BucketEncryptions::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_bucket_encryption().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_bucket_encryption::GetBucketEncryptionOutput| {
                let rules = answer.server_side_encryption_configuration.map(|of| of.rules);
                told("Rules", rules, encryption_rule).map(|rules| EncryptionRules { rules })
            };
            let row = |bucket, read| BucketEncryption {
                bucket,
                server_side_encryption_configuration: unless_none(read, fact),
            };
            s3.each::<BucketEncryptions, _, _, _>("s3:GetBucketEncryption", Some(NO_ENCRYPTION), ask, row).await
        }
        BucketAcls::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_bucket_acl().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_bucket_acl::GetBucketAclOutput| {
                told("Grants", answer.grants, grant)
            };
            let row = |bucket, read| BucketAcl { bucket, grants: always(read, fact) };
            s3.each::<BucketAcls, _, _, _>("s3:GetBucketAcl", None, ask, row).await
        }
        BucketLoggings::NAME => {
            let ask = |client: &Client, bucket: &str| client.get_bucket_logging().bucket(bucket).send();
            let fact = |answer: aws_sdk_s3::operation::get_bucket_logging::GetBucketLoggingOutput| {
                Fact::Known(answer.logging_enabled.map(|logging| LoggingEnabled {
                    target_bucket: Some(logging.target_bucket).filter(|bucket| !bucket.is_empty()),
                    target_prefix: Some(logging.target_prefix),
                }))
            };
            let row = |bucket, read| BucketLogging { bucket, logging_enabled: always(read, fact) };
            s3.each::<BucketLoggings, _, _, _>("s3:GetBucketLogging", None, ask, row).await
        }
        _ => return None,
    })
}

/// A fact of which S3 has a code for "there is none".
fn unless_none<O, T>(read: Result<Option<O>, Gap>, fact: impl FnOnce(O) -> Fact<T>) -> Fact<Option<T>> {
    match read {
        Ok(None) => Fact::Known(None),
        Ok(Some(answer)) => fact(answer).map(Some),
        Err(gap) => Fact::from(gap),
    }
}

/// A fact that every bucket has.
fn always<O, T>(read: Result<Option<O>, Gap>, fact: impl FnOnce(O) -> Fact<T>) -> Fact<T> {
    match read {
        Ok(None) => Fact::default(),
        Ok(Some(answer)) => fact(answer),
        Err(gap) => Fact::from(gap),
    }
}

#[derive(Clone, Copy)]
struct S3<'a> {
    source: &'a Live,
    request: &'a Request,
    account_id: &'a str,
}

impl S3<'_> {
    async fn buckets(self) -> Table {
        let client = &client(self.source, self.account_id, &self.source.start_region);
        let call = Call::global(&self.request.dataset, "s3:ListBuckets");
        let listed = pages::all(call, |token| async move {
            // With a page size S3 says the region of each bucket; without one it refuses large accounts.
            let ask = client.list_buckets().max_buckets(10_000).set_continuation_token(token);
            let answer = ask.send().await.map_err(|error| call.failed(&error))?;
            let buckets = answer.buckets.ok_or_else(|| call.malformed("the answer lacks Buckets"))?;
            Ok(Page::new(buckets.into_iter().map(bucket), Next::token(answer.continuation_token)))
        });
        listed.await.table::<Buckets>()
    }

    async fn account_public_access_block(self) -> Table {
        let client = control(self.source, self.account_id, &self.source.start_region);
        let call = Call::global(&self.request.dataset, "s3control:GetPublicAccessBlock");
        match client.get_public_access_block().account_id(self.account_id).send().await {
            Err(error) if says(&error, NO_BLOCK) => Table::rows::<AccountPublicAccessBlock>(Vec::new()),
            Err(error) => Table::gap(call.failed(&error)),
            Ok(answer) => match answer.public_access_block_configuration {
                None => Table::gap(call.malformed("the answer lacks PublicAccessBlockConfiguration")),
                Some(block) => Table::rows::<AccountPublicAccessBlock>(vec![PublicAccessBlock {
                    block_public_acls: block.block_public_acls,
                    ignore_public_acls: block.ignore_public_acls,
                    block_public_policy: block.block_public_policy,
                    restrict_public_buckets: block.restrict_public_buckets,
                }]),
            },
        }
    }

    /// Reads one thing of every bucket that is wanted. `none`: the code of S3's for "there is none".
    async fn each<D, O, E, F>(
        self,
        operation: &'static str,
        none: Option<&'static str>,
        ask: impl Fn(&Client, &str) -> F + Send + Sync,
        row: impl Fn(String, Result<Option<O>, Gap>) -> D::Row + Send + Sync,
    ) -> Table
    where
        D: Dataset,
        E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
        O: Send,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send,
    {
        let listed = self.request.rows::<Buckets>();
        let (regions, gaps) = match &listed {
            Ok(rows) => {
                let regions = rows.iter().map(|bucket| (bucket.name.clone(), bucket.bucket_region.clone()));
                (regions.collect::<BTreeMap<_, _>>(), rows.cut_off().to_vec())
            }
            // Buckets that are asked for by name can be read without the list.
            Err(_) => (BTreeMap::new(), Vec::new()),
        };
        let (names, gaps): (Vec<String>, Vec<Gap>) = match &self.request.only {
            Wanted::Nothing => (Vec::new(), Vec::new()),
            Wanted::Names(names) => (names.iter().cloned().collect(), Vec::new()),
            Wanted::All => match &listed {
                Err(gap) => return Table::gap(gap.clone()),
                Ok(_) => (regions.keys().cloned().collect(), gaps),
            },
            Wanted::AllAnd(names) => {
                let every: BTreeSet<&String> = regions.keys().chain(names).collect();
                let gaps = listed.as_ref().err().into_iter().cloned().chain(gaps).collect();
                (every.into_iter().cloned().collect(), gaps)
            }
        };
        let (ask, row, regions) = (&ask, &row, &regions);
        let reads = names.into_iter().map(|bucket| async move {
            let home = regions.get(&bucket);
            let region = home.and_then(Option::as_deref).unwrap_or(&self.source.start_region);
            match self.one(operation, &bucket, region, none, ask).await {
                // One that was never listed is not gone: whoever named it points at nothing.
                Err(gap) if home.is_some() && gap.code.as_deref() == Some("NoSuchBucket") => Read::Gone(gap),
                read => Read::Row(row(bucket, read)),
            }
        });
        let read: Vec<_> = stream::iter(reads).buffered(BUCKETS_AT_ONCE).collect().await;
        gaps.into_iter().fold(rows_of::<D>(read), Table::cut_off)
    }

    /// Reads one thing of one bucket; once more where S3 says that it lies in another region. None: there is none.
    async fn one<O, E, F>(
        self,
        operation: &'static str,
        bucket: &str,
        region: &str,
        none: Option<&'static str>,
        ask: impl Fn(&Client, &str) -> F,
    ) -> Result<Option<O>, Gap>
    where
        E: StdError + ProvideErrorMetadata + 'static,
        F: Future<Output = Result<O, SdkError<E, HttpResponse>>>,
    {
        let mut answer = ask(&client(self.source, self.account_id, region), bucket).await;
        let mut asked = region.to_owned();
        if let Some(other) = answer.as_ref().err().and_then(redirect)
            && other != region
        {
            answer = ask(&client(self.source, self.account_id, &other), bucket).await;
            asked = other;
        }
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if none.is_some() && error.code() == none => Ok(None),
            Err(error) => {
                let elsewhere = asked != self.source.start_region;
                let call = Call { elsewhere, ..Call::global(&self.request.dataset, operation) };
                Err(call.failed(&error).resource(bucket))
            }
        }
    }
}

/// Whether an error has a code. S3 Control wraps its errors in another element than S3 does, and the SDK reads no code in a
/// server's answer that has S3's.
fn says<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>, code: &str) -> bool {
    let body = error.raw_response().filter(|response| response.status().as_u16() == 404);
    let text = body.and_then(|response| response.body().bytes()).and_then(|body| std::str::from_utf8(body).ok());
    error.code() == Some(code) || text.is_some_and(|text| text.contains(&format!("<Code>{code}</Code>")))
}

/// The region that a bucket lies in, where the answer is that it is another.
fn redirect<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let response = error.raw_response()?;
    let moved = matches!(response.status().as_u16(), 301 | 307);
    let code = error.code().unwrap_or_default();
    if !moved && !matches!(code, "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException") {
        return None;
    }
    if let Some(region) = response.headers().get("x-amz-bucket-region") {
        return Some(region_of(region).to_owned());
    }
    let text = response.body().bytes().and_then(|body| std::str::from_utf8(body).ok())?;
    let (region, _) = text.split_once("<Region>")?.1.split_once("</Region>")?;
    Some(region_of(region).to_owned())
}

/// A region by what S3 calls it: the oldest two have names of their own.
fn region_of(name: &str) -> &str {
    match name {
        "" | "US" => "us-east-1",
        "EU" => "eu-west-1",
        name => name,
    }
}

fn bucket(bucket: types::Bucket) -> Result<Bucket, Missing> {
    Ok(Bucket {
        name: bucket.name.ok_or(Missing("Name"))?,
        bucket_region: bucket.bucket_region.map(|region| region_of(&region).to_owned()),
        creation_date: bucket.creation_date.as_ref().and_then(time),
    })
}

fn encryption_rule(rule: types::ServerSideEncryptionRule) -> EncryptionRule {
    EncryptionRule {
        apply_server_side_encryption_by_default: rule.apply_server_side_encryption_by_default.map(|of| {
            // The SDK fills in what the answer leaves out.
            let sse_algorithm = Some(word(of.sse_algorithm));
            EncryptionByDefault { sse_algorithm: sse_algorithm.filter(|name| name != "no value was set") }
        }),
    }
}

fn grant(grant: types::Grant) -> Grant {
    Grant {
        grantee: grant.grantee.map(|grantee| Grantee { uri: grantee.uri, id: grantee.id }),
        permission: grant.permission.map(word),
    }
}
