//! A key alone finds its file, and every control is listed.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::Path;

use cis_core::{CautionKind, Remediation, Way};
use hcl::{BlockLabel, Body, Expression};
use serde_json::{Map, Value};

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

/// The types of resource that configuration of Terraform may name, all of the AWS provider.
const TERRAFORM_TYPES: [&str; 41] = [
    "aws_accessanalyzer_analyzer",
    "aws_account_alternate_contact",
    "aws_account_primary_contact",
    "aws_cloudtrail",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_metric_alarm",
    "aws_config_configuration_recorder",
    "aws_config_configuration_recorder_status",
    "aws_config_delivery_channel",
    "aws_db_instance",
    "aws_default_security_group",
    "aws_ebs_encryption_by_default",
    "aws_ec2_instance_metadata_defaults",
    "aws_efs_file_system",
    "aws_flow_log",
    "aws_iam_access_key",
    "aws_iam_account_password_policy",
    "aws_iam_group_policy_attachment",
    "aws_iam_instance_profile",
    "aws_iam_policy",
    "aws_iam_role",
    "aws_iam_role_policy_attachment",
    "aws_iam_saml_provider",
    "aws_iam_user_group_membership",
    "aws_instance",
    "aws_kms_key",
    "aws_macie2_account",
    "aws_macie2_classification_job",
    "aws_network_acl_rule",
    "aws_rds_cluster",
    "aws_rds_cluster_instance",
    "aws_route",
    "aws_s3_account_public_access_block",
    "aws_s3_bucket_acl",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_securityhub_account",
    "aws_sns_topic_subscription",
    "aws_vpc_security_group_ingress_rule",
];

/// Every control with the parameters of every version: key, and how to put right what it finds.
fn remediations() -> Vec<(String, Remediation)> {
    let registry = cis_aws::registry();
    let mut all = Vec::new();
    for version in cis_aws::versions() {
        for one in cis_aws::benchmark(version).unwrap().recommendations {
            let control = registry.make(one.control_key(), &one.parameters).unwrap().unwrap();
            let remediation = control.remediation().unwrap_or_else(|| panic!("{} says nothing", one.key));
            all.push((format!("{version} {}", one.key), remediation.value("key", &one.key)));
        }
    }
    assert_eq!(all.len(), 63 + 64);
    all
}

#[test]
fn every_recommendation_is_put_right_in_each_way_or_says_why_not() {
    for (key, remediation) in remediations() {
        assert_eq!(remediation.faults(), Vec::<String>::new(), "{key}");
        for way in [&remediation.console, &remediation.cli, &remediation.terraform] {
            assert!(!way.is_empty(), "{key}");
        }
        let cautions = remediation.cautions.iter().map(|caution| &caution.text);
        let reasons = [&remediation.console, &remediation.cli, &remediation.terraform]
            .into_iter()
            .filter_map(|way| if let Way::NotThisWay(why) = way { Some(why) } else { None });
        for sentence in cautions.chain(reasons).chain([&remediation.summary]) {
            assert!(sentence.ends_with('.') && !sentence.contains('`'), "{key}: {sentence}");
        }
        for command in remediation.cli.texts() {
            assert!(command.starts_with("aws "), "{key}: {command}");
        }
    }
}

/// What is easily overlooked says so.
#[test]
fn what_sets_a_whole_thing_warns() {
    let whole = ["put-bucket-policy", "put-event-selectors", "update-account-password-policy"];
    let gone = ["delete-server-certificate", "delete-user-policy"];
    for (key, remediation) in remediations() {
        let calls = |names: &[&str]| remediation.cli.texts().any(|text| names.iter().any(|name| text.contains(name)));
        let warns = |kind| remediation.cautions.iter().any(|caution| caution.kind == kind);
        assert!(!calls(&whole) || warns(CautionKind::ReplacesAll), "{key}");
        assert!(
            !calls(&gone) || warns(CautionKind::CannotBeUndone) || warns(CautionKind::CutsAccess),
            "{key} deletes without a word"
        );
    }
}

/// The texts of a body's attributes, and its shape without them.
fn read(body: &Body, texts: &mut Vec<String>, shape: &mut Vec<String>) {
    for attribute in body.attributes() {
        shape.push(attribute.key.to_string());
        strings(&attribute.expr, texts, shape);
    }
    for block in body.blocks() {
        let labels: Vec<_> = block.labels.iter().map(BlockLabel::as_str).collect();
        shape.push(format!("{} {labels:?}", block.identifier.as_str()));
        read(&block.body, texts, shape);
    }
}

fn strings(expression: &Expression, texts: &mut Vec<String>, shape: &mut Vec<String>) {
    match expression {
        Expression::String(text) => texts.push(text.clone()),
        Expression::Array(items) => items.iter().for_each(|item| strings(item, texts, shape)),
        Expression::Object(members) => {
            for (name, value) in members {
                shape.push(name.to_string());
                strings(value, texts, shape);
            }
        }
        Expression::FuncCall(call) => call.args.iter().for_each(|argument| strings(argument, texts, shape)),
        other => shape.push(format!("{other:?}")),
    }
}

/// A name stays a name in all configuration and all commands, whatever it is.
#[test]
fn no_name_of_a_resource_breaks_out() {
    let names = [
        "\"\n}\nresource \"x\" \"y\" {",
        "\"} resource \"x\" \"y\" {",
        "${file(\"/etc/passwd\")}",
        "%{ if true }",
        "a\\",
        "'; reboot; '",
        "$(reboot)",
        "--endpoint-url=http://x",
    ];
    let given = |value: &str| -> Map<String, Value> {
        let filled = ["account", "arn", "key", "partition", "region", "resource", "sub"];
        filled.iter().map(|&name| (name.to_owned(), value.into())).collect()
    };
    for (key, remediation) in remediations() {
        let plain = remediation.fill(&given("plain"), None);
        for name in names {
            let hostile = remediation.fill(&given(name), None);
            for (plain, hostile) in plain.terraform.texts().zip(hostile.terraform.texts()) {
                let [mut before, mut after] = [(Vec::new(), Vec::new()), (Vec::new(), Vec::new())];
                read(&hcl::parse(plain).unwrap(), &mut before.0, &mut before.1);
                read(&hcl::parse(hostile).unwrap(), &mut after.0, &mut after.1);
                assert_eq!(after.1, before.1, "{key}: {hostile}");
                let shown = if name.contains('\n') { None } else { Some(name) };
                for (before, after) in before.0.iter().zip(&after.0) {
                    let replaced = shown.map(|name| before.replace("plain", name));
                    assert!(replaced.is_none_or(|replaced| replaced == *after), "{key}: {after}");
                }
                assert_eq!(after.0.len(), before.0.len(), "{key}: {hostile}");
            }
            for (plain, hostile) in plain.cli.texts().zip(hostile.cli.texts()) {
                let options = |command: &str| -> Vec<String> {
                    let words = shlex::split(command).unwrap();
                    let heads = words.iter().map(|word| word.split('=').next().unwrap_or_default().to_owned());
                    heads.filter(|head| head.starts_with("--")).collect()
                };
                assert_eq!(options(hostile), options(plain), "{key}: {hostile}");
            }
        }
    }
}

#[test]
fn terraform_is_of_known_types() {
    let mut seen = BTreeSet::new();
    for (key, remediation) in remediations() {
        for configuration in remediation.general().terraform.texts() {
            let body = hcl::parse(configuration).unwrap_or_else(|error| panic!("{key}: {error}\n{configuration}"));
            for block in body.blocks() {
                assert_eq!((block.identifier.as_str(), block.labels.len()), ("resource", 2), "{key}");
                seen.insert(block.labels[0].as_str().to_owned());
            }
            assert!(body.blocks().next().is_some() && body.attributes().next().is_none(), "{key}");
        }
    }
    let known: BTreeSet<_> = TERRAFORM_TYPES.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(seen, known);
}
