"""The web process as it is deployed, over real sockets: what no test client sees."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.web.test_headers import E2

ROOT = Path(__file__).resolve().parents[2]
MiB = 1024 * 1024


class Web:
    """A running web process and where to reach it."""

    def __init__(self, port: int, folder: Path) -> None:
        self.port = port
        self.folder = folder

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        response = connection.getresponse()
        response.text = response.read().decode("utf-8", "replace")  # type: ignore[attr-defined]
        connection.close()
        return response

    def raw(self, sent: bytes) -> bytes:
        """Send bytes as they are; what came back until the other side closed or two seconds were silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as wire:
            wire.sendall(sent)
            got = b""
            try:
                while chunk := wire.recv(65_536):
                    got += chunk
            except TimeoutError:
                pass
            return got


SIGN_IN = {
    "ENTRA_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "ENTRA_CLIENT_ID": "11111111-2222-3333-4444-555555555556",
    "ENTRA_CLIENT_SECRET": "nobody-asks-for-it",
}


def server(port: int) -> list[str]:
    granian = [sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port), "--no-ws"]
    return [*granian, "console.config.asgi:application"]


def environment(folder: Path, port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    return {
        **kept,
        "DATA_DIR": str(folder / "data"),
        "TMPDIR": str(folder),
        "CONSOLE_URL": f"http://localhost:{port}",
        "ENTRA_AUTHORITY": f"http://127.0.0.1:{free_port()}/nobody",
    }


@pytest.fixture(scope="module")
def web(tmp_path_factory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    port = free_port()
    own = environment(folder, port) | SIGN_IN
    for command in (["migrate", "-v0"], ["collectstatic", "--noinput", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=own, check=True)
    with (folder / "web.log").open("wb") as log:
        process = subprocess.Popen(server(port), cwd=ROOT, env=own, stdout=log, stderr=log)
    try:
        answers(process, port, folder)
        yield Web(port, folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError((folder / "web.log").read_text())


def test_started_alone_it_names_the_settings_that_sign_in_needs(tmp_path) -> None:
    port = free_port()
    own = environment(tmp_path, port) | {"ENTRA_TENANT_ID": SIGN_IN["ENTRA_TENANT_ID"]}
    ended = subprocess.run(server(port), cwd=ROOT, env=own, capture_output=True, text=True, timeout=60)
    assert ended.returncode != 0
    assert "ENTRA_CLIENT_ID: is not set: people cannot sign in. Example: " in ended.stderr
    assert "ENTRA_CLIENT_SECRET_FILE: is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


ANSWERS = [
    ("GET", "/", 302),
    ("GET", "/signin/", 200),
    ("GET", "/nowhere/", 404),
    ("GET", "/livez", 200),
    ("GET", "/readyz", 503),
    ("GET", "/metrics", 200),
    ("GET", "/signin/return/?state=x&code=y", 400),
    ("GET", "/?q=%00", 400),
    ("POST", "/signout/", 403),
    ("PUT", "/signin/", 403),
    ("OPTIONS", "/signin/", 405),
    ("GET", "/static/css/base.css", 200),
    ("GET", "/static/nothing.css", 404),
    ("GET", "/playground/exchanges/00000000-0000-7000-8000-000000000000/stream/", 302),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
def test_every_kind_of_answer_carries_the_header_list(web, method, path, status):
    response = web.ask(method, path)
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert response.status == status
    assert E2.items() <= headers.items()
    assert len(headers) == len(response.getheaders())
    assert "x-powered-by" not in headers
    assert not any(character.isdigit() for character in headers.get("server", ""))


def test_a_body_above_the_cap_is_refused_with_the_headers_too(web):
    response = web.ask("POST", "/signout/", b"x" * 1_200_000)
    headers = {name.lower(): value for name, value in response.getheaders()}
    assert response.status == 413
    assert E2.items() <= headers.items()
    assert "Shorten it" in response.text


def test_an_endless_body_from_nobody_costs_no_disk(web):
    """A chunked gigabyte to an address that does not exist (V12): refused after the first megabyte."""
    before = shutil.disk_usage(web.folder).used
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    sent = 0
    with socket.create_connection(("127.0.0.1", web.port), timeout=10) as wire:
        wire.sendall(b"POST /nowhere/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            for _ in range(16_000):
                wire.sendall(chunk)
                sent += 65_536
        except OSError:  # closed by the other side, as it should be
            pass
    assert sent < 200 * MiB
    spooled = sum(
        path.stat().st_size for path in web.folder.rglob("*") if path.is_file() and "static" not in path.parts
    )
    assert spooled < 20 * MiB
    assert shutil.disk_usage(web.folder).used - before < 100 * MiB
    assert web.ask("GET", "/livez").status == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.2", "[::2]", "localhost:80:80"])
def test_a_foreign_host_is_refused(web, host):
    assert web.ask("GET", "/signin/", Host=host).status == 400


def test_a_probe_may_call_the_machine_what_it_likes(web):
    assert web.ask("GET", "/livez", Host="10.0.0.7:8000").status == 200


@pytest.mark.parametrize(
    "request_line",
    [
        b"GET /\x00 HTTP/1.1",
        b"GET /%ff%fe HTTP/1.1",
        b"GET /%00 HTTP/1.1",
        b"GET http://evil.example/ HTTP/1.1",
        b"GET * HTTP/1.1",
    ],
)
def test_a_strange_request_line_does_no_harm(web, request_line):
    answer = web.raw(request_line + b"\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer == b"" or 300 <= int(answer.split()[1]) < 500
    assert web.ask("GET", "/livez").status == 200


def test_a_megabyte_of_address_or_headers_does_no_harm(web):
    for path, extra in (("/" + "a" * MiB, b""), ("/", b"".join(b"X-%d: y\r\n" % n for n in range(10_000)))):
        sent = b"GET %s HTTP/1.1\r\nHost: localhost\r\n%sConnection: close\r\n\r\n" % (path.encode(), extra)
        try:
            answer = web.raw(sent)
        except OSError:
            answer = b""
        assert answer == b"" or 300 <= int(answer.split()[1]) < 500
    assert web.ask("GET", "/livez").status == 200


def test_the_log_is_one_line_an_event_and_holds_no_code(web):
    web.ask("GET", "/signin/return/?state=x&code=sentinel-code-4711&q=%0a%1b[31m", User_Agent="sentinel-agent\t")
    text = (web.folder / "web.log").read_text()
    assert "sentinel-code-4711" not in text
    assert "\x1b" not in text
