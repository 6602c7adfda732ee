"""Every format of every account, read by a validator that is not ours."""

import json
import subprocess
from collections import Counter

import pytest
from conftest import ACCOUNTS
from validators import VALIDATORS

# Those that count what an attestation settles a finding to; the others show what the facts give.
SETTLED = {"markdown", "html", "junit"}
# What GitHub would make alerts of is left out of its format.
LEFT_OUT = {"sarif-github": {"pass", "not_applicable"}}


def expected(paths, name: str) -> Counter[str]:
    findings = json.loads(paths["json"].read_text(encoding="utf-8"))["findings"]
    left_out = LEFT_OUT.get(name, set())
    told = [finding for finding in findings if finding.get("settled", finding["status"]) not in left_out]
    return Counter(finding.get("settled", finding["status"]) if name in SETTLED else finding["status"] for finding in told)


def test_every_format_has_a_validator(formats):
    assert formats == list(VALIDATORS)


@pytest.mark.parametrize("account", ACCOUNTS)
@pytest.mark.parametrize("name", VALIDATORS)
def test_valid(written, account, name):
    paths = written(account)
    _, validate = VALIDATORS[name]
    statuses = validate(paths[name])
    if statuses is not None:
        assert +statuses == expected(paths, name)


def test_table(written, capsys):
    """The demo account in every format: what the README of the formats shows."""
    paths = written("demo")
    rows = [("format", "validator", "findings", "bytes")]
    for name, (validator, validate) in VALIDATORS.items():
        statuses = validate(paths[name])
        count = "-" if statuses is None else str(statuses.total())
        rows.append((name, validator, count, str(paths[name].stat().st_size)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    with capsys.disabled():
        print()
        for name, validator, count, size in rows:
            print(f"{name:{widths[0]}}  {validator:{widths[1]}}  {count:>{widths[2]}}  {size:>{widths[3]}}")
    assert {row[2] for row in rows[2:] if row[0] != "sarif-github"} == {str(expected(paths, "json").total())}


def test_the_same_bytes_in_the_next_run(tmp_path, written, formats):
    from program import AUDIT

    paths = written("demo")
    options = [part for name in formats for part in ("--format", name, "--output", str(tmp_path / name))]
    subprocess.run([AUDIT, "demo", *options], check=False, env={"HOME": str(tmp_path)})
    for name in formats:
        assert (tmp_path / name).read_bytes() == paths[name].read_bytes(), name
