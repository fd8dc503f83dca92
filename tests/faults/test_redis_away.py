"""Redis is away, hangs or forgets while people press buttons (reference C6-1, C6-2, C6-6)."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.console_process import ConsoleProcess, Person, csrf
from tests.faults.line import Line
from tests.faults.measures import eventually

pytestmark = [pytest.mark.slow, pytest.mark.production]

QUEUED = "select * from jobs_job where state in ('queued', 'running')"
DONE = "select * from jobs_job where state = 'succeeded' order by id"


@pytest.fixture(scope="module")
def wire() -> Iterator[Line]:
    """A line to this lane's Redis, where another test's console finds another database."""
    url = urlsplit(os.environ["CELERY_BROKER_URL"])._replace(path="/9").geturl()
    with Line(url) as line:
        yield line


@pytest.fixture(scope="module")
def distant(wire, world) -> Iterator[ConsoleProcess]:
    """A console with its worker; nothing is scheduled, so that every job is one that a test asked for."""
    off = {"HEALTH_INTERVAL": "0", "SYNC_INTERVAL": "0"}
    with ConsoleProcess(world, worker=True, CELERY_BROKER_URL=wire.url, **off) as console:
        yield console


@pytest.fixture
def far(distant, wire, azure) -> Iterator[ConsoleProcess]:
    distant.execute("delete from jobs_job")
    yield distant
    wire.mend()


@pytest.fixture
def admin(far) -> Person:
    return far.sign_in("ada")


def press_sync(admin: Person) -> str:
    """Press "Sync now" as its page does; returns what the page shows then."""
    answer = admin.http.post(
        "/inventory/sync/", data={"csrfmiddlewaretoken": csrf(admin.page("/playground/"))},
        headers={"HX-Request": "true"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.mark.parametrize("way", ["cut", "hold"])
def test_a_job_waits_for_the_broker_and_nobody_waits_for_it(way, far, wire, admin):
    press_sync(admin)
    assert eventually(lambda: far.rows(DONE), 30), "the worker works"
    getattr(wire, way)()
    began = time.monotonic()
    shown = press_sync(admin)
    assert time.monotonic() - began < 5
    assert far.rows(QUEUED), shown
    assert person_reads(admin)
    time.sleep(2)
    wire.mend()
    assert eventually(lambda: len(far.rows(DONE)) == 2, 60), (far.rows("select * from jobs_job"), far.log("worker"))
    assert [job["starts"] for job in far.rows(DONE)] == [1, 1]


def person_reads(admin: Person) -> bool:
    """Pages and answers need no broker."""
    pages = all(admin.http.get(page).status_code == 200 for page in ("/", "/jobs/", "/inventory/", "/requests/"))
    answer = admin.ask("Do you need Redis?", "claude-steady").to_the_end()
    return pages and answer.exchange()["state"] == "succeeded"


def test_a_broker_that_forgets_loses_no_job(far, wire, admin):
    far.stop("worker")
    press_sync(admin)
    assert far.rows(QUEUED)
    flush(wire.url)
    far.execute("update jobs_job set dispatched_at = dispatched_at - interval '1 minute'")
    far.start("worker")
    assert eventually(lambda: far.rows(DONE), 60), far.log("worker")
    assert [job["starts"] for job in far.rows(DONE)] == [1]


def flush(url: str) -> None:
    """What FLUSHALL does, to this test's database alone."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as connection:
        connection.sendall(b"SELECT 9\r\nFLUSHDB\r\n")
        received = b""
        while received.count(b"+OK") < 2:
            received += connection.recv(100)
