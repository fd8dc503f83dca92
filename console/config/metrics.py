"""What Prometheus reads: counts and ages, no names. Each scrape costs three bounded queries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone
from prometheus_client import CollectorRegistry, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from console.jobs import queue
from console.jobs.models import LIVE, Job
from console.playground.answer import answers
from console.requestlog.models import HourlyRollup


class ConsoleCollector(Collector):
    """Reads the console's state when it is asked; several web processes answer the same but for their own streams."""

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("console_streams", "Answers under way in this web process.", value=answers.count)
        yield jobs()
        yield requests()
        beat = queue.last_beat()
        if beat is not None:
            age = (timezone.now() - beat).total_seconds()
            yield GaugeMetricFamily("console_worker_age_seconds", "Time since a worker ran the heartbeat.", value=age)


def jobs() -> Metric:
    """Jobs that wait or run; finished ones are history, not load."""
    metric = GaugeMetricFamily("console_jobs", "Jobs that wait or run.", labels=["state"])
    found = dict(Job.objects.filter(state__in=LIVE).values_list("state").annotate(n=Count("pk")))
    for state in LIVE:
        metric.add_metric([state], found.get(state, 0))
    return metric


def requests() -> Metric:
    """Requests to Claude of the current and the last hour, from the roll-ups."""
    words = "Requests to Claude of this and the last hour."
    metric = GaugeMetricFamily("console_requests_recent", words, labels=["source", "outcome"])
    since = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=1)
    counted: dict[tuple[str, str], int] = {}
    rows = HourlyRollup.objects.filter(hour__gte=since).values_list("source", "outcome", "requests")
    for source, outcome, number in rows[:10_000]:
        counted[source, outcome] = counted.get((source, outcome), 0) + number
    for (source, outcome), number in sorted(counted.items()):
        metric.add_metric([source, outcome], number)
    return metric


def text() -> bytes:
    """The whole answer in Prometheus' text format."""
    return generate_latest(registry)


registry = CollectorRegistry(auto_describe=False)  # registering must not collect: there may be no database yet
ProcessCollector(registry=registry)
PlatformCollector(registry=registry)
registry.register(ConsoleCollector())
