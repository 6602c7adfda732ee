//! AWS KMS.

use std::collections::BTreeMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::types;
use cis_core::{Dataset, Fact, Gap, Request, Table};
use futures::stream::{self, StreamExt};

use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Listed, Missing, Next, Page};
use super::session::client;
use super::{Live, READS_AT_ONCE, Read, rows_of, word};
use crate::datasets::kms::{Key, KeyMetadata, Keys, MultiRegionConfiguration, RegionKey, RotationStatus};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[
    ("DescribeKey", "KeyMetadata"),
    ("GetKeyRotationStatus", "KeyRotationEnabled"),
    ("ListAliases", "Aliases"),
    ("ListKeys", "Keys"),
];

/// The most keys that KMS gives on a page.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListKeys.html>
const KEYS: i32 = 1000;

/// The most aliases: the parameter's type allows 1,000, its description no more than 100.
/// <https://docs.aws.amazon.com/kms/latest/APIReference/API_ListAliases.html>
const ALIASES: i32 = 100;

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    if request.dataset.name() != Keys::NAME {
        return None;
    }
    let make = || client!(aws_sdk_kms, source, account_id, region, Guard::Json(MEMBERS));
    Some(Kms { client: source.kms.get(region, make), source, request, region }.keys().await)
}

struct Kms<'a> {
    client: Client,
    source: &'a Live,
    request: &'a Request,
    region: &'a str,
}

impl<'a> Kms<'a> {
    fn call(&self, operation: &'static str) -> Call<'a> {
        self.source.call(self.request, operation, self.region)
    }

    async fn keys(&self) -> Table {
        let mut listed = self.list().await;
        let aliases = if listed.rows.is_empty() { BTreeMap::new() } else { self.aws_aliases().await };
        let keys = std::mem::take(&mut listed.rows).into_iter().map(|(id, arn)| {
            let alias = aliases.get(&id).cloned();
            (id, arn, alias)
        });
        let keys: Vec<_> = keys.collect();
        let reads = stream::iter(keys).map(|(id, arn, alias)| self.key(id, arn, alias)).buffered(READS_AT_ONCE);
        let read: Vec<_> = reads.collect().await;
        let mut gaps = listed.gaps.into_iter();
        match gaps.next() {
            Some(gap) if listed.nothing => Table::gap(gap),
            first => first.into_iter().chain(gaps).fold(rows_of::<Keys>(read), Table::cut_off),
        }
    }

    async fn list(&self) -> Listed<(String, String)> {
        let call = self.call("kms:ListKeys");
        let listed = pages::all(call, |marker| async move {
            let answer = self.client.list_keys().limit(KEYS).set_marker(marker).send().await;
            let answer = answer.map_err(|error| call.failed(&error))?;
            let keys = answer.keys.ok_or_else(|| call.malformed("the answer lacks Keys"))?;
            let next = Next::marker(answer.truncated, answer.next_marker);
            let keys = keys
                .into_iter()
                .map(|key| Ok((key.key_id.ok_or(Missing("KeyId"))?, key.key_arn.ok_or(Missing("KeyArn"))?)));
            Ok(Page::new(keys, next))
        });
        listed.await
    }

    /// The keys that AWS manages, by their ids, with the alias that says so. All that an alias does is to spare calls: where
    /// aliases cannot be read, every key is described, and its metadata says the same.
    async fn aws_aliases(&self) -> BTreeMap<String, String> {
        let call = self.call("kms:ListAliases");
        let listed = pages::all(call, |marker| async move {
            let answer = self.client.list_aliases().limit(ALIASES).set_marker(marker).send().await;
            let answer = answer.map_err(|error| call.failed(&error))?;
            let next = Next::marker(answer.truncated, answer.next_marker);
            // Most of AWS's own aliases have no key yet.
            let aliases = answer.aliases.unwrap_or_default().into_iter().filter_map(|alias| {
                let name = alias.alias_name.filter(|name| name.starts_with("alias/aws/"))?;
                Some(Ok((alias.target_key_id?, name)))
            });
            Ok(Page::new(aliases, next))
        });
        listed.await.rows.into_iter().collect()
    }

    async fn key(&self, key_id: String, key_arn: String, aws_alias: Option<String>) -> Read<Key> {
        if aws_alias.is_some() {
            let (key_metadata, rotation_status) = (Fact::Known(None), Fact::Known(None));
            return Read::Row(Key { key_id, key_arn, aws_alias, key_metadata, rotation_status });
        }
        let gone = |gap: &Gap| gap.code.as_deref() == Some("NotFoundException");
        // By ARN, which names the resource in the messages of AWS, too.
        let metadata = match self.describe(&key_arn).await {
            Err(gap) if gone(&gap) => return Read::Gone(gap.resource(key_arn)),
            Err(gap) => Err(gap.resource(&key_arn)),
            Ok(metadata) => Ok(metadata),
        };
        let rotation = match &metadata {
            // Whether it rotates cannot be asked without knowing whether it can.
            Err(gap) => Err(gap.clone()),
            Ok(metadata) if !can_rotate(metadata) => Ok(None),
            Ok(_) => match self.rotation(&key_arn).await {
                Err(gap) if gone(&gap) => return Read::Gone(gap.resource(key_arn)),
                Err(gap) => Err(gap.resource(&key_arn)),
                Ok(rotation) => Ok(Some(rotation)),
            },
        };
        let (key_metadata, rotation_status) = (Fact::from(metadata.map(Some)), Fact::from(rotation));
        Read::Row(Key { key_id, key_arn, aws_alias, key_metadata, rotation_status })
    }

    async fn describe(&self, arn: &str) -> Result<KeyMetadata, Gap> {
        let call = self.call("kms:DescribeKey");
        let answer = self.client.describe_key().key_id(arn).send().await.map_err(|error| call.failed(&error))?;
        answer.key_metadata.map(metadata).ok_or_else(|| call.malformed("the answer lacks KeyMetadata"))
    }

    async fn rotation(&self, arn: &str) -> Result<RotationStatus, Gap> {
        let call = self.call("kms:GetKeyRotationStatus");
        let answer = self.client.get_key_rotation_status().key_id(arn).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        Ok(RotationStatus {
            key_rotation_enabled: Some(answer.key_rotation_enabled),
            rotation_period_in_days: answer.rotation_period_in_days.map(i64::from),
        })
    }
}

/// Whether a key can rotate by itself: of any other, KMS answers the question with an error.
/// <https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html>
fn can_rotate(key: &KeyMetadata) -> bool {
    let spec = key.key_spec.as_deref().or(key.customer_master_key_spec.as_deref());
    key.key_manager.as_deref() == Some("CUSTOMER")
        && spec == Some("SYMMETRIC_DEFAULT")
        && key.origin.as_deref() == Some("AWS_KMS")
        && matches!(key.key_state.as_deref(), Some("Enabled" | "Updating" | "Disabled"))
}

#[allow(deprecated, reason = "the older name of the key spec is kept for old answers")]
fn metadata(key: types::KeyMetadata) -> KeyMetadata {
    KeyMetadata {
        key_manager: key.key_manager.map(word),
        key_spec: key.key_spec.map(word),
        customer_master_key_spec: key.customer_master_key_spec.map(word),
        key_state: key.key_state.map(word),
        origin: key.origin.map(word),
        multi_region: key.multi_region,
        multi_region_configuration: key.multi_region_configuration.map(|of| MultiRegionConfiguration {
            multi_region_key_type: of.multi_region_key_type.map(word),
            primary_key: of.primary_key.map(|key| RegionKey { arn: key.arn, region: key.region }),
        }),
    }
}
