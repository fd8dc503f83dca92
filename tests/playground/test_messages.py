"""A message's whole way through the running console: page, POST, stream, rows, receipt."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from console.playground.live import Place

# What a deployment does, how its exchange ends, how many requests reached Azure, and words of the card shown.
SCENES = [
    ("claude-steady", "succeeded", 1, "tokens in"),
    ("claude-thinks", "succeeded", 1, "The question is about"),
    ("claude-short", "succeeded", 1, "tokens in"),
    ("claude-refuses", "refused", 1, "about harm in general"),
    ("claude-pause", "succeeded", 1, "Claude pauses here"),
    ("claude-throttled-day", "failed", 1, "24 hours"),
    ("claude-throttled-bare", "failed", 1, "Too many requests"),
    ("claude-overloaded-midway", "failed", 1, "overloaded"),
    ("claude-breaks-midway", "failed", 1, "What to do"),
    ("claude-cut-off", "truncated", 1, "may be billed"),
    ("claude-forbidden", "failed", 1, "Foundry User"),
    ("claude-missing", "failed", 1, "deployment"),
    ("claude-retired", "failed", 1, "retired"),
    ("claude-broken", "failed", 1, "What to do"),
    ("claude-html", "unknown_billing", 1, "What to do"),
    ("claude-recovers", "succeeded", 2, "tokens in"),
]


def test_an_answer_streams_and_leaves_a_receipt_with_both_ids(console, person, azure):
    stream = person.ask("Tell me about tidal rivers.", "claude-steady").to_the_end()
    assert "tidal rivers" in stream.text
    record, request = stream.records()[0], azure.requests()[-1]
    assert (record["request_id"], record["apim_request_id"]) == (request["request_id"], request["apim_request_id"])
    assert record["request_id"] in stream.ending
    assert record["apim_request_id"] in stream.ending
    assert stream.exchange()["state"] == "succeeded"
    assert record["output_tokens"] > 0
    assert [name for name, _id, _data in stream.events][-2:] == ["answer", "done"]


def test_no_words_of_waiting_stay_beside_an_answer(console, person):
    stream = person.ask("Tell me about tidal rivers.", "claude-steady").to_the_end()
    assert stream.named("status")[-1] == ""
    again = type(stream)(person, stream.path.split("?")[0]).to_the_end()
    assert again.named("status") == [""]


def test_two_prompts_get_two_answers_and_the_second_knows_the_first(console, person, azure):
    conversation = person.new_conversation()
    first = person.ask("I like heron watching.", "claude-steady", conversation=conversation).to_the_end()
    second = person.ask("한국어로 갯벌을 설명해 주세요.", "claude-steady", conversation=conversation).to_the_end()
    assert first.text != second.text
    assert re.search("[가-힣]", second.text)
    assert azure.posts("claude-steady") == 2


def test_the_same_message_leaves_the_same_print_wherever_it_is_sent(console, person):
    sent = [("Do tides turn?", "claude-steady"), ("Do tides turn?", "claude-recovers"), ("Do storks?", "claude-steady")]
    prints = [{record["prompt_print"] for record in person.ask(*one).to_the_end().records()} for one in sent]
    assert prints[0] == prints[1]
    assert prints[0].isdisjoint(prints[2])
    assert [len(one) for one in prints] == [1, 1, 1]  # attempts of one call too
    assert "" not in prints[0]


@pytest.mark.parametrize(("deployment", "state", "posts", "words"), SCENES)
def test_each_scene_ends_as_it_should(console, person, azure, deployment, state, posts, words):
    stream = person.ask("How do tides work?", deployment).to_the_end()
    records = stream.records()
    assert stream.exchange()["state"] == state
    assert records[-1]["outcome"] == state
    assert [record["attempt"] for record in records] == list(range(1, posts + 1))
    assert azure.posts(deployment) == posts
    assert words.lower() in stream.ending.lower()
    assert all(record["apim_request_id"] for record in records)


@pytest.mark.slow
def test_a_throttled_call_waits_as_told_and_gives_up_after_two_retries(console, person, azure):
    stream = person.ask("How do tides work?", "claude-throttled").to_the_end()
    assert [record["outcome"] for record in stream.records()] == ["failed"] * 3
    assert azure.posts("claude-throttled") == 3
    # Azure says 7 seconds, to which a part of chance is added; who attaches later is told what is left of them.
    assert any(re.search(r"\b[3-9]\b", words) for words in stream.named("status")), stream.named("status")
    times = [record["apim_request_id"] for record in stream.records()]
    assert len(set(times)) == 3


def test_partial_text_is_kept_when_the_answer_breaks(console, person):
    stream = person.ask("How do tides work?", "claude-breaks-midway").to_the_end()
    answer = stream.exchange()["answer"]
    assert len(answer) > 20
    assert stream.text.split()[:3] == re.sub(r"[#*`_]", "", answer).split()[:3]


def test_the_first_message_gives_the_page_its_address(console, person):
    conversation = person.new_conversation()
    first = person.send("Hello.", "claude-steady", conversation=conversation)
    assert first.headers["HX-Replace-Url"] == conversation
    wait_until_quiet(console)
    assert "HX-Replace-Url" not in person.send("And again.", "claude-steady", conversation=conversation).headers


@pytest.mark.parametrize("page", [{"afresh": "on"}, {"seen": ""}], ids=["far back", "another tab has said more"])
def test_what_is_sent_from_a_page_without_the_last_message_is_shown_below_it(console, person, page):
    """A page that ends before the last message does not take the new one: it asks for the page that has it."""
    conversation = person.new_conversation()
    person.ask("Hello.", "claude-steady", conversation=conversation).to_the_end()
    response = person.send("And again.", "claude-steady", conversation=conversation, **page)
    there, _hash, anchor = response.headers["HX-Redirect"].partition("#")
    wait_until_quiet(console)
    assert there.startswith(conversation)
    assert f'id="{anchor}"' in person.page(there)


def test_pressing_send_twice_is_one_message(console, person, azure):
    conversation, submission = person.new_conversation(), uuid4().hex
    wait_until_quiet(console)
    before = azure.posts("claude-steady")

    def press(_):
        return person.send("Once only.", "claude-steady", conversation=conversation, submission_id=submission)

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(press, range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({re.search(r'id="exchange-([^"]+)"', answer.text)[1] for answer in answers}) == 1
    wait_until_quiet(console)
    assert azure.posts("claude-steady") == before + 1


def test_an_answer_can_be_asked_for_once_more_and_the_draft_stays(console, person):
    conversation = person.new_conversation()
    stream = person.ask("How do tides work?", "claude-steady", conversation=conversation).to_the_end()
    person.post(f"{conversation}draft/", message="Half a thought")
    response = person.post(f"/playground/exchanges/{stream.exchange_id}/again/")
    assert response.status_code == 201
    address, _hash, anchor = response.headers["HX-Redirect"].partition("#")
    wait_until_quiet(console)
    page = person.page(address)
    assert f'id="{anchor}"' in page
    assert f'id="exchange-{stream.exchange_id}"' not in page
    assert "2/2" in page
    assert "Half a thought" in page


def test_a_second_message_waits_for_the_first_answer(console, person, azure):
    azure.switch("speed", tokens_per_second=20, first_token=0.2)
    conversation = person.new_conversation()
    first = person.ask("A long one, please.", "claude-long", conversation=conversation)
    second = person.send("And another.", "claude-long", conversation=conversation)
    assert second.status_code == 409
    assert second.headers["HX-Retarget"] == "#composer-problem"
    assert "still answering" in second.text
    person.post(f"/playground/exchanges/{first.exchange_id}/stop/")
    first.to_the_end()


def test_without_htmx_the_browser_is_sent_to_the_conversation(console, person):
    answer = person.send("Plain form.", "claude-steady", htmx=False)
    assert answer.status_code == 302
    assert "sse-connect" in person.page(answer.headers["location"]) or "Plain form." in person.page(
        answer.headers["location"]
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"message": "   "}, "Write a message first"),
        ({"deployment": "01a204d8-7a2c-7000-8000-000000000000"}, "not in the inventory"),
        ({"deployment": "../../etc/passwd"}, "not in the inventory"),
        ({"submission_id": "a b"}, "valid value"),
        ({"max_tokens": "999999999"}, "less than or equal"),
        ({"thinking": "always"}, "valid choice"),
    ],
)
def test_what_cannot_be_sent_says_why_and_reaches_nobody(console, person, azure, fields, words):
    conversation = person.new_conversation()
    good = {"message": "Hello", "deployment": "claude-steady", "submission_id": uuid4().hex}
    answer = person.post(f"{conversation}exchanges/", **(good | fields))
    assert answer.status_code == 400
    assert words in answer.text
    assert azure.posts("claude-steady") == 0


def test_nul_and_lone_surrogates_are_refused_by_name(console, person):
    answer = person.post(f"{person.new_conversation()}exchanges/", message="a\x00b", deployment="x", submission_id="y")
    assert answer.status_code == 400
    assert "message" in answer.text


def test_a_reader_attaches_again_where_it_was(console, person, azure):
    azure.switch("speed", tokens_per_second=150, first_token=0.1)
    stream = person.ask("Write about estuaries at length.", "claude-steady")
    part = []
    for one in stream.follow():
        part.append(one)
        if len(part) == 12:
            break
    stream.follow(last_event_id=part[-1][1])
    stream.events = part
    for _ in stream.follow(last_event_id=part[-1][1], path=stream.path.split("?")[0]):
        continue
    assert stream.text.split() == plain(person, stream)
    assert azure.posts("claude-steady") == 1


def test_two_readers_see_the_same_answer(console, person, azure):
    azure.switch("speed", tokens_per_second=200, first_token=0.1)
    stream = person.ask("Write about deltas.", "claude-steady")
    other = type(stream)(person, stream.path.split("?")[0])
    reading = threading.Thread(target=other.to_the_end)
    reading.start()
    stream.to_the_end()
    reading.join(20)
    assert other.text == stream.text
    assert azure.posts("claude-steady") == 1


@pytest.mark.parametrize("place", ["", "0", "abc", str(2**63), "-1", "99999999999"])
def test_any_place_is_answered_after_the_end(console, person, place):
    stream = person.ask("Short.", "claude-steady").to_the_end()
    again = type(stream)(person, stream.path.split("?")[0] + f"?after={place}")
    again.to_the_end()
    assert again.text == stream.text
    assert [name for name, _id, _data in again.events][-2:] == ["answer", "done"]


def test_a_reader_who_has_it_all_gets_only_the_end(console, person):
    stream = person.ask("Short.", "claude-steady").to_the_end()
    last = stream.events[-1][1]
    assert Place.parse(last).characters > 0
    again = type(stream)(person, stream.path.split("?")[0])
    again.to_the_end(last_event_id=last)
    assert again.named("block") == []
    assert "tokens in" in again.ending


def test_watching_never_starts_work(console, person, azure):
    stream = person.ask("Once.", "claude-steady").to_the_end()
    for _ in range(5):
        type(stream)(person, stream.path.split("?")[0]).to_the_end()
    assert azure.posts("claude-steady") == 1


def test_text_arrives_while_it_is_written(console, person, azure):
    azure.switch("speed", tokens_per_second=60, first_token=0.1)
    stream = person.ask("Write a page about mangroves.", "claude-steady")
    moments = []
    for name, _id, _data in stream.follow():
        if name in ("delta", "tail", "block"):
            moments.append(time.monotonic())
    assert moments[-1] - moments[0] > 0.8, "spread over time, not in a lump at the end"
    assert len(moments) > 20


def test_stop_keeps_the_text_and_the_ids(console, person, azure):
    azure.switch("speed", tokens_per_second=40, first_token=0.1)
    stream = person.ask("Write for a long time.", "claude-long")
    events = stream.follow()
    for _ in range(15):
        next(events)
    pressed = time.monotonic()
    assert person.post(f"/playground/exchanges/{stream.exchange_id}/stop/").status_code == 204
    for _ in events:
        continue
    assert time.monotonic() - pressed < 1.5
    record = stream.records()[-1]
    assert stream.exchange()["state"] == record["outcome"] == "cancelled"
    assert record["request_id"]
    assert record["apim_request_id"]
    assert len(stream.exchange()["answer"]) > 10
    assert "The answer was stopped" in stream.ending


def test_a_browser_that_leaves_ends_nothing(console, person, azure):
    azure.switch("speed", tokens_per_second=100, first_token=0.1)
    stream = person.ask("Write about reeds.", "claude-steady")
    for _ in stream.follow():
        break
    row = console.wait_for(
        "select * from playground_exchange where id = ? and state = 'succeeded'", stream._key(), seconds=20
    )
    assert len(row["answer"]) > 100


def test_somebody_elses_stream_is_not_there(console, person, seated):
    stream = person.ask("Mine.", "claude-steady").to_the_end()
    other = seated["ada"].http
    for path in (stream.path, stream.path.split("?")[0]):
        assert other.get(path).status_code == 404
    assert other.post(f"/playground/exchanges/{stream.exchange_id}/stop/").status_code in (403, 404)


def test_a_grant_is_good_for_its_own_exchange_only(console, person, azure):
    azure.switch("speed", tokens_per_second=30, first_token=0.1)
    one, two = person.ask("One.", "claude-long"), person.ask("Two.", "claude-long")
    stranger = type(one)(person, one.path)
    mixed = two.path.split("?")[0] + "?" + one.path.split("?")[1]
    person.http.cookies, kept = type(person.http.cookies)(), person.http.cookies
    try:
        assert person.http.get(mixed).status_code == 302
        assert stranger.person.http.get(one.path.replace("grant=", "grant=x")).status_code == 302
    finally:
        person.http.cookies = kept
    for stream in (one, two):
        person.post(f"/playground/exchanges/{stream.exchange_id}/stop/")
        stream.to_the_end()


def test_reloading_in_the_middle_shows_what_there_is_and_goes_on(console, person, azure):
    azure.switch("speed", tokens_per_second=80, first_token=0.1)
    conversation = person.new_conversation()
    stream = person.ask("Write about salt marshes.", "claude-steady", conversation=conversation)
    for number, _ in enumerate(stream.follow()):
        if number > 40:
            break
    time.sleep(1.2)
    page = person.page(conversation)
    found = re.search(r'sse-connect="([^"]+)"', page)
    assert found is not None
    after = re.search(r"after=(\d+)", found[1])
    assert Place.parse(after[1]).characters > 20, "the page holds what was committed"
    rest = type(stream)(person, found[1].replace("&amp;", "&"))
    rest.to_the_end()
    shown = re.sub(r"<[^>]+>", " ", page[page.index('sse-swap="block"') :] + "".join(rest.named("block")))
    assert all(word in shown for word in re.findall(r"[A-Za-z]{4,}", stream.exchange()["answer"]))


def test_signing_out_elsewhere_ends_the_stream_within_five_seconds(console, azure):
    leaving = console.sign_in("seoyeon")
    azure.switch("speed", tokens_per_second=20, first_token=0.1)
    stream = leaving.ask("Write for a long time.", "claude-long")
    names, began = [], 0.0
    for name, _id, _data in stream.follow():
        names.append(name)
        if len(names) == 5:
            began = time.monotonic()
            leaving.post("/signout/")
    assert names[-2:] == ["signed_out", "done"]
    assert time.monotonic() - began < 5
    assert stream.exchange()["state"] in ("queued", "streaming"), "the answer goes on for its owner"
    person = console.sign_in("seoyeon")
    person.post(f"/playground/exchanges/{stream.exchange_id}/stop/")


def plain(person, stream):
    """The words of the stored answer as the page shows them."""
    html = stream.exchange()["answer_html"]
    return re.sub(r"<[^>]+>", "", html).replace("&quot;", '"').replace("&#39;", "'").replace("&amp;", "&").split()


def wait_until_quiet(console):
    live = "select count(*) as n from playground_exchange where state in ('queued', 'streaming')"
    deadline = time.monotonic() + 10
    while console.rows(live)[0]["n"] and time.monotonic() < deadline:
        time.sleep(0.05)
