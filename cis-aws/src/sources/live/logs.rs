//! Amazon CloudWatch Logs.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types;
use cis_core::{Dataset, Fact, Gap, GapKind, Request, Table, Wanted};
use futures::stream::{self, StreamExt};

use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, READS_AT_ONCE, at, each};
use crate::datasets::logs::{LogGroup, MetricFilter, MetricFilters, MetricTransformation};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("DescribeMetricFilters", "metricFilters")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    if request.dataset.name() != MetricFilters::NAME {
        return None;
    }
    let no_list =
        || at(request, request.dataset.gap(GapKind::NotSupported, "log groups are not listed: ask for them by name"));
    let groups = match &request.only {
        Wanted::Nothing => return Some(Table::rows::<MetricFilters>(Vec::new())),
        Wanted::Names(groups) | Wanted::AllAnd(groups) => groups.clone(),
        Wanted::All => return Some(Table::gap(no_list())),
    };
    let make = || client!(aws_sdk_cloudwatchlogs, source, account_id, region, Guard::Json(MEMBERS));
    let client: &Client = &source.logs.get(region, make);
    let read = |group: String| async move {
        let metric_filters = match filters(source, client, request, region, &group).await {
            Ok(filters) => Fact::Known(filters),
            Err(gap) => Fact::from(gap.resource(&group)),
        };
        LogGroup { log_group_name: group, metric_filters }
    };
    let table = Table::rows::<MetricFilters>(stream::iter(groups).map(read).buffered(READS_AT_ONCE).collect().await);
    Some(if matches!(request.only, Wanted::AllAnd(_)) { table.cut_off(no_list()) } else { table })
}

/// The filters of a group, whole: those of a first page would look like fewer than there are. None: there is no such group.
async fn filters(
    source: &Live,
    client: &Client,
    request: &Request,
    region: &str,
    group: &str,
) -> Result<Option<Vec<MetricFilter>>, Gap> {
    let call = source.call(request, "logs:DescribeMetricFilters", region);
    let listed = pages::all(call, |token| async move {
        // 50 is the most that it gives on a page, and what it gives by default.
        let ask = client.describe_metric_filters().log_group_name(group).set_next_token(token);
        let answer = ask.send().await.map_err(|error| call.failed(&error))?;
        let filters = answer.metric_filters.ok_or_else(|| call.malformed("the answer lacks metricFilters"))?;
        Ok(Page::new(filters.into_iter().map(filter), Next::token(answer.next_token)))
    });
    let listed = listed.await;
    match listed.gaps.into_iter().next() {
        Some(gap) if listed.nothing && gap.code.as_deref() == Some("ResourceNotFoundException") => Ok(None),
        Some(gap) => Err(gap),
        None => Ok(Some(listed.rows)),
    }
}

fn filter(filter: types::MetricFilter) -> Result<MetricFilter, Missing> {
    let given = |text: String| Some(text).filter(|text| !text.is_empty());
    Ok(MetricFilter {
        filter_name: filter.filter_name.ok_or(Missing("filterName"))?,
        filter_pattern: filter.filter_pattern,
        metric_transformations: each(filter.metric_transformations, |into| MetricTransformation {
            metric_name: given(into.metric_name),
            metric_namespace: given(into.metric_namespace),
            metric_value: given(into.metric_value),
            default_value: into.default_value,
            dimensions: into.dimensions.map(|dimensions| dimensions.into_iter().collect()),
        }),
        apply_on_transformed_logs: Some(filter.apply_on_transformed_logs),
        field_selection_criteria: filter.field_selection_criteria,
        emit_system_field_dimensions: filter.emit_system_field_dimensions.unwrap_or_default(),
    })
}
