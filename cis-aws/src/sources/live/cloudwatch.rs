//! Amazon CloudWatch.

use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{self, AlarmType};
use cis_core::{Dataset, Request, Table};

use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, each, word};
use crate::datasets::cloudwatch::{
    CompositeAlarm, CompositeAlarms, Dimension, Metric, MetricAlarm, MetricAlarms, MetricDataQuery, MetricStat,
};

/// All pages of one kind of alarm. An answer may leave out the lists of the other kinds; one without any is about something
/// else.
macro_rules! alarms {
    ($source:ident, $client:ident, $request:ident, $region:ident, $kind:expr, $list:ident, $row:ident) => {{
        let call = $source.call($request, "cloudwatch:DescribeAlarms", $region);
        pages::all(call, |token| async move {
            let ask = $client.describe_alarms().alarm_types($kind).max_records(100).set_next_token(token);
            let answer = ask.send().await.map_err(|error| call.failed(&error))?;
            if answer.metric_alarms.is_none() && answer.composite_alarms.is_none() && answer.log_alarms.is_none() {
                return Err(call.malformed("the answer holds no list of alarms"));
            }
            let list = answer.$list.unwrap_or_default();
            Ok(Page::new(list.into_iter().map($row), Next::token(answer.next_token)))
        })
        .await
    }};
}

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    let make = || client!(aws_sdk_cloudwatch, source, account_id, region, Guard::Cbor);
    let client: &Client = &source.cloudwatch.get(region, make);
    Some(match request.dataset.name() {
        MetricAlarms::NAME => {
            alarms!(source, client, request, region, AlarmType::MetricAlarm, metric_alarms, metric_alarm)
                .table::<MetricAlarms>()
        }
        CompositeAlarms::NAME => {
            alarms!(source, client, request, region, AlarmType::CompositeAlarm, composite_alarms, composite_alarm)
                .table::<CompositeAlarms>()
        }
        _ => return None,
    })
}

fn metric_alarm(alarm: types::MetricAlarm) -> Result<MetricAlarm, Missing> {
    Ok(MetricAlarm {
        alarm_name: alarm.alarm_name.ok_or(Missing("AlarmName"))?,
        alarm_arn: alarm.alarm_arn.ok_or(Missing("AlarmArn"))?,
        actions_enabled: alarm.actions_enabled,
        alarm_actions: alarm.alarm_actions.unwrap_or_default(),
        metric_name: alarm.metric_name,
        namespace: alarm.namespace,
        statistic: alarm.statistic.map(word),
        dimensions: each(alarm.dimensions, dimension),
        period: alarm.period.map(i64::from),
        evaluation_periods: alarm.evaluation_periods.map(i64::from),
        datapoints_to_alarm: alarm.datapoints_to_alarm.map(i64::from),
        threshold: alarm.threshold,
        comparison_operator: alarm.comparison_operator.map(word),
        threshold_metric_id: alarm.threshold_metric_id,
        // One without its id would leave a hole in the expressions, and the alarm then reads no metric that is known.
        metrics: each(alarm.metrics, query),
    })
}

fn query(query: types::MetricDataQuery) -> MetricDataQuery {
    MetricDataQuery {
        id: query.id.unwrap_or_default(),
        metric_stat: query.metric_stat.map(|of| MetricStat {
            metric: of.metric.map(|metric| Metric {
                namespace: metric.namespace,
                metric_name: metric.metric_name,
                dimensions: each(metric.dimensions, dimension),
            }),
            period: of.period.map(i64::from),
            stat: of.stat,
        }),
        expression: query.expression,
        return_data: query.return_data,
        account_id: query.account_id,
    }
}

fn dimension(dimension: types::Dimension) -> Dimension {
    Dimension { name: dimension.name, value: dimension.value }
}

fn composite_alarm(alarm: types::CompositeAlarm) -> Result<CompositeAlarm, Missing> {
    Ok(CompositeAlarm {
        alarm_name: alarm.alarm_name.ok_or(Missing("AlarmName"))?,
        alarm_arn: alarm.alarm_arn.ok_or(Missing("AlarmArn"))?,
        actions_enabled: alarm.actions_enabled,
        alarm_actions: alarm.alarm_actions.unwrap_or_default(),
        alarm_rule: alarm.alarm_rule,
        actions_suppressor: alarm.actions_suppressor,
    })
}
