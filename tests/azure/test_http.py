"""The HTTP layer against byte scripts on real sockets: clocks, caps, hosts, certificates, cuts, header tricks."""

from __future__ import annotations

import asyncio
import gzip
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.azure.errors import AzureError, Rejected, TimedOut, Truncated, Unavailable, Unreachable, Unreadable
from console.azure.headers import PrivateHeaders
from console.azure.http import Answer, Clocks, Http, hosts_of
from tests.azure.certificates import Authority
from tests.azure.disclosure import assert_not_shown
from tests.azure.wire import Exchange, Script, serving

LOOPBACK = frozenset({"127.0.0.1", "localhost"})
KEY = "sentinel-key-4711"
SHORT = Clocks(connect=0.3, first_byte=0.3, idle=0.3, total=0.8)


def key_headers() -> PrivateHeaders:
    return PrivateHeaders({"api-key": KEY, "content-type": "application/json"})


async def post(script: Script, *, body: bytes = b"{}", clocks: Clocks = SHORT, **options: Any) -> Answer:
    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=clocks) as http:
        return await http.json("POST", server.url, headers=key_headers(), body=body, **options)


async def failure(script: Script, **options: Any) -> AzureError:
    with pytest.raises(AzureError) as caught:
        await post(script, **options)
    assert_not_shown(caught.value, KEY)
    return caught.value


# ---- What goes out --------------------------------------------------------------------------------------------


async def test_it_asks_for_nothing_encoded_and_keeps_no_cookie() -> None:
    heads: list[str] = []

    async def script(exchange: Exchange) -> None:
        for _ in range(2):
            await exchange.read()
            heads.append(exchange.head.decode().lower())
            await exchange.answer("200 OK", {"set-cookie": "who=me; path=/"}, b"{}")

    async with serving(script) as server, Http(hosts=LOOPBACK) as http:
        for _ in range(2):
            await http.json("POST", server.url, headers=key_headers(), body=b"{}")
    assert len(heads) == 2
    assert all("accept-encoding: identity\r\n" in head and "cookie" not in head for head in heads)
    assert all(f"api-key: {KEY}\r\n" in head and "transfer-encoding" not in head for head in heads)


@pytest.mark.parametrize("size", [0, 1, 32_768, 32_769, 3_000_000])
async def test_a_body_of_any_size_arrives_whole_with_its_length(size: int) -> None:
    sent = bytes(n % 251 for n in range(size))

    async def script(exchange: Exchange) -> None:
        assert await exchange.read() == sent
        await exchange.answer("200 OK", {}, b"{}")

    answer = await post(script, body=sent, clocks=Clocks())
    assert answer.json() == {}


async def test_proxies_and_ca_files_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    async def trap(exchange: Exchange) -> None:
        await exchange.read_head()

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {}, b"{}")

    async with serving(trap) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert (await post(script)).status == 200
        assert proxy.connections == 0


async def test_a_proxy_that_is_set_is_used_and_one_that_is_away_is_named() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        assert exchange.head.startswith(b"POST http://localhost:9/x HTTP/1.1")
        await exchange.answer("200 OK", {}, b"{}")

    async with serving(script) as proxy, Http(hosts=LOOPBACK, proxy=proxy.url) as http:
        assert (await http.json("POST", "http://localhost:9/x", headers=key_headers(), body=b"{}")).status == 200
    async with Http(hosts=LOOPBACK, proxy="http://127.0.0.1:1") as http:
        with pytest.raises(Unreachable) as away:
            await http.json("GET", "http://localhost:9/x", headers=key_headers())
    assert (away.value.kind, away.value.phase) == ("proxy", "connect")
    assert_not_shown(away.value, KEY)


@pytest.mark.parametrize("value", ["line\r\nbreak", "nul\x00", "한글", "\ud800", "x" * 100_000])
async def test_a_header_that_http_cannot_carry_is_not_sent(value: str) -> None:
    async with Http(hosts=LOOPBACK) as http:
        with pytest.raises(Rejected) as refused:
            await http.json("GET", "http://127.0.0.1:1/", headers=PrivateHeaders({"api-key": value}))
    assert refused.value.phase == "connect"
    assert_not_shown(refused.value, value[:9])


# ---- Where it goes: V7 and its kin --------------------------------------------------------------------------------

FORBIDDEN = [
    "https://{trap}/", "http://{trap}/", "https://evil.example/", "http://allowed.example/", "https://{trap}#",
    "https://{trap}?x=", "https://user@{trap}/", "https://allowed.example@{trap}/", "https://allowed.example:443@{trap}/",
    "https://{trap}:80@allowed.example/", "https://u:p@allowed.example/", "https://allowed.example\\@{trap}/",
    "https://{trap}\\allowed.example/", "https://allowed.example.{trap}/", "https://allowed.example%2f@{trap}/",
    "https://{trap}%2f.allowed.example/", "https://{trap}%23.allowed.example/", "https://{trap}%00.allowed.example/",
    "https://{trap}/.allowed.example/", "https://{trap}/@allowed.example", "https://169.254.169.254/",
    "https://[::ffff:a9fe:a9fe]/", "https://[::ffff:7f00:1]/", "https://[::1]/", "http://[::1]/", "https://0/", "https://0.0.0.0/",
    "https://2130706433/", "https://0x7f000001/", "https://017700000001/", "https://127.1/", "https://127.0.0.1/",
    "http://127.0.0.1/", "http://127.0.0.1.nip.io/", "https://localhost/", "http://localhost/", "https://allowed.example./",
    "https://ALLOWED.example.evil.example/", "https://allowedxexample/", "https://xallowed.example/",
    "https://sub.allowed.example/", "https://a.b.templates.example/", "https://.templates.example/",
    "https://templates.example/", "https://-x.templates.example/", "https://x-.templates.example/",
    "https://x_y.templates.example/", "https://" + "x" * 70 + ".templates.example/", "https://xn--e1awd7f.templates.example.evil/",
    "https://ⓔⓥⓘⓛ.example/", "https://allowed。example.evil/", "https://ａllowed.evil/", "https://аllowed.example/",
    "https://allowed.example:99999/", "https://allowed.example:-1/", "https://allowed.example:x/", "https:///", "https://",
    "//allowed.example/", "/path", "", "allowed.example", "ftp://allowed.example/", "file:///etc/passwd",
    "javascript:alert(1)", "data:text/plain,x", "gopher://{trap}/", "unix:///var/run/x",
    "https://allowed.example\r\nHost: evil/",
    "https://allowed.example\x00.evil/", " https://{trap}/", "https:/{trap}/", "https:\\\\{trap}\\", "ws://allowed.example/",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN)
async def test_no_byte_goes_to_a_host_that_is_not_allowed(address: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read_head()

    rule = hosts_of("https://allowed.example", "https://{resource}.templates.example")
    async with serving(script) as trap, Http(hosts=rule, clocks=SHORT) as http:
        url = address.replace("{trap}", f"127.0.0.1:{trap.port}")
        with pytest.raises(AzureError) as refused:
            await http.json("POST", url, headers=key_headers(), body=b"{}")
        await asyncio.sleep(0)
        assert trap.connections == 0
    assert refused.value.kind == "host-not-allowed"
    assert_not_shown(refused.value, KEY)


def test_the_list_of_tricks_is_long_enough() -> None:
    assert len(FORBIDDEN) >= 60


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://contoso.services.ai.azure.com/x", True),
        ("https://CONTOSO.services.ai.azure.com/x", True),
        ("https://a.b.services.ai.azure.com/x", False),
        ("https://management.azure.com/", True),
        ("https://management.azure.com.evil/", False),
        ("http://127.0.0.1:9400/foundry/contoso", True),
    ],
)
def test_hosts_of_endpoints_are_allowed(url: str, allowed: bool) -> None:
    rule = hosts_of(
        "https://{resource}.services.ai.azure.com", "https://management.azure.com", "http://127.0.0.1:9400/{resource}"
    )
    assert rule(httpx.URL(url).host) is allowed


@pytest.mark.parametrize("status", [300, 301, 302, 303, 304, 307, 308])
@pytest.mark.parametrize("location", ["http://127.0.0.1:{port}/steal", "//127.0.0.1:{port}/", "http://[", "\x7f", ""])
async def test_a_redirect_is_an_error_and_the_trap_stays_silent(status: int, location: str) -> None:
    async def trap(exchange: Exchange) -> None:
        await exchange.read_head()

    async with serving(trap) as trapped:

        async def script(exchange: Exchange) -> None:
            await exchange.read()
            target = location.replace("{port}", str(trapped.port))
            await exchange.answer(f"{status} Moved", {"location": target, "request-id": "req_1"}, b"")

        error = await failure(script)
        assert trapped.connections == 0
    assert isinstance(error, Unreadable)
    assert error.kind in ("redirect", "protocol")
    if location.startswith("http://127"):
        assert (error.kind, error.status, error.request_id) == ("redirect", status, "req_1")


# ---- Connecting ----------------------------------------------------------------------------------------------


async def connect_error(url: str, **options: Any) -> AzureError:
    async with Http(hosts=lambda host: True, clocks=Clocks(connect=1.0), **options) as http:
        with pytest.raises(AzureError) as caught:
            await http.json("POST", url, headers=key_headers(), body=b"{}")
    assert_not_shown(caught.value, KEY)
    return caught.value


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://no-such-resource.invalid/", "dns"),
        (f"https://{'x' * 64}.services.ai.azure.com/", "dns"),
        ("http://127.0.0.1:1/", "connect"),
        ("http://localhost:1/", "connect"),
    ],
)
async def test_what_never_connected_says_how(url: str, kind: str) -> None:
    error = await connect_error(url)
    assert isinstance(error, Unreachable)
    assert (error.kind, error.phase, error.status) == (kind, "connect", None)


@pytest.mark.parametrize("fault", ["self-signed", "expired", "wrong host", "plain http", "cut"])
async def test_tls_that_cannot_be_trusted_is_refused(fault: str, authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "another CA")
    certificates = {
        "self-signed": other.leaf("localhost", "127.0.0.1"),
        "expired": authority.leaf("127.0.0.1", days=-3),
        "wrong host": authority.leaf("another.example"),
    }

    async def script(exchange: Exchange) -> None:
        if fault == "cut":
            exchange.reset()
            return
        await exchange.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await exchange.reader.read()

    async with serving(script, certificates.get(fault)) as server:
        error = await connect_error(f"https://127.0.0.1:{server.port}/", ca_file=str(authority.ca_file))
    assert isinstance(error, Unreachable)
    assert error.phase == "connect"
    assert error.kind == ("connect" if fault == "cut" else "tls")


async def test_an_own_ca_is_trusted(authority: Authority) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {}, b"{}")

    certificate = authority.leaf("localhost", "127.0.0.1", "entra.localhost")
    async with (
        serving(script, certificate) as server,
        Http(hosts=lambda host: True, ca_file=str(authority.ca_file)) as http,
    ):
        for host in ("127.0.0.1", "localhost", "entra.localhost"):
            answer = await http.json("POST", f"https://{host}:{server.port}/", headers=key_headers(), body=b"{}")
            assert answer.status == 200


async def test_a_network_that_swallows_packets_ends_with_the_connect_clock() -> None:
    """A listener whose queue is full answers no SYN, as a blackhole does."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        started = time.monotonic()
        async with Http(hosts=LOOPBACK, clocks=SHORT) as http:
            with pytest.raises(AzureError) as caught:
                await http.json("POST", f"http://127.0.0.1:{port}/", headers=key_headers(), body=b"{}")
        for filler in fillers:
            filler.close()
    assert time.monotonic() - started < 3
    assert caught.value.kind in ("connect", "first-byte-timeout", "reset")


async def test_a_handshake_that_never_ends_is_no_connection() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.reader.read()

    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=Clocks(connect=0.2, first_byte=2.0)) as http:
        with pytest.raises(Unreachable) as caught:
            await http.json("POST", f"https://127.0.0.1:{server.port}/", headers=key_headers(), body=b"{}")
    assert (caught.value.kind, caught.value.phase) == ("connect", "connect")


# ---- Clocks --------------------------------------------------------------------------------------------------


async def tarpit(exchange: Exchange) -> None:
    await exchange.read()
    await asyncio.sleep(5)


async def header_drip(exchange: Exchange) -> None:
    await exchange.read()
    for byte in b"HTTP/1.1 200 OK\r\nx: " + b"y" * 500:
        await exchange.send(bytes([byte]))
        await asyncio.sleep(0.05)


async def body_drip(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b"HTTP/1.1 200 OK\r\nrequest-id: req_1\r\ncontent-length: 1000\r\n\r\n")
    for _ in range(200):
        await exchange.send(b"x")
        await asyncio.sleep(0.02)


async def silence(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b"HTTP/1.1 200 OK\r\nrequest-id: req_1\r\ncontent-length: 1000\r\n\r\nx")
    await asyncio.sleep(5)


@pytest.mark.parametrize(
    ("script", "kind", "phase", "seconds"),
    [
        (tarpit, "first-byte-timeout", "send", 0.3),
        (header_drip, "first-byte-timeout", "send", 0.3),
        (body_drip, "total-timeout", "headers", 0.8),
        (silence, "idle-timeout", "headers", 0.3),
    ],
)
async def test_each_clock_ends_its_kind_of_waiting(script: Script, kind: str, phase: str, seconds: float) -> None:
    started = time.monotonic()
    error = await failure(script)
    assert isinstance(error, TimedOut)
    assert (error.kind, error.phase) == (kind, phase)
    assert seconds <= time.monotonic() - started < seconds + 2
    assert error.request_id == ("req_1" if phase == "headers" else None)


async def test_the_total_clock_also_ends_a_wait_for_headers() -> None:
    error = await failure(tarpit, clocks=Clocks(first_byte=5, total=0.2))
    assert (error.kind, error.phase) == ("total-timeout", "send")


async def test_a_stream_that_never_pauses_ends_with_the_total_clock() -> None:
    async def flood(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.begin_stream()
        while True:
            await exchange.send(b": ping\n\n" * 500)
            await asyncio.sleep(0)

    started = time.monotonic()
    assert (await failure(flood, clocks=Clocks(total=0.3))).kind in ("total-timeout", "response-too-large")
    assert time.monotonic() - started < 2


# ---- Sizes and encodings ---------------------------------------------------------------------------------------


async def test_an_answer_past_the_cap_is_refused() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {"request-id": "req_1"}, b"x" * 3_000_000)

    error = await failure(script, largest=1_000_000, clocks=Clocks())
    assert (error.kind, error.request_id, type(error)) == ("response-too-large", "req_1", Unreadable)
    assert "1000000" in error.message


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "x-unknown"])
async def test_an_encoded_answer_is_refused_unread(encoding: str) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {"content-encoding": encoding, "request-id": "req_1"}, bomb)

    error = await failure(script, clocks=Clocks())
    assert (error.kind, error.status, error.request_id) == ("content-encoding", 200, "req_1")


async def test_an_encoded_error_is_told_by_its_status() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("429 Too Many", {"content-encoding": "gzip", "retry-after": "9"}, b"\x1f\x8b")

    error = await failure(script)
    assert (error.kind, error.retry_after) == ("rate-limited", 9.0)


async def test_identity_is_no_encoding() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {"content-encoding": "identity"}, b"[1]")

    assert (await post(script)).json() == [1]


@pytest.mark.parametrize("forever", [True, False])
async def test_a_long_error_is_told_by_its_status(forever: bool) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.send(b"HTTP/1.1 503 Busy\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<html>")
        while forever:
            await exchange.send(b"x" * 65_536)
        await asyncio.sleep(5)

    started = time.monotonic()
    error = await failure(script)
    assert (error.kind, error.status) == ("gateway-html", 503)
    assert time.monotonic() - started < 3


# ---- Cuts -----------------------------------------------------------------------------------------------------


async def reset_at_once(exchange: Exchange) -> None:
    exchange.reset()


async def close_after_body(exchange: Exchange) -> None:
    await exchange.read()


async def reset_after_body(exchange: Exchange) -> None:
    await exchange.read()
    exchange.reset()


async def garbage(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b"\x16\x03\x01 this is not HTTP\r\n\r\n")


async def cut_body(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")


async def cut_chunked(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n')


async def bad_chunk(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    await asyncio.sleep(0.05)
    await exchange.send(b"ZZ\r\n{}\r\n")


async def reset_in_body(exchange: Exchange) -> None:
    await exchange.read()
    await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
    await asyncio.sleep(0.05)
    exchange.reset()


@pytest.mark.parametrize(
    ("script", "error", "kind", "phase"),
    [
        (close_after_body, Unreachable, "reset", "send"),
        (reset_after_body, Unreachable, "reset", "send"),
        (garbage, Unreadable, "protocol", "send"),
        (cut_body, Truncated, "truncated", "headers"),
        (cut_chunked, Truncated, "truncated", "headers"),
        # aiohttp closes the connection but wakes no reader for this one: the idle clock does.
        (bad_chunk, TimedOut, "idle-timeout", "headers"),
        (reset_in_body, Truncated, "truncated", "headers"),
    ],
)
async def test_a_cut_says_how_far_it_got(script: Script, error: type[AzureError], kind: str, phase: str) -> None:
    found = await failure(script)
    assert (type(found), found.kind, found.phase) == (error, kind, phase)


async def test_a_reset_at_once_may_come_before_or_after_the_first_write() -> None:
    for _ in range(20):
        found = await failure(reset_at_once)
        assert (type(found), found.kind) == (Unreachable, "reset")
        assert found.phase in ("connect", "send")


async def test_an_answer_before_the_body_is_read_is_shown() -> None:
    """A front end that refuses by size answers at once and closes: its 413 counts, not the broken pipe."""
    for closing in (False, True):

        async def script(exchange: Exchange, closing: bool = closing) -> None:
            await exchange.read_head()
            await exchange.answer("413 Too Large", {"apim-request-id": "a-1"}, b'{"error":{"code":"413"}}')
            if closing:
                await asyncio.sleep(0.05)
                exchange.reset()
            else:
                await asyncio.sleep(0.3)

        error = await failure(script, body=b"x" * 10_000_000, clocks=Clocks(total=5.0))
        assert (error.kind, error.status, error.apim_request_id) == ("too-large", 413, "a-1")


async def test_a_kept_connection_that_was_closed_meanwhile_is_not_used() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {}, b"{}")

    async with serving(script) as server, Http(hosts=LOOPBACK) as http:
        for _ in range(3):
            assert (await http.json("POST", server.url, headers=key_headers(), body=b"{}")).status == 200
            await asyncio.sleep(0.05)
        assert server.connections == 3


async def test_a_kept_connection_that_closes_as_it_is_used_is_never_sent_twice() -> None:
    """The close races with our write: each POST is answered, or fails in a phase that tells what may have happened."""
    bodies: list[bytes] = []

    async def script(exchange: Exchange) -> None:
        bodies.append(await exchange.read())
        await exchange.answer("200 OK", {}, b"{}")
        bodies.append(await exchange.read())
        exchange.reset()

    phases = []
    async with serving(script) as server, Http(hosts=LOOPBACK) as http:
        for number in range(40):
            try:
                await http.json("POST", server.url, headers=key_headers(), body=b"%d" % number)
            except Unreachable as error:
                phases.append((number, error.phase))
    assert phases
    assert all(phase == "send" for _, phase in phases)
    assert sorted(bodies, key=int) == [b"%d" % number for number in range(40)]


async def test_a_connection_found_closed_before_writing_has_sent_nothing() -> None:
    """What aiohttp raises when the kept connection is closing as it is picked: the upload never began."""
    import aiohttp

    from console.azure.connection_faults import connection_error
    from console.azure.transport import Upload

    upload = Upload(b"x" * 100_000)
    pieces = upload.__aiter__()
    await anext(pieces)
    fault = aiohttp.ClientOSError(None, "Can not write request body")
    assert connection_error(fault, begun=upload.begun).phase == "connect"
    await anext(pieces)
    assert connection_error(fault, begun=upload.begun).phase == "send"


# ---- Odd answers ---------------------------------------------------------------------------------------------------


async def test_informational_answers_before_the_real_one_are_skipped() -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.send(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
        await exchange.answer("200 OK", {"request-id": "req_1"}, b"[]")

    assert (await post(script)).ids.request_id == "req_1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (b"req_1", "req_1"),
        (b"x" * 10_240, "invalid id (10240 bytes)"),
        (b"<script>alert(1)</script>", "invalid id (25 bytes)"),
        (b"\xec\x95\x88\xeb\x85\x95", "invalid id (6 bytes)"),
        (b"a\r\nrequest-id: b", "a"),
        (b"a\r\nrequest-id: a", "a"),
        (b"", None),
        (KEY.encode(), f"invalid id ({len(KEY) + 2} bytes)"),
    ],
)
async def test_only_a_valid_id_is_believed(value: bytes, expected: str | None) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nrequest-id: " + value + b"\r\n\r\n{}")

    assert (await post(script)).ids.request_id == expected


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"<html>Sign in to this Wi-Fi", "unexpected-page"), (b"", "protocol"), (b"{", "protocol"), (b"NaN", "protocol")],
)
async def test_a_success_that_is_not_json_is_unreadable(body: bytes, kind: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await exchange.answer("200 OK", {"request-id": "req_1"}, body)

    answer = await post(script)
    with pytest.raises(Unreadable) as caught:
        answer.json()
    assert (caught.value.kind, caught.value.request_id, caught.value.status) == (kind, "req_1", 200)


@pytest.mark.parametrize("status", ["500 x", "502 Bad Gateway", "503 x", "504 x", "529 x", "599 x"])
async def test_server_errors_carry_both_ids(status: str) -> None:
    async def script(exchange: Exchange) -> None:
        await exchange.read()
        headers = {"request-id": "req_1", "apim-request-id": "a-1", "content-type": "text/html"}
        await exchange.answer(status, headers, b"<html><h1>Bad Gateway</h1></html>")

    error = await failure(script)
    assert isinstance(error, Unavailable)
    assert (error.request_id, error.apim_request_id, error.status) == ("req_1", "a-1", int(status[:3]))
    assert "<" not in error.message


async def test_more_streams_than_httpx_would_allow_run_at_once() -> None:
    everybody = asyncio.Barrier(150)

    async def script(exchange: Exchange) -> None:
        await exchange.read()
        await everybody.wait()
        await exchange.answer("200 OK", {}, b"{}")

    async with serving(script) as server, Http(hosts=LOOPBACK, clocks=Clocks(first_byte=20)) as http:
        calls = [http.json("POST", server.url, headers=key_headers(), body=b"{}") for _ in range(150)]
        assert {answer.status for answer in await asyncio.gather(*calls)} == {200}
