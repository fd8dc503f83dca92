"""The data plane against byte scripts: streams whole, cut and broken, answers that are none, one attempt a call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest

from console.azure.errors import (
    AzureError,
    Missing,
    NotOffered,
    Overloaded,
    Rejected,
    SignInNeeded,
    Throttled,
    TimedOut,
    Truncated,
    Unreadable,
)
from console.azure.foundry import ApiKey, Bearer, Foundry, Target, endpoint_for, resource_name
from console.azure.http import Clocks, Http
from console.azure.shapes import (
    BlockStarted,
    CitationDelta,
    CorrelationIds,
    Finished,
    InputJsonDelta,
    MessageChanged,
    MessageStarted,
    Opened,
    SignatureDelta,
    StreamEvent,
    Usage,
)
from tests.azure.disclosure import assert_not_shown
from tests.azure.reference import STREAM, text_of, thinking_of
from tests.azure.wire import Exchange, Script, Server, serving, sse

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
KEY = "sentinel-key-0815"
TOKEN = "sentinel-bearer-0815"
SHORT = Clocks(connect=0.5, first_byte=0.5, idle=0.4, total=1.5)
IDS = {"request-id": "req_1", "apim-request-id": "0f8fad5b-d9cb-469f-a165-70867728950e", "x-ms-region": "East US 2"}
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
BODY: dict[str, object] = {"max_tokens": 16, "messages": [{"role": "user", "content": "Hello"}]}


async def token() -> str:
    return TOKEN


def target(server: Server, credential: Any = None) -> Target:
    return Target(server.url, "claude-steady", credential or ApiKey(KEY))


async def collect(
    script: Script, *, credential: Any = None, body: Any = BODY, clocks: Clocks = SHORT
) -> tuple[list[list[StreamEvent]], Any]:
    """Every batch that came, and the error that ended it."""
    batches: list[list[StreamEvent]] = []
    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=clocks) as http:
        try:
            async with aclosing(Foundry(http).stream(target(server, credential), body)) as stream:
                async for batch in stream:
                    batches.append(batch)
        except AzureError as error:
            assert_not_shown(error, KEY, TOKEN)
            return batches, error
    return batches, None


async def follow(foundry: Foundry, whom: Target, events: list[StreamEvent]) -> None:
    async for batch in foundry.stream(whom, BODY):
        events += batch


def flat(batches: list[list[StreamEvent]]) -> list[StreamEvent]:
    return [event for batch in batches for event in batch]


def streaming(*pieces: bytes, after: float = 0, headers: dict[str, str] | None = None) -> Script:
    """Send these pieces as an event stream, wait, close."""

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.begin_stream(headers or IDS)
        for piece in pieces:
            await exchange.send(piece)
            await asyncio.sleep(0)
        await asyncio.sleep(after)

    return script


def answering(status: str, body: object, headers: dict[str, str] | None = None) -> Script:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer(status, {"content-type": "application/json", **IDS, **(headers or {})}, raw)

    return script


# ---- Streams ------------------------------------------------------------------------------------------------


async def test_a_stream_opens_with_both_ids_and_ends_with_finished() -> None:
    batches, error = await collect(streaming(STREAM))
    assert error is None
    assert batches[0] == [Opened(CorrelationIds(*list(IDS.values())[:2]), 200, "East US 2")]
    assert isinstance(batches[-1][-1], Finished)
    assert text_of(flat(batches)) == "Hello, 안녕 🎉"


IN_ONE_PIECE: dict[str, Any] = {
    "type": "message",
    "id": "msg_1",
    "model": "claude-x",
    "content": [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"},
        {"type": "text", "text": "Hello, 안녕 🎉", "citations": [{"cited_text": "c"}]},
        {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Seoul"}},
        {"type": "web_search_tool_result", "tool_use_id": "srv_1", "content": [{"title": "t"}]},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 34},
}


async def test_an_answer_that_comes_whole_reads_like_a_stream() -> None:
    batches, error = await collect(answering("200 OK", IN_ONE_PIECE))
    events = flat(batches)
    assert error is None
    assert events[0] == Opened(CorrelationIds(*list(IDS.values())[:2]), 200, "East US 2")
    assert events[1] == MessageStarted("msg_1", "claude-x", Usage(12, None, None, 34))
    assert (text_of(events), thinking_of(events)) == ("Hello, 안녕 🎉", "Hm.")
    assert BlockStarted(1, "text", {"type": "text", "text": "", "citations": []}) in events
    assert SignatureDelta(0, "sig") in events
    assert CitationDelta(1, {"cited_text": "c"}) in events
    assert [event.text for event in events if isinstance(event, InputJsonDelta)] == ['{"city":"Seoul"}']
    assert BlockStarted(3, "web_search_tool_result", IN_ONE_PIECE["content"][3]) in events
    assert events[-2:] == [MessageChanged("tool_use", None, None, Usage(12, None, None, 34)), Finished()]


async def test_a_whole_answer_that_is_cut_is_no_answer() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n"
        await exchange.send(head.encode() + json.dumps(IN_ONE_PIECE).encode()[:200])

    batches, error = await collect(script)
    assert [type(event) for event in flat(batches)] == [Opened]
    assert isinstance(error, Truncated)


@pytest.mark.parametrize("message", [{"type": "message"}, {"type": "message", "content": {"a": 1}, "usage": [1]}])
async def test_a_whole_answer_may_lack_nearly_everything(message: dict[str, Any]) -> None:
    batches, error = await collect(answering("200 OK", message))
    assert error is None
    assert flat(batches)[-1] == Finished()


@pytest.mark.parametrize("credential", [ApiKey(KEY), Bearer(token)], ids=["key", "token"])
async def test_the_request_is_what_foundry_documents(credential: Any) -> None:
    seen: list[Exchange] = []

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        seen.append(exchange)
        await exchange.begin_stream()
        await exchange.send(STREAM)

    await collect(
        script,
        credential=credential,
        body={**BODY, "model": "other", "stream": False, "thinking": {"type": "adaptive"}},
    )
    exchange = seen[0]
    sent = json.loads(exchange.body)
    assert exchange.head.startswith(b"POST /anthropic/v1/messages HTTP/1.1\r\n")
    assert (sent["model"], sent["stream"], sent["thinking"]) == ("claude-steady", True, {"type": "adaptive"})
    assert (exchange.header("anthropic-version"), exchange.header("content-type")) == ("2026-10-21", "application/json")
    keys = (exchange.header("api-key"), exchange.header("x-api-key"), exchange.header("authorization"))
    assert keys == ((KEY, KEY, None) if isinstance(credential, ApiKey) else (None, None, f"Bearer {TOKEN}"))


async def test_the_ids_come_before_the_first_event() -> None:
    released = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.begin_stream(IDS)
        await released.wait()
        await exchange.send(STREAM)

    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=SHORT) as http:
        stream = Foundry(http).stream(target(server), BODY)
        assert isinstance((await anext(stream))[0], Opened)
        released.set()
        assert flat([batch async for batch in stream])


async def test_what_is_read_together_is_given_together() -> None:
    batches, _ = await collect(streaming(STREAM))
    assert len(batches) <= 3


def offsets(count: int) -> Iterator[int]:
    """Cuts spread over the reference stream, the last bytes among them. Every single one is tested in test_sse."""
    step = len(STREAM) // count
    yield from (*range(0, len(STREAM) - 1, step), len(STREAM) - 2, len(STREAM) - 1)


@pytest.mark.parametrize("way", ["fin", "reset", "chunked without end"])
async def test_a_cut_anywhere_is_truncated_and_keeps_the_prefix(way: str) -> None:
    """One server, many connections: each stream is cut at another byte."""
    cuts = list(offsets(60))
    waiting = iter(cuts)
    whole = text_of(flat((await collect(streaming(STREAM)))[0]))

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        piece = STREAM[: next(waiting)]
        if way == "chunked without end":
            await exchange.send(CHUNKED)
            await exchange.send(b"%x\r\n%s\r\n" % (len(piece), piece) if piece else b"")
        else:
            await exchange.begin_stream(IDS)
            await exchange.send(piece)
        if way == "reset":
            await asyncio.sleep(0.01)
            exchange.reset()

    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=SHORT) as http:
        for cut in cuts:
            events: list[StreamEvent] = []
            with pytest.raises(Truncated) as caught:
                await follow(Foundry(http), target(server), events)
            assert caught.value.phase == ("stream" if b"\n\n" in STREAM[:cut] else "headers")
            assert whole.startswith(text_of(events))
            assert not any(isinstance(event, Finished) for event in events)


async def test_a_stream_in_one_byte_pieces_is_the_same() -> None:
    batches, error = await collect(streaming(*(bytes([byte]) for byte in STREAM)))
    whole, _ = await collect(streaming(STREAM))
    assert error is None
    assert flat(batches) == flat(whole)


async def test_a_cut_after_message_delta_looks_complete_and_is_not() -> None:
    before_stop = STREAM[: STREAM.index(b"event: message_stop")]
    batches, error = await collect(streaming(before_stop))
    assert isinstance(error, Truncated)
    assert isinstance(batches[-1][-1], MessageChanged)
    assert (error.request_id, error.apim_request_id, error.status) == (*list(IDS.values())[:2], 200)


async def test_an_empty_stream_is_truncated() -> None:
    batches, error = await collect(streaming(b""))
    assert isinstance(error, Truncated)
    assert (len(batches), error.phase) == (1, "headers")


async def test_an_error_event_comes_after_the_text_before_it() -> None:
    overloaded = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    half = STREAM[: STREAM.index(b"event: message_delta")]
    batches, error = await collect(streaming(half + sse(overloaded) + STREAM[len(half) :]))
    assert isinstance(error, Overloaded)
    assert (error.phase, error.status, error.request_id) == ("stream", 200, "req_1")
    assert text_of(flat(batches)) == "Hello, 안녕 🎉"


async def test_silence_in_a_stream_ends_with_the_idle_clock() -> None:
    batches, error = await collect(streaming(STREAM[:900], after=5))
    assert isinstance(error, TimedOut)
    assert (error.kind, error.phase, error.request_id) == ("idle-timeout", "stream", "req_1")
    assert len(batches) > 1


async def test_pings_alone_end_with_the_total_clock() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.begin_stream(IDS)
        for _ in range(100):
            await exchange.send(b'event: ping\ndata: {"type": "ping"}\n\n')
            await asyncio.sleep(0.05)

    _, error = await collect(script)
    assert isinstance(error, TimedOut)
    assert (error.kind, error.phase) == ("total-timeout", "stream")


@pytest.mark.parametrize(("size", "fits"), [(1_000_000, True), (4_000_000, True), (9_000_000, False)])
async def test_events_of_megabytes_are_read_up_to_the_cap(size: int, fits: bool) -> None:
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "x" * size}}
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    batches, error = await collect(streaming(sse(start, delta, {"type": "message_stop"})), clocks=Clocks())
    if fits:
        assert error is None
        assert len(text_of(flat(batches))) == size
    else:
        assert isinstance(error, Unreadable)
        assert (error.kind, error.phase, error.status) == ("response-too-large", "stream", 200)


async def test_a_hundred_thousand_tiny_deltas_arrive_in_few_batches() -> None:
    delta = sse({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ab"}})
    batches, error = await collect(streaming(delta * 100_000, sse({"type": "message_stop"})), clocks=Clocks())
    assert error is None
    assert len(text_of(flat(batches))) == 200_000
    assert len(batches) < 5_000


@pytest.mark.parametrize(
    ("script", "error", "kind"),
    [
        (answering("200 OK", {"type": "error", "error": {"type": "overloaded_error"}}), Overloaded, "overloaded"),
        (answering("200 OK", b"<html>", {"content-type": "text/html"}), Unreadable, "unexpected-page"),
        (answering("200 OK", {"id": "msg_1", "content": []}), Unreadable, "protocol"),
        (answering("200 OK", b"hello", {"content-type": "text/plain"}), Unreadable, "protocol"),
        (answering("204 No Content", b""), Unreadable, "protocol"),
        (
            answering("404 x", {"error": {"code": "DeploymentNotFound", "message": "no"}}),
            Missing,
            "deployment-not-found",
        ),
        (answering("429 x", {"error": {"code": "429"}}, {"retry-after": "86400"}), Throttled, "rate-limited"),
        (answering("529 x", sse({"type": "error", "error": {"type": "overloaded_error"}})), Overloaded, "overloaded"),
    ],
)
async def test_what_is_no_stream_is_told_by_its_content(script: Script, error: type[AzureError], kind: str) -> None:
    batches, found = await collect(script)
    assert type(found) is error
    assert (found.kind, found.phase) == (kind, "headers")
    assert (found.request_id, found.apim_request_id) == tuple(list(IDS.values())[:2])
    assert not [event for event in flat(batches) if not isinstance(event, Opened)]


async def test_one_call_is_one_attempt_whatever_comes_back() -> None:
    requests = 0

    async def script(exchange: Exchange) -> None:
        nonlocal requests
        await exchange.read()
        requests += 1
        if requests % 2:
            await exchange.answer("503 x", {"retry-after": "0.01"}, b"")
        else:
            exchange.reset()

    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=SHORT) as http:
        for number in range(1, 7):
            with pytest.raises(AzureError):
                await follow(Foundry(http), target(server), [])
            assert requests <= number


async def test_closing_the_generator_closes_the_connection() -> None:
    closed = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.begin_stream(IDS)
        await exchange.send(STREAM[:900])
        assert await exchange.reader.read() == b""
        closed.set()

    async with serving(script) as server, Http(hosts=LOOPBACK) as http:
        stream = Foundry(http).stream(target(server), BODY)
        await anext(stream)
        await anext(stream)
        await stream.aclose()
        await asyncio.wait_for(closed.wait(), 1)


async def test_cancelling_the_reader_closes_the_connection() -> None:
    closed = asyncio.Event()

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.begin_stream(IDS)
        assert await exchange.reader.read() == b""
        closed.set()

    async with serving(script) as server, Http(hosts=LOOPBACK) as http:
        task = asyncio.create_task(follow(Foundry(http), target(server), []))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        await asyncio.wait_for(closed.wait(), 1)


async def test_a_finished_stream_gives_its_connection_back() -> None:
    async def script(exchange: Exchange) -> None:
        while True:
            await exchange.read()
            await exchange.send(CHUNKED)
            await exchange.send(b"%x\r\n%s\r\n" % (len(STREAM), STREAM))
            await asyncio.sleep(0.005)
            await exchange.send(b"0\r\n\r\n")

    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=SHORT) as http:
        for _ in range(5):
            events = flat([batch async for batch in Foundry(http).stream(target(server), BODY)])
            assert isinstance(events[-1], Finished)
        assert server.connections == 1


async def test_what_follows_message_stop_is_not_waited_for() -> None:
    started = asyncio.get_running_loop().time()
    batches, error = await collect(streaming(STREAM + sse({"type": "ping"}), after=2))
    assert error is None
    assert isinstance(batches[-1][-1], Finished)
    assert asyncio.get_running_loop().time() - started < 1.5


# ---- Whole answers -----------------------------------------------------------------------------------------------

MESSAGE = {
    "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-opus-5-5",
    "content": [{"type": "thinking", "thinking": "…", "signature": "E"}, {"type": "text", "text": "Hel\x00lo!"},
                {"type": "text", "text": " 안녕"}, "not a block"],
    "stop_reason": "end_turn", "stop_sequence": None, "stop_details": None,
    "usage": {"input_tokens": 25, "cache_creation_input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 12,
              "output_tokens_details": {"thinking_tokens": 3}, "service_tier": "standard"},
}  # fmt: skip


async def with_foundry(script: Script, call: Any) -> Any:
    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=SHORT) as http:
        return await call(Foundry(http), target(server))


async def test_a_message_is_read_whole() -> None:
    message = await with_foundry(answering("200 OK", MESSAGE), lambda foundry, to: foundry.create(to, BODY))
    assert (message.id, message.model, message.text) == ("msg_01", "claude-opus-5-5", "Hel\ufffdlo! 안녕")
    assert (message.stop_reason, message.usage) == ("end_turn", Usage(25, 10, 5, 12, 3))
    assert message.ids == CorrelationIds(*list(IDS.values())[:2])


@pytest.mark.parametrize("body", [{}, {"content": None, "usage": None}, {"content": "x", "id": 7, "stop_details": []}])
async def test_a_message_without_its_parts_is_read_with_defaults(body: object) -> None:
    message = await with_foundry(answering("200 OK", body), lambda foundry, to: foundry.create(to, BODY))
    assert (message.id, message.content, message.stop_reason, message.usage) == ("", [], None, Usage())


@pytest.mark.parametrize("body", [[], None, "x", 7, {"error": {"type": "api_error"}}, {"content": [[[]] * 2]}])
async def test_an_answer_that_is_no_message_is_an_error_or_empty(body: object) -> None:
    call = with_foundry(answering("200 OK", body), lambda foundry, to: foundry.create(to, BODY))
    if isinstance(body, dict) and "content" in body:
        assert (await call).content == []
        return
    with pytest.raises(AzureError) as caught:
        await call
    assert (caught.value.request_id, caught.value.status) == ("req_1", 200)


async def test_a_message_nested_beyond_reason_is_unreadable() -> None:
    body = b'{"content":[{"type":"x","input":' + b"[" * 200 + b"]" * 200 + b"}]}"
    with pytest.raises(Unreadable):
        await with_foundry(answering("200 OK", body), lambda foundry, to: foundry.create(to, BODY))


async def test_counting_tokens_sends_no_limit_and_bills_nothing() -> None:
    sent: list[dict[str, Any]] = []

    async def script(exchange: Exchange) -> None:
        sent.append(json.loads(await exchange.read()))
        assert exchange.head.startswith(b"POST /anthropic/v1/messages/count_tokens ")
        await exchange.answer("200 OK", IDS, b'{"input_tokens":14}')

    count = await with_foundry(script, lambda foundry, to: foundry.count_tokens(to, {**BODY, "stream": True}))
    assert (count.input_tokens, count.ids.request_id) == (14, "req_1")
    assert 0 < count.duration_ms < 1_000
    assert sent == [{"model": "claude-steady", "messages": BODY["messages"]}]


@pytest.mark.parametrize("body", [{}, {"input_tokens": None}, {"input_tokens": -1}, {"input_tokens": "14"}, [], b"14"])
async def test_a_count_that_is_none_is_unreadable(body: object) -> None:
    with pytest.raises(Unreadable) as caught:
        await with_foundry(answering("200 OK", body), lambda foundry, to: foundry.count_tokens(to, BODY))
    assert (caught.value.kind, caught.value.request_id) == ("protocol", "req_1")


@pytest.mark.parametrize("call", ["models", "batches", "admin"])
async def test_what_foundry_does_not_have_is_refused_by_name(call: str) -> None:
    async with Http(hosts=LOOPBACK) as http:
        with pytest.raises(NotOffered) as refused:
            getattr(Foundry(http), call)()
    assert (refused.value.kind, refused.value.phase) == ("not-offered", "connect")
    assert "Foundry has no" in refused.value.message


# ---- What is never sent ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["", "with space", "line\nbreak", "한글", "nul\x00", "k" * 40_000])
async def test_a_key_that_can_be_none_is_refused_before_sending(key: str) -> None:
    async with Http(hosts=LOOPBACK) as http:
        with pytest.raises(SignInNeeded) as refused:
            await anext(Foundry(http).stream(Target("http://127.0.0.1:1", "d", ApiKey(key)), BODY))
    assert (refused.value.kind, refused.value.phase) == ("bad-key", "connect")
    if key:
        assert key not in f"{refused.value!r} {refused.value}"


async def test_a_token_that_can_be_none_is_refused_before_sending() -> None:
    async def broken() -> str:
        return "sentinel\ntoken"

    async with Http(hosts=LOOPBACK) as http:
        with pytest.raises(SignInNeeded) as refused:
            await Foundry(http).create(Target("http://127.0.0.1:1", "d", Bearer(broken)), BODY)
    assert refused.value.kind == "bad-token"
    assert_not_shown(refused.value, "sentinel")


@pytest.mark.parametrize("content", ["\ud800", b"bytes", object(), {1, 2}])
async def test_a_request_that_is_no_json_is_refused_before_sending(content: object) -> None:
    async with Http(hosts=LOOPBACK) as http:
        with pytest.raises(Rejected) as refused:
            await Foundry(http).create(Target("http://127.0.0.1:1", "d", ApiKey(KEY)), {"messages": content})
    assert (refused.value.kind, refused.value.phase) == ("invalid-request", "connect")


async def test_a_request_over_the_limit_is_refused_before_sending() -> None:
    async with Http(hosts=LOOPBACK) as http:
        with pytest.raises(Rejected) as refused:
            await Foundry(http).create(Target("http://127.0.0.1:1", "d", ApiKey(KEY)), {"messages": "x" * 33_600_000})
    assert (refused.value.kind, refused.value.phase) == ("too-large", "connect")


def test_credentials_do_not_show_themselves() -> None:
    whom = Target("https://x", "d", ApiKey(KEY))
    assert KEY not in f"{whom!r} {whom} {Bearer(token)!r}"


@pytest.mark.parametrize(
    "name",
    ["", "-a", "a-", "A", "a_b", "a.b", "a/b", "evil.com/", "evil.com#", "evil.com?x=", "user@evil.com/",
     "127.0.0.1:9/", "169.254.169.254/", "a b", "a\n", "ａ", "한글", "a" * 64, "a%2e", "a:b", "..", "a\\b", "xn--é"],
)  # fmt: skip
def test_a_resource_name_is_one_label(name: str) -> None:
    with pytest.raises(ValueError, match="resource name"):
        endpoint_for("https://{resource}.services.ai.azure.com", name)


@pytest.mark.parametrize("name", ["a", "a1", "contoso-foundry", "0", "a" * 63])
def test_a_good_resource_name_is_kept(name: str) -> None:
    assert resource_name(name) == name


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("https://{resource}.services.ai.azure.com", "https://contoso.services.ai.azure.com"),
        ("https://{resource}.services.ai.azure.com/", "https://contoso.services.ai.azure.com"),
        ("https://{resource}.services.ai.azure.com/anthropic", "https://contoso.services.ai.azure.com"),
        ("https://{resource}.services.ai.azure.com/anthropic/v1", "https://contoso.services.ai.azure.com"),
        ("https://{resource}.services.ai.azure.com/anthropic/v1/messages", "https://contoso.services.ai.azure.com"),
        ("https://x.example/{resource}/anthropic/v1/messages/", "https://x.example/contoso"),
        ("http://127.0.0.1:9400/foundry/{resource}", "http://127.0.0.1:9400/foundry/contoso"),
        ("http://{resource}.localhost:9400", "http://contoso.localhost:9400"),
        ("https://fixed.example", "https://fixed.example"),
    ],
)
def test_an_endpoint_is_made_from_its_template(template: str, expected: str) -> None:
    assert endpoint_for(template, "contoso") == expected


@pytest.mark.parametrize(
    "template",
    ["http://{resource}.example", "ftp://{resource}.example", "{resource}", "", "https://u:p@{resource}.example",
     "https://{resource}.example?x=1", "https://{resource}.example#x", "https:///x", "http://127.0.0.1.example/"],
)  # fmt: skip
def test_an_endpoint_that_is_not_secure_is_refused(template: str) -> None:
    with pytest.raises(ValueError, match="https"):
        endpoint_for(template, "contoso")
