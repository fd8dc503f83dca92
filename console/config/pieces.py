"""Runs the pieces of a console as one process tree: restarts, one stream of logs, and nothing left behind.

Each piece leads a process group of its own and holds the reading end of a pipe whose writing end only this process
has: when this process is gone, however it went, the pipe ends and so do they (console/config/piece.py).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from console.config.log_stream import LogStream

# Seconds a piece has to end after SIGTERM before its group is killed. Two waves of it stay below the promised ten.
PATIENCE = 6.0
LAST_PATIENCE = 2.0
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 60.0
LONGEST_LINE = 100_000  # bytes; a longer one is split


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One process of the console. `leaves_last`: the others may still need it while they end."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    leaves_last: bool = False


class Watched(asyncio.SubprocessProtocol):
    """One running process: its output line by line, and its end as soon as it ends.

    (asyncio's own `Process.wait` also waits for whoever still holds the output open, such as a child left over.)
    """

    def __init__(self, on_line: Callable[[bytes], None]) -> None:
        self.on_line = on_line
        self.rest = b""
        self.exited = asyncio.Event()
        self.silent = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\n")
        if len(self.rest) > LONGEST_LINE:
            lines, self.rest = [*lines, self.rest], b""
        for line in lines:
            self.on_line(line)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        self.on_line(self.rest)
        self.silent.set()

    def process_exited(self) -> None:
        self.exited.set()


class Tree:
    """The running pieces. `hold` are descriptors every piece inherits (the data folder's lock)."""

    def __init__(self, log: LogStream, *, hold: tuple[int, ...] = ()) -> None:
        self.log = log
        self.hold = hold
        self.stopping = asyncio.Event()
        self._life, self._end_of_life = os.pipe()
        self._running: dict[Piece, Watched] = {}
        self._kept: list[asyncio.Task[Any]] = []

    def say(self, sentence: str, name: str = "console") -> None:
        self.log.line(name, sentence)

    def ask_to_stop(self) -> None:
        """First time: `stopping` is set. Second time: every group is killed at once."""
        if self.stopping.is_set():
            for watched in self._running.values():
                kill_group(watched)
        self.stopping.set()

    def keep(self, piece: Piece) -> None:
        """Run `piece` until the tree stops, starting it again whenever it ends."""
        self._kept.append(asyncio.create_task(self._keep(piece), name=piece.name))

    async def once(self, piece: Piece) -> int | None:
        """Run `piece` to its end and return its exit code; None when the tree is to stop first, which ends it."""
        ending = asyncio.create_task(self.run(piece), name=piece.name)
        asked = asyncio.create_task(self.stopping.wait())
        self._kept += [ending, asked]  # whoever stops waits for both
        await asyncio.wait({ending, asked}, return_when=asyncio.FIRST_COMPLETED)
        if self.stopping.is_set():
            return None
        self._kept.remove(ending)
        return ending.result()

    async def _keep(self, piece: Piece) -> None:
        pause = FIRST_PAUSE
        while not self.stopping.is_set():
            began = time.monotonic()
            ended = await self._run_and_tell(piece)
            if self.stopping.is_set():
                return
            if time.monotonic() - began >= HEALTHY_AFTER:
                pause = FIRST_PAUSE
            self.say(f"{piece.name} ended ({ended}); starting it again in {pause:.0f} s")
            await self._pause(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _run_and_tell(self, piece: Piece) -> str:
        """How it ended, in words; a process the system cannot start now may start later."""
        try:
            return how_it_ended(await self.run(piece))
        except OSError as error:
            return f"it could not be started: {error.strerror}"

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)

    async def run(self, piece: Piece) -> int:
        """Run `piece` once; returns its exit code (negative: the signal that ended it). Its group has ended then."""
        _, watched = await asyncio.get_running_loop().subprocess_exec(
            lambda: Watched(partial(self._pass_on, piece)),
            sys.executable,
            *piece.arguments,
            env={**piece.environment, "PYTHONUNBUFFERED": "1"},
            stdin=self._life,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
            pass_fds=self.hold,
        )
        self._running[piece] = watched
        if self.stopping.is_set():  # asked while it was being started
            kill_group(watched)
        try:
            await watched.exited.wait()
        finally:
            kill_group(watched)
            del self._running[piece]
        with suppress(TimeoutError):
            await asyncio.wait_for(watched.silent.wait(), 1)
        watched.transport.close()
        return cast("int", watched.transport.get_returncode())

    def _pass_on(self, piece: Piece, line: bytes) -> None:
        if line.strip():
            self.log.line(piece.name, line)

    async def stop(self) -> None:
        """End every piece: asked first, killed when they take too long; those that leave last after the others."""
        self.stopping.set()
        await self._end([piece for piece in self._running if not piece.leaves_last], PATIENCE)
        await self._end(list(self._running), LAST_PATIENCE)
        await asyncio.gather(*self._kept)
        os.close(self._life)
        os.close(self._end_of_life)

    async def _end(self, pieces: list[Piece], patience: float) -> None:
        watched = {piece: self._running[piece] for piece in pieces}
        for each in watched.values():
            with suppress(ProcessLookupError):
                each.transport.terminate()
        exits = asyncio.gather(*(each.exited.wait() for each in watched.values()))
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(exits), patience)
        for piece, each in watched.items():
            if not each.exited.is_set():
                self.say(f"{piece.name} did not end within {patience:g} s and is killed")
                kill_group(each)
        await exits


def kill_group(watched: Watched) -> None:
    """Kill whatever is left of the process group that this process leads."""
    with suppress(ProcessLookupError, PermissionError):  # macOS answers EPERM for a group of zombies
        os.killpg(watched.transport.get_pid(), signal.SIGKILL)


def how_it_ended(code: int) -> str:
    return f"{signal.strsignal(-code)}, signal {-code}" if code < 0 else f"exit code {code}"
