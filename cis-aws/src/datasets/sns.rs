//! Amazon SNS.

use cis_core::{Dataset, Each, Fact, Layout, Operation, PlaceKind};
use serde::{Deserialize, Serialize};

/// The subscriptions of topics. Place: region, a row per topic. Names asked for: topic ARNs.
/// Source: `ListSubscriptionsByTopic`, all pages, for each.
/// <https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html>
#[derive(Debug)]
pub struct TopicSubscriptions;

impl Dataset for TopicSubscriptions {
    type Row = Topic;
    const NAME: &'static str = "sns.topic_subscriptions";
    const PLACE: PlaceKind = PlaceKind::Region;
    const EACH: Option<Each<Topic>> = Some(Each {
        listed: None,
        name: |row| &row.topic_arn,
        unread: |topic_arn, gap| Topic { topic_arn, subscriptions: gap.into() },
    });
    const OPERATIONS: &'static [Operation] = &[Operation::named("sns:ListSubscriptionsByTopic")];
    const LAYOUT: Layout = Layout::list(&["Topics"]);
}

/// One topic's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Topic {
    /// The ARN of the topic.
    pub topic_arn: String,
    /// Its subscriptions; null: `NotFound`, there is no such topic.
    pub subscriptions: Fact<Option<Vec<Subscription>>>,
}

/// A subscription. Its endpoint is personal and not kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "PascalCase")]
pub struct Subscription {
    /// Its ARN; `PendingConfirmation` or `Deleted` where it is none.
    #[serde(default)]
    pub subscription_arn: Option<String>,
    /// Such as `email`, `https`, `lambda`, `sqs`.
    #[serde(default)]
    pub protocol: Option<String>,
}
