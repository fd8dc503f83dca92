"""The people of the tests are really signed in, through the session cookie alone."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db


def test_a_signed_in_client_is_that_person():
    user = factories.make_user(("Admin",), name="Ada")
    response = factories.signed_in_client(user).get("/livez")
    assert response.wsgi_request.person == user


def test_a_plain_client_is_nobody():
    assert Client().get("/livez").wsgi_request.person.is_authenticated is False


def test_headers_of_a_client_go_with_every_request():
    client = factories.signed_in_client(factories.ben(), HX_REQUEST="true")
    assert client.get("/livez").wsgi_request.htmx
