//! A benchmark from its TOML file.

use std::collections::BTreeSet;

use super::Benchmark;
use crate::error::Error;

impl Benchmark {
    /// Reads a benchmark from TOML: `name`, `version`, `released`, `[[recommendation]]` and `[[note]]` with the fields of
    /// [`Recommendation`](super::Recommendation) and [`Note`](super::Note).
    ///
    /// ```
    /// let benchmark = cis_core::Benchmark::from_toml(r#"
    ///     name = "Acme baseline"
    ///     version = "1"
    ///     [[recommendation]]
    ///     id = "1.1"
    ///     key = "acme.badge_expiry"
    ///     title = "Badges expire"
    ///     section = "Doors"
    ///     level = 1
    ///     assessment = "automated"
    ///     parameters = { max_age_days = 90 }
    /// "#)?;
    /// assert_eq!(benchmark.recommendations.len(), 1);
    /// # Ok::<(), cis_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Not TOML, fields missing or unknown, an id or a key twice, a level other than 1 and 2, no recommendation at all.
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        let benchmark: Self = toml::from_str(text)
            .map_err(|error| Error::document(error.to_string().trim_end().to_owned()).at("benchmark file"))?;
        benchmark.checked()
    }

    /// As [`from_toml`](Self::from_toml), from a JSON value of the same shape.
    ///
    /// ```
    /// let benchmark = cis_core::Benchmark::from_json(serde_json::json!({
    ///     "name": "Acme baseline", "version": "1",
    ///     "recommendation": [{
    ///         "id": "1.1", "key": "acme.badge_expiry", "title": "Badges expire", "section": "Doors", "level": 1,
    ///         "assessment": "automated",
    ///     }],
    /// }))?;
    /// assert_eq!(benchmark.recommendations.len(), 1);
    /// # Ok::<(), cis_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml).
    pub fn from_json(value: serde_json::Value) -> Result<Self, Error> {
        let benchmark: Self =
            serde_json::from_value(value).map_err(|error| Error::document(error.to_string()).at("benchmark"))?;
        benchmark.checked()
    }

    fn checked(self) -> Result<Self, Error> {
        let benchmark = self;
        let at = |id: &str, message: String| Err(Error::document(message).at(format!("recommendation {id}")));
        let (mut ids, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for recommendation in &benchmark.recommendations {
            if !ids.insert(recommendation.id.as_str()) {
                return at(&recommendation.id, "the id stands there twice".into());
            }
            if !keys.insert(recommendation.key.as_str()) {
                return at(&recommendation.id, format!("the key {:?} stands there twice", recommendation.key));
            }
            if !matches!(recommendation.level, 1 | 2) {
                return at(&recommendation.id, format!("level {} is not known (known: 1, 2)", recommendation.level));
            }
        }
        if benchmark.recommendations.is_empty() {
            return Err(Error::document("the benchmark has no recommendation"));
        }
        Ok(benchmark)
    }
}
