"""Sessions are rows: they rotate, run out, can be ended from anywhere, and stay dead."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client, RequestFactory
from django.utils import timezone

from console.accounts import sessions
from console.accounts.models import Session, SignInFlow, TokenCache, User
from console.accounts.sessions import SessionStore, stored_key
from tests.factories import ben, make_session, make_user, signed_in_client

pytestmark = pytest.mark.django_db

PAGE = "/account/"


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def request_with(key: str | None = None):
    request = RequestFactory().get("/signin/return/", headers={"User-Agent": "Firefox/130 (Windows)"})
    request.session = SessionStore(key)
    return request


def test_the_database_never_holds_the_cookies_value():
    client = signed_in_client(ben())
    assert not Session.objects.filter(session_key=key_of(client)).exists()
    assert Session.objects.filter(session_key=stored_key(key_of(client))).exists()


def test_a_sign_in_rotates_the_key_and_the_old_one_is_dead():
    user = ben()
    old = make_session(make_user())
    request = request_with(old)
    sessions.begin(request, user, sid="sid-1")
    new = request.session.session_key
    assert new != old
    assert sessions.still_open([stored_key(old), stored_key(new)]) == {stored_key(new): user}
    row = Session.objects.get(session_key=stored_key(new))
    assert (row.sid, row.agent) == ("sid-1", "Firefox/130 (Windows)")
    assert row.confirmed_at is not None


def test_a_key_the_browser_made_up_is_never_taken_over():
    request = request_with("a" * 32)
    sessions.begin(request, ben(), sid="")
    assert request.session.session_key != "a" * 32


def test_nothing_of_the_old_session_survives_a_sign_in():
    request = request_with()
    request.session["left"] = "behind"
    request.session.save()
    sessions.begin(request, ben(), sid="")
    assert "left" not in request.session


def test_sign_ins_of_other_tabs_go_on_after_one_is_finished():
    request = request_with()
    browser = sessions.before_sign_in(request)
    SignInFlow.objects.create(state="s", browser=browser, sealed=b"", back="/", started_at=timezone.now())
    sessions.begin(request, ben(), sid="")
    assert SignInFlow.objects.get().browser == stored_key(request.session.session_key)


@pytest.mark.parametrize(
    ("row", "open_still"),
    [
        ({}, True),
        ({"seen_at": timedelta(seconds=settings.SESSION_IDLE - 60)}, True),
        ({"seen_at": timedelta(seconds=settings.SESSION_IDLE + 1)}, False),
        ({"started_at": timedelta(seconds=settings.SESSION_LIFETIME - 60)}, True),
        ({"started_at": timedelta(seconds=settings.SESSION_LIFETIME + 1)}, False),
        ({"expire_date": timedelta(seconds=1)}, False),
    ],
)
def test_each_limit_ends_a_session(row, open_still):
    user = ben()
    client = signed_in_client(user)
    past = {name: timezone.now() - age for name, age in row.items()}
    Session.objects.filter(user=user).update(**past)
    key = stored_key(key_of(client))
    assert bool(sessions.still_open([key])) is open_still
    assert (client.get(PAGE).status_code == 200) is open_still
    assert sessions.over().count() == (0 if open_still else 1)


def test_a_session_whose_row_was_deleted_is_not_written_back():
    user = ben()
    store = SessionStore(make_session(user))
    store["draft"] = "typed while an administrator ended the session"
    sessions.end(user.sessions.all())
    with pytest.raises(UpdateError):
        store.save()
    assert not Session.objects.exists()


def test_saving_a_session_leaves_what_others_wrote_meanwhile():
    user = ben()
    store = SessionStore(make_session(user, sid="before"))
    store["a"] = 1
    confirmed = timezone.now() + timedelta(minutes=1)
    Session.objects.update(sid="after", confirmed_at=confirmed)
    store.save()
    row = Session.objects.get()
    assert (row.sid, row.confirmed_at, row.user) == ("after", confirmed, user)


def test_still_open_asks_once_however_many_there_are(django_assert_num_queries):
    users = [make_user() for _ in range(5)]
    keys = [stored_key(make_session(user)) for user in users]
    with django_assert_num_queries(1):
        found = sessions.still_open([*keys, "unknown"])
    assert found == dict(zip(keys, users, strict=True))


def test_still_open_tells_the_roles_of_now():
    user = ben()
    key = stored_key(make_session(user))
    User.objects.update(roles=[])
    assert sessions.still_open([key])[key].roles == []


def test_ending_the_last_session_forgets_the_persons_tokens():
    user, other = ben(), make_user()
    for person in (user, other):
        TokenCache.objects.create(user=person, sealed=b"x", home_account_id="")
    make_session(other)
    first, second = stored_key(make_session(user)), stored_key(make_session(user))
    sessions.end(Session.objects.filter(session_key=first))
    assert TokenCache.objects.filter(user=user).exists()
    sessions.end(Session.objects.filter(session_key=second))
    assert list(TokenCache.objects.values_list("user", flat=True)) == [other.pk]


def test_the_purge_takes_what_is_over_in_batches_and_leaves_the_rest():
    user = ben()
    for _ in range(7):
        make_session(user, started_at=timezone.now() - timedelta(days=2))
    living = stored_key(make_session(user))
    old = timezone.now() - timedelta(hours=1)
    SignInFlow.objects.create(state="old", browser="b", sealed=b"", back="/", started_at=old)
    SignInFlow.objects.create(state="new", browser="b", sealed=b"", back="/", started_at=timezone.now())
    assert sessions.purge(batch=3) == 7
    assert [row.session_key for row in Session.objects.all()] == [living]
    assert [row.state for row in SignInFlow.objects.all()] == ["new"]


def test_a_click_is_noted_at_most_once_a_minute(django_assert_num_queries):
    user = ben()
    make_session(user)
    row = Session.objects.get()
    with django_assert_num_queries(0):
        sessions.note_seen(row)
    row.seen_at = timezone.now() - timedelta(minutes=2)
    with django_assert_num_queries(1):
        sessions.note_seen(row)


def test_a_signed_in_request_costs_one_query_for_session_and_person(django_assert_num_queries):
    client = signed_in_client(ben())
    with django_assert_num_queries(1):
        assert client.get("/livez").status_code == 200


@pytest.mark.parametrize("cookie", ["", "x", "\xff\xfe", "a" * 10_000, "'; DROP TABLE accounts_session; --"])
def test_a_cookie_of_any_shape_is_nobody(cookie):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = cookie
    assert client.get(PAGE).status_code == 302
