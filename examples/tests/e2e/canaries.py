"""Secrets that are easy to find again, and what a machine looks like that is full of them."""

from base64 import b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape

from protocols import Answer, Call, error
from proxy import Rule

# Every secret holds this word, which no account has, so that one search finds all of them, and parts of them too.
WORD = "CANARY7Q"
KEY_ID = f"AKIA{WORD}KEYID001"
SECRET = f"{WORD}/secret/access/key"
TOKEN = f"{WORD}/session/token=="
EXTERNAL_ID = f"{WORD}-external-id"
WEB_IDENTITY = f"eyJhbGciOiJub25lIn0.{WORD}.web-identity"
USER_INFO = f"ann:{WORD}-password"
KEYS = {"AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
NO_KEYS = dict.fromkeys(KEYS)

# What other programs keep in the environment, and what would make a careless one tell it.
MACHINE = {
    "AWS_BEARER_TOKEN_BEDROCK": f"{WORD}-bearer",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": f"{WORD}-container",
    "DATABASE_URL": f"postgres://{USER_INFO}@127.0.0.1/db",
    "GITHUB_TOKEN": f"{WORD}-github",
    "RUST_BACKTRACE": "full",
    "RUST_LOG": "trace",
}

PROFILE = f"aws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n"
ROLE = "arn:aws:iam::123456789012:role/auditor"


def process(body: str) -> str:
    """A profile whose credentials a program prints."""
    return f"[profile auditor]\ncredential_process = sh ./process {WORD}-argument\n", body


PRINTED = (
    f'{{"Version": 1, "AccessKeyId": "{KEY_ID}", "SecretAccessKey": "{SECRET}", "SessionToken": "{TOKEN}"}}'
)


@dataclass
class Machine:
    """What is set up before the program runs: variables, files in its home, arguments."""

    env: dict = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    arguments: tuple[str, ...] = ()

    def set_up(self, home: Path) -> dict:
        """Writes the files; gives the environment."""
        for name, text in self.files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text)
        return MACHINE | self.env


def in_base64(word: str):
    """A word as it looks in the middle of something in base64: three ways, by where it begins."""
    for before in range(3):
        text = b64encode(bytes(before) + word.encode()).decode()
        yield text[-(-before * 8 // 6) : (before + len(word)) * 8 // 6]


ENCODED = tuple(in_base64(WORD))


def leaks(text: str) -> list[str]:
    """The lines that hold a secret."""
    return [line for line in text.splitlines() if WORD in line.upper() or any(form in line for form in ENCODED)]


def all_leaks(*of: str | Path) -> list[str]:
    """The same of texts, and of every file in folders, names included."""
    found = []
    for one in of:
        if isinstance(one, Path):
            files = [path for path in one.rglob("*") if path.is_file()] if one.is_dir() else [one]
            for path in files:
                found += [f"{path.name}: {line}" for line in leaks(f"{path.name}\n{path.read_text()}")]
        else:
            found += leaks(one)
    return found


def credentials_of(operation: str) -> Rule:
    """STS gives secrets of its own."""

    def rule(call: Call, forward) -> Answer:
        xml = (
            f'<{operation}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{operation}Result>'
            f"<Credentials><AccessKeyId>ASIA{WORD}KEYID002</AccessKeyId>"
            f"<SecretAccessKey>{WORD}-role-secret</SecretAccessKey><SessionToken>{WORD}-role-token</SessionToken>"
            "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser>"
            "<Arn>arn:aws:sts::123456789012:assumed-role/auditor/s</Arn><AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId>"
            f"</AssumedRoleUser></{operation}Result></{operation}Response>"
        )
        return Answer(200, xml.encode(), {"Content-Type": "text/xml"})

    return rule


def request_of(call: Call) -> str:
    """All that came with a call, as one who repeats it would."""
    headers = "\n".join(f"{name}: {value}" for name, value in call.headers.items())
    return f"{call.method} {call.path}\n{headers}\n\n{call.body.decode(errors='replace')}"


def refused(status: int, code: str, message: str) -> Rule:
    """An error of AWS's that repeats the request: `{request}` in the message."""

    def rule(call: Call, forward) -> Answer:
        # What is not signed names no service; only STS is asked so.
        signed = replace(call, service="sts") if call.service == "unsigned" else call
        return error(signed, status, code, message.replace("{request}", request_of(call)))

    return rule


def repeated(status: int, kind: str, around: str = "{}") -> Rule:
    """An answer of something between here and AWS, with the request in it."""
    return lambda call, forward: Answer(
        status, around.replace("{}", escape(request_of(call))).encode(), {"Content-Type": kind}
    )
