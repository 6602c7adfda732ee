//! The controls, by service. Each reads facts and knows neither sources nor the AWS SDK.
#![deny(clippy::disallowed_methods, reason = "`?` is the only way past a gap")]

pub mod account;
pub mod cloudtrail;
pub mod config;
pub mod ebs;
pub mod ec2;
pub mod efs;
pub mod iam;
pub mod kms;
mod mode;
pub mod monitoring;
mod page;
pub mod rds;
pub mod s3;
pub mod securityhub;
pub mod vpc;

pub use mode::Mode;
pub use page::explain;

use cis_core::Registry;

/// Every control of this crate, by key.
pub fn registry() -> Registry {
    let folders = [
        account::entries(),
        cloudtrail::entries(),
        config::entries(),
        ebs::entries(),
        ec2::entries(),
        efs::entries(),
        iam::entries(),
        kms::entries(),
        monitoring::entries(),
        rds::entries(),
        s3::entries(),
        securityhub::entries(),
        vpc::entries(),
    ];
    Registry::new(folders.into_iter().flatten())
}
