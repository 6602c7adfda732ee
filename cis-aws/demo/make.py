#!/usr/bin/env python3
"""Makes the demo account: `python3 cis-aws/demo/make.py` writes `cis-aws/demo/snapshot/`.

With `--check` it writes nothing and exits 1 if the committed files differ from what it would write.

Everything is invented. A value that looks random comes from a hash of `SEED` and a label, so that a new resource leaves
the others as they are; the only clock is `AS_OF`. To add a dataset, write one function under `@account` or `@region` that
returns AWS's answer as a dict.

About a third of what a benchmark looks at is wrong here, on purpose, and some of it cannot be read: a service control
policy denies one of the three regions that the account is restricted to, and the policy of one bucket denies the auditor.
"""

import argparse
import base64
import datetime
import functools
import hashlib
import json
import pathlib
import sys

SEED = "cis-demo-1"
AS_OF = datetime.datetime(2026, 3, 2, 0, 30, tzinfo=datetime.timezone.utc)
ACCOUNT = "123456789012"
MANAGEMENT = "111111111111"
ORGANIZATION = "o-exampleorgid"
REPORT_MADE = AS_OF - datetime.timedelta(hours=2, minutes=13)
AUDITOR = f"arn:aws:sts::{ACCOUNT}:assumed-role/SecurityAudit/cis-audit"
ENABLED = ["ap-northeast-1", "eu-central-1", "us-east-1"]
NOT_ENABLED = [
    "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
    "me-central-1", "me-south-1", "mx-central-1",
]
DENIED_REGIONS = ["ap-northeast-1"]

FILES = {}


# Values

def number(label, below):
    """A number that depends on nothing but the seed and the label."""
    return int.from_bytes(hashlib.sha256(f"{SEED}/{label}".encode()).digest()[:8], "big") % below


def text(label, length, alphabet):
    return "".join(alphabet[number(f"{label}/{at}", len(alphabet))] for at in range(length))


def unique_id(prefix, label):
    """A unique id of IAM's, which nobody takes for a real one."""
    return prefix + text(f"{prefix}/{label}", 10, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") + "EXAMPLE"


def resource_id(prefix, label):
    return f"{prefix}-0{text(f'{prefix}/{label}', 16, '0123456789abcdef')}"


def ago(days=0, hours=0, minutes=0, seconds=0):
    return AS_OF - datetime.timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def day(label, least, most):
    """A moment between so many days ago."""
    return ago(least + number(f"{label}/day", most - least), seconds=number(f"{label}/second", 80000))


def stamp(at):
    """A time as the AWS CLI writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def arn(kind, path, name, account=ACCOUNT):
    return f"arn:aws:iam::{account}:{kind}{path}{name}"


# Policy documents

def statement(effect, action, resource="*", condition=None, sid=None, **more):
    made = {"Sid": sid, "Effect": effect, "Action": action, "Resource": resource, "Condition": condition, **more}
    return {name: value for name, value in made.items() if value is not None}


def allow(action, resource="*", **more):
    return statement("Allow", action, resource, **more)


def deny(action, resource="*", **more):
    return statement("Deny", action, resource, **more)


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trust(principal, action="sts:AssumeRole", condition=None):
    made = {"Effect": "Allow", "Principal": principal, "Action": action}
    if condition:
        made["Condition"] = condition
    return {"Version": "2012-10-17", "Statement": [made]}


def service(name):
    return trust({"Service": f"{name}.amazonaws.com"})


MFA_PRESENT = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}

# AWS's own policies, each cut down to a few of its actions: name with path, statements.
AWS_MANAGED = {
    "AdministratorAccess": [allow("*")],
    "PowerUserAccess": [
        {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
        allow(["account:GetAccountInformation", "account:ListRegions", "iam:CreateServiceLinkedRole",
               "iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeOrganization"]),
    ],
    "ReadOnlyAccess": [allow(["cloudwatch:Get*", "cloudwatch:List*", "ec2:Describe*", "ec2:Get*", "iam:Get*",
                              "iam:List*", "rds:Describe*", "s3:Get*", "s3:List*", "sns:List*"])],
    "SecurityAudit": [allow(["access-analyzer:List*", "cloudtrail:Describe*", "cloudtrail:Get*", "config:Describe*",
                             "ec2:Describe*", "iam:GenerateCredentialReport", "iam:Get*", "iam:List*", "s3:GetBucket*",
                             "s3:ListAllMyBuckets"], sid="BaseSecurityAuditStatement")],
    "job-function/ViewOnlyAccess": [allow(["cloudwatch:Describe*", "ec2:Describe*", "iam:List*", "rds:Describe*",
                                           "s3:ListAllMyBuckets", "s3:ListBucket"])],
    "job-function/Billing": [allow(["account:GetAccountInformation", "aws-portal:*Billing", "budgets:*", "ce:*",
                                    "cur:*", "invoicing:Get*"], sid="VisualEditor0")],
    "AWSSupportAccess": [allow(["support:*", "support-console:*"])],
    "AWSCloudShellFullAccess": [allow("cloudshell:*")],
    "IAMUserChangePassword": [
        allow("iam:ChangePassword", "arn:aws:iam::*:user/${aws:username}"),
        allow("iam:GetAccountPasswordPolicy"),
    ],
    "AmazonS3ReadOnlyAccess": [allow(["s3:Get*", "s3:List*", "s3:Describe*"])],
    "AmazonEC2ReadOnlyAccess": [allow(["ec2:Describe*", "ec2:GetSecurityGroupsForVpc"])],
    "AmazonSSMManagedInstanceCore": [allow(["ssm:DescribeAssociation", "ssm:GetDocument", "ssm:UpdateInstanceInformation",
                                            "ssmmessages:*", "ec2messages:*"])],
    "CloudWatchAgentServerPolicy": [allow(["cloudwatch:PutMetricData", "ec2:DescribeTags", "logs:CreateLogStream",
                                           "logs:PutLogEvents"], sid="CWACloudWatchServerPermissions")],
    "service-role/AWSLambdaBasicExecutionRole": [allow(["logs:CreateLogGroup", "logs:CreateLogStream",
                                                        "logs:PutLogEvents"])],
    "service-role/AmazonECSTaskExecutionRolePolicy": [allow(["ecr:GetAuthorizationToken", "ecr:BatchGetImage",
                                                             "logs:CreateLogStream", "logs:PutLogEvents"])],
    "aws-service-role/AWSSupportServiceRolePolicy": [allow(["ec2:Describe*", "iam:GetRole", "s3:GetBucketLocation"])],
    "aws-service-role/AWSTrustedAdvisorServiceRolePolicy": [allow(["ec2:Describe*", "iam:GetAccountSummary"])],
    "aws-service-role/AWSOrganizationsServiceTrustPolicy": [
        allow("iam:DeleteRole", "arn:aws:iam::*:role/aws-service-role/organizations.amazonaws.com/*")],
    "aws-service-role/AccessAnalyzerServiceRolePolicy": [allow(["iam:GetRole", "iam:ListRoles", "s3:GetBucketPolicy"])],
    "aws-service-role/AutoScalingServiceRolePolicy": [allow(["ec2:RunInstances", "ec2:TerminateInstances"])],
    "aws-service-role/AWSElasticLoadBalancingServiceRolePolicy": [allow(["ec2:CreateNetworkInterface"])],
    "aws-service-role/AmazonRDSServiceRolePolicy": [allow(["ec2:CreateNetworkInterface", "logs:PutLogEvents"])],
    "aws-service-role/AmazonECSServiceRolePolicy": [allow(["ec2:Describe*", "elasticloadbalancing:Register*"])],
    "aws-service-role/AWSSSOServiceRolePolicy": [
        allow(["iam:CreateRole", "iam:PutRolePolicy"], "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*")],
    "aws-service-role/AWSConfigServiceRolePolicy": [allow(["config:Put*", "ec2:Describe*", "iam:Get*", "s3:GetBucket*"])],
    "aws-service-role/CloudTrailServiceRolePolicy": [allow("cloudtrail:*", condition={
        "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})],
}

BUCKETS = ["orders", "invoices", "telemetry", "backups", "models", "site"]

# The customer's policies: path, name, statements of every version (the last is in force).
CUSTOMER_MANAGED = [
    # What 1.16 is about.
    ("/", "legacy-full-access", [[allow("*", sid="Everything")]]),
    ("/deploy/", "terraform-runner", [[allow(["s3:*", "ec2:*"])], [allow(["*:*"], ["*"], sid="TerraformNeedsAll")]]),
    ("/", "admin-with-mfa", [[allow("*", condition=MFA_PRESENT, sid="AdminBehindMfa")]]),
    # Admin in a version that is no longer in force, in a policy that nobody has, as a boundary, and all but a part.
    ("/", "platform-operations", [[allow("*")], [allow(["ec2:*", "rds:*", "s3:*"]), deny("ec2:DeleteVpc")]]),
    ("/", "unused-admin", [[allow("*")]]),
    ("/guardrails/", "developer-boundary", [[allow("*"), deny(["iam:CreateUser", "organizations:*"])]]),
    ("/", "everything-but-identity", [[{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "Resource": "*"}]]),
    ("/guardrails/", "deny-outside-regions", [[deny("*", condition={
        "StringNotEquals": {"aws:RequestedRegion": ENABLED}}, sid="ThreeRegionsOnly")]]),
    ("/", "own-credentials", [[
        allow(["iam:ChangePassword", "iam:CreateAccessKey", "iam:ListAccessKeys", "iam:CreateVirtualMFADevice",
               "iam:EnableMFADevice"], f"arn:aws:iam::{ACCOUNT}:user/*/${{aws:username}}")]]),
    ("/", "support-cases", [[allow(["support:CreateCase", "support:DescribeCases", "support:AddCommunicationToCase"])]]),
    ("/", "shell-file-transfer", [[allow(["cloudshell:GetFileUploadUrls", "cloudshell:GetFileDownloadUrls"])]]),
    ("/partners/", "backup-vendor", [[allow(["backup:List*", "backup:StartCopyJob"])]]),
    ("/deploy/", "deploy-production", [[allow(["ecs:UpdateService", "ecr:PutImage", "lambda:UpdateFunctionCode"]),
                                        allow("iam:PassRole", arn("role", "/app/", "*"))]]),
    ("/deploy/", "deploy-staging", [[allow(["ecs:*", "ecr:*", "lambda:*"])]]),
    ("/", "cost-explorer", [[allow(["ce:Get*", "budgets:View*"])]]),
    ("/", "log-search", [[allow(["logs:FilterLogEvents", "logs:StartQuery", "logs:GetQueryResults"])]]),
    ("/", "key-user", [[allow(["kms:Decrypt", "kms:GenerateDataKey"], f"arn:aws:kms:*:{ACCOUNT}:key/*")]]),
    ("/", "queue-worker", [[allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], f"arn:aws:sqs:*:{ACCOUNT}:jobs-*")]]),
] + [
    ("/app/", f"{bucket}-{kind}", [[allow(actions, [f"arn:aws:s3:::example-{bucket}", f"arn:aws:s3:::example-{bucket}/*"])]])
    for bucket in BUCKETS
    for kind, actions in [("read", ["s3:GetObject", "s3:ListBucket"]),
                          ("write", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"])]
]

CUSTOMER_ARNS = {name: arn("policy", path, name) for path, name, _ in CUSTOMER_MANAGED}
# Attached to a role, but gone from the account's list of policies: made while the list was being read.
UNLISTED = {"canary-rollout": arn("policy", "/deploy/", "canary-rollout"),
            "canary-metrics": arn("policy", "/deploy/", "canary-metrics")}


def policy_arn(name):
    if name in CUSTOMER_ARNS:
        return CUSTOMER_ARNS[name]
    if name in UNLISTED:
        return UNLISTED[name]
    assert name in AWS_MANAGED, name
    return arn("policy", "/", name, "aws")


def attached(names):
    return [{"PolicyName": name.rsplit("/", 1)[-1], "PolicyArn": policy_arn(name)} for name in names]


def inline(name, *statements):
    return {"PolicyName": name, "PolicyDocument": document(*statements)}


# Groups: name, attached policies, inline policies.
GROUPS = [
    ("admins", ["AdministratorAccess"], []),
    ("admins-with-mfa", ["admin-with-mfa", "own-credentials"], []),
    ("auditors", ["SecurityAudit", "ReadOnlyAccess"], []),
    ("billing", ["job-function/Billing", "cost-explorer"], []),
    ("data-scientists", ["models-write", "telemetry-read"], []),
    ("developers", ["PowerUserAccess", "own-credentials"], []),
    # Nobody is in it, and its policy is attached all the same.
    ("emergency", ["legacy-full-access"], []),
    ("everyone", ["IAMUserChangePassword", "deny-outside-regions"], []),
    ("machines", ["queue-worker"], [inline("put-metrics", allow("cloudwatch:PutMetricData"))]),
    ("operators", ["AWSCloudShellFullAccess", "platform-operations", "log-search"], []),
    ("readonly", ["job-function/ViewOnlyAccess"], []),
    ("support-desk", ["support-cases"], []),
]

# People: office, user name, name as its owner writes it, groups, and what is the matter with the account's credentials.
PEOPLE = [
    ("tokyo", "sato.yuki", "佐藤 優希", ["admins"], "good"),
    ("tokyo", "suzuki.haruto", "鈴木 陽翔", ["developers"], "good"),
    ("tokyo", "takahashi.mio", "高橋 澪", ["developers"], "one_key"),
    ("tokyo", "tanaka.ren", "田中 蓮", ["developers"], "no_mfa"),
    ("tokyo", "ito.sakura", "伊藤 さくら", ["operators"], "good"),
    ("tokyo", "watanabe.sota", "渡辺 颯太", ["operators"], "stale"),
    ("tokyo", "yamamoto.aoi", "山本 葵", ["billing"], "good"),
    ("tokyo", "nakamura.riku", "中村 陸", ["developers"], "key_at_setup"),
    ("tokyo", "kobayashi.hina", "小林 陽菜", ["data-scientists"], "good"),
    ("tokyo", "kato.daiki", "加藤 大輝", ["data-scientists"], "old_key"),
    ("tokyo", "yoshida.yui", "吉田 結衣", ["support-desk"], "good"),
    ("tokyo", "yamada.taro", "山田 太郎", ["readonly"], "never_used"),
    ("tokyo", "sasaki.emi", "佐々木 恵美", ["developers"], "two_keys"),
    ("tokyo", "matsumoto.kenta", "松本 健太", ["developers"], "almost_stale"),
    ("frankfurt", "anna.schmidt", "Anna Schmidt", ["admins-with-mfa"], "good"),
    ("frankfurt", "jonas.weber", "Jonas Weber", ["developers"], "good"),
    ("frankfurt", "lena.fischer", "Lena Fischer", ["developers"], "no_mfa"),
    ("frankfurt", "paul.becker", "Paul Becker", ["developers"], "one_key"),
    ("frankfurt", "mia.hoffmann", "Mia Hoffmann", ["operators"], "good"),
    ("frankfurt", "felix.koch", "Felix Koch", ["operators"], "stale_no_mfa"),
    ("frankfurt", "joerg.gross", "Jörg Groß", ["auditors"], "good"),
    ("frankfurt", "clara.wolf", "Clara Wolf", ["data-scientists"], "key_at_setup_in_use"),
    ("frankfurt", "emil.krueger", "Emil Krüger", ["readonly"], "no_password"),
    ("frankfurt", "ida.lang", "Ida Lang", ["billing"], "good"),
    ("frankfurt", "max.vogel", "Max Vogel", ["developers"], "disabled_keys"),
    ("frankfurt", "nora.braun", "Nora Braun", ["support-desk"], "just_stale"),
    ("virginia", "alice.johnson", "Alice Johnson", ["admins"], "good"),
    ("virginia", "bob.miller", "Bob Miller", ["developers"], "good"),
    ("virginia", "carlos.diaz", "Carlos Díaz", ["developers"], "two_keys"),
    ("virginia", "dana.lee", "Dana Lee", ["developers"], "one_key"),
    ("virginia", "erin.clark", "Erin Clark", ["operators"], "no_mfa"),
    ("virginia", "frank.hall", "Frank Hall", ["readonly"], "never_used"),
    ("virginia", "grace.young", "Grace Young", ["auditors"], "good"),
    ("virginia", "henry.king", "Henry King", ["developers"], "unused_key"),
    ("virginia", "iris.scott", "Iris Scott", ["data-scientists"], "good"),
    ("virginia", "jack.green", "Jack Green", ["data-scientists"], "old_key"),
    ("virginia", "kate.adams", "Kate Adams", ["billing"], "good"),
    ("virginia", "liam.baker", "Liam Baker", ["developers"], "good"),
    ("virginia", "mona.reed", "Mona Reed", ["support-desk"], "no_password"),
    ("virginia", "noah.cook", "Noah Cook", ["developers"], "one_key"),
    ("virginia", "olga.perry", "Olga Perry", [], "stale"),
]

# Made after the credential report was: the report does not know of it.
NEWCOMER = ("tokyo", "shimizu.akari", "清水 灯", ["developers"], "good")

# Machines: name, groups, credentials.
MACHINES = [
    ("svc-backup", [], "one_key"),
    ("svc-ci-legacy", [], "old_key"),
    ("svc-cdn-purge", ["machines"], "one_key"),
    ("svc-crm-export", [], "unused_key"),
    ("svc-dns-update", ["machines"], "one_key"),
    ("svc-erp-import", [], "two_keys"),
    ("svc-grafana", ["machines"], "one_key"),
    ("svc-invoice-mail", ["machines"], "old_key"),
    ("svc-iot-gateway", ["machines"], "one_key"),
    ("svc-label-printer", ["machines"], "disabled_keys"),
    ("svc-metrics", ["machines"], "one_key"),
    ("svc-onprem-sync", ["machines"], "two_old_keys"),
    ("svc-pos-upload", ["machines"], "one_key"),
    ("svc-scanner", ["machines"], "no_key"),
    ("svc-smtp-relay", [], "old_key"),
    ("svc-tape-archive", ["machines"], "stale_key"),
    ("svc-web-assets", ["machines"], "one_key"),
    ("svc-wiki-export", ["machines"], "one_key"),
]

# Policies that stand at a user itself: attached, inline.
DIRECT = {
    "olga.perry": (["AmazonS3ReadOnlyAccess", "AmazonEC2ReadOnlyAccess"], []),
    "kato.daiki": (["models-read"], []),
    "carlos.diaz": ([], [inline("temporary-rds-access", allow("rds:*"))]),
    "svc-backup": (["backups-write"], [inline("kms", allow("kms:GenerateDataKey"))]),
    "svc-ci-legacy": (["terraform-runner"], []),
    "svc-crm-export": (["orders-read"], []),
    "svc-erp-import": (["orders-write", "invoices-write"], []),
    "svc-smtp-relay": ([], [inline("AmazonSesSendingAccess", allow("ses:SendRawEmail"))]),
}
BOUNDED = ["tanaka.ren", "suzuki.haruto", "lena.fischer", "jonas.weber", "bob.miller", "noah.cook"]


# Users and their credentials

class User:
    def __init__(self, path, name, groups, state, tags, created=None):
        self.path, self.name, self.groups, self.state, self.tags = path, name, groups, state, tags
        self.arn = arn("user", path, name)
        # An old key takes an older user.
        self.created = created or day(name, 950 if "key" in state else 200, 1800)
        self.password = self.last_used = self.changed = None
        self.mfa = False
        # Of each access key: active, made or last changed, last used.
        self.keys = []
        getattr(self, f"be_{state}" if path.startswith("/people/") else f"machine_{state}")()

    def sign_in(self, last_used, mfa=True):
        self.password, self.last_used, self.mfa = True, last_used, mfa
        self.changed = max(self.created, min(day(f"{self.name}/changed", 10, 190), last_used or AS_OF))

    def key(self, made, used, active=True):
        self.keys.append((active, made, used))

    def recently(self, what):
        # Before the credential report was made, which is some hours old.
        return day(f"{self.name}/{what}", 0, 20) - datetime.timedelta(hours=3)

    # People
    def be_good(self):
        self.sign_in(self.recently("in"))

    def be_no_mfa(self):
        self.sign_in(self.recently("in"), mfa=False)

    def be_stale(self):
        self.sign_in(day(f"{self.name}/in", 60, 160))

    def be_stale_no_mfa(self):
        self.sign_in(day(f"{self.name}/in", 60, 160), mfa=False)

    def be_almost_stale(self):
        self.sign_in(ago(44, 23, 59))

    def be_just_stale(self):
        self.sign_in(ago(45))

    def be_never_used(self):
        self.sign_in(None, mfa=False)
        self.changed = self.created

    def be_no_password(self):
        pass

    def be_one_key(self):
        self.sign_in(self.recently("in"))
        self.machine_one_key()

    def be_two_keys(self):
        self.sign_in(self.recently("in"))
        self.machine_two_keys()

    def be_old_key(self):
        self.sign_in(self.recently("in"))
        self.machine_old_key()

    def be_unused_key(self):
        self.sign_in(self.recently("in"))
        self.machine_unused_key()

    def be_disabled_keys(self):
        self.sign_in(self.recently("in"))
        self.machine_disabled_keys()

    def be_key_at_setup(self):
        self.sign_in(self.recently("in"))
        self.key(self.created + datetime.timedelta(seconds=4), None)

    def be_key_at_setup_in_use(self):
        self.created = day(f"{self.name}/joined", 60, 80)
        self.sign_in(self.recently("in"))
        self.key(self.created + datetime.timedelta(seconds=37), self.recently("key"))

    # Machines
    def machine_no_key(self):
        pass

    def machine_one_key(self):
        self.key(day(f"{self.name}/key", 21, 85), self.recently("key"))

    def machine_old_key(self):
        self.key(day(f"{self.name}/key", 120, 900), self.recently("key"))

    def machine_stale_key(self):
        self.key(day(f"{self.name}/key", 60, 85), ago(52, 3))

    def machine_unused_key(self):
        self.key(day(f"{self.name}/key", 100, 180), None)

    def machine_two_keys(self):
        self.key(day(f"{self.name}/key", 91, 150), self.recently("key"))
        self.key(day(f"{self.name}/second key", 2, 9), None)

    def machine_two_old_keys(self):
        self.key(day(f"{self.name}/key", 450, 900), ago(400))
        self.key(day(f"{self.name}/second key", 120, 190), self.recently("key"))

    def machine_disabled_keys(self):
        self.key(day(f"{self.name}/key", 300, 900), ago(280), active=False)


def people(entries):
    for office, name, display_name, groups, state in entries:
        tags = [{"Key": "DisplayName", "Value": display_name}, {"Key": "Office", "Value": office}]
        yield User(f"/people/{office}/", name, ["everyone", *groups], state, tags)


NEW_USER = User(f"/people/{NEWCOMER[0]}/", NEWCOMER[1], ["everyone", *NEWCOMER[3]], NEWCOMER[4],
                [{"Key": "DisplayName", "Value": NEWCOMER[2]}, {"Key": "Office", "Value": NEWCOMER[0]}],
                created=ago(minutes=41))
REPORTED = sorted(
    [*people(PEOPLE),
     *(User("/machines/", name, groups, state, [{"Key": "Owner", "Value": "platform"}]) for name, groups, state in MACHINES)],
    key=lambda user: user.name)
USERS = sorted([*REPORTED, NEW_USER], key=lambda user: user.name)


# Roles

class Role:
    def __init__(self, path, name, trusts, policies, inlines=(), profile=None, used=True, tags=()):
        self.path, self.name, self.trusts, self.policies, self.inlines = path, name, trusts, policies, inlines
        self.arn = arn("role", path, name)
        self.created = day(f"role/{name}", 100, 1700)
        self.profile = arn("instance-profile", "/", profile) if profile else None
        self.used, self.tags = used, tags


SSO_PROVIDER = arn("saml-provider", "/", "AWSSSO_0123456789abcdef_DO_NOT_DELETE")
GITHUB = arn("oidc-provider", "/", "token.actions.githubusercontent.com")
SSO_TRUST = trust({"Federated": SSO_PROVIDER}, ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                  {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}})


def by_account(account, condition=None):
    return trust({"AWS": f"arn:aws:iam::{account}:root"}, condition=condition)


def github(repository):
    return trust({"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", {
        "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
        "StringLike": {"token.actions.githubusercontent.com:sub": f"repo:example/{repository}:*"}})


def linked(service_name, role, policy, used=True):
    return Role(f"/aws-service-role/{service_name}.amazonaws.com/", role, service(service_name),
                [f"aws-service-role/{policy}"], used=used)


def sso(permission_set, policies, inlines=()):
    name = f"AWSReservedSSO_{permission_set}_{text(permission_set, 16, '0123456789abcdef')}"
    return Role("/aws-reserved/sso.amazonaws.com/ap-northeast-1/", name, SSO_TRUST, policies, inlines)


def on_instances(name, policies):
    return Role("/app/", name, service("ec2"), ["AmazonSSMManagedInstanceCore", "CloudWatchAgentServerPolicy", *policies],
                profile=name)


def on_lambda(name, policies):
    return Role("/app/", name, service("lambda"), ["service-role/AWSLambdaBasicExecutionRole", *policies])


def on_ecs(name, policies):
    return Role("/app/", name, service("ecs-tasks"), ["service-role/AmazonECSTaskExecutionRolePolicy", *policies])


ROLES = sorted([
    linked("access-analyzer", "AWSServiceRoleForAccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    linked("autoscaling", "AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"),
    linked("cloudtrail", "AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy"),
    linked("config", "AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy"),
    linked("ecs", "AWSServiceRoleForECS", "AmazonECSServiceRolePolicy"),
    linked("elasticloadbalancing", "AWSServiceRoleForElasticLoadBalancing", "AWSElasticLoadBalancingServiceRolePolicy"),
    linked("organizations", "AWSServiceRoleForOrganizations", "AWSOrganizationsServiceTrustPolicy", used=False),
    linked("rds", "AWSServiceRoleForRDS", "AmazonRDSServiceRolePolicy"),
    linked("sso", "AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy"),
    linked("support", "AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy"),
    linked("trustedadvisor", "AWSServiceRoleForTrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
    sso("AdministratorAccess", ["AdministratorAccess"]),
    sso("Billing", ["job-function/Billing"]),
    sso("PowerUserAccess", ["PowerUserAccess"]),
    sso("ViewOnlyAccess", ["job-function/ViewOnlyAccess"],
        [inline("AwsSSOInlinePolicy", allow("cloudtrail:LookupEvents"))]),
    on_instances("api-server", ["orders-write", "key-user"]),
    on_instances("bastion", []),
    on_instances("batch-worker", ["queue-worker", "telemetry-write"]),
    on_instances("build-agent", ["everything-but-identity"]),
    on_instances("monitoring", ["log-search"]),
    on_instances("web-server", ["site-read"]),
    on_lambda("image-resize", ["site-write"]),
    on_lambda("invoice-render", ["invoices-write"]),
    on_lambda("order-events", ["orders-read", "queue-worker"]),
    on_lambda("rotate-secrets", ["key-user"]),
    on_lambda("telemetry-ingest", ["telemetry-write"]),
    on_ecs("checkout", ["orders-write"]),
    on_ecs("recommendations", ["models-read"]),
    on_ecs("search", ["site-read"]),
    Role("/deploy/", "github-production", github("shop"), ["deploy-production"]),
    # Its second policy and its third are those that the list of policies lacks.
    Role("/deploy/", "github-staging", github("*"), ["deploy-staging", "canary-rollout", "canary-metrics"]),
    Role("/deploy/", "terraform", by_account(ACCOUNT, MFA_PRESENT), ["terraform-runner"]),
    Role("/", "break-glass", by_account(ACCOUNT, MFA_PRESENT), ["AdministratorAccess"], used=False),
    Role("/", "SecurityAudit", by_account(MANAGEMENT), ["SecurityAudit"]),
    Role("/", "SupportIncidentManager", by_account(ACCOUNT, MFA_PRESENT), ["AWSSupportAccess"]),
    Role("/", "legacy-admin", by_account(ACCOUNT), ["legacy-full-access"], used=False),
    Role("/", "shell-operator", by_account(ACCOUNT, MFA_PRESENT), ["AWSCloudShellFullAccess"],
         [inline("no-file-transfer", deny(["cloudshell:GetFileUploadUrls", "cloudshell:GetFileDownloadUrls"]))]),
    Role("/", "file-transfer", by_account(ACCOUNT), ["shell-file-transfer"]),
    Role("/partners/", "backup-vendor",
         by_account("111122223333", {"StringEquals": {"sts:ExternalId": "example-external-id"}}),
         ["backup-vendor", "backups-read"]),
    Role("/partners/", "auditor", by_account("444455556666"), ["ReadOnlyAccess"], used=False),
], key=lambda role: role.name.lower())

PROFILES = {role.name: role.profile for role in ROLES if role.profile}
# Its role was deleted, and the profile stayed.
PROFILES["legacy-scanner"] = arn("instance-profile", "/", "legacy-scanner")


# The answers

def account(name):
    def register(make):
        FILES[f"account/{name}.json"] = make
        return make
    return register


def region(name, operation, code, action, denied, datasets=None):
    """A dataset of each region; `denied` is what AWS says where a service control policy denies it. `datasets`: those that
    the answer holds, where they are several; a gap names the one that it is in."""
    def register(make):
        def gap(region_name, dataset):
            message = denied.format(user=AUDITOR, action=action, region=region_name, account=ACCOUNT)
            return {"$gap": {"dataset": dataset, "operation": operation, "region": region_name, "resource": None,
                             "kind": "denied", "code": code, "message": message, "action": action}}
        for region_name in ENABLED:
            if region_name in DENIED_REGIONS:
                for dataset in datasets or [name]:
                    FILES[f"regions/{region_name}/{dataset}.json"] = functools.partial(gap, region_name, dataset)
            else:
                FILES[f"regions/{region_name}/{name}.json"] = functools.partial(make, region_name)
        return make
    return register


@account("account.contact_information")
def contact_information():
    return {"ContactInformation": {
        "AddressLine1": "1 Example Street", "City": "Anytown", "CompanyName": "Example Corp", "CountryCode": "US",
        "FullName": "Example Corp Cloud Team", "PhoneNumber": "+1 202 555 0142", "PostalCode": "20000",
        "StateOrRegion": "VA", "WebsiteUrl": "https://www.example.com"}}


def contact(kind, name, address, phone):
    return {"AlternateContact": {"AlternateContactType": kind, "EmailAddress": f"{address}@example.com", "Name": name,
                                 "PhoneNumber": phone, "Title": "On call"}}


@account("account.security_alternate_contact")
def security_contact():
    return contact("SECURITY", "Security Operations", "aws-security", "+1 202 555 0113")


@account("account.billing_alternate_contact")
def billing_contact():
    return contact("BILLING", "Kate Adams", "kate.adams", "+1 202 555 0156")


@account("account.operations_alternate_contact")
def operations_contact():
    return {"AlternateContact": None}


@account("organizations.organization")
def organization():
    return {"Organization": {
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:organization/{ORGANIZATION}", "FeatureSet": "ALL",
        "Id": ORGANIZATION, "MasterAccountArn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION}/{MANAGEMENT}",
        "MasterAccountEmail": "aws-management@example.com", "MasterAccountId": MANAGEMENT}}


@account("iam.organizations_features")
def organizations_features():
    # A member account is not told.
    return {}


@account("ec2.regions")
def regions():
    listed = [(name, "opt-in-not-required") for name in ENABLED] + [(name, "not-opted-in") for name in NOT_ENABLED]
    return {"Regions": [{"OptInStatus": status, "RegionName": name, "Endpoint": f"ec2.{name}.amazonaws.com"}
                        for name, status in sorted(listed)]}


@account("iam.password_policy")
def password_policy():
    return {"PasswordPolicy": {
        "MinimumPasswordLength": 12, "RequireSymbols": True, "RequireNumbers": True, "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": True, "AllowUsersToChangePassword": True, "ExpirePasswords": False,
        "PasswordReusePrevention": 24}}


@account("iam.credential_report")
def credential_report():
    key = ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"]
    header = ["user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
              "password_next_rotation", "mfa_active", *(f"access_key_1_{name}" for name in key),
              *(f"access_key_2_{name}" for name in key), "cert_1_active", "cert_1_last_rotated", "cert_2_active",
              "cert_2_last_rotated"]
    none = ["false"] + ["N/A"] * 4
    # Root's key was switched off and never deleted; it last signed in twelve days ago.
    root = ["<root_account>", f"arn:aws:iam::{ACCOUNT}:root", stamp(ago(2100)), "true", stamp(ago(12, 5)), "not_supported",
            "not_supported", "true", "false", stamp(ago(2000)), stamp(ago(1400)), "us-east-1", "s3", *none]
    lines = [header, root + ["false", "N/A"] * 2]
    for user in REPORTED:
        assert user.created <= (user.last_used or REPORT_MADE) <= REPORT_MADE, user.name
        cells = [user.name, user.arn, stamp(user.created)]
        if user.password:
            cells += ["true", stamp(user.last_used) if user.last_used else "no_information", stamp(user.changed), "N/A"]
        else:
            cells += ["false", "N/A", "N/A", "N/A"]
        cells.append("true" if user.mfa else "false")
        for slot in range(2):
            if slot >= len(user.keys):
                cells += none
                continue
            active, made, used = user.keys[slot]
            assert user.created <= made <= (used or REPORT_MADE) <= REPORT_MADE, user.name
            where = [ENABLED[number(f"{user.name}/{slot}/region", 3)], ["s3", "ec2", "sqs"][number(f"{user.name}/{slot}", 3)]]
            cells += ["true" if active else "false", stamp(made), *([stamp(used), *where] if used else ["N/A"] * 3)]
        lines.append(cells + ["false", "N/A"] * 2)
    assert all(len(cells) == len(header) and not any("," in cell for cell in cells) for cells in lines)
    csv = "\n".join(",".join(cells) for cells in lines) + "\n"
    return {"Content": base64.b64encode(csv.encode()).decode(), "ReportFormat": "text/csv",
            "GeneratedTime": stamp(REPORT_MADE)}


def tally():
    """How many principals have each policy, and how many it bounds."""
    counts = {}
    for names in ([policies for _, policies, _ in GROUPS] + [role.policies for role in ROLES]
                  + [policies for policies, _ in DIRECT.values()]):
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    return counts


def user_detail(user):
    policies, inlines = DIRECT.get(user.name, ([], []))
    made = {"Path": user.path, "UserName": user.name, "UserId": unique_id("AIDA", user.name), "Arn": user.arn,
            "CreateDate": stamp(user.created)}
    if inlines:
        made["UserPolicyList"] = inlines
    made |= {"GroupList": user.groups, "AttachedManagedPolicies": attached(policies), "Tags": user.tags}
    if user.name in BOUNDED:
        made["PermissionsBoundary"] = {"PermissionsBoundaryType": "Policy",
                                       "PermissionsBoundaryArn": policy_arn("developer-boundary")}
    return made


def group_detail(name, policies, inlines):
    return {"Path": "/", "GroupName": name, "GroupId": unique_id("AGPA", name), "Arn": arn("group", "/", name),
            "CreateDate": stamp(day(f"group/{name}", 1000, 1800)), "GroupPolicyList": inlines,
            "AttachedManagedPolicies": attached(policies)}


def role_detail(role):
    made = {"Path": role.path, "RoleName": role.name, "RoleId": unique_id("AROA", role.name), "Arn": role.arn,
            "CreateDate": stamp(role.created), "AssumeRolePolicyDocument": role.trusts}
    profiles = []
    if role.profile:
        profiles.append({"Path": "/", "InstanceProfileName": role.name,
                         "InstanceProfileId": unique_id("AIPA", role.name), "Arn": role.profile,
                         "CreateDate": stamp(role.created), "Roles": [dict(made)]})
    last_used = {"LastUsedDate": stamp(day(f"role/{role.name}/used", 0, 60)), "Region": "us-east-1"} if role.used else {}
    return made | {"InstanceProfileList": profiles, "RolePolicyList": list(role.inlines),
                   "AttachedManagedPolicies": attached(role.policies), "Tags": list(role.tags), "RoleLastUsed": last_used}


def managed_policy(policy_arn_, path, name, versions, attachments, bounded, created):
    numbered = [{"Document": document(*statements), "VersionId": f"v{at}", "IsDefaultVersion": at == len(versions),
                 "CreateDate": stamp(created + datetime.timedelta(days=30 * (at - 1)))}
                for at, statements in enumerate(versions, 1)]
    return {"PolicyName": name, "PolicyId": unique_id("ANPA", policy_arn_), "Arn": policy_arn_, "Path": path,
            "DefaultVersionId": f"v{len(versions)}", "AttachmentCount": attachments,
            "PermissionsBoundaryUsageCount": bounded, "IsAttachable": True, "CreateDate": stamp(created),
            "UpdateDate": numbered[-1]["CreateDate"], "PolicyVersionList": numbered[::-1]}


def policies():
    counts = tally()
    for path, name, versions in CUSTOMER_MANAGED:
        bounded = len(BOUNDED) if name == "developer-boundary" else 0
        yield managed_policy(CUSTOMER_ARNS[name], path, name, versions, counts.get(name, 0), bounded,
                             day(f"policy/{name}", 300, 1500))
    for name, statements in AWS_MANAGED.items():
        # AWS lists its own policies only where they are attached.
        if counts.get(name):
            folder, _, short = name.rpartition("/")
            yield managed_policy(policy_arn(name), f"/{folder}/" if folder else "/", short, [statements], counts[name], 0,
                                 ago(4000 - number(name, 1000)))


@account("iam.authorization_details")
def authorization_details():
    return {"UserDetailList": [user_detail(user) for user in USERS],
            "GroupDetailList": [group_detail(*group) for group in GROUPS],
            "RoleDetailList": [role_detail(role) for role in ROLES],
            "Policies": list(policies())}


@account("iam.unlisted_policies")
def unlisted_policies():
    read = managed_policy(UNLISTED["canary-rollout"], "/deploy/", "canary-rollout",
                          [[allow(["ecs:UpdateService", "codedeploy:CreateDeployment"])]], 1, 0, ago(minutes=1))
    gap = {"dataset": "iam.unlisted_policies", "operation": "iam:GetPolicyVersion", "region": None,
           "resource": UNLISTED["canary-metrics"], "kind": "throttled", "code": "Throttling", "message": "Rate exceeded",
           "action": "iam:GetPolicyVersion"}
    return {"Policies": [{"Arn": UNLISTED["canary-rollout"], "Policy": read},
                         {"Arn": UNLISTED["canary-metrics"], "Policy": {"$gap": gap}}]}


def virtual_devices():
    """Two in three have an app on their phone; the others have a key, which no list shows."""
    root = f"arn:aws:iam::{ACCOUNT}:root"
    yield {"SerialNumber": arn("mfa", "/", "root-phone"), "User": {
        "UserId": ACCOUNT, "Arn": root, "CreateDate": stamp(ago(2100))}, "EnableDate": stamp(ago(900))}
    for user in USERS:
        if user.mfa and number(f"{user.name}/device", 3):
            yield {"SerialNumber": arn("mfa", "/", user.name), "User": {
                "Path": user.path, "UserName": user.name, "UserId": unique_id("AIDA", user.name), "Arn": user.arn,
                "CreateDate": stamp(user.created)}, "EnableDate": stamp(user.created + datetime.timedelta(minutes=9))}


@account("iam.virtual_mfa_devices")
def virtual_mfa_devices():
    return {"VirtualMFADevices": list(virtual_devices())}


@account("iam.server_certificates")
def server_certificates():
    certificates = [("/", "intranet.example.com", 410, ago(45)), ("/cloudfront/", "static.example.com", 380, ago(15, 4)),
                    ("/", "shop.example.com", 300, ago(-3)), ("/", "vpn.example.com", 90, ago(-640)),
                    ("/cloudfront/", "media.example.com", 30, ago(-335))]
    return {"ServerCertificateMetadataList": [
        {"Path": path, "ServerCertificateName": name, "ServerCertificateId": unique_id("ASCA", name),
         "Arn": arn("server-certificate", path, name), "UploadDate": stamp(ago(uploaded)), "Expiration": stamp(expires)}
        for path, name, uploaded, expires in certificates]}


@account("iam.saml_providers")
def saml_providers():
    return {"SAMLProviderList": [
        {"Arn": SSO_PROVIDER, "ValidUntil": stamp(ago(-36000)), "CreateDate": stamp(ago(1300))},
        {"Arn": arn("saml-provider", "/", "legacy-adfs"), "ValidUntil": stamp(ago(190)), "CreateDate": stamp(ago(1900))}]}


@account("iam.oidc_providers")
def oidc_providers():
    return {"OpenIDConnectProviderList": [{"Arn": GITHUB}]}


@account("iam.account_summary")
def account_summary():
    devices = list(virtual_devices())
    versions = sum(len(versions) for _, _, versions in CUSTOMER_MANAGED)
    return {"SummaryMap": {
        "AccessKeysPerUserQuota": 2, "AccountAccessKeysPresent": 1, "AccountMFAEnabled": 1, "AccountPasswordPresent": 1,
        "AccountSigningCertificatesPresent": 0, "AssumeRolePolicySizeQuota": 2048, "AttachedPoliciesPerGroupQuota": 10,
        "AttachedPoliciesPerRoleQuota": 10, "AttachedPoliciesPerUserQuota": 10, "GlobalEndpointTokenVersion": 1,
        "GroupPolicySizeQuota": 5120, "Groups": len(GROUPS), "GroupsPerUserQuota": 10, "GroupsQuota": 300,
        "InstanceProfiles": len(PROFILES), "InstanceProfilesQuota": 1000, "MFADevices": len(devices),
        "MFADevicesInUse": sum(user.mfa for user in USERS) + 1, "Policies": len(CUSTOMER_MANAGED) + len(UNLISTED),
        "PoliciesQuota": 1500, "PolicySizeQuota": 6144, "PolicyVersionsInUse": versions + len(UNLISTED),
        "PolicyVersionsInUseQuota": 10000, "Providers": 3, "RolePolicySizeQuota": 10240, "Roles": len(ROLES),
        "RolesQuota": 1000, "ServerCertificates": len(server_certificates()["ServerCertificateMetadataList"]),
        "ServerCertificatesQuota": 20, "SigningCertificatesPerUserQuota": 2, "UserPolicySizeQuota": 2048,
        "Users": len(USERS), "UsersQuota": 5000, "VersionsPerPolicyQuota": 5}}


# Instances: how many of a kind in a region, the profile, the state.
INSTANCES = {
    "us-east-1": [
        ("web", 6, "web-server", "running"), ("api", 5, "api-server", "running"), ("batch", 4, "batch-worker", "running"),
        ("build", 3, "build-agent", "running"), ("bastion", 1, "bastion", "running"), ("monitor", 2, "monitoring", "running"),
        ("legacy-crm", 3, None, "running"), ("license-server", 1, None, "stopped"), ("scanner", 1, "legacy-scanner", "running"),
        ("migration", 1, None, "terminated"), ("batch", 1, "batch-worker", "pending"),
    ],
    "eu-central-1": [
        ("web", 4, "web-server", "running"), ("api", 3, "api-server", "running"), ("batch", 2, "batch-worker", "stopped"),
        ("bastion", 1, "bastion", "running"), ("erp", 3, None, "running"), ("printer", 1, None, "stopped"),
        ("build", 2, "build-agent", "stopping"), ("web-old", 1, "web-server", "shutting-down"),
    ],
}
STATES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


def metadata_options(kind, state):
    """A third still answers without a token; the scanner's has no metadata at all."""
    return {"State": "pending" if state == "pending" else "applied",
            "HttpTokens": "optional" if kind in ("bastion", "build", "erp", "legacy-crm", "scanner", "web-old") else "required",
            "HttpEndpoint": "disabled" if kind == "scanner" else "enabled",
            "HttpPutResponseHopLimit": 2 if kind == "api" else 1, "HttpProtocolIpv6": "disabled",
            "InstanceMetadataTags": "disabled"}


@region("ec2.instances", "ec2:DescribeInstances", "UnauthorizedOperation", "ec2:DescribeInstances",
        "You are not authorized to perform this operation. User: {user} is not authorized to perform: {action} "
        "with an explicit deny in a service control policy")
def instances(region_name):
    reservations = []
    seen = {}
    for kind, count, profile, state in INSTANCES[region_name]:
        made = []
        for _ in range(count):
            seen[kind] = seen.get(kind, 0) + 1
            label = f"{region_name}/{kind}/{seen[kind]}"
            instance = {
                "AmiLaunchIndex": len(made), "ImageId": resource_id("ami", f"{region_name}/{kind}"),
                "InstanceId": resource_id("i", label), "InstanceType": ["t3.micro", "t3.large", "m6i.large", "c7g.xlarge"][
                    number(kind, 4)], "LaunchTime": stamp(day(label, 1, 700)),
                "Placement": {"AvailabilityZone": region_name + "abc"[number(label, 3)], "Tenancy": "default"},
                "State": {"Code": STATES[state], "Name": state},
                "MetadataOptions": metadata_options(kind, state),
                "Tags": [{"Key": "Name", "Value": f"{kind}-{seen[kind]}"}]}
            if state != "terminated":
                instance |= {"PrivateIpAddress": f"10.{number(region_name, 200)}.{number(label, 250)}.{seen[kind] + 9}",
                             "SubnetId": resource_id("subnet", f"{region_name}/{number(label, 3)}"),
                             "VpcId": resource_id("vpc", region_name)}
            if profile:
                instance["IamInstanceProfile"] = {"Arn": PROFILES[profile], "Id": unique_id("AIPA", profile)}
            made.append(instance)
        reservations.append({"ReservationId": resource_id("r", f"{region_name}/{kind}/{state}"), "OwnerId": ACCOUNT,
                             "Groups": [], "Instances": made})
    return {"Reservations": reservations}


@region("accessanalyzer.analyzers", "accessanalyzer:ListAnalyzers", "AccessDeniedException", "access-analyzer:ListAnalyzers",
        "User: {user} is not authorized to perform: {action} on resource: arn:aws:access-analyzer:{region}:{account}:* "
        "with an explicit deny in a service control policy")
def analyzers(region_name):
    def analyzer(name, kind, status, reason=None):
        made = {"arn": f"arn:aws:access-analyzer:{region_name}:{ACCOUNT}:analyzer/{name}", "name": name, "type": kind,
                "createdAt": stamp(day(f"{region_name}/{name}", 100, 900)), "status": status, "tags": {}}
        return made | ({"statusReason": {"code": reason}} if reason else {})
    outside = analyzer("external-access", "ACCOUNT", "ACTIVE")
    if region_name == "us-east-1":
        return {"analyzers": [outside, analyzer("unused-access", "ACCOUNT_UNUSED_ACCESS", "ACTIVE")]}
    return {"analyzers": [outside,
                          analyzer("organization", "ORGANIZATION", "DISABLED", "AWS_SERVICE_ACCESS_DISABLED")]}


# Reading what one region, or one resource, refuses

def denied(dataset, operation, resource, message, region_name=None, action=None, code="AccessDenied"):
    action = action or operation
    return {"$gap": {"dataset": dataset, "operation": operation, "region": region_name, "resource": resource, "kind": "denied",
                     "code": code, "message": message, "action": action}}


SCP = "with an explicit deny in a service control policy"
EC2_DENIED = ("You are not authorized to perform this operation. User: {user} is not authorized to perform: {action} " + SCP)


def regional(name, operation, action=None, code="AccessDeniedException"):
    """A dataset of each region, of a service other than EC2."""
    action = action or operation
    what = f"arn:aws:{action.split(':')[0]}:{{region}}:{{account}}:*"
    return region(name, operation, code, action,
                  f"User: {{user}} is not authorized to perform: {{action}} on resource: {what} {SCP}")


def ec2(name, operation):
    return region(name, f"ec2:{operation}", "UnauthorizedOperation", f"ec2:{operation}", EC2_DENIED)


# S3

TRAIL_BUCKET = "example-trail-main"
OLD_TRAIL_BUCKET = "example-trail-2019"
ACCESS_LOGS = "example-access-logs"
DENYING_BUCKET = "example-payroll-archive"

# Name, region, what the policy does about plain HTTP, versioning, the bucket's own Block Public Access, default encryption.
S3_BUCKETS = [
    ("example-orders", "us-east-1", "tls", "mfa", "all", "AES256"),
    ("example-invoices", "us-east-1", "tls", "mfa", "all", "aws:kms"),
    ("example-telemetry", "us-east-1", "tls_objects", "never", "policy", "AES256"),
    ("example-backups", "eu-central-1", "tls", "mfa", "all", "aws:kms"),
    ("example-models", "us-east-1", "tls", "enabled", "all", "aws:kms"),
    ("example-site", "us-east-1", "website", "enabled", "off", "AES256"),
    ("example-site-preview", "us-east-1", "none", "never", "unset", "AES256"),
    ("example-site-media", "eu-central-1", "website", "suspended", "acls", "AES256"),
    (TRAIL_BUCKET, "us-east-1", "trail", "mfa", "all", "aws:kms"),
    (OLD_TRAIL_BUCKET, "eu-central-1", "old_trail", "never", "unset", "none"),
    (ACCESS_LOGS, "us-east-1", "tls", "enabled", "all", "AES256"),
    (DENYING_BUCKET, "eu-central-1", "denied", "denied", "denied", "denied"),
    ("example-config-us", "us-east-1", "tls", "enabled", "all", "AES256"),
    ("example-config-eu", "eu-central-1", "tls_objects", "enabled", "all", "AES256"),
    ("example-flow-logs", "us-east-1", "tls", "never", "all", "AES256"),
    ("example-terraform-state", "us-east-1", "tls", "enabled", "all", "aws:kms"),
    ("example-terraform-state-eu", "eu-central-1", "none", "enabled", "policy", "AES256"),
    ("example-artifacts", "us-east-1", "tls_put", "enabled", "all", "AES256"),
    ("example-artifacts-eu", "eu-central-1", "tls_put", "enabled", "all", "AES256"),
    ("example-build-cache", "us-east-1", "none", "never", "policy", "AES256"),
    ("example-crm-exports", "us-east-1", "tls_exempt", "suspended", "policy", "AES256"),
    ("example-crm-attachments", "us-east-1", "none", "enabled", "unset", "none"),
    ("example-customer-documents", "eu-central-1", "tls", "mfa", "all", "aws:kms:dsse"),
    ("example-contracts", "eu-central-1", "tls", "mfa", "all", "aws:kms"),
    ("example-hr-records", "eu-central-1", "tls", "mfa_suspended", "all", "aws:kms"),
    ("example-training-data", "us-east-1", "organization", "enabled", "all", "aws:kms"),
    ("example-feature-store", "us-east-1", "tls", "enabled", "policy", "AES256"),
    ("example-notebooks", "us-east-1", "none", "never", "unset", "AES256"),
    ("example-partner-inbox", "eu-central-1", "partner", "enabled", "policy", "AES256"),
    ("example-partner-outbox", "eu-central-1", "allow_tls", "enabled", "three", "AES256"),
    ("example-email-inbound", "us-east-1", "tls_version", "never", "policy", "AES256"),
    ("example-email-archive", "us-east-1", "tls", "enabled", "all", "AES256"),
    ("example-data-lake-raw", "eu-central-1", "tls", "enabled", "all", "aws:kms"),
    ("example-data-lake-curated", "eu-central-1", "tls", "enabled", "all", "aws:kms"),
    ("example-data-lake-scratch", "eu-central-1", "none", "never", "policy", "AES256"),
    ("example-athena-results", "eu-central-1", "tls_root", "never", "policy", "AES256"),
    ("example-lambda-code", "us-east-1", "tls", "enabled", "all", "AES256"),
    ("example-mobile-uploads", "us-east-1", "tls_objects", "enabled", "off", "AES256"),
    ("example-erp-interface", "eu-central-1", "tls_tokyo", "never", "unset", "AES256"),
    ("example-db-dumps", "us-east-1", "none", "never", "policy", "none"),
    ("example-cost-reports", "us-east-1", "tls", "never", "all", "AES256"),
]
S3_BUCKETS.sort()
MAIN_TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
DATA_TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/function-calls"
OLD_TRAIL = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/events-2019"
ORGANIZATION_TRAIL = f"arn:aws:cloudtrail:us-east-1:{MANAGEMENT}:trail/organization"


def principal(effect, who, action, resource, condition=None, sid=None):
    return statement(effect, action, resource, condition, sid, Principal=who)


HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def only_tls(bucket):
    name = f"arn:aws:s3:::{bucket}"
    return principal("Deny", "*", "s3:*", [name, f"{name}/*"], HTTP, "DenyHttp")


def trail_statements(bucket, trails, prefix=""):
    name = f"arn:aws:s3:::{bucket}"
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    source = {"aws:SourceArn": trails} if trails else {}
    first = {"StringEquals": source} if source else None
    second = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **source}}
    return [principal("Allow", cloudtrail, "s3:GetBucketAcl", name, first, "AWSCloudTrailAclCheck"),
            principal("Allow", cloudtrail, "s3:PutObject", f"{name}/AWSLogs/{ACCOUNT}/*", second, "AWSCloudTrailWrite")]


def bucket_statements(bucket, kind):
    name = f"arn:aws:s3:::{bucket}"
    objects = f"{name}/*"
    everyone = {"AWS": "*"}
    return {
        "tls": lambda: [only_tls(bucket)],
        # As the benchmark prints it: the bucket itself is left out.
        "tls_objects": lambda: [principal("Deny", "*", "s3:*", objects, HTTP, "DenyHttp")],
        "tls_put": lambda: [principal("Deny", "*", "s3:PutObject", objects, HTTP, "DenyHttpUploads")],
        "tls_exempt": lambda: [principal("Deny", "*", "s3:*", [name, objects], {
            **HTTP, "StringNotEquals": {"aws:PrincipalArn": arn("role", "/app/", "crm-export")}}, "DenyHttpButCrm")],
        "tls_version": lambda: [principal("Deny", "*", "s3:*", [name, objects], {
            "NumericLessThan": {"s3:TlsVersion": "1.2"}}, "DenyOldTls")],
        "tls_root": lambda: [principal("Deny", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "s3:*", [name, objects], HTTP)],
        # Copied from another bucket, with its name.
        "tls_tokyo": lambda: [principal("Deny", "*", "s3:*", ["arn:aws:s3:::example-erp-tokyo",
                                                              "arn:aws:s3:::example-erp-tokyo/*"], HTTP, "DenyHttp")],
        "allow_tls": lambda: [principal("Allow", {"AWS": "arn:aws:iam::444455556666:root"}, "s3:GetObject", objects, {
            "Bool": {"aws:SecureTransport": "true"}}, "PartnerReadsOverTls")],
        "partner": lambda: [principal("Allow", {"AWS": "arn:aws:iam::111122223333:role/delivery"}, "s3:PutObject", objects),
                            only_tls(bucket)],
        "organization": lambda: [principal("Allow", everyone, ["s3:GetObject", "s3:ListBucket"], [name, objects], {
            "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, "Organization"), only_tls(bucket)],
        "website": lambda: [principal("Allow", "*", "s3:GetObject", objects, None, "PublicReadGetObject")],
        # Everyone in the organization: controlled from 2.0.0 on, and a breach for 1.5.0.
        "trail": lambda: [*trail_statements(bucket, [MAIN_TRAIL, DATA_TRAIL]),
                          principal("Allow", everyone, "s3:GetObject", objects, {
                              "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, "OrganizationReads"), only_tls(bucket)],
        "old_trail": lambda: trail_statements(bucket, []),
        "none": lambda: None,
    }[kind]()


def per_bucket(dataset, operation, member, make, action=None, flat=False):
    """A row of every bucket; the one whose policy denies the auditor has a gap."""
    rows = []
    for bucket in S3_BUCKETS:
        name = bucket[0]
        if name == DENYING_BUCKET:
            message = (f'User: {AUDITOR} is not authorized to perform: {action or operation} on resource: '
                       f'"arn:aws:s3:::{name}" with an explicit deny in a resource-based policy')
            gap = denied(dataset, operation, name, message, action=action)
            rows.append({"Bucket": name, **gap} if flat else {"Bucket": name, member: gap})
        else:
            made = make(*bucket)
            rows.append({"Bucket": name, **made} if flat else {"Bucket": name, member: made})
    return {"Buckets": rows}


@account("s3.buckets")
def buckets():
    return {"Buckets": [{"Name": name, "CreationDate": stamp(day(f"bucket/{name}", 60, 2200)), "BucketRegion": where}
                        for name, where, *_ in S3_BUCKETS]}


@account("s3.bucket_policies")
def bucket_policies():
    def make(name, where, policy, *_):
        statements = bucket_statements(name, policy)
        return json.dumps(document(*statements)) if statements else None
    return per_bucket("s3.bucket_policies", "s3:GetBucketPolicy", "Policy", make)


@account("s3.bucket_policy_statuses")
def bucket_policy_statuses():
    def make(name, where, policy, *_):
        return None if policy == "none" else {"IsPublic": policy == "website"}
    return per_bucket("s3.bucket_policy_statuses", "s3:GetBucketPolicyStatus", "PolicyStatus", make)


@account("s3.bucket_versionings")
def bucket_versionings():
    answers = {"never": {}, "enabled": {"Status": "Enabled"}, "suspended": {"Status": "Suspended"},
               "mfa": {"Status": "Enabled", "MFADelete": "Enabled"},
               "mfa_suspended": {"Status": "Suspended", "MFADelete": "Enabled"}}
    return per_bucket("s3.bucket_versionings", "s3:GetBucketVersioning", None,
                      lambda name, where, policy, versioning, *_: answers[versioning], flat=True)


def block(acls, policies):
    return {"BlockPublicAcls": acls, "IgnorePublicAcls": acls, "BlockPublicPolicy": policies,
            "RestrictPublicBuckets": policies}


@account("s3.account_public_access_block")
def account_public_access_block():
    # Public policies are left to the buckets, for the sake of the web sites.
    return {"PublicAccessBlockConfiguration": block(True, False)}


@account("s3.bucket_public_access_blocks")
def bucket_public_access_blocks():
    answers = {"all": block(True, True), "acls": block(True, False), "policy": block(False, True), "off": block(False, False),
               "three": block(True, True) | {"RestrictPublicBuckets": False}, "unset": None}
    return per_bucket("s3.bucket_public_access_blocks", "s3:GetPublicAccessBlock", "PublicAccessBlockConfiguration",
                      lambda name, where, policy, versioning, own, *_: answers[own], "s3:GetBucketPublicAccessBlock")


@account("s3.bucket_encryptions")
def bucket_encryptions():
    def make(name, where, policy, versioning, own, algorithm):
        if algorithm == "none":
            return None
        return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm},
                           "BucketKeyEnabled": algorithm == "aws:kms"}]}
    return per_bucket("s3.bucket_encryptions", "s3:GetBucketEncryption", "ServerSideEncryptionConfiguration", make,
                      "s3:GetEncryptionConfiguration")


@account("s3.bucket_acls")
def bucket_acls():
    owner = {"Type": "CanonicalUser", "ID": text("canonical", 64, "0123456789abcdef")}

    def group(name, permission):
        uri = f"http://acs.amazonaws.com/groups/{name}"
        return {"Grantee": {"Type": "Group", "URI": uri}, "Permission": permission}
    more = {OLD_TRAIL_BUCKET: [group("global/AuthenticatedUsers", "READ")],
            ACCESS_LOGS: [group("s3/LogDelivery", "WRITE"), group("s3/LogDelivery", "READ_ACP")],
            "example-site-media": [group("global/AllUsers", "READ")]}
    return per_bucket("s3.bucket_acls", "s3:GetBucketAcl", "Grants", lambda name, *_: [
        {"Grantee": owner, "Permission": "FULL_CONTROL"}, *more.get(name, [])])


@account("s3.bucket_loggings")
def bucket_loggings():
    logged = [TRAIL_BUCKET, "example-orders", "example-invoices", "example-customer-documents", "example-hr-records"]
    return per_bucket("s3.bucket_loggings", "s3:GetBucketLogging", "LoggingEnabled", lambda name, *_: {
        "TargetBucket": ACCESS_LOGS, "TargetPrefix": f"{name}/"} if name in logged else None)


# CloudTrail: one trail of the account over all regions, a second that is about functions, an old one of one region that
# stopped, and the organization's, which belongs to the management account.

LOG_GROUP = "aws-cloudtrail-logs-main"


def log_group_arn(name, region_name="us-east-1"):
    return f"arn:aws:logs:{region_name}:{ACCOUNT}:log-group:{name}:*"


def key_arn(label, region_name="us-east-1", account_id=ACCOUNT):
    digits = text(f"key/{region_name}/{label}", 32, "0123456789abcdef")
    return f"arn:aws:kms:{region_name}:{account_id}:key/" + "-".join(
        [digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]])


def trail(trail_arn, bucket, everywhere=True, organization_wide=False, valid=True, group=None, key=None, custom=False):
    made = {"Name": trail_arn.rpartition("/")[2], "S3BucketName": bucket, "IncludeGlobalServiceEvents": everywhere,
            "IsMultiRegionTrail": everywhere, "HomeRegion": trail_arn.split(":")[3], "TrailARN": trail_arn,
            "LogFileValidationEnabled": valid}
    if group:
        made |= {"CloudWatchLogsLogGroupArn": log_group_arn(group),
                 "CloudWatchLogsRoleArn": arn("role", "/service-role/", "cloudtrail-to-logs")}
    if key:
        made["KmsKeyId"] = key
    return made | {"HasCustomEventSelectors": custom, "HasInsightSelectors": False,
                   "IsOrganizationTrail": organization_wide}


@regional("cloudtrail.trails", "cloudtrail:DescribeTrails")
def trails(region_name):
    everywhere = [
        trail(MAIN_TRAIL, TRAIL_BUCKET, group=LOG_GROUP, key=key_arn("cloudtrail"), custom=True),
        trail(DATA_TRAIL, TRAIL_BUCKET, group="aws-cloudtrail-logs-functions", valid=False, key=key_arn("cloudtrail"),
              custom=True),
        trail(ORGANIZATION_TRAIL, f"example-organization-trail-{MANAGEMENT}", organization_wide=True,
              key=key_arn("organization", account_id=MANAGEMENT)),
    ]
    here = [trail(OLD_TRAIL, OLD_TRAIL_BUCKET, everywhere=False, valid=False)] if region_name == "eu-central-1" else []
    return {"trailList": everywhere + here}


def foreign_trail(dataset, operation):
    """What a live scan keeps of CloudTrail's answer about a trail of the management account's, asked by its ARN."""
    gap = denied(dataset, operation, ORGANIZATION_TRAIL, f"the trail lies in account {MANAGEMENT}, which alone may ask for it",
                 "us-east-1", code="CloudTrailARNInvalidException")
    gap["$gap"]["kind"] = "other_account"
    return {"TrailARN": ORGANIZATION_TRAIL, **gap}


@regional("cloudtrail.trail_statuses", "cloudtrail:GetTrailStatus")
def trail_statuses(region_name):
    if region_name == "eu-central-1":
        return {"Trails": [{"TrailARN": OLD_TRAIL, "IsLogging": False, "LatestDeliveryTime": stamp(ago(611, 4)),
                            "StartLoggingTime": stamp(ago(2300)), "StopLoggingTime": stamp(ago(611))}]}
    return {"Trails": [
        {"TrailARN": MAIN_TRAIL, "IsLogging": True, "LatestDeliveryTime": stamp(ago(minutes=4)),
         "StartLoggingTime": stamp(ago(1200)), "LatestCloudWatchLogsDeliveryTime": stamp(ago(minutes=3, seconds=12))},
        {"TrailARN": DATA_TRAIL, "IsLogging": True, "LatestDeliveryTime": stamp(ago(minutes=9)),
         "StartLoggingTime": stamp(ago(420)), "LatestCloudWatchLogsDeliveryTime": stamp(ago(1, 16)),
         "LatestCloudWatchLogsDeliveryError": "AccessDeniedException: the role may not put events into the log group"},
        foreign_trail("cloudtrail.trail_statuses", "cloudtrail:GetTrailStatus"),
    ]}


def selector(name, *fields):
    return {"Name": name, "FieldSelectors": [{"Field": field, operator: values} for field, operator, values in fields]}


def object_events(name, read_only, *more):
    return selector(name, ("eventCategory", "Equals", ["Data"]), ("resources.type", "Equals", ["AWS::S3::Object"]),
                    ("readOnly", "Equals", [read_only]), *more)


@regional("cloudtrail.event_selectors", "cloudtrail:GetEventSelectors")
def event_selectors(region_name):
    if region_name == "eu-central-1":
        return {"Trails": [{"TrailARN": OLD_TRAIL, "EventSelectors": [{
            "ReadWriteType": "WriteOnly", "IncludeManagementEvents": True, "DataResources": [],
            "ExcludeManagementEventSources": []}]}]}
    watched = [name for name, _, _, versioning, _, algorithm in S3_BUCKETS if algorithm.startswith("aws:kms")]
    return {"Trails": [
        # Writes to objects of every bucket; reads of those with something to hide.
        {"TrailARN": MAIN_TRAIL, "AdvancedEventSelectors": [
            selector("Management events", ("eventCategory", "Equals", ["Management"])),
            object_events("Writes to all buckets", "false"),
            object_events("Reads of confidential buckets", "true", (
                "resources.ARN", "StartsWith", [f"arn:aws:s3:::{name}/" for name in watched]))]},
        {"TrailARN": DATA_TRAIL, "EventSelectors": [{
            "ReadWriteType": "All", "IncludeManagementEvents": False, "ExcludeManagementEventSources": [],
            "DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]}]}]},
        foreign_trail("cloudtrail.event_selectors", "cloudtrail:GetEventSelectors"),
    ]}


# AWS Config

@regional("config.recorders", "config:DescribeConfigurationRecorders")
def recorders(region_name):
    good = region_name == "us-east-1"
    return {"ConfigurationRecorders": [{
        "arn": f"arn:aws:config:{region_name}:{ACCOUNT}:configuration-recorder/default/{text(region_name, 12, 'abcdefgh')}",
        "name": "default", "roleARN": arn("role", "/aws-service-role/config.amazonaws.com/", "AWSServiceRoleForConfig"),
        "recordingGroup": {
            "allSupported": True, "includeGlobalResourceTypes": good, "resourceTypes": [],
            "exclusionByResourceTypes": {"resourceTypes": []},
            "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"}},
        "recordingMode": {"recordingFrequency": "CONTINUOUS"}, "recordingScope": "PAID"}]}


@regional("config.recorder_statuses", "config:DescribeConfigurationRecorderStatus")
def recorder_statuses(region_name):
    if region_name == "us-east-1":
        return {"ConfigurationRecordersStatus": [{
            "name": "default", "lastStartTime": stamp(ago(900)), "recording": True, "lastStatus": "SUCCESS",
            "lastStatusChangeTime": stamp(ago(minutes=6))}]}
    return {"ConfigurationRecordersStatus": [{
        "name": "default", "lastStartTime": stamp(ago(800)), "lastStopTime": stamp(ago(37)), "recording": False,
        "lastStatus": "FAILURE", "lastErrorCode": "AccessDenied",
        "lastErrorMessage": "Config may not write to the delivery bucket.", "lastStatusChangeTime": stamp(ago(37))}]}


@regional("config.delivery_channels", "config:DescribeDeliveryChannels")
def delivery_channels(region_name):
    short = {"us-east-1": "us", "eu-central-1": "eu"}[region_name]
    return {"DeliveryChannels": [{"name": "default", "s3BucketName": f"example-config-{short}"}]}


# KMS: label, spec, state, origin, rotation ("denied": by the key's policy; None: cannot rotate), more.
KMS_KEYS = {
    "us-east-1": [
        ("cloudtrail", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", True),
        ("invoices", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", True),
        ("models", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", False),
        ("terraform-state", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", 2560),
        ("rds-orders", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", False),
        ("payroll", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", "denied"),
        ("crm-2019", "SYMMETRIC_DEFAULT", "PendingDeletion", "AWS_KMS", False),
        ("partner-import", "SYMMETRIC_DEFAULT", "Enabled", "EXTERNAL", None),
        ("document-signing", "RSA_3072", "Enabled", "AWS_KMS", None),
        ("session-tokens", "HMAC_256", "Enabled", "AWS_KMS", None),
        ("notebooks", "SYMMETRIC_DEFAULT", "Disabled", "AWS_KMS", True),
        ("aws/ebs", None, None, None, None), ("aws/rds", None, None, None, None), ("aws/s3", None, None, None, None),
    ],
    "eu-central-1": [
        ("customer-documents", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", True),
        ("hr-records", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", True),
        ("data-lake", "SYMMETRIC_DEFAULT", "Enabled", "AWS_KMS", False),
        ("backups-imported", "SYMMETRIC_DEFAULT", "PendingImport", "EXTERNAL", None),
        ("contracts-signing", "ECC_NIST_P256", "Enabled", "AWS_KMS", None),
        ("aws/ebs", None, None, None, None), ("aws/elasticfilesystem", None, None, None, None),
    ],
}


@regional("kms.keys", "kms:ListKeys")
def keys(region_name):
    rows = []
    for label, spec, state, origin, rotates in KMS_KEYS[region_name]:
        its_arn = key_arn(label, region_name)
        row = {"KeyId": its_arn.rpartition("/")[2], "KeyArn": its_arn}
        if label.startswith("aws/"):
            rows.append(row | {"AwsAlias": f"alias/{label}", "KeyMetadata": None, "RotationStatus": None})
            continue
        status = None
        if rotates == "denied":
            message = (f"User: {AUDITOR} is not authorized to perform: kms:GetKeyRotationStatus on resource: {its_arn} "
                       "because no resource-based policy allows the kms:GetKeyRotationStatus action")
            status = denied("kms.keys", "kms:GetKeyRotationStatus", its_arn, message, region_name,
                            code="AccessDeniedException")
        elif rotates is not None:
            status = {"KeyRotationEnabled": bool(rotates)}
            if rotates:
                status["RotationPeriodInDays"] = 365 if rotates is True else rotates
        rows.append(row | {"KeyMetadata": {
            "AWSAccountId": ACCOUNT, "KeyId": row["KeyId"], "Arn": its_arn, "CreationDate": stamp(day(its_arn, 90, 1800)),
            "Enabled": state == "Enabled", "Description": label, "KeyUsage": "ENCRYPT_DECRYPT", "KeyState": state,
            "Origin": origin, "KeyManager": "CUSTOMER", "KeySpec": spec, "CustomerMasterKeySpec": spec,
            "MultiRegion": False}, "RotationStatus": status})
    return {"Keys": rows}


# Networks

SHARED_OWNER = "222233334444"
PARTNER = "444455556666"
# Label, CIDR block, default, owner, and its flow log: what, traffic, delivery, its error.
VPCS = {
    "us-east-1": [
        ("production", "10.20.0.0/16", False, ACCOUNT, ("ALL", "cloud-watch-logs", None)),
        ("staging", "10.21.0.0/16", False, ACCOUNT, ("ACCEPT", "cloud-watch-logs", None)),
        ("data", "10.22.0.0/16", False, ACCOUNT, ("REJECT", "s3", None)),
        ("default", "172.31.0.0/16", True, ACCOUNT, None),
        ("shared-services", "10.90.0.0/16", False, SHARED_OWNER, None),
    ],
    "eu-central-1": [
        ("production", "10.40.0.0/16", False, ACCOUNT, ("ALL", "cloud-watch-logs", None)),
        ("erp", "10.41.0.0/16", False, ACCOUNT, ("ALL", "cloud-watch-logs", "Access error")),
        ("data-lake", "10.42.0.0/16", False, ACCOUNT, ("REJECT", "cloud-watch-logs", "Rate limited")),
        ("default", "172.31.0.0/16", True, ACCOUNT, "subnet"),
    ],
}


def vpc_id(region_name, label):
    return resource_id("vpc", region_name if label == "production" else f"{region_name}/{label}")


def subnet_id(region_name, label, at):
    return resource_id("subnet", f"{region_name}/{at}" if label == "production" else f"{region_name}/{label}/{at}")


@ec2("ec2.vpcs", "DescribeVpcs")
def vpcs(region_name):
    return {"Vpcs": [
        {"VpcId": vpc_id(region_name, label), "OwnerId": owner, "CidrBlock": cidr, "IsDefault": default, "State": "available",
         "InstanceTenancy": "default", "Tags": [] if default else [{"Key": "Name", "Value": label}]}
        for label, cidr, default, owner, _ in VPCS[region_name]]}


@ec2("ec2.flow_logs", "DescribeFlowLogs")
def flow_logs(region_name):
    made = []
    for label, _, _, _, log in VPCS[region_name]:
        if not log:
            continue
        watched = vpc_id(region_name, label)
        if log == "subnet":
            watched, log = subnet_id(region_name, label, 0), ("ALL", "s3", None)
        traffic, to, error = log
        one = {"FlowLogId": resource_id("fl", f"{region_name}/{label}"), "FlowLogStatus": "ACTIVE", "ResourceId": watched,
               "TrafficType": traffic, "LogDestinationType": to,
               "DeliverLogsStatus": "FAILED" if error else "SUCCESS", "MaxAggregationInterval": 600,
               "CreationTime": stamp(day(f"{region_name}/{label}/fl", 80, 900))}
        made.append(one | ({"DeliverLogsErrorMessage": error} if error else {}))
    return {"FlowLogs": made}


# Prefix lists: label, owner, entries.
PREFIX_LISTS = {
    "us-east-1": [("com.amazonaws.global.cloudfront.origin-facing", "AWS", None),
                  ("offices", ACCOUNT, ["198.51.100.0/24", "203.0.113.0/26"]),
                  ("contractors", ACCOUNT, ["203.0.113.128/25", "0.0.0.0/0"])],
    "eu-central-1": [("com.amazonaws.eu-central-1.ec2-instance-connect", "AWS", None),
                     ("offices", ACCOUNT, ["198.51.100.0/24", "203.0.113.0/26"]),
                     ("partner-ranges", PARTNER, "denied")],
}


@ec2("ec2.managed_prefix_lists", "GetManagedPrefixListEntries")
def managed_prefix_lists(region_name):
    made = []
    for label, owner, entries in PREFIX_LISTS[region_name]:
        its_id = resource_id("pl", f"{region_name}/{label}")
        if entries == "denied":
            entries = denied("ec2.managed_prefix_lists", "ec2:GetManagedPrefixListEntries", its_id,
                             "You are not authorized to perform this operation.", region_name,
                             code="UnauthorizedOperation")
        elif entries is not None:
            entries = [{"Cidr": cidr, "Description": label} for cidr in entries]
        made.append({"PrefixListId": its_id, "PrefixListName": label, "OwnerId": owner, "Entries": entries})
    return {"PrefixLists": made}


ANYWHERE, ANYWHERE6 = "0.0.0.0/0", "::/0"
OFFICE, INSIDE = "198.51.100.0/24", "10.0.0.0/8"
WEB = [("tcp", 80, 80, [ANYWHERE, ANYWHERE6]), ("tcp", 443, 443, [ANYWHERE, ANYWHERE6])]


def inside(port):
    return [("tcp", port, port, [INSIDE])]


# Security groups beside the default ones: name, VPC, what may come in. "sg:x" is another group, "pl:x" a prefix list.
SECURITY_GROUPS = {
    "us-east-1": [
        ("web-public", "production", WEB),
        ("web-internal", "production", inside(443)),
        ("load-balancer", "production", [("tcp", 443, 443, ["pl:com.amazonaws.global.cloudfront.origin-facing"])]),
        ("api", "production", [("tcp", 8080, 8080, ["sg:load-balancer"])]),
        ("api-debug", "production", [("tcp", 8000, 9000, [OFFICE])]),
        ("batch", "production", []),
        ("build-agents", "production", [("tcp", 22, 22, ["sg:bastion"])]),
        ("bastion", "production", [("tcp", 22, 22, ["pl:offices"])]),
        ("bastion-emergency", "production", [("tcp", 22, 22, [ANYWHERE])]),
        ("contractor-access", "production", [("tcp", 22, 22, ["pl:contractors"])]),
        ("monitoring", "production", [("tcp", 9090, 9100, [INSIDE]), ("icmp", 8, -1, [INSIDE])]),
        ("cache", "production", inside(6379)),
        ("queue", "production", inside(5671)),
        ("orders-db", "production", inside(5432)),
        ("search", "production", [("tcp", 9200, 9300, ["sg:api"])]),
        ("legacy-crm", "production", [("tcp", 3389, 3389, [ANYWHERE]), *WEB]),
        ("legacy-crm-reporting", "production", [("-1", None, None, [ANYWHERE])]),
        ("license-server", "production", [("tcp", 27000, 27009, [INSIDE])]),
        ("ping", "production", [("icmp", -1, -1, [ANYWHERE]), ("icmpv6", -1, -1, [ANYWHERE6])]),
        ("vpn-gre", "production", [("47", None, None, [ANYWHERE])]),
        ("vpn-ipsec", "production", [("udp", 500, 500, [ANYWHERE]), ("udp", 4500, 4500, [ANYWHERE])]),
        ("two-halves", "staging", [("tcp", 22, 22, ["0.0.0.0/1"]), ("tcp", 20, 25, ["128.0.0.0/1"])]),
        ("half", "staging", [("tcp", 22, 22, ["0.0.0.0/1"])]),
        ("web-staging", "staging", WEB),
        ("ssh-over-v6", "staging", [("tcp", 22, 22, [OFFICE, ANYWHERE6])]),
        ("udp-desktop", "staging", [("udp", 3389, 3389, [ANYWHERE])]),
        ("wide-range", "staging", [("tcp", 1024, 65535, [ANYWHERE])]),
        ("node-ports", "staging", [("tcp", 30000, 32767, [ANYWHERE])]),
        ("launch-wizard-1", "default", [("tcp", 22, 22, [ANYWHERE])]),
        ("launch-wizard-2", "default", [("tcp", 22, 22, [OFFICE]), ("tcp", 3389, 3389, [OFFICE])]),
        ("etl", "data", []),
        ("warehouse", "data", inside(5439)),
        ("notebooks", "data", [("tcp", 8888, 8888, [OFFICE])]),
        ("notebooks-ssh", "data", [("tcp", 22, 22, [INSIDE])]),
    ],
    "eu-central-1": [
        ("web-public", "production", WEB),
        ("api", "production", [("tcp", 8080, 8080, ["sg:web-public"])]),
        ("bastion", "production", [("tcp", 22, 22, ["pl:com.amazonaws.eu-central-1.ec2-instance-connect", "pl:offices"])]),
        ("partner-maintenance", "production", [("tcp", 22, 22, ["pl:partner-ranges"])]),
        ("documents-db", "production", inside(27017)),
        ("cache", "production", inside(6379)),
        ("batch", "production", []),
        ("mail-relay", "production", [("tcp", 25, 25, [INSIDE]), ("tcp", 587, 587, [ANYWHERE])]),
        ("everything-v6", "production", [("-1", None, None, [ANYWHERE6])]),
        ("erp", "erp", [("tcp", 443, 443, [INSIDE]), ("tcp", 8000, 8099, [INSIDE])]),
        ("erp-admin", "erp", [("tcp", 3389, 3389, [OFFICE, ANYWHERE])]),
        ("erp-database", "erp", [("tcp", 1521, 1521, ["sg:erp"])]),
        ("erp-support", "erp", [("tcp", 0, 65535, [ANYWHERE])]),
        ("printers", "erp", [("tcp", 9100, 9100, [INSIDE]), ("udp", 161, 162, [INSIDE])]),
        ("file-share", "erp", inside(445)),
        ("file-systems", "data-lake", inside(2049)),
        ("spark", "data-lake", [("tcp", 7077, 7077, ["sg:spark"]), ("tcp", 4040, 4050, ["sg:spark"])]),
        ("spark-ssh", "data-lake", [("6", 22, 22, [ANYWHERE6])]),
        ("ingest", "data-lake", [("tcp", 443, 443, [OFFICE])]),
    ],
}
# What the default group of a VPC lets in and out; others keep the factory's rules.
DEFAULT_GROUPS = {"production": (False, False), "data": (False, False), "staging": (False, True),
                  "data-lake": (False, False)}


def permission(region_name, protocol, first, last, sources):
    def listed(prefix, kind):
        return [resource_id(kind, f"{region_name}/{one[3:]}") for one in sources if one.startswith(prefix)]
    made = {"IpProtocol": protocol}
    if first is not None:
        made |= {"FromPort": first, "ToPort": last}
    cidrs = [one for one in sources if one[:3] not in ("sg:", "pl:")]
    return made | {
        "IpRanges": [{"CidrIp": cidr} for cidr in cidrs if ":" not in cidr],
        "Ipv6Ranges": [{"CidrIpv6": cidr} for cidr in cidrs if ":" in cidr],
        "PrefixListIds": [{"PrefixListId": one} for one in listed("pl:", "pl")],
        "UserIdGroupPairs": [{"UserId": ACCOUNT, "GroupId": one} for one in listed("sg:", "sg")]}


def tagged(environment, **more):
    """The tags of what belongs to an environment, which the demo account names VPCs by."""
    return [{"Key": key, "Value": value} for key, value in {"Environment": environment, **more}.items()]


def security_group(region_name, label, name, vpc, owner, incoming, outgoing, tags=()):
    its_id = resource_id("sg", f"{region_name}/{label}")
    return {"GroupId": its_id, "GroupName": name, "Description": "default VPC security group" if name == "default" else name,
            "OwnerId": owner, "VpcId": vpc, "SecurityGroupArn": f"arn:aws:ec2:{region_name}:{owner}:security-group/{its_id}",
            "IpPermissions": [permission(region_name, *rule) for rule in incoming],
            "IpPermissionsEgress": [permission(region_name, *rule) for rule in outgoing], "Tags": list(tags)}


@ec2("ec2.security_groups", "DescribeSecurityGroups")
def security_groups(region_name):
    everything = [("-1", None, None, [ANYWHERE])]
    made = []
    for label, _, _, owner, _ in VPCS[region_name]:
        incoming, outgoing = DEFAULT_GROUPS.get(label, (True, True))
        its_label = f"default-of-{label}"
        made.append(security_group(region_name, its_label, "default", vpc_id(region_name, label), owner,
                                   [("-1", None, None, [f"sg:{its_label}"])] if incoming else [],
                                   everything if outgoing else []))
    for name, label, incoming in SECURITY_GROUPS[region_name]:
        # What a console's wizard makes is tagged by nobody.
        tags = () if label == "default" else tagged(label, Name=name)
        made.append(security_group(region_name, name, name, vpc_id(region_name, label), ACCOUNT, incoming, everything, tags))
    return {"SecurityGroups": made}


# Network ACLs beside the default ones: name, VPC, what comes in: number, action, protocol, ports, from where.
ALLOW_ALL = (100, "allow", "-1", None, ANYWHERE)
NETWORK_ACLS = {
    "us-east-1": [
        ("admin-ports-closed", "production", [
            (80, "deny", "6", (22, 22), ANYWHERE), (81, "deny", "6", (3389, 3389), ANYWHERE),
            (82, "deny", "17", (22, 22), ANYWHERE), (83, "deny", "17", (3389, 3389), ANYWHERE), ALLOW_ALL]),
        # UDP was forgotten: fails from 2.0.0 on.
        ("admin-ports-closed-tcp", "production", [
            (80, "deny", "6", (22, 22), ANYWHERE), (81, "deny", "6", (3389, 3389), ANYWHERE), ALLOW_ALL]),
        ("web", "production", [(100, "allow", "6", (80, 80), ANYWHERE), (110, "allow", "6", (443, 443), ANYWHERE),
                               (120, "allow", "6", (1024, 65535), ANYWHERE)]),
        ("web-strict", "production", [(100, "allow", "6", (443, 443), ANYWHERE), (110, "allow", "6", (1024, 3388), ANYWHERE),
                                      (120, "allow", "6", (3390, 65535), ANYWHERE)]),
        ("denied-too-late", "staging", [ALLOW_ALL, (200, "deny", "6", (22, 22), ANYWHERE)]),
        ("private", "data", [(100, "allow", "-1", None, INSIDE)]),
    ],
    "eu-central-1": [
        ("private", "production", [(100, "allow", "-1", None, INSIDE), (110, "allow", "1", None, ANYWHERE)]),
        ("erp", "erp", [(90, "allow", "6", (3389, 3389), OFFICE), (100, "deny", "-1", None, ANYWHERE)]),
        ("data-lake", "data-lake", [(100, "allow", "-1", None, INSIDE), (110, "allow", "6", (443, 443), ANYWHERE)]),
    ],
}


def acl_entry(number_, action, protocol, ports, cidr, egress=False):
    made = {"CidrBlock": cidr, "Egress": egress, "Protocol": protocol, "RuleAction": action, "RuleNumber": number_}
    if protocol == "1":
        made["IcmpTypeCode"] = {"Code": -1, "Type": -1}
    return made | ({"PortRange": {"From": ports[0], "To": ports[1]}} if ports else {})


def network_acl(region_name, label, vpc, owner, default, incoming, subnets):
    its_id = resource_id("acl", f"{region_name}/{label}")
    last = (32767, "deny", "-1", None, ANYWHERE)
    return {"NetworkAclId": its_id, "OwnerId": owner, "VpcId": vpc, "IsDefault": default,
            "Entries": [acl_entry(*ALLOW_ALL, egress=True), acl_entry(*last, egress=True),
                        *(acl_entry(*rule) for rule in [*incoming, last])],
            "Associations": [{"NetworkAclAssociationId": resource_id("aclassoc", one), "NetworkAclId": its_id,
                              "SubnetId": one} for one in subnets],
            "Tags": [] if default else [{"Key": "Name", "Value": label}]}


@ec2("ec2.network_acls", "DescribeNetworkAcls")
def network_acls(region_name):
    made = []
    for label, _, _, owner, _ in VPCS[region_name]:
        # Two of the defaults let nothing in any more.
        incoming = [] if label in ("data", "production") else [ALLOW_ALL]
        subnets = [subnet_id(region_name, label, 0)] if label in ("default", "staging", "erp") else []
        made.append(network_acl(region_name, f"default-of-{label}", vpc_id(region_name, label), owner, True, incoming, subnets))
    used = {}
    for name, label, incoming in NETWORK_ACLS[region_name]:
        used[label] = used.get(label, 0) + 1
        made.append(network_acl(region_name, name, vpc_id(region_name, label), ACCOUNT, False, incoming,
                                [subnet_id(region_name, label, used[label] - 1)]))
    return {"NetworkAcls": made}


def peering_id(label):
    return resource_id("pcx", label)


# Label, who asked, who was asked (region, VPC, owner), status.
PEERINGS = [
    ("production-data", ("us-east-1", "production", ACCOUNT), ("us-east-1", "data", ACCOUNT), "active"),
    ("production-production", ("us-east-1", "production", ACCOUNT), ("eu-central-1", "production", ACCOUNT), "active"),
    ("partner", ("us-east-1", "partner", PARTNER), ("us-east-1", "staging", ACCOUNT), "active"),
    ("old-crm", ("us-east-1", "staging", ACCOUNT), ("us-east-1", "default", ACCOUNT), "deleted"),
]


@ec2("ec2.vpc_peering_connections", "DescribeVpcPeeringConnections")
def vpc_peering_connections(region_name):
    def end(where, label, owner):
        made = {"OwnerId": owner, "VpcId": vpc_id(where, label), "Region": where}
        cidr = {one[0]: one[1] for one in VPCS[where]}.get(label)
        return made | ({"CidrBlock": cidr, "CidrBlockSet": [{"CidrBlock": cidr}]} if cidr else {})
    return {"VpcPeeringConnections": [
        {"VpcPeeringConnectionId": peering_id(label), "Status": {"Code": status, "Message": status.title()},
         "RequesterVpcInfo": end(*asks), "AccepterVpcInfo": end(*asked), "Tags": [{"Key": "Name", "Value": label}]}
        for label, asks, asked, status in PEERINGS if region_name in (asks[0], asked[0])]}


# Routes beside the local one, by VPC: table, routes (destination, by what), which subnets.
ROUTES = {
    "us-east-1": {
        "production": [("main", [(ANYWHERE, "nat")], []), ("public", [(ANYWHERE, "igw")], [0]),
                       ("private", [(ANYWHERE, "nat"), ("10.22.4.0/24", "production-data"),
                                    ("10.40.0.0/16", "production-production")], [1, 2])],
        "staging": [("main", [(ANYWHERE, "igw"), ("10.0.0.0/8", "partner"), ("172.31.0.0/16", "old-crm")], [])],
        "data": [("main", [("10.20.0.0/16", "production-data")], []),
                 ("warehouse", [("10.20.8.0/24", "production-data")], [0])],
        "default": [("main", [(ANYWHERE, "igw")], [])],
    },
    "eu-central-1": {
        "production": [("main", [(ANYWHERE, "nat")], []), ("public", [(ANYWHERE, "igw")], [0]),
                       ("private", [("10.20.1.0/24", "production-production")], [1, 2])],
        "erp": [("main", [], [])],
        "data-lake": [("main", [(ANYWHERE, "nat")], [])],
        "default": [("main", [(ANYWHERE, "igw")], [])],
    },
}


@ec2("ec2.route_tables", "DescribeRouteTables")
def route_tables(region_name):
    made = []
    for label, cidr, _, _, _ in VPCS[region_name]:
        for name, routes, subnets in ROUTES[region_name].get(label, []):
            its_id = resource_id("rtb", f"{region_name}/{label}/{name}")
            listed = [{"DestinationCidrBlock": cidr, "GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}]
            for to, by in routes:
                if by in ("igw", "nat"):
                    through = {{"igw": "GatewayId", "nat": "NatGatewayId"}[by]: resource_id(by, f"{region_name}/{label}")}
                else:
                    through = {"VpcPeeringConnectionId": peering_id(by)}
                listed.append({"DestinationCidrBlock": to, **through, "Origin": "CreateRoute",
                               "State": "blackhole" if by == "old-crm" else "active"})
            ends = [{"Main": True}] if name == "main" else []
            ends += [{"Main": False, "SubnetId": subnet_id(region_name, label, at)} for at in subnets]
            made.append({"RouteTableId": its_id, "VpcId": vpc_id(region_name, label), "OwnerId": ACCOUNT, "Routes": listed,
                         "Associations": [{"RouteTableId": its_id, **end} for end in ends],
                         "Tags": [{"Key": "Name", "Value": f"{label}-{name}"}]})
    return {"RouteTables": made}


@ec2("ec2.ebs_encryption_by_default", "GetEbsEncryptionByDefault")
def ebs_encryption_by_default(region_name):
    return {"EbsEncryptionByDefault": region_name == "eu-central-1"}


@ec2("ec2.instance_metadata_defaults", "GetInstanceMetadataDefaults")
def instance_metadata_defaults(region_name):
    return {"AccountLevel": {"HttpTokens": "required", "ManagedBy": "account"} if region_name == "eu-central-1" else {}}


# Databases: name, engine, encrypted, minor upgrades, public, cluster, VPC, security groups.
DB_INSTANCES = {
    "us-east-1": [
        ("orders", "postgres", True, True, False, None, "production", ["orders-db"]),
        ("orders-replica", "postgres", True, True, False, None, "production", ["orders-db"]),
        ("invoices-1", "aurora-postgresql", True, True, False, "invoices", "production", ["orders-db"]),
        ("invoices-2", "aurora-postgresql", True, False, False, "invoices", "production", ["orders-db"]),
        ("legacy-crm", "sqlserver-se", False, False, True, None, "production", ["legacy-crm"]),
        ("reporting", "mysql", True, True, True, None, "production", ["orders-db"]),
        ("staging", "postgres", False, True, True, None, "staging", ["two-halves"]),
        ("telemetry", "mariadb", True, True, False, None, "data", ["warehouse"]),
        ("catalog-1", "docdb", True, False, False, "catalog", "production", ["cache"]),
    ],
    "eu-central-1": [
        ("erp", "oracle-se2", True, False, False, None, "erp", ["erp-database"]),
        ("erp-custom", "custom-oracle-ee", True, False, False, None, "erp", ["erp-database"]),
        ("documents", "postgres", True, True, False, None, "production", ["documents-db"]),
        ("printing", "mysql", False, True, False, None, "erp", ["printers"]),
        ("links-1", "neptune", True, True, False, "links", "production", ["cache"]),
    ],
}
# Name, engine, encrypted, minor upgrades, members.
DB_CLUSTERS = {
    "us-east-1": [("invoices", "aurora-postgresql", True, True, ["invoices-1", "invoices-2"]),
                  ("forecast-serverless", "aurora-mysql", True, None, []), ("catalog", "docdb", True, None, ["catalog-1"])],
    "eu-central-1": [("links", "neptune", True, None, ["links-1"]), ("surveys-serverless", "aurora-mysql", False, None, [])],
}
PORTS = {"postgres": 5432, "aurora-postgresql": 5432, "sqlserver-se": 1433, "docdb": 27017, "oracle-se2": 1521,
         "custom-oracle-ee": 1521, "neptune": 8182}


@regional("rds.db_instances", "rds:DescribeDBInstances", code="AccessDenied")
def db_instances(region_name):
    made = []
    for name, engine, encrypted, upgrades, public, cluster, vpc, groups in DB_INSTANCES[region_name]:
        one = {
            "DBInstanceIdentifier": name, "DBInstanceClass": "db.r6g.large", "Engine": engine, "DBInstanceStatus": "available",
            "Endpoint": {"Address": f"{name}.example.{region_name}.rds.amazonaws.com", "Port": PORTS.get(engine, 3306)},
            "InstanceCreateTime": stamp(day(f"db/{name}", 60, 1500)),
            "VpcSecurityGroups": [{"VpcSecurityGroupId": resource_id("sg", f"{region_name}/{group}"), "Status": "active"}
                                  for group in groups],
            "DBSubnetGroup": {"DBSubnetGroupName": f"{vpc}-databases", "VpcId": vpc_id(region_name, vpc), "Subnets": [
                {"SubnetIdentifier": subnet_id(region_name, vpc, at), "SubnetStatus": "Active"}
                for at in ([0, 1] if name == "legacy-crm" else [1, 2])]},
            "AutoMinorVersionUpgrade": upgrades, "PubliclyAccessible": public, "StorageEncrypted": encrypted,
            "TagList": [] if name.startswith("legacy") else tagged(vpc),
            "DBInstanceArn": f"arn:aws:rds:{region_name}:{ACCOUNT}:db:{name}"}
        made.append(one | ({"DBClusterIdentifier": cluster} if cluster else {}))
    return {"DBInstances": made}


@regional("rds.db_clusters", "rds:DescribeDBClusters", code="AccessDenied")
def db_clusters(region_name):
    made = []
    for name, engine, encrypted, upgrades, members in DB_CLUSTERS[region_name]:
        one = {"DBClusterIdentifier": name, "DBClusterArn": f"arn:aws:rds:{region_name}:{ACCOUNT}:cluster:{name}",
               "Engine": engine, "EngineMode": "provisioned" if members else "serverless", "Status": "available",
               "StorageEncrypted": encrypted, "TagList": [],
               "DBClusterMembers": [{"DBInstanceIdentifier": member, "IsClusterWriter": at == 0}
                                    for at, member in enumerate(members)]}
        made.append(one if upgrades is None else one | {"AutoMinorVersionUpgrade": upgrades})
    return {"DBClusters": made}


@regional("efs.file_systems", "efs:DescribeFileSystems", "elasticfilesystem:DescribeFileSystems")
def file_systems(region_name):
    listed = {"us-east-1": [("build-cache", False, "available"), ("models", True, "available"),
                            ("site-content", True, "available"), ("old-home", False, "deleting")],
              "eu-central-1": [("erp-documents", True, "available"), ("scans", False, "available")]}
    made = []
    for name, encrypted, state in listed[region_name]:
        its_id = resource_id("fs", f"{region_name}/{name}")
        made.append({"OwnerId": ACCOUNT, "FileSystemId": its_id, "Name": name, "Encrypted": encrypted,
                     "FileSystemArn": f"arn:aws:elasticfilesystem:{region_name}:{ACCOUNT}:file-system/{its_id}",
                     "CreationTime": stamp(day(its_id, 60, 1500)), "LifeCycleState": state, "NumberOfMountTargets": 3,
                     "Tags": [{"Key": "Name", "Value": name}]})
    return {"FileSystems": made}


# Macie looks for sensitive data in one region.

@regional("macie2.session", "macie2:GetMacieSession")
def macie_session(region_name):
    if region_name == "us-east-1":
        return {}
    return {"status": "ENABLED", "findingPublishingFrequency": "SIX_HOURS", "createdAt": stamp(ago(300)),
            "updatedAt": stamp(ago(20))}


@regional("macie2.classification_jobs", "macie2:ListClassificationJobs")
def macie_jobs(region_name):
    def job(name, status, kind):
        return {"jobId": text(f"macie/{name}", 32, "0123456789abcdef"), "name": name, "jobStatus": status, "jobType": kind,
                "createdAt": stamp(day(f"macie/{name}", 5, 250))}
    if region_name == "us-east-1":
        return {"items": []}
    return {"items": [job("customer-documents-weekly", "IDLE", "SCHEDULED"), job("hr-records-once", "COMPLETE", "ONE_TIME"),
                      job("data-lake-trial", "CANCELLED", "ONE_TIME")]}


@regional("macie2.automated_discovery", "macie2:GetAutomatedDiscoveryConfiguration")
def macie_discovery(region_name):
    return {} if region_name == "us-east-1" else {"status": "DISABLED", "disabledAt": stamp(ago(20))}


@regional("securityhub.hub", "securityhub:DescribeHub")
def hub(region_name):
    if region_name == "us-east-1":
        return {"HubArn": f"arn:aws:securityhub:{region_name}:{ACCOUNT}:hub/default", "SubscribedAt": stamp(ago(710)),
                "AutoEnableControls": True}
    return {"Error": {"Code": "InvalidAccessException",
                      "Message": f"Account {ACCOUNT} is not subscribed to AWS Security Hub"}}


# Monitoring: what section 4 asks to be alarmed about, from a metric filter on the trail's log group to a subscription.

NAMESPACE = "CisBenchmark"
ALERTS = f"arn:aws:sns:us-east-1:{ACCOUNT}:security-alerts"
UNCONFIRMED = f"arn:aws:sns:us-east-1:{ACCOUNT}:network-team"
UNREADABLE = f"arn:aws:sns:us-east-1:{ACCOUNT}:organization-watch"


def any_of(names, source=None):
    events = " || ".join(f"($.eventName = {name})" for name in names.split())
    return f"{{ ($.eventSource = {source}.amazonaws.com) && ({events}) }}" if source else f"{{ {events} }}"


# Metric, pattern (None: no filter), and how the alarm on it is made.
CHAINS = [
    ("UnauthorizedApiCalls", '{ (($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")) && '
     '($.sourceIPAddress != "delivery.logs.amazonaws.com") && ($.eventName != "HeadBucket") }', "complete"),
    ("ConsoleSignInWithoutMfa", None, None),
    ("RootUsage", '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
     '$.eventType != "AwsServiceEvent" }', "complete"),
    # Misses DeletePolicyVersion.
    ("IamPolicyChanges", any_of(
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy "
        "AttachGroupPolicy DetachGroupPolicy"), "complete"),
    ("CloudTrailChanges", any_of("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"), "complete"),
    # The alarm reads a metric of the same name in another namespace.
    ("ConsoleSignInFailures", '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }', "namespace"),
    ("KeyDisabledOrDeleted", any_of("DisableKey ScheduleKeyDeletion", "kms"), "math"),
    ("BucketPolicyChanges", any_of(
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication", "s3"), "complete"),
    ("ConfigChanges", any_of("StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
                             "config"), "no_action"),
    # Alarms through a composite alarm alone.
    ("SecurityGroupChanges", any_of(
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress "
        "CreateSecurityGroup DeleteSecurityGroup", "ec2"), "composite"),
    ("NetworkAclChanges", any_of(
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation", "ec2"), "unconfirmed"),
    ("GatewayChanges", any_of("*CustomerGateway *InternetGateway", "ec2"), "complete"),
    ("RouteTableChanges", any_of(
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
        "DisassociateRouteTable"), "complete"),
    ("VpcChanges", any_of(
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
        "DisableVpcClassicLink EnableVpcClassicLink"), "disabled"),
    ("OrganizationChanges", any_of(
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake DeleteOrganization "
        "DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType InviteAccountToOrganization "
        "LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy UpdateOrganizationalUnit",
        "organizations"), "unreadable"),
]


def metric_filter(group, name, pattern, metric, namespace=NAMESPACE):
    return {"filterName": name, "filterPattern": pattern, "logGroupName": group,
            "metricTransformations": [{"metricName": metric, "metricNamespace": namespace, "metricValue": "1"}],
            "creationTime": int(day(f"filter/{name}", 100, 900).timestamp()) * 1000}


@regional("logs.metric_filters", "logs:DescribeMetricFilters")
def metric_filters(region_name):
    if region_name != "us-east-1":
        return {"logGroups": []}
    main = [metric_filter(LOG_GROUP, metric, pattern, metric) for metric, pattern, _ in CHAINS if pattern]
    throttles = metric_filter(LOG_GROUP, "Throttles", "{ $.errorCode = ThrottlingException }", "Throttles", "Operations")
    return {"logGroups": [{"logGroupName": LOG_GROUP, "metricFilters": [*main, throttles]},
                          {"logGroupName": "aws-cloudtrail-logs-functions", "metricFilters": []}]}


def alarm_arn(name, region_name):
    return f"arn:aws:cloudwatch:{region_name}:{ACCOUNT}:alarm:{name}"


def metric_alarm(region_name, name, metric, namespace, actions, enabled=True, threshold=1.0, dimensions=(), math=False):
    made = {"AlarmName": name, "AlarmArn": alarm_arn(name, region_name), "ActionsEnabled": enabled, "OKActions": [],
            "AlarmActions": actions, "InsufficientDataActions": [], "StateValue": "OK", "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1, "Threshold": threshold, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching"}
    if math:
        read = {"Namespace": namespace, "MetricName": metric, "Dimensions": []}
        return made | {"Dimensions": [], "Metrics": [
            {"Id": "e1", "Expression": "SUM([m1])", "ReturnData": True},
            {"Id": "m1", "MetricStat": {"Metric": read, "Period": 300, "Stat": "Sum"}, "ReturnData": False}]}
    return made | {"MetricName": metric, "Namespace": namespace, "Statistic": "Sum", "Period": 300,
                   "Dimensions": list(dimensions), "Metrics": []}


@region("cloudwatch.alarms", "cloudwatch:DescribeAlarms", "AccessDenied", "cloudwatch:DescribeAlarms",
        f"User: {{user}} is not authorized to perform: {{action}} on resource: "
        f"arn:aws:cloudwatch:{{region}}:{{account}}:alarm:* {SCP}", ["cloudwatch.metric_alarms", "cloudwatch.composite_alarms"])
def alarms(region_name):
    on_call = f"arn:aws:sns:{region_name}:{ACCOUNT}:on-call"
    made = [metric_alarm(region_name, "database-cpu", "CPUUtilization", "AWS/RDS", [on_call], threshold=85.0, dimensions=[
        {"Name": "DBInstanceIdentifier", "Value": DB_INSTANCES[region_name][0][0]}])]
    if region_name != "us-east-1":
        return {"MetricAlarms": made, "CompositeAlarms": []}
    topics = {"unconfirmed": [UNCONFIRMED], "unreadable": [UNREADABLE], "composite": [], "no_action": []}
    for metric, _, how in CHAINS:
        if how:
            made.append(metric_alarm(
                region_name, metric, metric, "OldBenchmark" if how == "namespace" else NAMESPACE,
                topics.get(how, [ALERTS]), enabled=how != "disabled",
                threshold=5.0 if metric == "UnauthorizedApiCalls" else 1.0, math=how == "math"))
    name = "network-perimeter"
    return {"MetricAlarms": made, "CompositeAlarms": [{
        "AlarmName": name, "AlarmArn": alarm_arn(name, region_name), "ActionsEnabled": True, "AlarmActions": [ALERTS],
        "OKActions": [], "InsufficientDataActions": [], "StateValue": "OK",
        "AlarmRule": 'ALARM("SecurityGroupChanges") OR ALARM("GatewayChanges")'}]}


@regional("sns.topic_subscriptions", "sns:ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic", "AuthorizationError")
def topic_subscriptions(region_name):
    def subscription(topic, protocol, confirmed=True):
        its_arn = f"{topic}:{text(f'{topic}/{protocol}', 12, '0123456789abcdef')}" if confirmed else "PendingConfirmation"
        return {"SubscriptionArn": its_arn, "Owner": ACCOUNT, "Protocol": protocol, "TopicArn": topic}
    on_call = f"arn:aws:sns:{region_name}:{ACCOUNT}:on-call"
    made = [{"TopicArn": on_call, "Subscriptions": [subscription(on_call, "https")]}]
    if region_name == "us-east-1":
        message = (f"User: {AUDITOR} is not authorized to perform: SNS:ListSubscriptionsByTopic on resource: {UNREADABLE} "
                   "because no resource-based policy allows the SNS:ListSubscriptionsByTopic action")
        made += [
            {"TopicArn": ALERTS, "Subscriptions": [subscription(ALERTS, "email"), subscription(ALERTS, "https"),
                                                   subscription(ALERTS, "sms", confirmed=False)]},
            {"TopicArn": UNCONFIRMED, "Subscriptions": [subscription(UNCONFIRMED, "email", confirmed=False)]},
            {"TopicArn": UNREADABLE, "Subscriptions": denied(
                "sns.topic_subscriptions", "sns:ListSubscriptionsByTopic", UNREADABLE, message, region_name,
                code="AuthorizationError")},
        ]
    return {"Topics": made}


# The snapshot

def manifest():
    listed = [{"name": name, "status": "enabled"} for name in ENABLED]
    listed += [{"name": name, "status": "not_enabled"} for name in NOT_ENABLED]
    return {"format": "cis-snapshot", "version": 1, "account_id": ACCOUNT, "partition": "aws",
            "as_of": AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"), "regions": sorted(listed, key=lambda one: one["name"])}


def snapshot():
    made = {"snapshot.json": manifest()}
    for path, make in FILES.items():
        read_at = ago(seconds=2 + number(f"read/{path}", 9)).strftime("%Y-%m-%dT%H:%M:%SZ")
        made[path] = make() | {"$read_at": read_at}
    return {path: json.dumps(answer, ensure_ascii=False, indent=2) + "\n" for path, answer in made.items()}


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing; exit 1 if the committed files differ")
    check = options.parse_args().check
    folder = pathlib.Path(__file__).parent / "snapshot"
    made = snapshot()
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    differ = [path for path in made if path not in found or found[path].read_text(encoding="utf-8") != made[path]]
    extra = sorted(set(found) - set(made))
    if check:
        for path in differ + extra:
            print(f"{path} is not what make.py makes; run it", file=sys.stderr)
        return 1 if differ or extra else 0
    for path in extra:
        found[path].unlink()
    for path in differ:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(made[path], encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
