//! Controls on AWS Config.

cis_core::controls! { all_regions::AllRegions }
