"""The ways out: by oneself, by Microsoft's frame, and what the browser is told to forget."""

from __future__ import annotations

import pytest
from django.test import Client

from console.accounts.models import AuditEntry, LastClaims, Session, TokenCache
from console.accounts.pace import Pace
from console.accounts.views import signing
from console.azure.errors import Unreachable
from tests.factories import ben, cy, make_session, make_user, signed_in_client

pytestmark = pytest.mark.django_db

FRONT = "/signout/front-channel/"


# ---- By oneself ----------------------------------------------------------------------------------------------


def test_a_get_asks_first(entra):
    client = signed_in_client(ben())
    text = client.get("/signout/").content.decode()
    assert "Sign out?" in text
    assert "csrfmiddlewaretoken" in text
    assert Session.objects.count() == 1


def test_a_post_ends_the_session_and_clears_the_browser(entra):
    user = ben()
    client = signed_in_client(user)
    cookie = client.cookies["session"].value
    TokenCache.objects.create(user=user, sealed=b"x", home_account_id="")
    response = client.post("/signout/")
    assert response.status_code == 200
    assert response["Clear-Site-Data"] == '"cache", "storage"'
    assert not Session.objects.exists()
    assert not TokenCache.objects.exists()
    assert client.cookies["session"].value == ""
    client.cookies["session"] = cookie
    assert client.get("/account/").status_code == 302
    assert AuditEntry.objects.get().act == "signed-out"


def test_the_page_after_it_is_nobodys(entra):
    text = signed_in_client(ben()).post("/signout/").content.decode()
    assert "You are signed out" in text
    assert "Ben Bitdiddle" not in text
    assert "rail" not in text


def test_it_offers_microsofts_sign_out_with_the_hint(entra):
    user = ben()
    LastClaims.objects.create(user=user, login_hint="hint-ben")
    text = signed_in_client(user).post("/signout/").content.decode()
    assert 'href="https://login.example/logout?logout_hint=hint-ben"' in text


def test_it_works_while_entra_is_away(entra):
    client = signed_in_client(ben())
    entra.fault = Unreachable("connect", kind="entra-unreachable")
    text = client.post("/signout/").content.decode()
    assert "You are signed out" in text
    assert "Sign out of Microsoft" not in text
    assert not Session.objects.exists()


def test_it_ends_this_session_alone(entra):
    user = ben()
    other = signed_in_client(user)
    signed_in_client(user).post("/signout/")
    assert other.get("/account/").status_code == 200


def test_it_needs_no_role(entra):
    assert signed_in_client(cy()).post("/signout/").status_code == 200
    assert not Session.objects.exists()


def test_nobody_sees_the_page_after_it(entra):
    for method in ("get", "post"):
        assert "You are signed out" in getattr(Client(), method)("/signout/").content.decode()


# ---- By Microsoft's frame ------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _fresh_pace(monkeypatch):
    monkeypatch.setattr(signing, "front_channel_pace", Pace(most=200, seconds=10))


@pytest.mark.parametrize(
    "query", ["sid=sid-1", "sid=sid-1&iss=https%3A%2F%2Flogin.example%2Fx%2Fv2.0", "iss=x&sid=sid-1"]
)
def test_it_ends_every_session_of_that_sid_without_a_cookie(query):
    user = ben()
    browsers = [signed_in_client(user, sid="sid-1") for _ in range(2)]
    stays = signed_in_client(user, sid="sid-2")
    response = Client().get(f"{FRONT}?{query}")
    assert (response.status_code, response.content) == (200, b"")
    assert [client.get("/account/").status_code for client in (*browsers, stays)] == [302, 302, 200]
    assert AuditEntry.objects.get().detail == {"at": "Microsoft"}


@pytest.mark.parametrize(
    "query",
    ["", "sid=", "sid=unknown", "sid=%25", "sid=" + "x" * 5000, "sid=%27%20OR%201", "sid=%0d%0aX:y", "other=sid-1"],
)
def test_any_other_call_ends_nothing_and_is_answered_the_same(query):
    make_session(ben(), sid="sid-1")
    make_session(make_user(), sid="")
    response = Client().get(f"{FRONT}?{query}")
    assert (response.status_code, response.content) == (200, b"")
    assert Session.objects.count() == 2


@pytest.mark.parametrize(("issuer", "ends"), [
    ("https://login.example/x/v2.0", True), ("", True), ("https://evil.example/x/v2.0", False), ("x", False),
])  # fmt: skip
def test_a_sign_out_in_another_issuers_name_ends_nothing(entra, issuer, ends):
    make_session(ben(), sid="sid-1")
    response = Client().get(FRONT, {"sid": "sid-1", "iss": issuer})
    assert (response.status_code, response.content) == (200, b"")
    assert Session.objects.exists() is not ends


def test_while_entra_is_away_the_sid_is_enough(entra):
    make_session(ben(), sid="sid-1")
    entra.fault = Unreachable("connect", kind="entra-unreachable")
    Client().get(FRONT, {"sid": "sid-1", "iss": "https://login.example/x/v2.0"})
    assert not Session.objects.exists()


def test_it_takes_no_session_and_sets_no_cookie():
    assert not Client().get(f"{FRONT}?sid=x").cookies


def test_a_flood_is_turned_away(monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(signing, "front_channel_pace", Pace(most=3, seconds=60))
    assert [Client().get(f"{FRONT}?sid=x").status_code for _ in range(3)] == [200, 200, 200]
    with django_assert_num_queries(0):
        response = Client().get(f"{FRONT}?sid=x")
    assert (response.status_code, response["Retry-After"]) == (429, "10")


def test_a_pace_begins_again_with_the_next_window(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("console.accounts.pace.monotonic", lambda: now[0])
    pace = Pace(most=2, seconds=10)
    assert [pace.allows() for _ in range(3)] == [True, True, False]
    now[0] += 10
    assert pace.allows()
