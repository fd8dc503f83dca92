"""The hourly sums of the log, as `requestlog.rollup` folds them, and how far it has folded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from console.requestlog.models import SUMMED_BY, HourlyRollup, RequestRecord, RollupProgress
from console.requestlog.rollup import SUMS, hour_of, settled_before


def create(records: Iterable[RequestRecord]) -> list[HourlyRollup]:
    """One row for each hour, deployment, person and outcome; not yet inserted."""
    found: dict[tuple[object, ...], HourlyRollup] = {}
    for record in records:
        hour, key = hour_of(record.started_at), key_of(record)
        place = hour, *key.values()
        if place not in found:
            found[place] = HourlyRollup(hour=hour, person=record.person, requests=0, **key)
        add(found[place], record)
    return list(found.values())


def key_of(record: RequestRecord) -> dict[str, object]:
    """The class of the status is made by the database, and these rows have not been there yet."""
    return {
        name: (record.http_status or 0) // 100 if name == "status_class" else getattr(record, name)
        for name in SUMMED_BY
    }


def add(rollup: HourlyRollup, record: RequestRecord) -> None:
    rollup.requests += 1
    for name in SUMS:
        setattr(rollup, name, getattr(rollup, name) + (getattr(record, name) or 0))
    rollup.ttft_ms_sum += record.ttft_ms or 0
    rollup.ttft_count += record.ttft_ms is not None
    rollup.ttft_ms_max = max(rollup.ttft_ms_max, record.ttft_ms or 0)
    rollup.duration_ms_sum += record.duration_ms or 0
    rollup.duration_ms_max = max(rollup.duration_ms_max, record.duration_ms or 0)


def note_progress(now: datetime) -> None:
    RollupProgress.objects.create(name="hours", folded_until=settled_before(now))
