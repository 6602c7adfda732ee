//! IAM policy documents: parse one, and ask what it grants.
//!
//! Pure: text in, answers out, nothing is fetched. A document becomes a [`Document`] or a [`PolicyError`]; the questions
//! are functions over it, and each answer names the statement that it rests on, as evidence.
//!
//! | question | answer |
//! | --- | --- |
//! | does one statement allow everything? | [`full_admin`] |
//! | nearly everything? | [`near_admin`] |
//! | everything of one service? | [`allows_service`] |
//! | one action on one resource? | [`allows`] |
//! | does a resource policy let strangers in? | [`is_public`] |
//! | does one statement, by the letter? | [`open_statements`] |
//! | may a service act for just anybody? | [`confused_deputies`] |
//! | does a bucket policy refuse plain HTTP? | [`denies_plain_http`] |
//! | and TLS that is too old? | [`denies_old_tls`] |
//!
//! AWS's list of actions is not needed, and none is kept: whether a pattern matches *one* action can always be decided,
//! while "matches every action" holds for wildcards only, and never for a `NotAction`.
//!
//! ```
//! use cis_aws::policy::{Document, allows, full_admin};
//!
//! let policy = Document::parse(
//!     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:Get*", "*"], "Resource": "*"}}"#,
//! )?;
//! assert!(full_admin(&policy).is_some());
//! assert!(allows(&policy, "iam:CreateUser", "*").is_yes());
//! # Ok::<(), cis_aws::policy::PolicyError>(())
//! ```

mod access;
mod condition;
mod document;
mod error;
mod example;
mod glob;
mod public;
mod stranger;
mod tls;

pub use access::{Allows, Deciding, allows, allows_service, full_admin, near_admin};
pub use document::{Condition, Document, Effect, Patterns, Principal, Principals, Statement, Version};
pub use error::PolicyError;
pub use glob::{action_matches, covers_service, resource_matches, universal_action, universal_resource};
pub use public::{Public, confused_deputies, is_public, open_statements};
pub use stranger::{Restriction, Via, Who, Witness};
pub use tls::{PlainHttpDenied, denies_old_tls, denies_plain_http};
