"""Compares the JSON Schema of a row with the shape that botocore's published model gives the same data."""

from functools import cache

import botocore.loaders
import botocore.model

from protocols import BOTOCORE_NAMES


# What JSON makes of each of botocore's types, as the AWS CLI prints it.
JSON_TYPES = {
    "string": {"string"},
    "character": {"string"},
    "timestamp": {"string"},
    "blob": {"string"},
    "boolean": {"boolean"},
    "integer": {"integer"},
    "long": {"integer"},
    "float": {"number"},
    "double": {"number"},
    "structure": {"object"},
    "map": {"object"},
    "list": {"array"},
}


@cache
def service(name: str) -> botocore.model.ServiceModel:
    folder = BOTOCORE_NAMES.get(name, name)
    return botocore.model.ServiceModel(botocore.loaders.Loader().load_service_model(folder, "service-2"), folder)


def output_shape(operation: str, path: list[str]) -> botocore.model.Shape:
    """The shape of one row: the operation's output, walked along member names; lists are entered on the way."""
    name, _, method = operation.partition(":")
    shape = service(name).operation_model(method).output_shape
    for member in path:
        shape = inner(shape)
        assert member in shape.members, f"{operation} has no {member} in {shape.name}: {sorted(shape.members)}"
        shape = shape.members[member]
    return inner(shape)


def inner(shape: botocore.model.Shape) -> botocore.model.Shape:
    """What a list or a list of lists holds."""
    while shape.type_name == "list":
        shape = shape.member
    return shape


def differences(schema: dict, shape: botocore.model.Shape, definitions: dict, at: str = "") -> list[str]:
    """Every property that AWS's model does not have, or has with another type, each with its path.

    A fact that could not be read is no form of AWS's, and is left out.
    """
    forms = [one for one in alternatives(schema, definitions) if "$gap" not in one.get("properties", {})]
    found = [differences_of_one(one, shape, definitions, at) for one in forms]
    # Where a row accepts several forms (a policy as text or as an object), AWS's own must be among them.
    return min(found, key=len, default=[])


def differences_of_one(schema: dict, shape: botocore.model.Shape, definitions: dict, at: str) -> list[str]:
    types = types_of(schema)
    if types and not types & JSON_TYPES[shape.type_name]:
        return [f"{at or 'row'}: {shape.type_name} in AWS's model, {' or '.join(sorted(types))} here"]
    wrong = []
    properties = schema.get("properties", {})
    if shape.type_name == "structure":
        for name, value in properties.items():
            here = f"{at}.{name}" if at else name
            if name in shape.members:
                wrong += differences(value, shape.members[name], definitions, here)
            else:
                wrong.append(f"{here}: not in AWS's model")
    elif shape.type_name == "map":
        for name, value in properties.items():
            wrong += differences(value, shape.value, definitions, f"{at}.{name}" if at else name)
        if isinstance(schema.get("additionalProperties"), dict):
            wrong += differences(schema["additionalProperties"], shape.value, definitions, f"{at}.*")
    elif shape.type_name == "list" and isinstance(schema.get("items"), dict):
        wrong += differences(schema["items"], shape.member, definitions, f"{at}[]")
    return wrong


def alternatives(schema: dict | bool, definitions: dict) -> list[dict]:
    """The forms that a schema accepts, references followed and parts joined; null is no form."""
    if isinstance(schema, bool):
        return [{}]
    if "$ref" in schema:
        rest = {name: value for name, value in schema.items() if name != "$ref"}
        return [joined(one, rest) for one in alternatives(definitions[schema["$ref"].rpartition("/")[2]], definitions)]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            rest = {name: value for name, value in schema.items() if name != word}
            return [joined(rest, one) for part in schema[word] for one in alternatives(part, definitions)]
    if "allOf" in schema:
        rest = {name: value for name, value in schema.items() if name != "allOf"}
        forms = [rest]
        for part in schema["allOf"]:
            forms = [joined(form, one) for form in forms for one in alternatives(part, definitions)]
        return forms
    return [] if schema.get("type") == "null" else [schema]


def joined(one: dict, other: dict) -> dict:
    """Two parts of one form, the properties of both."""
    return one | other | {"properties": one.get("properties", {}) | other.get("properties", {})}


def types_of(schema: dict) -> set[str]:
    types = schema.get("type", [])
    return ({types} if isinstance(types, str) else set(types)) - {"null"}
