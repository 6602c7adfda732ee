"""No secret reaches any output: not at the most talkative log level, in no format, whatever goes wrong."""

import json
from base64 import b64encode

import pytest

import faults
from canaries import (
    EXTERNAL_ID,
    KEYS,
    KEY_ID,
    NO_KEYS,
    PRINTED,
    PROFILE,
    ROLE,
    TOKEN,
    USER_INFO,
    WEB_IDENTITY,
    Machine,
    all_leaks,
    credentials_of,
    leaks,
    process,
    refused,
    repeated,
    request_of,
)
from moto_server import free_port

TALK = ("--log", "trace")


@pytest.fixture
def on(audit, tmp_path):
    """Runs the program on a machine; fails if anything that it wrote holds a secret."""

    def run(machine: Machine, *arguments: str, written: tuple = ()):
        env = machine.set_up(tmp_path / "home")
        done = audit(*arguments, *machine.arguments, *TALK, env=env)
        assert all_leaks(done.stdout, done.stderr, *written) == []
        return done

    return run


def live(url: str, *more: str) -> tuple[str, ...]:
    return ("live", "--endpoint-url", url, "--region", "us-east-1", *more)


@pytest.mark.parametrize("before", range(4))
def test_a_leak_would_be_seen(before):
    for text in (KEY_ID, TOKEN.lower(), b64encode(b"-" * before + USER_INFO.encode()).decode()):
        assert leaks(f"fine\nheld: {text}\nfine") == [f"held: {text}"]


def process_machine(script: str) -> Machine:
    config, script = process(script)
    return Machine(NO_KEYS, {".aws/config": config, "process": script}, ("--profile", "auditor"))


# How the credentials get to the program, and by what the server knows that they did.
WORKING = {
    "the environment": (Machine(KEYS), TOKEN),
    "a profile": (Machine({}, {".aws/credentials": f"[auditor]\n{PROFILE}"}, ("--profile", "auditor")), TOKEN),
    "a process": (process_machine(f"echo {USER_INFO} >&2; echo '{PRINTED}'"), TOKEN),
    "a role": (Machine(KEYS, {}, ("--role-arn", ROLE, "--external-id", EXTERNAL_ID)), EXTERNAL_ID),
    "a profile's role": (
        Machine(
            NO_KEYS,
            {
                ".aws/credentials": f"[base]\n{PROFILE}",
                ".aws/config": f"[profile auditor]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = {EXTERNAL_ID}",
            },
            ("--profile", "auditor"),
        ),
        EXTERNAL_ID,
    ),
    "a web identity": (
        Machine(
            NO_KEYS | {"AWS_WEB_IDENTITY_TOKEN_FILE": "token", "AWS_ROLE_ARN": ROLE, "AWS_ROLE_SESSION_NAME": "s"},
            {"token": WEB_IDENTITY},
        ),
        WEB_IDENTITY,
    ),
}


@pytest.mark.parametrize(("machine", "proof"), WORKING.values(), ids=WORKING)
def test_credentials_that_work(aws, on, tmp_path, machine, proof):
    # The providers of roles do not know of --endpoint-url, only of what the environment says.
    machine = Machine(machine.env | {"AWS_ENDPOINT_URL": aws.url}, machine.files, machine.arguments)
    roles = [(name, credentials_of(name.partition(":")[2])) for name in set(ASSUMED.values())]
    report, recording = tmp_path / "report.json", tmp_path / "recording"
    select = ("--select", "1.*", "--select", "5.2")
    with aws.rules(*roles), aws.watch() as calls:
        text = on(machine, *live(aws.url, *select))
        kept = ("--format", "json", "--output", report, "--record", recording)
        done = on(machine, *live(aws.url, *select, *kept), written=(report, recording))
        checked = on(machine, "preflight", "--endpoint-url", aws.url, "--region", "us-east-1", "--format", "json")
    assert any(proof in request_of(call).replace("%2F", "/").replace("%3D", "=") for call in calls)
    assert text.code == done.code == 1 and checked.code in (0, 2), (text, done, checked)
    assert "1.12" in text.stdout and json.loads(report.read_text())["findings"] and any(recording.rglob("iam.*"))
    assert 'call{operation="sts:GetCallerIdentity" region="us-east-1" attempt=1' in done.stderr
    assert 'fetch{dataset="iam.credential_report" account_id="123456789012"}' in done.stderr
    offline = on(Machine(KEYS), "snapshot", recording, "--region", "us-east-1", "--format", "json", *select)
    assert json.loads(offline.stdout)["findings"] == json.loads(report.read_text())["findings"]


ASSUMED = {
    "a role": "sts:AssumeRole",
    "a profile's role": "sts:AssumeRole",
    "a web identity": "unsigned:AssumeRoleWithWebIdentity",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ("permissions",),
        ("permissions", "--format", "terraform"),
        ("permissions", "--split"),
        ("list", "--format", "json"),
        ("delta", "1.5.0", "2.0.0"),
        ("demo", "--format", "json"),
        ("demo", "--format", "text"),
        ("--help",),
    ],
    ids=" ".join,
)
def test_commands_that_need_no_account(on, arguments):
    done = on(Machine(KEYS), *arguments)
    assert done.code in (0, 1) and done.stdout, done


def test_the_whole_benchmark_denied(aws, on, tmp_path):
    report, recording = tmp_path / "report.json", tmp_path / "recording"
    allowed = {"sts:GetCallerIdentity", "ec2:DescribeRegions"}
    rule = faults.where(lambda call: call.name not in allowed, faults.deny())
    with aws.rules(("*", rule)):
        kept = ("--format", "json", "--output", report, "--record", recording)
        done = on(Machine(KEYS), *live(aws.url, *kept), written=(report, recording))
    assert done.code == 2, done
    assert json.loads(report.read_text())["unread"] and 'failed code="AccessDenied"' in done.stderr


# What AWS answers, or what stands between here and AWS, with the request in it; a word that standard error must hold.
ANSWERS = {
    "expired": (faults.fail(403, "ExpiredToken", "The security token is expired"), "ExpiredToken"),
    "denied": (faults.deny(), "AccessDenied"),
    "signature": (
        refused(403, "SignatureDoesNotMatch", "The Canonical String for this request should have been '{request}'"),
        "SignatureDoesNotMatch",
    ),
    "no signature": (refused(400, "IncompleteSignature", "'{request}' is not valid"), "IncompleteSignature"),
    "a value that is not valid": (
        refused(400, "ValidationError", "1 validation error detected: Value '{request}' at 'token' failed"),
        "Value at 'token' failed",
    ),
    "a page": (repeated(403, "text/html", "<html><body>{}</body></html>"), "status 403"),
    "a page that looks well": (repeated(200, "text/html", "<html><body>{}</body></html>"), "GetCallerIdentityResponse"),
    "plain text": (repeated(200, "text/plain"), "error parsing XML"),
    "plain text that fails": (repeated(502, "text/plain"), "status 502"),
}


@pytest.mark.parametrize(("rule", "word"), ANSWERS.values(), ids=ANSWERS)
def test_answers_that_repeat_the_request(aws, on, rule, word):
    with aws.rules(("sts:GetCallerIdentity", rule)), aws.watch() as calls:
        done = on(Machine(KEYS), *live(aws.url))
    assert TOKEN in request_of(calls[0])
    assert done.code == 3 and word in done.stderr, done


@pytest.mark.parametrize(
    ("operation", "control"),
    [("iam:ListServerCertificates", "1.19"), ("access-analyzer:ListAnalyzers", "1.20"), ("ec2:DescribeInstances", "5.6")],
)
@pytest.mark.parametrize("rule", [rule for rule, _ in ANSWERS.values()], ids=list(ANSWERS))
def test_reads_that_repeat_the_request(aws, on, tmp_path, operation, control, rule):
    report, recording = tmp_path / "report.json", tmp_path / "recording"
    with aws.rules((operation, rule)):
        kept = ("--format", "json", "--output", report, "--record", recording)
        done = on(Machine(KEYS), *live(aws.url, "--select", control, *kept), written=(report, recording))
    assert done.code == 2 and json.loads(report.read_text())["unread"], done


@pytest.mark.parametrize(("name", "operation"), ASSUMED.items(), ids=ASSUMED)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("ValidationError", "1 validation error detected: Value '{request}' at 'externalId' failed to satisfy"),
        ("InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider"),
        ("AccessDenied", "User is not authorized to perform: sts:AssumeRole"),
    ],
    ids=lambda text: text.partition(" ")[0],
)
def test_roles_that_are_refused(aws, on, name, operation, code, message):
    machine, proof = WORKING[name]
    machine = Machine(machine.env | {"AWS_ENDPOINT_URL": aws.url}, machine.files, machine.arguments)
    with aws.rules((operation, refused(400, code, message))), aws.watch() as calls:
        done = on(machine, *live(aws.url))
    assert proof in request_of(calls[0])
    assert done.code == 3 and code in done.stderr, done


PROCESSES = {
    "fails": (f"echo '{PRINTED}' >&2; exit 1", "exited with"),
    "prints half": (f"printf '%s' '{PRINTED[:-2]}'", "could not parse"),
    "prints no JSON": (f"echo {KEY_ID} {TOKEN}", "could not parse"),
    "leaves something out": (f"""echo '{{"Version": 1, "SecretAccessKey": "{TOKEN}"}}'""", "AccessKeyId"),
    "of another version": (f"""echo '{{"Version": 2, "SecretAccessKey": "{TOKEN}"}}'""", "version"),
    "tells no time": (f"""echo '{PRINTED[:-1]}, "Expiration": "{TOKEN}"}}'""", "Expiration"),
    "prints no UTF-8": (rf"printf '{KEY_ID}\377'", "UTF-8"),
}


@pytest.mark.parametrize(("script", "word"), PROCESSES.values(), ids=PROCESSES)
def test_processes_that_give_no_credentials(aws, on, script, word):
    done = on(process_machine(script), *live(aws.url))
    assert done.code == 3 and word in done.stderr, done


FILES = {
    "no equals sign": f"[auditor]\naws_access_key_id = {KEY_ID}\n{TOKEN.rstrip('=')}\n",
    "a section that does not end": f"[auditor {TOKEN}\n{PROFILE}",
    "no section": PROFILE,
    "half a pair": f"[auditor]\naws_access_key_id = {KEY_ID}\n",
    "a value over two lines": f"[auditor]\naws_access_key_id = {KEY_ID}\n   {TOKEN}\n = {TOKEN}\n",
    "a nested value without a key": f"[auditor]\ns3 =\n  {TOKEN.rstrip('=')}\n",
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
@pytest.mark.parametrize("file", [".aws/credentials", ".aws/config"])
def test_files_that_are_malformed(aws, on, file, text):
    if file.endswith("config"):
        text = text.replace("[auditor", "[profile auditor")
    done = on(Machine(NO_KEYS, {file: text}, ("--profile", "auditor")), *live(aws.url))
    assert done.code == 3 and "error: sts:GetCallerIdentity" in done.stderr, done


URL = f"http://{USER_INFO}@127.0.0.1:9"


@pytest.mark.parametrize(
    "machine",
    [
        pytest.param(Machine(KEYS, {}, ("--endpoint-url", URL)), id="an option"),
        pytest.param(Machine(KEYS, {}, ("--endpoint-url", URL.removeprefix("http://"))), id="an option without a scheme"),
        pytest.param(Machine(KEYS | {"AWS_ENDPOINT_URL": URL}), id="a variable"),
        pytest.param(Machine(KEYS | {"AWS_ENDPOINT_URL_STS": URL}), id="a service's variable"),
        pytest.param(
            Machine(KEYS, {".aws/config": f"[profile auditor]\nregion = us-east-1\nendpoint_url = {URL}\n"}
            | {".aws/credentials": f"[auditor]\n{PROFILE}"}, ("--profile", "auditor")),
            id="a profile",
        ),
    ],
)
def test_endpoints_with_a_password(on, machine):
    done = on(machine, "live", "--region", "us-east-1")
    assert done.code == 3, done
    assert any(word in done.stderr for word in ("a user name or a password", "is not valid", "GetCallerIdentity")), done


def test_an_endpoint_that_refuses_connections(on):
    url = f"http://127.0.0.1:{free_port()}"
    done = on(Machine(KEYS), *live(url))
    assert done.code == 3 and url in done.stderr, done


def test_a_profile_that_is_not_there(aws, on):
    machine = Machine(NO_KEYS, {".aws/credentials": f"[auditor]\n{PROFILE}"}, ("--profile", "nobody"))
    done = on(machine, *live(aws.url))
    assert done.code == 3 and "nobody" in done.stderr, done


def test_a_proxy_with_a_password(aws, on):
    machine = Machine(KEYS | {"NO_PROXY": None, "HTTP_PROXY": aws.url.replace("//", f"//{USER_INFO}@")})
    with aws.watch() as calls:
        done = on(machine, *live("http://aws.example", "--select", "1.8"))
    assert calls and all("proxy-authorization" in call.headers for call in calls)
    assert done.code in (0, 1), done


@pytest.mark.parametrize(
    "proxy",
    [f"http://{USER_INFO}@127.0.0.1:9", f"{USER_INFO}@[:9", f"http://{USER_INFO}"],
    ids=["nobody there", "no URL", "a password for a port"],
)
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_proxies_that_do_not_answer(on, variable, proxy):
    done = on(Machine(KEYS | {"NO_PROXY": None, variable: proxy}), *live("http://127.0.0.1:9"))
    assert done.code == 3 and "error: sts:GetCallerIdentity" in done.stderr, done
