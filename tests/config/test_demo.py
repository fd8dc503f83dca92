from __future__ import annotations

import re
import signal
import socket
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from console.config.management.commands import demo
from tests.config.processes import marked, wait_until
from tests.config.running import Running, bare_environment, get, run
from tests.ports import free_port
from tests.trust import TLS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")
PIECES = {"web", "worker", "beat", "sandbox"}


def requests_in(database: Path) -> int:
    with closing(sqlite3.connect(database)) as link:
        return link.execute("SELECT count(*) FROM requestlog_requestrecord").fetchone()[0]


def running_pieces(environment: dict[str, str]) -> set[str]:
    lines = marked(environment).values()
    return {found[1] for line in lines if (found := re.search(r"console\.config\.piece (\w+)", line))}


def test_it_answers_is_lived_in_and_leaves_nothing(tmp_path):
    """How soon it answers is measured by tests/bench/start.py."""
    environment = bare_environment(DATA_DIR=str(tmp_path))
    port = free_port()
    with Running("demo", "--port", str(port), "--no-input", environment=environment) as console:
        console.ready()
        assert running_pieces(environment) == PIECES
        assert get(f"http://localhost:{port}/readyz") == (200, "ok")
        assert "Sign in with Microsoft" in get(f"http://localhost:{port}/signin/")[1]
        database = tmp_path / "demo" / "console.sqlite3"
        assert requests_in(database) > 5_000
        assert not list(tmp_path.glob("*.sqlite3"))  # a real console's database would lie here
        assert console.stop(signal.SIGINT) == 0
        assert marked(environment) == {}
    requests = requests_in(database)
    with Running("demo", "--port", str(port), environment=environment) as again:
        again.ready()
        assert not again.says("sample data", 0)
        assert requests_in(database) >= requests
        assert again.stop(signal.SIGTERM) == 0
        assert marked(environment) == {}


def test_its_people_sign_in_through_the_sandbox_and_killing_it_leaves_nothing(tmp_path):
    environment = bare_environment(DATA_DIR=str(tmp_path))
    port = free_port()
    with Running("demo", "--port", str(port), environment=environment) as console:
        console.ready()
        with httpx.Client(trust_env=False, verify=TLS, follow_redirects=True, timeout=10) as browser:
            home = signed_in(browser, port, "Ada Kim")
        assert home.status_code == 200
        assert "Ada Kim" in home.text
        assert str(home.url) == f"http://localhost:{port}/"
        left_alone = [
            line for line in console.lines if not re.match(rf"({'|'.join(PIECES)}|console|prepare|sample) +\| ", line)
        ]
        assert left_alone == []
        assert not any("secret" in line.lower() for line in console.lines)
        console.process.kill()
        assert wait_until(lambda: not marked(environment), 10), marked(environment)


def signed_in(browser: httpx.Client, port: int, name: str) -> httpx.Response:
    """Through our page and the account picker, as a person goes."""
    page = browser.get(f"http://localhost:{port}/signin/")
    way = re.search(r'href="([^"]+)"[^>]*>(?:\s*<[^>]+>)*[^<]*Sign in with Microsoft', page.text)
    picker = browser.get(f"http://localhost:{port}{way[1].replace('&amp;', '&')}")
    button = re.search(rf'value="([0-9a-f-]{{36}})"(?:(?!</button>).)*{name}', picker.text, re.DOTALL)
    return browser.post(picker.url, data={"person": button[1]})


def test_a_taken_port_stops_it_before_anything_is_started(tmp_path):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        done = run("demo", "--port", str(port), environment=bare_environment(DATA_DIR=str(tmp_path)))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(rf"Port {port} is taken on 127\.0\.0\.1\. .*\n", done.stderr)
    assert not (tmp_path / "demo" / "console.sqlite3").exists()


@pytest.mark.parametrize("moment", ["Starting the demo", "Collecting static files"])
def test_ctrl_c_while_it_is_starting_stops_it(tmp_path, moment):
    """At once: the sample world takes longest, and is written whole or not at all."""
    environment = bare_environment(DATA_DIR=str(tmp_path))
    with Running("demo", "--port", str(free_port()), environment=environment) as console:
        assert console.says(moment)
        assert console.stop(signal.SIGINT) == 0
        assert marked(environment) == {}
        assert not console.says("Adding", 0)
        assert not console.says("Ready", 0)
    database = tmp_path / "demo" / "console.sqlite3"
    assert moment == "Starting the demo" or requests_in(database) == 0


def test_it_takes_nothing_over_from_a_real_console(monkeypatch):
    real = {
        "DATABASE_URL": "postgres://real/db", "CELERY_BROKER_URL": "redis://real", "ENTRA_CLIENT_SECRET_FILE": "/real",
        "AZURE_CLIENT_SECRET": "real", "IDENTITY_ENDPOINT": "http://real", "ANTHROPIC_FOUNDRY_API_KEY": "real",
        "SECRET_KEY": "real", "SSL_CERT_FILE": "/real", "OUTBOUND_PROXY": "http://real", "ARM_ENDPOINT": "http://real",
    }  # fmt: skip
    for name, value in real.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HEALTH_INTERVAL", "60")
    made = demo.plan(8000).environment
    assert not [name for name, value in made.items() if value in real.values()]
    assert made["HEALTH_INTERVAL"] == "60"
    assert made["DATA_DIR"].endswith("/demo")
    assert made["ARM_ENDPOINT"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("", "http://localhost:8123"),
        ("http://127.0.0.1:9000", "given"),
        ("https://console.example", "http://localhost:8123"),
    ],
)
def test_it_is_opened_on_this_machine(monkeypatch, settings, given, expected):
    monkeypatch.setenv("CONSOLE_URL", given)
    settings.CONSOLE_URL = given
    assert demo.plan(8123).url == (given if expected == "given" else expected)


def test_taken_sandbox_ports_are_replaced(monkeypatch):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        monkeypatch.setattr(demo, "SANDBOX_PORT", listening.getsockname()[1])
        made = demo.plan(8000)
    assert made.sandbox[0] != demo.SANDBOX_PORT
    assert f":{made.sandbox[0]}/" in made.environment["ARM_ENDPOINT"]
