"""Bytes that are no decent request, from somebody who is not signed in (reference C1-9 to C1-14, V12, M39)."""

from __future__ import annotations

import os
import random
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import httpx
import pytest

from tests.console_process import ConsoleProcess
from tests.faults.measures import eventually, group, used
from tests.trust import TLS

pytestmark = pytest.mark.slow

MiB = 1024 * 1024
BODY = 200 * MiB
CHUNK = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
NOTHING = "00000000-0000-7000-8000-000000000000"
SEED = 20_261_122
NOISE = 600


@pytest.fixture(scope="module")
def console(world) -> Iterator[ConsoleProcess]:
    with ConsoleProcess(world) as running:
        yield running


@pytest.fixture(autouse=True)
def _it_lives(console):
    """After each of these the process is the same one, answers, and has nothing to report."""
    before, said = group(console.pieces["web"].pid), len(console.log())
    yield
    assert alive(console)
    assert group(console.pieces["web"].pid) == before
    news = console.log()[said:]
    assert "Traceback" not in news
    assert " error " not in news


def alive(console: ConsoleProcess) -> bool:
    pages = {"/livez": 200, "/signin/": 200, "/": 302}
    return all(
        httpx.get(f"{console.url}{page}", trust_env=False, verify=TLS).status_code == pages[page] for page in pages
    )


def send(console: ConsoleProcess, parts: Iterator[bytes], *, patience: float = 2.0) -> bytes:
    """Send until it is answered or refused; what came back until the line closed or fell silent."""
    with closing(socket.create_connection(("127.0.0.1", console.port), timeout=10)) as wire, suppress(OSError):
        with suppress(OSError):
            for part in parts:
                wire.sendall(part)
                if select.select([wire], [], [], 0)[0]:
                    break
        wire.settimeout(patience)
        received = b""
        with suppress(OSError):
            while b"\r\n\r\n" not in received and (data := wire.recv(65_536)):
                received += data
        return received
    return b""


def status(received: bytes) -> int:
    """0 of a line that was closed without a word."""
    return int(received.split()[1]) if received else 0


def endless(method: str, path: str) -> Iterator[bytes]:
    yield f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    for _ in range(BODY // 65_536):
        yield CHUNK


def spooled(console: ConsoleProcess) -> int:
    """Bytes in temporary files, deleted ones included."""
    sizes = 0
    for pid in group(console.pieces["web"].pid):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if "(deleted)" in os.readlink(entry):
                    sizes += entry.stat().st_size
    return sizes


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/nowhere/"),
        ("POST", "/signout/"),
        ("PUT", "/"),
        ("GET", "/signin/"),
        ("POST", "/csp-report"),
        ("POST", f"/playground/{NOTHING}/exchanges/"),
        ("GET", f"/playground/exchanges/{NOTHING}/stream/"),
    ],
)
def test_two_hundred_megabytes_from_nobody_are_refused_at_the_cap(method, path, console):
    before, began = used(console), time.monotonic()
    answers = [status(send(console, endless(method, path))) for _ in range(3)]
    assert answers == [413] * 3
    assert time.monotonic() - began < 15
    assert spooled(console) < MiB
    assert used(console).memory - before.memory < 60


def test_twenty_such_at_once_cost_the_memory_of_their_caps(console):
    before = used(console)
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: status(send(console, endless("POST", "/signout/"))), range(20)))
    assert set(answers) == {413}
    assert used(console).memory - before.memory < 80


STRANGE = [
    b"",
    b"\r\n\r\n",
    b"\x00" * 2000 + b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 300,  # a browser that speaks TLS
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"G\xc3\x89T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nno colon here\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\n folded: yes\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: \xff\xfe\x80\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: session=\xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nCookie: " + b"a=b; " * 10_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nAccept-Language: " + b"en," * 10_000 + b"\r\n\r\n",
    b"GET /" + b"../" * 10_000 + b"etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /static/%2e%2e/%2e%2e/secret-key HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /static/css/%00base.css HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET //evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /?" + b"a=b&" * 20_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"GET /?%=%&%zz=%u0000&[]=1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data\r\nContent-Length: 3\r\n\r\nabc",
    b"POST / HTTP/1.1\r\nHost: [::1]\r\nContent-Type: multipart/form-data;boundary=\xff\r\nContent-Length: 1\r\n\r\na",
    b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/x; charset=nothing\r\nContent-Length: 3\r\n\r\nabc",
    b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nExpect: nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-,0-,0-,-1,99999999999999-\r\n\r\n",
    b"GET /static/css/base.css HTTP/1.1\r\nHost: localhost\r\nRange: bytes=" + b"0-1," * 5000 + b"2-3\r\n\r\n",
    b"GET /static/css/base.css HTTP/1.1\r\nHost: localhost\r\nRange: bytes=9-1\r\n\r\n",
    b"GET /static/css/base.css HTTP/1.1\r\nHost: localhost\r\nIf-Modified-Since: yesterday\r\n\r\n",
]


@pytest.mark.parametrize("sent", STRANGE, ids=range(len(STRANGE)))
def test_what_is_no_request_is_refused_or_closed(sent, console):
    received = send(console, iter([sent]), patience=0.5)
    assert status(received) in {0, *range(200, 500), 501, 505}, received[:300]
    assert b"root:" not in received


@pytest.mark.parametrize(
    "big",
    [
        b"GET /" + b"a" * MiB + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * MiB + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\n",
        b"A" * 5 * MiB,
    ],
    ids=["address", "header", "headers", "line"],
)
def test_a_head_that_never_seems_to_end_is_refused(big, console):
    before = used(console)
    received = send(console, iter([big]), patience=1)
    assert status(received) in {0, 400, 414, 431}, received[:300]
    assert used(console).memory - before.memory < 30


def test_noise_is_refused_or_closed(console):
    """Requests with random bytes in random places, the same ones each time."""

    def one(number: int) -> int:
        return status(send(console, iter([noise(random.Random(SEED + number))]), patience=0.3))  # noqa: S311 - no secret

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(one, range(NOISE)))
    assert answers <= {0, *range(200, 500), 501, 505}, answers


def noise(chance: random.Random) -> bytes:
    request = bytearray(
        b"POST /signin/?next=/ HTTP/1.1\r\nHost: localhost\r\nCookie: session=abc; language=ko\r\nHX-Request: true\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\nConnection: close\r\n\r\na=b&c=d"
    )
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(request))
        match chance.randrange(3):
            case 0:
                request[at] = chance.randrange(256)
            case 1:
                del request[at : at + chance.randint(1, 8)]
            case _:
                request[at:at] = chance.randbytes(chance.randint(1, 40))
    return bytes(request)


def test_heads_that_never_end_hold_up_nobody(console):
    """Two hundred lines that send half a head and then nothing."""
    with_half = [socket.create_connection(("127.0.0.1", console.port), timeout=5) for _ in range(200)]
    try:
        for wire in with_half:
            wire.sendall(b"GET / HTTP/1.1\r\nHost: local")
        began = time.monotonic()
        assert alive(console)
        assert time.monotonic() - began < 3
    finally:
        before = used(console)
        for wire in with_half:
            wire.close()
    assert eventually(lambda: used(console).descriptors <= before.descriptors - 190)
