"""Two web processes on one database: an answer of the one is watched and stopped from the other."""

from __future__ import annotations

import html
import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, pairwise
from uuid import UUID

import pytest

from tests import programs
from tests.console_process import ConsoleProcess, Person
from tests.faults.invariants import posts
from tests.ports import free_port

WORDS = " ".join(f"word{number}" for number in range(120))
TOOL = {"name": "look_up", "description": "Looks", "input_schema": {
    "type": "object", "properties": {"what": {"type": "string", "enum": [WORDS]}}, "required": ["what"],
}}  # fmt: skip
WITH_TOOL = {"advanced": "1", "tools": json.dumps([TOOL])}


@pytest.fixture(scope="module")
def elsewhere(running):
    """The same console's second web process; yields its address."""
    port = free_port()
    running.start_beside("elsewhere", port)
    yield f"http://localhost:{port}"
    running.stop("elsewhere")


@pytest.fixture
def there(console, person, elsewhere):
    """The person with the same session, at the other process."""
    return Person(console, person.browser_at(elsewhere))


def test_an_answer_is_followed_from_another_process(console, person, there, azure):
    azure.switch("speed", tokens_per_second=80, first_token=0.1)
    stream = person.ask("Write about seagrass.", "claude-steady")
    other = type(stream)(there, stream.path)
    moments = []
    for name, _id, _data in other.follow():
        if name in ("delta", "tail", "block"):
            moments.append(time.monotonic())
    stream.to_the_end()
    assert other.text == stream.text
    assert moments[-1] - moments[0] > 0.8, "it came while it was written"
    assert "tokens in" in other.ending
    assert azure.posts("claude-steady") == 1


def test_redis_brings_it_word_by_word(azure):
    azure.reset()
    with programs.redis() as url, ConsoleProcess(azure, CELERY_BROKER_URL=url) as console:
        port = free_port()
        console.start_beside("elsewhere", port)
        person = console.sign_in("seoyeon")
        there = Person(console, person.browser_at(f"http://localhost:{port}"))
        azure.switch("speed", tokens_per_second=40, first_token=0.1)
        stream = person.ask("Write about seagrass.", "claude-long")
        other, shown, began = type(stream)(there, stream.path), 0, time.monotonic()
        for name, _id, _data in other.follow():
            shown += name in ("delta", "tail", "block")
            if time.monotonic() - began > 3:
                break
        person.post(f"/playground/exchanges/{stream.exchange_id}/stop/")
        stream.to_the_end()
        calling = person.ask("Use look_up.", "claude-steady", **WITH_TOOL)
        written = Writing(type(stream)(there, calling.path)).follow().pieces
        calling.to_the_end()
    assert shown > 30, "committed text alone comes once a second"
    assert len(written) > 30
    assert all(later.startswith(piece) for piece, later in pairwise(written))
    assert json.loads(written[-1]) == {"what": WORDS}


class Writing:
    """A tool call's input as a browser sees it: each state replaces the one before, and the last is put away."""

    def __init__(self, stream) -> None:
        self.stream, self.pieces = stream, []

    def follow(self, *, most: int = 1000, **how):
        for name, _id, data in self.stream.follow(**how):
            if name == "calls" and data:
                self.pieces.append(html.unescape(data.partition("<pre>")[2].partition("</pre>")[0]))
            if len(self.pieces) == most:
                break
        return self


def test_a_tool_call_is_followed_while_it_is_written_and_after_attaching_again(console, person, there, azure):
    azure.switch("speed", tokens_per_second=25, first_token=0.1)
    stream = person.ask("Use look_up.", "claude-steady", **WITH_TOOL)
    other = Writing(type(stream)(there, stream.path))
    other.follow(most=1)
    other.follow(last_event_id=other.stream.events[-1][1])
    stream.to_the_end()
    pieces = other.pieces
    assert len(set(pieces)) > 1, "as often as it is committed"
    assert all(later.startswith(piece) for piece, later in pairwise(pieces))
    assert other.stream.named("calls")[-1] == "", "the ending has it"
    assert WORDS in other.stream.ending
    assert stream.exchange()["writing"] is None


def test_stop_reaches_the_process_that_answers(console, person, there, azure):
    azure.switch("speed", tokens_per_second=30, first_token=0.1)
    stream = person.ask("Write for a long time.", "claude-long")
    assert there.post(f"/playground/exchanges/{stream.exchange_id}/stop/").status_code == 204
    stream.to_the_end(seconds=10)
    assert stream.exchange()["state"] == "cancelled"


def test_the_same_press_at_both_processes_is_one_message(console, person, there, azure):
    conversation = person.new_conversation()
    answers = [
        who.send("Once.", "claude-steady", conversation=conversation, submission_id="both") for who in (person, there)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    console.wait_for("select 1 as x from playground_exchange where submission_id = 'both' and state = 'succeeded'")
    assert azure.posts("claude-steady") == 1


def test_the_same_press_many_times_at_once_at_both_is_one_message(console, person, there, azure):
    conversation, doors = person.new_conversation(), (person, there)

    def press(number):
        return doors[number % 2].send("Once.", "claude-steady", conversation=conversation, submission_id="at-once")

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(press, range(24)))
    assert {answer.status_code for answer in answers} == {201}
    console.wait_for("select 1 as x from playground_exchange where submission_id = 'at-once' and state = 'succeeded'")
    assert azure.posts("claude-steady") == 1


def test_two_messages_at_once_at_both_are_one_and_a_refusal(console, person, there, azure):
    azure.switch("speed", tokens_per_second=20, first_token=0.1)
    conversation = person.new_conversation()
    with ThreadPoolExecutor(2) as pool:
        sent = list(pool.map(lambda who: who.send("Me!", "claude-long", conversation=conversation), (person, there)))
    assert sorted(answer.status_code for answer in sent) == [201, 409]
    assert "still answering" in next(answer.text for answer in sent if answer.status_code == 409)
    one = console.wait_for("select id from playground_exchange where state = 'streaming'")["id"]
    assert there.post(f"/playground/exchanges/{UUID(str(one))}/stop/").status_code == 204
    console.wait_for("select 1 as x from playground_exchange where id = ? and state = 'cancelled'", one)
    assert posts(azure) == 1


def test_a_browser_that_changes_process_goes_on_where_it_was(console, person, there, azure):
    """As a load balancer may have it: nothing is lost, nothing is shown twice."""
    azure.switch("speed", tokens_per_second=60, first_token=0.1)
    stream = person.ask("Write about eelgrass.", "claude-steady")
    list(islice(stream.follow(), 25))
    moved = type(stream)(there, stream.path.split("?")[0])
    moved.events = list(stream.events)
    moved.to_the_end(last_event_id=stream.events[-1][1])
    whole = type(stream)(person, stream.path).to_the_end()
    assert moved.text == whole.text
    assert len(whole.text) > 200
    assert azure.posts("claude-steady") == 1


def test_signing_out_at_one_process_ends_the_stream_at_the_other(console, elsewhere, azure):
    azure.switch("speed", tokens_per_second=20, first_token=0.1)
    person = console.sign_in("seoyeon")
    there = Person(console, person.browser_at(elsewhere))
    stream = person.ask("Write on.", "claude-long")
    watched = type(stream)(there, stream.path)
    following = watched.follow(seconds=10)
    next(following)
    person.post("/signout/")
    began = time.monotonic()
    for _ in following:
        continue
    assert [name for name, _id, _data in watched.events[-2:]] == ["signed_out", "done"]
    assert time.monotonic() - began < 6
