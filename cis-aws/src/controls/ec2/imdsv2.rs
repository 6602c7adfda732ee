use cis_core::prelude::*;
use serde::{Deserialize, Serialize};

use crate::datasets::ec2::{Instance, InstanceMetadataDefaults, Instances};

const DESCRIBE: &str = "ec2:DescribeInstances";
const DEFAULTS: &str = "ec2:GetInstanceMetadataDefaults";

control! {
    /// The metadata of EC2 instances can be had with a session token only (`IMDSv2`), or not at all.
    ///
    /// Judged is each instance, stopped ones too. The account's defaults are about instances that are yet to come.
    ///
    /// ## Why it matters
    /// The old way answers any request with the keys of the instance's role. A web server that can be made to fetch an address
    /// for a stranger gives them away; it can't be made to fetch a token first.
    pub struct Imdsv2 {
        /// What an instance gives whose options are right and not in force yet: `unknown` or `fail`.
        pub pending: Pending = Pending::Unknown,
    }
    key: "ec2.imdsv2", title: "EC2 instances give metadata by IMDSv2 only",
    resource_type: "AWS::EC2::Instance", judged_at: Region,
}

/// What an instance gives whose options are not in force yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pending {
    /// Nothing is known until they are.
    Unknown,
    /// A fail.
    Fail,
}

impl Control for Imdsv2 {
    fn info(&self) -> ControlInfo {
        Self::describe()
    }

    fn remediation(&self) -> Option<Remediation> {
        Some(
            Remediation::new(
                "Ask for session tokens. See first by the metric MetadataNoToken that nothing on the instance uses the old way. \
                 For new instances set it in launch templates, and as the region's default with \
                 modify-instance-metadata-defaults.",
            )
            .caution(CautionKind::CutsAccess, "Programs that read metadata without a token get nothing more: no keys of the instance's role.")
            .console([
                "EC2, Instances, {resource}: Actions, \"Instance settings\", \"Modify instance metadata options\".",
                "Set IMDSv2 to Required, and save.",
            ])
            .cli(["aws ec2 modify-instance-metadata-options --instance-id {resource} --http-tokens required --region {region}"])
            .terraform([
                r#"
                # In the resource of the instance:
                resource "aws_instance" "this" {
                  # ... other configuration ...

                  metadata_options {
                    http_tokens = "required"
                  }
                }
                "#,
                r#"
                # For new instances of the region. It sets all of these defaults: what is left out is "no-preference" after it.
                resource "aws_ec2_instance_metadata_defaults" "this" {
                  http_tokens = "required"
                }
                "#,
            ]),
        )
    }

    fn reads(&self) -> Reads {
        Reads::of::<Instances>().and::<InstanceMetadataDefaults>()
    }

    fn evaluate(&self, facts: &Facts<'_>, findings: &mut Findings) -> Result<(), Gap> {
        let instances = facts.rows::<Instances>()?.only(|instance| !is_gone(instance));
        let defaults = Fact::from(facts.rows::<InstanceMetadataDefaults>().and_then(|rows| rows.single()));
        let (partition, account) = (facts.partition(), facts.account_id());
        let region = facts.place().region_name().unwrap_or_default();
        findings.each(
            &instances,
            |instance| {
                let id = &instance.instance_id;
                Target::arn(format!("arn:{partition}:ec2:{region}:{account}:instance/{id}")).tags(&instance.tags)
            },
            |instance| Ok(self.judge(instance)?.evidence(DEFAULTS, "AccountLevel", &defaults)),
        );
        Ok(())
    }
}

/// A terminated instance stays listed for about an hour, often without its options.
fn is_gone(instance: &Instance) -> bool {
    matches!(&instance.state, Fact::Known(state) if matches!(state.name.as_str(), "terminated" | "shutting-down"))
}

impl Imdsv2 {
    fn judge(&self, instance: &Instance) -> Result<Verdict, Gap> {
        let state = &instance.state.known()?.name;
        let options = instance.metadata_options.known()?;
        let (tokens, endpoint) = (options.http_tokens.as_deref(), options.http_endpoint.as_deref());
        let odd =
            |what: &str| Gap::malformed(gap_text!("MetadataOptions.{what} is missing or has a value that is not known"));
        let verdict = match (endpoint, tokens, options.state.as_deref()) {
            (Some("disabled"), _, Some("applied")) => Verdict::pass(msg!("The metadata service is off.")),
            (_, Some("required"), Some("applied")) => Verdict::pass(msg!("The metadata service asks for a token.")),
            (Some("disabled"), ..) | (_, Some("required"), _) => match (options.state.as_deref(), self.pending) {
                (Some("pending"), Pending::Fail) => {
                    Verdict::fail(msg!("The metadata options are pending; they must be applied."))
                }
                (Some("pending"), Pending::Unknown) => {
                    let gap = Gap::new(GapKind::Stale, "the metadata options are being changed").operation(DESCRIBE);
                    Verdict::unknown(msg!("The metadata options are right and pending: a change is in progress."), gap)
                }
                _ => return Err(odd("State")),
            },
            (Some("enabled") | None, Some("optional"), _) => {
                Verdict::fail(msg!("HttpTokens is optional; it must be required, or the endpoint disabled."))
            }
            (Some("enabled") | None, ..) => return Err(odd("HttpTokens")),
            _ => return Err(odd("HttpEndpoint")),
        };
        Ok(verdict.evidence(DESCRIBE, "MetadataOptions", options).evidence(DESCRIBE, "State.Name", state).evidence(
            DESCRIBE,
            "tag Name",
            &instance.name(),
        ))
    }
}

#[cfg(test)]
mod tests {
    use cis_core::testkit::{Cases, FactSet, aws, unread};

    use super::*;

    const ONE: &str = "arn:aws:ec2:us-east-1:123456789012:instance/i-1";

    fn instance(state: &str, options: &str) -> String {
        format!(r#"{{"InstanceId": "i-1", "State": {{"Code": 16, "Name": "{state}"}} {options}}}"#)
    }

    fn instances(list: &[String]) -> FactSet {
        let list = list.iter().map(|instance| format!(r#"{{"OwnerId": "123456789012", "Instances": [{instance}]}}"#));
        aws::<Instances>(&format!(r#"{{"Reservations": [{}]}}"#, list.collect::<Vec<_>>().join(",")))
    }

    /// A running instance with these options: state, tokens, endpoint.
    fn with(state: &str, tokens: &str, endpoint: &str) -> FactSet {
        instances(&[instance("running", &options(state, tokens, endpoint))])
    }

    fn options(state: &str, tokens: &str, endpoint: &str) -> String {
        format!(
            r#", "MetadataOptions": {{"State": "{state}", "HttpTokens": "{tokens}", "HttpEndpoint": "{endpoint}",
                 "HttpPutResponseHopLimit": 2, "HttpProtocolIpv6": "disabled"}}"#
        )
    }

    fn defaults(tokens: &str) -> FactSet {
        aws::<InstanceMetadataDefaults>(&format!(
            r#"{{"AccountLevel": {{"HttpTokens": "{tokens}", "ManagedBy": "account"}}}}"#
        ))
    }

    #[test]
    fn cases() {
        let optional = || with("applied", "optional", "enabled");
        Cases::of(Imdsv2::default())
            .pass("a token is required", with("applied", "required", "enabled"))
            .pass(
                "a token is required, and the account's default is optional",
                with("applied", "required", "enabled").and(defaults("optional")),
            )
            .holds_without::<InstanceMetadataDefaults>()
            .pass("the endpoint is off, whatever the tokens", with("applied", "optional", "disabled"))
            .fail("optional", optional())
            .fail(
                "optional, and the account's default is required: that is for new instances",
                optional().and(defaults("required")),
            )
            .holds_without::<InstanceMetadataDefaults>()
            .fail(
                "optional, and the defaults are denied",
                optional().and(unread::<InstanceMetadataDefaults>(GapKind::Denied)),
            )
            .holds_without::<InstanceMetadataDefaults>()
            .fail("optional, and pending", with("pending", "optional", "enabled"))
            .fail(
                "optional, and the endpoint is not told",
                instances(&[instance(
                    "running",
                    r#", "MetadataOptions": {"State": "applied", "HttpTokens": "optional"}"#,
                )]),
            )
            .fail(
                "stopped: it can be started",
                instances(&[instance("stopped", &options("applied", "optional", "enabled"))]),
            )
            .unknown("required, and pending", with("pending", "required", "enabled"))
            .unknown("off, and pending", with("pending", "optional", "disabled"))
            .unknown(
                "the state of the options is missing",
                instances(&[instance(
                    "running",
                    r#", "MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"}"#,
                )]),
            )
            .unknown(
                "the tokens are missing",
                instances(&[instance(
                    "running",
                    r#", "MetadataOptions": {"State": "applied", "HttpEndpoint": "enabled"}"#,
                )]),
            )
            .unknown("an endpoint of a kind that is not known", with("applied", "optional", "local"))
            .unknown("the options of a live instance are missing", instances(&[instance("running", "")]))
            .unknown(
                "the state of the instance is missing: it may be terminated",
                instances(&[r#"{"InstanceId": "i-1"}"#.into()]),
            )
            .not_applicable("terminated, without options", instances(&[instance("terminated", "")]))
            .not_applicable(
                "shutting down",
                instances(&[instance("shutting-down", &options("applied", "optional", "enabled"))]),
            )
            .not_applicable("no instance", instances(&[]))
            .each(
                "one instance twice, across pages",
                instances(&[
                    instance("running", &options("applied", "required", "enabled")),
                    instance("running", &options("applied", "required", "enabled")),
                ]),
                &[(ONE, Status::Pass)],
            )
            .unknown("denied", unread::<Instances>(GapKind::Denied))
            .each(
                "a page is missing",
                optional().cut_off::<Instances>(),
                &[("123456789012", Status::Unknown), (ONE, Status::Fail)],
            )
            .each(
                "another partition",
                optional().in_region("cn-north-1").partition("aws-cn"),
                &[("arn:aws-cn:ec2:cn-north-1:123456789012:instance/i-1", Status::Fail)],
            )
            .check();
        Cases::of(Imdsv2 { pending: Pending::Fail })
            .named("pending=fail")
            .fail("required, and pending", with("pending", "required", "enabled"))
            .check();
    }
}
