"""The request log with many rows: its own code on generated rows, beside the same work on a LiteLLM-shaped table.

    python -m tests.bench.log [--rows 1000000] [--database sqlite|postgres] [--seconds 10] [--cpu] [--filled]

The database is a fresh one in a temporary folder, or the empty one that DATABASE_URL names; with `--filled` the one
that an earlier run filled. What LiteLLM's table has (a
text primary key, JSON columns, indexes on time, key, end user and session) and how its page works (COUNT, OFFSET) is
imitated in tests/bench/log_theirs.py. Nothing is asserted: figures are printed beside their aims, and as ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson

ROWS = {"sqlite": 1_000_000, "postgres": 10_000_000}
DAYS, PAGE, DEEP = 395, 50, 1000
EXPORTED, INGESTED, REPORTED, SENDERS = 100_000, 3_000, 20_000, 4
DEPLOYMENTS, RESOURCES, PEOPLE, MODELS = 40, 20, 300, 6
LOADED_AT_ONCE = 5_000


# ---- Measuring -------------------------------------------------------------------------------------------


# On a busy machine SQLite, which works within this process, may be measured by the process's own time instead.
clock = time.perf_counter


def p95(milliseconds: Sequence[float]) -> float:
    ordered = sorted(milliseconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] if ordered else float("nan")


def timed(work: Callable[[Any], object], values: Iterable[Any], seconds: float) -> list[float]:
    """Milliseconds of each call, until the values or the seconds are used up; the first call warms up."""
    times, until = [], time.monotonic() + seconds
    for number, value in enumerate(values):
        began = clock()
        work(value)
        if number:
            times.append((clock() - began) * 1000)
        if time.monotonic() > until and times:
            break
    return times


class Table:
    """What was measured: ours, what we aim at, theirs, and how many times better ours is."""

    def __init__(self) -> None:
        print(f"\n{'':<58}{'ours':>11}{'aim':>9}{'theirs':>12}{'ratio':>8}")

    def line(self, name: str, ours: float, aim: float | None, theirs: float | None, unit: str) -> None:
        """`unit` is "ms" (less is better) or "rows/s" (more is)."""
        less = unit == "ms"
        ratio = (theirs / ours if less else ours / theirs) if theirs and ours else None
        missed = aim is not None and (ours > aim if less else ours < aim)
        digits = 1 if less else 0
        said = [f"{ours:,.{digits}f}", "" if aim is None else f"{aim:,g}"]
        said += ["–" if theirs is None else f"{theirs:,.{digits}f}", "" if ratio is None else f"{ratio:,.1f}x"]
        print(
            f"{name + ', ' + unit:<58}{said[0]:>11}{said[1]:>9}{said[2]:>12}{said[3]:>8}{'  MISSED' * missed}",
            flush=True,
        )


def told(what: str, began: float) -> None:
    print(f"  {what}: {time.monotonic() - began:,.1f} s", file=sys.stderr, flush=True)


# ---- Rows ------------------------------------------------------------------------------------------------


class World:
    """Who calls what how often: few people and deployments make most calls, few calls fail. The same in every run."""

    def __init__(self, rows: int, now: datetime) -> None:
        self.rows, self.now, self.chance = rows, now, random.Random(1)
        self.begins = now - timedelta(days=DAYS)
        self.step = timedelta(days=DAYS) / rows

    def calls(self) -> Iterator[dict[str, Any]]:
        """Every call, oldest first."""
        chance, bits = self.chance, self.chance.getrandbits
        people = [(f"Person {n:03}", f"tenant/{n:03}", n % DEPLOYMENTS, n * 7 % DEPLOYMENTS) for n in range(PEOPLE)]
        shares = [1 / (n + 3) for n in range(PEOPLE)]
        endings = [("succeeded", 200, ""), ("failed", 429, "rate_limit_error"), ("failed", 529, "overloaded_error"),
                   ("failed", 401, "authentication_error"), ("cancelled", 200, ""), ("truncated", 200, ""),
                   ("refused", 200, ""), ("unknown_billing", None, "")]  # fmt: skip
        weights = [950, 20, 12, 3, 7, 3, 4, 1]
        block = 10_000
        for start in range(0, self.rows, block):
            who = chance.choices(people, shares, k=block)
            how = chance.choices(endings, weights, k=block)
            for number in range(start, min(start + block, self.rows)):
                person, key, usual, other = who[number - start]
                deployment = usual if bits(2) else other
                health = not number % 6
                outcome, status, error = how[number - start]
                moment = self.begins + self.step * number
                milliseconds = int(moment.timestamp() * 1000)
                yield {
                    "id": f"{milliseconds:012x}7{bits(12):03x}{8 | bits(2):x}{bits(60):015x}",
                    "call_id": f"{bits(128):032x}", "source": "health" if health else "playground",
                    "person": "" if health else person, "person_key": "" if health else key,
                    "subject_id": dashed(f"{bits(128):032x}"), "conversation_id": dashed(f"{bits(128):032x}"),
                    "correlation_id": f"{bits(128):032x}", "resource": f"resource-{deployment % RESOURCES:02}",
                    "deployment": f"claude-{deployment:02}", "model": f"claude-model-{deployment % MODELS}",
                    "outcome": outcome, "http_status": status, "error_type": error,
                    "request_id": f"req_{bits(128):032x}"[:28], "apim_request_id": dashed(f"{bits(128):032x}"),
                    "message_id": f"msg_{bits(128):032x}"[:28], "started_at": moment,
                    "input_tokens": 200 + bits(12), "output_tokens": bits(11),
                    "duration_ms": 900 + bits(13), "ttft_ms": 300 + bits(9),
                }  # fmt: skip


def dashed(digits: str) -> str:
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


@cache
def unsaid() -> dict[str, Any]:
    """Every column of the log that the database does not make itself, empty."""
    from console.requestlog.models import RequestRecord

    made = [field for field in RequestRecord._meta.concrete_fields if not field.generated]
    return {field.column: None if field.null else "" for field in made}


def our_row(call: dict[str, Any], written: Callable[[datetime], str]) -> dict[str, Any]:
    """A row of the log; what no call here has is empty."""
    return unsaid() | call | {
        "attempt": 1, "operation": "messages", "subscription_id": "", "region": "koreacentral", "hosting": "azure",
        "called_as": "console", "api_version": "2026-10-21", "state": "over", "error_code": "", "error_message": "",
        "kind": call["error_type"].removesuffix("_error"), "phase": "headers" if call["error_type"] else "",
        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0, "thinking_tokens": None, "retry_after": None,
        "stop_reason": "end_turn",
        "started_at": written(call["started_at"]), "headers_ms": 280, "owner": "", "lease_until": None,
        "finished_at": written(call["started_at"] + timedelta(milliseconds=call["duration_ms"])),
    }  # fmt: skip


def stamp(moment: datetime) -> str:
    """As both databases take a time."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def load(table: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
    """Write rows as fast as the database takes them: COPY, or many inserts a transaction."""
    from django.db import connection, transaction

    names = ", ".join(f'"{name}"' for name in columns)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" ({names}) FROM STDIN') as copy:
            while block := list(itertools.islice(rows, LOADED_AT_ONCE)):
                copy.write("".join("\t".join(["\\N" if v is None else str(v) for v in row]) + "\n" for row in block))
        return
    places = ", ".join("%s" for _ in columns)
    while block := list(itertools.islice(rows, LOADED_AT_ONCE)):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({places})', block)


def settle_down(*tables: str) -> None:
    """What PostgreSQL does by itself in time: statistics, and the map of visible rows. SQLite does nothing."""
    from django.db import connection

    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f'VACUUM (ANALYZE) "{table}"')


def fill_ours(world: World) -> None:
    """The log, its indexes made when the rows are there, and the sums of the last 60 days."""
    from django.db import connection

    from console.requestlog import rollup
    from console.requestlog.models import RequestRecord, RollupProgress

    indexes, began = RequestRecord._meta.indexes, time.monotonic()
    with connection.schema_editor() as editor:
        for index in indexes:
            editor.remove_index(RequestRecord, index)
    columns = list(our_row(next(World(1, world.now).calls()), stamp))
    load(RequestRecord._meta.db_table, columns, (tuple(our_row(call, stamp).values()) for call in world.calls()))
    told(f"{world.rows:,} rows of ours", began)
    began = time.monotonic()
    for index in indexes:
        with connection.schema_editor() as editor:
            editor.add_index(RequestRecord, index)
    settle_down(RequestRecord._meta.db_table)
    told(f"{len(indexes)} indexes", began)
    began = time.monotonic()
    RollupProgress.objects.update_or_create(
        name="hours", defaults={"folded_until": rollup.hour_of(world.now - timedelta(days=60))}
    )
    while rollup.roll_up(world.now) >= rollup.MOST_HOURS:
        pass
    settle_down("requestlog_hourlyrollup")
    told("60 days rolled up", began)


# ---- Ours ------------------------------------------------------------------------------------------------


def write(count: int) -> None:
    """Log `count` calls as the console logs its own: a row that is committed before the call, and then its end."""
    from console.requestlog import recorder
    from console.requestlog.models import Outcome, Source

    facts = recorder.Facts(source=Source.OTHER, resource="resource-00", deployment="claude-00", model="claude-model-0")
    for _ in range(count):
        pk = recorder.open_attempt(facts, call_id=uuid4())
        recorder.settle(pk, recorder.Ended(Outcome.SUCCEEDED, 1200, http_status=200))


def reports(world: World) -> Iterator[bytes]:
    """Calls as an application reports them: JSON Lines, as many a report as one may hold."""
    from console.requestlog.intake import MOST_ROWS

    said = ("resource", "deployment", "model", "person", "request_id", "apim_request_id", "message_id", "outcome",
            "http_status", "error_type", "input_tokens", "output_tokens", "ttft_ms", "duration_ms")  # fmt: skip
    calls, began = world.calls(), {"started_at": world.now.isoformat()}
    while block := list(itertools.islice(calls, MOST_ROWS)):
        yield b"".join(orjson.dumps(began | {name: call[name] for name in said}) + b"\n" for call in block)


class Ours:
    """The log's own code, asked as its pages ask it."""

    def __init__(self, samples: list[dict[str, str]]) -> None:
        from tests.factories import make_user, signed_in_client

        self.samples = samples
        self.admin = make_user(("Admin",), oid=str(uuid4()))
        self.client = signed_in_client(self.admin)

    def records(self, query: dict[str, str]) -> Any:
        from console.requestlog.filters import read

        return read(query).records(self.admin)

    def first_page(self, query: dict[str, str], cursor: str = "") -> Any:
        from console.requestlog.filters import read
        from console.requestlog.walking import walk

        return walk(read(query), self.admin, cursor, PAGE).page

    def statement(self, text: str) -> tuple[str, tuple[Any, ...]]:
        """What a search asks the database."""
        sql, values = self.records({"q": text}).order_by("-id")[: PAGE + 1].query.sql_with_params()
        return sql, values

    def look_up(self, statement: tuple[str, tuple[Any, ...]]) -> None:
        from tests.bench.log_theirs import ask

        if not ask(*statement):
            raise SystemExit(f"not found: {statement}")

    def look_up_or_not(self, text: str) -> None:
        """A look-up while rows go."""
        self.first_page({"q": text})

    def open_page(self, address: str) -> None:
        """The page with everything around it, in process: from the address to the last byte of HTML."""
        answer = self.client.get(address, follow=True, SERVER_NAME="localhost")
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status_code}")

    def take_in(self, bodies: Sequence[bytes], senders: int = 1) -> None:
        """Reports of an application, through the door for them; shared among so many that send at the same time."""
        from console.requestlog import applications

        _made, key = applications.add(self.admin, name=f"bench {uuid4().hex[:8]}", entra_app_id=None)
        if senders == 1:
            return self.send(bodies, key)
        with ThreadPoolExecutor(senders) as pool:
            list(pool.map(lambda first: self.send(bodies[first::senders], key, own=True), range(senders)))
        return None

    def send(self, bodies: Sequence[bytes], key: str, *, own: bool = False) -> None:
        """One report after the other; on a connection of its `own` that ends with it, or on this thread's."""
        from django.db import connection

        for body in bodies:
            answer = self.client.post(
                "/api/requests", body, content_type="application/x-ndjson", SERVER_NAME="localhost",
                headers={"authorization": f"Bearer {key}"},
            )  # fmt: skip
            if answer.status_code != 200:
                raise SystemExit(f"the report was not taken: {answer.status_code} {answer.content[:300]!r}")
        if own:
            connection.close()

    def cursor_of_page(self, number: int) -> str:
        """Where a page begins, found by counting; not part of any measurement."""
        from console.requestlog.models import RequestRecord
        from console.web.paging import cursor_at

        before = RequestRecord.objects.order_by("-id")[(number - 1) * PAGE - 1]
        return cursor_at(before, ("-id",), backwards=False)

    def pairs(self) -> list[dict[str, str]]:
        """Any two filters, with values that are common and values that are rare."""
        now = datetime.now(UTC)
        values = {
            "deployment": ["claude-00", "claude-37"], "resource": ["resource-00", "resource-17"],
            "person": ["Person 000", "tenant/299"], "outcome": ["succeeded", "failed", "unknown_billing"],
            "source": ["playground", "health"], "status": ["4xx", "5xx", "none"],
            "since": [stamp(now - timedelta(days=7))[:10]], "until": [stamp(now - timedelta(days=200))[:10]],
        }  # fmt: skip
        return [
            {one: a, other: b}
            for one, other in itertools.combinations(values, 2)
            for a, b in itertools.product(values[one], values[other])
        ]

    async def export(self, most: int) -> int:
        from console.requestlog.export import csv_lines

        rows = 0
        async for lines in csv_lines(self.records({})):
            rows += lines.count(b"\n")
            if rows >= most:
                break
        return rows


def slowest(pairs: list[dict[str, str]], times: list[float]) -> None:
    """Name the pairs behind the 95th percentile, so that one knows where to look."""
    worst = sorted(zip(times, pairs[1:], strict=False), key=lambda one: -one[0])[:4]
    for milliseconds, query in worst:
        print(f"  {milliseconds:,.1f} ms: {query}", file=sys.stderr)


# ---- Purging while people read ------------------------------------------------------------------------------


def purge(days: int) -> None:
    """What beat starts, again and again until nothing is left; runs in a process of its own."""
    from console.jobs import purging
    from console.jobs.models import Keeping
    from console.requestlog import retention

    Keeping.objects.update_or_create(pk="requests", defaults={"days": days})
    while (report := purging.run("requests", retention.batches)) and report.rest_left:
        pass


def while_purging(
    whose: str, read: Callable[[Any], object], values: Sequence[Any], seconds: float
) -> tuple[list[float], float]:
    """Reads while a month is deleted, for at most `seconds`: their milliseconds, and rows deleted a second."""
    command = [sys.executable, "-m", "tests.bench.log", f"--purge={whose}"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    times: list[float] = []
    try:
        assert child.stdout is not None
        child.stdout.readline()  # it is up
        counted, began = count_of(whose), time.monotonic()
        for value in itertools.cycle(values):
            if child.poll() is not None or time.monotonic() - began > seconds:
                break
            times += timed(read, [value, value], 0)
    finally:
        child.kill()
        child.wait()
    return times, (counted - count_of(whose)) / (time.monotonic() - began)


def count_of(whose: str) -> int:
    from django.db import connection

    from console.requestlog.models import RequestRecord
    from tests.bench import log_theirs

    table = RequestRecord._meta.db_table if whose == "ours" else log_theirs.TABLE
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT COUNT(*) FROM "{table}"')
        return int(cursor.fetchone()[0])


# ---- The run -----------------------------------------------------------------------------------------------


def measure(arguments: argparse.Namespace) -> None:
    from django.core.cache import cache
    from django.core.management import call_command
    from django.db import connection

    from tests.bench import log_theirs

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    world, theirs = World(arguments.rows, datetime.now(UTC)), log_theirs.Theirs()
    if not arguments.filled:
        fill_ours(world)
        began = time.monotonic()
        theirs.fill(World(arguments.rows, world.now))
        told("the same rows of theirs", began)

    samples, seconds = sampled(), arguments.seconds
    ours, table = Ours(samples), Table()
    print(f"{connection.vendor}, {arguments.rows:,} rows")
    for name in ("request_id", "apim_request_id"):
        ids = [row[name] for row in samples]
        mine = timed(ours.look_up, [ours.statement(one) for one in ids], seconds)
        other = timed(getattr(theirs, f"by_{name}"), ids, seconds)
        table.line(f"look-up by {name.replace('_', '-')} in the database, p95", p95(mine), 5, p95(other), "ms")
    addresses = [f"/requests/?q={row['apim_request_id']}" for row in samples]
    table.line("look-up as a whole page, p95", p95(timed(ours.open_page, addresses, seconds)), 60, None, "ms")

    pairs = ours.pairs()
    random.Random(2).shuffle(pairs)
    first, mine = (timed(ours.first_page, pairs, 6 * seconds) for _ in range(2))
    other = timed(theirs.first_page, pairs, 2 * seconds)
    table.line(f"first page with two filters ({len(mine)} pairs), p95", p95(mine), 100, p95(other), "ms")
    table.line("… asked for the first time, part of it from the disk, p95", p95(first), 100, None, "ms")
    table.line("first page with two filters, median", statistics.median(mine), None, statistics.median(other), "ms")
    held = [bool(ours.first_page(query).rows) for query in pairs[1 : len(mine) + 1]]
    some = [milliseconds for milliseconds, any_row in zip(mine, held, strict=True) if any_row]
    table.line(f"… of those {len(some)} that find something, p95", p95(some), 100, None, "ms")
    slowest(pairs, mine)
    addresses = [f"/requests/?{urlencode(query)}" for query in pairs]
    table.line("first page as a whole page, p95", p95(timed(ours.open_page, addresses, 2 * seconds)), 100, None, "ms")

    second, deep = ours.cursor_of_page(2), ours.cursor_of_page(min(DEEP, arguments.rows // PAGE - 1))
    near = statistics.median(timed(lambda cursor: ours.first_page({}, cursor), [second] * 50, seconds))
    far = statistics.median(timed(lambda cursor: ours.first_page({}, cursor), [deep] * 50, seconds))
    table.line("page 2, median", near, None, statistics.median(timed(theirs.page, [2] * 20, seconds)), "ms")
    table.line("page 1,000, median", far, near * 1.5, statistics.median(timed(theirs.page, [DEEP] * 20, seconds)), "ms")

    def charts(_: int) -> None:
        cache.clear()
        ours.open_page("/usage/?period=30d")

    table.line(
        "charts over 30 days as a whole page, p95",
        p95(timed(charts, range(30), seconds)), 150, p95(timed(theirs.charts, range(10), seconds)), "ms",
    )  # fmt: skip

    began = clock()
    rate = asyncio.run(ours.export(min(EXPORTED, arguments.rows))) / (clock() - began)
    table.line("export as CSV", rate, 20_000, theirs.export_rate(min(EXPORTED, arguments.rows)), "rows/s")

    bodies = list(reports(World(2 * REPORTED, world.now)))
    half = len(bodies) // 2
    for senders, some, name in ((SENDERS, bodies[:half], f"{SENDERS} at a time"), (1, bodies[half:], "one by one")):
        began = clock()
        ours.take_in(some, senders)
        rate = REPORTED / (clock() - began)
        other = theirs.ingest_rate(World(REPORTED, world.now)) if senders == 1 else None
        table.line(f"ingest in reports of 1,000, {name}", rate, 2_000, other, "rows/s")
    began = clock()
    write(INGESTED)
    table.line("ingest of our own calls, one by one", INGESTED / (clock() - began), None, None, "rows/s")

    reads = [row["request_id"] for row in samples]
    for whose, read in (("ours", ours.look_up_or_not), ("theirs", theirs.by_request_id)):
        quiet = p95(timed(read, reads, seconds))
        busy, deleted = while_purging(whose, read, reads, 6 * seconds)
        print(
            f"{whose}: purging {deleted:,.0f} rows/s; reads meanwhile p95 {p95(busy):.2f} ms of {len(busy)}, "
            f"{p95(busy) / quiet:.1f} x the {quiet:.2f} ms of a quiet moment (aim 2 x)"
        )


def sampled() -> list[dict[str, str]]:
    """Both IDs of rows from the whole age of the log."""
    from console.requestlog.models import RequestRecord
    from console.web.ids import first_id_at

    chance, now = random.Random(3), datetime.now(UTC)
    moments = [now - timedelta(days=chance.uniform(0.01, DAYS - 40)) for _ in range(400)]
    rows = (RequestRecord.objects.filter(pk__gte=first_id_at(moment)).order_by("pk") for moment in moments)
    return [row.values("request_id", "apim_request_id")[0] for row in rows]


def main(arguments: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory(prefix="console-bench-") as folder:
        os.environ.setdefault("DATA_DIR", folder)
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
        os.environ.setdefault("LOG_LEVEL", "ERROR")
        import django

        django.setup()
        if arguments.purge:
            print("up", flush=True)
        if arguments.purge == "ours":
            purge(DAYS - 30)
        elif arguments.purge == "theirs":
            from tests.bench import log_theirs

            log_theirs.purge(datetime.now(UTC) - timedelta(days=DAYS - 30))
        else:
            measure(arguments)
        let_go()


def let_go() -> None:
    """Hold no connection: a server that is told to end waits for them."""
    from django.db import connection

    connection.close()
    if connection.vendor == "postgresql":
        connection.close_pool()


def database(kind: str) -> Any:
    """A PostgreSQL of our own, unless DATABASE_URL names one or SQLite is wanted."""
    from tests.production_servers import postgres

    return postgres() if kind == "postgres" and "DATABASE_URL" not in os.environ else nullcontext("")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--database", choices=ROWS, default="postgres" if "DATABASE_URL" in os.environ else "sqlite")
    parser.add_argument("--seconds", type=float, default=10, help="for each measurement, about")
    parser.add_argument("--filled", action="store_true", help="the database is filled already")
    parser.add_argument("--cpu", action="store_true", help="count this process's own time (SQLite on a busy machine)")
    parser.add_argument("--purge", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    clock = time.process_time if given.cpu else clock
    given.rows = given.rows or ROWS[given.database]
    with database(given.database) as url:
        if url:
            os.environ["DATABASE_URL"] = url
        main(given)
