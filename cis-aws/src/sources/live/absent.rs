//! Services that are not in a region at all.

use cis_core::{GapKind, Request, Table};

/// A service and regions that it is not in, on each line.
const LIST: &str = include_str!("not_in_region.txt");

/// Whose list it is, and of when.
const SOURCE: &str = "AWS's list of endpoints in botocore 1.43.11 of May 2026";

/// What resolving a name that there is none of ends in, in the SDK's words.
const NO_NAME: &str = "dns error";

/// Nothing is there, where the service is not in the region; else the table as it is.
///
/// A network that fails looks the same as an endpoint that there is none of, so that the list must say so. And a list grows
/// old, so that the service is asked all the same, and its name must lead nowhere: a service that answers is there. At an
/// endpoint of the caller's own the list says nothing.
pub(super) fn unless_absent(request: &Request, own_endpoint: bool, table: Table) -> Table {
    let unresolved = table
        .why_nothing()
        .is_some_and(|gap| gap.kind == GapKind::Unreachable && gap.code.is_none() && gap.message.contains(NO_NAME));
    let service = request.dataset.name().split('.').next().unwrap_or_default();
    match request.place.region_name() {
        Some(region) if unresolved && !own_endpoint && is_listed(service, region) => Table::no_service(
            &request.dataset,
            format!("{SOURCE} has none for {service} in {region}, and none answers"),
        ),
        _ => table,
    }
}

fn is_listed(service: &str, region: &str) -> bool {
    LIST.lines().filter(|line| !line.starts_with('#')).any(|line| {
        let mut words = line.split_whitespace();
        words.next() == Some(service) && words.any(|word| word == region)
    })
}

#[cfg(test)]
mod tests {
    use cis_core::{Dataset, DatasetInfo, Place};

    use super::*;
    use crate::datasets::{all, efs::FileSystems, macie2::Session, securityhub::Hub};

    const DNS: &str = "io error: client error (Connect): dns error: failed to lookup address information";

    fn answered<D: Dataset>(region: &str, own_endpoint: bool, kind: GapKind, message: &str) -> Table {
        let request = Request::new(DatasetInfo::of::<D>(), Place::region("123456789012", region));
        let gap = request.dataset.gap(kind, message);
        unless_absent(&request, own_endpoint, Table::gap(gap))
    }

    #[test]
    fn only_the_list_and_a_name_that_leads_nowhere_make_a_service_absent() {
        use GapKind::{Denied, Throttled, Unreachable};
        let absent = |table: Table| (table.why_no_service().is_some(), table.why_nothing().is_none());
        assert_eq!(absent(answered::<Hub>("us-isof-east-1", false, Unreachable, DNS)), (true, true));
        assert_eq!(absent(answered::<FileSystems>("us-isob-west-1", false, Unreachable, DNS)), (true, true));
        assert_eq!(absent(answered::<Session>("mx-central-1", false, Unreachable, DNS)), (true, true));
        for (why, table) in [
            ("the list has it there", answered::<Hub>("mx-central-1", false, Unreachable, DNS)),
            ("the list does not know the region", answered::<Hub>("xx-new-1", false, Unreachable, DNS)),
            ("an endpoint of the caller's own", answered::<Hub>("us-isof-east-1", true, Unreachable, DNS)),
            ("something refused the connection", answered::<Hub>("us-isof-east-1", false, Unreachable, "refused")),
            ("no answer in time", answered::<Hub>("us-isof-east-1", false, Unreachable, "no answer came in time")),
            ("a service that denies is there", answered::<Hub>("us-isof-east-1", false, Denied, DNS)),
            ("a service that is busy is there", answered::<Hub>("us-isof-east-1", false, Throttled, DNS)),
        ] {
            assert_eq!(absent(table), (false, false), "{why}");
        }
        let why = answered::<Hub>("us-isof-east-1", false, Unreachable, DNS);
        assert_eq!(
            why.why_no_service(),
            Some(
                "AWS's list of endpoints in botocore 1.43.11 of May 2026 has none for securityhub in us-isof-east-1, and none answers"
            )
        );
    }

    #[test]
    fn a_service_that_answers_is_there() {
        let request = Request::new(DatasetInfo::of::<FileSystems>(), Place::region("123456789012", "us-isob-west-1"));
        let table = unless_absent(&request, false, Table::rows::<FileSystems>(Vec::new()));
        assert_eq!(table.why_no_service(), None);
        let cut = Table::rows::<FileSystems>(Vec::new()).cut_off(request.dataset.gap(GapKind::Unreachable, DNS));
        assert_eq!(unless_absent(&request, false, cut).why_no_service(), None, "a first page came");
    }

    #[test]
    fn the_list_names_services_that_are_read() {
        let services: Vec<_> =
            all().iter().filter_map(|info| info.name().split('.').next().map(str::to_owned)).collect();
        for line in LIST.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let service = words.next().unwrap();
            assert!(services.iter().any(|known| known == service), "{service}");
            assert!(words.all(|region| region.matches('-').count() >= 2), "{line}");
        }
    }

    /// The words by which the SDK says that a name leads nowhere. `.invalid` never does (RFC 2606), with a network or without.
    #[tokio::test]
    async fn a_name_that_leads_nowhere_is_told_in_these_words() {
        use super::super::{LiveConfig, gap::failure, session};
        use crate::sources::live::LiveSource;

        let credentials = aws_credential_types::Credentials::new("a", "b", None, None, "test");
        let config = LiveConfig {
            endpoint_url: Some("http://nowhere.invalid".into()),
            credentials: Some(super::super::SharedCredentialsProvider::new(credentials)),
            max_attempts: 1,
            ..LiveConfig::default()
        };
        let source = LiveSource::connect(config).await.unwrap();
        let error = session::sts(&source.0).get_caller_identity().send().await.unwrap_err();
        let failure = failure(&error, false);
        assert_eq!((failure.kind, failure.code), (GapKind::Unreachable, None), "{}", failure.message);
        assert!(failure.message.contains(NO_NAME), "{}", failure.message);
    }
}
