"""Where code on the event loop has its database work done: a few threads with their own lasting connections.

An open stream holds no connection and no thread; it asks here, waits, and goes on. Short writes of many streams share
a commit: a commit waits for the disk, and the next ones for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.db import InterfaceError, OperationalError, close_old_connections, connections, transaction

P = ParamSpec("P")
T = TypeVar("T")

# Two: one long commit does not hold up the next, and SQLite has one writer anyway.
_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="desk")


async def at_desk(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run the synchronous `act` on a desk thread and return what it returns.

    Being cancelled while waiting does not undo the act: it runs to its end.
    """
    context = copy_context()
    work = partial(context.run, _with_live_connection, partial(act, *args, **kwargs))
    return await asyncio.get_running_loop().run_in_executor(_threads, work)


async def in_shared_commit(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `act`, a short write, and return what it returned once that is committed.

    Whatever comes while a commit is under way goes into the next one together. An act that raises is undone alone;
    when the commit itself fails, everybody in it gets its error, and nothing of it is written. Being cancelled while
    waiting does not undo the act.
    """
    loop = asyncio.get_running_loop()
    commits = _commits.setdefault(loop, _Commits())
    result: T = await commits.add(partial(copy_context().run, partial(act, *args, **kwargs)))
    return result


class _Commits:
    """The writes of one event loop that wait for a commit."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []
        self._working: asyncio.Task[None] | None = None

    def add(self, act: Callable[[], Any]) -> asyncio.Future[Any]:
        told: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((act, told))
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        return told

    async def _work(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting, []
                await self._commit(batch)
        finally:
            self._working = None

    async def _commit(self, batch: list[tuple[Callable[[], Any], asyncio.Future[Any]]]) -> None:
        try:
            results = await at_desk(_in_one_transaction, [act for act, _told in batch])
        except Exception as fault:
            results = [fault] * len(batch)
        for (_act, told), result in zip(batch, results, strict=True):
            if told.done():  # whoever asked has left
                continue
            if isinstance(result, Exception):
                told.set_exception(result)
            else:
                told.set_result(result)


_commits: WeakKeyDictionary[asyncio.AbstractEventLoop, _Commits] = WeakKeyDictionary()


def _in_one_transaction(acts: list[Callable[[], Any]]) -> list[Any]:
    """What each act returned or raised."""
    with transaction.atomic():
        # Alone in a commit, an act has nobody to be undone apart from.
        return [_outcome(act) for act in acts] if len(acts) > 1 else [acts[0]()]


def _outcome(act: Callable[[], Any]) -> Any:
    try:
        with transaction.atomic():
            return act()
    except (OperationalError, InterfaceError):  # the database is away: for the others as well
        raise
    except Exception as fault:
        return fault


def _with_live_connection(act: Callable[[], T]) -> T:
    # On PostgreSQL a connection the server has closed meanwhile is replaced here, and goes back to the pool after.
    close_old_connections()
    try:
        return act()
    finally:
        if connections["default"].vendor != "sqlite":
            close_old_connections()
