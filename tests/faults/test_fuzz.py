"""Thousands of requests with strange texts in every place, by someone who may do everything (M37, M38).

Each has a number; `one(number)` is the same request again. Nothing is a 500, and nothing is an error in the log.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from html import unescape
from urllib.parse import quote, quote_plus
from uuid import UUID

import httpx
import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests import files
from tests.console_process import ROOT, ConsoleProcess, Person, csrf, option
from tests.test_role_matrix import MATRIX, METHODS

pytestmark = pytest.mark.slow

REQUESTS = 2000
SEED = 42
EVERYTHING = ["Admin", "Playground", "Support", "Viewer", "PromptReader"]
# They end the session the rest is asked with, or have an answer of their own for machines.
LEFT_OUT = {"signout", "own_sessions", "end_sessions", "readyz"}
# Whose ids an address takes, by how it begins.
TABLES = {
    "/inventory/resources/": "inventory_resource", "/inventory/deployments/": "inventory_deployment",
    "/health/": "inventory_deployment", "/playground/exchanges/": "playground_exchange",
    "/playground/prompts/": "prompts_prompt", "/playground/attachments/": "playground_attachment",
    "/prompts/": "prompts_prompt",
    "/playground/": "playground_conversation", "/requests/": "requestlog_requestrecord", "/jobs/": "jobs_job",
    "/settings/people/": "accounts_user",
}  # fmt: skip
# Words in the source that read a field of a query or a form.
READS = re.compile(r"""(?:GET|POST|params|query|data|wanted|get)(?:\.get|\.getlist)?[(\[]"([a-z_]{1,20})\"""")

PART = re.compile(r"<(\w+):\w+>")
# Words that mean something somewhere, moments, numbers, and text that breaks what is built carelessly.
WORDS = (
    "0 -1 1 1e309 NaN ٣ 0x10 true null [] {} on all key ready claude succeeded failed playground health person ko dark "
    "enter req_011CQ 24h -24h 999999999999d 2026-13-45 2026-02-30T25:61 0001-01-01T00:00:00Z 10000-01-01 1970-01-01 "
    "9999-12-31T23:59:59.999999-23:59 00000000-0000-0000-0000-000000000000 eyJhIjoxfQ W10 e30 WzFd WyJhIiwiYiJd "
    "' \" \\ % %s %% $ * ( [ ? + = & ; - _ . .. ~ a=b a=b&c ../../etc/passwd //evil.example/ javascript:alert(1)"
)
BROKEN = (
    "", " ", "9" * 400, "f" * 32, "F" * 36, "AAAA" * 50, "a" * 300, "a" * 9000, "é" * 121, "한글 " * 200, "👩‍👧" * 100,
    "\0", "a\0b", "\ud800", "\r\nSet-Cookie: a=b", "\u2028", "\u202e", "' OR 1=1 --", "{{ 7*7 }}", "{% now %}",
    "<script>alert(1)</script>",
)  # fmt: skip
TEXTS = [text.encode("utf-8", "surrogatepass") for text in (*WORDS.split(), *BROKEN)] + [b"\xff\xfe", b"\xc3"]


@dataclass(frozen=True)
class Route:
    """An address such as `/health/<uuid:pk>/`, what its view takes, the rows it may name, the fields its room reads."""

    path: str
    methods: list[str]
    table: str
    names: list[str]


@dataclass
class Ground:
    """What a request is made of: routes, ids by table, slugs, names of fields, usual fields, places in lists."""

    routes: list[Route]
    ids: dict[str, list[str]]
    slugs: list[str]
    names: list[str]
    usual: list[tuple[str, bytes]]
    cursors: list[bytes]
    token: str


@pytest.fixture(scope="module")
def console(world) -> Iterator[ConsoleProcess]:
    world.reset()
    world.switch("roles", person="ada", roles=EVERYTHING)
    with ConsoleProcess(world) as running:
        yield running


@pytest.fixture(scope="module")
def ada(console) -> Person:
    return console.sign_in("ada")


@pytest.fixture(scope="module")
def ground(console, ada) -> Ground:
    """A console in which something of everything exists."""
    for deployment in ("claude-steady", "claude-short", "claude-throttled-day", "claude-unicode") * 3:
        ada.ask("Tell me about <b>herons</b>.", deployment).to_the_end()
    for number in range(3):
        ada.attach(ada.new_conversation(), f"heron {number}.png", files.png())
    ada.post("/inventory/sync/")
    ada.post("/health/checks/")
    for text in ("Tell me about herons.", "Tell {{who}} about {{what}}."):
        ada.post("/prompts/new/", title=f"Herons {len(text)}", text=text, reach="everyone")
    pages = [ada.page(path) for path in ("/", "/requests/", "/requests/errors/", "/help/", "/health/", "/inventory/",
                                         "/playground/", "/account/", "/settings/audit/", "/prompts/new/")]  # fmt: skip
    text = unescape("".join(pages))
    shown = set(re.findall(r'name="(\w+)"', text)) | set(re.findall(r"[?&](\w+)=", text))
    steady = option(ada.page("/playground/"), "claude-steady").encode()
    return Ground(
        routes=list(routes()),
        ids={table: ids(console, table) for table in TABLES.values()},
        slugs=re.findall(r'href="/(?:help|requests/errors)/([\w-]+)/"', text),
        names=sorted(shown - {"csrfmiddlewaretoken"}),
        usual=[
            ("message", b"Hello."),
            ("deployment", steady),
            ("called_as", b"console"),
            ("max_tokens", b"9"),
        ],
        cursors=[cursor.encode() for cursor in re.findall(r"(?:cursor|before|older)=([\w%.~-]+)", text)],
        token=csrf(ada.page("/playground/")),
    )


def ids(console: ConsoleProcess, table: str) -> list[str]:
    return [str(UUID(str(row["id"]))) for row in console.rows(f"select id from {table}")]  # noqa: S608


def routes(resolver: URLResolver | None = None, before: str = "/", names: str = "") -> Iterator[Route]:
    """Every route that the resolver knows."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, path, f"{names}{entry.namespace}:" if entry.namespace else names)
        elif isinstance(entry, URLPattern) and entry.name not in LEFT_OUT:
            name = f"{names}{entry.name}"
            taken = {**MATRIX[name].statuses} if name in MATRIX else {"GET": 200, "POST": 302}
            table = next((table for start, table in TABLES.items() if path.startswith(start)), "")
            yield Route(path, list(taken), table, fields_of(entry.callback.__module__.split(".")[1]))


@cache
def fields_of(room: str) -> list[str]:
    """Names of fields that a room's source reads."""
    sources = [path.read_text() for path in (ROOT / "console" / room).rglob("*.py")]
    return sorted({name for source in sources for name in READS.findall(source)} | {"cursor"})


def test_no_request_is_a_fault_of_ours(console, ada, ground):
    assert len(ground.routes) > 35
    assert all(ground.ids.values())
    assert len(ground.names) > 20
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda number: one(number, ada, ground), range(REQUESTS)))
    wrong = [answer for answer in answers if answer[1] >= 500]
    assert wrong == [], console.log()[-4000:]
    assert {status for _request, status in answers} >= {200, 302, 400, 403, 404, 405}
    assert "Traceback" not in console.log()
    assert " error " not in console.log()
    assert ada.page("/"), "still signed in, still served"


def one(number: int, ada: Person, ground: Ground) -> tuple[str, int]:
    """Send the request with this number; what it was, and its status."""
    chance = random.Random(SEED * 1_000_000 + number)  # noqa: S311 - no secret
    route = chance.choices(ground.routes, [0.1 if "deletion" in route.path else 1 for route in ground.routes])[0]
    path = address(chance, ground, route)
    method = chance.choice(route.methods if chance.random() < 0.9 else METHODS)
    body = form(chance, ground, route) if method in ("POST", "PUT") else b""
    headers = strange_headers(chance)
    if method == "POST" and chance.random() < 0.95:
        headers.append((b"X-CSRFToken", ground.token.encode()))
    said = f"{number}: {method} {path} {headers} {body[:300]!r}"
    url = httpx.URL(ada.http.base_url).copy_with(raw_path=path.encode("ascii"))
    try:
        with ada.http.stream(method, url, headers=headers, content=body, timeout=30) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
            return said, answer.status_code
    except httpx.HTTPError as fault:
        return f"{said} {fault!r}", 599


def address(chance: random.Random, ground: Ground, route: Route) -> str:
    """A route with its parts filled, mostly with what exists, and a query."""

    def part(found: re.Match[str]) -> str:
        # Of rooms in which nothing was made, an id of another one: it is nowhere there.
        known = ground.ids[route.table or "requestlog_requestrecord"] if found[1] == "uuid" else ground.slugs
        return chance.choice(known) if chance.random() < 0.9 else quote(chance.choice(TEXTS), safe="")

    path = PART.sub(part, route.path)
    if chance.random() < 0.03:
        path += quote(chance.choice(TEXTS), safe="/")
    query = pairs(chance, ground, route).decode("ascii")
    return f"{path}?{query}" if query and chance.random() < 0.8 else path


def pairs(chance: random.Random, ground: Ground, route: Route) -> bytes:
    """Up to six fields, mostly those that are read there, with strange values."""
    names = [chance.choice(route.names if chance.random() < 0.6 else ground.names) for _ in range(chance.randint(0, 6))]
    chosen = [(name, value(chance, ground)) for name in names]
    return "&".join(f"{name}={quote_plus(text)}" for name, text in chosen).encode()


def form(chance: random.Random, ground: Ground, route: Route) -> bytes:
    """Often one that is right but for a field or two: the last of two with one name counts."""
    if chance.random() < 0.4:
        return pairs(chance, ground, route)
    usual = [*ground.usual, ("submission_id", b"%d" % chance.randrange(10**9))]
    first = "&".join(f"{name}={quote_plus(text)}" for name, text in usual)
    return first.encode() + (b"&" + pairs(chance, ground, route) if chance.random() < 0.7 else b"")


def value(chance: random.Random, ground: Ground) -> bytes:
    match chance.randrange(10):
        case 0:
            return chance.choice(chance.choice(list(ground.ids.values()))).encode()
        case 1:
            return chance.choice(ground.slugs).encode()
        case 2 if ground.cursors:
            cursor = bytearray(chance.choice(ground.cursors))
            cursor[chance.randrange(len(cursor))] = chance.randrange(33, 127)
            return bytes(cursor)
        case 3:
            return chance.randbytes(chance.randint(1, 40))
        case 4:
            return chance.choice(TEXTS) + chance.choice(TEXTS)
        case _:
            return chance.choice(TEXTS)


def strange_headers(chance: random.Random) -> list[tuple[bytes, bytes]]:
    """Some of what our views and middleware read, with texts that may stand in a header."""
    names = (b"HX-Request", b"HX-Current-URL", b"HX-Target", b"Last-Event-ID", b"Accept-Language", b"User-Agent",
             b"Content-Type", b"If-Modified-Since", b"Range", b"Referer", b"Accept")  # fmt: skip
    usual = {b"HX-Request": b"true", b"Content-Type": b"application/x-www-form-urlencoded"}
    chosen = [(b"Content-Type", usual[b"Content-Type"])] if chance.random() < 0.95 else []
    for name in chance.sample(names, chance.randint(0, 3)):
        text = usual.get(name, b"") if chance.random() < 0.7 else chance.choice(TEXTS)
        if name.lower() not in (one.lower() for one, _ in chosen):
            chosen.append((name, re.sub(rb"[\x00-\x1f\x7f]", b"", text)[:4000].strip()))
    return chosen
