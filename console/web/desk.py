"""Where code on the event loop has its database work done: a few threads with their own lasting connections.

An open stream holds no connection and no thread; it asks here, waits, and goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

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


def _with_live_connection(act: Callable[[], T]) -> T:
    # On PostgreSQL a connection the server has closed meanwhile is replaced here, and goes back to the pool after.
    close_old_connections()
    try:
        return act()
    finally:
        if connections["default"].vendor != "sqlite":
            close_old_connections()
