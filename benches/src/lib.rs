#![doc = include_str!("../README.md")]

pub mod generate;
#[cfg(feature = "live")]
pub mod live;
pub mod mock;
pub mod results;
