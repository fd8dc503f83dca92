"""A program of the organisation that reports its own calls: mostly at night, with a key that nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from console.config.sample_world import faults, rows, traffic
from console.inventory.models import Deployment
from console.requestlog.models import Application, RequestRecord, Source

NAME = "invoice-reader"
WHERE = ("contoso-foundry", "claude-steady")
DAYS, A_NIGHT = 14, 12


def create(now: datetime, deployments: Sequence[Deployment], chance: Random) -> tuple[Application, list[RequestRecord]]:
    """The application and its calls of two weeks, not yet inserted."""
    target = next(one for one in deployments if (one.resource.name, one.name) == WHERE)
    records = [
        reported(target, at, chance)
        for back in range(1, DAYS + 1)
        for at in sorted(now - timedelta(days=back, minutes=chance.uniform(0, 90)) for _ in range(A_NIGHT))
    ]
    application = Application(
        name=NAME, key_hash=f"{chance.getrandbits(256):064x}", key_hint="q7Xw",
        created_at=now - timedelta(days=DAYS + 1), created_by="Ada Kim", reported_at=records[0].finished_at,
    )  # fmt: skip
    return application, records


def reported(target: Deployment, at: datetime, chance: Random) -> RequestRecord:
    record = traffic.attempt(None, target, at, rows.uuid(chance), chance)
    record.source, record.operation, record.application = Source.APPLICATION, "messages", NAME
    record.client, record.called_as, record.correlation_id = "anthropic 2.12.0", "", ""
    record.reported_key = rows.uuid(chance)
    if chance.random() < 0.04:
        return traffic.failed(record, faults.throttled(chance), traffic.quick(chance))
    return traffic.answered(record, chance)
