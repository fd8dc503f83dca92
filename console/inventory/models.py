"""Rows of what exists: subscriptions, Foundry resources and their deployments. Written by `sync` alone,
except how a resource is called (an administrator's choice, `connection`) and what health notes on a deployment.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from console.web.ids import new_id


class Subscription(models.Model):
    """An Azure subscription as ARM last showed it, and whether the last sync could read it."""

    subscription_id = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=30, blank=True)
    synced_at = models.DateTimeField(null=True)
    # Why the last sync could not read it (error kind and ARM's sentence); empty when it could.
    fault_kind = models.CharField(max_length=40, blank=True)
    fault = models.CharField(max_length=1000, blank=True)


class CalledAs(models.TextChoices):
    """Whose right a call to a resource's data plane uses."""

    CONSOLE = "console"
    PERSON = "person"
    KEY = "key"


class ResourceQuery(models.QuerySet["Resource"]):
    def live(self) -> ResourceQuery:
        """Those the last sync still found."""
        return self.filter(gone_at=None)


class Resource(models.Model):
    """A Foundry resource: from ARM, or connected by the ANTHROPIC_FOUNDRY_* settings without ARM."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Lower-cased ARM id, or "settings:<resource>" for the one the settings connect.
    arm_id = models.CharField(max_length=400, unique=True)
    name = models.CharField(max_length=200)
    subdomain = models.CharField(max_length=100)
    subscription_id = models.CharField(max_length=64, blank=True)
    resource_group = models.CharField(max_length=100, blank=True)
    location = models.CharField(max_length=60, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    sku = models.CharField(max_length=40, blank=True)
    state = models.CharField(max_length=40, blank=True)  # provisioningState as ARM says it
    public_network_access = models.CharField(max_length=20, blank=True)
    network_default_action = models.CharField(max_length=20, blank=True)
    local_auth_disabled = models.BooleanField(null=True)  # null: ARM did not say
    # Everything else ARM tells, for the resource's page: endpoints, identity, network rules, private endpoints, times.
    details: models.JSONField[dict[str, object]] = models.JSONField(default=dict)
    tags: models.JSONField[dict[str, str]] = models.JSONField(default=dict)
    # The last sync was not told its deployments: what is known of them is older.
    deployments_unread = models.BooleanField(default=False)
    # Every word a search may find this row by, in lower case.
    words = models.TextField(blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    called_as = models.CharField(max_length=10, choices=CalledAs.choices, default=CalledAs.CONSOLE)
    # When an administrator chose; null while the default or the settings decide.
    called_as_set_at = models.DateTimeField(null=True)
    # The API key, sealed for this row and address; write-only, cleared when the address changes.
    sealed_key = models.BinaryField(null=True)
    key_host = models.CharField(max_length=300, blank=True)
    key_hint = models.CharField(max_length=4, blank=True)  # its last four characters
    key_set_at = models.DateTimeField(null=True)

    objects = ResourceQuery.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["name", "id"], name="resource_by_name"),
            models.Index(fields=["subscription_id", "name"], name="resource_by_subscription"),
        ]


def claude(prefix: str = "") -> models.Q:
    """Deployments the Messages API serves: Anthropic's format, or a name that says so where ARM is silent.

    `prefix` leads to the deployment from another table, as "found__".
    """
    format_ = f"{prefix}model_format"
    silent = models.Q((format_, ""), (f"{prefix}name__istartswith", "claude"))
    return models.Q((f"{format_}__iexact", "Anthropic")) | silent


class DeploymentQuery(models.QuerySet["Deployment"]):
    def live(self) -> DeploymentQuery:
        """Those the last sync still found, on resources it still found."""
        return self.filter(gone_at=None, resource__gone_at=None)

    def claude(self) -> DeploymentQuery:
        """Those the playground and the health checks can call."""
        return self.filter(claude())


def health_goes_stale() -> datetime:
    """Verdicts older than this are shown as stale. Without a schedule, two intervals of five minutes count."""
    return timezone.now() - timedelta(seconds=2 * (settings.HEALTH_INTERVAL or 300))


def shown_health(health: str, at: datetime | None) -> str:
    """A verdict as pages may show it: itself, "stale" or "" for never checked."""
    if not health or at is None:
        return ""
    return "stale" if at < health_goes_stale() else health


def soon() -> date:
    """Retirements up to this day are worth a warning: Azure gives 60 days' notice, moving takes time."""
    return timezone.now().date() + timedelta(days=90)


def ends_soon(day: date | None) -> bool:
    return day is not None and day <= soon()


class Deployment(models.Model):
    """A model deployment on a resource; its name is what a call puts into `model`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="deployments")
    name = models.CharField(max_length=200)
    model_format = models.CharField(max_length=60, blank=True)
    model = models.CharField(max_length=100, blank=True)
    model_version = models.CharField(max_length=40, blank=True)
    hosting = models.CharField(max_length=12, blank=True)  # "azure", "anthropic", ""
    sku = models.CharField(max_length=60, blank=True)
    capacity = models.PositiveIntegerField(null=True)
    requests_per_minute = models.PositiveIntegerField(null=True)
    tokens_per_minute = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=40, blank=True)  # provisioningState as ARM says it
    # The day Azure stops serving this model and version, from ARM's list of models; null where it names none.
    retires_on = models.DateField(null=True)
    details: models.JSONField[dict[str, object]] = models.JSONField(default=dict)
    tags: models.JSONField[dict[str, str]] = models.JSONField(default=dict)
    # Every word of its own a search may find this row by, in lower case; its resource has the others.
    words = models.TextField(blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    gone_at = models.DateTimeField(null=True)

    # Written by the health room through `note_health`, so that lists need no second look-up.
    health = models.CharField(max_length=12, blank=True)  # "well", "degraded", "ill", "unknown", "" for never checked
    health_at = models.DateTimeField(null=True)

    objects = DeploymentQuery.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["resource", "name"], name="deployment_once")]
        indexes: ClassVar = [models.Index(fields=["name", "id"], name="deployment_by_name")]

    @property
    def is_live(self) -> bool:
        """Whether the last sync still found it, on a resource it still found."""
        return self.gone_at is None and self.resource.gone_at is None

    @property
    def is_claude(self) -> bool:
        """Whether the playground and the health checks can call it."""
        return self.model_format.lower() == "anthropic" or (
            not self.model_format and self.name.lower().startswith("claude")
        )

    @property
    def health_shown(self) -> str:
        """The verdict as pages may show it: "stale" once it is older than two intervals, "" when there is none."""
        return shown_health(self.health, self.health_at)

    @property
    def retires_soon(self) -> bool:
        return ends_soon(self.retires_on)

    def note_health(self, health: str, at: datetime) -> None:
        """Keep the newest verdict on the row; an older one that arrives late changes nothing."""
        newer = models.Q(health_at=None) | models.Q(health_at__lt=at)
        Deployment.objects.filter(newer, pk=self.pk).update(health=health, health_at=at)
