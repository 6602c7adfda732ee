"""What a report says of its own calls is what the server saw."""

from collections import Counter

import pytest

import faults
from reports import same_operation


def seen(calls) -> Counter:
    return Counter(call.name.replace("access-analyzer", "accessanalyzer") for call in calls)


@pytest.mark.parametrize(
    ("rules", "retries", "throttled", "failed"),
    [
        ((), 0, 0, 0),
        ((("iam:ListServerCertificates", faults.first(2, faults.throttle())),), 2, 2, 0),
        ((("account:GetContactInformation", faults.first(1, faults.throttle())),), 1, 1, 0),
        ((("ec2:DescribeInstances", faults.first(1, faults.html_500())),), 1, 0, 1),
        ((("accessanalyzer:ListAnalyzers", faults.deny(), "eu-west-1"),), 0, 0, 1),
    ],
    ids=["nothing in the way", "query throttled", "JSON throttled", "an error page", "denied"],
)
def test_calls_are_counted_as_the_server_counts_them(aws, live, baseline, rules, retries, throttled, failed):
    undisturbed = baseline("2.0.0").value["collection"]["calls"]
    rules = tuple((operation.replace("accessanalyzer", "access-analyzer"), *rest) for operation, *rest in rules)
    with aws.rules(*rules), aws.watch() as calls:
        report = live().report.value
    counted = report["collection"]["calls"]
    assert {name: one["sent"] for name, one in counted.items()} == seen(calls)
    more = {
        member: sum(one[member] for one in counted.values()) - sum(one[member] for one in undisturbed.values())
        for member in ("retries", "throttled", "failed")
    }
    assert more == {"retries": retries, "throttled": throttled, "failed": failed}
    for name in counted:
        for operation, *_ in rules:
            if not same_operation(name, operation):
                assert counted[name] == undisturbed[name], name


def test_text_tells_the_sum(aws, audit):
    with aws.watch() as calls:
        done = audit("live", "--endpoint-url", aws.url, "--region", "us-east-1", "--select", "1.8")
    assert f"API calls: {len(calls)} sent, 0 repeated" in done.stdout
