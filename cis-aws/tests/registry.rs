//! A key alone finds its file, and every control is listed.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

/// The keys that the files under `controls/` stand for: `controls/iam/root_mfa.rs` is `iam.root_mfa`.
fn in_files() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for folder in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/controls")).unwrap() {
        let folder = folder.unwrap().path();
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let is_rust = file.extension().is_some_and(|extension| extension == "rs");
            // What a folder's controls share is no control.
            if is_rust && std::fs::read_to_string(&file).unwrap().contains("\ncontrol! {") {
                let name = |path: &Path| path.file_stem().unwrap().to_str().unwrap().to_owned();
                keys.insert(format!("{}.{}", name(&folder), name(&file)));
            }
        }
    }
    keys
}

#[test]
fn files_list_and_keys_agree() {
    let registry = cis_aws::registry();
    let listed: BTreeSet<String> = registry.keys().map(str::to_owned).collect();
    assert_eq!(listed, in_files());
    for key in registry.keys() {
        let control = registry.make(key, &cis_core::Parameters::new()).unwrap().unwrap();
        assert_eq!(control.info().key, key);
        assert!(control.info().docs.contains("## Why it matters"), "{key} does not say why it matters");
    }
}

#[test]
fn every_control_takes_the_parameters_of_every_version() {
    let registry = cis_aws::registry();
    for version in cis_aws::versions() {
        for recommendation in cis_aws::benchmark(version).unwrap().recommendations {
            let made = registry.make(recommendation.control_key(), &recommendation.parameters);
            assert!(made.is_ok(), "{version} {}: {}", recommendation.id, made.err().unwrap());
        }
    }
}

#[test]
fn parameters_that_a_control_does_not_have_are_refused() {
    let parameters = |json: &str| serde_json::from_str(json).unwrap();
    let registry = cis_aws::registry();
    let refused = |key: &str, json: &str| registry.make(key, &parameters(json)).err().unwrap().to_string();
    assert!(refused("iam.password_min_length", r#"{"minimum": 14}"#).contains("unknown field `minimum`"));
    assert!(refused("iam.password_min_length", r#"{"min": "long"}"#).contains("control iam.password_min_length"));
    assert!(registry.make("iam.unheard_of", &parameters("{}")).unwrap().is_none());
}
