"""Scans: the same bytes as the program's, and how they end."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import multiprocessing
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from conftest import CORPUS, Doors, doors_shut, judged

import cis_aws


def program(*args: str) -> bytes:
    """What the command line prints."""
    done = subprocess.run([sys.executable, "-m", "cis_aws", *args], capture_output=True, check=False)
    assert done.returncode in (0, 1, 2), done.stderr.decode()
    return done.stdout


@pytest.mark.parametrize("scenario", sorted(path.parent.name for path in CORPUS.glob("*/report.json")))
def test_the_corpus_gives_the_same_bytes_as_in_rust(scenario):
    for version, name in (("2.0.0", "report.json"), ("1.5.0", "report-1.5.0.json")):
        report = cis_aws.scan(cis_aws.SnapshotSource(CORPUS / scenario / "snapshot"), version, progress=False)
        assert report.to_json().encode() == (CORPUS / scenario / name).read_bytes()


def test_the_demo_gives_the_same_bytes_as_the_program(demo):
    assert demo.to_json().encode() == program("demo", "--format", "json")
    chosen = cis_aws.scan(cis_aws.DemoSource(), "1.5.0", select=["1.*", "s3.*"], level=1, regions=["us-east-1"], progress=False)
    args = ("--benchmark", "1.5.0", "--select", "1.*", "--select", "s3.*", "--level", "1", "--region", "us-east-1")
    assert chosen.to_json().encode() == program("demo", "--format", "json", *args)


@pytest.mark.parametrize(
    "moment",
    ["2026-03-01", "2026-03-01T00:00:00Z", dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1)))],
)
def test_a_moment_in_every_form(moment):
    report = cis_aws.scan(cis_aws.DemoSource(), select="1.4", as_of=moment, progress=False)
    assert report.as_of == dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"benchmark": "9"}, cis_aws.InputError, 'benchmark "9" is not known'),
        ({"select": "nonsense"}, cis_aws.InputError, 'no id or key of CIS AWS Foundations 2.0.0 matches "nonsense"'),
        ({"level": 3}, cis_aws.InputError, "level 3 is not known"),
        ({"regions": ["mars-north-1"]}, cis_aws.InputError, 'region "mars-north-1" is not known'),
        ({"as_of": "noon"}, cis_aws.InputError, "as_of"),
        ({"as_of": dt.datetime(2026, 1, 1)}, cis_aws.InputError, "has no time zone"),
        ({"deadline": -1}, cis_aws.InputError, "deadline"),
        ({"concurrency": 0}, cis_aws.InputError, "concurrency 0 is not valid"),
        ({"benchmark": 2.0}, TypeError, "benchmark is a float"),
        ({"as_of": 5}, TypeError, "as_of is a int"),
        ({"controls": doors_shut}, TypeError, "put the one check into a list"),
        ({"controls": [object()]}, TypeError, "object is no check"),
        ({"controls": [cis_aws.Control]}, TypeError, "Control is a class"),
        ({"controls": [doors_shut, doors_shut]}, cis_aws.InputError, 'two controls have the key "acme.doors_shut"'),
        ({"select": [1]}, TypeError, "select holds a int"),
        ({"source": object()}, TypeError, "object is no data source"),
        ({"source": Doors}, TypeError, "Doors is a class"),
        ({"source": "a/snapshot"}, TypeError, "str is no data source"),
    ],
)
def test_what_cannot_be_asked_for(arguments, error, text):
    with pytest.raises(error, match=text):
        cis_aws.scan(**{"source": cis_aws.DemoSource(), "progress": False, **arguments})


def test_errors_have_the_fields_of_rusts():
    with pytest.raises(cis_aws.DocumentError) as caught:
        cis_aws.SnapshotSource("nowhere")
    error = caught.value
    assert (error.kind, error.context) == ("document", ("nowhere",))
    assert str(error) == f"nowhere: {error.message}"


def test_a_recording_can_be_scanned(tmp_path, demo):
    recorded = cis_aws.scan(cis_aws.DemoSource(), record=tmp_path / "facts", progress=False)
    assert recorded.to_json() == demo.to_json()
    again = cis_aws.scan(cis_aws.SnapshotSource(tmp_path / "facts"), progress=False)
    assert again.to_json() == demo.to_json()
    with pytest.raises(cis_aws.WriteError, match="not empty"):
        cis_aws.scan(cis_aws.DemoSource(), record=tmp_path / "facts", progress=False)


def test_progress_is_told(demo):
    told = []
    slow = Doors(lambda request: time.sleep(0.3) or [])
    cis_aws.scan(slow, controls=[doors_shut], select=doors_shut.key, progress=lambda *args: told.append(args))
    assert told[0] == (0, 1, "")


def slow(seconds):
    """Answers one dataset at once, and the other never."""
    never = threading.Event()
    window = cis_aws.Dataset("acme.windows", operations=["acme:ListWindows"])

    def answer(request):
        if request.dataset == "acme.windows":
            never.wait(seconds)
        return [{"Name": "front", "Open": False}]

    @cis_aws.control(key="acme.windows_shut", title="Windows are shut", each=window)
    def windows_shut(row, facts):
        return cis_aws.passed("It is shut.")

    return Doors(answer), [doors_shut, windows_shut]


def test_ctrl_c_leaves_a_partial_report():
    source, controls = slow(60)
    threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt) as caught:
        cis_aws.scan(source, controls=controls, select="acme.*", progress=False)
    assert isinstance(caught.value, cis_aws.ScanInterrupted)
    assert time.monotonic() - started < 0.5 + 1
    found = {finding.control: finding for finding in caught.value.report.findings}
    assert found["acme.doors_shut"].status == "pass"
    assert found["acme.windows_shut"].status == "unknown"
    assert [gap.kind for gap in found["acme.windows_shut"].gaps] == ["cancelled"]


def test_ctrl_c_before_the_account_is_known():
    class Stuck(Doors):
        def coverage(self):
            threading.Event().wait(60)

    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    with pytest.raises(cis_aws.ScanInterrupted) as caught:
        cis_aws.scan(Stuck([]), progress=False)
    assert caught.value.report is None


def hanging(never):
    """A check that never ends, and one that does."""

    @cis_aws.control(key="acme.stuck", title="Never ends", each=Doors.DATASET)
    def stuck(row, facts):
        never.wait(60)

    return {"source": Doors([{"Name": "front", "Open": False}]), "controls": [doors_shut, stuck], "select": "acme.*", "progress": False}


def assert_the_check_was_left(report, why):
    found = {finding.control: finding for finding in report.findings}
    assert {key: finding.status for key, finding in found.items()} == {"acme.doors_shut": "pass", "acme.stuck": "unknown"}
    (gap,) = found["acme.stuck"].gaps
    assert (gap.kind, gap.message) == ("cancelled", f"the scan ended before the check did: {why}")


def test_a_check_that_hangs_does_not_keep_ctrl_c():
    never = threading.Event()
    threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT)).start()
    started = time.monotonic()
    with pytest.raises(cis_aws.ScanInterrupted) as caught:
        cis_aws.scan(**hanging(never))
    assert time.monotonic() - started < 0.3 + 1
    assert_the_check_was_left(caught.value.report, "it was interrupted")
    never.set()


def test_a_deadline_ends_a_check_that_hangs():
    never = threading.Event()
    assert_the_check_was_left(cis_aws.scan(**hanging(never), deadline=0.1), "its deadline of 0.1 s had passed")
    never.set()


def test_a_deadline_ends_a_source_that_hangs():
    source, controls = slow(60)
    report = cis_aws.scan(source, controls=controls, select="acme.*", progress=False, deadline=0.3)
    assert [gap.kind for gap in report.unread] == ["cancelled"]
    assert "its deadline of 0.3 s had passed" in report.unread[0].message


def test_scans_run_side_by_side(demo):
    """Each waits until all are there: one after the other they would never end."""
    together = threading.Barrier(4, timeout=30)
    reports = []

    def work():
        def answer(request):
            together.wait()
            return [{"Name": "front", "Open": False}]

        reports.append(judged(answer))
        reports.append(cis_aws.scan(cis_aws.DemoSource(), progress=False))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole = [report.to_json() for report in reports if isinstance(report, cis_aws.Report)]
    assert whole == [demo.to_json()] * 4
    assert len(reports) == 8


def test_reads_run_side_by_side():
    together = threading.Barrier(2, timeout=30)
    source, controls = slow(0)
    source.answer = lambda request: together.wait() * 0 or []
    report = cis_aws.scan(source, controls=controls, select="acme.*", progress=False)
    assert not report.unread


def test_reports_and_sources_go_from_process_to_process(demo):
    for thing in (demo, cis_aws.DemoSource(), cis_aws.SnapshotSource(CORPUS / "fresh" / "snapshot")):
        again = pickle.loads(pickle.dumps(thing))
        assert type(again) is type(thing) and again.account_id == thing.account_id
    assert pickle.loads(pickle.dumps(demo)).to_json() == demo.to_json()


def in_child(pipe):
    try:
        pipe.send(cis_aws.scan(cis_aws.DemoSource(), progress=False).to_json())
    except BaseException as error:  # the parent is to hear of it
        pipe.send(repr(error))


def test_a_fork_after_a_scan_can_scan(demo):
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    child = context.Process(target=in_child, args=(theirs,))
    child.start()
    assert ours.poll(60), "the child hangs"
    assert ours.recv() == demo.to_json()
    child.join(10)
    assert child.exitcode == 0


@pytest.mark.parametrize(
    "how",
    ["daemon thread", "hanging read", "busy read", "busy check", "rows that are still taken", "verdicts that are still taken", "exit in a check"],
)
def test_the_interpreter_can_end_in_mid_scan(how):
    code = {
        "daemon thread": """
            threading.Thread(target=scan, args=(lambda request: time.sleep(0.3) or [],), daemon=True).start()
            time.sleep(0.2)
        """,
        "hanging read": """
            scan(lambda request: time.sleep(1.0), deadline=0.1)
        """,
        "busy read": """
            scan(busy, deadline=0.1)
        """,
        "busy check": """
            threading.Thread(target=scan, args=([{"Name": "a"}], busy), daemon=True).start()
            time.sleep(0.3)
        """,
        "rows that are still taken": """
            scan([{"Name": str(n), "More": list(range(10))} for n in range(100_000)], deadline=0.1)
        """,
        "verdicts that are still taken": """
            def check(facts, out):
                some = cis_aws.failed("No.", evidence={"What": list(range(10))})
                for n in range(100_000):
                    out.push(str(n), some)
                taken.set()
            taken = threading.Event()
            control = cis_aws.control(key="acme.doors", title="Doors", reads=[DOORS])(check)
            run = lambda: cis_aws.scan(Source([]), controls=[control], select="acme.*", progress=False)
            threading.Thread(target=run, daemon=True).start()
            taken.wait()
        """,
        "exit in a check": """
            found = scan([{"Name": "a"}], check=lambda row, facts: sys.exit(3))
            assert [one.status for one in found] == ["unknown"], found
        """,
    }[how]
    program = f"""
import sys, textwrap, threading, time
import cis_aws
DOORS = cis_aws.Dataset("acme.doors", operations=["acme:ListDoors"])

class Source:
    def __init__(self, answer): self.answer = answer
    def coverage(self): return cis_aws.Coverage("123456789012", ["us-east-1"])
    def fetch(self, request): return self.answer(request) if callable(self.answer) else self.answer

def scan(answer, check=lambda row, facts: cis_aws.passed("Yes."), **more):
    control = cis_aws.control(key="acme.doors", title="Doors", each=DOORS)(check)
    return cis_aws.scan(Source(answer), controls=[control], select="acme.*", progress=False, **more).findings

def busy(*args):
    while True:
        pass

exec(textwrap.dedent({code!r}))
print("done")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_in_an_event_loop(demo):
    async def several():
        return await asyncio.gather(*(cis_aws.scan_async(cis_aws.DemoSource(), progress=False) for _ in range(3)))

    assert [report.to_json() for report in asyncio.run(several())] == [demo.to_json()] * 3


def test_a_cancelled_task_ends_its_scan():
    source, controls = slow(60)

    async def cancelled():
        task = asyncio.create_task(cis_aws.scan_async(source, controls=controls, select="acme.*", progress=False))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value if hasattr(caught.value, "report") else caught.value.__context__

    started = time.monotonic()
    report = asyncio.run(cancelled()).report
    assert time.monotonic() - started < 10
    assert {finding.control: finding.status for finding in report.findings} == {
        "acme.doors_shut": "pass",
        "acme.windows_shut": "unknown",
    }
    assert [gap.kind for gap in report.unread] == ["cancelled"]


def test_a_task_cancelled_before_the_account_is_known():
    never = threading.Event()

    class Stuck(Doors):
        def coverage(self):
            never.wait(60)

    async def cancelled():
        task = asyncio.create_task(cis_aws.scan_async(Stuck([]), progress=False))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
        return caught.value if hasattr(caught.value, "report") else caught.value.__context__

    assert asyncio.run(cancelled()).report is None
    never.set()


def test_json_is_a_report_again(demo):
    again = cis_aws.Report.from_json(demo.to_json())
    assert again.to_json() == demo.to_json()
    assert json.loads(demo.to_json()) == demo.to_dict()
    with pytest.raises(cis_aws.DocumentError, match="not the JSON of a report"):
        cis_aws.Report.from_json("{}")
