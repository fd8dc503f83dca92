from __future__ import annotations

import pytest

from console.azure.errors import KINDS
from console.web.cards import CARDS
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["Viewer", "Playground", "Support", "Admin", "PromptReader"])
def test_every_role_reads_the_catalogue(role):
    client = signed_in_client(make_user((role,)))
    assert client.get("/requests/errors/").status_code == 200
    assert client.get("/requests/errors/bad-key/").status_code == 200


def test_the_catalogue_lists_every_kind():
    shown = signed_in_client(make_user()).get("/requests/errors/").content.decode()
    assert [kind for kind in KINDS if f"/requests/errors/{kind}/" not in shown] == []


@pytest.mark.parametrize("slug", sorted(CARDS))
def test_every_card_has_its_page(slug):
    answer = signed_in_client(make_user()).get(f"/requests/errors/{slug}/")
    assert answer.status_code == 200
    assert "What to do" in answer.content.decode()


@pytest.mark.parametrize(("language", "words"), [
    ("en", ["Called as the person", "Called as the console", "Called by key", "The person who asked"]),
    ("ko", ["사용자로 호출했을 때", "콘솔로 호출했을 때", "키로 호출했을 때", "물은 사람"]),
])  # fmt: skip
def test_a_card_says_what_differs_by_whose_identity_called(language, words):
    client = signed_in_client(make_user(language=language))
    page = client.get("/requests/errors/missing-role/").text
    assert [word for word in words if word not in page] == []
    assert page.count("az role assignment create") >= 2
    assert not any(word in client.get("/requests/errors/bad-key/").text for word in words)


def test_an_unknown_card_is_absent():
    assert signed_in_client(make_user()).get("/requests/errors/nonsense/").status_code == 404
