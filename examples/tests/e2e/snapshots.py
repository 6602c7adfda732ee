"""Two snapshots put together by hand, of what moto cannot say of an account: all is well in one, and ill in the other.

Their layout is that of `docs/snapshot.md`.
"""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import credential_report
from account import ACCOUNT, CONTACT, DAY, IAM
from alarms import PATTERNS, topic
from credential_report import cell

AS_OF = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
LOG_GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:main:*"


def write(folder: Path, well: bool) -> Path:
    """Writes the snapshot into a folder that is not there yet."""
    manifest = {
        "format": "cis-snapshot",
        "version": 1,
        "account_id": ACCOUNT,
        "as_of": AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "regions": [{"name": "us-east-1", "status": "enabled"}],
    }
    files = {"snapshot": manifest}
    files |= {f"account/{name}": answer for name, answer in (identity(well) | buckets(well)).items()}
    files |= {f"regions/us-east-1/{name}": answer for name, answer in (trail(well) | regional(well)).items()}
    for name, answer in files.items():
        path = folder / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(answer))
    return folder


def identity(well: bool) -> dict:
    age = 10 * DAY if well else 400 * DAY
    key = {
        "access_key_1_active": "true",
        "access_key_1_last_rotated": cell(AS_OF - age),
        "access_key_1_last_used_date": cell(AS_OF - DAY) if well else "N/A",
    }
    if not well:
        key |= {name.replace("_1_", "_2_"): value for name, value in key.items()}
    user = credential_report.row(
        "ann",
        f"{IAM}user/ann",
        # The key came a year after the user, or with the user.
        user_creation_time=cell(AS_OF - age - (365 * DAY if well else 0 * DAY)),
        password_enabled="true",
        password_last_changed=cell(AS_OF - age),
        password_last_used=cell(AS_OF - (DAY if well else age)),
        mfa_active=str(well).lower(),
        **key,
    )
    root = credential_report.root_row(
        mfa_active=str(well).lower(),
        password_last_used="no_information" if well else cell(AS_OF - DAY),
        access_key_1_active=str(not well).lower(),
    )
    content = base64.b64encode(credential_report.text([root, user]).encode()).decode()
    device = {"SerialNumber": f"{IAM}mfa/phone", "User": {"Arn": f"{IAM}root"}, "EnableDate": AS_OF.isoformat()}
    certificate = {
        "Path": "/",
        "ServerCertificateName": "web",
        "Arn": f"{IAM}server-certificate/web",
        "Expiration": (AS_OF + (90 * DAY if well else -DAY)).isoformat(),
    }
    summary = {
        "AccountMFAEnabled": int(well),
        "AccountAccessKeysPresent": int(not well),
        "AccountPasswordPresent": 1,
        "Users": 1,
    }
    return {
        "account.contact_information": {"ContactInformation": CONTACT},
        "iam.account_summary": {"SummaryMap": summary},
        "iam.credential_report": {
            "Content": content,
            "ReportFormat": "text/csv",
            "GeneratedTime": (AS_OF - DAY / 24).isoformat(),
        },
        "iam.organizations_features": {},
        "iam.server_certificates": {"ServerCertificateMetadataList": [certificate]},
        "iam.virtual_mfa_devices": {"VirtualMFADevices": [] if well else [device]},
        "organizations.organization": {"Organization": None},
    }


def buckets(well: bool) -> dict:
    versioning = {"Status": "Enabled", "MFADelete": "Enabled" if well else "Disabled"}
    return {
        "s3.buckets": {"Buckets": [{"Name": "logs", "BucketRegion": "us-east-1"}]},
        "s3.bucket_versionings": {"Buckets": [{"Bucket": "logs", **versioning}]},
    }


def trail(well: bool) -> dict:
    """A trail and the chains behind it; or one that records the writes of one region and tells nobody."""
    people = topic("people", ACCOUNT)
    filters = [
        {
            "filterName": id,
            "filterPattern": pattern,
            "metricTransformations": [{"metricName": id, "metricNamespace": "Trail", "metricValue": "1"}],
        }
        for id, pattern in PATTERNS.items()
    ]
    alarms = [
        {
            "AlarmName": id,
            "AlarmArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{id}",
            "ActionsEnabled": True,
            "AlarmActions": [people],
            "MetricName": id,
            "Namespace": "Trail",
            "Statistic": "Sum",
            "Dimensions": [],
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "Metrics": [],
        }
        for id in PATTERNS
    ]
    objects = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}] if well else []
    selector = {
        "ReadWriteType": "All" if well else "WriteOnly",
        "IncludeManagementEvents": True,
        "DataResources": objects,
    }
    delivered = AS_OF - (DAY / 24 if well else 30 * DAY)
    described = {
        "Name": "main",
        "TrailARN": TRAIL,
        "HomeRegion": "us-east-1",
        "S3BucketName": "logs",
        "IsMultiRegionTrail": well,
        "IsOrganizationTrail": False,
        "LogFileValidationEnabled": well,
        "CloudWatchLogsLogGroupArn": LOG_GROUP,
        "HasCustomEventSelectors": True,
    }
    status = {"IsLogging": True, "LatestCloudWatchLogsDeliveryTime": delivered.isoformat()}
    subscription = {"SubscriptionArn": f"{people}:1f2e3d4c", "Protocol": "email"}
    return {
        "cloudtrail.trails": {"trailList": [described]},
        "cloudtrail.trail_statuses": {"Trails": [{"TrailARN": TRAIL, **status}]},
        "cloudtrail.event_selectors": {"Trails": [{"TrailARN": TRAIL, "EventSelectors": [selector]}]},
        "logs.metric_filters": {"logGroups": [{"logGroupName": "main", "metricFilters": filters if well else []}]},
        "cloudwatch.alarms": {"MetricAlarms": alarms if well else [], "CompositeAlarms": []},
        "sns.topic_subscriptions": {"Topics": [{"TopicArn": people, "Subscriptions": [subscription]}]},
    }


def regional(well: bool) -> dict:
    analyzer = {
        "arn": f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/external",
        "name": "external",
        "type": "ACCOUNT",
        "status": "ACTIVE" if well else "FAILED",
    }
    group = {"allSupported": True, "includeGlobalResourceTypes": True}
    status = {"name": "default", "recording": True, "lastStatus": "SUCCESS" if well else "FAILURE"}
    options = {"State": "applied", "HttpTokens": "required" if well else "optional", "HttpEndpoint": "enabled"}
    instance = {"InstanceId": "i-0123456789abcdef0", "State": {"Name": "running"}, "MetadataOptions": options}
    return {
        "accessanalyzer.analyzers": {"analyzers": [analyzer]},
        "config.recorders": {"ConfigurationRecorders": [{"name": "default", "recordingGroup": group}]},
        "config.recorder_statuses": {"ConfigurationRecordersStatus": [status]},
        "config.delivery_channels": {"DeliveryChannels": [{"name": "default", "s3BucketName": "logs"}]},
        "ec2.instances": {"Reservations": [{"Instances": [instance]}]},
        "ec2.instance_metadata_defaults": {"AccountLevel": {}},
        "macie2.session": {"status": "ENABLED" if well else "PAUSED"},
        "macie2.classification_jobs": {"items": []},
        "macie2.automated_discovery": {"status": "ENABLED" if well else "DISABLED"},
    }
