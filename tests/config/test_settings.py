"""The settings file as a whole, under good and bad environments: safe by default, and no bad setting starts."""

from __future__ import annotations

import os
import runpy
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from console.config.env import BadSetting

ROOT = Path(__file__).resolve().parents[2]
GOOD_KEY = "q7Zt2mX9vKc4Rw8Lp1Ns6Yb3Hd5Jf0Ga-Qe_UiOxTzWvB2nM8kS4jD6hF"


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Run the settings file under this environment alone; returns its names."""

    def run(**environment: str) -> dict[str, object]:
        for name in list(os.environ):
            if name not in ("PATH", "HOME"):
                monkeypatch.delenv(name)
        for name, value in {"DATA_DIR": str(tmp_path / "data"), **environment}.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(ROOT / "console/config/settings.py"))

    return run


def test_it_starts_with_nothing_set(load):
    found = load()
    assert found["CONSOLE_URL"] == "http://localhost:8000"
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["DATABASES"]["default"]["ENGINE"].endswith(("sqlite", "sqlite3"))
    assert found["DATABASES"]["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found["EMBEDDED_BROKER"]
    assert found["DEBUG"] is False


def test_production_is_one_host_with_secure_cookies(load):
    found = load(CONSOLE_URL="https://console.contoso.example", SECRET_KEY=GOOD_KEY)
    assert found["ALLOWED_HOSTS"] == ["console.contoso.example"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://console.contoso.example"]
    assert found["SESSION_COOKIE_NAME"] == "__Host-session"
    assert found["SESSION_COOKIE_SECURE"]
    assert found["SESSION_COOKIE_HTTPONLY"]
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CONSOLE_URL", "http://console.contoso.example"),
        ("CONSOLE_URL", "console.contoso.example"),
        ("CONSOLE_URL", "https://*"),
        ("CONSOLE_URL", "https://.contoso.example"),
        ("CONSOLE_URL", "https://user:pw-sentinel@console.example"),
        ("CONSOLE_URL", "https://contoso.example/console"),
        ("ENTRA_AUTHORITY", "http://login.example/{tenant}"),
        ("ENTRA_AUTHORITY", "https://login.example/{tennant}"),
        ("ARM_ENDPOINT", "http://management.azure.com"),
        ("FOUNDRY_ENDPOINT", "http://{resource}.services.ai.azure.com"),
        ("FOUNDRY_ENDPOINT", "https://{name}.services.ai.azure.com"),
        ("DATABASE_URL", "mysql://console:pw-sentinel@db.example/console"),
        ("DATABASE_URL", "pw-sentinel"),
        ("DATABASE_URL", "postgres://console:pw-sentinel@db.example:port/console"),
        ("CELERY_BROKER_URL", "http://pw-sentinel.example"),
        ("CELERY_BROKER_URL", "sqla+sqlite:///pw-sentinel"),
        ("FOUNDRY_TOKEN_SCOPE", "https://ai.azure.com"),
        ("ANTHROPIC_VERSION", "newest"),
        ("AZURE_SUBSCRIPTION_IDS", "'Production subscription'"),
        ("AZURE_SUBSCRIPTION_IDS", "11111111-2222-3333-4444-555555555555,zzz"),
        ("ANTHROPIC_FOUNDRY_RESOURCE", "evil.example/"),
        ("ANTHROPIC_FOUNDRY_RESOURCE", "https://contoso-foundry.services.ai.azure.com"),
        ("ANTHROPIC_FOUNDRY_DEPLOYMENTS", "claude-steady claude-slow"),
        ("LOG_LEVEL", "verbose"),
        ("SSL_CERT_FILE", "/nowhere/ca.pem"),
        ("SSL_CERT_FILE", __file__),
        ("SECRET_KEY_FILE", "/nowhere/key"),
        ("ENTRA_CLIENT_SECRET_FILE", "/nowhere/secret"),
        ("STREAMS_PER_PERSON", "0"),
        ("STREAMS_PER_PROCESS", "many"),
        ("BODY_LIMIT", "12MB"),
        ("HEALTH_INTERVAL", "-1"),
        ("SESSION_IDLE", "8h"),
        ("SESSION_LIFETIME", "1"),
        ("REQUEST_RETENTION_DAYS", "1.5"),
        ("OUTBOUND_PROXY", "http://proxy.example:3128"),
    ],
)
def test_a_bad_setting_stops_the_start_and_says_how_it_should_look(load, name, value):
    with pytest.raises(BadSetting) as stopped:
        load(**{name: value})
    assert stopped.value.name == name
    assert f"Example: {name}=" in str(stopped.value)
    assert "sentinel" not in str(stopped.value)
    assert "\n" not in str(stopped.value)


@pytest.mark.parametrize("key", ["", "short-sentinel", GOOD_KEY[:49], "a" * 60, "sentinel" * 5, "django-insecure"])
def test_over_https_a_missing_short_or_simple_key_is_refused(load, key):
    with pytest.raises(BadSetting) as stopped:
        load(CONSOLE_URL="https://console.contoso.example", **({"SECRET_KEY": key} if key else {}))
    assert stopped.value.name == "SECRET_KEY"
    assert "sentinel" not in str(stopped.value)


def test_the_generated_key_is_random_kept_and_readable_by_us_alone(load, tmp_path):
    first = load()["SECRET_KEY"]
    kept = tmp_path / "data" / "secret-key"
    assert load()["SECRET_KEY"] == first == kept.read_text(encoding="ascii")
    assert len(first) >= 60
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert load(DATA_DIR=str(tmp_path / "other"))["SECRET_KEY"] != first


def test_pieces_that_start_together_agree_on_the_generated_key(tmp_path):
    code = "from console.config import settings; print(settings.SECRET_KEY)"
    environment = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path / "fresh")}

    def start(_number: int) -> str:
        return subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, env=environment, text=True)

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(start, range(4)))) == 1


def test_a_data_folder_that_cannot_be_made_is_named(load, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="DATA_DIR: cannot be written"):
        load(DATA_DIR=str(tmp_path / "file" / "data"))


def test_a_data_folder_that_is_a_file_is_named(load, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadSetting, match="DATA_DIR: cannot be written"):
        load(DATA_DIR=str(tmp_path / "file"))


@pytest.mark.parametrize(
    "name",
    ["SECRET_KEY", "ENTRA_CLIENT_SECRET", "ENTRA_CLIENT_CERTIFICATE", "ANTHROPIC_FOUNDRY_API_KEY", "CELERY_BROKER_URL",
     "AZURE_CLIENT_SECRET"],
)  # fmt: skip
def test_every_secret_also_reads_a_file(load, tmp_path, name):
    value = "redis://:pw@cache.example:6379/0" if name == "CELERY_BROKER_URL" else GOOD_KEY
    kept = tmp_path / "secret"
    kept.write_text(value + "\n", encoding="utf-8")
    assert load(**{f"{name}_FILE": str(kept)})[name] == value


def test_the_database_url_also_reads_a_file(load, tmp_path):
    kept = tmp_path / "database"
    kept.write_text("postgres://console:pw@db.example:5433/console\n", encoding="utf-8")
    database = load(DATABASE_URL_FILE=str(kept))["DATABASES"]["default"]
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "console")
    assert database.get("CONN_MAX_AGE", 0) == 0
    assert database["OPTIONS"]["pool"]["max_size"] == 12


def test_on_loopback_everything_may_be_plain_http(load):
    load(
        ENTRA_AUTHORITY="http://localhost:9400/{tenant}",
        ARM_ENDPOINT="http://127.0.0.1:9400/arm",
        FOUNDRY_ENDPOINT="http://127.0.0.1:9400/foundry/{resource}",
        CONSOLE_URL="http://console.localhost:8000",
    )


@pytest.mark.parametrize("host", ["console.localhost", "127.0.0.2"])
def test_every_loopback_name_answers_to_itself(load, host):
    assert host in load(CONSOLE_URL=f"http://{host}:8000")["ALLOWED_HOSTS"]


def test_the_log_level_may_be_in_small_letters(load):
    assert load(LOG_LEVEL="debug")["LOGGING"] == {"level": "DEBUG"}


def test_a_stray_proxy_variable_is_not_used(load):
    assert load(HTTPS_PROXY="http://evil.example:3128", https_proxy="http://evil.example:3128")["OUTBOUND_PROXY"] == ""


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"CONSOLE_URL": "http://console.contoso.example"}, "CONSOLE_URL"),
        ({"CONSOLE_URL": "https://console.contoso.example"}, "SECRET_KEY"),
        ({"DATABASE_URL": "mysql://console:pw-sentinel@db.example/x"}, "DATABASE_URL"),
    ],
)
def test_the_process_ends_with_one_line(tmp_path, environment, named):
    given = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), **environment}
    command = [sys.executable, "manage.py", "check"]
    ended = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith(f"{named}: ")
    assert "sentinel" not in ended.stderr


def test_the_deployment_check_finds_nothing_to_warn_of(tmp_path):
    given = {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "CONSOLE_URL": "https://console.contoso.example",
        "SECRET_KEY": GOOD_KEY,
    }
    command = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    ended = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
