//! AWS Organizations.

use aws_sdk_organizations::operation::describe_organization::DescribeOrganizationError;
use cis_core::{Dataset, Request, Table};

use super::Live;
use super::gap::Call;
use super::guard::Guard;
use super::session::client;
use crate::datasets::organizations::{Organization, OrganizationDetail};

/// The members without which an answer is none.
const MEMBERS: &[(&str, &str)] = &[("DescribeOrganization", "Organization")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    if request.dataset.name() != Organization::NAME {
        return None;
    }
    let region = source.start_region.as_str();
    let make = || client!(aws_sdk_organizations, source, account_id, region, Guard::Json(MEMBERS));
    let client = source.organizations.get(region, make);
    let call = Call::global(&request.dataset, "organizations:DescribeOrganization");
    Some(match client.describe_organization().send().await {
        Ok(answer) => {
            let organization = answer.organization;
            match organization.and_then(|organization| Some((organization.id.clone()?, organization))) {
                None => Table::gap(call.malformed("the organization has no Id")),
                Some((id, organization)) => Table::rows::<Organization>(vec![OrganizationDetail {
                    id,
                    master_account_id: organization.master_account_id,
                    feature_set: organization.feature_set.map(|set| set.as_str().to_owned()),
                }]),
            }
        }
        // The account is in no organization: known, and no row.
        Err(error)
            if error
                .as_service_error()
                .is_some_and(DescribeOrganizationError::is_aws_organizations_not_in_use_exception) =>
        {
            Table::rows::<Organization>(Vec::new())
        }
        Err(error) => Table::gap(call.failed(&error)),
    })
}
