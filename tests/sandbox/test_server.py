"""Starting and stopping: quickly, with what was there before, and promptly even with open streams."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from console.sandbox import server
from tests.ports import free_port
from tests.sandbox.test_pace import request_of
from tests.sandbox_process import ROOT, SandboxProcess
from tests.trust import TLS


def test_it_stops_promptly_with_open_streams(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as own, httpx.Client(trust_env=False, verify=TLS) as web:
        own.switch("speed", tokens_per_second=20)
        with web.stream(**request_of(own, "claude-long")) as answer:
            next(answer.iter_raw())
            began = time.monotonic()
            assert own.stop() == 0
            assert time.monotonic() - began < 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_either_signal_ends_it_without_a_trace(tmp_path: Path, number: int) -> None:
    with SandboxProcess(tmp_path) as own:
        assert own.process is not None
        own.process.send_signal(number)
        assert own.process.wait(timeout=3) == 0
    assert (tmp_path / "sandbox.log").read_text() == ""


def test_a_restart_keeps_keys_certificates_and_refresh_tokens(tmp_path: Path) -> None:
    with SandboxProcess(tmp_path) as own:
        ports, environment, keys = own.ports, own.environment, own.keys()
        token = own.token("https://ai.azure.com")
        files = {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")}
        own.stop()
        own.start(port=ports[0], tls_port=ports[1])
        assert (own.environment, own.keys()) == (environment, keys)
        assert {path.name: path.read_bytes() for path in tmp_path.glob("*.pem")} == files
        headers = {"Authorization": f"Bearer {token}", "anthropic-version": "2026-10-21"}
        body = {"model": "claude-steady", "messages": [{"role": "user", "content": "hello"}]}
        url = own.foundry() + "v1/messages/count_tokens"
        assert httpx.post(url, json=body, headers=headers, trust_env=False, verify=TLS).status_code == 200


def test_it_is_ready_within_a_second_besides_imports(tmp_path: Path) -> None:
    before = time.process_time()
    folder = server.folder_in(tmp_path / "new")
    from console.sandbox.state import Sandbox

    Sandbox(folder, 1, 2)
    assert time.process_time() - before < 1


def test_files_are_for_this_user_alone(tmp_path: Path) -> None:
    server.environment(9400, 9401, tmp_path / "data")
    with SandboxProcess(tmp_path / "data"):
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    modes.pop("sandbox.log")
    assert set(modes.values()) == {0o600}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_the_environment_is_known_before_the_start(tmp_path: Path) -> None:
    before = server.environment(1, 2, tmp_path)
    assert Path(before["SSL_CERT_FILE"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    with SandboxProcess(tmp_path) as own:
        assert server.environment(*own.ports, tmp_path) == own.environment
        assert before["ENTRA_CLIENT_SECRET"] == own.environment["ENTRA_CLIENT_SECRET"]
    assert set(own.environment) == {
        "ENTRA_TENANT_ID",
        "ENTRA_CLIENT_ID",
        "ENTRA_CLIENT_SECRET",
        "ENTRA_AUTHORITY",
        "ARM_ENDPOINT",
        "FOUNDRY_ENDPOINT",
        "FOUNDRY_TOKEN_SCOPE",
        "LOG_ANALYTICS_ENDPOINT",
        "LOG_ANALYTICS_WORKSPACE_ID",
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "SSL_CERT_FILE",
    }


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        command = [sys.executable, "-m", "console.sandbox", "--port", str(taken.getsockname()[1])]
        done = subprocess.run([*command, "--data-dir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("The sandbox cannot start: Address already in use")
    assert done.stderr.count("\n") == 1


def test_the_tls_side_has_the_next_port_unless_told(tmp_path: Path) -> None:
    plain, tls = server.bind("127.0.0.1", free_port(2), None)
    with plain, tls:
        assert tls.getsockname()[1] == plain.getsockname()[1] + 1


def test_connections_that_are_left_leave_nothing_behind(sandbox: SandboxProcess) -> None:
    assert sandbox.process is not None
    sandbox.switch("speed", tokens_per_second=50)
    asked = request_of(sandbox, "claude-long")
    folder = Path(f"/proc/{sandbox.process.pid}/fd")
    if not folder.exists():
        pytest.skip("counting open files needs /proc")
    before = len(os.listdir(folder))

    def visit() -> None:
        with httpx.Client(trust_env=False, verify=TLS) as web, web.stream(**asked) as answer:
            next(answer.iter_raw())

    threads = [threading.Thread(target=visit) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    time.sleep(0.5)
    assert len(os.listdir(folder)) <= before + 2
    assert sandbox.counters()["streams"] == {"opened": 40, "abandoned": 40}


def test_only_tls_speaks_on_the_tls_port(sandbox: SandboxProcess) -> None:
    host, port = "localhost", sandbox.ports[1]
    trusted = ssl.create_default_context(cafile=sandbox.environment["SSL_CERT_FILE"])
    with socket.create_connection((host, port)) as raw, trusted.wrap_socket(raw, server_hostname=host) as tls:
        assert tls.version() in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"http://{host}:{port}/", trust_env=False, verify=TLS)
