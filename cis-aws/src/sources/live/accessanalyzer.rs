//! IAM Access Analyzer.

use aws_sdk_accessanalyzer::types::AnalyzerSummary;
use cis_core::{Dataset, GapKind, Request, Table};

use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, at, filled};
use crate::datasets::accessanalyzer::{Analyzer, Analyzers, StatusReason};

/// The members without which an answer is none.
const MEMBERS: &[(&str, &str)] = &[("ListAnalyzers", "analyzers")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    if request.dataset.name() != Analyzers::NAME {
        return None;
    }
    let Some(region) = request.place.region_name() else {
        return Some(Table::gap(at(request, request.dataset.gap(GapKind::NotSupported, "it is read in a region"))));
    };
    let make = || client!(aws_sdk_accessanalyzer, source, account_id, region, Guard::Json(MEMBERS));
    let client = &source.accessanalyzer.get(region, make);
    let call = source.call(request, "accessanalyzer:ListAnalyzers", region);
    let listed = pages::all(call, |token| async move {
        let answer = client.list_analyzers().set_next_token(token).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        Ok(Page::new(answer.analyzers.into_iter().map(analyzer), Next::token(answer.next_token)))
    });
    Some(listed.await.table::<Analyzers>())
}

fn analyzer(analyzer: AnalyzerSummary) -> Result<Analyzer, Missing> {
    let reason = analyzer.status_reason.map(|reason| StatusReason { code: reason.code.as_str().to_owned() });
    Ok(Analyzer {
        arn: filled(analyzer.arn, "arn")?,
        name: filled(analyzer.name, "name")?,
        kind: analyzer.r#type.as_str().to_owned(),
        status: analyzer.status.as_str().to_owned(),
        status_reason: reason,
    })
}
