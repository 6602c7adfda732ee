//! Where a scan begins.

use super::LiveConfig;

impl LiveConfig {
    /// The configuration of a scan of these regions alone: they are the [`fallback_regions`](Self::fallback_regions), and, where
    /// no start region is set and they lie outside the partition `aws`, the scan begins in the first of them that does.
    /// Credentials are good in one partition alone. Inside `aws` the configured region is better, as a misspelt or not enabled
    /// one would only look like bad credentials.
    ///
    /// ```
    /// use cis_aws::sources::live::LiveConfig;
    /// let config = LiveConfig::default().for_regions(&["cn-north-1".to_owned()]);
    /// assert_eq!(config.region.as_deref(), Some("cn-north-1"));
    /// ```
    #[must_use]
    pub fn for_regions(self, regions: &[String]) -> Self {
        let region = self.region.or_else(|| elsewhere(regions).cloned());
        Self { region, fallback_regions: regions.to_owned(), ..self }
    }
}

fn elsewhere(regions: &[String]) -> Option<&String> {
    let prefixes = ["cn-", "us-gov-", "us-iso", "eu-isoe-", "eusc-"];
    regions.iter().find(|region| prefixes.iter().any(|prefix| region.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_begins_in_the_partition_that_is_asked_for() {
        for (set, regions, start) in [
            (None, &[][..], None),
            (None, &["eu-central-1", "us-east-2"], None),
            (None, &["cn-north-1"], Some("cn-north-1")),
            (None, &["us-gov-west-1", "us-gov-east-1"], Some("us-gov-west-1")),
            (Some("cn-northwest-1"), &["cn-north-1"], Some("cn-northwest-1")),
        ] {
            let regions: Vec<_> = regions.iter().map(|&region| region.to_owned()).collect();
            let config = LiveConfig { region: set.map(str::to_owned), ..LiveConfig::default() }.for_regions(&regions);
            assert_eq!((config.region.as_deref(), config.fallback_regions), (start, regions));
        }
    }
}
