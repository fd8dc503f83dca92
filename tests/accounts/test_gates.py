"""Gates: nobody is sent to sign in, people without a role are told whom to ask, others are refused."""

from __future__ import annotations

import pytest
from django.test import Client

from console.accounts.models import ACTS, Role
from console.accounts.words import ACTS as ACT_WORDS
from console.accounts.words import ROLES
from tests.factories import ben, cy, make_user, signed_in_client

pytestmark = pytest.mark.django_db

GATED = "/settings/people/"


def test_nobody_is_sent_to_sign_in_and_back_to_the_same_page():
    response = Client().get(GATED + "?q=a%20b&x=1")
    assert response.status_code == 302
    assert response["Location"] == "/signin/?next=/settings/people/%3Fq%3Da%2520b%26x%3D1"


def test_after_a_post_nobody_comes_back_to_the_front():
    response = Client().post("/account/preferences/")
    assert response["Location"] == "/signin/?next=/"


def test_htmx_is_told_to_move_the_whole_page():
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/people/?q=1"}
    response = Client(headers=headers).get(GATED)
    assert response["HX-Redirect"] == "/signin/?next=/settings/people/%3Fq%3D1"


def test_without_a_role_every_role_and_what_to_send_is_named(settings):
    settings.ENTRA_CLIENT_ID = "11111111-2222-4333-8444-555555555555"
    user = cy()
    response = signed_in_client(user).get(GATED)
    text = response.content.decode()
    assert response.status_code == 403
    assert all(f"<code>{role}</code>" in text for role in Role.values)
    assert user.oid in text
    assert "11111111-2222-4333-8444-555555555555" in text
    assert 'action="/signout/"' in text


def test_without_a_role_htmx_gets_a_short_refusal():
    response = signed_in_client(cy(), HX_REQUEST="true").get(GATED)
    assert response.status_code == 403
    assert response["HX-Retarget"] == "#problems"
    assert "<html" not in response.content.decode()


def test_a_role_that_does_not_allow_it_is_refused_in_words():
    response = signed_in_client(ben()).get(GATED)
    assert response.status_code == 403
    assert "Your roles do not include this" in response.content.decode()


def test_roles_nobody_defined_open_nothing():
    assert signed_in_client(make_user(("Superuser", "admin", "ADMIN", "Admin "))).get(GATED).status_code == 403


def test_roles_add_up():
    assert make_user(("Viewer", "PromptReader")).acts == {"look", "read_prompts"}


def test_every_role_and_act_has_words():
    assert set(ROLES) == set(Role.values) == set(ACTS)
    assert set(ACT_WORDS) == frozenset().union(*ACTS.values())
