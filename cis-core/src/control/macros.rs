//! `control!` and `controls!`: sugar over [`Control`](crate::Control) and [`Registry`](crate::Registry).

/// Defines the struct of a control: its documentation, its parameters with defaults, and what it says of itself.
///
/// ```
/// use cis_core::prelude::*;
///
/// control! {
///     /// Badges expire.
///     ///
///     /// ## Why it matters
///     /// A badge that never expires outlives its owner's job.
///     pub struct BadgeExpiry {
///         /// The longest that a badge may be valid for.
///         pub max_age_days: i64 = 365,
///     }
///     key: "acme.badge_expiry", title: "Badges expire", resource_type: "Acme::Door::Badge", judged_at: Account,
/// }
///
/// impl Control for BadgeExpiry {
///     fn info(&self) -> ControlInfo { Self::describe() }
///     fn reads(&self) -> Reads { Reads::none() }
///     fn evaluate(&self, _: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
///         findings.push(Target::place(), Verdict::manual(msg!("Look at the badges.")));
///         Ok(())
///     }
/// }
/// assert_eq!(BadgeExpiry::default().max_age_days, 365);
/// assert!(BadgeExpiry::describe().docs.starts_with("Badges expire."));
/// ```
#[macro_export]
macro_rules! control {
    (
        $(#[doc = $doc:expr])*
        pub struct $name:ident {
            $( $(#[doc = $field_doc:expr])* pub $field:ident : $type:ty = $default:expr ),* $(,)?
        }
        key: $key:literal, title: $title:literal, resource_type: $resource_type:literal, judged_at: $judged_at:ident $(,)?
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, $crate::serde::Serialize, $crate::serde::Deserialize)]
        #[serde(crate = "cis_core::serde", default, deny_unknown_fields)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: $type, )*
        }

        impl ::core::default::Default for $name {
            fn default() -> Self {
                Self { $( $field: $default, )* }
            }
        }

        impl $name {
            /// The key of the control.
            pub const KEY: &'static str = $key;

            /// What the control says of itself.
            pub fn describe() -> $crate::ControlInfo {
                $crate::ControlInfo {
                    docs: $crate::trim_docs(&[$($doc),*]).into(),
                    parameters: vec![$(
                        $crate::ParameterInfo {
                            name: stringify!($field),
                            docs: concat!($($field_doc),*).trim_ascii(),
                            default: $crate::json_value(&{ let default: $type = $default; default }),
                        }
                    ),*],
                    ..$crate::ControlInfo::new($key, $title, $resource_type, $crate::PlaceKind::$judged_at)
                }
            }
        }
    };
}

/// Lists the controls of a folder: declares the modules, and a function `entries` for the registry.
///
/// `controls! { mfa_delete::MfaDelete, versioning::Versioning }`
#[macro_export]
macro_rules! controls {
    ($($module:ident :: $name:ident),* $(,)?) => {
        $(
            mod $module;
            pub use $module::$name;
        )*

        /// The registry entries of this folder.
        pub(crate) fn entries() -> Vec<(&'static str, $crate::Make)> {
            vec![$(($name::KEY, $crate::make_control::<$name> as $crate::Make)),*]
        }
    };
}

/// Joins the lines of a doc comment, each without the space after the slashes.
pub fn trim_docs(lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
    lines.join("\n")
}
