"""Puts what moto lacks or gets wrong for sections 2 to 5 in front of it. `coverage.toml` says why."""

import json
from datetime import datetime, timedelta

from protocols import Answer, Call, ec2_result, json_result
from proxy import Proxy, Rule
from trails import TRAIL


def complete_2_to_5(proxy: Proxy, as_of: datetime) -> None:
    """Adds the rules; the trail `everything` delivered to its log group an hour before `as_of`."""
    delivered = (as_of - timedelta(hours=1)).timestamp()
    rules = {
        "cloudtrail:DescribeTrails": custom_selectors(),
        "cloudtrail:GetTrailStatus": delivered_logs(TRAIL, delivered),
        "config:DescribeConfigurationRecorderStatus": delivered_configuration(),
        "ec2:GetInstanceMetadataDefaults": lambda call, forward: ec2_result(call, "<accountLevel/>"),
        "macie2:GetAutomatedDiscoveryConfiguration": answered(status="DISABLED"),
        "macie2:GetMacieSession": answered(status="ENABLED"),
        "macie2:ListClassificationJobs": answered(items=[]),
        "s3:GetBucketVersioning": versioning(mfa_delete="trail-logs"),
    }
    for name, rule in rules.items():
        proxy.add(name, rule)


def answered(**members) -> Rule:
    """An answer in JSON that is always the same."""
    return lambda call, forward: json_result(members)


def versioning(mfa_delete: str) -> Rule:
    """s3:GetBucketVersioning under AWS's root element, with MFA delete on for a bucket; moto forgets it."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        body = answer.body.replace(b"GetBucketVersioningResponse", b"VersioningConfiguration")
        if call.path.partition("?")[0].strip("/") == mfa_delete:
            more = b"<MfaDelete>Enabled</MfaDelete></VersioningConfiguration>"
            body = body.replace(b"</VersioningConfiguration>", more)
        return Answer(answer.status, body, answer.headers)

    return rule


def changed(change) -> Rule:
    """An answer in JSON with a change made to it."""

    def rule(call: Call, forward) -> Answer:
        answer = forward()
        if answer.status != 200:
            return answer
        value = json.loads(answer.body)
        change(call, value)
        return Answer(answer.status, json.dumps(value).encode(), answer.headers)

    return rule


def custom_selectors() -> Rule:
    """cloudtrail:DescribeTrails of trails with selectors of their own; moto says of every trail that it has none."""

    def change(call: Call, value: dict) -> None:
        for trail in value["trailList"]:
            trail["HasCustomEventSelectors"] = trail["IsMultiRegionTrail"]

    return changed(change)


def delivered_logs(trail: str, moment: float) -> Rule:
    """cloudtrail:GetTrailStatus with the time of the last delivery to a log group; in moto there is none."""

    def change(call: Call, value: dict) -> None:
        if call.params["Name"] == trail:
            value["LatestCloudWatchLogsDeliveryTime"] = moment

    return changed(change)


def delivered_configuration() -> Rule:
    """config:DescribeConfigurationRecorderStatus after a first delivery, for which moto's recorders wait for ever."""

    def change(call: Call, value: dict) -> None:
        for status in value["ConfigurationRecordersStatus"]:
            if status["recording"]:
                status["lastStatus"] = "SUCCESS"

    return changed(change)
