"""The web process is told to stop while answers stream (reference C8-2, M33)."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.console_process import ConsoleProcess, Stream
from tests.sandbox_process import SandboxProcess

STREAMS = 50


@pytest.fixture
def console():
    with (
        SandboxProcess(tokens_per_second=20, first_token=0.1) as sandbox,
        ConsoleProcess(sandbox, STREAMS_PER_PERSON="100") as console,
    ):
        yield console


def names(stream: Stream) -> list[str]:
    """Follow to the end; the names of what came."""
    return [name for name, _id, _data in stream.follow()]


def test_sigterm_ends_fifty_streams_with_words_and_keeps_their_text(console):
    person = console.sign_in("seoyeon")
    streams = [person.ask(f"Tell me story {number}", "claude-long") for number in range(STREAMS)]
    with ThreadPoolExecutor(STREAMS) as watchers:
        watching = [watchers.submit(names, stream) for stream in streams]
        time.sleep(1.5)
        web = console.pieces.pop("web")
        began = time.monotonic()
        os.kill(web.pid, signal.SIGTERM)
        assert web.wait(10) == 0
        assert time.monotonic() - began < 8
        for watched in watching:
            assert watched.result(10)[-1] in ("closing", "done")  # not just cut
    rows = console.rows("select state, answer, owner_process, lease_until from playground_exchange")
    assert len(rows) == STREAMS
    assert {row["state"] for row in rows} == {"truncated"}
    assert all(row["answer"] for row in rows)
    records = console.rows(
        "select outcome, kind, lease_until from requestlog_requestrecord where source = 'playground'"
    )
    assert {(row["outcome"], row["kind"], row["lease_until"]) for row in records} == {
        ("truncated", "process-ended", None)
    }
