"""PostgreSQL is away, or hangs, while people send and answers stream (reference C5-1, C5-7)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.console_process import ConsoleProcess, Person, csrf, option
from tests.faults.invariants import forget, hold, posts
from tests.faults.line import Line
from tests.faults.measures import eventually
from tests.faults.midway import midway
from tests.trust import TLS
from tests.web.test_headers import E2

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wire() -> Iterator[Line]:
    with Line(os.environ["DATABASE_URL"]) as line:
        yield line


@pytest.fixture(scope="module")
def distant(wire, world) -> Iterator[ConsoleProcess]:
    """A console that reaches its database over the line; the tests read it past the line."""
    console = ConsoleProcess(world)
    there = console.database.rpartition("/")[2]
    console.environment["DATABASE_URL"] = f"{wire.url.rpartition('/')[0]}/{there}"
    with console:
        yield console


@pytest.fixture
def far(distant, wire, azure) -> Iterator[ConsoleProcess]:
    forget(distant)
    yield distant
    wire.mend()
    assert eventually(
        lambda: httpx.get(f"{distant.url}/readyz", trust_env=False, verify=TLS, timeout=40).text != "database", 15
    )


@pytest.fixture
def person(far) -> Person:
    return far.sign_in("seoyeon")


@pytest.mark.parametrize("way", ["cut", "hold"])
def test_a_message_is_not_sent_and_says_so(way, far, wire, person, azure):
    """`hold` is a server whose disk hangs: connections stay and nothing answers."""
    conversation = person.new_conversation()
    before = person.page(conversation)
    form = fields(before)
    getattr(wire, way)()
    began = time.monotonic()
    answer = person.http.post(f"{conversation}exchanges/", data=form, headers={"HX-Request": "true"}, timeout=40)
    assert answer.status_code == 503
    assert time.monotonic() - began < 25
    assert "cannot reach its database" in answer.text
    assert answer.headers["Retry-After"]
    assert E2.items() <= dict(answer.headers).items()
    assert answer.headers["X-Correlation-ID"] in answer.text
    assert "set-cookie" not in answer.headers, "nobody is signed out by it"
    assert (person.http.get("/livez").status_code, person.http.get("/readyz", timeout=40).text) == (200, "database")
    assert posts(azure) == 0
    wire.mend()
    assert eventually(lambda: person.http.get(conversation, timeout=40).status_code == 200, 10), far.log()
    time.sleep(1)
    assert posts(azure) == 0, "nothing was sent behind the person's back"
    again = person.http.post(f"{conversation}exchanges/", data=form, headers={"HX-Request": "true"})
    assert again.status_code == 201, again.text
    assert len(hold(far, azure)) == posts(azure) == 1


def test_while_pages_hang_the_process_is_alive(far, wire, person):
    """Every thread waits for the database; a prober must not have the process killed for it."""
    wire.hold()
    waiting = [threading.Thread(target=lambda: person.http.get("/", timeout=60), daemon=True) for _ in range(12)]
    for one in waiting:
        one.start()
    time.sleep(0.5)
    began = time.monotonic()
    assert person.http.get("/livez").text == "ok"
    assert time.monotonic() - began < 1
    wire.mend()
    assert eventually(lambda: person.http.get("/", timeout=60).status_code == 200)
    for one in waiting:
        one.join(60)


@pytest.mark.parametrize("way", ["cut", "hold"])
def test_an_answer_goes_on_and_is_settled_when_the_database_is_back(way, far, wire, person, azure):
    browser, reading = midway(person, azure, "claude-steady", tokens_per_second=70)
    getattr(wire, way)()
    shown = len(browser.events)
    assert eventually(lambda: azure.counters()["streams"].get("finished"), 15), azure.counters()
    time.sleep(1)
    assert len(browser.events) > shown + 20, "text goes on without the database"
    assert browser.events[-1][0] != "done", "an end is never shown before it is durable"
    wire.mend()
    reading.join(30)
    assert browser.events[-1][0] == "done"
    assert "tokens in" in browser.ending
    assert browser.exchange()["state"] == "succeeded"
    assert len(browser.exchange()["answer"]) > 500
    assert len(hold(far, azure)) == posts(azure) == 1


def test_watching_is_still_guarded_after_the_database_was_away(far, wire, person, azure):
    """The look at who may watch has to survive an outage: signing out ends the stream within five seconds."""
    browser, reading = midway(person, azure, "claude-long", tokens_per_second=20)
    wire.cut()
    time.sleep(3.5)  # at least one look falls into it
    wire.mend()
    assert eventually(lambda: person.http.get("/").status_code == 200)
    person.post("/signout/")
    reading.join(8)
    assert [name for name, _id, _data in browser.events[-2:]] == ["signed_out", "done"]


def fields(page: str) -> dict[str, str]:
    return {
        "message": "Is anybody there?", "deployment": option(page, "claude-steady"), "submission_id": "once",
        "csrfmiddlewaretoken": csrf(page),
    }  # fmt: skip
