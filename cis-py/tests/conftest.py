"""What several tests share."""

from __future__ import annotations

import pathlib

import pytest

import cis_aws

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "corpus"


@pytest.fixture(scope="session")
def demo() -> cis_aws.Report:
    return cis_aws.scan(cis_aws.DemoSource(), progress=False)


class Doors:
    """A data source of one's own: an account with one dataset, whose rows or gap it is given."""

    DATASET = cis_aws.Dataset("acme.doors", operations=["acme:ListDoors"])

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def coverage(self):
        return cis_aws.Coverage("123456789012", ["us-east-1"])

    def fetch(self, request):
        self.asked.append(request.dataset)
        return self.answer(request) if callable(self.answer) else self.answer


@cis_aws.control(key="acme.doors_shut", title="Doors are shut", each=Doors.DATASET, resource_type="Acme::Door")
def doors_shut(door, facts):
    """Open doors let in everybody."""
    verdict = cis_aws.failed if door["Open"] else cis_aws.passed
    return verdict("The door {name} is open: {open}.", {"name": door["Name"], "open": door["Open"]}, evidence={"Open": door["Open"]})


def judged(answer, control=doors_shut, **more):
    """The findings of a check over a data source's answer."""
    source = answer if hasattr(answer, "coverage") else Doors(answer)
    return cis_aws.scan(source, controls=[control], select=control.key, progress=False, **more).findings
