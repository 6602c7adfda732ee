use hcl::{Expression, Structure};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::finding::Status;
use crate::review::tests::finding;

const TEMPLATE: &str = "aws s3api put-bucket-policy --bucket {resource} --arn arn:{partition}:s3:::{resource}/* \
     --policy '{\"Id\": \"{min}\", \"On\": [\"{resource}\", \"x-{resource}\"]}' --topic <TOPIC_ARN>";

fn values(resource: &str) -> Map<String, Value> {
    Map::from_iter([("resource".to_owned(), resource.into()), ("partition".to_owned(), "aws".into())])
}

/// The words that a shell makes of the command.
fn words(resource: &str) -> Vec<String> {
    let remediation = Remediation::new("").cli([TEMPLATE]).value("min", &14);
    let filled = remediation.fill(&values(resource), None);
    shlex::split(filled.cli.texts().next().unwrap()).unwrap()
}

const HOSTILE: [&str; 18] = [
    "logs; rm -rf ~",
    "$(reboot)",
    "`reboot`",
    "a'b",
    "a\"b",
    "a\\",
    "a b",
    "-rf",
    "--profile=other",
    "${var.x}",
    "$${x}",
    "%{ for x in y }",
    "a$",
    "{resource}",
    "a,Key=Value",
    "a|b&c>d",
    "!history",
    "監査",
];

#[test]
fn a_name_is_one_word_whatever_it_holds() {
    for name in HOSTILE {
        let words = words(name);
        let option = if name.starts_with('-') { format!("--bucket={name}") } else { name.to_owned() };
        assert!(words.contains(&option), "{name}: {words:?}");
        let json = words.iter().find(|word| word.starts_with("{\"Id")).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(json).unwrap(),
            json!({"Id": 14, "On": [name, format!("x-{name}")]}),
            "{name}"
        );
        assert_eq!(words.last().map(String::as_str), Some("<TOPIC_ARN>"));
        let tame = self::words("logs").len() - usize::from(name.starts_with('-'));
        assert_eq!(words.len(), tame, "{name}: {words:?}");
    }
}

#[test]
fn what_is_not_filled_in() {
    let open = |name: &str| words(name).contains(&"<RESOURCE>".to_owned());
    for (why, name, left_open) in [
        ("an escape", "a\u{1b}[2J", true),
        ("a line feed", "a\nreboot", true),
        ("a NUL", "a\0", true),
        ("direction of writing", "a\u{202e}b", true),
        ("nothing", "", true),
        ("a file that the AWS CLI would read", "file:///etc/passwd", true),
        ("an address that it would read", "https://example.com", true),
        ("a list", "[\"a\",\"b\"]", true),
        ("a plain name", "logs", false),
    ] {
        assert_eq!(open(name), left_open, "{why}");
    }
    let within = |name: &str| words(name).contains(&format!("arn:aws:s3:::{name}/*"));
    assert!(within("logs-1.a_b") && !within("a,Key=Value"), "within a word the AWS CLI reads more than text");
}

#[test]
fn general() {
    let remediation = Remediation::new("At least {min}, on {resource}.")
        .cli(["aws x --a {arn} --b {region} --c <TOPIC_ARN> --d {min}"])
        .terraform(["x = \"{resource}\""])
        .value("min", &14);
    let told = remediation.general();
    assert_eq!(told.summary, "At least 14, on <RESOURCE>.");
    assert_eq!(told.cli.texts().next(), Some("aws x --a '<ARN>' --b '<REGION>' --c '<TOPIC_ARN>' --d 14"));
    assert_eq!(told.terraform.texts().next(), Some("x = \"<RESOURCE>\""));
}

#[test]
fn for_findings() {
    let remediation = Remediation::new("{account} {region} {partition} {key}")
        .cli_for("AWS::S3::Bucket", ["aws s3api x --bucket {resource}"])
        .cli_for("AWS::RDS::DBCluster", ["aws rds x"])
        .of_report("aws-cn");
    let bucket = finding("s3.public", Status::Fail, "logs", Some("cn-north-1"));
    let told = remediation.for_finding(&bucket);
    assert_eq!(told.summary, "123456789012 cn-north-1 aws s3.public", "an ARN knows its partition best");
    assert_eq!(told.cli.texts().collect::<Vec<_>>(), ["aws s3api x --bucket logs"]);

    let mut account = bucket;
    account.resource.kind = ACCOUNT_TYPE.into();
    (account.resource.arn, account.resource.region) = (None, None);
    let told = remediation.for_finding(&account);
    assert_eq!(told.summary, "123456789012 <REGION> aws-cn s3.public");
    let commands: Vec<_> = told.cli.texts().collect();
    assert_eq!(commands, ["aws s3api x --bucket '<RESOURCE>'", "aws rds x"], "of which type, the account does not say");
}

#[test]
fn parameters_that_nothing_names_are_left_out() {
    let remediation = Remediation::new("{min}").parameters(&json!({"min": 14, "max": 20}));
    assert_eq!(remediation.values, Map::from_iter([("min".to_owned(), json!(14))]));
}

#[test]
fn faults() {
    for (why, remediation, faults) in [
        ("none", Remediation::new("{resource}").cli([TEMPLATE]).value("min", &1), 0),
        ("a placeholder that nobody fills", Remediation::new("{max}"), 1),
        ("one in a reason", Remediation::new("").no_cli("{max}"), 1),
        ("a pipe", Remediation::new("").cli(["aws a | jq ."]), 1),
        ("a redirection", Remediation::new("").cli(["aws a > b"]), 1),
        ("a variable", Remediation::new("").cli(["aws a \"$B\""]), 1),
        ("an open quote", Remediation::new("").cli(["aws a 'b"]), 1),
        ("broken JSON", Remediation::new("").cli(["aws a --b '{\"a\": {min}}'"]).value("min", &1), 1),
        ("a filter pattern", Remediation::new("").cli(["aws a --b '{ $.a = \"b c\" }'"]), 0),
    ] {
        assert_eq!(remediation.faults().len(), faults, "{why}: {:?}", remediation.faults());
    }
}

/// The values of a Terraform resource's attributes, as Terraform reads them.
fn attributes(resource: &str) -> Vec<String> {
    let configuration = "resource \"aws_x\" \"this\" {\n  a = \"{resource}\"\n  b = \"{resource}{resource}\"\n  \
        c = jsonencode({ d = \"arn:{resource}/*\", n = {min} })\n}\n";
    let remediation = Remediation::new("").terraform([configuration]).value("min", &14);
    let filled = remediation.fill(&values(resource), None);
    let body = hcl::parse(filled.terraform.texts().next().unwrap()).unwrap();
    let [Structure::Block(block)] = body.iter().collect::<Vec<_>>()[..] else { panic!("{body:?}") };
    let text = |expression: &Expression| match expression {
        Expression::String(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    let attributes = block.body.attributes().flat_map(|attribute| match &attribute.expr {
        Expression::FuncCall(call) => {
            let Some(Expression::Object(object)) = call.args.first() else { panic!("{call:?}") };
            object.values().filter(|value| !matches!(value, Expression::Number(_))).map(text).collect()
        }
        other => vec![text(other)],
    });
    attributes.collect()
}

#[test]
fn a_name_is_text_to_terraform() {
    for name in HOSTILE {
        assert_eq!(attributes(name), [name.to_owned(), format!("{name}{name}"), format!("arn:{name}/*")], "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_name_breaks_out(name in "[ -~\u{e9}監]{1,12}|[$%{}\"'\\\\`;|&()\\[\\]=, -]{1,12}|\\PC{1,12}") {
        let shown = !name.contains(crate::msg::acts);
        let words = words(&name);
        prop_assert_eq!(words.last().map(String::as_str), Some("<TOPIC_ARN>"));
        let json = words.iter().find(|word| word.starts_with("{\"Id")).unwrap();
        let json: Value = serde_json::from_str(json).unwrap();
        let expected = if shown { name.clone() } else { "<RESOURCE>".to_owned() };
        prop_assert_eq!(&json, &json!({"Id": 14, "On": [&expected, format!("x-{expected}")]}));
        let attributes = attributes(&name);
        prop_assert_eq!(attributes, [expected.clone(), format!("{expected}{expected}"), format!("arn:{expected}/*")]);
        let option = words.get(3).unwrap();
        let left_open = option == "--bucket" && words.get(4).is_some_and(|word| word == "<RESOURCE>");
        let filled = *option == format!("--bucket={name}") || words.get(4) == Some(&name);
        prop_assert!(filled || left_open, "{:?}", words);
    }
}
