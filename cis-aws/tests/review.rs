//! Exceptions and attestations on the demo account, and their files.
#![cfg(feature = "demo")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use cis_core::{EntryState, Exception, Report, Review, Scan, Selection, Status};
use futures::executor::block_on;
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../docs/review.md");

fn report(version: &str, review: Option<Review>) -> Report {
    let (benchmark, registry) = (cis_aws::benchmark(version).unwrap(), cis_aws::registry());
    let scan = Scan::new(&benchmark, &registry);
    let scan = match review {
        Some(review) => scan.review(review),
        None => scan,
    };
    block_on(scan.run(&cis_aws::sources::demo().unwrap())).unwrap()
}

fn schema(name: &str) -> jsonschema::Validator {
    let path = format!("{}/../docs/schema/{name}", env!("CARGO_MANIFEST_DIR"));
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// The example of the page in a language.
fn example(language: &str) -> String {
    let page = PAGE.replace("\r\n", "\n");
    let (_, block) = page.split_once(&format!("```{language}\n")).unwrap();
    block.split("```").next().unwrap().to_owned()
}

#[test]
fn the_examples_of_the_page_are_what_it_says() {
    let (toml, yaml) = (Review::from_toml(&example("toml")).unwrap(), Review::from_yaml(&example("yaml")).unwrap());
    assert_eq!((toml.exceptions.len(), toml.attestations.len()), (2, 1));
    assert_eq!(yaml.exceptions, [Exception { account: None, ..toml.exceptions[0].clone() }]);

    let reviewed = report("2.0.0", Some(toml)).review.unwrap();
    assert_eq!((reviewed.attestations[0].state, reviewed.attestations[0].applied), (EntryState::Applied, 1));
    assert_eq!((reviewed.exceptions[0].state, reviewed.exceptions[0].applied), (EntryState::Applied, 3));
    assert_eq!((reviewed.exceptions[1].state, reviewed.exceptions[1].applied), (EntryState::Applied, 4));
    for state in
        ["applied", "out_of_scope", "expired", "in_the_future", "other_benchmark", "tags_unread", "unmatched", "unused"]
    {
        assert!(PAGE.contains(&format!("| `{state}` |")), "{state}");
        serde_json::from_value::<EntryState>(json!(state)).unwrap();
    }
}

#[test]
fn the_schema_and_the_reader_agree() {
    let valid = schema("review.schema.json");
    let exception =
        json!({"recommendation": "s3.deny_http", "owner": "o", "reason": "r", "ticket": "t", "expires": "2026-12-31"});
    let attestation = json!({"recommendation": "s3.deny_http", "answer": "pass", "by": "ann", "dated": "2026-01-01",
        "evidence": "e", "valid_until": "2026-12-31"});
    for (list, entry) in [("exceptions", exception), ("attestations", attestation)] {
        let mut rows = vec![(entry.clone(), true)];
        for member in entry.as_object().unwrap().keys() {
            let mut less = entry.clone();
            less.as_object_mut().unwrap().remove(member);
            let mut other = entry.clone();
            other[member] = json!(["x"]);
            rows.extend([(less, false), (other, false)]);
        }
        for (member, value, fine) in [
            ("resource", json!("arn:*"), true),
            ("region", json!(null), true),
            ("account", json!("123456789012"), true),
            ("account", json!("1234"), false),
            ("tag", json!("x"), false),
            ("tags", json!({"team": "web*", "idle": ""}), list == "exceptions"),
            ("tags", json!({}), false),
            ("tags", json!({" ": "x"}), false),
            ("tags", json!({"team": ["web"]}), false),
            ("tags", json!([{"Key": "team", "Value": "web"}]), false),
            ("expires", json!("2026-02-30"), false),
            ("dated", json!("yesterday"), false),
            ("answer", json!("manual"), false),
        ] {
            let mut more = entry.clone();
            more[member] = value;
            rows.push((more, fine));
        }
        for (entry, fine) in rows {
            let file = json!({list: [entry]});
            assert_eq!(valid.is_valid(&file), fine, "{file}");
            assert_eq!(Review::from_yaml(&file.to_string()).is_ok(), fine, "{file}");
        }
    }
    assert!(!valid.is_valid(&json!({"exception": []})));
}

#[test]
fn a_reviewed_report_is_valid_and_reads_back() {
    let valid = schema("report.schema.json");
    let report = report("2.0.0", Some(Review::from_toml(&example("toml")).unwrap()));
    assert!(report.summary.excepted > 0 && report.summary.decided_by_attestations > 0);
    let mut value = json!(report);
    let errors: Vec<_> = valid.iter_errors(&value).map(|e| format!("{e} at {}", e.instance_path())).collect();
    assert_eq!(errors, [""; 0]);
    assert_eq!(serde_json::from_value::<Report>(value.clone()).unwrap(), report);
    value["review"]["exceptions"][0]["state"] = json!("ignored");
    assert!(!valid.is_valid(&value));
}

#[test]
fn what_is_not_selected_is_no_mistake_of_the_review() {
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
    let selection = Selection { select: vec!["1.8".into()], level: None };
    let review = Review::from_toml(&example("toml")).unwrap();
    let scan = Scan::new(&benchmark, &registry).select(selection).review(review);
    let reviewed = block_on(scan.run(&cis_aws::sources::demo().unwrap())).unwrap().review.unwrap();
    assert_eq!(reviewed.exceptions[0].state, EntryState::OutOfScope);
    assert_eq!(reviewed.attestations[0].state, EntryState::OutOfScope);
}

/// Of each control one of the tags that its findings have, those of a control that did not read them itself among them; nothing
/// where no control reads them.
#[test]
fn findings_have_the_tags_that_the_scan_read() {
    let whole = report("2.0.0", None);
    for (control, expected) in [
        ("ec2.imdsv2", json!({"Name": "web-1"})),
        ("iam.group_permissions_only", json!({"Owner": "platform"})),
        ("iam.access_key_rotation", json!({"Owner": "platform"})),
        ("vpc.security_group_admin_ports_ipv4", json!({"Environment": "staging", "Name": "half"})),
        ("vpc.default_security_group", json!({})),
        ("vpc.nacl_admin_ports", json!({"Name": "web"})),
        ("vpc.flow_logs", json!({"Name": "production"})),
        ("vpc.peering_routes", json!({"Name": "partner"})),
        ("rds.encryption", json!({"Environment": "production"})),
        ("rds.auto_minor_upgrade", json!({"Environment": "erp"})),
        ("rds.public_access", json!({})),
        ("efs.encryption", json!({"Name": "build-cache"})),
        ("s3.deny_http", Value::Null),
        ("kms.key_rotation", Value::Null),
        ("cloudtrail.log_validation", Value::Null),
        ("iam.root_mfa", Value::Null),
    ] {
        let told: Vec<_> = whole.findings_of(control).map(|finding| json!(finding.resource.tags)).collect();
        assert!(told.contains(&expected), "{control}: {told:?}");
        assert_eq!(told.iter().all(Value::is_null), expected.is_null(), "{control}: {told:?}");
    }

    // A scan that does not read them says so, where an exception asks for them.
    let (benchmark, registry) = (cis_aws::benchmark("2.0.0").unwrap(), cis_aws::registry());
    let review = Review::from_toml(
        r#"
        [[exceptions]]
        recommendation = "iam.access_key_rotation"
        tags = { Owner = "plat*" }
        owner = "o"
        reason = "r"
        ticket = "t"
        expires = 2026-12-31
        "#,
    );
    let review = review.unwrap();
    for (keys, state) in [
        (&["iam.access_key_rotation"][..], EntryState::TagsUnread),
        (&["iam.access_key_rotation", "iam.group_permissions_only"], EntryState::Applied),
    ] {
        let select = Selection { select: keys.iter().map(|&key| key.to_owned()).collect(), level: None };
        let scan = Scan::new(&benchmark, &registry).select(select).review(review.clone());
        let report = block_on(scan.run(&cis_aws::sources::demo().unwrap())).unwrap();
        let fails = report.findings.iter().filter(|one| one.control == keys[0] && one.status == Status::Fail).count();
        let [entry] = &report.review.as_ref().unwrap().exceptions[..] else { panic!("one entry") };
        assert_eq!(entry.state, state, "{entry:?}");
        let read = state == EntryState::Applied;
        assert_eq!((entry.applied > 0, entry.tags_unread), (read, if read { 0 } else { fails }), "{entry:?}");
        assert!(fails > entry.applied && entry.applied == report.summary.excepted, "{entry:?}");
    }
}

/// An attestation under 2.0.0 settles what is monitored elsewhere; under 1.5.0 the same facts are a fail that only an exception
/// covers.
#[test]
fn monitoring_elsewhere_is_attested_under_one_version_and_excepted_under_the_other() {
    let review = |answer: &str| {
        Review::from_toml(&format!(
            r#"
            [[attestations]]
            recommendation = "monitoring.*"
            answer = "{answer}"
            by = "Ann Example"
            dated = 2026-02-01
            evidence = "https://wiki.example.com/siem"
            valid_until = 2026-12-31
            "#
        ))
        .unwrap()
    };
    for (version, answer) in [("2.0.0", "pass"), ("2.0.0", "fail"), ("1.5.0", "pass")] {
        let before = report(version, None);
        let after = report(version, Some(review(answer)));
        for (old, new) in before.recommendations.iter().zip(&after.recommendations) {
            let open = matches!(old.status, Status::Manual | Status::Unknown);
            let settled = version == "2.0.0" && old.key.starts_with("monitoring.") && open;
            let expected = if settled { answer } else { old.status.as_str() };
            assert_eq!(new.status.as_str(), expected, "{version} {}", old.key);
        }
        assert_eq!(before.unread, after.unread, "what could not be read stays in view");
        assert_eq!(after.summary.decided_by_attestations > 0, version == "2.0.0");
    }
}
