"""The list of people is for administrators; ending somebody's sessions works at once and is written down."""

from __future__ import annotations

from uuid import uuid4

import pytest

from console.accounts.models import AuditEntry, Session
from tests.factories import ada, ben, make_session, make_user, signed_in_client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("roles", [("Viewer",), ("Playground",), ("Support",), ("PromptReader",)])
@pytest.mark.parametrize("url", ["/settings/people/", "/settings/audit/"])
def test_it_refuses_everybody_else(roles, url):
    assert signed_in_client(make_user(roles)).get(url).status_code == 403


def test_it_lists_people_with_roles_and_open_sessions():
    person = make_user(("Support", "Viewer"), "Grace Hopper", email="grace@contoso.example")
    make_session(person)
    make_session(person)
    text = signed_in_client(ada()).get("/settings/people/").content.decode()
    assert "Grace Hopper" in text
    assert "grace@contoso.example" in text
    assert "Support, Viewer" in text
    assert "End sessions of Grace Hopper" in text


def test_it_offers_no_button_where_nothing_is_open():
    make_user(name="Grace Hopper")
    assert "End sessions of Grace Hopper" not in signed_in_client(ada()).get("/settings/people/").content.decode()


@pytest.mark.parametrize("search", ["hopp", "GRACE@", "00000000-0000-4000-8000-00000000beef"])
def test_it_finds_by_name_email_or_object_id(search):
    make_user(name="Grace Hopper", email="grace@contoso.example", oid="00000000-0000-4000-8000-00000000beef")
    ben()
    text = signed_in_client(ada()).get("/settings/people/", {"q": search}).content.decode()
    assert "Grace Hopper" in text
    assert "Ben Bitdiddle" not in text


def test_it_says_when_nobody_is_found():
    assert "Nobody by that name" in signed_in_client(ada()).get("/settings/people/?q=zz").content.decode()


def test_it_pages_without_counting_and_asks_the_same_few_questions(django_assert_max_num_queries):
    for number in range(120):
        make_session(make_user(name=f"Person {number:03}"))
    client = signed_in_client(ada())
    client.get("/settings/people/")  # writes the CSRF token into the session once
    with django_assert_max_num_queries(4) as asked:
        first = client.get("/settings/people/")
    assert not [query for query in asked.captured_queries if "COUNT(*)" in query["sql"]]
    assert len(first.context["people"]) == 50
    second = client.get("/settings/people/", {"cursor": first.context["page"].next_cursor})
    assert second.context["people"][0].user.name > first.context["people"][-1].user.name


def test_htmx_gets_the_table_alone():
    text = signed_in_client(ada(), HX_REQUEST="true").get("/settings/people/").content.decode()
    assert "<table" in text
    assert "<html" not in text


def test_ending_sessions_signs_that_person_out_everywhere():
    person = ben()
    theirs = signed_in_client(person)
    make_session(person)
    client = signed_in_client(ada())
    response = client.post(f"/settings/people/{person.pk}/sessions/")
    assert (response.status_code, response["Location"]) == (302, "/settings/people/")
    assert theirs.get("/account/").status_code == 302
    entry = AuditEntry.objects.get(act="sessions-ended")
    assert (entry.person, entry.subject, entry.detail["count"]) == ("Ada Lovelace", "Ben Bitdiddle", 2)


def test_only_an_administrator_ends_sessions_of_others():
    person = ben()
    make_session(person)
    assert signed_in_client(make_user(("Support",))).post(f"/settings/people/{person.pk}/sessions/").status_code == 403
    assert Session.objects.filter(user=person).exists()


def test_an_unknown_person_is_not_found():
    assert signed_in_client(ada()).post(f"/settings/people/{uuid4()}/sessions/").status_code == 404


@pytest.mark.parametrize("query", ["cursor=x", "cursor=" + "a" * 5000, "q=" + "%25" * 300, "q=%F0%9F%98%80"])
def test_any_query_is_answered(query):
    assert signed_in_client(ada()).get(f"/settings/people/?{query}").status_code == 200
