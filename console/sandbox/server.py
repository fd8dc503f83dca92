"""Start the sandbox: two sockets (plain http, and TLS for Entra's programs), until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web

from console.sandbox import arm, assertions, entra, faults, foundry, identity, monitor, signin, switches
from console.sandbox.faults import Plane
from console.sandbox.state import SANDBOX, Sandbox, environment, folder_in
from console.sandbox.wire import Refused

__all__ = ["environment", "run", "serve"]

SHUTDOWN = 0.5  # seconds that open requests get before they are cancelled
LARGEST_HEADER = 32 * 1024  # bytes; authorize URLs and tokens are long
Ready = Callable[[dict[str, str]], None]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PLANES: tuple[tuple[str, Plane], ...] = (("/arm/", "arm"), ("/msi/", "identity"), ("/metadata/", "identity"))


async def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 9400,
    tls_port: int | None = None,
    data_dir: Path,
    scale: int = 0,
    ready: Ready | None = None,
    stopping: asyncio.Event | None = None,
) -> None:
    """Serve until `stopping` is set or the task is cancelled.

    Port 0 takes a free one; `tls_port` is the next one unless given. `ready` gets the environment that points a
    console here, once both sockets answer. Raises `OSError` when a port is taken.
    """
    folder = folder_in(data_dir)
    sockets = bind(host, port, tls_port)
    sandbox = Sandbox(folder, sockets[0].getsockname()[1], sockets[1].getsockname()[1], scale=scale)
    assertions.write_federated_token(sandbox)
    runners = [runner_of(plain_app(sandbox)), runner_of(tls_app(sandbox))]
    try:
        for runner, one, context in zip(runners, sockets, (None, sandbox.authority.server_context()), strict=True):
            await runner.setup()
            await web.SockSite(runner, one, ssl_context=context).start()
        if ready is not None:
            ready(sandbox.environment())
        await (stopping or asyncio.Event()).wait()
    finally:
        for runner in runners:
            await runner.cleanup()


def bind(host: str, port: int, tls_port: int | None) -> tuple[socket.socket, socket.socket]:
    """The plain socket and the TLS socket, in this order."""
    plain = socket.create_server((host, port), backlog=1024)
    try:
        wanted = tls_port if tls_port is not None else (plain.getsockname()[1] + 1 if port else 0)
        return plain, socket.create_server((host, wanted), backlog=256)
    except OSError:
        plain.close()
        raise


def runner_of(app: web.Application) -> web.AppRunner:
    """`handler_cancellation` ends the work of a client that left."""
    return web.AppRunner(
        app,
        access_log=None,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN,
        max_line_size=LARGEST_HEADER,
        max_field_size=LARGEST_HEADER,
        keepalive_timeout=75,
    )


def plain_app(sandbox: Sandbox) -> web.Application:
    """Everything but Entra's programs."""
    app = web.Application(middlewares=[attend])
    app[SANDBOX] = sandbox
    for room in (arm, foundry, identity, monitor, signin, switches):
        app.add_routes(room.routes())
    return app


def tls_app(sandbox: Sandbox) -> web.Application:
    app = web.Application(middlewares=[attend])
    app[SANDBOX] = sandbox
    app.add_routes(entra.routes())
    return app


@web.middleware
async def attend(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Count, strike where a fault is on, and turn a refusal into its answer."""
    sandbox = request.app[SANDBOX]
    if not request.path.startswith("/_sandbox/"):
        sandbox.counters.note_path(request.method, request.path)
    try:
        plane = plane_of(request)
        fault = sandbox.faults.take(plane, request.path) if plane else None
        if fault is not None:
            raise await faults.strike(fault, request)
        return await handler(request)
    except Refused as refused:
        return refused.response()


def plane_of(request: web.Request) -> Plane | None:
    """Foundry looks after its own faults: those know the deployment, which is in the body."""
    if request.secure:
        return "entra"
    return next((plane for prefix, plane in PLANES if request.path.startswith(prefix)), None)


def run(
    *,
    host: str = "127.0.0.1",
    port: int = 9400,
    tls_port: int | None = None,
    data_dir: Path,
    scale: int = 0,
    ready: Ready | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT; streams that are still open are cut."""

    async def until_told() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(NotImplementedError):  # Windows has no handlers in its loop: Ctrl-C raises there
                loop.add_signal_handler(number, stopping.set)
        await serve(
            host=host, port=port, tls_port=tls_port, data_dir=data_dir, scale=scale, ready=ready, stopping=stopping
        )

    asyncio.run(until_told())
