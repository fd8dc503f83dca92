from __future__ import annotations

import re
import shlex
import signal
import socket
import sys

import httpx
import pytest

from tests.config.processes import marked
from tests.config.running import Running, bare_environment, run
from tests.ports import free_port
from tests.trust import TLS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")


def test_it_prints_what_points_a_console_at_it_once_it_answers(tmp_path):
    environment = bare_environment(DATA_DIR=str(tmp_path))
    port = free_port(2)
    with Running("sandbox", "--port", str(port), environment=environment) as sandbox:
        assert sandbox.says("export SSL_CERT_FILE=")
        told = dict(shlex.split(line)[1].split("=", 1) for line in sandbox.lines)
        assert told["ARM_ENDPOINT"].startswith(f"http://127.0.0.1:{port}/")
        assert httpx.get(f"{told['ARM_ENDPOINT']}/subscriptions", trust_env=False, verify=TLS).status_code == 401
        wanted = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
        secret = {"X-IDENTITY-HEADER": told["IDENTITY_HEADER"]}
        token = httpx.get(told["IDENTITY_ENDPOINT"], params=wanted, headers=secret, trust_env=False, verify=TLS)
        assert token.json()["token_type"] == "Bearer"
        assert sandbox.stop(signal.SIGINT) == 0
        assert marked(environment) == {}


@pytest.mark.parametrize("which", [0, 1])
def test_a_taken_port_is_named(tmp_path, which):
    with listener() as listening:
        port = listening.getsockname()[1]
        done = run("sandbox", "--port", str(port - which), environment=bare_environment(DATA_DIR=str(tmp_path)))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.match(rf"Port {port} is taken", done.stderr)


def listener() -> socket.socket:
    """A listening socket whose port follows one that nobody uses."""
    return socket.create_server(("127.0.0.1", free_port(2) + 1))
