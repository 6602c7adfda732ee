//! The typed model of a policy document, and its parser.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use cis_core::gap_text;
use percent_encoding::percent_decode_str;
use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::PolicyError;

/// A parsed policy document: at least one statement, each with an effect and with actions.
///
/// Identity policies, resource policies (buckets, topics, keys), trust policies and organization policies share this
/// grammar. A document that does not follow it is a [`PolicyError`], never an empty policy, so that "could not be
/// understood" cannot be taken for "allows nothing".
///
/// Source: [IAM JSON policy elements](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).
///
/// ```
/// use cis_aws::policy::{Document, Effect};
///
/// let policy = Document::parse(
///     r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}}"#,
/// )?;
/// assert_eq!(policy.statements.len(), 1);
/// assert!(policy.statements.iter().all(|statement| statement.effect == Effect::Allow));
/// # Ok::<(), cis_aws::policy::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// The version of the policy language; it decides whether `${...}` is a variable.
    pub version: Version,
    /// The `Id`, which some resource policies have.
    pub id: Option<String>,
    /// The statements in the document's order; never empty.
    pub statements: Vec<Statement>,
    /// Top-level elements that this model does not know, by name.
    pub other: BTreeMap<String, Value>,
}

/// The version of the policy language.
///
/// Source: [Version](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Version {
    /// `2008-10-17`, also where the document names no version: `${...}` is literal text.
    #[default]
    V2008,
    /// `2012-10-17`, the current one: `${...}` is a policy variable.
    V2012,
}

impl Version {
    /// The text as it stands in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }
}

/// One statement of a [`Document`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Statement {
    /// The `Sid`; AWS's editors write an empty one.
    pub sid: Option<String>,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// `Principal` or `NotPrincipal`; none in an identity policy.
    pub principals: Option<Principals>,
    /// `Action` or `NotAction`, as written.
    pub actions: Patterns,
    /// `Resource` or `NotResource`, as written; none where the policy can only speak of the resource that it is attached
    /// to (a trust policy, a repository policy).
    pub resources: Option<Patterns>,
    /// The conditions, all of which must hold; empty where the statement is unconditional.
    pub conditions: Vec<Condition>,
    /// Elements that this model does not know, by name.
    pub other: BTreeMap<String, Value>,
}

/// What a statement does with a request that it matches.
///
/// Source: [Effect](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`, which beats every `Allow`.
    Deny,
}

impl Effect {
    /// The text as it stands in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// A list of wildcard patterns, or the complement of one.
///
/// AWS accepts an empty list, which matches nothing (and as a complement everything).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Patterns {
    /// What at least one pattern matches: `Action`, `Resource`.
    Only(Vec<String>),
    /// What no pattern matches: `NotAction`, `NotResource`.
    AllBut(Vec<String>),
}

impl Patterns {
    /// The patterns as written, be they a list or its complement.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::Only(patterns) | Self::AllBut(patterns) => patterns,
        }
    }
}

/// Whom a statement of a resource policy is about.
///
/// Source: [Principal](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principals {
    /// `Principal`: any of these.
    Only(Vec<Principal>),
    /// `NotPrincipal`: everyone but these.
    AllBut(Vec<Principal>),
}

impl Principals {
    /// The principals as written, be they a list or its complement.
    pub fn as_slice(&self) -> &[Principal] {
        match self {
            Self::Only(principals) | Self::AllBut(principals) => principals,
        }
    }
}

/// One principal of a resource policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// `"*"` or `{"AWS": "*"}`, which in a resource policy are the same set: everyone, anonymous callers too.
    Everyone,
    /// `AWS`: an ARN, an account id, or the unique id of a deleted principal.
    Aws(String),
    /// `Service`: a service principal such as `cloudtrail.amazonaws.com`.
    Service(String),
    /// `Federated`: the ARN of a SAML or OIDC provider, or the host name of a web identity provider.
    Federated(String),
    /// `CanonicalUser`: an S3 canonical user id.
    CanonicalUser(String),
}

impl Principal {
    /// The key that the principal stands under, `AWS` for everyone.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Everyone | Self::Aws(_) => "AWS",
            Self::Service(_) => "Service",
            Self::Federated(_) => "Federated",
            Self::CanonicalUser(_) => "CanonicalUser",
        }
    }

    /// The text as written, `*` for everyone.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Everyone => "*",
            Self::Aws(text) | Self::Service(text) | Self::Federated(text) | Self::CanonicalUser(text) => text,
        }
    }
}

/// One condition: an operator, one condition key, the values that the key is compared with.
///
/// All conditions of a statement must hold. Operator and key are as written; numbers and booleans among the values are
/// text (`false` is `"false"`), since AWS makes no difference.
///
/// Source: [Condition](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Condition {
    /// The operator with its prefix and suffix, such as `ForAnyValue:StringLike` or `BoolIfExists`.
    pub operator: String,
    /// The condition key, such as `aws:PrincipalOrgID`; AWS compares it without case.
    pub key: String,
    /// The values, in the document's order.
    pub values: Vec<String>,
}

impl Document {
    /// The document that `text` holds: JSON, or percent-encoded JSON as the IAM API answers it.
    ///
    /// A document of more than 4 MiB is an error: AWS stores none of a hundredth of that, and questions about one would take
    /// long. Encoded text is decoded exactly once, by RFC 3986, so a `+` stays a plus. Names must be exact, `Effect` must be
    /// `Allow` or `Deny`, and a key that stands twice in one object is an error, since which of the two holds is
    /// nowhere written.
    ///
    /// # Errors
    /// [`PolicyError`] with line and column (of the decoded text) for what is not JSON, else with the statement and the
    /// element that is wrong.
    ///
    /// ```
    /// use cis_aws::policy::Document;
    ///
    /// let error = Document::parse(r#"{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     r#"policy document is wrong at Statement[0].Effect: "allow" is neither "Allow" nor "Deny""#
    /// );
    /// ```
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        // Encoded, a character takes three.
        if text.len() > 3 * MOST_BYTES {
            return Err(too_large());
        }
        let text = decode(text)?;
        if text.len() > MOST_BYTES {
            return Err(too_large());
        }
        if text.trim().is_empty() {
            return Err(PolicyError::document(gap_text!("it is empty")));
        }
        let Json(value) = serde_json::from_str(&text).map_err(|error| PolicyError::json(&error))?;
        match value {
            Value::Object(object) => Self::from_object(&object),
            other => Err(PolicyError::document(gap_text!("it is {kind}, not an object", kind = kind_of(&other)))),
        }
    }

    /// The document in a JSON value: an object, as the AWS CLI writes it, or a string, as the API answers it.
    ///
    /// A string is read by [`Document::parse`].
    ///
    /// # Errors
    /// [`PolicyError`] as for [`Document::parse`], and for a value that is neither.
    ///
    /// ```
    /// use cis_aws::policy::Document;
    /// use serde_json::json;
    ///
    /// let decoded = json!({"Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]});
    /// let encoded = json!("%7B%22Statement%22%3A%5B%7B%22Effect%22%3A%22Deny%22%2C%22Action%22%3A%22*%22%2C%22Resource%22%3A%22*%22%7D%5D%7D");
    /// assert_eq!(Document::from_value(&decoded)?, Document::from_value(&encoded)?);
    /// # Ok::<(), cis_aws::policy::PolicyError>(())
    /// ```
    pub fn from_value(value: &Value) -> Result<Self, PolicyError> {
        match value {
            Value::Object(object) => Self::from_object(object),
            Value::String(text) => Self::parse(text),
            other => Err(PolicyError::document(gap_text!("it is {kind}, not an object", kind = kind_of(other)))),
        }
    }

    /// The document as JSON in one normal form: lists everywhere, the version written out.
    ///
    /// Parsing it again gives an equal document.
    ///
    /// ```
    /// use cis_aws::policy::Document;
    ///
    /// let policy = Document::parse(r#"{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#)?;
    /// assert_eq!(
    ///     policy.to_value().to_string(),
    ///     r#"{"Statement":[{"Action":["s3:*"],"Effect":"Allow","Resource":["*"]}],"Version":"2008-10-17"}"#
    /// );
    /// # Ok::<(), cis_aws::policy::PolicyError>(())
    /// ```
    pub fn to_value(&self) -> Value {
        let mut object: Map<String, Value> = self.other.clone().into_iter().collect();
        object.insert("Version".to_owned(), json!(self.version.as_str()));
        if let Some(id) = &self.id {
            object.insert("Id".to_owned(), json!(id));
        }
        object.insert("Statement".to_owned(), self.statements.iter().map(Statement::to_value).collect());
        Value::Object(object)
    }

    fn from_object(object: &Map<String, Value>) -> Result<Self, PolicyError> {
        let mut left = MOST_BYTES;
        if !object.iter().all(|(name, value)| take(&mut left, name.len()) && fits(value, &mut left)) {
            return Err(too_large());
        }
        let version = match object.get("Version") {
            None => Version::default(),
            Some(Value::String(text)) if text == Version::V2012.as_str() => Version::V2012,
            Some(Value::String(text)) if text == Version::V2008.as_str() => Version::V2008,
            Some(other) => {
                let problem = gap_text!(r#"{value} is neither "2012-10-17" nor "2008-10-17""#, value = shown(other));
                return Err(PolicyError::element("Version", problem));
            }
        };
        let id = text(object, "Id").map_err(|problem| PolicyError::element("Id", problem))?;
        let statements = match object.get("Statement") {
            None => return Err(PolicyError::element("Statement", gap_text!("it is missing"))),
            Some(Value::Object(statement)) => vec![Statement::from_object(0, statement)?],
            Some(Value::Array(list)) if list.is_empty() => {
                return Err(PolicyError::element("Statement", gap_text!("it is empty")));
            }
            Some(Value::Array(list)) => list
                .iter()
                .enumerate()
                .map(|(index, item)| match item {
                    Value::Object(statement) => Statement::from_object(index, statement),
                    other => Err(PolicyError::statement(
                        index,
                        None,
                        gap_text!("it is {kind}, not an object", kind = kind_of(other)),
                    )),
                })
                .collect::<Result<_, _>>()?,
            Some(other) => {
                let problem = gap_text!("it is {kind}, not an object or a list of objects", kind = kind_of(other));
                return Err(PolicyError::element("Statement", problem));
            }
        };
        Ok(Self { version, id, statements, other: all_but(object, &["Version", "Id", "Statement"]) })
    }
}

/// The largest document that is read, as JSON without blanks.
const MOST_BYTES: usize = 4 * 1024 * 1024;

fn too_large() -> PolicyError {
    PolicyError::document(gap_text!("it is larger than {most} bytes, so it is no policy document", most = MOST_BYTES))
}

fn take(left: &mut usize, bytes: usize) -> bool {
    let rest = left.checked_sub(bytes);
    *left = rest.unwrap_or(0);
    rest.is_some()
}

/// Whether what is left is enough for a value; quotes, commas and the like count as one.
fn fits(value: &Value, left: &mut usize) -> bool {
    match value {
        Value::String(text) => take(left, 1 + text.len()),
        Value::Array(list) => take(left, 1) && list.iter().all(|item| fits(item, left)),
        Value::Object(object) => {
            take(left, 1) && object.iter().all(|(name, value)| take(left, 1 + name.len()) && fits(value, left))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => take(left, 1),
    }
}

impl FromStr for Document {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// The normal form of [`Document::to_value`].
impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

impl Statement {
    const ELEMENTS: &'static [&'static str] =
        &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

    /// Whether at least one condition must hold for the statement to apply.
    pub fn is_conditional(&self) -> bool {
        !self.conditions.is_empty()
    }

    /// The statement as JSON in the normal form of [`Document::to_value`].
    pub fn to_value(&self) -> Value {
        let mut object: Map<String, Value> = self.other.clone().into_iter().collect();
        let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
        if let Some(sid) = &self.sid {
            set("Sid", json!(sid));
        }
        set("Effect", json!(self.effect.as_str()));
        match &self.principals {
            None => None,
            Some(Principals::Only(list)) => set("Principal", principals_value(list)),
            Some(Principals::AllBut(list)) => set("NotPrincipal", principals_value(list)),
        };
        match &self.actions {
            Patterns::Only(list) => set("Action", json!(list)),
            Patterns::AllBut(list) => set("NotAction", json!(list)),
        };
        match &self.resources {
            None => None,
            Some(Patterns::Only(list)) => set("Resource", json!(list)),
            Some(Patterns::AllBut(list)) => set("NotResource", json!(list)),
        };
        if self.is_conditional() {
            let mut operators: BTreeMap<&str, BTreeMap<&str, &[String]>> = BTreeMap::new();
            for condition in &self.conditions {
                operators.entry(&condition.operator).or_default().insert(&condition.key, &condition.values);
            }
            set("Condition", json!(operators));
        }
        Value::Object(object)
    }

    fn from_object(index: usize, object: &Map<String, Value>) -> Result<Self, PolicyError> {
        let at = |element: &'static str| move |problem: String| PolicyError::statement(index, Some(element), problem);
        let sid = text(object, "Sid").map_err(at("Sid"))?;
        let effect = match object.get("Effect") {
            None => return Err(at("Effect")(gap_text!("it is missing"))),
            Some(Value::String(text)) if text == "Allow" => Effect::Allow,
            Some(Value::String(text)) if text == "Deny" => Effect::Deny,
            Some(other) => {
                return Err(at("Effect")(gap_text!(r#"{value} is neither "Allow" nor "Deny""#, value = shown(other))));
            }
        };
        let principals = match (object.get("Principal"), object.get("NotPrincipal")) {
            (None, None) => None,
            (Some(value), None) => Some(Principals::Only(principals(value).map_err(at("Principal"))?)),
            (None, Some(value)) => Some(Principals::AllBut(principals(value).map_err(at("NotPrincipal"))?)),
            (Some(_), Some(_)) => return Err(at("Principal")(gap_text!("it stands beside NotPrincipal"))),
        };
        let actions = match (object.get("Action"), object.get("NotAction")) {
            (None, None) => return Err(at("Action")(gap_text!("it is missing, and so is NotAction"))),
            (Some(value), None) => Patterns::Only(strings(value).map_err(at("Action"))?),
            (None, Some(value)) => Patterns::AllBut(strings(value).map_err(at("NotAction"))?),
            (Some(_), Some(_)) => return Err(at("Action")(gap_text!("it stands beside NotAction"))),
        };
        let resources = match (object.get("Resource"), object.get("NotResource")) {
            (None, None) => None,
            (Some(value), None) => Some(Patterns::Only(strings(value).map_err(at("Resource"))?)),
            (None, Some(value)) => Some(Patterns::AllBut(strings(value).map_err(at("NotResource"))?)),
            (Some(_), Some(_)) => return Err(at("Resource")(gap_text!("it stands beside NotResource"))),
        };
        let conditions = match object.get("Condition") {
            None => Vec::new(),
            Some(value) => conditions(value).map_err(at("Condition"))?,
        };
        let other = all_but(object, Self::ELEMENTS);
        Ok(Self { sid, effect, principals, actions, resources, conditions, other })
    }
}

/// The normal form of [`Statement::to_value`], fit for evidence.
impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_value().serialize(serializer)
    }
}

// JSON never starts with a percent sign, while encoded JSON may start with encoded white space before its `%7B`.
fn decode(text: &str) -> Result<Cow<'_, str>, PolicyError> {
    if !text.trim_start().starts_with('%') {
        return Ok(Cow::Borrowed(text));
    }
    percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| PolicyError::document(gap_text!("it is percent-encoded, but what it encodes is not UTF-8")))
}

fn text(object: &Map<String, Value>, name: &str) -> Result<Option<String>, String> {
    match object.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(gap_text!("{value} is not a string", value = shown(other))),
    }
}

fn strings(value: &Value) -> Result<Vec<String>, String> {
    let string = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        other => Err(gap_text!("{value} is not a string", value = shown(other))),
    };
    match value {
        Value::Array(list) => list.iter().map(string).collect(),
        scalar => Ok(vec![string(scalar)?]),
    }
}

fn principals(value: &Value) -> Result<Vec<Principal>, String> {
    let aws = |text: String| if text == "*" { Principal::Everyone } else { Principal::Aws(text) };
    let Value::Object(kinds) = value else {
        return Ok(strings(value)?.into_iter().map(aws).collect());
    };
    let mut found = Vec::new();
    for (kind, value) in kinds {
        let names = strings(value)?;
        match kind.as_str() {
            "AWS" => found.extend(names.into_iter().map(aws)),
            "Service" => found.extend(names.into_iter().map(Principal::Service)),
            "Federated" => found.extend(names.into_iter().map(Principal::Federated)),
            "CanonicalUser" => found.extend(names.into_iter().map(Principal::CanonicalUser)),
            other => return Err(gap_text!("{value} is not a kind of principal", value = quoted(other))),
        }
    }
    Ok(found)
}

fn principals_value(list: &[Principal]) -> Value {
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for principal in list {
        kinds.entry(principal.kind()).or_default().push(principal.as_str());
    }
    json!(kinds)
}

fn conditions(value: &Value) -> Result<Vec<Condition>, String> {
    let Value::Object(operators) = value else {
        return Err(gap_text!("it is {kind}, not an object", kind = kind_of(value)));
    };
    let mut found = Vec::new();
    for (operator, value) in operators {
        let Value::Object(keys) = value else {
            return Err(gap_text!(
                "{operator} holds {kind}, not an object",
                operator = quoted(operator),
                kind = kind_of(value)
            ));
        };
        for (key, value) in keys {
            let values = match value {
                Value::Array(list) => list.iter().map(scalar).collect::<Result<_, _>>(),
                value => scalar(value).map(|value| vec![value]),
            };
            let values = values.map_err(|problem| {
                gap_text!("{key} of {operator}: {problem}", key = quoted(key), operator = quoted(operator))
            })?;
            found.push(Condition { operator: operator.clone(), key: key.clone(), values });
        }
    }
    Ok(found)
}

fn scalar(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(flag) => Ok(flag.to_string()),
        other => Err(gap_text!("{value} is not a string, number or boolean", value = kind_of(other))),
    }
}

fn all_but(object: &Map<String, Value>, known: &[&str]) -> BTreeMap<String, Value> {
    object
        .iter()
        .filter(|(name, _)| !known.contains(&name.as_str()))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => gap_text!("a boolean"),
        Value::Number(_) => gap_text!("a number"),
        Value::String(_) => gap_text!("a string"),
        Value::Array(_) => gap_text!("a list"),
        Value::Object(_) => gap_text!("an object"),
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => kind_of(value),
        scalar => scalar.to_string(),
    }
}

// An error is one line for a person, while a policy may hold kilobytes in one string.
fn quoted(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("{short:?}")
}

/// A JSON value without doubled keys: `serde_json` keeps the last of two, and that may be the harmless one.
struct Json(Value);

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor).map(Json)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(value)) = access.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((name, Json(value))) = access.next_entry::<String, Json>()? {
            if object.contains_key(&name) {
                return Err(de::Error::custom(format!("key {} stands twice in one object", quoted(&name))));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

    use super::*;

    fn error(text: &str) -> String {
        Document::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_policy_is_an_error_that_says_where() {
        for (text, wanted) in [
            ("", "policy document cannot be read: it is empty"),
            (" \n", "policy document cannot be read: it is empty"),
            ("null", "policy document cannot be read: it is null, not an object"),
            ("[]", "policy document cannot be read: it is a list, not an object"),
            (r#"[{"Statement": []}]"#, "policy document cannot be read: it is a list, not an object"),
            (r#""{}""#, "policy document cannot be read: it is a string, not an object"),
            ("{}", "policy document is wrong at Statement: it is missing"),
            (r#"{"statement": []}"#, "policy document is wrong at Statement: it is missing"),
            (r#"{"Statement": []}"#, "policy document is wrong at Statement: it is empty"),
            (
                r#"{"Statement": "x"}"#,
                "policy document is wrong at Statement: it is a string, not an object or a list of objects",
            ),
            (r#"{"Statement": [1]}"#, "policy document is wrong at Statement[0]: it is a number, not an object"),
            (
                r#"{"Version": "2012-10-18", "Statement": []}"#,
                r#"policy document is wrong at Version: "2012-10-18" is neither "2012-10-17" nor "2008-10-17""#,
            ),
            (r#"{"Id": 7, "Statement": []}"#, "policy document is wrong at Id: 7 is not a string"),
            ("Allow: all", "policy document cannot be read at line 1 column 1: expected value"),
            (
                "{\"Statement\": [\n  {\"Effect\": \"Allow\", \"Act",
                "policy document cannot be read at line 2 column 26: EOF while parsing a string",
            ),
            ("{} {}", "policy document cannot be read at line 1 column 4: trailing characters"),
            ("{'Statement': []}", "policy document cannot be read at line 1 column 2: key must be a string"),
            (
                r#"{"Statement": [], "Statement": []}"#,
                r#"policy document cannot be read at line 1 column 34: key "Statement" stands twice in one object"#,
            ),
            (
                "%7B%22Statement%22%3A%5B%5D",
                "policy document cannot be read at line 1 column 15: EOF while parsing an object",
            ),
            ("%7B%FF%7D", "policy document cannot be read: it is percent-encoded, but what it encodes is not UTF-8"),
            ("%257B%257D", "policy document cannot be read at line 1 column 1: expected value"),
        ] {
            assert_eq!(error(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_statement_is_an_error_that_says_which() {
        for (statement, wanted) in [
            (r#"{"Action": "*", "Resource": "*"}"#, "Effect: it is missing"),
            (r#"{"Effect": true, "Action": "*"}"#, r#"Effect: true is neither "Allow" nor "Deny""#),
            (r#"{"Effect": "DENY", "Action": "*"}"#, r#"Effect: "DENY" is neither "Allow" nor "Deny""#),
            (r#"{"Effect": ["Allow"], "Action": "*"}"#, r#"Effect: a list is neither "Allow" nor "Deny""#),
            (r#"{"Effect": "Allow", "Resource": "*"}"#, "Action: it is missing, and so is NotAction"),
            (r#"{"Effect": "Allow", "action": "*"}"#, "Action: it is missing, and so is NotAction"),
            (r#"{"Effect": "Allow", "Action": "*", "NotAction": "*"}"#, "Action: it stands beside NotAction"),
            (r#"{"Effect": "Allow", "Action": 7}"#, "Action: 7 is not a string"),
            (r#"{"Effect": "Allow", "Action": null}"#, "Action: null is not a string"),
            (r#"{"Effect": "Allow", "Action": ["*", 7]}"#, "Action: 7 is not a string"),
            (r#"{"Effect": "Allow", "NotAction": [["*"]]}"#, "NotAction: a list is not a string"),
            (
                r#"{"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}"#,
                "Resource: it stands beside NotResource",
            ),
            (r#"{"Effect": "Allow", "Action": "*", "Resource": {}}"#, "Resource: an object is not a string"),
            (
                r#"{"Effect": "Allow", "Action": "*", "Principal": "*", "NotPrincipal": "*"}"#,
                "Principal: it stands beside NotPrincipal",
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Principal": {"aws": "*"}}"#,
                r#"Principal: "aws" is not a kind of principal"#,
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Principal": {"AWS": 111122223333}}"#,
                "Principal: 111122223333 is not a string",
            ),
            (r#"{"Effect": "Allow", "Action": "*", "Sid": 1}"#, "Sid: 1 is not a string"),
            (r#"{"Effect": "Allow", "Action": "*", "Condition": []}"#, "Condition: it is a list, not an object"),
            (
                r#"{"Effect": "Allow", "Action": "*", "Condition": {"Bool": "aws:SecureTransport"}}"#,
                r#"Condition: "Bool" holds a string, not an object"#,
            ),
            (
                r#"{"Effect": "Allow", "Action": "*", "Condition": {"Null": {"aws:a": null}}}"#,
                r#"Condition: "aws:a" of "Null": null is not a string, number or boolean"#,
            ),
        ] {
            let text = format!(r#"{{"Statement": [{{"Effect": "Deny", "Action": "*"}}, {statement}]}}"#);
            assert_eq!(error(&text), format!("policy document is wrong at Statement[1].{wanted}"), "{statement}");
        }
    }

    #[test]
    fn an_error_shows_the_start_of_a_long_text() {
        let effect = "x".repeat(10_000);
        let text = error(&format!(r#"{{"Statement": {{"Effect": "{effect}", "Action": "*"}}}}"#));
        assert!(text.len() < 200 && text.contains('…'), "{text}");
    }

    #[test]
    fn deep_nesting_is_an_error() {
        for deep in ["[".repeat(1_000_000), r#"{"a":"#.repeat(200_000), r#"{"Statement":"#.repeat(200)] {
            assert!(error(&deep).contains("recursion limit exceeded"));
        }
    }

    #[test]
    fn what_is_too_large_is_an_error() {
        let wanted = "policy document cannot be read: it is larger than 4194304 bytes, so it is no policy document";
        let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/key"});
        let policy = |count: usize| json!({"Statement": vec![statement.clone(); count]});
        assert_eq!(error(&policy(100_000).to_string()), wanted);
        assert_eq!(Document::from_value(&policy(100_000)).unwrap_err().to_string(), wanted);
        assert_eq!(error(&"%20".repeat(5_000_000)), wanted);
        assert_eq!(error(&"[".repeat(5_000_000)), wanted);
        assert_eq!(Document::parse(&policy(40_000).to_string()).unwrap().statements.len(), 40_000);
        // 100,000 terms are read.
        let actions: Vec<_> = (0..100_000).map(|n| format!("s3:Get{n}*")).collect();
        let policy = json!({"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}});
        assert_eq!(Document::parse(&policy.to_string()).unwrap().statements[0].actions.as_slice().len(), 100_000);
    }

    #[test]
    fn an_encoded_document_may_start_with_white_space() {
        let text = "%0A%7b%22Statement%22:%7b%22Effect%22:%22Deny%22,%22Action%22:%22*%22%7d%7d";
        assert_eq!(Document::parse(text).unwrap().statements[0].effect, Effect::Deny);
    }

    #[test]
    fn a_value_is_an_object_or_text() {
        let object = json!({"Statement": {"Effect": "Deny", "Action": "*"}});
        assert_eq!(
            Document::from_value(&object),
            Document::from_value(&json!(r#"{"Statement": {"Effect": "Deny", "Action": "*"}}"#))
        );
        for odd in [json!(null), json!(1), json!([object])] {
            assert!(Document::from_value(&odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn unknown_elements_are_kept() {
        let policy = json!({
            "Version": "2012-10-17", "Id": "x", "Note": {"by": 1},
            "Statement": [{"Sid": "", "Effect": "Allow", "Action": ["*"], "Comment": [null]}]
        });
        let document = Document::from_value(&policy).unwrap();
        assert_eq!(document.other["Note"], json!({"by": 1}));
        assert_eq!(document.statements[0].other["Comment"], json!([null]));
        assert_eq!(document.to_value(), policy);
        assert_eq!(serde_json::to_value(&document).unwrap(), policy);
    }

    #[test]
    fn condition_values_are_text_and_principals_are_typed() {
        let document = Document::parse(
            r#"{"Statement": [
                {"Effect": "Allow", "Action": "*", "Principal": "*"},
                {"Effect": "Allow", "Action": "*", "Principal": ["*"]},
                {"Effect": "Allow", "Action": "*", "Principal": {"AWS": ["111122223333", "*"], "Service": "a.amazonaws.com",
                 "Federated": "graph.facebook.com", "CanonicalUser": ["79a5"]}},
                {"Effect": "Deny", "Action": "*", "NotPrincipal": {"AWS": "*"},
                 "Condition": {"Bool": {"aws:SecureTransport": false}, "NumericLessThan": {"s3:TlsVersion": [1.2, 3, "4"]}}}
            ]}"#,
        )
        .unwrap();
        let principals = |index: usize| document.statements[index].principals.clone().unwrap();
        assert_eq!(principals(0), Principals::Only(vec![Principal::Everyone]));
        assert_eq!(principals(1), Principals::Only(vec![Principal::Everyone]));
        assert_eq!(
            principals(2),
            Principals::Only(vec![
                Principal::Aws("111122223333".into()),
                Principal::Everyone,
                Principal::CanonicalUser("79a5".into()),
                Principal::Federated("graph.facebook.com".into()),
                Principal::Service("a.amazonaws.com".into()),
            ])
        );
        assert_eq!(principals(3), Principals::AllBut(vec![Principal::Everyone]));
        let values: Vec<_> = document.statements[3].conditions.iter().map(|condition| &condition.values).collect();
        assert_eq!(values, [&vec!["false".to_owned()], &vec!["1.2".to_owned(), "3".to_owned(), "4".to_owned()]]);
    }
}
