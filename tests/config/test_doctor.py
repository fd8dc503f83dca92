from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from console.azure.errors import KINDS, Throttled, Unreachable
from console.config import doctor, doctor_azure
from console.config.doctor_remedies import told
from console.config.findings import Finding, refused
from tests.config.running import REAL_SETTINGS, bare_environment, run
from tests.factories_inventory import make_deployment, make_resource
from tests.sandbox_process import SandboxProcess

LINE = re.compile(r"(ok       |problem  )[^:]+: .+")


@pytest.fixture(scope="module")
def sandbox():
    with SandboxProcess() as running:
        yield running


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder that is ready: tables, static files, a worker's sign of life."""
    folder = tmp_path_factory.mktemp("ready")
    environment = bare_environment(DATA_DIR=str(folder))
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        assert run(*command, environment=environment).returncode == 0
    alive = "from console.jobs import queue; queue.beat()"
    assert run("shell", "-v0", "-c", alive, environment=environment).returncode == 0
    return folder


def examine(environment: dict[str, str]) -> tuple[int, list[str], list[str]]:
    """Exit code, lines that are well, lines that tell a problem (without the word in front)."""
    done = run("doctor", environment=environment)
    assert done.stderr == ""
    *lines, last = done.stdout.splitlines()
    assert all(LINE.fullmatch(line) for line in lines), lines
    problems = [line[9:] for line in lines if line.startswith("problem")]
    assert last == ("All is well" if not problems else f"{len(problems)} problem{'s' if len(problems) > 1 else ''}")
    return done.returncode, [line[9:] for line in lines if line.startswith("ok")], problems


def healthy(sandbox: SandboxProcess, folder: Path, **changed: str) -> dict[str, str]:
    connected = {"ANTHROPIC_FOUNDRY_RESOURCE": "contoso-foundry", "ANTHROPIC_FOUNDRY_DEPLOYMENTS": "claude-steady"}
    key = {"ANTHROPIC_FOUNDRY_API_KEY": sandbox.keys()[0]}
    return bare_environment(**{"DATA_DIR": str(folder), **sandbox.environment, **connected, **key, **changed})


def starting(lines: list[str], start: str) -> str:
    return next((line for line in lines if line.startswith(start)), "")


def test_a_console_that_is_set_up_is_well(sandbox, folder):
    code, well, problems = examine(healthy(sandbox, folder))
    assert (code, problems) == (0, [])
    for start in (
        "Redirect URI: register http://localhost:8000/signin/return/",
        "Secret key: generated",
        "Data folder: ",
        "Database: sqlite answers, all tables are there",
        "Broker: embedded",
        "Worker: alive",
        "Static files: collected",
        "Entra: localhost:",
        "Clock: within",
        "App registration: its secret is accepted",
        "Own identity, Azure Resource Manager: ManagedIdentityCredential gives a token",
        "Own identity, Foundry: ManagedIdentityCredential gives a token",
        "Azure Resource Manager: 5 subscriptions, 8 Foundry resources; not readable: Finance (restricted) (missing",
        "Azure's log: workspace ",
        "Resource contoso-foundry: claude-steady answers in",
    ):
        assert starting(well, start), (start, well)


def test_no_secret_is_printed(sandbox, folder):
    environment = healthy(sandbox, folder, SECRET_KEY="k" * 20 + "ey-of-the-test", CELERY_BROKER_URL="")
    done = run("doctor", environment=environment)
    secrets = ("ENTRA_CLIENT_SECRET", "IDENTITY_HEADER", "ANTHROPIC_FOUNDRY_API_KEY", "SECRET_KEY")
    assert not [name for name in secrets if environment[name] in done.stdout]
    assert "ok       ENTRA_CLIENT_SECRET: set\n" in done.stdout


def test_a_fresh_clone_is_told_everything_that_is_missing(tmp_path):
    code, _, problems = examine(bare_environment(DATA_DIR=str(tmp_path)))
    assert code == 1
    assert [line.split(":")[0] for line in problems] == [
        "ENTRA_TENANT_ID",
        "ENTRA_CLIENT_ID",
        "ENTRA_CLIENT_SECRET_FILE",
        "Own identity",
    ]
    assert not list(tmp_path.glob("*.sqlite3"))  # looking makes nothing


def test_before_the_first_start_nothing_is_wrong_with_what_serve_makes(sandbox, tmp_path):
    code, well, problems = examine(healthy(sandbox, tmp_path))
    assert (code, problems) == (0, [])
    for start in ("Database: embedded; there is none yet", "Static files: not collected yet"):
        assert "manage.py serve" in starting(well, start), well


def test_a_malformed_setting_is_a_problem_with_an_example(tmp_path):
    done = run("doctor", environment=bare_environment(DATA_DIR=str(tmp_path), ARM_ENDPOINT="ftp://wrong"))
    assert done.returncode == 1
    assert re.fullmatch(
        r"problem  ARM_ENDPOINT: must start with https://\. Example: ARM_ENDPOINT=https.*\n", done.stdout
    )


@pytest.mark.parametrize(
    ("changed", "told", "remedy"),
    [
        ({"ENTRA_CLIENT_SECRET": "wrong-secret-of-the-test"}, "App registration: .*client-secret-wrong", "secret"),
        ({"ENTRA_CLIENT_ID": "00000000-0000-0000-0000-000000000001"}, "App registration: .*app-not-found", ""),
        ({"ENTRA_AUTHORITY": "https://localhost:9/{tenant}"}, "Entra: cannot be reached .connect", "ENTRA_AUTHORITY"),
        ({"IDENTITY_HEADER": "wrong-header"}, "Own identity, Azure Resource Manager: .*identity-refused", ""),
        ({"IDENTITY_ENDPOINT": "http://127.0.0.1:9/msi"}, "Own identity, Foundry: .*identity-unreachable", ""),
        (
            {"ARM_ENDPOINT": "http://127.0.0.1:9/arm"},
            "Azure Resource Manager: cannot be reached .connect",
            "ARM_ENDPOINT",
        ),
        ({"ANTHROPIC_FOUNDRY_API_KEY": "wrong-key-of-the-test"}, "Resource contoso-foundry, .*bad-key", "key"),
        ({"ANTHROPIC_FOUNDRY_DEPLOYMENTS": "claude-missing"}, "Resource contoso-foundry, .*deployment-not-found", ""),
        ({"ANTHROPIC_FOUNDRY_DEPLOYMENTS": ""}, "ANTHROPIC_FOUNDRY_DEPLOYMENTS: names no deployment", "Example"),
        ({"ANTHROPIC_FOUNDRY_RESOURCE": "contoso-private"}, "Resource contoso-private, .*network-rule", "network"),
        ({"SSL_CERT_FILE": ""}, "Entra: cannot be reached .tls", "SSL_CERT_FILE"),
        ({"CELERY_BROKER_URL": "redis://:pass-of-the-test@127.0.0.1:9/0"}, "Broker: redis does not answer", "CELERY"),
        (
            {"DATABASE_URL": "postgres://u:pass-of-the-test@127.0.0.1:9/x"},
            "Database: postgresql does not answer",
            "DATABASE_URL",
        ),
    ],
)
def test_what_is_wrong_is_told_with_a_remedy(sandbox, folder, changed, told, remedy):
    code, _, problems = examine(healthy(sandbox, folder, **changed))
    assert code == 1
    found = [line for line in problems if re.match(told, line)]
    assert found, problems
    assert remedy in found[0]
    assert "of-the-test" not in "\n".join(problems)


def test_a_resource_called_as_the_console_is_asked_with_its_identity(sandbox, folder):
    _, well, _ = examine(
        healthy(sandbox, folder, ANTHROPIC_FOUNDRY_API_KEY="", ANTHROPIC_FOUNDRY_RESOURCE="hanbit-foundry")
    )
    assert starting(well, "Resource hanbit-foundry: claude-steady answers")


def test_one_connected_resource_needs_no_identity(sandbox, folder):
    alone = {"IDENTITY_ENDPOINT": "", "IDENTITY_HEADER": "", "LOG_ANALYTICS_WORKSPACE_ID": ""}
    code, well, problems = examine(healthy(sandbox, folder, **alone))
    assert (code, problems) == (0, [])
    assert starting(well, "Own identity: none; only the resource of ANTHROPIC_FOUNDRY_RESOURCE")


def test_an_old_database_and_a_silent_worker_are_noticed(sandbox, folder, tmp_path):
    environment = healthy(sandbox, folder, DATA_DIR=str(tmp_path))
    assert run("migrate", "jobs", "zero", "-v0", environment=environment).returncode == 0
    _, _, problems = examine(environment)
    assert re.match(r"Database: \d+ migrations wait", starting(problems, "Database"))
    assert run("migrate", "-v0", environment=environment).returncode == 0
    old = "from console.jobs.models import WorkerPulse; WorkerPulse.objects.create(seen_at='2026-01-01T00:00:00Z')"
    assert run("shell", "-v0", "-c", old, environment=environment).returncode == 0
    _, _, problems = examine(environment)
    assert re.match(r"Worker: the last sign of life is \d+ s old", starting(problems, "Worker"))


def test_a_key_that_others_can_read_is_noticed(tmp_path):
    environment = bare_environment(DATA_DIR=str(tmp_path), **REAL_SETTINGS)
    examine(environment)
    (tmp_path / "secret-key").chmod(0o644)
    assert "Run chmod 600" in starting(examine(environment)[2], "Secret key: others on this machine can read")


def test_each_resource_of_the_inventory_is_asked_once(sandbox, tmp_path):
    environment = bare_environment(DATA_DIR=str(tmp_path), **sandbox.environment)
    assert run("migrate", "-v0", environment=environment).returncode == 0
    assert run("sync", environment=environment).returncode == 0
    _, well, problems = examine(environment)
    named = sorted(line.split(":")[0].split(",")[0] for line in (*well, *problems) if line.startswith("Resource "))
    resources = ["contoso-dev-foundry", "contoso-foundry", "contoso-legacy", "contoso-private", "hanbit-foundry"]
    assert named == [f"Resource {name}" for name in [*resources, "hanbit-research"]]


@pytest.mark.parametrize(
    ("seconds", "well", "said"),
    [(0, True, "within"), (90, True, "within"), (600, False, "behind Entra"), (-600, False, "ahead of Entra")],
)
def test_a_clock_that_is_wrong_is_told(seconds, well, said):
    theirs = datetime.now(UTC) + timedelta(seconds=seconds)
    finding = doctor_azure.clock(format_datetime(theirs, usegmt=True))
    assert (finding.well, said in finding.text) == (well, True)
    assert well or "NTP" in finding.remedy


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 99:99:99 GMT"])
def test_a_time_that_is_none_is_not_compared(date):
    assert doctor_azure.clock(date).well


async def test_a_check_that_never_ends_is_a_problem(monkeypatch):
    monkeypatch.setattr(doctor, "LIMIT", 0.05)

    async def hangs() -> list[Finding]:
        await asyncio.sleep(60)
        return []

    (finding,) = await doctor.findings_of("Somewhere", hangs)
    assert not finding.well
    assert finding.text.startswith("no answer within")


async def test_a_check_that_breaks_is_a_problem_and_tells_no_secret():
    async def breaks() -> list[Finding]:
        raise RuntimeError("Authorization: Bearer abcdefghijklmnopqrstuvwxyz\nsecond line")

    (finding,) = await doctor.findings_of("Somewhere", breaks)
    assert finding.line().startswith("problem  Somewhere: RuntimeError")
    assert "abcdefghijkl" not in finding.line()
    assert "\n" not in finding.line()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_refusal_has_a_remedy(kind):
    assert refused("x", KINDS[kind](kind=kind)).remedy


CREDENTIALS = {
    "secret": {"AZURE_CLIENT_SECRET": "s"},
    "certificate": {"AZURE_CLIENT_CERTIFICATE_PATH": "/c.pem"},
    "federated": {"AZURE_FEDERATED_TOKEN_FILE": "/token"},
    "managed": {"IDENTITY_ENDPOINT": "http://127.0.0.1/msi"},
    "cli": {"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential"},
}


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_the_doctor_sends_nobody_to_the_doctor(credential, monkeypatch):
    only(credential, monkeypatch)
    remedies = {kind: told("x", KINDS[kind](kind=kind)).remedy for kind in KINDS}
    assert not [kind for kind, remedy in remedies.items() if "doctor" in remedy or not remedy]


@pytest.mark.parametrize(
    ("credential", "kind", "code", "named", "not_named"),
    [
        ("secret", "identity-refused", "AADSTS7000215", "AZURE_CLIENT_SECRET to the client secret's value", "managed"),
        ("secret", "identity-refused", "AADSTS7000222", "Make a new client secret", "managed"),
        ("secret", "identity-refused", "AADSTS700016", "AZURE_CLIENT_ID", "SECRET"),
        ("certificate", "identity-refused", "AADSTS1", "AZURE_CLIENT_CERTIFICATE_PATH", "SECRET"),
        ("federated", "identity-refused", "", "AZURE_FEDERATED_TOKEN_FILE", "SECRET"),
        ("managed", "identity-refused", "ClientAuthenticationError", "managed identity", "SECRET"),
        ("cli", "identity-refused", "", "az login", "SECRET"),
        ("secret", "identity-unreachable", "", "SSL_CERT_FILE", "managed"),
        ("managed", "identity-unreachable", "", "managed identity", "SSL_CERT_FILE"),
        ("managed", "client-secret-wrong", "invalid_client", "ENTRA_CLIENT_SECRET", "AZURE_"),
        ("managed", "entra-misconfigured", "", "ENTRA_AUTHORITY", "AZURE_"),
    ],
)
def test_a_refused_credential_is_told_with_its_own_setting(credential, kind, code, named, not_named, monkeypatch):
    only(credential, monkeypatch)
    remedy = told("x", KINDS[kind](kind=kind, code=code or None)).remedy
    assert named in remedy
    assert not_named not in remedy


def only(credential, monkeypatch):
    for variable in {name for one in CREDENTIALS.values() for name in one}:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in CREDENTIALS[credential].items():
        monkeypatch.setenv(variable, value)


def test_a_certificate_that_cannot_be_read_is_named(settings):
    settings.ENTRA_CLIENT_CERTIFICATE = "no PEM"
    why = "the app registration's settings cannot be used: ValueError"
    for kind, message in (("entra-misconfigured", why), ("client-secret-wrong", "AADSTS700027")):
        assert "ENTRA_CLIENT_CERTIFICATE" in told("x", KINDS[kind](message, kind=kind)).remedy


@pytest.mark.parametrize("error", [Throttled(status=429), Unreachable(kind="dns", phase="connect")])
def test_a_refusal_names_its_kind(error):
    assert error.kind in refused("x", error).line()


@pytest.mark.django_db
def test_a_resource_the_settings_connect_no_longer_is_not_called(settings):
    settings.ANTHROPIC_FOUNDRY_RESOURCE = ""
    make_deployment("claude-a", make_resource("kept"))
    make_deployment("claude-b", make_resource("before", arm_id="settings:before", called_as="key"))
    assert [row.resource.name for row in doctor_azure.one_of_each()] == ["kept"]
