//! Amazon EC2.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types;
use cis_core::{Dataset, DatasetInfo, Fact, GapKind, Request, Table};

use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{LiveSource, at};
use crate::datasets::ec2::{IamInstanceProfile, Instance, InstanceState, Instances, Region, Regions, Tag};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("DescribeInstances", "reservationSet"), ("DescribeRegions", "regionInfo")];

fn client(source: &LiveSource, account_id: &str, region: &str) -> Client {
    source.ec2.get(region, || client!(aws_sdk_ec2, source, account_id, region, Guard::Xml(MEMBERS)))
}

pub(super) async fn fetch(source: &LiveSource, account_id: &str, request: &Request) -> Option<Table> {
    if request.dataset.name() != Instances::NAME {
        return None;
    }
    let Some(region) = request.place.region_name() else {
        return Some(Table::gap(at(request, request.dataset.gap(GapKind::NotSupported, "it is read in a region"))));
    };
    let client = &client(source, account_id, region);
    let call = source.call(request, "ec2:DescribeInstances", region);
    let listed = pages::all(call, |token| async move {
        let answer = client.describe_instances().max_results(1000).set_next_token(token).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        // EC2 sends the element where it is empty, too.
        let reservations = answer.reservations.ok_or_else(|| call.malformed("the answer lacks reservationSet"))?;
        let instances = reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default());
        Ok(Page::new(instances.map(instance), Next::token(answer.next_token)))
    });
    Some(listed.await.table::<Instances>())
}

/// `ec2.regions`, asked for in the start region.
pub(super) async fn regions(source: &LiveSource, account_id: &str, info: &DatasetInfo) -> Table {
    let call = Call::global(info, "ec2:DescribeRegions");
    let client = client(source, account_id, &source.start_region);
    match client.describe_regions().all_regions(true).send().await {
        Err(error) => Table::gap(call.failed(&error)),
        // There is no partition without a region.
        Ok(answer) if answer.regions().is_empty() => Table::gap(call.malformed("the answer names no region")),
        Ok(answer) => {
            let rows = answer.regions.unwrap_or_default().into_iter().map(region);
            let page = Page::new(rows, Next::End);
            let mut page = Some(page);
            let listed = pages::all(call, |_| std::future::ready(page.take().ok_or_else(|| call.malformed("no page"))));
            listed.await.table::<Regions>()
        }
    }
}

fn region(region: types::Region) -> Result<Region, Missing> {
    let region_name = region.region_name.ok_or(Missing("RegionName"))?;
    Ok(Region { region_name, opt_in_status: region.opt_in_status })
}

fn instance(instance: types::Instance) -> Result<Instance, Missing> {
    let state = instance.state.and_then(|state| state.name);
    Ok(Instance {
        instance_id: instance.instance_id.ok_or(Missing("InstanceId"))?,
        state: state.map_or_else(Fact::default, |name| Fact::Known(InstanceState { name: name.as_str().to_owned() })),
        iam_instance_profile: instance
            .iam_instance_profile
            .and_then(|profile| profile.arn)
            .map(|arn| IamInstanceProfile { arn }),
        tags: instance.tags.unwrap_or_default().into_iter().map(|tag| Tag { key: tag.key, value: tag.value }).collect(),
    })
}
