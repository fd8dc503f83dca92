from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from console.config import claim
from console.config.claim import CannotStart, free_port, port_fault
from tests import ports

HOLDER = """
import sys, time
from pathlib import Path
from console.config.claim import locked
held = locked(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def listener():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def port():
    return ports.free_port()


def holding(path, seconds: float) -> subprocess.Popen[bytes]:
    """Another process that holds the lock `path` for `seconds`."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path), str(seconds)], stdout=subprocess.PIPE)
    process.stdout.readline()
    return process


def release(held: list[int]) -> None:
    for descriptor in held:
        os.close(descriptor)


def test_a_taken_port_is_named_with_a_remedy(listener, tmp_path):
    with pytest.raises(CannotStart) as refused:
        claim.claim(tmp_path, "127.0.0.1", listener)
    assert str(refused.value) == (
        f"Port {listener} is taken on 127.0.0.1. Stop what listens there, or choose another: --port {listener + 1}"
    )


def test_whoever_listens_on_the_other_localhost_is_noticed(port):
    with socket.socket(socket.AF_INET6) as listening:
        listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listening.bind(("::1", port))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        listening.listen()
        assert port_fault("127.0.0.1", port).startswith(f"Port {port} is taken on ::1")


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_an_address_that_is_not_ours_is_refused(host, port):
    assert "cannot be used" in port_fault(host, port)


def test_a_second_run_on_the_same_folder_is_refused(tmp_path, port):
    held = claim.claim(tmp_path, "127.0.0.1", port)
    with pytest.raises(CannotStart, match=f"A console already runs on {tmp_path}"):
        claim.claim(tmp_path, "127.0.0.1", port)
    release(held)
    release(claim.claim(tmp_path, "127.0.0.1", port))


def test_a_lock_file_without_a_process_stands_in_nobodys_way(tmp_path, port):
    for name in ("running.lock", "pieces.lock"):
        (tmp_path / name).write_text("12345")
    release(claim.claim(tmp_path, "127.0.0.1", port))


def test_a_new_run_waits_for_the_pieces_of_a_killed_one(tmp_path, port):
    leaving = holding(tmp_path / "pieces.lock", 0.5)
    held = claim.claim(tmp_path, "127.0.0.1", port)
    assert leaving.wait(1) == 0
    release(held)
    leaving.stdout.close()


def test_pieces_that_never_leave_are_a_refusal(tmp_path, port, monkeypatch):
    monkeypatch.setattr(claim, "FOLLOW_TIME", 0.3)
    staying = holding(tmp_path / "pieces.lock", 60)
    with pytest.raises(CannotStart, match="already runs"):
        claim.claim(tmp_path, "127.0.0.1", port)
    staying.kill()
    staying.communicate()


def test_a_folder_that_cannot_be_written_is_named(tmp_path, port):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotStart, match=r"^DATA_DIR: .*file/data cannot be written .* Example: DATA_DIR="):
        claim.claim(tmp_path / "file" / "data", "127.0.0.1", port)


def test_without_embedded_data_only_the_port_is_claimed(port):
    assert claim.claim(None, "127.0.0.1", port) == []


def test_a_free_port_is_kept_and_a_taken_one_replaced(listener):
    assert free_port(listener) != listener
    other = ports.free_port()
    assert free_port(other) == other
