//! Controls on what is monitored.

mod alarms;
#[cfg(test)]
mod cases;
mod chain;
mod composite;
mod expression;
mod filters;
mod link;

pub use filters::FilterPattern;

cis_core::controls! { cloudtrail_alarm::CloudtrailAlarm }
