"""The page about oneself: open to everybody signed in, and changes nothing but one's own choices."""

from __future__ import annotations

import pytest
from django.test import Client

from console.accounts.models import AuditEntry, LastClaims, Session, User
from console.accounts.sessions import stored_key
from console.accounts.words import browser_name
from tests.factories import ada, ben, cy, make_session, make_user, signed_in_client

pytestmark = pytest.mark.django_db


def page(client: Client, **headers: str) -> str:
    response = client.get("/account/", headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_it_sends_nobody_to_sign_in_and_back():
    response = Client().get("/account/")
    assert (response.status_code, response["Location"]) == (302, "/signin/?next=/account/")


def test_it_opens_without_a_role_and_says_so():
    text = page(signed_in_client(cy()))
    assert "Cy Without" in text
    assert "You have no role" in text


def test_it_says_which_roles_i_have_and_what_i_may_do():
    text = page(signed_in_client(ben()))
    assert "<code>Viewer</code>" in text
    assert 'class="muted"><svg class="icon icon--idle"' in text
    assert text.count("(not allowed)") == 6


def test_it_shows_my_claims_and_explains_them():
    user = ada()
    LastClaims.objects.create(user=user, claims={"oid": user.oid, "roles": ["Admin"], "exp": 1_795_000_000})
    text = page(signed_in_client(user))
    assert "<code>oid</code>" in text
    assert user.oid in text
    assert "2026-11-18" in text


def test_it_explains_group_overage():
    user = ben()
    LastClaims.objects.create(user=user, claims={"groups_overage": True})
    assert "looks at app roles alone" in page(signed_in_client(user))


def test_it_lists_my_sessions_and_nobody_elses():
    user = ben()
    make_session(user, agent="Mozilla/5.0 (Windows NT 10.0) Gecko Firefox/130.0")
    make_session(make_user(), agent="Mozilla/5.0 (iPhone) Safari/604")
    text = page(signed_in_client(user))
    assert "Firefox on Windows" in text
    assert "Safari on iPhone" not in text
    assert text.count("This browser") == 1


def test_it_never_shows_a_key_that_opens_a_session():
    user = ben()
    client = signed_in_client(user)
    text = page(client)
    key = client.cookies["session"].value
    assert key not in text
    assert stored_key(key) not in text


@pytest.mark.parametrize(
    ("name", "value"),
    [("language", "ko"), ("language", ""), ("theme", "dark"), ("theme", ""), ("send_key", "ctrl-enter")],
)
def test_a_choice_is_saved_alone(name, value):
    user = make_user(language="en", theme="light", send_key="enter")
    before = {"language": "en", "theme": "light", "send_key": "enter"}
    response = signed_in_client(user).post("/account/preferences/", {name: value})
    assert (response.status_code, response["Location"]) == (302, "/account/")
    user.refresh_from_db()
    assert {field: getattr(user, field) for field in before} == before | {name: value}


@pytest.mark.parametrize("posted", [{"language": "xx"}, {"theme": "<b>"}, {"send_key": "x" * 500}, {"theme": "Light"}])
def test_a_choice_that_does_not_exist_is_refused(posted):
    user = make_user(language="en", theme="light")
    client = signed_in_client(user)
    response = client.post("/account/preferences/", posted, follow=True)
    assert "That choice does not exist" in response.content.decode()
    user.refresh_from_db()
    assert (user.language, user.theme, user.send_key) == ("en", "light", "enter")


def test_shortcuts_have_one_switch():
    user = make_user(("Playground",))
    client = signed_in_client(user)
    assert "data-shortcuts" not in client.get("/account/").text
    client.post("/account/preferences/", {"shortcuts": "off"})
    assert 'data-shortcuts="off"' in client.get("/account/").text
    client.post("/account/preferences/", {"theme": "dark"})
    assert 'data-shortcuts="off"' in client.get("/account/").text


def test_no_other_field_of_mine_can_be_written():
    user = make_user(("Viewer",))
    kept = User.objects.filter(pk=user.pk).values().get()
    everything = {field.name: "Admin" for field in User._meta.concrete_fields}
    forged = everything | {
        "theme": "dark",
        "language": "en",
        "send_key": "enter",
        "shortcuts": "on",
        "user": ada().pk,
        "roles": "Admin",
    }
    signed_in_client(user).post("/account/preferences/", forged)
    assert User.objects.filter(pk=user.pk).values().get() == kept | {"theme": "dark", "language": "en"}


def test_the_page_speaks_the_chosen_language_whatever_the_browser_asks_for():
    client = signed_in_client(make_user(language="ko"))
    assert '<html lang="ko"' in page(client, accept_language="en")


def test_the_page_wears_the_chosen_theme():
    assert 'data-theme="dark"' in page(signed_in_client(make_user(theme="dark")))


def test_i_end_my_other_sessions_and_keep_this_one():
    user, other = ben(), make_user()
    make_session(user)
    make_session(user)
    make_session(other)
    client = signed_in_client(user)
    client.post("/account/sessions/")
    assert [row.session_key for row in Session.objects.filter(user=user)] == [
        stored_key(client.cookies["session"].value)
    ]
    assert Session.objects.filter(user=other).count() == 1
    assert AuditEntry.objects.get().detail == {"count": 2}


def test_i_end_one_session_by_its_handle():
    user = ben()
    goes, stays = stored_key(make_session(user)), stored_key(make_session(user))
    signed_in_client(user).post("/account/sessions/", {"session": goes[:16]})
    keys = set(Session.objects.filter(user=user).values_list("session_key", flat=True))
    assert goes not in keys
    assert stays in keys


@pytest.mark.parametrize("handle", ["%", "a", "_" * 16, "zzzzzzzzzzzzzzzz", "0" * 400])
def test_a_handle_that_is_none_ends_nothing(handle):
    user = ben()
    make_session(user)
    client = signed_in_client(user)
    client.post("/account/sessions/", {"session": handle})
    assert Session.objects.count() == 2


def test_i_cannot_end_somebody_elses_session():
    victim = stored_key(make_session(make_user()))
    signed_in_client(ben()).post("/account/sessions/", {"session": victim[:16]})
    assert Session.objects.filter(session_key=victim).exists()


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
            "Chrome on Windows",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent, name):
    assert browser_name(agent) == name
