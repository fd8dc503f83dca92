from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest

from console.config import pieces
from console.config.log_stream import LogStream
from console.config.pieces import Piece, Tree
from tests.config.processes import marked, new_mark, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks processes up in /proc")

# A supervisor as `serve` runs it, with pieces that cost nothing: each follows the supervisor and has a child, as the
# web server has; "stubborn" ignores SIGTERM.
SUPERVISOR = """
import asyncio, os, signal
from console.config import pieces, start
from console.config.log_stream import LogStream

signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the suite itself may run under nohup

async def main():
    loop = asyncio.get_running_loop()
    log = LogStream(on_gone=lambda: loop.call_soon_threadsafe(tree.ask_to_stop))
    tree = pieces.Tree(log)
    for number in start.stop_signals():
        loop.add_signal_handler(number, tree.ask_to_stop)
    for name, code in PIECES.items():
        tree.keep(pieces.Piece(name, ("-c", code), os.environ, leaves_last=name == "sandbox"))
    await tree.stopping.wait()
    await tree.stop()
    log.close()

asyncio.run(main())
"""
FOLLOWING = """
import os, signal, subprocess, sys, time
from console.config import piece
piece.GRACE = 0.5
piece.follow_supervisor()
{}
child = subprocess.Popen([sys.executable, "-c", "import time; print('child', flush=True); time.sleep(99)"])
print("up", flush=True)
time.sleep(99)
"""
PLAIN = FOLLOWING.format("")
STUBBORN = FOLLOWING.format("signal.signal(signal.SIGTERM, signal.SIG_IGN)")
CHATTY = "import time\nwhile True: print('x' * 1000, flush=True)"


@contextmanager
def supervisor(**codes: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    environment = new_mark()
    code = f"PIECES = {codes!r}\n{SUPERVISOR}"
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        yield process, environment
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        assert wait_until(lambda: not marked(environment)), marked(environment)


def read_until(process: subprocess.Popen[bytes], *wanted: str) -> list[str]:
    """The lines up to where every one of `wanted` has been seen."""
    lines: list[str] = []
    missing = set(wanted)
    while missing:
        line = process.stdout.readline().decode()
        assert line, lines
        lines.append(line.rstrip("\n"))
        missing -= {each for each in missing if each in line}
    return lines


def everything_up(process: subprocess.Popen[bytes], environment: dict[str, str], count: int) -> None:
    assert wait_until(lambda: len(marked(environment)) == count), marked(environment)
    read_until(process, "up", "child")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_every_process_of_the_tree(number):
    with supervisor(web=PLAIN, worker=PLAIN) as (process, environment):
        everything_up(process, environment, 5)
        process.send_signal(number)
        assert process.wait(10) == 0
        assert marked(environment) == {}


def test_killing_the_supervisor_leaves_nothing_behind():
    with supervisor(web=PLAIN, worker=STUBBORN) as (process, environment):
        everything_up(process, environment, 5)
        process.kill()
        assert wait_until(lambda: not marked(environment), 10), marked(environment)


def test_killing_a_piece_ends_its_children_and_starts_it_again():
    with supervisor(web=PLAIN) as (process, environment):
        everything_up(process, environment, 3)
        before = set(marked(environment)) - {process.pid}
        leader = next(pid for pid in before if os.getpgid(pid) == pid)
        os.kill(leader, signal.SIGKILL)
        read_until(process, "web ended (Killed, signal 9); starting it again in 1 s")
        everything_up(process, environment, 3)
        assert not before & set(marked(environment))


def test_a_piece_that_ignores_the_request_is_killed_in_time():
    with supervisor(web=STUBBORN) as (process, environment):
        everything_up(process, environment, 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert marked(environment) == {}


def test_a_second_signal_ends_a_stubborn_piece_at_once():
    with supervisor(web=STUBBORN) as (process, environment):
        everything_up(process, environment, 3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(2) == 0


def test_a_reader_that_does_not_read_keeps_nobody_from_stopping():
    with supervisor(web=CHATTY) as (process, environment):
        time.sleep(1.5)  # the pipe is full by now
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert marked(environment) == {}


def test_the_tree_ends_when_its_reader_leaves():
    with supervisor(web=CHATTY) as (process, _):
        read_until(process, "xxx")
        process.stdout.close()
        assert process.wait(10) == 0


def test_a_hangup_is_ignored_when_the_starter_asked_for_that():
    with supervisor(web=PLAIN) as (process, environment):
        everything_up(process, environment, 3)
    code = "import signal; from console.config import start; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    shown = subprocess.check_output([sys.executable, "-c", code + "print(signal.SIGHUP in start.stop_signals())"])
    assert shown == b"False\n"


class Heard:
    """Stands where the log stream stands."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.two = asyncio.Event()

    def line(self, name: str, text: str | bytes) -> None:
        self.lines.append(f"{name}: {text if isinstance(text, str) else text.decode()}")
        if len(self.lines) == 2:
            self.two.set()


async def run_once(code: str) -> tuple[int, list[str]]:
    heard = Heard()
    tree = Tree(heard)
    ended = await tree.run(Piece("web", ("-c", code), dict(os.environ)))
    await tree.stop()
    return ended, heard.lines


async def test_each_line_of_a_piece_comes_whole_and_under_its_name():
    code = "import sys; sys.stdout.write('a\\nb'); sys.stdout.flush(); sys.stderr.write('c\\n\\nd')"
    assert await run_once(code) == (0, ["web: a", "web: bc", "web: d"])


async def test_an_endless_line_is_split():
    code, lines = await run_once(f"print('x' * {3 * pieces.LONGEST_LINE})")
    assert code == 0
    assert sum(len(line) - len("web: ") for line in lines) == 3 * pieces.LONGEST_LINE
    assert max(map(len, lines)) < 2 * pieces.LONGEST_LINE


async def test_pauses_grow_and_start_over_after_a_healthy_time(monkeypatch):
    monkeypatch.setattr(pieces, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(pieces, "LONGEST_PAUSE", 0.04)
    ages = iter([0, 1, 0, 1, 0, 1, 0, 1, 0, 99, 0, 1])
    monkeypatch.setattr(pieces, "time", SimpleNamespace(monotonic=lambda: next(ages)))
    slept = []

    async def sleep(_: Tree, seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 6:
            tree.stopping.set()

    monkeypatch.setattr(Tree, "_pause", sleep)
    tree = Tree(Heard())
    monkeypatch.setattr(tree, "run", ended_at_once)
    tree.keep(Piece("web", (), {}))
    await tree.stopping.wait()
    await tree.stop()
    assert slept == [0.01, 0.02, 0.04, 0.04, 0.01, 0.02]


async def ended_at_once(_: Piece) -> int:
    return 1


async def test_a_process_that_cannot_be_started_is_tried_again(monkeypatch):
    monkeypatch.setattr(pieces, "FIRST_PAUSE", 0.01)
    heard = Heard()
    tree = Tree(heard)

    async def full(_: Piece) -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(tree, "run", full)
    tree.keep(Piece("web", (), {}))
    await asyncio.wait_for(heard.two.wait(), 10)
    await tree.stop()
    told = "console: web ended (it could not be started: Resource temporarily unavailable); starting it again in 0 s"
    assert heard.lines[:2] == [told, told]


async def test_what_the_others_need_leaves_last():
    heard = Heard()
    tree = Tree(heard)
    polite = "import signal, sys, time; signal.signal(15, lambda *_: (print('bye'), sys.exit())); "
    lasting = polite + "print('up'); time.sleep(99)"
    for name in ("sandbox", "web"):
        tree.keep(Piece(name, ("-u", "-c", lasting), dict(os.environ), leaves_last=name == "sandbox"))
    await asyncio.wait_for(heard.two.wait(), 10)
    await tree.stop()
    assert heard.lines[-2:] == ["web: bye", "sandbox: bye"]


def test_a_reader_who_falls_behind_is_told_where_lines_are_missing_and_how_many(monkeypatch):
    monkeypatch.setattr("console.config.log_stream.WAITING", 100)
    reader, writer = os.pipe()
    log = LogStream(writer)
    for number in range(3000):
        log.line("sandbox", f"{number} " + "x" * 1000)
    seen = bytearray(os.read(reader, 65536))
    sent = 3000
    while b"| last\n" not in seen:
        log.line("web", "last")
        sent += 1
        seen += os.read(reader, 65536)
    os.set_blocking(reader, False)
    assert wait_until(lambda: accounted(reader, seen) + log.dropped == sent, 10)
    assert dropped(seen) > 2000
    log.close()
    os.close(reader)
    os.close(writer)


def accounted(reader: int, seen: bytearray) -> int:
    """Lines that came or were said to be dropped, with what lies in the pipe by now."""
    with suppress(BlockingIOError):
        seen += os.read(reader, 65536)
    return dropped(seen) + seen.count(b"sandbox | ") + seen.count(b"web     | last\n")


def dropped(seen: bytearray) -> int:
    return sum(map(int, re.findall(rb"console \| (\d+) lines were dropped here: nobody read them\n", seen)))
