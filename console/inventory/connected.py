"""The one resource that ANTHROPIC_FOUNDRY_* connect without any right in ARM. Its key stays in the environment.

Where ARM shows the same resource, ARM's row is the one people see and this row steps back.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from console.inventory.models import CalledAs, Deployment, Resource

PREFIX = "settings:"


def name() -> str:
    """The subdomain of the connected resource; "" when the settings connect none."""
    return str(settings.ANTHROPIC_FOUNDRY_RESOURCE).strip().lower()[:100]


def ensure(at: datetime | None = None) -> Resource | None:
    """Bring the rows in line with the settings and return the connected resource's row, if there is one.

    Runs at the start of the processes and around each sync; running it twice changes nothing.
    """
    at = at or timezone.now()
    let_go_of_others(at)
    if not name():
        return None
    shown = Resource.objects.live().filter(subdomain=name()).exclude(arm_id__startswith=PREFIX).first()
    if shown is None:
        return connect(at)
    step_back(shown, at)
    return shown


def let_go_of_others(at: datetime) -> None:
    """What the settings connected before and no longer do is gone, or called as the console again."""
    others = Resource.objects.exclude(subdomain=name())
    retire(others.filter(arm_id__startswith=PREFIX), at)
    by_their_key = others.filter(called_as=CalledAs.KEY, called_as_set_at=None, sealed_key=None)
    by_their_key.update(called_as=CalledAs.CONSOLE)


def retire(rows: QuerySet[Resource], at: datetime) -> None:
    keys = list(rows.filter(gone_at=None).values_list("pk", flat=True))
    Deployment.objects.filter(resource_id__in=keys, gone_at=None).update(gone_at=at)
    Resource.objects.filter(pk__in=keys).update(gone_at=at)


def adopt(shown: Mapping[str, str], at: datetime) -> None:
    """ARM shows these resources (arm id by subdomain): is the connected one among them, its row becomes ARM's.

    So it keeps its id, and with it what links to it. Where ARM's row exists already, `ensure` lets this one go.
    """
    arm_id = shown.get(name()) if name() else None
    if arm_id and not Resource.objects.filter(arm_id=arm_id).exists():
        Resource.objects.filter(arm_id=PREFIX + name()).update(arm_id=arm_id, last_seen=at)


def step_back(shown: Resource, at: datetime) -> None:
    """ARM shows the resource: its row is called by the settings' key unless an administrator chose otherwise."""
    retire(Resource.objects.filter(arm_id=PREFIX + name()), at)
    if shown.called_as_set_at is None and shown.called_as != default_call():
        shown.called_as = default_call()
        shown.save(update_fields=["called_as"])


def default_call() -> CalledAs:
    return CalledAs.KEY if settings.ANTHROPIC_FOUNDRY_API_KEY else CalledAs.CONSOLE


def connect(at: datetime) -> Resource:
    """The row of a resource that only the settings know, with the deployments they name."""
    fresh = {"first_seen": at, "name": name(), "subdomain": name(), "kind": "AIServices", "called_as": default_call()}
    row, made = Resource.objects.get_or_create(arm_id=PREFIX + name(), defaults={**fresh, "last_seen": at})
    row.last_seen, row.gone_at, row.words = at, None, name()
    if row.called_as_set_at is None:
        row.called_as = default_call()
    row.save(update_fields=["last_seen", "gone_at", "words", "called_as"])
    name_deployments(row, at)
    return row


def name_deployments(row: Resource, at: datetime) -> None:
    """The named deployments are Claude's: nothing else is called this way. Dropped names are gone."""
    named = dict.fromkeys(each[:200] for each in settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS)
    rows = [
        Deployment(resource=row, name=each, model_format="Anthropic", words=each.lower(), first_seen=at, last_seen=at)
        for each in named
    ]
    Deployment.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["resource", "name"], update_fields=["last_seen", "gone_at"]
    )
    row.deployments.filter(gone_at=None).exclude(name__in=named).update(gone_at=at)
