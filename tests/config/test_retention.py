"""The page of retention: days by kind, when the next run is, what the runs deleted."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.config import worker
from console.jobs import purging
from console.jobs.models import Keeping, Purge
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db
URL = "/settings/retention/"


@pytest.fixture
def client():
    return signed_in_client(make_user(("Admin",), name="Ada"))


def test_days_are_set_apart_for_each_kind(client, settings):
    settings.ATTACHMENT_RETENTION_DAYS = 0
    sent = {"requests": "90", "conversations": "0", "attachments": ""}
    assert client.post(URL, sent).headers["Location"] == URL
    assert dict(Keeping.objects.values_list("what", "days")) == {"requests": 90, "conversations": 0}
    assert AuditEntry.objects.get(act="retention-changed").detail == {"requests": 90, "conversations": 0}
    page = client.get(URL).text
    assert "90 days" in page
    assert "set by Ada" in page
    assert "90 days" in client.get("/settings/").text


@pytest.mark.parametrize("value", ["-1", "a month", "1.5", "36501"])
def test_what_is_no_number_of_days_is_said_and_changes_nothing(client, value):
    answer = client.post(URL, {"requests": value, "conversations": "7"})
    assert answer.status_code == 400
    assert "field__error" in answer.text
    assert f'value="{value}"' in answer.text
    assert not Keeping.objects.exists()


def report(**row: object) -> Purge:
    facts = {"what": "requests", "days": 400, "began_at": timezone.now(), "finished_at": timezone.now(), "gone": 0}
    return Purge.objects.create(**facts | row)


def test_runs_are_told_with_what_they_deleted(client):
    hour = timedelta(hours=1)
    report(gone=12345, finished_at=timezone.now() + timedelta(seconds=3))
    report(what="attachments", error="OSError")
    report(what="conversations", began_at=timezone.now() - hour, finished_at=None)
    report(gone=7, rest_left=True)
    page = client.get(URL).text
    for words in ("12,345", "OSError", "Its process died", "The next run goes on", "Complete"):
        assert words in page


def test_runs_with_nothing_to_do_are_shown_on_request(client):
    report()
    assert "No run has deleted anything." in client.get(URL).text
    assert "Complete" in client.get(f"{URL}?every=1").text


def test_the_schedule_runs_as_often_as_the_page_says():
    for name in ("purge-requests", "purge-conversations"):
        assert worker.app.conf.beat_schedule[name]["schedule"] == purging.EVERY.total_seconds()
