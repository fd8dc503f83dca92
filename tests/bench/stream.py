"""Concurrent signed-in streams through the real console process, beside a direct client and a bare httpx relay.

    python -m tests.bench.stream [--streams 1,100,300] [--tokens 200] [--rate 25] [--rounds 3] [--upstream URL]

One web process on one core, everything else on the other. Each round measures direct, relay and console in turn;
medians over the rounds are printed, and ratios are taken within a round. DATABASE_URL decides the database.
With --upstream (a Messages endpoint such as the sandbox's) tokens carry no stamp and only times to the first text
are measured.
"""

from __future__ import annotations

import argparse
import asyncio
import html
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from tests.bench.upstream import age_ms
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
STAMP = re.compile(rb"Z[0-9a-z]{7}")
TEXT_EVENTS = (b"event: delta", b"event: tail", b"event: block")
WEB_CORE, OTHER_CORE = "0", "1"


@dataclass
class Stream:
    """What one stream showed: milliseconds to the first text, and how old each token was when it came."""

    ttft: float = 0.0
    ages: list[float] = field(default_factory=list)
    finished: bool = False


@dataclass
class Round:
    """One way of getting the same streams, once."""

    streams: list[Stream]
    cpu: float = 0.0  # seconds of the web process
    rss: float = 0.0  # MiB at the height of it
    threads: int = 0
    connections: int = 0

    def ttft(self, share: float) -> float:
        return quantile([stream.ttft for stream in self.streams], share)

    def late(self, share: float) -> float:
        return quantile([age for stream in self.streams for age in stream.ages], share)

    @property
    def lost(self) -> int:
        return sum(not stream.finished for stream in self.streams)

    def cpu_per_10k(self, tokens: int) -> float:
        return self.cpu / (len(self.streams) * tokens) * 10_000


def quantile(values: list[float], share: float) -> float:
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


# ---- A client that costs next to nothing -----------------------------------------------------------------


async def request(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes = b""
) -> AsyncIterator[bytes]:
    """One HTTP/1.1 request on its own connection; yields the body as it comes, the head first."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"{method} {path} HTTP/1.1", f"host: localhost:{port}", *(f"{k}: {v}" for k, v in headers.items())]
    if method == "POST":
        lines.append(f"content-length: {len(body)}")
    writer.write("\r\n".join([*lines, "", ""]).encode() + body)
    try:
        head = await reader.readuntil(b"\r\n\r\n")
        yield head
        low = head.lower()
        if b"transfer-encoding: chunked" in low:
            while size := int(await reader.readline(), 16):
                yield await reader.readexactly(size)
                await reader.readexactly(2)
        elif b"content-length:" in low:
            yield await reader.readexactly(int(low.split(b"content-length:")[1].split(b"\r\n")[0]))
        else:
            while piece := await reader.read(65536):
                yield piece
    finally:
        writer.close()


async def fetch(port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[bytes, bytes]:
    pieces = [piece async for piece in request(port, method, path, headers, body)]
    return pieces[0], b"".join(pieces[1:])


async def watch(stream: Stream, pieces: AsyncIterator[bytes], began: float, last: bytes) -> None:
    """Read a stream to its end, noting when each token was first seen."""
    seen: set[bytes] = set()
    rest = b""
    async for piece in pieces:
        now = time.monotonic_ns()
        *events, rest = (rest + piece).split(b"\n\n")
        for event in events:
            stream.finished = stream.finished or last in event
            fresh = set(STAMP.findall(event)) - seen
            seen |= fresh
            stream.ages.extend(age_ms(word.decode(), now) for word in fresh)
            if not stream.ttft and (fresh or has_text(event)):
                stream.ttft = now / 1e6 - began * 1000


def has_text(event: bytes) -> bool:
    """Whether an event of ours or of the Messages API brings text of the answer."""
    if b"text_delta" in event:
        return True
    return any(name in event for name in TEXT_EVENTS) and len(event.rsplit(b"data: ", 1)[-1].strip()) > 0


# ---- The three ways --------------------------------------------------------------------------------------


MESSAGE = {
    "max_tokens": 4096,
    "stream": True,
    "model": "claude-bench",
    "messages": [{"role": "user", "content": "Go."}],
}
API_HEADERS = {"content-type": "application/json", "anthropic-version": "2026-10-21", "api-key": "bench-key"}


async def plain(port: int, path: str) -> Stream:
    """A stream of the Messages API, straight from the upstream or through the relay."""
    stream, began = Stream(), time.monotonic()
    pieces = request(port, "POST", path, API_HEADERS, json.dumps(MESSAGE).encode())
    await watch(stream, pieces, began, b"event: message_stop")
    return stream


@dataclass(frozen=True)
class Seat:
    """One signed-in person with an empty conversation open."""

    cookie: str
    conversation: str
    csrf: str


async def through_console(port: int, seat: Seat, deployment: str) -> Stream:
    """What a browser does: POST the message, read the fragment, attach to the stream it names."""
    stream, began = Stream(), time.monotonic()
    form = {
        "message": "Go.",
        "deployment": deployment,
        "submission_id": os.urandom(8).hex(),
        "csrfmiddlewaretoken": seat.csrf,
    }
    headers = {"cookie": seat.cookie, "hx-request": "true", "origin": f"http://localhost:{port}"}
    headers["content-type"] = "application/x-www-form-urlencoded"
    head, body = await fetch(
        port, "POST", f"/playground/{seat.conversation}/exchanges/", headers, urlencode(form).encode()
    )
    found = re.search(r'sse-connect="([^"]+)"', body.decode())
    if found is None:
        raise SystemExit(f"no stream in the answer to POST:\n{head.decode()}\n{body.decode()[:2000]}")
    pieces = request(port, "GET", html.unescape(found.group(1)), {"cookie": seat.cookie, "accept": "text/event-stream"})
    await watch(stream, pieces, began, b"event: done")
    return stream


async def spread(count: int, seconds: float, start: Callable[[int], Awaitable[Stream]]) -> list[Stream]:
    """Start `count` streams evenly over `seconds` and wait for all."""

    async def later(number: int) -> Stream:
        await asyncio.sleep(number * seconds / count)
        return await start(number)

    return await asyncio.gather(*(later(number) for number in range(count)))


# ---- Processes -------------------------------------------------------------------------------------------


def start_process(command: list[str], core: str, **env: str) -> subprocess.Popen[bytes]:
    # Its own process group, so that nothing of it outlives the run.
    return subprocess.Popen(
        ["taskset", "-c", core, sys.executable, *command], cwd=ROOT, env=os.environ | env, start_new_session=True
    )


def server(application: str, port: int, **env: str) -> subprocess.Popen[bytes]:
    options = ["--interface", "asgi", "--workers", "1", "--loop", "uvloop", "--http", "1", "--backlog", "2048"]
    command = ["-m", "granian", *options, "--log-level", "warning", "--port", str(port), application]
    return start_process(command, WEB_CORE, **env)


# Nobody signs in here, but a console does not start without.
SIGN_IN = {
    "ENTRA_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "ENTRA_CLIENT_ID": "11111111-2222-3333-4444-555555555556",
    "ENTRA_CLIENT_SECRET": "nobody-asks-for-it",
}


def console_at(port: int) -> subprocess.Popen[bytes]:
    return server("console.config.asgi:application", port, CONSOLE_URL=f"http://localhost:{port}", **SIGN_IN)


def wait_until_open(port: int, seconds: float = 30) -> float:
    """Seconds until something listens on `port`."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.monotonic() - began
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")


def wait_until_ready(port: int, seconds: float = 30) -> float:
    """Seconds until the console answers /livez."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            head, _body = asyncio.run(fetch(port, "GET", "/livez", {}))
            if b" 200 " in head[:20]:
                return time.monotonic() - began
        except (OSError, asyncio.IncompleteReadError):
            time.sleep(0.02)
    raise SystemExit("the console does not answer")


def stop(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)


class Meter:
    """CPU, memory and threads of a process and its children, from /proc."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def pids(self) -> list[int]:
        found, waiting = [], [self.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                waiting += [int(child) for child in task.read_text().split()]
        return found

    def cpu(self) -> float:
        ticks = 0
        for pid in self.pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def status(self, name: str) -> list[int]:
        pattern = re.compile(rf"^{name}:\s+(\d+)", re.M)
        texts = [Path(f"/proc/{pid}/status").read_text() for pid in self.pids()]
        return [int(found.group(1)) for text in texts if (found := pattern.search(text))]

    def rss(self) -> float:
        """Of the serving process: the largest one."""
        return max(self.status("VmRSS")) / 1024

    def threads(self) -> int:
        return sum(self.status("Threads"))

    def connections(self) -> int:
        """Open database connections: sockets on PostgreSQL, open handles of the file on SQLite."""
        if url := os.environ.get("DATABASE_URL"):
            import psycopg

            with psycopg.connect(url) as link:
                row = link.execute(
                    "select count(*) from pg_stat_activity where datname = current_database()"
                ).fetchone()
                return int(row[0]) - 1 if row else 0
        links = [os.readlink(fd) for pid in self.pids() for fd in Path(f"/proc/{pid}/fd").glob("*") if fd.exists()]
        return sum(link.endswith("console.sqlite3") for link in links)


async def measured(meter: Meter, work: Awaitable[list[Stream]], half: float) -> Round:
    """Run `work`; threads and memory are read in the middle of it, when all streams are open."""
    before = meter.cpu()
    running = asyncio.ensure_future(work)
    await asyncio.sleep(half)
    threads, connections, rss = meter.threads(), meter.connections(), meter.rss()
    streams = await running
    return Round(streams, meter.cpu() - before, rss, threads, connections)


# ---- The console's own side ------------------------------------------------------------------------------


def prepare(data_dir: str, seats: int) -> tuple[str, list[tuple[str, str]]]:
    """A database with one deployment and so many signed-in people; returns its id and (cookie, conversation) pairs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    from console.accounts.models import Role
    from console.inventory.models import Deployment, Resource
    from console.playground.models import Conversation
    from tests.factories import make_session, make_user

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    now = timezone.now()
    seen = {"first_seen": now, "last_seen": now}
    resource, _ = Resource.objects.get_or_create(
        arm_id="settings:bench", defaults={"name": "bench", "subdomain": "bench", "called_as": "key", **seen}
    )
    deployment, _ = Deployment.objects.get_or_create(
        resource=resource, name="claude-bench", defaults={"model_format": "Anthropic", "model": "claude-opus-5", **seen}
    )
    pairs = []
    for _number in range(seats):
        user = make_user((Role.PLAYGROUND,), oid=os.urandom(8).hex())
        conversation = Conversation.objects.create(owner=user, spoken_at=now)
        pairs.append((f"session={make_session(user)}", str(conversation.pk)))
    return str(deployment.pk), pairs


async def take_seat(port: int, cookie: str, conversation: str) -> Seat:
    _head, body = await fetch(port, "GET", f"/playground/{conversation}/", {"cookie": cookie})
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', body.decode())
    if found is None:
        raise SystemExit(f"the conversation page holds no form:\n{body.decode()[:2000]}")
    return Seat(cookie, conversation, found.group(1))


# ---- The table -------------------------------------------------------------------------------------------


def median(values: list[float]) -> float:
    return statistics.median(values)


def line(count: int, way: str, rounds: list[Round], base: list[Round], tokens: int) -> str:
    """One row: medians over the rounds; what is added is taken against `base` within each round."""
    added = [median([r.ttft(s) - b.ttft(0.5) for r, b in zip(rounds, base, strict=True)]) for s in (0.5, 0.95)]
    late = [median([r.late(s) for r in rounds]) for s in (0.5, 0.95)]
    cpu = median([r.cpu_per_10k(tokens) for r in rounds])
    return (
        f"{count:>7} {way:<8} {median([r.ttft(0.5) for r in rounds]):>9.1f} {added[0]:>+9.1f} {added[1]:>+9.1f} "
        f"{late[0]:>8.1f} {late[1]:>8.1f} {cpu:>9.2f} {max(r.rss for r in rounds):>8.0f} "
        f"{max(r.threads for r in rounds):>7} {max(r.connections for r in rounds):>6} {sum(r.lost for r in rounds):>5}"
    )


HEAD = (
    "streams way       ttft p50  +ttft50   +ttft95   late50   late95   cpu/10k      rss threads  dbcon  lost\n"
    "                        ms        ms        ms       ms       ms   seconds      MiB"
)


async def run(
    arguments: argparse.Namespace,
    upstream: tuple[int, str],
    relay: tuple[int, Meter],
    web: tuple[int, Meter],
    deployment: str,
    seats: list[Seat],
) -> None:
    print(HEAD)
    for count in arguments.streams:
        seconds = min(4.0, count / 25)
        half = seconds + arguments.tokens / arguments.rate / 2
        ways: dict[str, list[Round]] = {"direct": [], "relay": [], "console": []}
        for _round in range(arguments.rounds):
            direct = await spread(count, seconds, lambda _: plain(*upstream))
            ways["direct"].append(Round(direct))
            work = spread(count, seconds, lambda _: plain(relay[0], "/"))
            ways["relay"].append(await measured(relay[1], work, half))
            work = spread(count, seconds, lambda number: through_console(web[0], seats[number], deployment))
            ways["console"].append(await measured(web[1], work, half))
            await asyncio.sleep(1)
        for way, rounds in ways.items():
            print(line(count, way, rounds, ways["direct"], arguments.tokens), flush=True)
        ratios = [c.cpu / r.cpu for c, r in zip(ways["console"], ways["relay"], strict=True) if r.cpu]
        print(f"{'':>7} console / relay: CPU {median(ratios):.2f} x" if ratios else "")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=lambda text: [int(part) for part in text.split(",")], default=[1, 100, 300])
    parser.add_argument("--tokens", type=int, default=200)
    parser.add_argument("--rate", type=float, default=25.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--upstream", default="", help="a Messages endpoint's URL up to and including the resource")
    return parser.parse_args(argv)


def main(argv: list[str]) -> None:
    arguments = parse(argv)
    os.sched_setaffinity(0, {int(OTHER_CORE)})
    data_dir = tempfile.mkdtemp(prefix="console-bench-")
    os.environ |= {"DATA_DIR": data_dir, "STREAMS_PER_PROCESS": "2000"}
    processes = []
    try:
        port = free_port()
        base = arguments.upstream or f"http://127.0.0.1:{port}/bench"
        os.environ |= {
            "FOUNDRY_ENDPOINT": base.replace("/bench", "/{resource}"), "ANTHROPIC_FOUNDRY_RESOURCE": "bench",
            "ANTHROPIC_FOUNDRY_API_KEY": "bench-key-0123456789", "ANTHROPIC_FOUNDRY_DEPLOYMENTS": "claude-bench",
        }  # fmt: skip
        if not arguments.upstream:
            own = ["-m", "tests.bench.upstream", str(port), str(arguments.tokens), str(arguments.rate)]
            processes.append(start_process(own, OTHER_CORE))
            wait_until_open(port)
        path = f"{urlsplit(base).path}/anthropic/v1/messages"
        upstream = (urlsplit(base).port or 80, path)
        deployment, pairs = prepare(data_dir, max(4, *arguments.streams))
        relay_port, web_port = free_port(), free_port()
        url = f"http://127.0.0.1:{upstream[0]}{path}"
        relay = server("tests.bench.relay:application", relay_port, BENCH_UPSTREAM=url)
        web = console_at(web_port)
        processes += [relay, web]
        wait_until_open(relay_port)
        print(
            f"console: {wait_until_ready(web_port):.1f} s from start to ready, {Meter(web.pid).rss():.0f} MiB at rest"
        )
        asyncio.run(
            go(arguments, upstream, (relay_port, Meter(relay.pid)), (web_port, Meter(web.pid)), deployment, pairs)
        )
    finally:
        for process in processes:
            stop(process)


async def go(arguments: argparse.Namespace, upstream: tuple[int, str], relay: tuple[int, Meter], web: tuple[int, Meter],
             deployment: str, pairs: list[tuple[str, str]]) -> None:  # fmt: skip
    seats = [await take_seat(web[0], cookie, conversation) for cookie, conversation in pairs]
    await spread(4, 0.1, lambda _: plain(relay[0], "/"))
    await spread(4, 0.1, lambda number: through_console(web[0], seats[number % len(seats)], deployment))
    await run(arguments, upstream, relay, web, deployment, seats)


if __name__ == "__main__":
    main(sys.argv[1:])
