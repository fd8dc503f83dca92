"""The way to Entra and back: bound to one browser, once, for ten minutes; and nobody gets in by another way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import quote

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.accounts import signin
from console.accounts.models import AuditEntry, LastClaims, Session, SignInFlow, TokenCache, User
from console.accounts.sessions import stored_key
from console.azure.errors import KINDS, SignInRefused, Unreachable
from tests.accounts.entra import OID, TENANT, person, refusal
from tests.factories import make_session, make_user, signed_in_client

pytestmark = pytest.mark.django_db

RETURN = "/signin/return/"


def start(client: Client, back: str = "/") -> str:
    """Press the button; returns the `state` that Entra will send back."""
    response = client.get("/signin/start/", {"next": back})
    assert response.status_code == 302
    return response["Location"].rpartition("=")[2]


def come_back(client: Client, state: str, **query: str):
    return client.get(RETURN, {"code": "c0de", "state": state, **query})


def who(client: Client) -> User | None:
    found = Session.objects.filter(session_key=stored_key(client.cookies["session"].value)).first()
    return found.user if found else None


# ---- The page ------------------------------------------------------------------------------------------------


def test_the_page_has_one_link_to_microsoft_and_makes_nothing(entra):
    response = Client().get("/signin/?next=/inventory/")
    text = response.content.decode()
    assert response.status_code == 200
    assert "Sign in with Microsoft</a>" in text
    assert 'href="/signin/start/?next=%2Finventory%2F"' in text
    assert not response.cookies
    assert not entra.asked


def test_the_page_speaks_korean(entra):
    assert '<html lang="ko"' in Client(headers={"accept-language": "ko"}).get("/signin/").content.decode()


def test_the_page_says_what_is_missing_when_entra_is_not_set_up():
    response = Client().get("/signin/")
    assert response.status_code == 503
    assert "ENTRA_TENANT_ID" in response.content.decode()


def test_who_is_signed_in_goes_on_their_way(entra):
    response = signed_in_client(make_user()).get("/signin/?next=/usage/")
    assert (response.status_code, response["Location"]) == (302, "/usage/")


def test_who_has_no_role_sees_the_page_and_can_choose_another_account(entra):
    text = signed_in_client(make_user(())).get("/signin/").content.decode()
    assert "that account has no role here" in text
    assert "account=other" in text


# ---- There and back ------------------------------------------------------------------------------------------


def test_a_sign_in_makes_a_person_a_session_and_a_note(entra):
    client = Client(headers={"user-agent": "Firefox"})
    response = come_back(client, start(client, "/inventory/?q=a"))
    assert (response.status_code, response["Location"]) == (302, "/inventory/?q=a")
    user = who(client)
    assert (user.tid, user.oid, user.name, user.roles) == (TENANT, OID, "Ada Lovelace", ["Viewer"])
    session = Session.objects.get(user=user)
    assert (session.sid, session.agent) == ("sid-ada", "Firefox")
    assert AuditEntry.objects.get().act == "signed-in"
    assert LastClaims.objects.get().login_hint == "hint-ada"
    assert client.get("/account/").status_code == 200


def test_entra_is_told_the_configured_address_and_asked_for_nothing_more(entra):
    start(Client(headers={"x-forwarded-host": "evil.example"}))
    (asked,) = entra.asked
    assert asked["redirect_uri"] == "http://localhost:8000/signin/return/"
    assert (asked["scopes"], asked["claims"], asked["prompt"]) == ([], None, None)


def test_another_account_is_asked_for_when_wanted(entra):
    Client().get("/signin/start/?account=other")
    assert entra.asked[0]["prompt"] == "select_account"


def test_the_key_of_the_session_changes(entra):
    client = Client()
    state = start(client)
    before = client.cookies["session"].value
    come_back(client, state)
    assert client.cookies["session"].value != before
    assert not Session.objects.filter(session_key=stored_key(before)).exists()


def test_two_tabs_that_sign_in_at_once_both_arrive(entra):
    client = Client()
    first, second = start(client, "/usage/"), start(client, "/health/")
    assert come_back(client, first)["Location"] == "/usage/"
    assert come_back(client, second)["Location"] == "/health/"
    assert who(client).oid == OID


def test_a_second_sign_in_is_the_same_person_with_what_is_true_now(entra):
    client = Client()
    come_back(client, start(client))
    entra.person = person(name="Ada King", email="king@contoso.example", roles=("Admin",))
    come_back(client, start(client))
    user = User.objects.get()
    assert (user.name, user.email, user.roles) == ("Ada King", "king@contoso.example", ["Admin"])


# ---- What does not hold --------------------------------------------------------------------------------------


def assert_expired(response, *, sessions: int = 0) -> None:
    assert response.status_code == 400
    text = response.content.decode()
    assert "expired" in text or "Sign in with Microsoft" in text or "cookie" in text
    assert "/signin/start/" in text
    assert Session.objects.filter(user__isnull=False).count() == sessions


def test_an_answer_works_once(entra):
    client = Client()
    state = start(client)
    come_back(client, state)
    assert_expired(come_back(client, state), sessions=1)


def test_an_answer_of_another_browser_is_refused(entra):
    state = start(Client())
    other = Client()
    start(other)
    assert_expired(come_back(other, state))


def test_a_browser_without_our_cookie_is_told_about_cookies(entra):
    state = start(Client())
    response = come_back(Client(), state)
    assert_expired(response)
    assert "Allow cookies" in response.content.decode()


@pytest.mark.parametrize("minutes", [10.1, 14, 60, 24 * 60])
def test_an_answer_that_took_too_long_is_refused(entra, minutes):
    client = Client()
    state = start(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        assert_expired(come_back(client, state))


def test_who_took_too_long_starts_again_on_the_way_to_the_same_page(entra):
    client, other = Client(), Client()
    state = start(client, "/inventory/")
    start(other)
    with time_machine.travel(timezone.now() + timedelta(minutes=12)):
        assert "/signin/start/?next=%2Finventory%2F" in come_back(client, state).content.decode()
        assert "inventory" not in come_back(other, state).content.decode()


def test_an_answer_after_nine_minutes_is_in_time(entra):
    client = Client()
    state = start(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=9)):
        assert come_back(client, state).status_code == 302


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "c"},
        {"state": "state-1"},
        {"code": "c", "state": ""},
        {"code": "c", "state": "wrong"},
        {"code": "c", "state": "state-1 "},
        {"code": "c", "state": "x" * 10_000},
        {"code": "", "state": "state-1"},
        {"code": "c", "error": "access_denied", "state": "state-1"},
        {"code": "c" * 20_000, "state": "state-1"},
        {"code": ["a", "b"], "state": "state-1"},
        {"code": "c", "state": ["state-1", "state-1"]},
        {"error": "access_denied"},
    ],
)
def test_an_answer_that_is_not_whole_is_refused(entra, query):
    client = Client()
    start(client)
    assert_expired(client.get(RETURN, query))


@pytest.mark.parametrize("method", ["post", "put", "head"])
def test_only_a_get_comes_back(entra, method):
    client = Client()
    state = start(client)
    assert getattr(client, method)(f"{RETURN}?code=c&state={state}").status_code == 405


def test_parameters_that_are_not_entras_never_reach_the_library(entra):
    client = Client()
    come_back(client, start(client), redirect_uri="https://evil.example", id_token="x", client_info="ci")
    assert set(entra.asked[-1]["query"]) == {"code", "state", "client_info"}


# ---- Refusals ------------------------------------------------------------------------------------------------

SIGN_IN_KINDS = sorted(kind for kind, error in KINDS.items() if error.__name__ == "SignInRefused")


@pytest.mark.parametrize("kind", SIGN_IN_KINDS)
def test_every_refusal_is_a_page_with_remedy_ids_and_one_note(entra, kind):
    client = Client()
    state = start(client, "/usage/")
    entra.fault = refusal(kind, aadsts=50105)
    response = come_back(client, state)
    text = response.content.decode()
    assert response.status_code in (400, 403, 429, 503)
    for part in ("AADSTS50105", "corr-4711", "trace-4712", response["X-Correlation-ID"], "Who can help", "%2Fusage%2F"):
        assert part in text
    assert "&lt;script&gt;" not in text
    assert "<script>" not in text.replace('<script type="module"', "")
    assert not Session.objects.filter(user__isnull=False).exists()
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.person_key) == ("sign-in-refused", kind, "")


def test_the_log_says_why_and_does_not_repeat_entras_words(entra, caplog):
    for fault in (refusal("not-assigned", aadsts=50105), SignInRefused("another issuer", kind="id-token-invalid")):
        client = Client()
        state = start(client)
        entra.fault = fault
        come_back(client, state)
        entra.fault = None
    assert "sign-in failed, not-assigned: AADSTS50105, corr-4711" in caplog.messages
    assert "sign-in failed, id-token-invalid: another issuer" in caplog.messages
    assert "text of the upstream" not in caplog.text


def test_refusals_say_different_things():
    titles = {card.title for card in map(signin_card, SIGN_IN_KINDS)}
    assert len(titles) >= 14


def signin_card(kind: str):
    from console.accounts.refusals import explain

    return explain(refusal(kind))


@pytest.mark.parametrize("at", ["start", "return"])
def test_entra_away_is_said_and_other_pages_work(entra, at):
    client, working = Client(), signed_in_client(make_user())
    state = start(client)
    entra.fault = Unreachable("connect", kind="entra-unreachable")
    response = client.get("/signin/start/") if at == "start" else come_back(client, state)
    assert response.status_code == 503
    assert response["Retry-After"] == "10"
    assert "cannot be reached" in response.content.decode()
    assert Client().get("/signin/").status_code == 200
    assert working.get("/account/").status_code == 200


def test_a_browser_that_keeps_starting_is_told_to_wait(entra):
    client = Client()
    for _ in range(signin.MOST_STARTS):
        come_back(client, start(client))
    response = client.get("/signin/start/")
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    assert len(entra.asked) == 2 * signin.MOST_STARTS
    with time_machine.travel(timezone.now() + timedelta(seconds=61)):
        assert client.get("/signin/start/").status_code == 302


def test_a_browser_keeps_only_a_few_sign_ins(entra):
    client = Client()
    for minute in range(20):
        with time_machine.travel(timezone.now() + timedelta(seconds=13 * minute)):
            start(client)
    assert SignInFlow.objects.count() == signin.MOST_FLOWS


# ---- Who may be whom -----------------------------------------------------------------------------------------


def test_an_email_of_somebody_else_makes_a_new_person(entra):
    victim = make_user(
        ("Admin",), "Ada Lovelace", email="ada@contoso.example", oid="00000000-0000-4000-8000-0000000000ff"
    )
    before = User.objects.filter(pk=victim.pk).values().get()
    client = Client()
    come_back(client, start(client))
    assert who(client) != victim
    assert who(client).roles == ["Viewer"]
    assert User.objects.filter(pk=victim.pk).values().get() == before


def test_the_same_oid_in_another_tenant_is_another_person(entra):
    make_user(("Admin",), tid="5d8f6d2e-0000-4000-8000-00000000bbbb", oid=OID)
    client = Client()
    come_back(client, start(client))
    assert who(client).roles == ["Viewer"]


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ((), []),
        (("Viewer",), ["Viewer"]),
        (("Admin", "Viewer", "Admin"), ["Viewer", "Admin"]),
        (("admin", "ADMIN", " Admin", "Console.Admin", "Administrator"), []),
        (("Superuser", "PromptReader"), ["PromptReader"]),
        (tuple(f"Role {number}" for number in range(300)), []),
    ],
)
def test_only_our_roles_by_their_exact_names_count(entra, claimed, kept):
    entra.person = person(roles=claimed)
    client = Client()
    come_back(client, start(client))
    assert who(client).roles == kept


def test_nobody_becomes_an_administrator_by_being_first(entra):
    entra.person = person(roles=())
    client = Client()
    come_back(client, start(client))
    assert client.get("/settings/").status_code == 403
    assert "no role here yet" in client.get("/").content.decode()
    assert client.get("/account/").status_code == 200


def test_changed_roles_end_the_sessions_opened_with_the_old_ones(entra):
    user = make_user(("Admin",), oid=OID)
    elsewhere = signed_in_client(user)
    client = Client()
    come_back(client, start(client))
    assert elsewhere.get("/account/").status_code == 302
    assert who(client).roles == ["Viewer"]
    entry = AuditEntry.objects.get(act="roles-changed")
    assert entry.detail == {"before": ["Admin"], "after": ["Viewer"]}


def test_the_same_roles_leave_other_sessions_open(entra):
    user = make_user(("Viewer",), oid=OID)
    elsewhere = signed_in_client(user)
    client = Client()
    come_back(client, start(client))
    assert elsewhere.get("/account/").status_code == 200


def test_names_of_any_text_are_stored(entra):
    entra.person = person(name="A\x00\ud800" + "x" * 500, email="e" * 500, sid="not an id\r\n", login_hint="h" * 5000)
    client = Client()
    come_back(client, start(client))
    user = who(client)
    assert user.name.startswith("A\ufffd\ufffd")
    assert (len(user.name), len(user.email), Session.objects.get(user=user).sid) == (200, 254, "")


# ---- Where it leads ------------------------------------------------------------------------------------------

FOREIGN = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "https://evil.example",
    "http:evil.example",
    "HTTPS://evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "mailto:x@evil.example",
    "file:///etc/passwd",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "//\\evil.example",
    "https:\\\\evil.example",
    " //evil.example",
    "\t//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/ /evil.example",
    "evil.example",
    "evil.example/path",
    ".evil.example",
    "@evil.example",
    "//user@evil.example",
    "//evil.example:443/x",
    "//localhost:8000@evil.example",
    "http://localhost:8000@evil.example",
    "https://localhost:8000.evil.example",
    "?next=//evil.example",
    "#//evil.example",
    "//evil%E3%80%82example",
    "//%65vil.example",
    "/\u2028/evil.example\\",
    "x" * 3000,
    "/" + "x" * 3000,
    "",
]


@pytest.mark.parametrize("back", FOREIGN)
def test_a_sign_in_leads_nowhere_else(entra, back):
    client = Client()
    assert come_back(client, start(client, back))["Location"] == "/"
    assert signed_in_client(make_user()).get("/signin/", {"next": back})["Location"] == "/"


@pytest.mark.parametrize(
    "back", ["/", "/inventory/", "/requests/?q=a%20b&x=%2F%2Fevil", "/help/start/#top", "/~x/:y/@z"]
)
def test_a_sign_in_leads_back_to_any_page_of_ours(entra, back):
    client = Client()
    assert come_back(client, start(client, back))["Location"] == back


# ---- What is kept --------------------------------------------------------------------------------------------


def test_nothing_secret_is_stored_in_plain_or_logged(entra, caplog):
    client = Client()
    come_back(client, start(client))
    start(client)
    columns = [SignInFlow, Session, TokenCache, LastClaims, User, AuditEntry]
    stored = repr([row for model in columns for row in model.objects.values_list()])
    assert "sentinel" not in stored
    assert "sentinel" not in caplog.text
    assert "c0de" not in caplog.text


def test_a_flow_is_emptied_when_it_is_taken(entra):
    client = Client()
    come_back(client, start(client))
    row = SignInFlow.objects.get()
    assert bytes(row.sealed) == b""
    assert row.taken_at is not None


def test_a_flow_sealed_under_another_key_is_only_expired(entra, settings):
    client = Client()
    state = start(client)
    settings.SECRET_KEY = "another key of more than forty characters 0123456789"
    assert_expired(come_back(client, state))


# ---- What Azure asked for ------------------------------------------------------------------------------------


def test_a_claims_challenge_goes_into_the_next_sign_in_once(entra):
    client = Client()
    come_back(client, start(client))
    TokenCache.objects.update(challenge='{"access_token":{}}', wanted_scope="https://ai.azure.com/.default")
    state = start(client)
    asked = entra.asked[-1]
    assert asked["claims"] == '{"access_token":{}}'
    assert asked["scopes"] == ["https://ai.azure.com/.default"]
    assert asked["login_hint"] == "hint-ada"
    come_back(client, state)
    start(client)
    assert (entra.asked[-1]["claims"], entra.asked[-1]["scopes"]) == (None, [])


def test_a_return_without_anything_is_the_page(entra):
    """Microsoft's sign-out ends here, as this is the one address it is allowed to lead to."""
    make_session(make_user())
    response = Client().get(RETURN)
    assert response.status_code == 400
    assert "Sign in with Microsoft" in response.content.decode()


def test_the_way_back_survives_the_trip_through_the_page(entra):
    back = "/requests/?q=a b&outcome=failed"
    text = Client().get(f"/signin/?next={quote(back)}").content.decode()
    assert 'href="/signin/start/?next=%2F"' in text  # a space was never in an address of ours
    back = "/requests/?q=a%20b&outcome=failed"
    text = Client().get(f"/signin/?next={quote(back)}").content.decode()
    assert f'href="/signin/start/?next={quote(back, safe="")}"' in text


@pytest.mark.django_db(transaction=True)
def test_of_two_answers_at_the_same_time_one_is_taken():
    flow = {"state": "state-1", "auth_uri": "x"}
    signin.keep("browser", flow, "/")
    together = Barrier(4, timeout=10)

    def take(_number: int) -> str:
        together.wait()
        try:
            return signin.take(browser="browser", state="state-1").back
        except signin.FlowGone:
            return "gone"
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(take, range(4))) == ["/", "gone", "gone", "gone"]


@pytest.mark.django_db(transaction=True)
def test_many_first_sign_ins_of_one_person_at_once_make_one_person(entra):
    entra.person = person(roles=())
    together = Barrier(8, timeout=10)

    def arrive(_number: int) -> int:
        client = Client()
        state = start(client)
        together.wait()
        try:
            return client.get(RETURN, {"code": "c", "state": state}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(arrive, range(8))) == {302}
    assert [user.roles for user in User.objects.all()] == [[]]
    assert Session.objects.filter(user__isnull=False).count() == 8
