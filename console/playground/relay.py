"""Live answers from one web process to another, through Redis: who follows says so, who answers then sends the text.

Nothing is stored there, and nothing is sent that nobody follows. Without Redis, and whenever it is away, followers read
the committed text instead (follow.py), so this only makes them faster.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

import orjson
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from console.playground.answer import answers
from console.playground.live import Live

log = logging.getLogger(__name__)

WANTS = "console:wanted-answers"
# A follower repeats itself; who answers stops sending when it has not heard it for a while. Seconds.
REPEAT = 5.0
FORGET = 12.0
PAUSE = 3.0  # before connecting again

Take = Callable[[int, str, object], None]


def channel(exchange_id: UUID) -> str:
    return f"console:answer:{exchange_id.hex}"


class Relay:
    """This process's end of the line. `follow` asks for an answer; `run` sends what others ask for."""

    def __init__(self, url: str) -> None:
        self._redis: Redis = Redis.from_url(url, socket_connect_timeout=3, socket_timeout=10, health_check_interval=30)
        self._sending: dict[UUID, float] = {}  # exchange -> until when somebody wants it
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Hear what other processes want, for as long as this one lives."""
        while True:
            try:
                await self._listen(WANTS, self._wanted)
            except (RedisError, OSError) as fault:
                log.warning("live answers are not relayed: %s", type(fault).__name__)
            await asyncio.sleep(PAUSE)

    async def follow(self, exchange_id: UUID, take: Take) -> None:
        """Pass another process's answer on to `take(at, text, writing)` until cancelled or ended by it."""
        asking = asyncio.create_task(self._keep_asking(exchange_id))
        try:
            await self._listen(channel(exchange_id), lambda data: _pass_on(data, take))
        except (RedisError, OSError, ValueError, TypeError) as fault:
            log.warning("an answer is followed through the database: %s", type(fault).__name__)
        finally:
            asking.cancel()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._redis.aclose()

    async def _listen(self, name: str, hear: Callable[[bytes], None]) -> None:
        pubsub: PubSub = self._redis.pubsub(ignore_subscribe_messages=True)
        async with pubsub:
            await pubsub.subscribe(name)
            while True:
                message: dict[str, Any] | None = await pubsub.get_message(timeout=5.0)
                if message is not None:
                    hear(message["data"])

    async def _keep_asking(self, exchange_id: UUID) -> None:
        while True:
            try:
                await self._redis.publish(WANTS, exchange_id.hex)
            except (RedisError, OSError):
                log.debug("nobody can be asked for a live answer")
            await asyncio.sleep(REPEAT)

    def _wanted(self, data: bytes) -> None:
        try:
            exchange_id = UUID(data.decode("ascii", "replace"))
        except ValueError:
            log.warning("something that is no exchange is asked for")
            return
        live = answers.find(exchange_id)
        if live is None:
            return
        running = exchange_id in self._sending
        self._sending[exchange_id] = asyncio.get_running_loop().time() + FORGET
        if not running:
            task = asyncio.create_task(self._send(exchange_id, live))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, exchange_id: UUID, live: Live) -> None:
        """Everything so far, then what comes, a message a tick, while somebody wants it.

        Of text what is new, of the tool calls that are being written their present state, when that is another.
        """
        bell, sent, reach, name = live.attach(), 0, 0, channel(exchange_id)
        try:
            while self._sending[exchange_id] > asyncio.get_running_loop().time():
                bell.clear()
                text, at = live.text[sent:], sent
                sent += len(text)
                more = [live.writing.told()] if live.writing.reach > reach else []
                reach = live.writing.reach
                if text or more or live.finished:
                    await self._redis.publish(name, orjson.dumps([at, text, *more]))
                if live.finished:
                    return
                async with asyncio.timeout(FORGET):
                    await bell.wait()
        except TimeoutError:
            return
        except (RedisError, OSError) as fault:
            log.warning("a live answer is not relayed any more: %s", type(fault).__name__)
        finally:
            live.detach(bell)
            del self._sending[exchange_id]


def _pass_on(data: bytes, take: Take) -> None:
    at, text, *more = orjson.loads(data)
    take(int(at), str(text), more[0] if more else None)
