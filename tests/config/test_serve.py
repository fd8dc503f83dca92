from __future__ import annotations

import os
import re
import signal
import socket
import sys
from pathlib import Path

import pytest

from console.config.management.commands.serve import plan
from console.config.start import EVERYWHERE
from tests.config.processes import marked, wait_until
from tests.config.running import REAL_SETTINGS, Running, bare_environment, get, run
from tests.ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


@pytest.fixture
def settings_of_a_console(tmp_path):
    return bare_environment(DATA_DIR=str(tmp_path / "data"), **REAL_SETTINGS)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"ENTRA_TENANT_ID": ""}, "ENTRA_TENANT_ID: is not set"),
        ({"ENTRA_TENANT_ID": '"quoted"'}, "ENTRA_TENANT_ID: must be an ID, without quotes"),
        ({"ENTRA_CLIENT_ID": ""}, "ENTRA_CLIENT_ID: is not set"),
        ({"ENTRA_CLIENT_ID": "two words"}, "ENTRA_CLIENT_ID: must be an ID"),
        ({"ENTRA_CLIENT_SECRET": ""}, "ENTRA_CLIENT_SECRET_FILE: is not set"),
        ({"CONSOLE_URL": "https://console.example"}, "SECRET_KEY: is required when CONSOLE_URL is https"),
        ({"CONSOLE_URL": "http://console.example"}, "CONSOLE_URL: must be https"),
        ({"DATABASE_URL": "mysql://u:hidden-word@db/x"}, "DATABASE_URL: must be a postgres:// URL"),
        ({"ARM_ENDPOINT": "management.azure.com"}, "ARM_ENDPOINT: "),
        ({"HEALTH_INTERVAL": "often"}, "HEALTH_INTERVAL: must be a whole number"),
        ({"SSL_CERT_FILE": "/no/such/file"}, "SSL_CERT_FILE: names no readable file"),
    ],
)
def test_a_setting_that_cannot_be_right_stops_the_start_by_name(settings_of_a_console, changed, named):
    done = run("serve", environment=settings_of_a_console | changed)
    assert done.returncode == 2
    assert re.match(re.escape(named) + r".*Example: \w+=.", done.stderr), done.stderr
    assert not any(value in done.stderr for value in ("hidden-word", "a-secret-of-the-test", "two words"))
    assert done.stdout == ""


def test_all_missing_settings_are_named_at_once(tmp_path):
    done = run("serve", environment=bare_environment(DATA_DIR=str(tmp_path)))
    assert [line.split(":")[0] for line in done.stderr.splitlines()] == [
        "ENTRA_TENANT_ID",
        "ENTRA_CLIENT_ID",
        "ENTRA_CLIENT_SECRET_FILE",
    ]


def test_a_taken_port_stops_the_start_with_one_line(settings_of_a_console):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        done = run("serve", "--port", str(port), environment=settings_of_a_console)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Port {port} is taken")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "８０００"])
def test_a_port_that_is_none_is_refused(settings_of_a_console, port):
    done = run("serve", f"--port={port}", environment=settings_of_a_console)
    assert done.returncode == 2
    assert "--port: must be a number from 1 to 65535" in done.stderr


def test_it_serves_survives_the_loss_of_a_piece_and_stops_completely(settings_of_a_console, tmp_path):
    port = free_port()
    with Running("serve", "--port", str(port), environment=settings_of_a_console, cwd=tmp_path) as console:
        console.ready()
        assert console.says(f"console | Ready. Open http://localhost:{port} ")
        assert get(f"http://localhost:{port}/readyz") == (200, "ok")
        folder = Path(settings_of_a_console["DATA_DIR"])
        kept = [path for path in folder.rglob("*") if path.is_file() and folder / "static" not in path.parents]
        assert [path for path in kept if path.suffix == ".sqlite3"]
        assert not [path for path in kept if path.stat().st_mode & 0o077]  # nobody else's to read
        second = run("serve", "--port", str(free_port()), environment=settings_of_a_console)
        assert second.returncode == 2
        assert second.stderr.startswith("A console already runs on")
        web = next(pid for pid, line in marked(settings_of_a_console).items() if " web " in line and leads(pid))
        os.kill(web, signal.SIGKILL)
        assert console.says("web ended (Killed, signal 9); starting it again in 1 s")
        assert wait_until(lambda: answers(port), 20)
        assert console.stop(signal.SIGINT) == 0
        assert marked(settings_of_a_console) == {}
        assert not [line for line in console.lines if not re.match(r"(console|prepare|web|worker|beat) +\| ", line)]


def leads(pid: int) -> bool:
    return os.getpgid(pid) == pid


def answers(port: int) -> bool:
    try:
        return get(f"http://localhost:{port}/livez") == (200, "ok")
    except OSError:
        return False


def test_killing_it_leaves_nothing_and_the_next_start_works(settings_of_a_console):
    port = str(free_port())
    with Running("serve", "--port", port, environment=settings_of_a_console) as console:
        console.ready()
        console.process.kill()
        console.process.wait()
        with Running("serve", "--port", port, environment=settings_of_a_console) as again:
            again.ready()
            assert again.stop(signal.SIGTERM) == 0
        assert marked(settings_of_a_console) == {}


def test_not_even_killing_supervisor_and_pieces_at_once_leaves_the_web_servers_child(settings_of_a_console):
    with Running("serve", "--port", str(free_port()), environment=settings_of_a_console) as console:
        console.ready()
        leaders = [pid for pid in marked(settings_of_a_console) if leads(pid)]
        assert len(leaders) == 4
        for pid in leaders:
            os.kill(pid, signal.SIGKILL)
        assert wait_until(lambda: not marked(settings_of_a_console), 10), marked(settings_of_a_console)


def test_a_database_that_cannot_be_prepared_ends_the_start(settings_of_a_console, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "console.sqlite3").write_bytes(b"this is no database" * 100)
    with Running("serve", "--port", str(free_port()), environment=settings_of_a_console) as console:
        assert console.process.wait(20) == 1
        assert console.says("prepare |", 1)
        assert console.says("file is not a database", 1)
        assert console.says("The start stopped: preparing the data ended with exit code 1", 1)


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        ("http://localhost:9000", "", "127.0.0.1"),
        ("http://127.0.0.5:9000", "", "127.0.0.1"),
        ("https://console.example", "", EVERYWHERE),
        ("https://console.example", "10.1.2.3", "10.1.2.3"),
        ("http://localhost:8000", EVERYWHERE, EVERYWHERE),
    ],
)
def test_it_listens_only_here_unless_the_console_is_public(settings, monkeypatch, url, host, expected):
    monkeypatch.setenv("CONSOLE_URL", url)
    settings.CONSOLE_URL = url
    made = plan(host, 8000)
    assert (made.host, made.url) == (expected, url)


def test_the_port_decides_the_address_when_nothing_else_does(monkeypatch):
    monkeypatch.delenv("CONSOLE_URL", raising=False)
    assert plan("", 8123).url == "http://localhost:8123"
