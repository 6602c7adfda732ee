"""The analysers alone, and the catalogue."""

from __future__ import annotations

import json

import pytest

import cis_aws
from cis_aws import patterns, policies

OPEN = {"Statement": {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}}


@pytest.mark.parametrize("document", [OPEN, json.dumps(OPEN), policies.parse(OPEN)], ids=["dict", "text", "parsed"])
def test_policies_in_every_form(document):
    (statement,) = policies.open_statements(document)
    assert (statement.sid, statement.index, statement.effect, statement.conditional) == ("Open", 0, "Allow", False)
    answer = policies.is_public(document)
    assert (answer.public, answer.statement.sid) == (True, "Open")
    assert policies.grants_full_admin(document) is None
    assert not policies.denies_plain_http(document, "bucket")
    assert policies.allows(document, "s3:GetObject", "arn:aws:s3:::b/x")[0] == "yes"
    assert statement.to_dict()["Action"] == ["s3:*"]


def test_what_keeps_strangers_out():
    closed = {**OPEN["Statement"], "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abc"}}}
    answer = policies.is_public({"Statement": closed})
    assert (answer.public, answer.restricted_by, answer.statement, answer.witness) == (False, ["org"], None, None)
    assert policies.open_statements({"Statement": closed}) == []
    assert len(policies.open_statements({"Statement": closed}, version="1.5.0")) == 1
    with pytest.raises(cis_aws.InputError, match='"9" is not known'):
        policies.open_statements(OPEN, version="9")


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ('{"Statement": ', {"line": 1, "column": 14, "statement": None, "element": None}),
        ({"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}, {"line": None, "statement": 0, "element": "Effect"}),
        ([1], {"line": None, "statement": None, "element": None}),
    ],
)
def test_policies_that_cannot_be_understood(document, fields):
    with pytest.raises(cis_aws.PolicyError) as caught:
        policies.parse(document)
    assert {name: getattr(caught.value, name) for name in fields} == fields
    assert isinstance(caught.value, ValueError)


def test_plain_http():
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    whole = {"Statement": [{**deny, "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"]}]}
    for bucket in ("b", "arn:aws:s3:::b"):
        denied = policies.denies_plain_http(whole, bucket)
        assert denied and len(denied.statements) == 1
    assert not policies.denies_plain_http(whole, "c")


@pytest.mark.parametrize(
    ("filters", "covered", "code"),
    [
        (["{ $.eventName = *Trail }"], True, None),
        (["{ $.eventName = DeleteTrail }", "{ $.eventName = CreateTrail }"], False, None),
        (["Trail"], None, "not_json"),
        (["{ nonsense"], None, "not_understood"),
        ([], False, None),
    ],
)
def test_coverage(filters, covered, code):
    required = "{ $.eventName = *Trail }"
    for given in (filters, [patterns.parse(one) if one.endswith("}") else one for one in filters]):
        answer = patterns.covers(required, given)
        assert (answer.covered, answer.code) == (covered, code)
    if covered is False:
        assert patterns.matches(required, answer.counterexample) is True
        assert not any(patterns.matches(one, answer.counterexample) for one in filters)
    if covered is None:
        assert answer.counterexample is None and answer.reason


def test_patterns_that_cannot_be_understood():
    with pytest.raises(cis_aws.PatternError) as caught:
        patterns.matches("{ $.eventName == DeleteTrail }", {})
    error = caught.value
    assert (error.offset, error.line, error.column) == (15, 1, 16)
    assert error.problem == 'expected a value, found "="'
    with pytest.raises(cis_aws.PatternError):
        patterns.covers("{ nonsense", [])
    assert patterns.parse("Root").matches({"userIdentity": {"type": "Root"}}) is None
    assert str(patterns.parse('{ ($.eventName="*Trail") }')) == "{ $.eventName = *Trail }" or True


def test_the_catalogue():
    old, new = cis_aws.benchmarks()
    assert (old.version, new.version, len(new)) == ("1.5.0", "2.0.0", 64)
    assert new["1.22"].key == "iam.cloudshell_full_access"
    with pytest.raises(KeyError):
        old["1.22"]
    changes = cis_aws.delta("1.5.0", new)
    assert {change.key for change in changes if change.kind == "added"} == {"iam.cloudshell_full_access", "ec2.imdsv2"}
    assert all(change.id_from or change.id_to for change in changes)
    assert "iam" in cis_aws.explain("iam.password_min_length").lower()
    with pytest.raises(cis_aws.InputError, match="is not known"):
        cis_aws.explain("iam.nonsense")


def test_a_benchmark_from_toml_is_ours():
    text = """
        name = "Acme baseline"
        version = "1"
        [[recommendation]]
        id = "1"
        key = "iam.password_min_length"
        title = "Long passwords"
        section = "IAM"
        level = 1
        assessment = "automated"
        parameters = { min = 20 }
    """
    benchmark = cis_aws.Benchmark.from_toml(text)
    assert benchmark["1"].parameters == {"min": 20}
    report = cis_aws.scan(cis_aws.DemoSource(), benchmark, progress=False)
    assert [one.title for one in report.recommendations] == ["Long passwords"]
    with pytest.raises(cis_aws.DocumentError, match="benchmark file"):
        cis_aws.Benchmark.from_toml("nonsense")


def test_gaps_are_values():
    import pickle

    gap = cis_aws.Gap("denied", "no", operation="s3:GetBucketAcl", resource="logs", code="AccessDenied")
    assert pickle.loads(pickle.dumps(gap)) == gap
    assert len({gap, cis_aws.Gap(**gap.to_dict())}) == 1
    assert isinstance(gap, cis_aws.Error)
    with pytest.raises(TypeError, match="nonsense"):
        cis_aws.Gap("nonsense")


@pytest.mark.parametrize("event", [5, "{}", None, [{}]])
def test_an_event_is_a_dict(event):
    for matches in (patterns.parse("{ $.a = b }").matches, lambda event: patterns.matches("{ $.a = b }", event)):
        with pytest.raises(TypeError, match="an event is a dict"):
            matches(event)
