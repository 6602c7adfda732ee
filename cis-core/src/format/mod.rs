//! Reports as bytes. One file a format.

mod json;
#[cfg(feature = "text")]
mod page;
#[cfg(feature = "text")]
mod reviewed;
#[cfg(feature = "text")]
mod text;

pub use json::json;
#[cfg(feature = "text")]
pub use page::{Cell, Page, Style, TextOptions, harmless};
#[cfg(feature = "text")]
pub use text::{resource_name, text};
