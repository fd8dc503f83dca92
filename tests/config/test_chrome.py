from __future__ import annotations

import re

import pytest

from console.accounts.models import User
from console.jobs import queue
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


def rail(user: User, address: str) -> str:
    return signed_in_client(user).get(address).text.split("<nav class=", 1)[1].split("</nav>")[0]


def open_rooms(drawn: str) -> set[str]:
    return set(re.findall(r'href="([^"]+)" aria-current="page"', drawn))


@pytest.mark.parametrize(
    ("address", "room"),
    [("/", "/"), ("/help/", "/help/"), ("/help/health/", "/help/"), ("/account/", "/account/"), ("/nothing/", None)],
)
def test_the_rail_marks_where_one_is(address: str, room: str | None) -> None:
    assert open_rooms(rail(make_user(("Admin", "Playground")), address)) == ({room} if room else set())


def test_the_rail_lists_the_rooms_one_may_open() -> None:
    assert "/playground/" not in rail(make_user(("Viewer",)), "/")
    assert "/settings/" not in rail(make_user(("Viewer", "Playground", "Support")), "/")
    assert "/settings/" in rail(make_user(("Admin",)), "/")


def test_a_silent_worker_is_said_on_every_page() -> None:
    client = signed_in_client(make_user())
    assert "No worker has answered" in client.get("/help/").text
    queue.beat()
    assert "No worker has answered" not in client.get("/help/").text
