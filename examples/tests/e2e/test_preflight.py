"""Who would audit which account, and what of the permissions is missing, before a scan begins."""

import json

import faults

REGION = ("--region", "us-east-1")


def test_live_tells_whose_account_it_reads(aws, audit):
    done = audit("live", "--endpoint-url", aws.url, *REGION, "--select", "1.8", "--format", "json")
    first, regions, *more = done.stderr.splitlines()
    assert first.startswith("note: account 123456789012 (partition aws), read as arn:aws:sts::123456789012:user/moto")
    assert first.endswith("; credentials without a known end")
    assert regions.startswith("note: ") and " regions enabled, " in regions
    assert more == []


def test_nothing_is_missing(aws, audit):
    done = audit("preflight", "--endpoint-url", aws.url, *REGION, "--select", "1.8", "--select", "5.2")
    assert done.code == 0, done
    assert "None of the 5 IAM actions was denied in us-east-1." in done.stdout


def test_what_is_missing_is_named(aws, audit):
    where = ("--endpoint-url", aws.url, *REGION, "--select", "1.8", "--select", "1.19", "--select", "1.20")
    rules = [(one, faults.deny()) for one in ("access-analyzer:ListAnalyzers", "iam:ListServerCertificates")]
    with aws.rules(*rules):
        text, as_json = audit("preflight", *where), audit("preflight", *where, "--format", "json")
    assert (text.code, as_json.code) == (2, 2)
    assert "2 of the 4 IAM actions were denied in us-east-1:" in text.stdout
    value = json.loads(as_json.stdout)
    assert value["missing_actions"] == ["access-analyzer:ListAnalyzers", "iam:ListServerCertificates"]
    assert (value["account_id"], value["expires_at"]) == ("123456789012", None)


def test_regions_that_may_not_be_listed(aws, audit):
    with aws.rules(("ec2:DescribeRegions", faults.deny()), ("account:ListRegions", faults.deny())):
        done = audit("preflight", "--endpoint-url", aws.url, *REGION, "--select", "1.8")
    assert done.code == 2
    assert "the list of regions is not whole: ec2:DescribeRegions answered" in done.stdout
