"""Send a plan at the sandbox's pace: as a stream, event by event, or whole. The client's leaving stops it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from aiohttp import web

from console.sandbox import events
from console.sandbox.plan import Plan
from console.sandbox.scenes import Scene
from console.sandbox.state import Sandbox
from console.sandbox.wire import Refused, model_error

PING_EVERY = 10.0  # seconds
BREATH = 32  # events sent without a pause before others get their turn
BREAK_AFTER = 0.4  # of the answer, where streams break


class Pace:
    """Keeps to a schedule rather than to pauses, so that a slow moment is caught up."""

    def __init__(self, tokens_per_second: float) -> None:
        self.loop = asyncio.get_running_loop()
        self.interval = 1.0 / tokens_per_second if tokens_per_second > 0 else 0.0
        self.due = self.loop.time()
        self.sent = 0

    async def tick(self) -> None:
        """Wait until the next token is due."""
        self.sent += 1
        if self.interval:
            self.due += self.interval
            wait = self.due - self.loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
        elif self.sent % BREATH == 0:
            await asyncio.sleep(0)


def tokens_per_second(sandbox: Sandbox, scene: Scene) -> float:
    return scene.tokens_per_second or sandbox.tempo.tokens_per_second


def first_byte(sandbox: Sandbox, scene: Scene) -> float:
    return sandbox.tempo.first_token if scene.first_byte is None else scene.first_byte


async def stream(
    request: web.Request, sandbox: Sandbox, scene: Scene, plan: Plan, headers: dict[str, str]
) -> web.StreamResponse:
    """Answer with server-sent events. Raises `asyncio.CancelledError` when the client leaves."""
    response = web.StreamResponse(headers={**headers, "Content-Type": "text/event-stream; charset=utf-8"})
    streams = sandbox.counters.streams
    streams["opened"] += 1
    ending = "abandoned"
    try:
        await asyncio.sleep(scene.first_byte or 0)
        await response.prepare(request)
        if scene.first_byte is None and sandbox.tempo.first_token:
            await asyncio.sleep(sandbox.tempo.first_token)
        await perform(response, sandbox, scene, plan)
        ending = "broken" if scene.end != "whole" else "finished"
        await close(request, response, scene)
    except ConnectionResetError:
        ending = "abandoned"
    finally:
        streams[ending] += 1
    return response


async def perform(response: web.StreamResponse, sandbox: Sandbox, scene: Scene, plan: Plan) -> None:
    """Everything that this scene sends before it ends the response."""
    if scene.end == "empty":
        return
    if scene.end == "pings":
        await send_pings(response)
    pace = Pace(tokens_per_second(sandbox, scene))
    last_ping = pace.loop.time()
    left = events_before_break(scene, plan)
    for data in token_events(plan):
        if left == 0:
            break
        left -= 1
        await pace.tick()
        await response.write(data)
        sandbox.counters.tokens["output"] += 1
        if pace.loop.time() - last_ping > PING_EVERY:
            last_ping = pace.loop.time()
            await response.write(events.PING)
    await response.write(ending_of(scene, plan))


async def send_pings(response: web.StreamResponse) -> None:
    while True:
        await response.write(events.PING)
        await asyncio.sleep(1)


def events_before_break(scene: Scene, plan: Plan) -> int:
    """How many token events come before the break; -1 when there is none."""
    if scene.end in ("whole", "late"):
        return -1
    return max(1, int(plan.output_tokens * BREAK_AFTER))


def token_events(plan: Plan) -> Iterator[bytes]:
    """One chunk for each token; what frames a block travels with its first token or with the next block's."""
    pending = events.start_event(plan)
    for index, block in enumerate(plan.blocks):
        pending += events.block_start(index, block)
        if index == 0:
            pending += events.PING
        for data in events.deltas(index, block):
            yield pending + data
            pending = b""
        pending += events.block_end(index, block)
    yield pending


def ending_of(scene: Scene, plan: Plan) -> bytes:
    match scene.end:
        case "error":
            text = "Overloaded" if scene.error == "overloaded_error" else "Internal server error"
            return events.error_event(scene.error, text)
        case "garbled":
            return events.GARBLED
        case "late":
            return events.end_event(plan)
        case "whole":
            return events.end_event(plan) + events.STOP
        case _:
            return b""


async def close(request: web.Request, response: web.StreamResponse, scene: Scene) -> None:
    """Orderly, or with a broken connection."""
    if scene.end == "abort" and request.transport is not None:
        request.transport.abort()
        return
    if scene.end != "whole":
        response.force_close()
    await response.write_eof()


async def whole(
    request: web.Request, sandbox: Sandbox, scene: Scene, plan: Plan, headers: dict[str, str]
) -> web.StreamResponse:
    """Answer with one JSON document, after as long as a stream would have taken."""
    rate = tokens_per_second(sandbox, scene)
    await asyncio.sleep(first_byte(sandbox, scene) + (plan.output_tokens / rate if rate else 0.0))
    if scene.end == "error":
        raise failure(scene)
    sandbox.counters.tokens["output"] += plan.output_tokens
    data = events.compact(events.whole_message(plan)).encode("utf-8", "replace")
    every = {**headers, "Content-Type": "application/json"}
    if scene.end in ("cut", "abort", "late", "garbled"):
        return await half(request, data, every, orderly=scene.end == "garbled")
    return web.Response(body=b"" if scene.end == "empty" else data, headers=every)


def failure(scene: Scene) -> Refused:
    if scene.error == "overloaded_error":
        return model_error(529, "overloaded_error", "Overloaded")
    return model_error(500, "api_error", "Internal server error")


async def half(request: web.Request, data: bytes, headers: dict[str, str], *, orderly: bool) -> web.StreamResponse:
    """The first half of a document; without `orderly` the connection breaks where more was promised."""
    part = data[: len(data) // 2]
    if orderly:
        return web.Response(body=part, headers=headers)
    response = web.StreamResponse(headers={**headers, "Content-Length": str(len(data))})
    await response.prepare(request)
    await response.write(part)
    if request.transport is not None:
        request.transport.abort()
    return response


async def silence(sandbox: Sandbox) -> None:
    """Until the client leaves or the sandbox ends."""
    sandbox.counters.streams["silent"] += 1
    await asyncio.Event().wait()
