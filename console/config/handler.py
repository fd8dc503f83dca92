"""Django's ASGI handler with one trip to a thread per page instead of five.

The stock handler starts a thread for every request, opens a database connection in it, and crosses between thread
and loop for each signal and synchronous middleware. All our views and middleware are synchronous, so a page is one
piece of work for one of a few lasting threads, whose connections last too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from contextvars import copy_context
from functools import partial
from typing import IO, Any, cast

from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.http import HttpResponseBase
from django.urls import set_script_prefix

from console.web.headers import Receive, Scope, Send

# Pages wait on the database, never on Azure, so few threads serve many people.
THREADS = 8


class PageHandler(ASGIHandler):
    """Serves pages from `THREADS` threads; a streaming response is iterated on the loop."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="page")
        super().__init__()

    def load_middleware(self, is_async: bool = False) -> None:
        super().load_middleware(is_async=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # type: ignore[override]
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        # A browser that leaves does not stop a page half-way: the thread goes on to its end.
        response = await asyncio.shield(self._on_thread(self.respond, scope, body))
        try:
            await self.send_response(response, cast("Any", send))
        finally:
            if response.streaming:
                await self._on_thread(response.close)

    def _on_thread(self, work: Callable[..., Any], *arguments: object) -> asyncio.Future[Any]:
        run = partial(copy_context().run, work, *arguments)
        return asyncio.get_running_loop().run_in_executor(self.threads, run)

    def respond(self, scope: Scope, body: IO[bytes]) -> HttpResponseBase:
        """The whole page: signals, middleware, view, and the end of the request where nothing streams."""
        with closing(body):
            set_script_prefix(get_script_prefix(scope))
            signals.request_started.send(sender=self.__class__, scope=scope)
            request, refusal = self.create_request(scope, body)
            response: Any = refusal if request is None else self.get_response(request)
            response._handler_class = self.__class__
            if not response.streaming:
                response.close()
            return cast("HttpResponseBase", response)
