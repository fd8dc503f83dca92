"""The whole tree is told to stop while answers stream (reference C8-2, M33): words for every browser, text kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.console_process import ROOT, ConsoleProcess, Stream
from tests.faults.invariants import forget, hold, posts
from tests.faults.measures import eventually
from tests.faults.readers import Readers

pytestmark = pytest.mark.slow

STREAMS = 50


class Served(ConsoleProcess):
    """The console as `manage.py serve` runs it: supervisor, web, worker and beat."""

    def start_pieces(self) -> None:
        with open(self.data_dir / "serve.log", "ab") as log:
            self.pieces["serve"] = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--port", str(self.port)],
                cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.wait_until_ready()


@pytest.fixture(scope="module")
def running(world) -> Iterator[Served]:
    with Served(world, HEALTH_INTERVAL="0", SYNC_INTERVAL="0") as console:
        yield console


@pytest.fixture
def served(running, azure) -> Served:
    """Each test leaves it served again."""
    forget(running)
    return running


def test_sigterm_ends_fifty_streams_within_ten_seconds_and_the_next_start_serves_them(served, azure):
    azure.switch("speed", tokens_per_second=20, first_token=0.1)
    person = served.sign_in("seoyeon")
    streams = [person.ask(f"Tell me story {number}.", "claude-long") for number in range(STREAMS)]
    with Readers(person) as readers:
        browsers = readers.attach(streams)
        assert eventually(lambda: all(len(browser.names) > 5 for browser in browsers), 20)
        time.sleep(1.2)
        supervisor = served.pieces["serve"]
        assert served.stop("serve", how=signal.SIGTERM) < 8
        assert supervisor.returncode == 0
        assert eventually(lambda: all(browser.ended for browser in browsers))
        assert {browser.names[-1] for browser in browsers} <= {"closing", "done"}
    records = hold(served, azure, seconds=0)
    assert {(record["outcome"], record["kind"]) for record in records} == {("truncated", "process-ended")}
    assert {record["lease_until"] for record in records} == {None}
    exchanges = [stream.exchange() for stream in streams]
    assert all(exchange["answer"] and exchange["state"] == "truncated" for exchange in exchanges)
    assert posts(azure) == STREAMS
    served.start_pieces()
    for stream in streams[:5]:
        again = Stream(person, stream.path).to_the_end()
        assert again.text.split()[:5] == stream.exchange()["answer"].replace("*", "").replace("#", "").split()[:5]
        assert "The console was restarted during this call" in again.ending
    assert person.ask("And now?", "claude-short").to_the_end().exchange()["state"] == "succeeded"


def test_a_message_that_comes_while_it_stops_is_sent_or_refused_but_never_lost(served, azure):
    """Everything that was acknowledged has its rows, and they end (M23)."""
    azure.switch("speed", tokens_per_second=20, first_token=0.1)
    person = served.sign_in("seoyeon")
    person.ask("Hold on.", "claude-long")
    supervisor = served.pieces["serve"]
    supervisor.terminate()
    accepted = 0
    while supervisor.poll() is None:
        try:
            accepted += person.send("One more.", "claude-long").status_code == 201
        except httpx.HTTPError:  # the port closes at some moment
            time.sleep(0.05)
    del served.pieces["serve"]
    served.start_pieces()
    records = hold(served, azure, seconds=60)
    assert len(records) == accepted + 1
