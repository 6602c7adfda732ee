"""Checks of one's own, over facts of AWS and of one's own."""

from __future__ import annotations

import asyncio
import datetime as dt
import re

import pytest
from conftest import Doors, doors_shut, judged

import cis_aws
from cis_aws import testing

SHUT, OPEN = {"Name": "front", "Open": False}, {"Name": "back", "Open": True}
DENIED = cis_aws.Gap("denied", "no", operation="acme:ListDoors", code="AccessDenied", action="acme:ListDoors")


def statuses(findings):
    return {finding.resource_id: finding.status for finding in findings}


@pytest.mark.parametrize(
    ("name", "answer", "expected"),
    [
        ("rows", [SHUT, OPEN], {"front": "pass", "back": "fail"}),
        ("a table", cis_aws.Table([SHUT]), {"front": "pass"}),
        ("any iterable", lambda request: iter([SHUT]), {"front": "pass"}),
        ("no rows", [], {"123456789012": "not_applicable"}),
        ("a gap", DENIED, {"123456789012": "unknown"}),
        ("a gap in a field", [SHUT, {"Name": "back", "Open": DENIED}], {"front": "pass", "back": "unknown"}),
        ("a gap among the rows", [SHUT, DENIED], {"front": "pass", "123456789012": "unknown"}),
        ("a list that was cut off", cis_aws.Table([SHUT], cut_off=[DENIED]), {"front": "pass", "123456789012": "unknown"}),
        ("no service", cis_aws.Table(no_service="Acme says so"), {"123456789012": "not_applicable"}),
        ("no service, and rows", cis_aws.Table([SHUT], no_service="Acme says so"), {"123456789012": "unknown"}),
        ("a field is missing", [{"Name": "front"}], {"front": "unknown"}),
        ("text", "rows", {"123456789012": "unknown"}),
        ("a dict", {"rows": []}, {"123456789012": "unknown"}),
        ("nothing", lambda request: None, {"123456789012": "unknown"}),
        ("a row that is no dict", [SHUT, 7], {"front": "pass", "123456789012": "unknown"}),
        ("a value that is no JSON", [SHUT, {"Name": "back", "Open": object()}], {"front": "pass", "123456789012": "unknown"}),
        ("not a number", [SHUT, {"Name": "back", "Open": float("nan")}], {"123456789012": "unknown"}),
        ("raises", lambda request: 1 / 0, {"123456789012": "unknown"}),
    ],
)
def test_what_a_data_source_may_answer(name, answer, expected):
    assert statuses(judged(answer)) == expected, name


def test_what_went_wrong_in_a_source_is_told():
    (finding,) = judged(lambda request: 1 / 0)
    (gap,) = finding.gaps
    assert (gap.kind, gap.dataset, gap.operation) == ("failed", "acme.doors", "acme:ListDoors")
    assert "ZeroDivisionError: division by zero" in gap.message

    def denied(request):
        raise DENIED

    (finding,) = judged(denied)
    assert finding.message == "This could not be judged: acme:ListDoors answered AccessDenied; allow acme:ListDoors."
    assert finding.gaps[0].denied_by == "unclear"


def test_a_source_that_awaits():
    class Awaiting(Doors):
        async def coverage(self):
            await asyncio.sleep(0)
            return super().coverage()

        async def fetch(self, request):
            await asyncio.sleep(0.01)
            return super().fetch(request)

    assert statuses(judged(Awaiting([SHUT]))) == {"front": "pass"}

    async def in_a_loop():
        source = Awaiting(lambda request: asyncio.get_running_loop() is loop and [SHUT])
        loop = asyncio.get_running_loop()
        return await cis_aws.scan_async(source, controls=[doors_shut], select="acme.*", progress=False)

    assert statuses(asyncio.run(in_a_loop()).findings) == {"front": "pass"}


@pytest.mark.parametrize(
    ("coverage", "text"),
    [
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: None, "coverage\\(\\) gave a NoneType"),
        (lambda: cis_aws.Coverage("1234"), "12 digits"),
        (lambda: cis_aws.Coverage("123456789012", {"a": "perhaps"}), "'perhaps' is not known"),
    ],
)
def test_a_source_that_cannot_name_its_account(coverage, text):
    source = Doors([])
    source.coverage = coverage
    with pytest.raises(cis_aws.SourceError, match=text) as caught:
        judged(source)
    assert caught.value.__cause__ is not None


def test_what_a_request_says():
    seen = []
    locks = cis_aws.Dataset("acme.locks", "region", {"acme:GetLock": "acme:ReadLock"}, after=[Doors.DATASET])

    def answer(request):
        seen.append(request)
        return [SHUT] if request.dataset == "acme.doors" else [{"Name": "lock"}]

    @cis_aws.control(key="acme.locks", title="Locks", each=locks)
    def locked(row, facts):
        assert facts.place.region == "us-east-1"
        return cis_aws.passed("It is locked.")

    (finding,) = judged(answer, locked)
    assert (finding.status, finding.region) == ("pass", "us-east-1")
    request = seen[1]
    assert (request.dataset, request.place.account_id, request.place.region) == ("acme.locks", "123456789012", "us-east-1")
    assert (request.only, request.also, request.partition) == (None, frozenset(), "aws")
    assert request.facts == {"acme.doors": [SHUT]}
    assert request.operations == [("acme:GetLock", "acme:ReadLock")]


def test_values_of_every_kind_that_is_json():
    numpy = pytest.importorskip("numpy")
    moment = dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    given = [None, True, 1, -(2**63), 2**64 - 1, 1.5, "ä", (1, 2), {"a": {"b": []}}, moment, numpy.int64(7), numpy.float64(0.5)]
    (finding,) = judged([{"Name": "front", "Open": given}])
    (seen,) = finding.evidence
    assert seen.value == [None, True, 1, -(2**63), 2**64 - 1, 1.5, "ä", [1, 2], {"a": {"b": []}}, "2026-01-01T22:00:00Z", 7, 0.5]
    circle = []
    circle.append(circle)
    for bad in (circle, 2**64, b"bytes", {1: 2}, {"a"}, dt.datetime(2026, 1, 1)):
        assert {one.status for one in judged([{"Name": "front", "Open": bad}])} == {"unknown"}


def test_evidence_and_values():
    read_at = dt.datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=dt.timezone.utc)
    (finding,) = judged(cis_aws.Table([OPEN], read_at=read_at))
    assert finding.message == "The door back is open: true."
    assert finding.template == "The door {name} is open: {open}."
    assert finding.values == {"name": "back", "open": True}
    (seen,) = finding.evidence
    assert (seen.operation, seen.field, seen.value, seen.read_at) == ("acme:ListDoors", "Open", True, read_at)
    assert finding.resource_type == "Acme::Door"
    assert finding.recommendation is None


def check(function, **more):
    return cis_aws.control(key="acme.check", title="A check", each=Doors.DATASET, **more)(function)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda row, facts: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda row, facts: None, "the check gave None; expected a verdict"),
        (lambda row, facts: True, "the check gave True; expected a verdict"),
        (lambda row: cis_aws.passed("Yes."), "takes 1 positional argument but 2 were given"),
        (lambda row, facts: cis_aws.passed(""), "the message of a verdict is a sentence"),
        (lambda row, facts: row["Nonsense"], "KeyError: 'Nonsense'"),
        (lambda row, facts: exec("raise SystemExit(3)"), "SystemExit: 3"),
    ],
)
def test_an_error_in_a_check_spoils_that_resource_alone(function, text):
    def one(row, facts):
        return cis_aws.passed("It is shut.") if row["Name"] == "front" else function(row, facts)

    findings = judged([SHUT, OPEN], check(one))
    assert statuses(findings) == {"front": "pass", "back": "unknown"}
    (spoilt,) = findings.filter(status="unknown")
    assert text in spoilt.message
    assert spoilt.message.startswith("The check ended in a fault of its own: ")
    (traceback,) = spoilt.evidence
    assert (traceback.operation, traceback.field) == ("python", "traceback")
    assert text in traceback.value and "cis_aws/_checks.py" not in traceback.value


def test_a_verdict_that_is_no_json_spoils_that_resource_alone():
    def one(row, facts):
        return cis_aws.passed("Yes.", evidence={"What": object() if row["Open"] else 1})

    findings = judged([SHUT, OPEN], check(one))
    assert statuses(findings) == {"front": "pass", "back": "unknown"}
    assert "The check's verdict is not valid" in findings.filter(status="unknown")[0].message


@pytest.mark.parametrize("nonsense", ["", 5, cis_aws.Resource(id=5), cis_aws.Resource("a", arn=""), cis_aws.Resource("\udcff")])
def test_a_resource_that_is_none_spoils_nothing_else(nonsense):
    rows = [SHUT, {"Name": "side", "Open": False}, OPEN]
    named = check(lambda row, facts: cis_aws.passed("Yes."), resource=lambda row: nonsense if row["Name"] == "side" else row["Name"])
    assert statuses(judged(rows, named)) == {"front": "pass", "123456789012": "unknown", "back": "pass"}


def test_an_error_in_a_check_leaves_the_others_alone(demo):
    @cis_aws.control(key="acme.broken", title="Broken", reads=["s3.buckets"])
    def broken(facts, out):
        raise RuntimeError("broken")

    report = cis_aws.scan(cis_aws.DemoSource(), controls=[broken], progress=False)
    ours = report.findings.filter(select="acme.*")
    assert [(one.status, one.resource_id) for one in ours] == [("unknown", "123456789012")]
    assert [one.to_dict() for one in report.findings if one.control != "acme.broken"] == [
        one.to_dict() for one in demo.findings
    ]


def test_a_check_says_how_to_fix_what_fails():
    remediation = {
        "summary": "Shut door {resource}.",
        "cautions": [("cuts_access", "Who is outside stays there.")],
        "cli": ["acme shut --door {resource}"],
        "terraform": "Doors are no resource of Terraform's.",
    }
    told = [
        judged([{"Name": "o'neil; reboot"}], check(lambda row, facts: verdict("Open."), remediation=given))[0].remediation
        for verdict in (cis_aws.failed, cis_aws.passed)
        for given in (remediation, "Shut it.", None)
    ]
    assert told[0].summary == "Shut door o'neil; reboot."
    assert told[0].cli == ['acme shut --door "o\'neil; reboot"'] and told[0].console == []
    assert told[0].cautions == [("cuts_access", "Who is outside stays there.")]
    assert told[0].not_this_way == {"terraform": "Doors are no resource of Terraform's."}
    assert told[1].summary == "Shut it." and told[1].cli == []
    assert told[2:] == [None] * 4, "nothing is to be fixed where nothing is said, or where it passes"


def test_a_check_that_says_nothing_is_unknown():
    @cis_aws.control(key="acme.silent", title="Silent", reads=[Doors.DATASET])
    def silent(facts, out):
        pass

    (finding,) = judged([SHUT], silent)
    assert (finding.status, finding.message) == ("unknown", "The control gave no finding here: nothing was judged.")


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda: cis_aws.control(key="a.b", title="T", reads="s3.buckets")(print), TypeError, "put the one dataset into a list"),
        (lambda: judged([], check(print, resource_type=5)), TypeError, "resource_type of acme.check is a int; expected text"),
        (lambda: judged([], check(print, judged_at="mars")), cis_aws.InputError, 'place "mars" is not known'),
        (lambda: judged([], check(print, remediation=5)), TypeError, "remediation of acme.check is a int; expected text, or a mapping"),
        (lambda: judged([], check(print, remediation={"cli": []})), TypeError, "remediation of acme.check has no summary"),
        (lambda: judged([], check(print, remediation={"summary": "S.", "shell": []})), TypeError, "has no 'shell'; expected some of"),
        (lambda: judged([], check(print, remediation={"summary": "S.", "cli": [1]})), TypeError, "cli in the remediation of acme.check"),
        (lambda: judged([], check(print, remediation={"summary": "S.", "cautions": ["x"]})), TypeError, "not pairs of a kind and a text"),
        (lambda: judged([], check(print, remediation={"summary": "S.", "cautions": 5})), TypeError, "not pairs of a kind and a text"),
        (
            lambda: judged([], check(print, remediation={"summary": "S.", "cautions": [("hurts", "Much.")]})),
            cis_aws.InputError,
            "remediation of acme.check: unknown variant `hurts`",
        ),
        (
            lambda: judged([], check(print, remediation={"summary": "S.", "cli": ["acme {door}; reboot"]})),
            cis_aws.InputError,
            "nothing fills the placeholder {door}",
        ),
        (lambda: cis_aws.Dataset("../x"), cis_aws.InputError, "the name '../x' of a dataset is not valid"),
        (lambda: cis_aws.Dataset(5), cis_aws.InputError, "the name 5 of a dataset is not valid"),
        (lambda: cis_aws.Dataset("s3.buckets"), cis_aws.InputError, "is one that the package knows"),
    ],
)
def test_a_check_or_dataset_that_cannot_be_made(make, error, text):
    with pytest.raises(error, match=re.escape(text)):
        make()


def test_an_undeclared_read_is_a_gap():
    @cis_aws.control(key="acme.sly", title="Sly", reads=[Doors.DATASET])
    def sly(facts, out):
        facts.rows("s3.buckets")

    (finding,) = judged([SHUT], sly)
    assert finding.status == "unknown"
    assert "without declaring it" in finding.message


def test_rows_know_what_is_missing():
    rows, cut = [SHUT, OPEN], cis_aws.Table([SHUT, OPEN], cut_off=[DENIED])
    is_open, is_back = (lambda row: row["Open"]), (lambda row: row["Name"] == "back")
    shut_or_gone = [SHUT, {"Name": "back", "Open": DENIED}]
    for name, answer, ask, expected in [
        ("any, witnessed", cut, lambda rows: rows.any(is_open), True),
        ("any, not witnessed", cut, lambda rows: rows.any(lambda row: row["Name"] == "side"), "gap"),
        ("every, refuted", cut, lambda rows: rows.every(is_open), False),
        ("every, not refuted", cut, lambda rows: rows.every(lambda row: True), "gap"),
        ("any, whole", rows, lambda rows: rows.any(lambda row: False), False),
        ("every, whole", rows, lambda rows: rows.every(lambda row: True), True),
        ("any over a gap inside", shut_or_gone, lambda rows: rows.any(is_open), "gap"),
        ("all of a list that was cut off", cut, lambda rows: len(rows.all()), "gap"),
        ("only keeps the cut", cut, lambda rows: rows.only(is_back).every(is_open), "gap"),
        ("only", rows, lambda rows: [row["Name"] for row in rows.only(is_open)], ["back"]),
        ("a slice", rows, lambda rows: [row["Name"] for row in rows[::-1]], ["back", "front"]),
        ("what could not be read", DENIED, lambda rows: len(rows), "gap"),
        ("get of a gap", shut_or_gone, lambda rows: rows[1].get("Open", False), "gap"),
        ("a field whose value is not known is there", shut_or_gone, lambda rows: "Open" in rows[1], True),
    ]:
        found = []

        @cis_aws.control(key="acme.ask", title="Ask", reads=[Doors.DATASET])
        def asking(facts, out, ask=ask, found=found):
            found.append(ask(facts.rows(Doors.DATASET)))
            return cis_aws.passed("Asked.")

        (finding,) = judged(answer, asking)
        assert (finding.status, found) == (("unknown", []) if expected == "gap" else ("pass", [expected])), name


def test_a_row_whose_answer_was_denied():
    """Its name is known, and nothing else: as a bucket whose versioning could not be read."""
    denied = {**DENIED.to_dict(), "operation": "s3:GetBucketVersioning", "resource": "b"}
    facts = {
        "s3.buckets": [{"Name": "a", "BucketRegion": "us-east-1"}, {"Name": "b", "BucketRegion": "us-east-1"}],
        "s3.bucket_versionings": [{"Bucket": "a", "Status": "Enabled"}, {"Bucket": "b", "$gap": denied}],
    }
    for ask in (
        lambda bucket: bucket.get("Status"),
        lambda bucket: bucket["Status"],
        lambda bucket: "Status" in bucket,
        lambda bucket: dict(bucket),
        len,
    ):

        @cis_aws.control(key="acme.versioned", title="Versioned", each="s3.bucket_versionings")
        def versioned(bucket, facts, ask=ask):
            assert bucket["Bucket"] in ("a", "b") and "Bucket" in bucket
            return cis_aws.passed(f"{ask(bucket)!r}.", evidence={"row": bucket})

        findings = testing.judge(versioned, facts)
        assert testing.statuses(findings) == {"a": "pass", "b": "unknown"}
        assert findings.filter(status="unknown")[0].gaps[0].operation == "s3:GetBucketVersioning"

    @cis_aws.control(key="acme.shown", title="Shown", each="s3.bucket_versionings")
    def shown(bucket, facts):
        return cis_aws.manual("Look.", evidence={"row": bucket})

    evidence = testing.judge(shown, facts).filter(resource="b")[0].evidence[0].value
    assert (evidence["Bucket"], evidence["$gap"]["operation"]) == ("b", "s3:GetBucketVersioning")


@pytest.mark.parametrize(
    ("name", "row", "expected"),
    [
        ("as AWS lists them", {"Tags": [{"Key": "team", "Value": "web"}]}, {"team": "web"}),
        ("as RDS lists them", {"TagList": [{"Key": "team", "Value": None}]}, {"team": ""}),
        ("it has none", {"Tags": []}, {}),
        ("left out: not read", {}, None),
        ("a gap", {"Tags": DENIED}, None),
        ("one without a key", {"Tags": [{"Key": "team", "Value": "web"}, {"Value": "x"}]}, None),
    ],
)
def test_a_row_gives_its_tags(name, row, expected):
    @cis_aws.control(key="acme.named", title="Named", each=Doors.DATASET)
    def named(door, facts):
        return cis_aws.passed("It has a name.")

    (finding,) = judged([{"Name": "front", **row}], named)
    assert finding.tags == expected, name


def test_a_check_gives_the_tags_of_a_resource():
    @cis_aws.control(key="acme.tagged", title="Tagged", reads=["iam.password_policy"])
    def tagged(facts, out):
        out.push(cis_aws.Resource("a", tags={"team": "web"}), cis_aws.passed("Fine."))
        out.push("b", cis_aws.passed("Fine."))

    findings = testing.judge(tagged, {"iam.password_policy": [{"MinimumPasswordLength": 14}]})
    assert {finding.resource_id: finding.tags for finding in findings} == {"a": {"team": "web"}, "b": None}


def test_regions():
    class Windows:
        DATASET = cis_aws.Dataset("acme.windows", "region", ["acme:ListWindows"])

        def coverage(self):
            return cis_aws.Coverage("123456789012", {"a": "enabled", "b": "enabled", "c": "not_enabled", "d": "enabled"})

        def fetch(self, request):
            return DENIED if request.place.region == "b" else [{"Name": request.place.region, "Open": True}]

    class Everywhere(cis_aws.Control):
        key, title, reads, judged_at = "acme.open", "Open", [Windows.DATASET], "account"

        def evaluate(self, facts, out):
            assert facts.scope == {"a": "scanned", "b": "scanned", "c": "not_enabled", "d": "left_out"}
            for region, rows in facts.regions(Windows.DATASET):
                out.judge(cis_aws.Resource("window", region=region), lambda rows=rows: cis_aws.failed(f"{len(rows)} open."))

    findings = judged(Windows(), Everywhere(), regions=["a", "b"])
    assert {finding.region: finding.status for finding in findings} == {"a": "fail", "b": "unknown", "d": "unknown"}
    assert findings.filter(region="d")[0].gaps[0].kind == "left_out"


def test_a_check_takes_the_place_of_ours(demo):
    @cis_aws.control(key="iam.root_access_key", title="No root key", reads=["iam.account_summary"])
    def ours(facts, out):
        return cis_aws.manual("Look yourself.")

    report = cis_aws.scan(cis_aws.DemoSource(), controls=[ours], progress=False)
    assert [judged_one.status for judged_one in report.recommendations if judged_one.id == "1.4"] == ["manual"]
    assert len(report.recommendations) == len(demo.recommendations)


class PasswordLength(cis_aws.Control):
    """As ours in Rust."""

    key = "acme.password_min_length"
    title = "As iam.password_min_length"
    reads = ("iam.password_policy",)
    resource_type = "AWS::IAM::AccountPasswordPolicy"

    def evaluate(self, facts, out):
        rows = facts.rows("iam.password_policy").all()
        length = rows[0]["MinimumPasswordLength"] if rows else None
        status = cis_aws.passed if length is not None and length >= 14 else cis_aws.failed
        out.push(None, status("The length is {length}.", {"length": length}))


@pytest.mark.parametrize("length", [None, 8, 13, 14, 128])
def test_the_same_control_in_python_and_in_rust(length):
    facts = {"iam.password_policy": [] if length is None else [{"MinimumPasswordLength": length}]}
    ours = testing.statuses(testing.judge("iam.password_min_length", facts))
    assert testing.statuses(testing.judge(PasswordLength(), facts)) == ours


def test_the_test_helper_finds_what_stands_without_its_facts():
    facts = {Doors.DATASET: [SHUT]}
    testing.check(doors_shut, facts, {"front": "pass"})
    with pytest.raises(AssertionError, match="expected {'front': 'fail'}, found {'front': 'pass'}"):
        testing.check(doors_shut, facts, {"front": "fail"})

    @cis_aws.control(key="acme.bold", title="Bold", reads=[Doors.DATASET])
    def bold(facts, out):
        try:
            facts.rows(Doors.DATASET).all()
        except cis_aws.Gap:
            pass
        return cis_aws.passed("All is well.")

    with pytest.raises(AssertionError, match="stands although acme.doors could not be read"):
        testing.check(bold, facts, {"123456789012": "pass"})


def test_a_route_joins_ones_own_dataset_and_the_demo(demo):
    source = cis_aws.Route(cis_aws.DemoSource(), {"acme.*": Doors([SHUT])})
    report = cis_aws.scan(source, controls=[doors_shut], progress=False)
    assert statuses(report.findings.filter(select="acme.*")) == {"front": "pass"}
    assert len(report.findings) == len(demo.findings) + 1


def test_a_benchmark_of_ones_own():
    baseline = {
        "name": "Acme baseline",
        "version": "3",
        "recommendation": [
            {**cis_aws.Benchmark.load("2.0.0")["1.8"].to_dict(), "id": "A.1"},
            {"id": "A.2", "key": "acme.doors_shut", "title": "Doors", "section": "House", "level": 1, "assessment": "automated"},
        ],
    }
    source = cis_aws.Route(cis_aws.DemoSource(), {"acme.*": Doors([SHUT])})
    report = cis_aws.scan(source, baseline, [doors_shut], progress=False)
    assert (report.benchmark, report.version) == ("Acme baseline", "3")
    assert [(one.id, one.key) for one in report.recommendations] == [("A.1", "iam.password_min_length"), ("A.2", "acme.doors_shut")]
    with pytest.raises(cis_aws.DocumentError, match="missing field"):
        cis_aws.scan(source, {"name": "Nothing"}, progress=False)


@pytest.mark.parametrize(
    ("dataset", "row", "named"),
    [
        ("ec2.security_groups", {"GroupId": "sg-1", "GroupName": "x", "OwnerId": "1"}, "sg-1"),
        ("cloudtrail.trails", {"Name": "t", "SnsTopicARN": "arn:aws:sns:x", "TrailARN": "arn:aws:cloudtrail:t"}, "arn:aws:cloudtrail:t"),
        ("rds.db_instances", {"DBInstanceIdentifier": "db", "DBInstanceArn": "arn:aws:rds:db"}, "arn:aws:rds:db"),
        ("s3.bucket_versionings", {"Bucket": "logs"}, "logs"),
        ("iam.user_details", {"UserName": "ann", "Arn": "arn:aws:iam::1:user/ann", "Path": "/"}, "arn:aws:iam::1:user/ann"),
        ("ec2.vpcs", {"VpcId": "vpc-1", "DhcpOptionsId": "dopt-1"}, "vpc-1"),
    ],
)
def test_how_a_row_names_its_resource(dataset, row, named):
    from cis_aws._checks import _resource_of

    assert _resource_of(cis_aws.Row(row), dataset) == named
    with pytest.raises(TypeError, match="does not name its resource"):
        _resource_of(cis_aws.Row({"Nothing": 1}), dataset)
