"""Writes of the event loop that share a commit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest
from django.db import OperationalError, connection, transaction

from console.accounts.models import User
from console.web.desk import at_desk, in_shared_commit
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def rename(user: User, name: str) -> str:
    """A short write; returns which commit it came into."""
    User.objects.filter(pk=user.pk).update(name=name)
    return _commit_here()


def _commit_here() -> str:
    """The same for all acts of one transaction, by a note that its commit takes away."""
    if not hasattr(connection, "commit_of_test"):
        connection.commit_of_test = object()
        transaction.on_commit(lambda: delattr(connection, "commit_of_test"))
    return str(id(connection.commit_of_test))


async def while_one_is_at_work(*writes: Callable[[], Awaitable[object]]) -> list[object]:
    """Start the writes while a commit is under way, let that go on, and return what each returned or raised."""
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        begun.set()
        assert go_on.wait(10)

    first = asyncio.ensure_future(in_shared_commit(slow))
    assert await asyncio.to_thread(begun.wait, 10)
    waiting = [asyncio.ensure_future(write()) for write in writes]
    await asyncio.sleep(0.05)
    go_on.set()
    await first
    return list(await asyncio.gather(*waiting, return_exceptions=True))


def names() -> set[str]:
    return set(User.objects.values_list("name", flat=True))


async def test_what_comes_while_one_commits_shares_the_next() -> None:
    users = await at_desk(lambda: [make_user() for _ in range(5)])
    writes = [lambda user=user, number=number: in_shared_commit(rename, user, f"New {number}")
              for number, user in enumerate(users)]  # fmt: skip
    commits = await while_one_is_at_work(*writes)
    assert len(commits) == 5
    assert len(set(commits)) == 1
    assert await at_desk(names) == {f"New {number}" for number in range(5)}


async def test_one_that_fails_is_undone_alone() -> None:
    good, bad = await at_desk(lambda: (make_user(), make_user()))

    def fails() -> None:
        rename(bad, "Never")
        raise ValueError("no")

    commit, fault = await while_one_is_at_work(
        lambda: in_shared_commit(rename, good, "Good"), lambda: in_shared_commit(fails)
    )
    assert isinstance(commit, str)
    assert isinstance(fault, ValueError)
    assert await at_desk(names) == {"Good", bad.name}


async def test_a_database_that_goes_away_is_everybodys_and_nothing_is_half_written() -> None:
    user, other = await at_desk(lambda: (make_user(), make_user()))

    def away() -> None:
        raise OperationalError("away")

    told = await while_one_is_at_work(
        lambda: in_shared_commit(rename, user, "Not yet"),
        lambda: in_shared_commit(away),
        lambda: in_shared_commit(rename, other, "Not yet"),
    )
    assert [type(one) for one in told] == [OperationalError] * 3
    assert "Not yet" not in await at_desk(names)


async def test_who_leaves_while_waiting_takes_nothing_along() -> None:
    user, other = await at_desk(lambda: (make_user(), make_user()))

    async def leaves() -> None:
        async with asyncio.timeout(0.01):
            await in_shared_commit(rename, user, "Written all the same")

    fault, told = await while_one_is_at_work(leaves, lambda: in_shared_commit(rename, other, "Written"))
    assert isinstance(fault, TimeoutError)
    assert isinstance(told, str)
    assert await at_desk(names) == {"Written", "Written all the same"}
