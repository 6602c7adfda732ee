//! JSON that is made as it is written.

#[cfg(any(feature = "oscal", feature = "sarif"))]
use serde::{Serialize, Serializer};
use serde_json::Value;

/// An array whose items are made one by one while it is written, so that no format holds a report twice.
#[cfg(any(feature = "oscal", feature = "sarif"))]
pub(super) struct Items<F>(pub(super) F);

#[cfg(any(feature = "oscal", feature = "sarif"))]
impl<F, I> Serialize for Items<F>
where
    F: Fn() -> I,
    I: IntoIterator<Item: Serialize>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// An object of those members that have a value.
pub(super) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let there = members.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value)));
    Value::Object(there.collect())
}
