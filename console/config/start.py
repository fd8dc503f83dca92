"""What `demo` and `serve` share: prepare the data, start the pieces, say where to look, end everything."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from console.config.claim import CannotStart, claim
from console.config.log_stream import LogStream
from console.config.pieces import Piece, Tree, how_it_ended

ROOT = Path(__file__).resolve().parents[2]
EVERYWHERE = "0.0.0.0"  # noqa: S104 - chosen only where CONSOLE_URL is public, or by hand
# Seconds a web process that answers waits for the first worker before its address is given out all the same.
WORKER_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run: `url` is what people open; the web process listens on `host` and `port`."""

    url: str
    host: str
    port: int
    data_dir: Path
    environment: Mapping[str, str] = field(repr=False)
    # (port, TLS port, data folder) of the sandbox, where there is one.
    sandbox: tuple[int, int, Path] | None = None
    sample: bool = False
    # Database or broker live in `data_dir`, so that a second run on it would do harm.
    embedded: bool = True
    welcome: str = ""


def run(plan: Plan) -> int:
    """Run the whole tree in the foreground until it is asked to stop; returns the exit code. Raises CannotStart."""
    if os.name != "posix":
        raise CannotStart("This command needs Linux or macOS; on Windows use WSL.")
    held = claim(plan.data_dir if plan.embedded else None, plan.host, plan.port)
    try:
        return asyncio.run(foreground(plan, hold=held[1:]))
    finally:
        for descriptor in held:
            os.close(descriptor)


async def foreground(plan: Plan, *, hold: list[int]) -> int:
    loop = asyncio.get_running_loop()
    log = LogStream(on_gone=lambda: loop.call_soon_threadsafe(tree.stopping.set))
    tree = Tree(log, hold=tuple(hold))
    for number in stop_signals():
        loop.add_signal_handler(number, tree.ask_to_stop)
    tree.say(plan.welcome or "Starting …")
    try:
        return await start_and_wait(plan, tree)
    finally:
        began = time.monotonic()
        await tree.stop()
        tree.say(f"Stopped in {time.monotonic() - began:.1f} s")
        log.close()


def stop_signals() -> list[signal.Signals]:
    """Ctrl-C, a supervisor's request, the terminal's end (unless whoever started us said to outlive it: nohup)."""
    hangup = [] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGINT, signal.SIGTERM, *hangup]


async def start_and_wait(plan: Plan, tree: Tree) -> int:
    if plan.sandbox:
        tree.keep(sandbox_piece(plan))
    web, worker, beat = console_pieces(plan)
    if (code := await once(plan, tree, "prepare")) is not None:
        return code
    if plan.sandbox:
        await until_listening(tree, plan.sandbox[1])  # whoever opens the address signs in there first
    tree.keep(web)
    tree.keep(worker)
    # Both take a while to load, and neither writes into a log that is still empty; only beat gives out work.
    if plan.sample and (code := await once(plan, tree, "sample")) is not None:
        return code
    tree.keep(beat)
    telling = asyncio.create_task(tell_when_ready(plan, tree))
    await tree.stopping.wait()
    telling.cancel()
    tree.say("Stopping …")
    return 0


async def once(plan: Plan, tree: Tree, name: str) -> int | None:
    """Run a piece that comes to an end; None when all is well, else the code this run ends with."""
    code = await tree.once(piece(name, settled(plan)))
    if code:
        tree.say(f"The start stopped: preparing the data ended with {how_it_ended(code)}, see above")
        return 1
    return 0 if code is None else None


def sandbox_piece(plan: Plan) -> Piece:
    assert plan.sandbox is not None  # noqa: S101 - asked only for a plan that has one
    port, tls_port, folder = plan.sandbox
    return piece("sandbox", settled(plan), "--port", str(port), "--tls-port", str(tls_port), "--data-dir", str(folder))


def console_pieces(plan: Plan) -> list[Piece]:
    environment = settled(plan)
    return [
        piece("web", environment, "--host", plan.host, "--port", str(plan.port)),
        piece("worker", environment),
        piece("beat", environment),
    ]


def piece(name: str, environment: Mapping[str, str], *arguments: str) -> Piece:
    return Piece(
        name,
        ("-m", "console.config.piece", name, "--tied", *arguments),
        environment,
        leaves_last=name == "sandbox",
    )


def settled(plan: Plan) -> dict[str, str]:
    """The pieces' environment: they find this package wherever the command was typed."""
    path = os.pathsep.join(filter(None, [str(ROOT), plan.environment.get("PYTHONPATH", "")]))
    return {**plan.environment, "CONSOLE_URL": plan.url, "PYTHONPATH": path}


async def until_listening(tree: Tree, port: int) -> None:
    """Return when something on this machine takes connections at `port`, or the tree is to stop."""
    while not tree.stopping.is_set():
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)


async def tell_when_ready(plan: Plan, tree: Tree) -> None:
    """Give out the address once the web process answers and a worker runs (or soon after, without one)."""
    answered = 0.0
    while True:
        with suppress(OSError, ValueError, asyncio.TimeoutError):
            status = await asyncio.wait_for(status_of(plan, "/readyz"), 3)
            answered = answered or time.monotonic()
            if status == 200 or time.monotonic() - answered > WORKER_PATIENCE:
                break
        await asyncio.sleep(0.1)
    tree.say(f"Ready. Open {plan.url} (Ctrl-C stops everything)")


async def status_of(plan: Plan, path: str) -> int:
    """The HTTP status of one GET to our own web process. Raises OSError, ValueError."""
    address = "127.0.0.1" if plan.host == EVERYWHERE else plan.host
    reader, writer = await asyncio.open_connection(address, plan.port)
    try:
        host = urlsplit(plan.url).netloc
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        return int((await reader.readline()).split(b" ")[1])
    except IndexError as error:
        raise ValueError("no status line") from error
    finally:
        writer.close()
