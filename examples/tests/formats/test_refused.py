"""Each validator refuses what its format does not allow: else it proves nothing."""

import re

import pytest
from validators import VALIDATORS

# Format, what is spoilt: a pattern and what stands there instead.
BROKEN = [
    ("text", r"\n", " " * 101 + "\n"),
    ("json", r'"pass":', '"passed":'),
    ("jsonl", r'"status":"pass"', '"status":"PASS"'),
    ("csv", r'"pass",', '"pa"ss",'),
    ("csv", r'"pass"', '"=pass"'),
    ("markdown", r"\| \*\*Findings\*\* \|", "| x |"),
    ("html", r"<ul class", "<ul><ul class"),
    ("html", r"<li class", "<li onclick='x' class"),
    ("junit", r"<testcase ", "<test "),
    ("junit", r'type="fail"', 'type="fail" extra="1"'),
    ("sarif", r'"kind":"pass"', '"kind":"good"'),
    ("sarif", r'"kind":"fail"', '"kind":"pass"'),
    ("sarif-github", r'"version":"2.1.0"', '"version":"2.2"'),
    ("ocsf", r'"class_uid":2003', '"class_uid":2004'),
    ("ocsf", r'"provider":"AWS"', '"supplier":"AWS"'),
    ("asff", r'"Title":', '"Titel":'),
    ("asff", r'"ACTIVE"', '1'),
    ("oscal", r'"not-satisfied"', '"unsatisfied"'),
    ("oscal", r'"uuid":"\w{8}', '"uuid":"x'),
]


@pytest.mark.parametrize("name,pattern,instead", BROKEN)
def test_refused(written, tmp_path, name, pattern, instead):
    _, validate = VALIDATORS[name]
    whole = written("demo")[name].read_bytes().decode("utf-8")
    broken, spoilt = re.subn(pattern, lambda _: instead, whole, count=1)
    assert spoilt == 1
    path = tmp_path / "broken"
    path.write_bytes(broken.encode("utf-8"))
    with pytest.raises(Exception):
        validate(path)


def test_parquet_that_is_cut_off_is_refused(written, tmp_path):
    _, validate = VALIDATORS["parquet"]
    path = tmp_path / "broken"
    path.write_bytes(written("demo")["parquet"].read_bytes()[:-10])
    with pytest.raises(Exception):
        validate(path)
