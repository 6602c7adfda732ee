//! What the services' models say: operations, shapes, errors. Made by `models/make.py`.

use std::collections::BTreeMap;

use cis_core::Error;
use serde::Deserialize;

/// How a service writes requests and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Protocol {
    /// A form in, XML out.
    Query,
    /// The same in EC2's manner.
    Ec2,
    /// Paths in, XML out.
    RestXml,
    /// JSON in and out, the operation in a header.
    Json,
    /// Paths in, JSON out.
    RestJson,
    /// Smithy's RPC v2 with CBOR.
    Cbor,
}

/// A service, as far as it is served.
#[derive(Debug, Deserialize)]
pub(crate) struct Service {
    /// The AWS CLI's.
    #[serde(rename = "service")]
    pub(crate) name: String,
    pub(crate) protocol: Protocol,
    /// What requests are signed for.
    pub(crate) signing_name: String,
    #[serde(default)]
    pub(crate) xml_namespace: Option<String>,
    #[serde(default)]
    pub(crate) json_version: Option<String>,
    #[serde(default)]
    pub(crate) target_prefix: Option<String>,
    pub(crate) operations: BTreeMap<String, Operation>,
    pub(crate) errors: BTreeMap<String, Declared>,
    pub(crate) shapes: BTreeMap<String, Shape>,
}

/// An operation.
#[derive(Debug, Deserialize)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// A template: `/{Bucket}?acl`.
    pub(crate) uri: String,
    pub(crate) input: BTreeMap<String, Input>,
    #[serde(default)]
    pub(crate) output: Option<String>,
    /// The element around the result, in the query protocol.
    #[serde(default)]
    pub(crate) wrapper: Option<String>,
    /// The root element, where the shape does not tell it.
    #[serde(default)]
    pub(crate) root: Option<String>,
    #[serde(default)]
    pub(crate) paging: Option<Paging>,
}

/// A member of a request.
#[derive(Debug, Deserialize)]
pub(crate) struct Input {
    #[serde(rename = "in")]
    pub(crate) place: Location,
    /// Its name on the wire.
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) list: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Location {
    Body,
    Uri,
    Querystring,
    Header,
}

/// The members by which a list goes on.
#[derive(Debug, Deserialize)]
pub(crate) struct Paging {
    pub(crate) token: String,
    pub(crate) next: String,
    #[serde(default)]
    pub(crate) more: Option<String>,
    #[serde(default)]
    pub(crate) limit: Option<String>,
    #[serde(default)]
    pub(crate) least: Option<usize>,
    #[serde(default)]
    pub(crate) most: Option<usize>,
}

/// An error that an operation declares.
#[derive(Debug, Deserialize)]
pub(crate) struct Declared {
    pub(crate) code: String,
    pub(crate) status: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Structure,
    List,
    Map,
    Timestamp,
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    String,
    Blob,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shape {
    #[serde(rename = "type")]
    pub(crate) kind: Kind,
    #[serde(default)]
    pub(crate) members: BTreeMap<String, Member>,
    #[serde(default)]
    pub(crate) member: Option<Member>,
    #[serde(default)]
    pub(crate) key: Option<Member>,
    #[serde(default)]
    pub(crate) value: Option<Member>,
    #[serde(default)]
    pub(crate) flattened: bool,
    /// The member that is the whole body.
    #[serde(default)]
    pub(crate) payload: Option<String>,
    #[serde(default)]
    pub(crate) timestamp_format: Option<TimeFormat>,
    #[serde(default)]
    pub(crate) xml_namespace: Option<Namespace>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Member {
    pub(crate) shape: String,
    #[serde(default)]
    pub(crate) flattened: bool,
    #[serde(default)]
    pub(crate) location_name: Option<String>,
    #[serde(default)]
    pub(crate) timestamp_format: Option<TimeFormat>,
    #[serde(default)]
    pub(crate) xml_attribute: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum TimeFormat {
    Iso8601,
    UnixTimestamp,
}

/// A prefix and what it stands for.
#[derive(Debug, Deserialize)]
pub(crate) struct Namespace {
    pub(crate) prefix: String,
    pub(crate) uri: String,
}

impl Service {
    pub(crate) fn shape(&self, name: &str) -> Option<&Shape> {
        self.shapes.get(name)
    }
}

impl Member {
    /// Its name on the wire.
    pub(crate) fn wire<'a>(&'a self, name: &'a str) -> &'a str {
        self.location_name.as_deref().unwrap_or(name)
    }
}

macro_rules! models {
    ($($service:literal),* $(,)?) => {
        const MODELS: &[(&str, &str)] = &[
            $(($service, include_str!(concat!("../../models/", $service, ".json")))),*
        ];
    };
}

models! {
    "accessanalyzer", "account", "cloudtrail", "cloudwatch", "config", "ec2", "efs", "iam", "kms", "logs", "macie2",
    "organizations", "rds", "s3", "s3control", "securityhub", "sns", "sts",
}

/// Every service by its name.
pub(crate) type Models = BTreeMap<String, Service>;

/// Reads the models that are compiled in.
pub(crate) fn models() -> Result<Models, Error> {
    let read = |&(name, text): &(&str, &str)| {
        let service = serde_json::from_str(text).map_err(|error| Error::document(error.to_string()).at(name));
        service.map(|service| (name.to_owned(), service))
    };
    MODELS.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_models_are_of_the_operations_that_datasets_name() {
        let models = models().unwrap();
        let served = models
            .values()
            .flat_map(|service| service.operations.keys().map(|operation| format!("{}:{operation}", service.name)));
        let named: BTreeSet<String> = cis_aws::datasets::all()
            .iter()
            .flat_map(|info| info.operations().map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
            .chain(["sts:GetCallerIdentity".to_owned(), "account:ListRegions".to_owned()])
            .collect();
        assert_eq!(served.collect::<BTreeSet<_>>(), named);
    }

    #[test]
    fn every_shape_that_is_named_is_there() {
        for service in models().unwrap().values() {
            let outputs = service.operations.values().filter_map(|operation| operation.output.as_ref());
            let inside = service.shapes.values().flat_map(|shape| {
                let of = [&shape.member, &shape.key, &shape.value].into_iter().flatten();
                of.chain(shape.members.values()).map(|member| &member.shape)
            });
            for name in outputs.chain(inside) {
                assert!(service.shape(name).is_some(), "{}: {name}", service.name);
            }
        }
    }
}
