from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from console.accounts.models import ACTS
from console.web import handbook
from tests.factories import make_user, signed_in_client

LANGUAGES = ("en", "ko")
EVERY = [(slug, language) for slug in handbook.ICONS for language in LANGUAGES]


@pytest.mark.parametrize(("slug", "language"), EVERY)
def test_every_page_has_title_lead_and_text(slug: str, language: str) -> None:
    page = handbook.page(slug, language)
    assert page.title
    assert not page.title.startswith("#")
    assert page.lead.endswith((".", "?"))
    assert "<p>" in page.text
    assert "<h1" not in page.text


@pytest.mark.parametrize("slug", handbook.ICONS)
def test_korean_and_english_pages_have_the_same_parts(slug: str) -> None:
    korean, english = (re.findall(r"<(h2|li|tr|pre)\b", handbook.page(slug, which).text) for which in ("ko", "en"))
    assert korean == english


@pytest.mark.parametrize(("slug", "language"), EVERY)
def test_every_link_leads_somewhere(slug: str, language: str) -> None:
    for address in re.findall(r'href="(/[^"#?]*)', handbook.page(slug, language).text):
        try:
            resolve(address)
        except Resolver404:
            pytest.fail(f"{slug} links to {address}")


@pytest.mark.django_db
def test_the_contents_list_every_page() -> None:
    answer = signed_in_client(make_user(("Viewer",))).get(reverse("web:help"))
    for slug in handbook.ICONS:
        assert reverse("web:help_page", args=[slug]) in answer.text


@pytest.mark.django_db
def test_a_page_is_shown_in_the_persons_language() -> None:
    address = reverse("web:help_page", args=["health"])
    assert "<h1>Health</h1>" in signed_in_client(make_user(language="en")).get(address).text
    korean = signed_in_client(make_user(language="ko")).get(address)
    assert "<h1>상태 확인</h1>" in korean.text
    assert '<html lang="ko"' in korean.text


@pytest.mark.django_db
def test_an_unknown_page_is_not_found() -> None:
    client = signed_in_client(make_user())
    assert client.get("/help/nothing/").status_code == 404
    assert client.get("/help/..%2Fsettings/").status_code == 404


@pytest.mark.django_db
def test_strangers_are_sent_to_sign_in() -> None:
    answer = Client().get(reverse("web:help"))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:signin"))


@pytest.mark.parametrize(("language", "yes"), [("en", "yes"), ("ko", "예")])
def test_the_table_of_roles_is_what_the_gates_say(language: str, yes: str) -> None:
    table = re.findall(r"<tr>(.*?)</tr>", handbook.page("roles", language).text, re.DOTALL)
    cells = [re.findall(r"<t[hd]>(.*?)</t[hd]>", row) for row in table]
    roles = cells[0][1:]
    for act, row in zip(("look", "talk", "look", "support", "check", "manage"), cells[1:], strict=True):
        assert [cell == yes for cell in row[1:]] == [act in ACTS[role] for role in roles], row[0]
