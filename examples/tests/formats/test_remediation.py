"""Remediation: every AWS CLI command of every requirement, read by botocore's models of the services."""

import json
import re
import shlex

import botocore.session
import program
import pytest
from botocore import xform_name
from botocore.validate import ParamValidator

VERSIONS = ["1.5.0", "2.0.0"]
# Services and options that the AWS CLI names in its own way (awscli/customizations).
SERVICES = {"configservice": "config", "s3api": "s3"}
RENAMED = {
    ("ec2", "create-network-acl-entry", "ingress"): "no-egress",
    ("sns", "subscribe", "notification-endpoint"): "endpoint",
}
GLOBAL = {"region", "query", "output"}
# What it does with an answer, beside the parameters of the operation.
OWN = {("iam", "create-virtual-mfa-device"): {"outfile", "bootstrap-method"}}
OPEN = re.compile(r"<[A-Z0-9_]+>")


@pytest.fixture(scope="session")
def listed(tmp_path_factory) -> dict[str, list[dict]]:
    """The recommendations of each version with their remediation."""
    folder = tmp_path_factory.mktemp("listed")
    runs = {version: program.run(folder, "list", "--benchmark", version, "--format", "json") for version in VERSIONS}
    return {version: json.loads(run.stdout)["recommendations"] for version, run in runs.items()}


@pytest.fixture(scope="session")
def models():
    session = botocore.session.get_session()
    return lambda service: session.get_service_model(SERVICES.get(service, service))


def value_of(shape, words: list[str]):
    """What the AWS CLI makes of the words after an option."""
    kind = shape.type_name
    if kind == "list":
        if len(words) == 1 and words[0].startswith("["):
            return typed(shape, json.loads(words[0]))
        return [value_of(shape.member, [word]) for word in words]
    [word] = words
    if kind in ("structure", "map") and word.startswith("{"):
        return typed(shape, json.loads(word))
    if kind == "structure":
        members = dict(part.split("=", 1) for part in word.split(","))
        return {name: value_of(shape.members[name], [text]) for name, text in members.items()}
    return typed(shape, word)


def typed(shape, value):
    """A value as its shape has it: numbers and truth written as text, and what is for a person to choose."""
    kind = shape.type_name
    if kind == "list":
        return [typed(shape.member, item) for item in value]
    if kind == "structure":
        unknown = set(value) - set(shape.members)
        assert not unknown, f"{shape.name} has no {unknown}"
        return {name: typed(shape.members[name], item) for name, item in value.items()}
    if kind in ("integer", "long", "float", "double"):
        return 1 if OPEN.fullmatch(str(value)) else int(value)
    if kind == "boolean":
        return {"true": True, "false": False}[str(value).lower()]
    if kind == "string" and shape.enum and not OPEN.search(value):
        assert value in shape.enum, f"{value!r} is not of {shape.name}: {shape.enum}"
    if kind == "string" and (OPEN.search(value) or value.startswith("file://")):
        return value.ljust(shape.metadata.get("min", 0), "x")
    return value


def check(models, command: str):
    words = shlex.split(command)
    aws, service, name, *rest = words
    assert aws == "aws", command
    model = models(service)
    operations = {xform_name(operation, "-"): operation for operation in model.operation_names}
    assert name in operations, f"{service} has no {name}"
    shape = model.operation_model(operations[name]).input_shape
    members = {xform_name(member, "-"): (member, of) for member, of in (shape.members if shape else {}).items()}
    given: dict[str, list[str]] = {}
    option = None
    for word in rest:
        if word.startswith("--"):
            option = word[2:]
            assert option not in given, f"--{option} twice"
            given[option] = []
        else:
            assert option, f"{word} before any option"
            given[option].append(word)
    parameters = {}
    for option, values in given.items():
        if option in GLOBAL or option in OWN.get((service, name), ()):
            assert len(values) == 1, option
            continue
        option = RENAMED.get((service, name, option), option)
        negated = option.startswith("no-") and option not in members
        member = members.get(option.removeprefix("no-") if negated else option)
        assert member, f"aws {service} {name} has no --{option}"
        if member[1].type_name == "boolean":
            assert not values, f"--{option} takes no value"
            parameters[member[0]] = not negated
        else:
            assert values and not negated, f"--{option} takes a value"
            parameters[member[0]] = value_of(member[1], values)
    if shape:
        # What a client fills in by itself.
        for member, of in shape.members.items():
            if of.metadata.get("idempotencyToken"):
                parameters.setdefault(member, "token")
        report = ParamValidator().validate(parameters, shape)
        assert not report.has_errors(), report.generate_report()
    else:
        assert not parameters


@pytest.mark.parametrize("version", VERSIONS)
def test_every_command_is_one_of_aws(listed, models, version):
    wrong, right = [], 0
    for recommendation in listed[version]:
        for step in recommendation["remediation"].get("cli", {}).get("steps", []):
            try:
                check(models, step["text"])
                right += 1
            except (AssertionError, ValueError, KeyError) as error:
                wrong.append(f"{recommendation['key']}: {step['text']}\n    {error!r}")
    assert not wrong, "\n".join(wrong)
    assert right > 100, right


@pytest.mark.parametrize("version", VERSIONS)
def test_every_recommendation_says_each_way(listed, version):
    assert len(listed[version]) == {"1.5.0": 63, "2.0.0": 64}[version]
    for recommendation in listed[version]:
        remediation = recommendation["remediation"]
        assert remediation["summary"], recommendation["key"]
        for way in ("console", "cli", "terraform"):
            told = remediation[way]
            assert told.get("steps") or told.get("not_this_way"), (recommendation["key"], way)


@pytest.mark.parametrize(
    "command, fault",
    [
        ("aws iam delete-user --user-name ann", None),
        ("aws iam remove-user --user-name ann", "iam has no remove-user"),
        ("aws iam delete-user --username ann", "has no --username"),
        ("aws iam delete-user", "Missing required parameter"),
        ("aws s3api put-bucket-acl --bucket b --acl secret", "is not of"),
        ("aws iam delete-user --user-name ann --user-name bob", "twice"),
        ("aws s3api put-public-access-block --bucket b --public-access-block-configuration BlockAll=true", "BlockAll"),
    ],
)
def test_the_checker_refuses(models, command, fault):
    if fault is None:
        check(models, command)
        return
    with pytest.raises((AssertionError, KeyError), match=fault):
        check(models, command)
