"""How verdicts of Prowler's and ours are brought together, and that no reason is there for another disagreement."""

import sys
from pathlib import Path

import pytest

WORKSPACE = Path(__file__).resolve().parents[2]
sys.path += [str(WORKSPACE / "benches/peers"), str(WORKSPACE / "examples/tests/e2e")]

from reasons import Reasons  # noqa: E402
from verdicts import Verdicts, differing, label  # noqa: E402

NAMES = {"arn:aws:kms:us-east-1:123456789012:key/1": "key/rotating"}


@pytest.mark.parametrize(
    ("why", "arguments", "expected"),
    [
        ("the account's, whatever it hangs on", ("1.8", "arn:aws:iam:us-east-1:1:password-policy", "x", None), "account"),
        ("a region's", ("4.16", "arn:aws:securityhub:eu-west-1:1:hub/default", "x", "eu-west-1"), "eu-west-1"),
        ("a region's, said of the account", ("3.5", None, "123456789012", None), "account"),
        ("one that we named", ("3.8", "arn:aws:kms:us-east-1:123456789012:key/1", "x", None), "key/rotating"),
        ("the bucket behind a trail", ("3.6", "arn:aws:cloudtrail:x:1:trail/local", "x", None), "bucket/open-logs"),
        ("a trail where it is about trails", ("3.2", "arn:aws:x:1:trail/local", "x", None), "arn:aws:x:1:trail/local"),
        ("a bucket", ("2.1.1", "arn:aws:s3:::logs", "logs", None), "bucket/logs"),
        ("a policy of AWS's", ("1.16", "arn:aws:iam::aws:policy/A", "A", None), "aws:policy/A"),
    ],
)
def test_one_name_for_what_both_judge(why, arguments, expected):
    assert label(*arguments, NAMES) == expected, why


def verdicts(**statuses: list[str]) -> Verdicts:
    made = Verdicts()
    for name, each in statuses.items():
        for status in each:
            made.add("1.1", name, status, "")
    return made


@pytest.mark.parametrize(
    ("why", "ours", "theirs", "expected"),
    [
        ("the same", {"a": ["pass"]}, {"a": ["pass"]}, []),
        ("the gravest of several rows", {"a": ["fail"]}, {"a": ["pass", "fail", "manual"]}, []),
        ("nothing to judge, and no row", {"a": ["not_applicable"]}, {}, []),
        ("a verdict, and no row", {"a": ["fail"]}, {}, [("a", "fail", "no row")]),
        ("a row of theirs alone", {}, {"a": ["pass"]}, [("a", "no row", "pass")]),
        ("nothing to judge, and passed", {"a": ["not_applicable"]}, {"a": ["pass"]}, [("a", "not_applicable", "pass")]),
    ],
)
def test_what_counts_as_a_disagreement(why, ours, theirs, expected):
    found = [(key[1], our, their) for key, our, their in differing(verdicts(**ours), verdicts(**theirs))]
    assert found == expected, why


def test_a_reason_fits_its_own_disagreement_alone():
    reasons = Reasons.read(WORKSPACE / "benches/peers/reasons.toml")
    edge = reasons.of(("1.12", "user/edge"), "fail", "pass")
    assert "45 days" in edge.why and edge.met
    for key, ours, theirs in [
        (("1.12", "user/alice"), "fail", "pass"),
        (("1.12", "user/edge"), "pass", "fail"),
        (("1.13", "user/edge"), "fail", "pass"),
    ]:
        assert reasons.of(key, ours, theirs) is None, (key, ours, theirs)
