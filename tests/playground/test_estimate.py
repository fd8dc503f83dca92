"""What a message would cost, through the running console: the POST of the composer, the count at Azure, the line."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import httpx
import pytest

from tests.console_process import ConsoleProcess, Person, csrf, option

LONG = "Tides follow the moon, and the moon follows no clock. " * 800


class Writer:
    """A person with a composer of one conversation."""

    def __init__(self, person: Person, deployment: str = "claude-steady") -> None:
        self.person, self.path = person, person.new_conversation()
        page = person.page(self.path)
        self.fields = {
            "deployment": option(page, deployment), "submission_id": uuid4().hex, "csrfmiddlewaretoken": csrf(page),
        }  # fmt: skip

    def post(self, message: str, **fields: str) -> httpx.Response:
        sent = {**self.fields, "message": message, **fields}
        return self.person.http.post(f"{self.path}estimate/", data=sent, headers={"HX-Request": "true"})

    def estimate(self, message: str, **fields: str) -> str:
        """The line as a reader sees it."""
        answer = self.post(message, **fields)
        assert answer.status_code == 200, answer.text
        return " ".join(html.unescape(re.sub(r"<[^>]+>", "", answer.text)).split())

    def say(self, message: str, deployment: str = "claude-steady") -> None:
        self.person.ask(message, deployment, conversation=self.path).to_the_end()


def counted(azure, deployment: str = "claude-steady") -> int:
    return azure.posts(deployment, operation="count_tokens")


@pytest.fixture
def writer(console: ConsoleProcess, person: Person) -> Writer:
    return Writer(person)


def number(line: str) -> int:
    return int(re.match(r"([\d,]+) token", line)[1].replace(",", ""))


def test_it_says_tokens_share_and_price(writer, azure):
    line = writer.estimate("How do tides work?")
    assert re.fullmatch(r"\d+ tokens · <0\.1% of the context window · about <?\$0\.0\d+ to send", line), line
    assert counted(azure) == 1
    assert azure.posts("claude-steady") == 0


def test_it_counts_what_would_be_billed(writer):
    said = number(writer.estimate("How do tides work?"))
    stream = writer.person.ask("How do tides work?", "claude-steady", conversation=writer.path).to_the_end()
    assert stream.records()[0]["input_tokens"] == said


def test_everything_said_before_and_the_system_prompt_count_too(writer):
    alone = number(writer.estimate("And then?"))
    longer = number(writer.estimate("And then?", system_prompt="Answer like a lighthouse keeper, in three sentences."))
    writer.say("How do tides work?")
    later = number(writer.estimate("And then?"))
    assert alone < longer
    assert alone + 20 < later


def test_the_same_text_is_counted_once(writer, azure):
    first, second = writer.estimate("How do tides work?"), writer.estimate("How do tides work?")
    assert first == second
    assert counted(azure) == 1
    writer.estimate("How do tides work now?")
    assert counted(azure) == 2


def test_a_count_stands_in_the_log_as_no_message(console, writer, azure):
    writer.estimate(f"Nobody reads this {uuid4().hex}")
    row = console.rows("select * from requestlog_requestrecord order by started_at desc limit 1")[0]
    assert (row["operation"], row["source"], row["outcome"]) == ("count_tokens", "other", "succeeded")
    assert (row["person"], row["input_tokens"], row["called_as"]) == ("이서연", None, "console")
    assert row["apim_request_id"] == azure.requests()[-1]["apim_request_id"]
    assert "Nobody reads" not in str(dict(row))


def test_a_long_conversation_is_cheaper_with_the_cache(writer):
    assert "cache" not in writer.estimate("Short")
    assert re.search(r"to send, \$0\.\d+ with keeping it in the cache$", writer.estimate(LONG))
    writer.say(LONG)
    assert re.search(r"to send, \$0\.\d+ with cache$", writer.estimate("And in a word?"))
    stream = writer.person.ask("And in a word?", "claude-steady", conversation=writer.path).to_the_end()
    record = stream.records()[0]
    assert record["cache_read_input_tokens"] > 4096
    assert record["cache_creation_input_tokens"] < 1000
    assert "from cache" in stream.ending


@pytest.mark.parametrize("status", [404, 405, 501])
def test_where_nothing_is_counted_it_is_silent_and_asks_no_more(console, person, azure, status):
    deployment = {404: "claude-short", 405: "claude-slow", 501: "claude-thinks"}[status]
    writer = Writer(person, deployment)
    azure.switch("fault", plane="foundry", match=deployment, how="status", status=status, times=1)
    assert [writer.estimate("One"), writer.estimate("Two"), writer.estimate("Three")] == [""] * 3
    assert counted(azure, deployment) == 1


@pytest.mark.parametrize("deployment", ["claude-forbidden", "claude-overloaded", "claude-html"])
def test_what_fails_is_not_guessed(console, person, azure, deployment):
    writer = Writer(person, deployment)
    assert writer.estimate("How do tides work?") == ""
    assert writer.estimate("How do tides work now?") == ""
    assert counted(azure, deployment) == 1


@pytest.mark.parametrize("message", ["", "   "])
def test_an_empty_message_is_not_counted(writer, azure, message):
    assert writer.estimate(message) == ""
    assert counted(azure) == 0


def test_a_conversation_that_is_being_answered_is_not_counted(console, person, azure):
    azure.switch("speed", tokens_per_second=20)
    writer = Writer(person)
    sent = person.send("Tell me a long story.", "claude-steady", conversation=writer.path)
    assert sent.status_code == 201
    assert writer.estimate("And then?") == ""
    assert counted(azure) == 0
    person.post(re.search(r'action="(/playground/exchanges/[^"]+/stop/)"', sent.text)[1])
    console.wait_for("select 1 where not exists (select 1 from playground_exchange where finished_at is null)")


@pytest.mark.slow
def test_a_hanging_count_holds_up_nothing_and_is_the_persons_only_one(console, seated, azure):
    azure.switch("fault", plane="foundry", match="claude-recovers", how="hang", times=50)
    mine, hers = [Writer(person, "claude-recovers") for person in seated.values()]
    with ThreadPoolExecutor(4) as pool:
        hanging = [pool.submit(writer.estimate, "How do tides work?") for writer in (mine, hers)]
        time.sleep(0.5)
        began = time.monotonic()
        assert mine.estimate("Something else") == ""
        mine.person.page(mine.path)
        assert time.monotonic() - began < 2.0
        assert [each.result() for each in hanging] == ["", ""]
    rows = "select outcome from requestlog_requestrecord where deployment = ? and operation = 'count_tokens'"
    assert [row["outcome"] for row in console.rows(rows, "claude-recovers")] == ["unknown_billing"] * 2


def test_somebody_elses_conversation_is_not_there(console, seated, azure):
    writer = Writer(seated["ada"])
    writer.person = seated["seoyeon"]
    assert writer.post("Hello").status_code in (403, 404)
    assert counted(azure) == 0


def test_opening_a_page_counts_nothing(writer, azure):
    page = writer.person.page(writer.path)
    assert 'id="estimate"' in page
    assert counted(azure) == 0


def test_the_receipt_says_what_the_answer_cost(writer):
    stream = writer.person.ask("How do tides work?", "claude-steady", conversation=writer.path).to_the_end()
    assert re.search(r"\$0\.0\d+", stream.ending)
    assert re.search(r"\$0\.0\d+", writer.person.page(writer.path))


@pytest.fixture(scope="module")
def without(azure) -> Iterator[Person]:
    with ConsoleProcess(azure, TOKEN_ESTIMATE="0") as console:
        yield console.sign_in("seoyeon")


def test_it_can_be_switched_off(without, azure):
    azure.reset()
    writer = Writer(without)
    assert 'id="estimate"' not in without.page(writer.path)
    assert writer.estimate("How do tides work?") == ""
    assert counted(azure) == 0
