#![doc = include_str!("../README.md")]

#[cfg(feature = "live")]
pub mod bare;
pub mod generate;
pub mod limit;
#[cfg(feature = "live")]
pub mod live;
pub mod mock;
pub mod reading;
pub mod results;
