"""Cancelling at any moment leaks nothing: the churn that leaves httpcore's pool dead (encode/httpcore#1093)."""

from __future__ import annotations

import asyncio
import gc
import os
import random
from pathlib import Path

import pytest

from console.azure.errors import AzureError
from console.azure.headers import PrivateHeaders
from console.azure.http import Clocks, Http
from tests.azure.certificates import Authority
from tests.azure.wire import Exchange, Server, serving

HEADERS = PrivateHeaders({"content-type": "application/json"})


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def answer_forever(exchange: Exchange) -> None:
    while True:
        await exchange.read()
        await asyncio.sleep(random.random() / 500)  # noqa: S311  no secret: a moment in which to be cancelled
        await exchange.answer("200 OK", {}, b"{}" * 5_000)


async def churn(http: Http, server: Server, *, by_clock: bool, rounds: int) -> int:
    """Start requests and end each after up to 4 ms, from outside or by its own total clock."""
    ended = 0
    for _ in range(rounds):
        patience = random.random() / 250  # noqa: S311  as above
        clocks = Clocks(total=patience if by_clock else 5.0)
        call = http.json("POST", server.url, headers=HEADERS, body=b"x" * 1_000, clocks=clocks)
        task = asyncio.create_task(call)
        await asyncio.sleep(patience)
        if not by_clock:
            task.cancel()
        try:
            await task
        except (asyncio.CancelledError, AzureError):
            ended += 1
    return ended


def connections(http: Http) -> tuple[int, int]:
    """Connections in use and waiters, as aiohttp counts them."""
    connector = http._client._transport.client.connector  # type: ignore[attr-defined]
    return len(connector._acquired), sum(len(waiting) for waiting in connector._waiters.values())


@pytest.mark.parametrize("by_clock", [False, True], ids=["cancelled", "timed out"])
@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
async def test_a_thousand_aborted_requests_leave_nothing_behind(
    by_clock: bool, secure: bool, authority: Authority, localhost_certificate: tuple[Path, Path]
) -> None:
    rounds = 15 if secure else 50
    server_of = serving(answer_forever, localhost_certificate if secure else None)
    client = Http(hosts=frozenset({"127.0.0.1"}), ca_file=str(authority.ca_file))
    async with server_of as server, client as http:
        await http.json("POST", server.url, headers=HEADERS, body=b"x")
        tasks, files = len(asyncio.all_tasks()), open_files()
        ended = await asyncio.gather(*(churn(http, server, by_clock=by_clock, rounds=rounds) for _ in range(20)))
        await asyncio.sleep(0.3)
        assert connections(http) == (0, 0)
        answers = [await http.json("POST", server.url, headers=HEADERS, body=b"x") for _ in range(100)]
        assert {answer.status for answer in answers} == {200}
        gc.collect()
        # Kept connections have two ends here; 20 callers leave at most 20 of them.
        assert len(asyncio.all_tasks()) <= tasks + 22
        assert open_files() <= files + 44
    assert sum(ended) > rounds * 10
