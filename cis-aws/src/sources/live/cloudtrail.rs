//! AWS CloudTrail.

use std::collections::BTreeSet;

use aws_sdk_cloudtrail::Client;
use aws_sdk_cloudtrail::types;
use cis_core::{Dataset, Fact, Gap, GapKind, Request, Table, Wanted, gap_text};
use futures::stream::{self, StreamExt};

use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, READS_AT_ONCE, Read, each, must, rows_of, time, word};
use crate::arn::Arn;
use crate::datasets::cloudtrail::{
    AdvancedEventSelector, DataResource, EventSelector, EventSelectors, FieldSelector, Selectors, Status, Trail,
    TrailSelectors, TrailStatus, TrailStatuses, Trails,
};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("DescribeTrails", "trailList"), ("GetTrailStatus", "IsLogging")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    let make = || client!(aws_sdk_cloudtrail, source, account_id, region, Guard::Json(MEMBERS));
    let cloudtrail = CloudTrail { client: source.cloudtrail.get(region, make), source, request, account_id, region };
    Some(match request.dataset.name() {
        Trails::NAME => cloudtrail.trails().await,
        TrailStatuses::NAME => cloudtrail.statuses().await,
        EventSelectors::NAME => cloudtrail.event_selectors().await,
        _ => return None,
    })
}

struct CloudTrail<'a> {
    client: Client,
    source: &'a Live,
    request: &'a Request,
    account_id: &'a str,
    region: &'a str,
}

impl<'a> CloudTrail<'a> {
    fn call(&self, operation: &'static str) -> Call<'a> {
        self.source.call(self.request, operation, self.region)
    }

    async fn trails(&self) -> Table {
        let call = self.call("cloudtrail:DescribeTrails");
        let listed = pages::all(call, |_| async move {
            // Shadows of other regions' trails come along by default, and are wanted.
            let answer = self.client.describe_trails().send().await.map_err(|error| call.failed(&error))?;
            let list = answer.trail_list.ok_or_else(|| call.malformed("the answer lacks trailList"))?;
            Ok(Page::new(list.into_iter().map(trail), Next::End))
        });
        listed.await.table::<Trails>()
    }

    /// The trails to ask for, and what is missing of their list.
    fn wanted(&self) -> Result<(BTreeSet<String>, Vec<Gap>), Gap> {
        let beyond = match &self.request.only {
            Wanted::Nothing => return Ok((BTreeSet::new(), Vec::new())),
            Wanted::Names(arns) => return Ok((arns.clone(), Vec::new())),
            Wanted::All => None,
            Wanted::AllAnd(arns) => Some(arns),
        };
        let trails = match (self.request.rows::<Trails>(), beyond) {
            (Ok(trails), _) => trails,
            (Err(gap), None) => return Err(gap),
            (Err(gap), Some(arns)) => return Ok((arns.clone(), vec![gap])),
        };
        let home = trails.iter().filter(|trail| trail.home_region.as_deref() == Some(self.region));
        let home = home.map(|trail| trail.trail_arn.clone()).chain(beyond.into_iter().flatten().cloned());
        Ok((home.collect(), trails.cut_off().to_vec()))
    }

    async fn statuses(&self) -> Table {
        let (arns, gaps) = match self.wanted() {
            Ok(wanted) => wanted,
            Err(gap) => return Table::gap(gap),
        };
        let reads = stream::iter(arns).map(|arn| self.status(arn)).buffered(READS_AT_ONCE);
        gaps.into_iter().fold(rows_of::<TrailStatuses>(reads.collect().await), Table::cut_off)
    }

    async fn status(&self, trail_arn: String) -> Read<TrailStatus> {
        let call = self.call("cloudtrail:GetTrailStatus");
        let status = match self.client.get_trail_status().name(&trail_arn).send().await {
            Err(error) => match self.refused(&trail_arn, call.failed(&error)) {
                Ok(gone) => return Read::Gone(gone),
                Err(gap) => Fact::from(gap),
            },
            Ok(answer) => Fact::Known(Status {
                is_logging: must("IsLogging", answer.is_logging),
                latest_delivery_error: answer.latest_delivery_error,
                latest_cloud_watch_logs_delivery_time: answer
                    .latest_cloud_watch_logs_delivery_time
                    .as_ref()
                    .and_then(time),
                latest_cloud_watch_logs_delivery_error: answer.latest_cloud_watch_logs_delivery_error,
            }),
        };
        Read::Row(TrailStatus { trail_arn, status })
    }

    async fn event_selectors(&self) -> Table {
        let (arns, gaps) = match self.wanted() {
            Ok(wanted) => wanted,
            Err(gap) => return Table::gap(gap),
        };
        let reads = stream::iter(arns).map(|arn| self.selectors(arn)).buffered(READS_AT_ONCE);
        gaps.into_iter().fold(rows_of::<EventSelectors>(reads.collect().await), Table::cut_off)
    }

    async fn selectors(&self, trail_arn: String) -> Read<TrailSelectors> {
        let call = self.call("cloudtrail:GetEventSelectors");
        let selectors = match self.client.get_event_selectors().trail_name(&trail_arn).send().await {
            Err(error) => match self.refused(&trail_arn, call.failed(&error)) {
                Ok(gone) => return Read::Gone(gone),
                Err(gap) => Fact::from(gap),
            },
            // A trail always has one of the two lists: without selectors of its own it answers the default one.
            Ok(answer) if answer.event_selectors.is_none() && answer.advanced_event_selectors.is_none() => {
                Fact::from(call.malformed("the answer lacks EventSelectors").resource(&trail_arn))
            }
            Ok(answer) => Fact::Known(Selectors {
                event_selectors: answer.event_selectors.map(|list| each(Some(list), event_selector)),
                advanced_event_selectors: answer.advanced_event_selectors.map(|list| each(Some(list), advanced)),
            }),
        };
        Read::Row(TrailSelectors { trail_arn, selectors })
    }

    /// What a refusal says of a trail: that it is gone, or why it cannot be read.
    fn refused(&self, trail_arn: &str, gap: Gap) -> Result<Gap, Gap> {
        let gap = gap.resource(trail_arn);
        let owner = Arn::parse(trail_arn).map(|arn| arn.account_id().to_owned());
        let code = gap.code.as_deref().unwrap_or_default();
        match owner {
            // A member account sees its organization's trail and may not ask about it. CloudTrail then says that there is
            // none, which is not so.
            Some(owner)
                if owner != self.account_id
                    && matches!(code, "TrailNotFoundException" | "CloudTrailARNInvalidException") =>
            {
                let message = gap_text!("the trail lies in account {owner}, which alone may ask for it");
                Err(Gap { kind: GapKind::OtherAccount, message, ..gap })
            }
            _ if code == "TrailNotFoundException" => Ok(gap),
            _ => Err(gap),
        }
    }
}

fn trail(trail: types::Trail) -> Result<Trail, Missing> {
    Ok(Trail {
        trail_arn: trail.trail_arn.ok_or(Missing("TrailARN"))?,
        name: trail.name,
        home_region: trail.home_region,
        s3_bucket_name: trail.s3_bucket_name,
        is_multi_region_trail: trail.is_multi_region_trail,
        include_global_service_events: trail.include_global_service_events,
        is_organization_trail: trail.is_organization_trail,
        log_file_validation_enabled: trail.log_file_validation_enabled,
        cloud_watch_logs_log_group_arn: trail.cloud_watch_logs_log_group_arn,
        kms_key_id: trail.kms_key_id,
        has_custom_event_selectors: trail.has_custom_event_selectors,
    })
}

fn event_selector(selector: types::EventSelector) -> EventSelector {
    EventSelector {
        read_write_type: selector.read_write_type.map(word),
        include_management_events: selector.include_management_events,
        exclude_management_event_sources: selector.exclude_management_event_sources.unwrap_or_default(),
        data_resources: each(selector.data_resources, |resource| DataResource {
            kind: resource.r#type,
            values: resource.values.unwrap_or_default(),
        }),
    }
}

fn advanced(selector: types::AdvancedEventSelector) -> AdvancedEventSelector {
    AdvancedEventSelector {
        name: selector.name,
        field_selectors: each(Some(selector.field_selectors), |field| FieldSelector {
            field: field.field,
            equals: field.equals.unwrap_or_default(),
            not_equals: field.not_equals.unwrap_or_default(),
            starts_with: field.starts_with.unwrap_or_default(),
            not_starts_with: field.not_starts_with.unwrap_or_default(),
            ends_with: field.ends_with.unwrap_or_default(),
            not_ends_with: field.not_ends_with.unwrap_or_default(),
        }),
    }
}
