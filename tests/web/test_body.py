"""Bodies are counted before anything keeps them."""

from __future__ import annotations

import asyncio
import json

import pytest

from console.web import body
from console.web.body import INTAKE, LINGER_BYTES, ORDINARY, REPORT, with_body_cap

LIMIT = 3_000_000
MiB = 1024 * 1024


class Exchange:
    """One request as a server hands it over: `chunks` arrive one by one, what the application sends is kept."""

    def __init__(self, path: str, chunks: list[bytes], *, length: str = "") -> None:
        headers = [(b"content-length", length.encode())] if length else []
        self.scope = {"type": "http", "path": path, "method": "POST", "headers": headers}
        self.chunks = list(chunks)
        self.taken = 0
        self.sent: list[dict[str, object]] = []

    async def receive(self) -> dict[str, object]:
        if not self.chunks:
            await asyncio.sleep(3600)
        self.taken += len(self.chunks[0])
        chunk = self.chunks.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(self.chunks)}

    async def send(self, message: dict[str, object]) -> None:
        self.sent.append(message)

    @property
    def status(self) -> object:
        return self.sent[0]["status"]


async def reads_all(scope, receive, send):
    size, more = 0, True
    while more:
        message = await receive()
        size += len(message["body"])
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


async def through(exchange: Exchange, app=reads_all) -> Exchange:
    await with_body_cap(app, limit=LIMIT)(exchange.scope, exchange.receive, exchange.send)
    return exchange


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/", ORDINARY, 200),
        ("/", ORDINARY + 1, 413),
        ("/api/requests", INTAKE, 200),
        ("/api/requests", INTAKE + 1, 413),
        ("/nowhere/", 50 * MiB, 413),
        ("/playground/x/exchanges/", LIMIT, 200),
        ("/playground/x/exchanges/", LIMIT + 1, 413),
        ("/csp-report", REPORT, 200),
        ("/csp-report", REPORT + 1, 413),
        ("/csp-report/", ORDINARY, 200),
    ],
)
async def test_each_route_has_its_cap_whether_the_length_is_declared_or_not(path, size, status):
    chunks = [b"x" * min(65_536, size - start) for start in range(0, size, 65_536)]
    assert (await through(Exchange(path, chunks))).status == status
    declared = await through(Exchange(path, chunks, length=str(size)))
    assert declared.status == status
    assert status == 200 or declared.taken <= min(size, LINGER_BYTES + 65_536)


async def test_reading_stops_soon_after_the_cap():
    exchange = await through(Exchange("/", [b"x" * 65_536] * 1_000))
    assert exchange.status == 413
    assert exchange.taken <= ORDINARY + LINGER_BYTES + 2 * 65_536


async def test_what_is_refused_is_read_on_but_reaches_nobody():
    async def sees_nothing(scope, receive, send):
        raise AssertionError("the application was asked")

    exchange = await through(Exchange("/", [b"x" * 65_536] * 20, length=str(20 * 65_536)), sees_nothing)
    assert (exchange.status, exchange.chunks) == (413, [])


async def test_a_refused_body_that_does_not_come_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(body, "LINGER_SECONDS", 0.05)
    exchange = Exchange("/", [], length=str(ORDINARY + 1))
    await asyncio.wait_for(through(exchange), timeout=5)
    assert exchange.status == 413


async def test_after_the_last_chunk_nothing_is_waited_for():
    exchange = Exchange("/", [b"x" * ORDINARY, b"x"])
    await asyncio.wait_for(through(exchange), timeout=body.LINGER_SECONDS / 2)
    assert exchange.status == 413


async def test_a_length_that_lies_is_counted_all_the_same():
    assert (await through(Exchange("/", [b"x" * ORDINARY, b"x"], length="10"))).status == 413


@pytest.mark.parametrize("length", ["-1", "abc", "1e9", "０"])
async def test_a_length_that_is_no_number_is_left_to_the_server(length):
    assert (await through(Exchange("/", [b"x"], length=length))).status == 200


async def test_a_body_that_takes_too_long_is_answered(monkeypatch):
    monkeypatch.setattr(body, "PATIENCE", 0.05)
    exchange = Exchange("/", [])
    await asyncio.wait_for(through(exchange), timeout=5)
    assert exchange.status == 408


async def test_waiting_for_the_browser_to_leave_is_no_slow_body(monkeypatch):
    monkeypatch.setattr(body, "PATIENCE", 0.05)

    async def streams(scope, receive, send):
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), timeout=0.2)
        await send({"type": "http.response.start", "status": 200, "headers": []})

    assert (await through(Exchange("/", [b"x"]), streams)).status == 200


async def test_a_refusal_says_what_to_do_and_closes():
    exchange = await through(Exchange("/", [b"x" * 2 * MiB]))
    start, text = exchange.sent
    headers = dict(start["headers"])
    assert headers[b"connection"] == b"close"
    assert headers[b"hx-retarget"] == b"#problems"
    assert b"Shorten it" in text["body"]


async def test_a_program_is_told_in_json():
    exchange = await through(Exchange("/api/requests", [b"x"], length=str(INTAKE + 1)))
    assert (b"content-type", b"application/json") in exchange.sent[0]["headers"]
    assert "Send fewer rows" in json.loads(exchange.sent[1]["body"])["error"]["message"]


async def test_a_body_that_breaks_off_is_answered():
    exchange = Exchange("/", [b"half"])
    messages = [
        {"type": "http.request", "body": b"half", "more_body": True}, {"type": "http.disconnect"},
    ]  # fmt: skip

    async def receive():
        return messages.pop(0)

    await with_body_cap(reads_all, limit=LIMIT)(exchange.scope, receive, exchange.send)
    assert exchange.status == 400
    assert b"Send it again" in exchange.sent[1]["body"]


async def test_an_answer_under_way_is_not_answered_twice():
    async def answers_first(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await reads_all(scope, receive, lambda message: asyncio.sleep(0))

    exchange = await through(Exchange("/", [b"x" * 2 * MiB]), answers_first)
    assert [message["type"] for message in exchange.sent] == ["http.response.start"]


async def test_what_is_no_request_passes():
    seen = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    await with_body_cap(app, limit=LIMIT)({"type": "lifespan"}, None, None)
    assert seen == ["lifespan"]
