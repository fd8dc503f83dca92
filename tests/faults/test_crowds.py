"""Many at once: browsers that watch cost neither connections nor threads, and a person's limit holds (M31, V2, V3)."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.console_process import ConsoleProcess, Person, Stream, csrf, option
from tests.faults.invariants import hold, posts
from tests.faults.measures import Used, eventually, used
from tests.faults.readers import Readers
from tests.ports import free_port
from tests.trust import TLS

pytestmark = pytest.mark.slow

STREAMS = 150
POOL = 12  # connections to PostgreSQL that one web process holds at most
PAGES = ("/", "/inventory/", "/requests/", "/health/", "/usage/", "/account/", "/playground/", "/help/")
LIMIT = 6
SUBMITS = 200


def read_pages(person: Person) -> None:
    """Eight people at once read every page: each thread that serves pages works, and keeps its connection."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda page: person.http.get(page).status_code, PAGES * 8)) == {200}


def test_watchers_cost_neither_connections_nor_threads(console, azure):
    azure.switch("speed", tokens_per_second=4, first_token=0.1)
    person = console.sign_in("seoyeon")
    read_pages(person)
    streams = [person.ask(f"Tell me story {number}.", "claude-long") for number in range(STREAMS)]
    with Readers(person) as readers:
        first = watch(readers, streams)
        read_pages(person)
        before = used(console)
        second = watch(readers, streams)
        read_pages(person)
        check_no_dearer(before, used(console))
        shown = sum(len(browser.names) for browser in first + second)
        assert eventually(lambda: sum(len(browser.names) for browser in first + second) > shown + 2 * STREAMS)
        assert not any(browser.ended for browser in first + second)
    assert person.http.get("/").status_code == 200


def watch(readers: Readers, streams: list[Stream]) -> list:
    browsers = readers.attach(streams)
    assert eventually(lambda: all(len(browser.names) > 2 for browser in browsers), 30)
    assert {browser.status for browser in browsers} == {200}
    return browsers


def check_no_dearer(before: Used, after: Used) -> None:
    """With twice as many browsers as before."""
    assert after.connections <= POOL
    assert after.connections <= before.connections + 1
    assert after.threads <= before.threads + 2
    assert after.descriptors >= before.descriptors + STREAMS, "they are all attached"
    assert after.memory < before.memory + STREAMS * 0.25 + 10


@pytest.fixture
def limited(start) -> ConsoleProcess:
    return start(STREAMS_PER_PERSON=str(LIMIT))


def test_two_hundred_messages_at_once_are_as_many_as_a_person_may_have(limited, azure):
    """At two web processes: both count in the database."""
    azure.switch("speed", tokens_per_second=5, first_token=0.1)
    person = limited.sign_in("seoyeon")
    doors = [limited.url, *beside(limited)]
    paths = conversations(limited, person)
    page = person.page(paths[0])
    fields = {"message": "Me!", "deployment": option(page, "claude-long"), "csrfmiddlewaretoken": csrf(page)}

    def submit(number: int) -> httpx.Response:
        with httpx.Client(
            base_url=doors[number % 2], cookies=dict(person.http.cookies), trust_env=False, verify=TLS
        ) as browser:
            form = {**fields, "submission_id": f"n{number}"}
            return browser.post(f"{paths[number]}exchanges/", data=form, headers={"HX-Request": "true"}, timeout=60)

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(submit, range(SUBMITS)))
    sent = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert (len(sent), len(refused)) == (LIMIT, SUBMITS - LIMIT), {answer.status_code for answer in answers}
    assert all("problem--too-many-streams" in answer.text for answer in refused)
    assert len(limited.rows("select id from playground_exchange")) == LIMIT
    assert eventually(lambda: posts(azure) == LIMIT)
    for answer in sent:
        path = html.unescape(re.search(r'sse-connect="([^"]+)"', answer.text).group(1))
        assert person.post(f"/playground/exchanges/{path.split('/')[3]}/stop/").status_code == 204
    assert len(hold(limited, azure)) == posts(azure) == LIMIT
    assert person.ask("And now?", "claude-short").to_the_end().exchange()["state"] == "succeeded"


def beside(console: ConsoleProcess) -> list[str]:
    port = free_port()
    console.start_beside("beside", port)
    return [f"http://localhost:{port}"]


def conversations(console: ConsoleProcess, person: Person) -> list[str]:
    """So many empty ones of one person: pages would never make a second."""
    person.new_conversation()
    [row] = console.rows("select * from playground_conversation")
    names = ", ".join(name for name in row if name != "id")
    table = "playground_conversation"
    copy = f"insert into {table} (id, {names}) select ?, {names} from {table} limit 1"  # noqa: S608
    ids = [uuid4() for _ in range(SUBMITS)]
    for one in ids:
        console.execute(copy, one if console.database else one.hex)
    return [f"/playground/{one}/" for one in ids]
