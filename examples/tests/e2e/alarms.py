"""What section 4 judges: chains from a log group's filter to a person, whole and broken; Security Hub."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from account import ACCOUNT
from seed import client
from trails import LOG_GROUP


def events(names: str, source: str | None = None) -> str:
    """The pattern that the benchmark prints for these events, of one source or of all."""
    any_of = " || ".join(f"($.eventName = {name})" for name in names.split())
    return f"{{ ($.eventSource = {source}.amazonaws.com) && ({any_of}) }}" if source else f"{{ {any_of} }}"


# As the benchmark prints them in 2.0.0.
PATTERNS = {
    "4.1": '{ ($.errorCode ="*UnauthorizedOperation") || ($.errorCode ="AccessDenied*") '
    '&& ($.sourceIPAddress!="delivery.logs.amazonaws.com") && ($.eventName!="HeadBucket") }',
    "4.2": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    "4.3": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS '
    '&& $.eventType != "AwsServiceEvent" }',
    "4.4": events(
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy"
    ),
    "4.5": events("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "4.6": '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    "4.7": events("DisableKey ScheduleKeyDeletion", source="kms"),
    "4.8": events(
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
        source="s3",
    ),
    "4.9": events(
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder", source="config"
    ),
    "4.10": events(
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
    ),
    "4.11": events(
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation"
    ),
    "4.12": events(
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway"
    ),
    "4.13": events(
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
        "DisassociateRouteTable"
    ),
    "4.14": events(
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
        "DisableVpcClassicLink EnableVpcClassicLink"
    ),
    "4.15": events(
        "AcceptHandshake AttachPolicy CreateAccount CreateOrganizationalUnit CreatePolicy DeclineHandshake "
        "DeleteOrganization DeleteOrganizationalUnit DeletePolicy DetachPolicy DisablePolicyType EnablePolicyType "
        "InviteAccountToOrganization LeaveOrganization MoveAccount RemoveAccountFromOrganization UpdatePolicy "
        "UpdateOrganizationalUnit",
        source="organizations",
    ),
}


@dataclass(frozen=True)
class Chain:
    """A filter and an alarm on its metric: what is other than in a whole chain. None: there is no such link."""

    pattern: str | None
    metric: Mapping = field(default_factory=dict)
    alarm: Mapping | None = field(default_factory=dict)


def topic(name: str, account: str) -> str:
    return f"arn:aws:sns:us-east-1:{account}:{name}"


def broken(account: str) -> dict[str, Chain]:
    """Every chain with another link broken."""
    whole = {id: Chain(pattern) for id, pattern in PATTERNS.items()}

    def with_alarm(id: str, **alarm) -> Chain:
        return replace(whole[id], alarm=alarm)

    return {
        "4.1": replace(whole["4.1"], pattern=None),
        # Loses who signs in from one address.
        "4.2": replace(whole["4.2"], pattern=PATTERNS["4.2"].replace(" }", ' && ($.sourceIPAddress != "192.0.2.1") }')),
        "4.3": replace(whole["4.3"], alarm=None),
        "4.4": with_alarm("4.4", Namespace="AnotherTrail"),
        "4.5": with_alarm("4.5", ActionsEnabled=False),
        "4.6": with_alarm("4.6", AlarmActions=[]),
        "4.7": with_alarm("4.7", AlarmActions=[topic("nobody", account)]),
        "4.8": with_alarm("4.8", AlarmActions=[topic("gone", account)]),
        # A match adds nothing.
        "4.9": replace(whole["4.9"], metric={"metricValue": "0"}),
        "4.10": with_alarm("4.10", Dimensions=[{"Name": "region", "Value": "eu-west-1"}]),
        # Loses the events of the ACLs themselves.
        "4.11": replace(whole["4.11"], pattern='{ $.eventName = "*NetworkAclEntry" }'),
        # The metric is up without a match, too.
        "4.12": replace(whole["4.12"], metric={"defaultValue": 1.0}),
        # Tells of the recovery alone.
        "4.13": with_alarm("4.13", AlarmActions=[], OKActions=[topic("people", account)]),
        # One event lost out of many.
        "4.14": replace(whole["4.14"], pattern=PATTERNS["4.14"].replace("($.eventName = DeleteVpc) || ", "")),
        # Something is done, and nobody told.
        "4.15": with_alarm("4.15", AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"]),
    }


def seed_alarms(url: str, account: str = ACCOUNT, chains: dict[str, Chain] | None = None) -> None:
    """Puts these chains, or the whole ones, on the log group of the trail; turns Security Hub on in a region."""
    client(url, "securityhub", account=account).enable_security_hub()
    logs, cloudwatch, sns = (client(url, service, account=account) for service in ("logs", "cloudwatch", "sns"))
    people = sns.create_topic(Name="people")["TopicArn"]
    # moto takes every subscription for confirmed.
    sns.subscribe(TopicArn=people, Protocol="email", Endpoint="o.quarrington@vigilance.example")
    sns.create_topic(Name="nobody")
    for id, chain in (chains or {id: Chain(pattern) for id, pattern in PATTERNS.items()}).items():
        metric = {"metricName": f"events-of-{id}", "metricNamespace": "Trail", "metricValue": "1"} | chain.metric
        if chain.pattern is not None:
            logs.put_metric_filter(
                logGroupName=LOG_GROUP, filterName=id, filterPattern=chain.pattern, metricTransformations=[metric]
            )
        if chain.alarm is not None:
            alarm = {
                "MetricName": metric["metricName"],
                "Namespace": metric["metricNamespace"],
                "Statistic": "Sum",
                "Period": 300,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "AlarmActions": [people],
            }
            cloudwatch.put_metric_alarm(AlarmName=id, **(alarm | chain.alarm))
