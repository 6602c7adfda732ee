"""The harness itself, driven by boto3: what it counts, denies, stubs, spoils and pages."""

import csv
import io
import urllib.request

import botocore.exceptions
import botocore.parsers
import pytest
from botocore.exceptions import ClientError

import account
import cbor
import faults
import iam_pages
import stubs
from other_accounts import BARE, LEAKY
from paging import paged
from proxy import Proxy, count, table
from seed import client

# One operation of each protocol, and how boto3 calls it.
CALLS = {
    "iam:ListServerCertificates": ("iam", "list_server_certificates", {}),
    "sts:GetCallerIdentity": ("sts", "get_caller_identity", {}),
    "ec2:DescribeInstances": ("ec2", "describe_instances", {}),
    "account:GetAlternateContact": ("account", "get_alternate_contact", {"AlternateContactType": "SECURITY"}),
    "access-analyzer:ListAnalyzers": ("accessanalyzer", "list_analyzers", {}),
    "organizations:DescribeOrganization": ("organizations", "describe_organization", {}),
}


def call(aws, name: str, region: str = "us-east-1") -> dict:
    service, method, arguments = CALLS[name]
    return getattr(client(aws.url, service, region), method)(**arguments)


@pytest.mark.parametrize("name", CALLS)
def test_every_protocol_is_counted_by_operation(aws, name):
    with aws.watch() as calls:
        call(aws, name, "eu-west-1")
        call(aws, name, "eu-west-1")
    assert count(calls) == {name: 2}
    assert {one.region for one in calls} == {"eu-west-1"}
    assert table(count(calls)).splitlines()[1].split() == ["2", name]


# Operations of the other protocols and of services that sign under another name, and how boto3 calls them.
MORE_CALLS = {
    "cloudwatch:DescribeAlarms": ("cloudwatch", "describe_alarms", {}),
    "efs:DescribeFileSystems": ("efs", "describe_file_systems", {}),
    "rds:DescribeDBInstances": ("rds", "describe_db_instances", {}),
    "s3:GetBucketVersioning": ("s3", "get_bucket_versioning", {"Bucket": "trail-logs"}),
    "s3:ListBuckets": ("s3", "list_buckets", {}),
    "s3control:GetPublicAccessBlock": ("s3control", "get_public_access_block", {"AccountId": account.ACCOUNT}),
    "sns:ListTopics": ("sns", "list_topics", {}),
}


@pytest.mark.parametrize("name", MORE_CALLS)
def test_every_service_is_counted_and_denied_under_its_name(aws, name):
    service, method, arguments = MORE_CALLS[name]
    with aws.rules((name, faults.deny())), aws.watch() as calls, pytest.raises(ClientError) as caught:
        getattr(client(aws.url, service), method)(**arguments)
    assert count(calls) == {name: 1}
    assert caught.value.response["Error"]["Code"].startswith("AccessDenied")
    assert f"not authorized to perform: {name}" in caught.value.response["Error"]["Message"]


def test_cbor_is_asked_for_in_json_and_answered_in_cbor(aws):
    request = urllib.request.Request(
        f"{aws.url}/service/GraniteServiceVersion20100801/operation/DescribeAlarms",
        cbor.encode({"AlarmNames": ["4.1"]}, cbor.operation("cloudwatch", "DescribeAlarms").input_shape),
        {**cbor.HEADERS, "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/monitoring/aws4_request"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        (alarm,) = cbor.decode(answer.read())["MetricAlarms"]
    assert (alarm["MetricName"], alarm["Threshold"], alarm["ActionsEnabled"]) == ("events-of-4.1", 1.0, True)


@pytest.mark.parametrize("account_id", [None, LEAKY, BARE])
def test_every_account_has_what_is_its_own(moto, names, leaky, account_id):
    server = Proxy(moto.url, account_id).start()
    found = {one["Name"] for one in client(server.url, "s3").list_buckets()["Buckets"]}
    server.stop()
    ours = {"access-logs", "open-logs", "org-logs", "trail-logs"}
    assert found == {None: ours, LEAKY: {"leaky-logs"}, BARE: set()}[account_id]


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("iam:ListServerCertificates", 403, "AccessDenied"),
        ("sts:GetCallerIdentity", 403, "AccessDenied"),
        ("ec2:DescribeInstances", 403, "UnauthorizedOperation"),
        ("account:GetAlternateContact", 403, "AccessDeniedException"),
        ("access-analyzer:ListAnalyzers", 403, "AccessDeniedException"),
        ("organizations:DescribeOrganization", 400, "AccessDeniedException"),
    ],
)
def test_a_denial_reads_as_aws_words_it(aws, name, status, code):
    with aws.rules((name, faults.deny())), pytest.raises(botocore.exceptions.ClientError) as caught:
        call(aws, name)
    assert caught.value.response["Error"]["Code"] == code
    assert f"not authorized to perform: {name}" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("account", "account:GetAlternateContact"),
        ("accessanalyzer", "access-analyzer:ListAnalyzers"),
        ("organizations", "organizations:DescribeOrganization"),
    ],
)
def test_a_denial_is_the_modelled_exception(aws, service, name):
    modelled = client(aws.url, service).exceptions.AccessDeniedException
    with aws.rules((name, faults.deny())), pytest.raises(botocore.exceptions.ClientError) as caught:
        call(aws, name)
    assert caught.type.__name__ == modelled.__name__


@pytest.mark.parametrize("name", CALLS)
def test_throttling_ends_after_the_given_number_of_times(aws, name):
    with aws.rules((name, faults.first(2, faults.throttle()))):
        for _ in range(2):
            with pytest.raises(botocore.exceptions.ClientError) as caught:
                call(aws, name)
            assert caught.value.response["Error"]["Code"] == faults.THROTTLED[name.partition(":")[0]][1]
        call(aws, name)


def test_a_rule_of_one_region_leaves_the_others_alone(aws):
    with aws.rules(("ec2:DescribeInstances", faults.deny(), "eu-west-1")):
        assert call(aws, "ec2:DescribeInstances", "us-east-1")["Reservations"]
        with pytest.raises(botocore.exceptions.ClientError):
            call(aws, "ec2:DescribeInstances", "eu-west-1")


def test_rules_end_with_their_block(aws):
    with aws.rules(("*", faults.deny())):
        pass
    assert call(aws, "sts:GetCallerIdentity")["Account"] == account.ACCOUNT


@pytest.mark.parametrize("name", ["iam:ListServerCertificates", "ec2:DescribeInstances", "sts:GetCallerIdentity"])
def test_cut_xml_has_status_200_and_is_not_well_formed(aws, name):
    with aws.rules((name, faults.cut())), pytest.raises(botocore.parsers.ResponseParserError, match="invalid XML"):
        call(aws, name)


@pytest.mark.parametrize(
    ("name", "spoil", "list_name"),
    [
        ("ec2:DescribeInstances", faults.foreign_page, "Reservations"),
        ("ec2:DescribeInstances", faults.foreign_answer, "Reservations"),
        ("ec2:DescribeInstances", faults.hollow, "Reservations"),
        ("iam:ListServerCertificates", faults.hollow, "ServerCertificateMetadataList"),
        ("access-analyzer:ListAnalyzers", faults.hollow, "analyzers"),
    ],
)
def test_foreign_answers_read_as_an_empty_list_where_nobody_looks(aws, name, spoil, list_name):
    with aws.rules((name, spoil())):
        answer = call(aws, name)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert not answer.get(list_name)


@pytest.mark.parametrize(
    ("name", "token"),
    [
        ("iam:ListServerCertificates", "Marker"),
        ("ec2:DescribeInstances", "NextToken"),
        ("access-analyzer:ListAnalyzers", "nextToken"),
    ],
)
def test_a_repeated_page_token_is_the_same_every_time(aws, name, token):
    with aws.rules((name, faults.repeat_page())):
        assert [call(aws, name)[token] for _ in range(2)] == ["again", "again"]


def test_html_500_is_not_an_aws_error(aws):
    with aws.rules(("access-analyzer:ListAnalyzers", faults.html_500())):
        with pytest.raises(botocore.exceptions.ClientError, match="500"):
            call(aws, "access-analyzer:ListAnalyzers")


@pytest.mark.parametrize(
    ("name", "paginator", "items"),
    [
        ("iam:ListServerCertificates", "list_server_certificates", "ServerCertificateMetadataList"),
        ("iam:ListVirtualMFADevices", "list_virtual_mfa_devices", "VirtualMFADevices"),
        ("ec2:DescribeInstances", "describe_instances", "Reservations"),
        ("access-analyzer:ListAnalyzers", "list_analyzers", "analyzers"),
    ],
)
def test_lists_come_in_pages(aws, name, paginator, items):
    service = CALLS.get(name, ("iam",))[0]
    pages_of = client(aws.url, service).get_paginator(paginator).paginate
    whole = [item for page in pages_of() for item in page[items]]
    with aws.rules((name, paged(2))):
        pages = list(pages_of())
    assert len(pages) == -(-len(whole) // 2)
    assert [item for page in pages for item in page[items]] == whole


def test_authorization_details_page_by_size_and_marker(aws, details):
    iam = client(aws.url, "iam")
    with aws.watch() as calls:
        pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 7}))
    assert len(pages) == len(calls) == -(-len(details.entities) // 7)
    read = [one["Arn"] for name in iam_pages.LISTS for page in pages for one in page.get(name, [])]
    assert sorted(read) == sorted(one.arn for one in details.entities)
    assert len(set(read)) == len(read)


@pytest.mark.parametrize(
    ("filters", "lists"),
    [
        (["User"], {"UserDetailList"}),
        (["Group", "Role"], {"GroupDetailList", "RoleDetailList"}),
        (["LocalManagedPolicy"], {"Policies"}),
        (["AWSManagedPolicy"], {"Policies"}),
    ],
)
def test_authorization_details_honour_the_filter(aws, filters, lists):
    answer = client(aws.url, "iam").get_account_authorization_details(Filter=filters)
    assert {name for name in iam_pages.LISTS if answer[name]} == lists


def test_authorization_details_hold_attached_aws_policies_only(aws):
    answer = client(aws.url, "iam").get_account_authorization_details(Filter=["AWSManagedPolicy"])
    assert {one["Arn"].removeprefix(account.MANAGED) for one in answer["Policies"]} == {
        "AWSCloudShellFullAccess",
        "AWSSupportAccess",
        "AdministratorAccess",
        "PowerUserAccess",
    }


def test_authorization_details_encode_policy_documents(aws):
    with aws.watch():
        answer = client(aws.url, "iam").get_account_authorization_details(Filter=["Role", "LocalManagedPolicy"])
    # boto3 decodes the documents, so that they arrive as objects only if they were encoded.
    assert all(isinstance(one["AssumeRolePolicyDocument"], dict) for one in answer["RoleDetailList"])
    versions = [version for one in answer["Policies"] for version in one["PolicyVersionList"]]
    assert all(isinstance(one["Document"], dict) for one in versions)


def test_the_credential_report_has_a_root_row_and_quotes_commas(aws, as_of):
    iam = client(aws.url, "iam")
    assert iam.generate_credential_report()["State"] == "COMPLETE"
    answer = iam.get_credential_report()
    rows = list(csv.DictReader(io.StringIO(answer["Content"].decode())))
    assert [row["user"] for row in rows] == ["<root_account>", *(user.name for user in account.USERS)]
    assert all(None not in row and None not in row.values() for row in rows)
    assert as_of - answer["GeneratedTime"] == account.DAY / 144


def test_the_credential_report_agrees_with_moto(aws):
    iam = client(aws.url, "iam")
    seeded = {user.name: user for user in account.USERS}
    assert {one["Arn"] for one in iam.list_users()["Users"]} == {user.arn for user in account.USERS}
    for name, user in seeded.items():
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        assert [key["Status"] == "Active" for key in keys] == [key.active for key in user.keys]
        devices = iam.list_mfa_devices(UserName=name)["MFADevices"]
        assert bool(devices) == (user.password is not None and user.password.mfa)


def test_the_summary_says_what_moto_does_not(aws):
    with aws.rules(("iam:GetAccountSummary", stubs.summary(AccountPasswordPresent=None, Users=99))):
        summary = client(aws.url, "iam").get_account_summary()["SummaryMap"]
    assert "AccountPasswordPresent" not in summary
    assert (summary["Users"], summary["AccountMFAEnabled"]) == (99, 1)
    assert client(aws.url, "iam").get_account_summary()["SummaryMap"]["Users"] == len(account.USERS)


def test_certificates_expire_around_the_moment_of_the_audit(aws, as_of):
    rows = call(aws, "iam:ListServerCertificates")["ServerCertificateMetadataList"]
    assert {row["ServerCertificateName"]: row["Expiration"] <= as_of for row in rows} == {
        "expired": True,
        "on-the-second": True,
        "valid": False,
    }
    assert {row["Arn"].rpartition("/")[0] for row in rows} == {f"{account.IAM}server-certificate/edge"}


def test_virtual_mfa_devices_name_their_users_and_hide_their_secrets(aws):
    rule = stubs.virtual_mfa_devices(stubs.root_virtual_mfa("arn:aws:iam::123456789012:mfa/my-phone"))
    with aws.rules(("iam:ListVirtualMFADevices", rule)):
        rows = client(aws.url, "iam").list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    owners = {row["SerialNumber"].rpartition("/")[2]: row["User"]["Arn"] for row in rows}
    assert owners["root-account-mfa-device"] == f"{account.IAM}user/alice"
    assert owners["my-phone"] == f"{account.IAM}root"
    assert not any("Base32StringSeed" in row for row in rows)


def test_instances_are_as_named(aws, names):
    seen = {}
    for region in account.ACTIVE_REGIONS:
        for reservation in client(aws.url, "ec2", region).describe_instances(MaxResults=1000)["Reservations"]:
            for one in reservation["Instances"]:
                profile = one.get("IamInstanceProfile", {}).get("Arn", "").rpartition("/")[2]
                seen[f"{region}/{one['Tags'][0]['Value']}"] = (one["InstanceId"], one["State"]["Name"], profile)
    ids = {name: arn.rpartition("/")[2] for name, arn in names.items() if name.startswith("instance/")}
    assert ids == {f"instance/{name}": id for name, (id, _, _) in seen.items()}
    assert {name: (state, profile) for name, (_, state, profile) in seen.items()} == {
        "us-east-1/with-role": ("running", "web"),
        "us-east-1/bare": ("running", ""),
        "us-east-1/empty-profile": ("running", "empty"),
        "us-east-1/stopped": ("stopped", ""),
        "us-east-1/terminated": ("terminated", ""),
        "eu-west-1/with-role": ("running", "web"),
        "eu-west-1/bare": ("running", ""),
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"AllRegions": True}, list(account.REGIONS)),
        ({}, account.ACTIVE_REGIONS),
        ({"RegionNames": ["eu-west-1"]}, ["eu-west-1"]),
        ({"AllRegions": True, "Filters": [{"Name": "opt-in-status", "Values": ["not-opted-in"]}]}, ["af-south-1"]),
    ],
)
def test_the_world_is_small(aws, arguments, expected):
    answer = client(aws.url, "ec2").describe_regions(**arguments)
    assert [one["RegionName"] for one in answer["Regions"]] == expected


def test_the_rest_of_the_account_answers(aws):
    assert client(aws.url, "account").get_contact_information()["ContactInformation"] == account.CONTACT
    contact = call(aws, "account:GetAlternateContact")["AlternateContact"]
    assert contact == account.SECURITY_CONTACT | {"AlternateContactType": "SECURITY"}
    assert call(aws, "organizations:DescribeOrganization")["Organization"]["MasterAccountId"] == account.ACCOUNT
    assert len(client(aws.url, "iam").list_saml_providers()["SAMLProviderList"]) == 1
    assert len(client(aws.url, "iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]) == 1
    policy = client(aws.url, "iam").get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["PasswordReusePrevention"]) == (14, 5)
    for region in account.ACTIVE_REGIONS:
        analyzers = call(aws, "access-analyzer:ListAnalyzers", region)["analyzers"]
        assert [one["name"] for one in analyzers] == [one["name"] for one in account.ANALYZERS.get(region, [])]
    with pytest.raises(botocore.exceptions.ClientError, match="ServiceAccessNotEnabledException"):
        client(aws.url, "iam").list_organizations_features()
