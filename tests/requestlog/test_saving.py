from __future__ import annotations

from html import unescape

import pytest
from django.urls import reverse

from console.requestlog import saving
from console.requestlog.models import SavedView
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db

URL = "/requests/"


@pytest.fixture
def sam():
    return make_user(("Support",), "Sam")


def test_filters_are_saved_under_a_name_and_open_again(sam):
    client = signed_in_client(sam)
    form = {"name": " Slow  ones ", "query": "took=5s&since=7d&cursor=abc&q=req_012345678&live=on&odd=1"}
    shown = client.post(reverse("requestlog:views"), form, follow=True)
    view = SavedView.objects.get()
    assert (view.name, view.query, view.shared) == ("Slow ones", "took=5s&since=7d", False)
    assert shown.redirect_chain[-1][0] == f"{URL}?took=5s&since=7d"
    assert 'href="/requests/?took=5s&since=7d" aria-current="true">Slow ones' in unescape(shown.content.decode())


def test_the_same_name_replaces(sam):
    for query in ("took=5s", "took=9s"):
        saving.save(sam, name="Slow", query=query, shared=False)
    assert [one.query for one in saving.views(sam)] == ["took=9s"]


def test_support_shares_among_itself(sam):
    saving.save(sam, name="Ours", query="outcome=failed", shared=True)
    saving.save(sam, name="Mine", query="outcome=failed", shared=False)
    assert [one.name for one in saving.views(make_user(("Admin",)))] == ["Ours"]
    person = make_user(("Playground",))
    assert saving.views(person) == []
    assert saving.save(person, name="x", query="outcome=failed", shared=True).shared is False


@pytest.mark.parametrize(
    ("name", "query", "said"),
    [
        ("", "took=5s", "a name"),
        ("x", "", "No filter"),
        ("x", "took=soon", "No filter"),
        ("x", "q=req_012345678", "No filter"),
    ],
)
def test_what_cannot_be_saved_says_why_and_keeps_the_filters(sam, name, query, said):
    shown = signed_in_client(sam).post(reverse("requestlog:views"), {"name": name, "query": query}, follow=True)
    assert said in shown.content.decode()
    assert shown.redirect_chain[-1][0] == f"{URL}?{'took=5s' if query == 'took=5s' else ''}"
    assert not SavedView.objects.exists()


def test_fifty_are_enough(sam, monkeypatch):
    monkeypatch.setattr(saving, "MOST", 2)
    for name in "ab":
        saving.save(sam, name=name, query="took=5s", shared=False)
    with pytest.raises(saving.NotSaved, match="2 saved"):
        saving.save(sam, name="c", query="took=5s", shared=False)
    saving.save(sam, name="a", query="took=6s", shared=False)


def test_only_its_owner_removes_it(sam):
    view = saving.save(sam, name="Ours", query="outcome=failed", shared=True)
    signed_in_client(make_user(("Admin",))).post(reverse("requestlog:view_removal", args=[view.pk]))
    assert SavedView.objects.exists()
    signed_in_client(sam).post(reverse("requestlog:view_removal", args=[view.pk]))
    assert not SavedView.objects.exists()
