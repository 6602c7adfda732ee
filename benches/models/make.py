#!/usr/bin/env python3
"""Writes what the mock has to know of AWS's protocols: `python benches/models/make.py` makes a file a service beside it.

With `--check` it writes nothing and exits 1 if the committed files differ from what it would write. It needs botocore in
the version that the end-to-end tests pin; the files are its service models (Apache-2.0, (c) Amazon.com, Inc. or its
affiliates; see NOTICE), less all that the operations below do not need and all documentation.
"""

import argparse
import json
import pathlib
import sys

import botocore
import botocore.loaders

HERE = pathlib.Path(__file__).parent

# Those of the datasets, and what is asked before them. A test compares the list with the datasets.
OPERATIONS = {
    "accessanalyzer": ["ListAnalyzers"],
    "account": ["GetAlternateContact", "GetContactInformation", "ListRegions"],
    "cloudtrail": ["DescribeTrails", "GetEventSelectors", "GetTrailStatus"],
    "cloudwatch": ["DescribeAlarms"],
    "config": [
        "DescribeConfigurationRecorderStatus", "DescribeConfigurationRecorders", "DescribeDeliveryChannels",
    ],
    "ec2": [
        "DescribeFlowLogs", "DescribeInstances", "DescribeManagedPrefixLists", "DescribeNetworkAcls", "DescribeRegions",
        "DescribeRouteTables", "DescribeSecurityGroups", "DescribeVpcPeeringConnections", "DescribeVpcs",
        "GetEbsEncryptionByDefault", "GetInstanceMetadataDefaults", "GetManagedPrefixListEntries",
    ],
    "efs": ["DescribeFileSystems"],
    "iam": [
        "GenerateCredentialReport", "GetAccountAuthorizationDetails", "GetAccountPasswordPolicy", "GetAccountSummary",
        "GetCredentialReport", "GetPolicy", "GetPolicyVersion", "ListOpenIDConnectProviders", "ListOrganizationsFeatures",
        "ListSAMLProviders", "ListServerCertificates", "ListVirtualMFADevices",
    ],
    "kms": ["DescribeKey", "GetKeyRotationStatus", "ListAliases", "ListKeys"],
    "logs": ["DescribeMetricFilters"],
    "macie2": ["GetAutomatedDiscoveryConfiguration", "GetMacieSession", "ListClassificationJobs"],
    "organizations": ["DescribeOrganization"],
    "rds": ["DescribeDBClusters", "DescribeDBInstances"],
    "s3": [
        "GetBucketAcl", "GetBucketEncryption", "GetBucketLogging", "GetBucketPolicy", "GetBucketPolicyStatus",
        "GetBucketVersioning", "GetPublicAccessBlock", "ListBuckets",
    ],
    "s3control": ["GetPublicAccessBlock"],
    "securityhub": ["DescribeHub"],
    "sns": ["ListSubscriptionsByTopic"],
    "sts": ["GetCallerIdentity"],
}

# The root elements of S3, which botocore does not look at and leaves out:
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
ROOTS = {
    "GetBucketAcl": "AccessControlPolicy",
    "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketVersioning": "VersioningConfiguration",
    "ListBuckets": "ListAllMyBucketsResult",
}
SCALARS = {"string", "integer", "long", "float", "double", "boolean", "timestamp", "blob"}


def title(text):
    return text[:1].upper() + text[1:]


class Service:
    def __init__(self, loader, name):
        self.name = name
        self.model = loader.load_service_model(name, "service-2")
        try:
            self.pages = loader.load_service_model(name, "paginators-1")["pagination"]
        except botocore.exceptions.UnknownServiceError:
            self.pages = {}
        self.metadata, self.shapes = self.model["metadata"], self.model["shapes"]
        self.protocol = {"smithy-rpc-v2-cbor": "cbor"}.get(self.metadata["protocol"], self.metadata["protocol"])
        self.used = {}

    def whole(self, operations):
        metadata = self.metadata
        answer = {
            "service": self.name,
            "protocol": self.protocol,
            "signing_name": metadata.get("signingName", metadata["endpointPrefix"]),
            "api_version": metadata["apiVersion"],
            "xml_namespace": metadata.get("xmlNamespace"),
            "json_version": metadata.get("jsonVersion"),
            "target_prefix": metadata.get("targetPrefix"),
            "botocore": botocore.__version__,
            "operations": {name: self.operation(name) for name in operations},
            "errors": self.errors(operations),
        }
        answer["shapes"] = dict(sorted(self.used.items()))
        return {key: value for key, value in answer.items() if value is not None}

    def operation(self, name):
        operation = self.model["operations"][name]
        output = operation.get("output", {})
        answer = {
            "method": operation["http"]["method"],
            "uri": operation["http"]["requestUri"],
            "input": self.inputs(operation.get("input")),
            "output": self.use(output["shape"]) if output else None,
            "wrapper": output.get("resultWrapper"),
            "root": ROOTS.get(name) if self.name == "s3" else None,
            "paging": self.paging(name, operation),
        }
        return {key: value for key, value in answer.items() if value is not None}

    def inputs(self, reference):
        """The members of a request that say which answer is wanted: plain values, and lists of them."""
        found = {}
        for name, member in self.shapes[reference["shape"]].get("members", {}).items() if reference else ():
            shape = self.shapes[member["shape"]]
            several = shape["type"] == "list" and self.shapes[shape["member"]["shape"]]["type"] in SCALARS
            if shape["type"] not in SCALARS and not several:
                continue
            place = member.get("location", "body")
            wire = member.get("locationName", name)
            if self.protocol == "ec2":
                wire = member.get("queryName", title(wire))
            if several and self.protocol == "query" and not shape.get("flattened"):
                wire += "." + shape["member"].get("locationName", "member")
            found[name] = {"in": place, "name": wire, **({"list": True} if several else {})}
        return found

    def paging(self, name, operation):
        page = self.pages.get(name)
        if page is None:
            return None
        answer = {
            "token": page["input_token"],
            "next": page["output_token"].split(" || ")[0],
            "more": page.get("more_results"),
            "limit": page.get("limit_key"),
        }
        if "limit_key" in page:
            members = self.shapes[operation["input"]["shape"]]["members"]
            limit = self.shapes[members[page["limit_key"]]["shape"]]
            answer |= {"least": limit.get("min"), "most": limit.get("max")}
        return {key: value for key, value in answer.items() if value is not None}

    def errors(self, operations):
        """Code and status of every error that the operations declare, by the name of its shape."""
        answer = {}
        for name in operations:
            for error in self.model["operations"][name].get("errors", ()):
                shape = self.shapes[error["shape"]]
                said = shape.get("error", {})
                status = said.get("httpStatusCode", 400)
                answer[error["shape"]] = {"code": said.get("code", error["shape"]), "status": status}
        return dict(sorted(answer.items()))

    def use(self, name):
        if name in self.used:
            return name
        shape = self.shapes[name]
        kept = {"type": shape["type"]}
        self.used[name] = kept
        for key in ("flattened", "payload", "timestampFormat", "xmlNamespace"):
            if key in shape:
                kept[key] = shape[key]
        if "members" in shape:
            kept["members"] = {member: self.reference(of) for member, of in shape["members"].items()}
        for key in ("member", "key", "value"):
            if key in shape:
                kept[key] = self.reference(shape[key])
        return name

    def reference(self, member):
        kept = {"shape": self.use(member["shape"])}
        for key in ("flattened", "location", "locationName", "timestampFormat", "xmlAttribute", "xmlNamespace"):
            if key in member:
                kept[key] = member[key]
        return kept


def pinned():
    requirements = HERE.parent.parent / "examples" / "tests" / "e2e" / "requirements.txt"
    lines = (line.partition("==") for line in requirements.read_text().splitlines())
    return next(version for name, _, version in lines if name == "botocore")


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--check", action="store_true", help="write nothing; exit 1 if the committed files differ")
    check = options.parse_args().check
    if botocore.__version__ != pinned():
        sys.exit(f"botocore {botocore.__version__} is installed; the models are made of {pinned()}: install that")
    loader = botocore.loaders.Loader()
    differing = []
    for name, operations in OPERATIONS.items():
        path = HERE / f"{name}.json"
        # A line a shape: short enough to read, and a new version's changes show one by one.
        whole = Service(loader, name).whole(operations)
        parts = {key: whole.pop(key) for key in ("operations", "errors", "shapes")}
        lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in whole.items()]
        for key, entries in parts.items():
            inside = ",\n".join(f"    {json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
            lines.append(f"  {json.dumps(key)}: {{\n{inside}\n  }}" if entries else f"  {json.dumps(key)}: {{}}")
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        if check and (not path.exists() or path.read_text() != text):
            differing.append(path.name)
        elif not check:
            path.write_text(text)
    if differing:
        sys.exit(f"{', '.join(differing)}: not what botocore {botocore.__version__} gives; run benches/models/make.py")


if __name__ == "__main__":
    main()
