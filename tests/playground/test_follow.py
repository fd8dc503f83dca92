"""Two web processes on one database: an answer of the one is watched and stopped from the other."""

from __future__ import annotations

import time

import pytest

from tests import programs
from tests.console_process import ConsoleProcess, Person, free_port


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
    assert shown > 30, "committed text alone comes once a second"


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
