//! AWS Security Hub.

use aws_sdk_securityhub::Client;
use cis_core::{Dataset, Request, Table};

use super::Live;
use super::guard::Guard;
use super::session::client;
use crate::datasets::securityhub::{Hub, HubAnswer, HubError};

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    if request.dataset.name() != Hub::NAME {
        return None;
    }
    let make = || client!(aws_sdk_securityhub, source, account_id, region, Guard::Json(&[]));
    let client: Client = source.securityhub.get(region, make);
    let call = source.call(request, "securityhub:DescribeHub", region);
    let none = HubAnswer { hub_arn: None, subscribed_at: None, auto_enable_controls: None, error: None };
    Some(match client.describe_hub().send().await {
        Ok(answer) if answer.hub_arn.is_none() => Table::gap(call.malformed("the answer lacks HubArn")),
        Ok(answer) => Table::rows::<Hub>(vec![HubAnswer {
            hub_arn: answer.hub_arn,
            subscribed_at: answer.subscribed_at,
            auto_enable_controls: answer.auto_enable_controls,
            ..none
        }]),
        Err(error) => {
            let gap = call.failed(&error);
            match gap.code {
                // Either may say that nobody subscribed, or something else: the message tells, and the control reads it.
                Some(code) if matches!(code.as_str(), "InvalidAccessException" | "ResourceNotFoundException") => {
                    let error = Some(HubError { code, message: gap.message });
                    Table::rows::<Hub>(vec![HubAnswer { error, ..none }])
                }
                _ => Table::gap(gap),
            }
        }
    })
}
