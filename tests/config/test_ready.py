"""`/readyz`: one word for machines and strangers, what was looked at for Support and Admin."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from console.jobs import queue
from console.jobs.models import WorkerPulse
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("roles", [None, (), ("Viewer",), ("Playground",), ("PromptReader",)])
def test_everybody_else_gets_a_word_alone(roles):
    client = Client() if roles is None else signed_in_client(make_user(roles))
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (503, b"worker")
    queue.beat()
    assert (client.get("/readyz").status_code, client.get("/readyz").content) == (200, b"ok")


@pytest.mark.parametrize("role", ["Support", "Admin"])
def test_support_and_admin_read_what_was_looked_at(role):
    client = signed_in_client(make_user((role,)))
    word, database, worker, here = client.get("/readyz").text.splitlines()
    assert (word, worker) == ("worker", "worker: has not been seen yet")
    assert database.endswith(" answers")
    assert here == "answers under way in this process: 0"
    queue.beat()
    WorkerPulse.objects.update(seen_at=timezone.now() - timedelta(seconds=7))
    word, _, worker, _ = client.get("/readyz").text.splitlines()
    assert (word, worker) == ("ok", "worker: last seen 7 s ago")
