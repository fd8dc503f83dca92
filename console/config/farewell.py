"""Ends open streams when the web process is told to stop.

A server waits for open connections before it sends `lifespan.shutdown`, and a stream would wait for that message:
so the streams hear of SIGTERM directly.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine
from typing import Any

_under_way: set[asyncio.Task[None]] = set()


def at_sigterm(end_streams: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run `end_streams` on the running loop at SIGTERM, and let the server end as it would have.

    The loop has one handler for a signal, and this one replaces the server's; SIGINT means the same to every server.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # signals are the main thread's alone: a server that runs elsewhere is stopped by other means
    loop = asyncio.get_running_loop()

    def told() -> None:
        task = loop.create_task(end_streams())
        _under_way.add(task)
        task.add_done_callback(_under_way.discard)
        os.kill(os.getpid(), signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, told)
