//! Amazon EC2.

mod network;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types;
use cis_core::{Dataset, DatasetInfo, Request, Table};

use super::gap::Call;
use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, must, tags, word};
use crate::datasets::ec2::{
    EbsEncryption, EbsEncryptionByDefault, IamInstanceProfile, Instance, InstanceMetadataDefaults, InstanceState,
    Instances, MetadataDefaults, MetadataOptions, Region, Regions,
};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[
    ("DescribeFlowLogs", "flowLogSet"),
    ("DescribeInstances", "reservationSet"),
    ("DescribeManagedPrefixLists", "prefixListSet"),
    ("DescribeNetworkAcls", "networkAclSet"),
    ("DescribeRegions", "regionInfo"),
    ("DescribeRouteTables", "routeTableSet"),
    ("DescribeSecurityGroups", "securityGroupInfo"),
    ("DescribeVpcPeeringConnections", "vpcPeeringConnectionSet"),
    ("DescribeVpcs", "vpcSet"),
    ("GetEbsEncryptionByDefault", "ebsEncryptionByDefault"),
    ("GetInstanceMetadataDefaults", "accountLevel"),
    ("GetManagedPrefixListEntries", "entrySet"),
];

fn client(source: &Live, account_id: &str, region: &str) -> Client {
    source.ec2.get(region, || client!(aws_sdk_ec2, source, account_id, region, Guard::Xml(MEMBERS)))
}

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    let client = client(source, account_id, region);
    let ec2 = Ec2 { client, source, request, region };
    Some(match request.dataset.name() {
        Instances::NAME => ec2.instances().await,
        EbsEncryptionByDefault::NAME => ec2.ebs_encryption_by_default().await,
        InstanceMetadataDefaults::NAME => ec2.instance_metadata_defaults().await,
        _ => return ec2.network().await,
    })
}

struct Ec2<'a> {
    client: Client,
    source: &'a Live,
    request: &'a Request,
    region: &'a str,
}

impl<'a> Ec2<'a> {
    fn call(&self, operation: &'static str) -> Call<'a> {
        self.source.call(self.request, operation, self.region)
    }

    async fn instances(&self) -> Table {
        let call = self.call("ec2:DescribeInstances");
        let listed = pages::all(call, |token| async move {
            let answer = self.client.describe_instances().max_results(1000).set_next_token(token).send().await;
            let answer = answer.map_err(|error| call.failed(&error))?;
            // EC2 sends the element where it is empty, too.
            let reservations = answer.reservations.ok_or_else(|| call.malformed("the answer lacks reservationSet"))?;
            let instances = reservations.into_iter().flat_map(|reservation| reservation.instances.unwrap_or_default());
            Ok(Page::new(instances.map(instance), Next::token(answer.next_token)))
        });
        listed.await.table::<Instances>()
    }

    async fn ebs_encryption_by_default(&self) -> Table {
        let call = self.call("ec2:GetEbsEncryptionByDefault");
        match self.client.get_ebs_encryption_by_default().send().await {
            Err(error) => Table::gap(call.failed(&error)),
            Ok(answer) => Table::rows::<EbsEncryptionByDefault>(vec![EbsEncryption {
                ebs_encryption_by_default: must("EbsEncryptionByDefault", answer.ebs_encryption_by_default),
            }]),
        }
    }

    async fn instance_metadata_defaults(&self) -> Table {
        let call = self.call("ec2:GetInstanceMetadataDefaults");
        match self.client.get_instance_metadata_defaults().send().await {
            Err(error) => Table::gap(call.failed(&error)),
            Ok(answer) => match answer.account_level {
                None => Table::gap(call.malformed("the answer lacks accountLevel")),
                Some(defaults) => Table::rows::<InstanceMetadataDefaults>(vec![MetadataDefaults {
                    http_tokens: defaults.http_tokens.map(word),
                    http_tokens_enforced: defaults.http_tokens_enforced.map(word),
                    managed_by: defaults.managed_by.map(word),
                }]),
            },
        }
    }
}

/// `ec2.regions`, asked for in the start region.
pub(super) async fn regions(source: &Live, account_id: &str, info: &DatasetInfo) -> Table {
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
        state: must("State", state).map(|name| InstanceState { name: name.as_str().to_owned() }),
        iam_instance_profile: instance
            .iam_instance_profile
            .and_then(|profile| profile.arn)
            .map(|arn| IamInstanceProfile { arn }),
        metadata_options: must("MetadataOptions", instance.metadata_options).map(|options| MetadataOptions {
            state: options.state.map(word),
            http_tokens: options.http_tokens.map(word),
            http_endpoint: options.http_endpoint.map(word),
            http_put_response_hop_limit: options.http_put_response_hop_limit.map(i64::from),
            http_protocol_ipv6: options.http_protocol_ipv6.map(word),
        }),
        tags: tags(instance.tags, tag),
    })
}

fn tag(tag: types::Tag) -> (Option<String>, Option<String>) {
    (tag.key, tag.value)
}
