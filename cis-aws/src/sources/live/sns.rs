//! Amazon SNS.

use aws_sdk_sns::Client;
use cis_core::{Dataset, Fact, Gap, GapKind, Request, Table, Wanted};
use futures::stream::{self, StreamExt};

use super::guard::Guard;
use super::pages::{self, Next, Page};
use super::session::client;
use super::{Live, READS_AT_ONCE, at};
use crate::datasets::sns::{Subscription, Topic, TopicSubscriptions};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("ListSubscriptionsByTopic", "Subscriptions")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    if request.dataset.name() != TopicSubscriptions::NAME {
        return None;
    }
    let no_list =
        || at(request, request.dataset.gap(GapKind::NotSupported, "topics are not listed: ask for them by ARN"));
    let topics = match &request.only {
        Wanted::Nothing => return Some(Table::rows::<TopicSubscriptions>(Vec::new())),
        Wanted::Names(topics) | Wanted::AllAnd(topics) => topics.clone(),
        Wanted::All => return Some(Table::gap(no_list())),
    };
    let make = || client!(aws_sdk_sns, source, account_id, region, Guard::Xml(MEMBERS));
    let client: &Client = &source.sns.get(region, make);
    let read = |topic_arn: String| async move {
        let subscriptions = match subscriptions(source, client, request, region, &topic_arn).await {
            Ok(subscriptions) => Fact::Known(subscriptions),
            Err(gap) => Fact::from(gap.resource(&topic_arn)),
        };
        Topic { topic_arn, subscriptions }
    };
    let table =
        Table::rows::<TopicSubscriptions>(stream::iter(topics).map(read).buffered(READS_AT_ONCE).collect().await);
    Some(if matches!(request.only, Wanted::AllAnd(_)) { table.cut_off(no_list()) } else { table })
}

/// The subscriptions of a topic, whole. None: there is no such topic.
async fn subscriptions(
    source: &Live,
    client: &Client,
    request: &Request,
    region: &str,
    topic: &str,
) -> Result<Option<Vec<Subscription>>, Gap> {
    let call = source.call(request, "sns:ListSubscriptionsByTopic", region);
    let listed = pages::all(call, |token| async move {
        let answer = client.list_subscriptions_by_topic().topic_arn(topic).set_next_token(token).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let list = answer.subscriptions.ok_or_else(|| call.malformed("the answer lacks Subscriptions"))?;
        // Endpoints are addresses and telephone numbers of people: they stay behind here.
        let list = list
            .into_iter()
            .map(|of| Ok(Subscription { subscription_arn: of.subscription_arn, protocol: of.protocol }));
        Ok(Page::new(list, Next::token(answer.next_token)))
    });
    let listed = listed.await;
    match listed.gaps.into_iter().next() {
        Some(gap) if listed.nothing && matches!(gap.code.as_deref(), Some("NotFound" | "NotFoundException")) => {
            Ok(None)
        }
        Some(gap) => Err(gap),
        None => Ok(Some(listed.rows)),
    }
}
