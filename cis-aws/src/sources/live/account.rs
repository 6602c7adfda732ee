//! AWS Account Management. Always asked without `AccountId`: the management account must leave it out, and the others may.

use aws_sdk_account::Client;
use aws_sdk_account::operation::get_alternate_contact::GetAlternateContactError;
use aws_sdk_account::operation::get_contact_information::GetContactInformationError;
use aws_sdk_account::types::{self, AlternateContactType, RegionOptStatus};
use cis_core::{Dataset, DatasetInfo, Gap, Operation, PlaceKind, Region, RegionStatus, Request, Table};

use super::Live;
use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use crate::datasets::account::{
    AlternateContact, BillingAlternateContact, Contact, ContactInformation, OperationsAlternateContact,
    SecurityAlternateContact,
};

/// The members without which an answer is none.
const MEMBERS: &[(&str, &str)] = &[
    ("GetAlternateContact", "AlternateContact"),
    ("GetContactInformation", "ContactInformation"),
    ("ListRegions", "Regions"),
];

fn client(source: &Live, account_id: &str) -> Client {
    let region = source.start_region.as_str();
    source.account.get(region, || client!(aws_sdk_account, source, account_id, region, Guard::Json(MEMBERS)))
}

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let client = client(source, account_id);
    let info = &request.dataset;
    Some(match info.name() {
        ContactInformation::NAME => contact_information(&client, info).await,
        SecurityAlternateContact::NAME => {
            alternate_contact::<SecurityAlternateContact>(&client, info, AlternateContactType::Security).await
        }
        BillingAlternateContact::NAME => {
            alternate_contact::<BillingAlternateContact>(&client, info, AlternateContactType::Billing).await
        }
        OperationsAlternateContact::NAME => {
            alternate_contact::<OperationsAlternateContact>(&client, info, AlternateContactType::Operations).await
        }
        _ => return None,
    })
}

async fn contact_information(client: &Client, info: &DatasetInfo) -> Table {
    let call = Call::global(info, "account:GetContactInformation");
    match client.get_contact_information().send().await {
        Ok(answer) => match answer.contact_information {
            None => Table::gap(call.malformed("the answer lacks ContactInformation")),
            Some(contact) => Table::rows::<ContactInformation>(vec![Contact {
                full_name: Some(contact.full_name),
                company_name: contact.company_name,
                address_line1: Some(contact.address_line1),
                city: Some(contact.city),
                postal_code: Some(contact.postal_code),
                country_code: Some(contact.country_code),
                phone_number: Some(contact.phone_number),
                website_url: contact.website_url,
            }]),
        },
        // None is registered: known, and no row.
        Err(error)
            if error.as_service_error().is_some_and(GetContactInformationError::is_resource_not_found_exception) =>
        {
            Table::rows::<ContactInformation>(Vec::new())
        }
        Err(error) => Table::gap(call.failed(&error)),
    }
}

async fn alternate_contact<D>(client: &Client, info: &DatasetInfo, kind: AlternateContactType) -> Table
where
    D: Dataset<Row = AlternateContact>,
{
    let call = Call::global(info, "account:GetAlternateContact");
    match client.get_alternate_contact().alternate_contact_type(kind).send().await {
        Ok(answer) => match answer.alternate_contact {
            None => Table::gap(call.malformed("the answer lacks AlternateContact")),
            Some(contact) => Table::rows::<D>(vec![AlternateContact {
                alternate_contact_type: contact.alternate_contact_type.map(|kind| kind.as_str().to_owned()),
                name: contact.name,
                title: contact.title,
                email_address: contact.email_address,
                phone_number: contact.phone_number,
            }]),
        },
        // None is registered: known, and no row.
        Err(error)
            if error.as_service_error().is_some_and(GetAlternateContactError::is_resource_not_found_exception) =>
        {
            Table::rows::<D>(Vec::new())
        }
        Err(error) => Table::gap(call.failed(&error)),
    }
}

/// Every region with its status, for callers that may not describe EC2's.
///
/// # Errors
/// No page could be read.
pub(super) async fn regions(source: &Live, account_id: &str) -> Result<(Vec<Region>, Option<Gap>), Gap> {
    /// No dataset of its own: it only stands in for `ec2.regions`.
    struct ListRegions;
    impl Dataset for ListRegions {
        type Row = serde_json::Value;
        const NAME: &'static str = "account.regions";
        const PLACE: PlaceKind = PlaceKind::Account;
        const OPERATIONS: &'static [Operation] = &[Operation::named("account:ListRegions")];
    }
    let info = DatasetInfo::of::<ListRegions>();
    let call = Call::global(&info, "account:ListRegions");
    let client = &client(source, account_id);
    let listed = pages::all(call, |token| async move {
        let answer = client.list_regions().max_results(50).set_next_token(token).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        Ok(Page::new(answer.regions.unwrap_or_default().into_iter().map(region), Next::token(answer.next_token)))
    });
    let listed = listed.await;
    let gap = listed.gaps.into_iter().next();
    match gap {
        Some(gap) if listed.nothing => Err(gap),
        gap => Ok((listed.rows, gap)),
    }
}

fn region(region: types::Region) -> Result<Region, Missing> {
    let status = match region.region_opt_status {
        Some(RegionOptStatus::Enabled | RegionOptStatus::EnabledByDefault) => RegionStatus::Enabled,
        Some(RegionOptStatus::Disabled) => RegionStatus::NotEnabled,
        _ => RegionStatus::Unknown,
    };
    Ok(Region { name: region.region_name.ok_or(Missing("RegionName"))?, status })
}
