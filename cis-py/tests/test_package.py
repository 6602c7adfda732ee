"""The package as a whole: types, documentation, command line, logging."""

from __future__ import annotations

import doctest
import importlib.metadata
import inspect
import json
import logging
import pathlib
import re
import subprocess
import sys

import pytest

import cis_aws
from cis_aws import patterns, policies, testing
from conftest import ROOT, Doors, judged

HERE = pathlib.Path(__file__).parent
PACKAGE = pathlib.Path(cis_aws.__file__).parent


def test_the_version_is_the_distributions():
    assert cis_aws.__version__ == importlib.metadata.version("cis-aws")


def test_the_licences_of_what_is_bundled_are_listed():
    boms = [file for file in importlib.metadata.files("cis-aws") if file.name.endswith(".cyclonedx.json")]
    assert len(boms) == 1
    crates = json.loads(boms[0].read_text())["components"]
    assert len(crates) > 100
    assert [crate["name"] for crate in crates if not crate.get("licenses")] == []
    assert ("aws-sdk-iam" in {crate["name"] for crate in crates}) == cis_aws.HAS_LIVE_SOURCE


@pytest.mark.parametrize("name", ["LICENSE-APACHE", "LICENSE-MIT"])
def test_its_own_licences_are_with_it(name):
    (file,) = [file for file in importlib.metadata.files("cis-aws") if file.name == name]
    assert file.read_text() == (ROOT / name).read_text()
    assert name in importlib.metadata.metadata("cis-aws").get_all("License-File")


def run(*args: str) -> str:
    done = subprocess.run([sys.executable, "-m", *args], capture_output=True, text=True, check=False, cwd=PACKAGE.parent)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_types_are_strict():
    run("mypy", "--strict", "--config-file", str(HERE / "mypy.ini"), "-p", "cis_aws")


def test_stubs_say_what_is_there():
    run("mypy.stubtest", "cis_aws", "--mypy-config-file", str(HERE / "mypy.ini"), "--ignore-disjoint-bases")


def documented():
    """Everything public that has a docstring, with its name."""
    for module in (cis_aws, policies, patterns, testing):
        yield module.__name__, module
        for name in module.__all__:
            thing = getattr(module, name)
            yield f"{module.__name__}.{name}", thing
            if inspect.isclass(thing):
                for inner, member in vars(thing).items():
                    if not inner.startswith("_"):
                        yield f"{module.__name__}.{name}.{inner}", member


def test_doctests():
    finder, runner = doctest.DocTestParser(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    tried = 0
    for name, thing in documented():
        text = inspect.getdoc(thing) if not isinstance(thing, str) else None
        if text and ">>>" in text:
            runner.run(finder.get_doctest(text, {}, name, None, None))
            tried += 1
    assert runner.failures == 0
    assert tried >= 20, tried


def test_everything_public_is_documented():
    undocumented = [
        name
        for name, thing in documented()
        if not getattr(thing, "__doc__", None) and (callable(thing) or isinstance(thing, property)) and "." in name
    ]
    assert [name for name in undocumented if not name.startswith("cis_aws.testing.FactsSource.")] == []


def test_every_native_class_is_frozen():
    rust = HERE.parent / "src"
    classes = [found for path in rust.glob("*.rs") for found in re.findall(r"#\[pyclass\((.*?)\)\]", path.read_text())]
    assert len(classes) > 15
    assert [found for found in classes if not found.startswith("frozen")] == []


def command(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "cis_aws", *args], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("args", "code", "out", "err"),
    [
        (["--version"], 0, f"cis-aws {cis_aws.__version__}\n", ""),
        (["--help"], 0, "Usage: cis-aws [OPTIONS] <COMMAND>", ""),
        (["demo", "--select", "1.4"], 0, "1.4", ""),
        (["demo"], 1, "CIS AWS Foundations", ""),
        (["list", "--benchmark", "1.5.0"], 0, "iam.root_access_key", ""),
        (["delta", "1.5.0", "2.0.0"], 0, "5.6", ""),
        (["demo", "--select", "nonsense"], 3, "", "nonsense"),
        (["nonsense"], 3, "", "nonsense"),
        (["pattern", "covers", "--required", "{ $.a = b }", "--filter", "{ $.a = * }"], 0, "", ""),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_command_line(args, code, out, err):
    done = command(*args)
    assert done.returncode == code, done
    assert out in done.stdout and err in done.stderr


def test_the_command_is_installed():
    command = pathlib.Path(sys.executable).with_name("cis-aws")
    done = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"cis-aws {cis_aws.__version__}\n"


def test_logging_hears_what_could_not_be_read(caplog):
    with caplog.at_level(logging.DEBUG, logger="cis_aws"):
        judged(lambda request: 1 / 0)
        judged([{"Name": "a", "Open": False}])
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.name for record in warnings] == ["cis_aws.core.collect.layer.trace"]
    assert warnings[0].getMessage().startswith("not read (gap=acme:ListDoors: the data source raised ZeroDivisionError")
    assert "dataset=acme.doors account_id=123456789012" in warnings[0].getMessage()
    assert any("rows=1" in record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG)


def test_logging_is_silent_unless_it_is_set_up():
    program = "import cis_aws; cis_aws.scan(cis_aws.DemoSource())"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_logging_is_not_asked_for_what_nobody_wants_to_hear(caplog):
    with caplog.at_level(logging.ERROR, logger="cis_aws"):
        judged(lambda request: 1 / 0)
    assert caplog.records == []


@pytest.mark.skipif(cis_aws.HAS_LIVE_SOURCE, reason="this build has a live source")
def test_without_a_live_source_it_is_told():
    with pytest.raises(cis_aws.SourceError, match="this build of cis_aws has no live source"):
        cis_aws.LiveSource()


def test_doors_is_a_data_source():
    assert isinstance(Doors([]), cis_aws.DataSource)
    assert not isinstance(cis_aws.DemoSource(), cis_aws.DataSource)


def test_the_readme_runs(tmp_path, monkeypatch):
    pytest.importorskip("polars")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", (HERE.parent / "README.md").read_text(), re.DOTALL)
    assert len(blocks) == 4
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # each stands on those before it
    assert (tmp_path / "report.json").read_text() == names["report"].to_json()


def test_the_readme_names_every_column_of_the_frame(demo):
    pytest.importorskip("pyarrow")
    table = (HERE.parent / "README.md").read_text().split("| columns |")[1].split("\n\n")[0]
    first = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert sorted(re.findall("`([a-z_]+)`", "".join(first))) == sorted(demo.to_arrow().column_names)
