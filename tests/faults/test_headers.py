"""The header list of reference E.2 on every kind of answer of a console that lives, and cookies as they must be."""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Iterator
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from tests.console_process import ConsoleProcess, Person, csrf
from tests.faults.measures import eventually
from tests.test_role_matrix import addresses
from tests.trust import TLS
from tests.web.test_headers import E2

pytestmark = pytest.mark.slow

NOTHING = "00000000-0000-7000-8000-000000000000"
METHODS = ("GET", "HEAD", "POST", "PUT", "OPTIONS")
HTMX = {"HX-Request": "true"}
# Method, path and headers of what an administrator asks, and the status of the answer.
ASKED = [
    (200, "GET", "/", {}),
    (200, "GET", "/requests/", HTMX),
    (200, "GET", "/inventory/export.csv", {}),
    (200, "GET", "/requests/export.csv", {}),
    (200, "GET", "/requests/export.jsonl", {}),
    (200, "GET", "/livez", {}),
    (200, "GET", "/metrics", {}),
    (200, "GET", "/static/css/base.css", {}),
    (304, "GET", "/static/css/base.css", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}),
    (206, "GET", "/static/css/base.css", {"Range": "bytes=0-9"}),
    (302, "GET", "/playground/new/", {}),
    (302, "GET", "/inventory/sync/", {}),
    (301, "GET", "/inventory", {}),
    (400, "GET", "/?q=%00", {}),
    (400, "GET", "/", {"Host": "evil.example"}),
    (400, "GET", "/signin/return/?code=x&state=y", {}),
    (403, "POST", "/signout/", {}),
    (404, "GET", "/nowhere/", {}),
    (404, "GET", "/static/nothing.css", {}),
    (404, "GET", f"/requests/{NOTHING}/", HTMX),
    (404, "GET", f"/playground/exchanges/{NOTHING}/stream/", {}),
    (405, "DELETE", "/requests/export.csv", {"X-CSRFToken": "…"}),
    (413, "POST", "/csp-report", {"Content-Length": "9000"}),
    (503, "GET", "/readyz", {}),  # no worker runs here
]


@pytest.fixture(scope="module")
def running(world) -> Iterator[ConsoleProcess]:
    with ConsoleProcess(world, STREAMS_PER_PERSON="1", MESSAGES_PER_MINUTE="30") as console:
        yield console


@pytest.fixture(scope="module")
def ada(running) -> Person:
    return running.sign_in("ada")


@pytest.fixture(scope="module")
def ben(running) -> Person:
    return running.sign_in("ben")


def check(answer: httpx.Response, *, status: int | None = None, kept: bool = False) -> None:
    """The whole list, each line once; nothing about who made the answer; nothing for a cache unless `kept`."""
    assert status in (None, answer.status_code), (answer.request.url, answer.status_code)
    names = [name.lower() for name, _value in answer.headers.multi_items() if name.lower() != "set-cookie"]
    assert len(names) == len(set(names)), names
    assert E2.items() <= dict(answer.headers).items(), answer.request.url
    assert "x-powered-by" not in answer.headers
    assert not re.search(r"\d", answer.headers.get("server", ""))
    if not kept:
        assert answer.headers["cache-control"].startswith("no-store"), answer.request.url


@pytest.mark.parametrize(("status", "method", "path", "headers"), ASKED)
def test_an_answer_carries_the_list(status, method, path, headers, ada):
    if headers.get("X-CSRFToken"):
        headers = {"X-CSRFToken": csrf(ada.page("/playground/"))}
    body = b"x" * int(headers.get("Content-Length", 0))
    answer = ada.http.request(method, path, headers=headers, content=body)
    check(answer, status=status, kept=path.startswith("/static/"))


def test_every_address_carries_it_for_everybody_and_every_method(running, ada, ben):
    nobody = httpx.Client(base_url=running.url, trust_env=False, verify=TLS)
    running.browsers.append(nobody)
    framed = addresses()["accounts:front_channel"]
    for client in (ada.http, ben.http, nobody):
        for path in addresses().values():
            for method in METHODS:
                if path != framed:
                    answer = client.request(method, path)
                    check(answer)
                    assert answer.status_code in {200, 204, 302, 400, 401, 403, 404, 405, 503}, (method, path)


def test_every_room_refuses_with_it(running, ada, ben):
    """Roles that do not reach, forms that are wrong or out of date."""
    check(ben.http.get("/settings/"), status=403)
    check(ben.http.get("/settings/", headers=HTMX), status=403)
    row = running.rows("select id from inventory_resource where name = 'contoso-foundry'")[0]
    connection = f"/inventory/resources/{UUID(str(row['id']))}/connection/"
    check(ada.post(connection, called_as="key", key="a b"), status=422)
    check(ada.http.post(connection, headers=HTMX), status=403)


def test_a_stream_and_its_refusals_carry_it(running, ada, azure):
    azure.switch("speed", tokens_per_second=20, first_token=0.1)
    sent = ada.send("Write on.", "claude-long")
    check(sent, status=201)
    path = html.unescape(re.search(r'sse-connect="([^"]+)"', sent.text).group(1))
    with ada.http.stream("GET", path) as answer:
        next(answer.iter_bytes())
        check(answer, status=200)
        check_stream(answer)
    check(ada.send("And more?", "claude-steady"), status=429)
    check(ada.http.post(f"{ada.new_conversation()}exchanges/", data={}), status=403)
    check(ada.post(f"{ada.new_conversation()}exchanges/", message=""), status=400)
    check(ada.post(f"/playground/exchanges/{path.split('/')[3]}/stop/"), status=204)
    assert eventually(lambda: running.rows("select 1 as x from playground_exchange where state = 'cancelled'"))
    ended = ada.http.get(path.split("?")[0])
    check(ended, status=200)
    check_stream(ended)


def check_stream(answer: httpx.Response) -> None:
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store, no-transform"
    assert answer.headers["x-accel-buffering"] == "no"


def test_an_entra_that_is_away_does(running, azure):
    azure.switch("fault", plane="entra", match="token", how="drop", times=10)
    with httpx.Client(base_url=running.url, trust_env=False, verify=TLS, timeout=30) as client:
        client.get("/signin/")
        to_entra = client.get("/signin/start/")
        check(to_entra, status=302)
        back = azure.sign_in(to_entra.headers["location"], "ben")
        check(client.get("/signin/return/", params=back), status=503)


# A column and what is wrong in it; what is right. The first breaks one page, the second each and the one that explains.
BROKEN = [("accounts_lastclaims", "user_id", "claims", "{}"), ("accounts_user", "id", "roles", '["Playground"]')]


@pytest.mark.parametrize(("table", "key", "column", "right"), BROKEN)
def test_a_mistake_of_ours_does(running, azure, table, key, column, right):
    dana = running.sign_in("dana")
    who = "(select id from accounts_user where name = ?)"
    change = f"update {table} set {column} = ? where {key} = {who}"  # noqa: S608
    running.execute(change, "7", "Dana Müller")
    answer = dana.http.get("/account/")
    running.execute(change, right, "Dana Müller")
    check(answer, status=500)
    assert answer.headers["X-Correlation-ID"] in answer.text
    assert "Traceback" not in answer.text
    assert ("stylesheet" in answer.text) == (column == "claims"), "the last resort is a plain page"


def test_cookies_are_closed_to_scripts_and_other_sites(running, azure):
    for cookie in set_cookies(running):
        assert cookie.startswith("session="), cookie
        assert attributes(cookie) == {"httponly", "path=/", "samesite=lax"}


def test_behind_tls_cookies_are_the_hosts_own_and_tls_is_kept(start):
    url = "https://localhost:8443"
    console = start(CONSOLE_URL=url, SECRET_KEY=secrets.token_urlsafe(60))
    for cookie in set_cookies(console, url):
        assert cookie.startswith("__Host-session="), cookie
        assert attributes(cookie) == {"httponly", "path=/", "samesite=lax", "secure"}
    for path in ("/livez", "/signin/", "/nowhere/", "/static/css/base.css", "/playground/"):
        answer = httpx.get(f"{console.url}{path}", headers={"Host": urlsplit(url).netloc}, trust_env=False, verify=TLS)
        check(answer, kept="static" in path)
        assert answer.headers["strict-transport-security"] == "max-age=63072000; includeSubDomains"


def set_cookies(console: ConsoleProcess, url: str = "http://localhost") -> list[str]:
    """All that are set on the way through a sign-in."""
    host = {"Host": urlsplit(url).netloc}
    with httpx.Client(base_url=console.url, trust_env=False, verify=TLS, timeout=20, headers=host) as client:
        to_entra = client.get("/signin/start/")
        before = to_entra.headers.get_list("set-cookie")
        # By hand: a browser of ours that speaks http would not send back what is for https only.
        client.cookies.clear()
        cookie = {"Cookie": before[-1].partition(";")[0]}
        back = console.sandbox.sign_in(to_entra.headers["location"], "ben")
        landed = client.get("/signin/return/", params=back, headers=cookie)
        assert landed.status_code == 302, landed.text
        cookies = [*before, *landed.headers.get_list("set-cookie")]
        assert len(cookies) == 2
        return cookies


def attributes(cookie: str) -> set[str]:
    """Without its value and how long it lasts."""
    named = {part.strip().lower() for part in cookie.split(";")[1:]}
    return {name for name in named if not name.startswith(("max-age=", "expires="))}
