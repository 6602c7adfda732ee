//! An invented account, for a first look, for documentation and for tests.

use std::borrow::Cow;
use std::collections::BTreeMap;

use cis_core::Error;
use include_dir::{Dir, include_dir};

use super::SnapshotSource;

// A file that is new there is seen once this crate is built again for another reason; a changed one at once.
static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/demo/snapshot");

/// The demo account: invented, embedded, and the same in every run. Written by `demo/make.py`.
///
/// An account of an organization, restricted to three regions, with about 60 users, 40 roles, 45 managed policies and 50
/// instances. About a third of what is judged is wrong; one region (`ap-northeast-1`) could not be read, since a service
/// control policy denies it.
///
/// ```
/// let demo = cis_aws::sources::demo()?;
/// assert_eq!(demo.manifest().account_id, "123456789012");
/// # Ok::<(), cis_core::Error>(())
/// ```
///
/// # Errors
/// The embedded files are no snapshot, which a test rules out.
pub fn demo() -> Result<SnapshotSource, Error> {
    SnapshotSource::from_files(files())
}

fn files() -> BTreeMap<String, Cow<'static, [u8]>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![&FILES];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        let files = folder.files().filter_map(|file| Some((file.path().to_str()?, file.contents())));
        found.extend(files.map(|(path, content)| (path.replace('\\', "/"), Cow::Borrowed(content))));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cis_core::snapshot::{MANIFEST, path};
    use cis_core::testkit::source_conformance;
    use cis_core::{DataSource, DatasetInfo, DeniedBy, Place, PlaceKind, RegionStatus, Request};
    use futures::executor::block_on;

    use super::*;
    use crate::datasets;
    use crate::datasets::iam::{CredentialReport, Line};

    fn places(info: &DatasetInfo) -> Vec<Place> {
        let coverage = block_on(demo().unwrap().coverage()).unwrap();
        match info.place() {
            PlaceKind::Account => vec![Place::account(&coverage.account_id)],
            PlaceKind::Region => {
                let enabled = coverage.regions.iter().filter(|region| region.status == RegionStatus::Enabled);
                enabled.map(|region| Place::region(&coverage.account_id, &region.name)).collect()
            }
        }
    }

    #[test]
    fn conforms() {
        block_on(source_conformance(&demo().unwrap(), &datasets::all()));
    }

    #[test]
    fn every_dataset_is_there_and_one_region_is_denied() {
        let demo = demo().unwrap();
        let (mut denied, mut resources) = (BTreeSet::new(), 0);
        for info in datasets::all() {
            for place in places(&info) {
                let table = block_on(demo.fetch(&Request::new(info.clone(), place.clone())));
                let at = format!("{} in {place}", info.name());
                assert_eq!(table.cut_off_by(), [], "{at}");
                let moment = demo.manifest().as_of.unwrap();
                let ago = moment.duration_since(table.when_read().unwrap_or_else(|| panic!("{at}: read when?")));
                assert!((1..=10).contains(&ago.as_secs()), "{at}: {ago}");
                resources += table.len();
                match table.why_nothing() {
                    None => {}
                    Some(gap) => {
                        assert_eq!(gap.denied_by(), Some(DeniedBy::Organization), "{at}: {gap}");
                        let (operation, action) = info.operations().next().unwrap();
                        assert_eq!((gap.operation.as_deref(), gap.action.as_deref()), (Some(operation), Some(action)));
                        denied.insert(place.region_name().map(str::to_owned));
                    }
                }
            }
        }
        assert_eq!(denied, BTreeSet::from([Some("ap-northeast-1".into())]));
        assert!((600..1200).contains(&resources), "{resources} rows");
    }

    #[test]
    fn one_policy_and_one_bucket_could_not_be_read_within_a_list() {
        let demo = demo().unwrap();
        let account = Place::account(&demo.manifest().account_id);
        for info in datasets::all().iter().filter(|info| info.place() == PlaceKind::Account) {
            let rows = block_on(demo.fetch(&Request::new(info.clone(), account.clone()))).to_json().unwrap();
            let gaps = rows.iter().filter(|row| row.to_string().contains("$gap")).count();
            let of_a_bucket = info.name().starts_with("s3.bucket_");
            assert_eq!(gaps, usize::from(of_a_bucket || info.name() == "iam.unlisted_policies"), "{}", info.name());
            for row in rows.into_iter().filter(|_| info.name() == "iam.credential_report") {
                let report: CredentialReport = serde_json::from_value(row).unwrap();
                assert_eq!(report.lines().len(), 60);
                let unreadable = |line: &&Line| match line {
                    Line::User(credential) => format!("{credential:?}").contains("Gap("),
                    Line::Broken(_) => true,
                };
                assert_eq!(report.lines().iter().find(unreadable), None);
                assert!(report.fresh(demo.manifest().as_of.unwrap()).is_ok());
            }
        }
    }

    #[test]
    fn every_file_is_read() {
        let read: BTreeSet<String> = datasets::all()
            .iter()
            .flat_map(|info| {
                let names = [Some(info.name()), info.layout().within];
                let paths =
                    |name: &str| places(info).iter().map(|place| path(name, place).unwrap()).collect::<Vec<_>>();
                names.into_iter().flatten().flat_map(paths).collect::<Vec<_>>()
            })
            .chain([MANIFEST.to_owned()])
            .collect();
        let unread: Vec<_> = files().into_keys().filter(|file| !read.contains(file)).collect();
        assert_eq!(unread, Vec::<String>::new());
    }
}
