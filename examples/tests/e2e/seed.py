"""Makes the account of `account.py` in a moto server."""

import json

import boto3
from botocore.config import Config

from account import ACCOUNT, IAM, MANAGED, SECURITY_CONTACT, USERS, User
from moto_server import ACCOUNT_HEADER

CREDENTIALS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}


def client(url: str, service: str, region: str = "us-east-1", account: str = ACCOUNT):
    """A boto3 client of an account for a local endpoint that never retries, so that every call is seen once."""
    made = boto3.client(
        service, endpoint_url=url, region_name=region, config=Config(retries={"total_max_attempts": 1}), **CREDENTIALS
    )

    def address(request, **_):
        request.headers[ACCOUNT_HEADER] = account
        # S3 Control puts the account's id before the host, which only AWS's own hosts know.
        request.url = request.url.replace(f"//{account}.", "//")

    made.meta.events.register("before-send", address)
    return made


def document(*statements: dict) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="*") -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def trust(service: str) -> str:
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


ADMIN = document(allow("*"))
READ_LOGS = document(allow("s3:Get*", "arn:aws:s3:::logs/*"))


def seed(url: str) -> dict[str, str]:
    """Fills an empty moto server for section 1; gives the ARN of instances by our names: `instance/us-east-1/bare`."""
    iam = client(url, "iam")
    policies(iam)
    users(iam)
    groups(iam)
    roles(iam)
    certificates(iam)
    iam.update_account_password_policy(MinimumPasswordLength=14, PasswordReusePrevention=5)
    iam.create_saml_provider(Name="corp", SAMLMetadataDocument="<EntityDescriptor/>" + " " * 1000)
    iam.create_open_id_connect_provider(Url="https://ci.example.com", ThumbprintList=["0" * 40])
    client(url, "account").put_alternate_contact(AlternateContactType="SECURITY", **SECURITY_CONTACT)
    client(url, "organizations").create_organization(FeatureSet="ALL")
    return instances(url, "us-east-1", ["with-role", "bare", "empty-profile", "stopped", "terminated"]) | instances(
        url, "eu-west-1", ["with-role", "bare"]
    )


def policies(iam) -> None:
    iam.create_policy(PolicyName="full-admin", PolicyDocument=ADMIN)
    iam.create_policy(PolicyName="unattached-admin", PolicyDocument=ADMIN)
    iam.create_policy(PolicyName="boundary-admin", PolicyDocument=ADMIN)
    iam.create_policy(PolicyName="read-logs", Path="/teams/", PolicyDocument=READ_LOGS)
    iam.create_policy(PolicyName="was-admin", PolicyDocument=ADMIN)
    iam.create_policy_version(PolicyArn=f"{IAM}policy/was-admin", PolicyDocument=READ_LOGS, SetAsDefault=True)


def users(iam) -> None:
    for user in USERS:
        boundary = {"PermissionsBoundary": f"{IAM}policy/boundary-admin"} if user.name == "bounded" else {}
        iam.create_user(UserName=user.name, Path=user.path, **boundary)
        credentials(iam, user)
    iam.put_user_policy(UserName="bob", PolicyName="inline", PolicyDocument=READ_LOGS)
    iam.attach_user_policy(UserName="bob", PolicyArn=f"{IAM}policy/teams/read-logs")
    iam.attach_user_policy(UserName="bobby", PolicyArn=f"{IAM}policy/teams/read-logs")


def credentials(iam, user: User) -> None:
    if user.password:
        iam.create_login_profile(UserName=user.name, Password="Correct-Horse-7-Battery")
        if user.password.mfa:
            # Alice's device has the name that root's usually has; it is hers all the same.
            name = "root-account-mfa-device" if user.name == "alice" else user.name
            serial = iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
            iam.enable_mfa_device(
                UserName=user.name, SerialNumber=serial, AuthenticationCode1="123456", AuthenticationCode2="654321"
            )
    for key in user.keys:
        made = iam.create_access_key(UserName=user.name)["AccessKey"]
        if not key.active:
            iam.update_access_key(UserName=user.name, AccessKeyId=made["AccessKeyId"], Status="Inactive")


def groups(iam) -> None:
    iam.create_group(GroupName="admins")
    iam.attach_group_policy(GroupName="admins", PolicyArn=f"{IAM}policy/full-admin")
    iam.add_user_to_group(GroupName="admins", UserName="alice")
    iam.create_group(GroupName="shell")
    iam.attach_group_policy(GroupName="shell", PolicyArn=f"{MANAGED}AWSCloudShellFullAccess")


def roles(iam) -> None:
    attached = {
        "support": f"{MANAGED}AWSSupportAccess",
        "break-glass": f"{MANAGED}AdministratorAccess",
        "developer": f"{MANAGED}PowerUserAccess",
        "web": f"{IAM}policy/was-admin",
    }
    for name, policy in attached.items():
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
        iam.attach_role_policy(RoleName=name, PolicyArn=policy)
    iam.put_role_policy(RoleName="web", PolicyName="inline", PolicyDocument=READ_LOGS)
    iam.create_instance_profile(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="web")
    iam.create_instance_profile(InstanceProfileName="empty")


def certificates(iam) -> None:
    for name in ("expired", "on-the-second", "valid"):
        iam.upload_server_certificate(
            ServerCertificateName=name, Path="/edge/", CertificateBody="certificate", PrivateKey="key"
        )


def instances(url: str, region: str, names: list[str]) -> dict[str, str]:
    ec2 = client(url, "ec2", region)
    arns = {}
    for name in names:
        profile = {"with-role": "web", "empty-profile": "empty"}.get(name)
        made = ec2.run_instances(
            ImageId="ami-12c6146b",
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}],
            MetadataOptions={"HttpTokens": "required" if name == "with-role" else "optional"},
            **({"IamInstanceProfile": {"Name": profile}} if profile else {}),
        )["Instances"][0]["InstanceId"]
        if name == "stopped":
            ec2.stop_instances(InstanceIds=[made])
        if name == "terminated":
            ec2.terminate_instances(InstanceIds=[made])
        arns[f"instance/{region}/{name}"] = f"arn:aws:ec2:{region}:123456789012:instance/{made}"
    return arns


def seed_many(url: str, users: int, roles: int) -> None:
    """An account of the given size: every tenth user has a policy of its own, one role has support access."""
    iam = client(url, "iam")
    for n in range(users):
        iam.create_user(UserName=f"user-{n:05}")
        if n % 10 == 0:
            iam.put_user_policy(UserName=f"user-{n:05}", PolicyName="inline", PolicyDocument=READ_LOGS)
    for n in range(roles):
        iam.create_role(RoleName=f"role-{n:05}", AssumeRolePolicyDocument=trust("ec2.amazonaws.com"))
    iam.attach_role_policy(RoleName="role-00000", PolicyArn=f"{MANAGED}AWSSupportAccess")
