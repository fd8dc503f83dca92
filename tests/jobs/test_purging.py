"""Retention: what an administrator says holds over the environment; each run leaves a report, also a failed one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.jobs import purging
from console.jobs.models import Keeping, Purge
from tests.factories import make_user

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(purging, "REST", 0.0)


@pytest.mark.parametrize(("own", "days"), [(None, 400), (7, 7), (900, 900), (0, 0)])
def test_the_administrators_days_hold_over_the_environments(settings, own, days):
    settings.REQUEST_RETENTION_DAYS = 400
    purging.change(make_user(("Admin",)), {"requests": own})
    assert purging.days("requests") == days


def test_a_change_is_audited_once_and_can_be_taken_back():
    admin = make_user(("Admin",), name="Ada")
    for _ in range(2):
        purging.change(admin, {"requests": 30, "conversations": None, "attachments": None})
    assert AuditEntry.objects.get().detail == {"requests": 30}
    assert Keeping.objects.get().changed_by == "Ada"
    purging.change(admin, {"requests": None})
    assert not Keeping.objects.exists()


def test_a_run_is_told_how_far_and_leaves_its_report(settings):
    settings.REQUEST_RETENTION_DAYS = 30
    told = []
    purging.run("requests", lambda before: told.append(before) or iter([500, 20]))
    assert abs(told[0] - (timezone.now() - 30 * DAY)) < timedelta(minutes=1)
    report = Purge.objects.get()
    assert (report.what, report.days, report.gone, report.rest_left, report.error) == ("requests", 30, 520, False, "")
    assert report.milliseconds is not None
    assert purging.next_run("requests") == report.began_at + purging.EVERY


def test_what_is_kept_for_ever_is_left_alone(settings):
    settings.REQUEST_RETENTION_DAYS = settings.ATTACHMENT_RETENTION_DAYS = 0
    assert purging.run("requests", lambda before: iter([1])) is None
    told = []
    purging.run("attachments", lambda before: told.append(before) or iter([3]), always=True)
    assert told == [purging.NEVER]
    assert Purge.objects.get().gone == 3


def test_a_failure_is_reported_with_what_was_deleted_before():
    def breaking(before) -> Iterator[int]:
        yield 500
        raise OSError("the disk, and what was on it")

    with pytest.raises(OSError, match="disk"):
        purging.run("requests", breaking)
    report = Purge.objects.get()
    assert (report.gone, report.error) == (500, "OSError")
    assert report.finished_at is not None


def test_it_stops_when_its_time_is_over_and_says_that_more_is_left(monkeypatch):
    monkeypatch.setattr(purging, "LONGEST", 0.0)
    purging.run("requests", lambda before: iter([1, 1, 1]))
    report = Purge.objects.get()
    assert (report.gone, report.rest_left) == (1, True)


def test_it_rests_between_two_batches(monkeypatch):
    rests = []
    monkeypatch.setattr(purging, "REST", 0.5)
    monkeypatch.setattr(purging, "sleep", rests.append)
    purging.run("requests", lambda before: iter([1, 1]))
    assert len(rests) == 2


def test_old_reports_go():
    old = Purge.objects.create(what="requests", days=1, began_at=timezone.now() - 91 * DAY)
    kept = Purge.objects.create(what="requests", days=1, began_at=timezone.now() - 89 * DAY)
    purging.run("requests", lambda before: iter(()))
    left = set(Purge.objects.values_list("pk", flat=True))
    assert kept.pk in left
    assert old.pk not in left
