"""What Prometheus reads."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from console.jobs import queue
from console.jobs.models import Job
from console.requestlog.models import HourlyRollup


def value(text: str, line: str) -> float:
    return next(float(found.rsplit(" ", 1)[1]) for found in text.splitlines() if found.startswith(line))


@pytest.mark.django_db
def test_it_counts_without_names(django_assert_max_num_queries):
    Job.objects.create(task="t", subject="claude-secret-name", cause="person", queued_at=timezone.now())
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for deployment, ago in (("a", 0), ("b", 0), ("c", 5)):
        HourlyRollup.objects.create(
            hour=hour - timedelta(hours=ago), resource="contoso", deployment=deployment, source="playground",
            outcome="failed", requests=3,
        )  # fmt: skip
    queue.beat()
    with django_assert_max_num_queries(4):
        text = Client(SERVER_NAME="localhost").get("/metrics").content.decode()
    assert value(text, 'console_jobs{state="queued"}') == 1
    assert value(text, 'console_requests_recent{outcome="failed",source="playground"}') == 6
    assert value(text, "console_worker_age_seconds") < 60
    assert value(text, "console_streams") >= 0
    assert "process_resident_memory_bytes" in text
    assert "claude-secret-name" not in text
    assert "contoso" not in text


@pytest.mark.django_db
def test_without_a_worker_there_is_no_age():
    text = Client(SERVER_NAME="localhost").get("/metrics").content.decode()
    assert "console_worker_age_seconds" not in text
