//! AWS Config.

use aws_sdk_config::Client;
use aws_sdk_config::types;
use cis_core::{Dataset, Request, Table};

use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, each, word};
use crate::datasets::config::{
    DeliveryChannel, DeliveryChannels, ExcludedTypes, Recorder, RecorderStatus, RecorderStatuses, Recorders,
    RecordingGroup, RecordingMode, RecordingModeOverride, RecordingStrategy,
};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[
    ("DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus"),
    ("DescribeConfigurationRecorders", "ConfigurationRecorders"),
    ("DescribeDeliveryChannels", "DeliveryChannels"),
];

/// One of Config's lists, which have no pages.
macro_rules! listed {
    ($client:ident, $call:expr, $operation:ident.$list:ident, $row:ident) => {{
        let call: Call<'_> = $call;
        pages::all(call, |_| async move {
            let answer = $client.$operation().send().await.map_err(|error| call.failed(&error))?;
            let list = answer.$list.ok_or_else(|| call.malformed("the answer lacks its list"))?;
            Ok(Page::new(list.into_iter().map($row), Next::End))
        })
        .await
    }};
}

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    let make = || client!(aws_sdk_config, source, account_id, region, Guard::Json(MEMBERS));
    let client: &Client = &source.config_service.get(region, make);
    let call = |operation| source.call(request, operation, region);
    Some(match request.dataset.name() {
        Recorders::NAME => {
            let call = call("config:DescribeConfigurationRecorders");
            listed!(client, call, describe_configuration_recorders.configuration_recorders, recorder)
                .table::<Recorders>()
        }
        RecorderStatuses::NAME => {
            let call = call("config:DescribeConfigurationRecorderStatus");
            listed!(client, call, describe_configuration_recorder_status.configuration_recorders_status, status)
                .table::<RecorderStatuses>()
        }
        DeliveryChannels::NAME => {
            let call = call("config:DescribeDeliveryChannels");
            listed!(client, call, describe_delivery_channels.delivery_channels, channel).table::<DeliveryChannels>()
        }
        _ => return None,
    })
}

fn recorder(recorder: types::ConfigurationRecorder) -> Result<Recorder, Missing> {
    Ok(Recorder {
        name: recorder.name.ok_or(Missing("name"))?,
        arn: recorder.arn,
        recording_group: recorder.recording_group.map(|group| RecordingGroup {
            all_supported: Some(group.all_supported),
            include_global_resource_types: Some(group.include_global_resource_types),
            recording_strategy: group
                .recording_strategy
                .map(|strategy| RecordingStrategy { use_only: strategy.use_only.map(word) }),
            exclusion_by_resource_types: group
                .exclusion_by_resource_types
                .map(|excluded| ExcludedTypes { resource_types: each(excluded.resource_types, word) }),
        }),
        recording_mode: recorder.recording_mode.map(|mode| RecordingMode {
            recording_frequency: Some(word(mode.recording_frequency)),
            recording_mode_overrides: each(mode.recording_mode_overrides, |other| RecordingModeOverride {
                resource_types: each(Some(other.resource_types), word),
                recording_frequency: Some(word(other.recording_frequency)),
            }),
        }),
        recording_scope: recorder.recording_scope.map(word),
        service_principal: recorder.service_principal,
    })
}

#[allow(clippy::unnecessary_wraps, reason = "rows are made alike")]
fn status(status: types::ConfigurationRecorderStatus) -> Result<RecorderStatus, Missing> {
    Ok(RecorderStatus {
        name: status.name,
        recording: Some(status.recording),
        last_status: status.last_status.map(word),
        last_error_code: status.last_error_code,
        last_error_message: status.last_error_message,
    })
}

#[allow(clippy::unnecessary_wraps, reason = "rows are made alike")]
fn channel(channel: types::DeliveryChannel) -> Result<DeliveryChannel, Missing> {
    Ok(DeliveryChannel {
        name: channel.name,
        s3_bucket_name: channel.s3_bucket_name,
        sns_topic_arn: channel.sns_topic_arn,
    })
}
