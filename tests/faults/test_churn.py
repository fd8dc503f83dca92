"""Browsers that come and go, and browsers that take nothing (reference C1-1, C1-2, C1-3, M32)."""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.console_process import ConsoleProcess, Person, csrf, option
from tests.faults.invariants import forget, hold, posts
from tests.faults.measures import Used, eventually, used
from tests.faults.midway import midway
from tests.faults.readers import Readers, request

pytestmark = pytest.mark.slow

ABORTS = 1000
CALM = 10  # seconds
WARM = 150  # so many make every lasting thread, and the connection it keeps


@pytest.fixture(scope="module")
def running(world) -> Iterator[ConsoleProcess]:
    with ConsoleProcess(world) as console:
        yield console


@pytest.fixture
def console(running, azure) -> ConsoleProcess:
    forget(running)
    return running


@pytest.fixture
def person(console) -> Person:
    return console.sign_in("seoyeon")


def settled_use(console: ConsoleProcess, person: Person) -> Used:
    """What it uses at rest, once every thread that serves pages was needed: each lasts, and so does its connection."""
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(lambda _: person.http.get("/inventory/"), range(128)):
            continue
    time.sleep(0.5)
    return used(console)


def near(console: ConsoleProcess, before: Used) -> bool:
    now = used(console)
    return (
        now.threads <= before.threads + 2
        and now.descriptors <= before.descriptors + 2
        and now.connections <= before.connections + 2
    )


def abort(console: ConsoleProcess, numbers: range, sent: Callable[[int], bytes]) -> None:
    """Connect, send, and be gone within 50 ms, from sixteen sides."""

    def one(number: int) -> None:
        with socket.create_connection(("127.0.0.1", console.port), timeout=10) as wire:
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # RST instead of FIN
            wire.sendall(sent(number))
            time.sleep(random.random() * 0.05)  # noqa: S311 - no secret

    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(one, numbers):
            continue


def check_calm(console: ConsoleProcess, person: Person, before: Used) -> None:
    assert eventually(lambda: near(console, before), CALM), (before, used(console))
    assert [person.http.get("/account/").status_code for _ in range(100)] == [200] * 100
    assert " error " not in console.log()
    assert "Traceback" not in console.log()


def test_a_thousand_watchers_that_break_off_leave_nothing_behind(console, person, azure):
    browser, reading = midway(person, azure, "claude-long", tokens_per_second=30)
    paths = [browser.path, browser.path.split("?")[0]]

    def watch(number: int) -> bytes:
        return request(person, paths[number % 2])

    abort(console, range(WARM), watch)
    before = settled_use(console, person)
    abort(console, range(ABORTS), watch)
    check_calm(console, person, before)
    assert reading.is_alive(), "the one who stays goes on reading"
    assert posts(azure) == 1
    person.post(f"/playground/exchanges/{browser.exchange_id}/stop/")
    reading.join(10)
    assert browser.events[-1][0] == "done"


def test_a_thousand_senders_that_break_off_are_answered_once_each(console, person, azure):
    """What was stored before the browser left is answered; nothing is answered twice."""
    path = person.new_conversation()
    page = person.page(path)
    choice, token = option(page, "claude-short"), csrf(page)

    def send(number: int) -> bytes:
        return form(person, path, choice, token, number)

    abort(console, range(WARM), send)
    before = settled_use(console, person)
    abort(console, range(WARM, WARM + ABORTS), send)
    check_calm(console, person, before)
    records = hold(console, azure)
    assert len(records) == posts(azure) > 1
    assert len({record["call_id"] for record in records}) == len(records)


def form(person: Person, path: str, choice: str, token: str, number: int) -> bytes:
    body = f"message=Number+{number}&deployment={choice}&submission_id=n{number}&csrfmiddlewaretoken={token}".encode()
    cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
    head = (
        f"POST {path}exchanges/ HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\nHX-Request: true\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + (body if number % 3 else body[:-20])  # every third breaks off within its body


def test_browsers_that_never_read_cost_little_and_hurt_nobody(console, person, azure):
    """Forty of them on the longest answer there is, as fast as it comes; somebody else reads it all."""
    azure.switch("speed", tokens_per_second=1000, first_token=0.1)
    stream = person.ask("Write for a long time.", "claude-long")
    reading = threading.Thread(target=stream.to_the_end, daemon=True)
    reading.start()
    assert eventually(lambda: stream.events)
    before = settled_use(console, person)
    with Readers(person) as readers:
        readers.attach([stream] * 40, reading=False)
        reading.join(60)
        after = used(console)
        assert stream.events[-1][0] == "done"
        assert stream.exchange()["state"] == "succeeded"
        assert person.ask("And you?", "claude-short").to_the_end().exchange()["state"] == "succeeded"
    assert after.memory - before.memory < 40 * 0.25 + 30, (before, after)
    assert eventually(lambda: near(console, before), CALM), (before, used(console))
