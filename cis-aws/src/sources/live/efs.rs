//! Amazon EFS.

use aws_sdk_efs::Client;
use aws_sdk_efs::types;
use cis_core::{Dataset, Request, Table};

use super::guard::Guard;
use super::pages::{self, Missing, Next, Page};
use super::session::client;
use super::{Live, filled, tags, word};
use crate::datasets::efs::{FileSystem, FileSystems};

/// What an answer holds even where there is nothing to tell.
const MEMBERS: &[(&str, &str)] = &[("DescribeFileSystems", "FileSystems")];

pub(super) async fn fetch(source: &Live, account_id: &str, request: &Request) -> Option<Table> {
    let region = request.place.region_name()?;
    if request.dataset.name() != FileSystems::NAME {
        return None;
    }
    let make = || client!(aws_sdk_efs, source, account_id, region, Guard::Json(MEMBERS));
    let client: &Client = &source.efs.get(region, make);
    let call = source.call(request, "efs:DescribeFileSystems", region);
    let listed = pages::all(call, |marker| async move {
        let answer = client.describe_file_systems().max_items(100).set_marker(marker).send().await;
        let answer = answer.map_err(|error| call.failed(&error))?;
        let list = answer.file_systems.ok_or_else(|| call.malformed("the answer lacks FileSystems"))?;
        // `Marker` repeats the one that was asked with.
        Ok(Page::new(list.into_iter().map(file_system), Next::token(answer.next_marker)))
    });
    Some(listed.await.table::<FileSystems>())
}

fn file_system(system: types::FileSystemDescription) -> Result<FileSystem, Missing> {
    Ok(FileSystem {
        file_system_id: filled(system.file_system_id, "FileSystemId")?,
        file_system_arn: system.file_system_arn,
        encrypted: system.encrypted,
        // The SDK fills in what the answer leaves out.
        life_cycle_state: Some(word(system.life_cycle_state))
            .filter(|state| !state.is_empty() && state != "no value was set"),
        owner_id: Some(system.owner_id).filter(|owner| !owner.is_empty()),
        tags: tags(Some(system.tags), |tag| (Some(tag.key), Some(tag.value))),
    })
}
