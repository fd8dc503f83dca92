"""Error pages: what happened, what to do, our id; never what was inside."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from django.test import Client
from django.urls import path

from console.accounts.models import User
from console.config.urls import handler400, handler403, handler404, handler500, urlpatterns  # noqa: F401
from tests.factories import ben, signed_in_client

pytestmark = pytest.mark.django_db
SENTINEL = "sentinel-4711-<b>"

FAULTS = {
    "suspicious": (SuspiciousOperation(SENTINEL), 400),
    "denied": (PermissionDenied(SENTINEL), 403),
    "missing": (Http404(SENTINEL), 404),
    "database": (OperationalError(SENTINEL), 503),
    "connection": (InterfaceError(SENTINEL), 503),
    "mistake": (RuntimeError(SENTINEL), 500),
}


def fails(request, name: str) -> HttpResponse:
    raise FAULTS[name][0]


urlpatterns = [*urlpatterns, path("fails/<name>", fails)]


@pytest.fixture(autouse=True)
def _with_a_failing_view(settings):
    settings.ROOT_URLCONF = __name__


def get(name: str, client: Client | None = None, **headers: str):
    client = client or Client()
    client.raise_request_exception = False
    return client.get(f"/fails/{name}", headers=headers)


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("who", [None, ben])
def test_a_fault_is_a_page_with_a_remedy_and_our_id(name, who):
    response = get(name, signed_in_client(who()) if who else None)
    text = response.content.decode()
    assert response.status_code == FAULTS[name][1]
    assert "<h1>" in text
    assert response["X-Correlation-ID"] in text
    assert "sentinel" not in text
    assert "Traceback" not in text


@pytest.mark.parametrize("name", FAULTS)
def test_htmx_gets_the_same_words_for_the_problem_area(name):
    response = get(name, **{"HX-Request": "true"})
    assert response.status_code == FAULTS[name][1]
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#problems", "innerHTML")
    assert 'role="alert"' in response.content.decode()
    assert "<html" not in response.content.decode()


def test_a_database_that_is_away_says_when_to_come_back():
    assert get("database")["Retry-After"] == "10"


def test_the_log_has_what_the_page_keeps_to_itself(caplog):
    get("database")
    assert SENTINEL in caplog.text


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_answered_in_korean_too(name):
    response = get(name, **{"Accept-Language": "ko"})
    assert '<html lang="ko"' in response.content.decode()


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
def test_a_fault_of_the_page_itself_leaves_plain_words_and_our_id(monkeypatch, caplog, htmx):
    """As where the person's row, a template or the rail's query is broken (reference C8-12)."""

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(SENTINEL)

    monkeypatch.setattr("console.web.errors.render", broken)
    for name, (_, status) in FAULTS.items():
        response = get(name, **htmx)
        text = response.content.decode()
        assert response.status_code == status
        assert response["X-Correlation-ID"] in text
        assert "<h1>" in text
        assert "sentinel" not in text
    assert caplog.text.count("the page that explains a fault has one itself") == len(FAULTS)


def test_a_broken_row_of_the_person_is_a_plain_page():
    """The rail is drawn from the same row on the error page as on any other."""
    user = ben()
    client = signed_in_client(user)
    User.objects.filter(pk=user.pk).update(roles=7)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    assert response["X-Correlation-ID"] in response.text


def test_a_database_that_is_away_before_any_view_is_503_and_asked_no_more(monkeypatch):
    client = signed_in_client(ben())
    client.raise_request_exception = False
    asked = []

    def away(self: object) -> None:
        asked.append("session")
        raise OperationalError(SENTINEL)

    monkeypatch.setattr("console.accounts.sessions.SessionStore._get_session_from_db", away)
    response = client.get("/")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "<h1>" in response.text
    assert len(asked) == 1
    assert "session" not in response.cookies, "nobody is signed out by it"


@pytest.mark.parametrize(
    "address", ["/admin/", "/admin/login/", "/.env", "/.git/config", "/console.sqlite3", "/static/../manage.py"]
)
def test_there_is_nothing_where_attackers_look(address):
    assert Client().get(address).status_code == 404
