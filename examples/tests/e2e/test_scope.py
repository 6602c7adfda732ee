"""Which regions a report speaks of."""

from account import ACTIVE_REGIONS


def scope(report) -> dict[str, str]:
    return {one["region"]: one["status"] for one in report.value["scope"] if one["region"]}


def test_without_region_every_enabled_region_is_scanned(live):
    report = live(regions=()).report
    assert scope(report) == {region: "scanned" for region in ACTIVE_REGIONS} | {"af-south-1": "not_enabled"}
    assert set(report.statuses("1.20")) == {f"account in {region}" for region in ACTIVE_REGIONS}


def test_a_region_that_is_left_out_is_named_and_passes_nothing(live):
    report = live(regions=("us-east-1", "eu-west-1")).report
    assert scope(report) == {
        "us-east-1": "scanned",
        "eu-west-1": "scanned",
        "ap-northeast-1": "left_out",
        "af-south-1": "not_enabled",
    }
    statuses = report.statuses("1.20")
    assert (statuses.pop("account in us-east-1"), statuses.pop("account in eu-west-1")) == ("pass", "fail")
    assert set(statuses.values()) <= {"unknown"}, "nothing is said of a region that was not looked at"


def test_only_regions_of_the_scope_are_called(aws, live):
    with aws.watch() as calls:
        live(regions=("eu-west-1",))
    regional = ("ec2:DescribeInstances", "access-analyzer:ListAnalyzers")
    assert {call.region for call in calls if call.name in regional} == {"eu-west-1"}
