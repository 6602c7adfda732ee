//! Amazon Macie.

use aws_sdk_macie2::Client;
use aws_sdk_macie2::types;
use cis_core::{Dataset, Gap, GapKind, Request, Table};

use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, word};
use crate::datasets::macie2::{
    AutomatedDiscovery, ClassificationJob, ClassificationJobs, DiscoveryConfiguration, MacieSession, Session,
};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("ListClassificationJobs", "items")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    let make = || client!(aws_sdk_macie2, source, account_id, region, Guard::Json(MEMBERS));
    let client: &Client = &source.macie2.get(region, make);
    Some(match request.dataset.name() {
        Session::NAME => {
            let call = source.call(request, "macie2:GetMacieSession", region);
            match client.get_macie_session().send().await {
                Err(error) => none_or::<Session>(call.failed(&error)),
                Ok(answer) => match answer.status {
                    None => Table::gap(call.malformed("the answer lacks status")),
                    Some(status) => Table::rows::<Session>(vec![MacieSession { status: Some(word(status)) }]),
                },
            }
        }
        AutomatedDiscovery::NAME => {
            let call = source.call(request, "macie2:GetAutomatedDiscoveryConfiguration", region);
            match client.get_automated_discovery_configuration().send().await {
                Err(error) => none_or::<AutomatedDiscovery>(call.failed(&error)),
                Ok(answer) => match answer.status {
                    None => Table::gap(call.malformed("the answer lacks status")),
                    Some(status) => {
                        let row = DiscoveryConfiguration { status: Some(word(status)) };
                        Table::rows::<AutomatedDiscovery>(vec![row])
                    }
                },
            }
        }
        ClassificationJobs::NAME => {
            let call = source.call(request, "macie2:ListClassificationJobs", region);
            let mut listed = pages::all(call, |token| async move {
                let answer = client.list_classification_jobs().set_next_token(token).send().await;
                let answer = answer.map_err(|error| call.failed(&error))?;
                let items = answer.items.ok_or_else(|| call.malformed("the answer lacks items"))?;
                Ok(Page::new(items.into_iter().map(job), Next::token(answer.next_token)))
            })
            .await;
            match listed.gaps.pop() {
                Some(gap) if listed.nothing => none_or::<ClassificationJobs>(gap),
                gap => {
                    listed.gaps.extend(gap);
                    listed.table::<ClassificationJobs>()
                }
            }
        }
        _ => return None,
    })
}

/// Macie has no code of its own for "not enabled": it is a denial, and the message alone tells it from a real one.
fn none_or<D: Dataset>(gap: Gap) -> Table {
    let message = gap.message.trim().trim_end_matches('.');
    if gap.kind == GapKind::Denied && message.eq_ignore_ascii_case("Macie is not enabled") {
        Table::rows::<D>(Vec::new())
    } else {
        Table::gap(gap)
    }
}

#[allow(clippy::unnecessary_wraps, reason = "rows are made alike")]
fn job(job: types::JobSummary) -> Result<ClassificationJob, Missing> {
    Ok(ClassificationJob { job_id: job.job_id, job_status: job.job_status.map(word), job_type: job.job_type.map(word) })
}
