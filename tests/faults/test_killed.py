"""kill -9 of the web process while it answers (reference C2-22, C8-1): rows end, text and IDs stay, one POST each."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from itertools import islice

import pytest

from tests.console_process import ConsoleProcess, Person, Stream
from tests.faults.invariants import LEASE_AND_LOOK, hold, posts
from tests.faults.measures import eventually
from tests.ports import free_port
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.slow


@dataclass
class Caught:
    """Three answers in the moment of the kill: nothing came yet, headers came, text came."""

    silent: Stream
    opened: Stream
    midway: Stream
    conversations: dict[str, str]

    def __iter__(self):
        return iter((self.silent, self.opened, self.midway))


def catch(person: Person, azure: SandboxProcess) -> Caught:
    azure.switch("speed", tokens_per_second=40, first_token=0.1)
    where: dict[str, str] = {}

    def asked(deployment: str) -> Stream:
        where[deployment] = person.new_conversation()
        return person.ask("Write about mudflats.", deployment, conversation=where[deployment])

    caught = Caught(asked("claude-silent"), asked("claude-pings"), asked("claude-long"), where)
    list(islice(caught.midway.follow(), 15))
    assert eventually(lambda: len(caught.midway.exchange()["answer"]) > 20)
    assert eventually(lambda: caught.opened.records()[0]["apim_request_id"])
    assert eventually(lambda: caught.midway.records()[0]["input_tokens"])
    return caught


def kill_web(console: ConsoleProcess) -> None:
    console.stop("web", how=signal.SIGKILL)


def check_ends(person: Person, azure: SandboxProcess, caught: Caught, kept: str) -> None:
    """What became of the three, in the rows and on the pages."""
    ends = [(stream.exchange()["state"], stream.records()[-1]["kind"]) for stream in caught]
    assert ends == [
        ("unknown_billing", "process-ended"), ("truncated", "process-ended"), ("truncated", "process-ended"),
    ]  # fmt: skip
    assert caught.midway.exchange()["answer"].startswith(kept)
    for stream in (caught.opened, caught.midway):
        assert stream.records()[0]["request_id"]
        assert stream.records()[0]["apim_request_id"]
    record = caught.midway.records()[0]
    assert record["message_id"]
    assert record["input_tokens"]
    assert record["headers_ms"] <= record["ttft_ms"] <= record["duration_ms"]
    for deployment, conversation in caught.conversations.items():
        assert "The console was restarted during this call" in person.page(conversation), deployment
    assert posts(azure) == 3


def test_the_next_web_process_settles_what_a_killed_one_left(start, azure):
    """No worker lives here: the web process itself must look."""
    console = start()
    person = console.sign_in("seoyeon")
    caught = catch(person, azure)
    kept = caught.midway.exchange()["answer"]
    kill_web(console)
    if console.database:  # the lease is the same on every engine; it is waited for on one
        lapse(console)
    console.restart()
    again = Stream(person, caught.midway.path.split("?")[0])
    again.to_the_end(seconds=LEASE_AND_LOOK + 5)
    assert again.named("done")
    hold(console, azure, seconds=LEASE_AND_LOOK)
    check_ends(person, azure, caught, kept)
    assert person.ask("Do you still answer?", "claude-steady").to_the_end().exchange()["state"] == "succeeded"


def test_another_web_process_takes_over_at_once_what_browsers_see(start, azure):
    """The killed one's browsers attach at the other and see the end there, as soon as the lease is over."""
    console = start()
    port = free_port()
    console.start_beside("beside", port)
    person = console.sign_in("seoyeon")
    there = Person(console, person.browser_at(f"http://localhost:{port}"))
    caught = catch(person, azure)
    kept = caught.midway.exchange()["answer"]
    kill_web(console)
    elsewhere = Stream(there, caught.midway.path.split("?")[0])
    followed = elsewhere.follow(last_event_id=caught.midway.events[-1][1], seconds=LEASE_AND_LOOK + 5)
    next(followed)
    lapse(console)
    for _ in followed:
        continue
    assert elsewhere.named("done")
    hold(console, azure)
    check_ends(there, azure, caught, kept)


def test_a_worker_settles_while_no_web_process_lives(start, azure):
    console = start(worker=True)
    person = console.sign_in("seoyeon")
    caught = catch(person, azure)
    kept = caught.midway.exchange()["answer"]
    kill_web(console)
    lapse(console)
    hold(console, azure, seconds=25)
    console.restart()
    check_ends(person, azure, caught, kept)


def lapse(console: ConsoleProcess) -> None:
    """As if the leases had run out: they are waited for in the first test, with SQLite."""
    past = "2020-01-01 00:00:00+00" if console.database else "2020-01-01 00:00:00"
    console.execute("update playground_exchange set lease_until = ? where lease_until is not null", past)
    console.execute("update requestlog_requestrecord set lease_until = ? where lease_until is not null", past)
