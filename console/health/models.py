"""Rows of health: every check's paper, each deployment's present state, its days and hours, and incidents."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models

from console.inventory.models import Deployment, health_goes_stale
from console.web.ids import new_id


class Verdict(models.TextChoices):
    WELL = "well"
    DEGRADED = "degraded"  # it is there, but throttled, slow or never finished
    ILL = "ill"
    UNKNOWN = "unknown"  # the check itself could not be run


class Rung(models.TextChoices):
    """The ladder a check climbs, lowest first; a bad verdict names the rung that broke."""

    NAME = "name"
    TLS = "tls"
    AUTH = "auth"
    DEPLOYMENT = "deployment"
    QUOTA = "quota"
    ANSWER = "answer"


class HealthCheck(models.Model):
    """The paper of one check, written once when it ends; while it waits and runs, its job tells."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="checks")
    # Unique: a job that is run again by another worker leaves one paper.
    job_id = models.UUIDField(unique=True)
    cause = models.CharField(max_length=10)
    person = models.CharField(max_length=200, blank=True)
    # When it began to look: a check that settles late is still an old one.
    at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    rung = models.CharField(max_length=12, choices=Rung.choices, blank=True)
    # Why: a kind of azure.errors, or one of this room's own (verdicts.py); empty when it is well.
    kind = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    apim_request_id = models.CharField(max_length=128, blank=True)
    # Its row in the request log; null when no call was made.
    record_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["deployment", "-at", "-id"], name="check_newest"),
            models.Index(fields=["at"], name="check_by_time"),
        ]


class DeploymentHealth(models.Model):
    """A deployment's present state, from its newest check; staleness is computed when it is shown, never stored."""

    deployment = models.OneToOneField(
        Deployment, primary_key=True, on_delete=models.CASCADE, related_name="state_of_health"
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.UNKNOWN)
    rung = models.CharField(max_length=12, choices=Rung.choices, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    # Null only between the row's making and the settling of its first check, in one transaction.
    checked_at = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)  # when the present verdict began
    last_good = models.DateTimeField(null=True)
    # Checks in a row that found it ill, or found it answering: an incident opens and closes by two of a kind.
    bad_in_a_row = models.PositiveIntegerField(default=0)
    good_in_a_row = models.PositiveIntegerField(default=0)
    turned_at = models.DateTimeField(null=True)  # the first check of the present row of bad or good ones

    @property
    def is_stale(self) -> bool:
        """Too old to say anything about now."""
        return self.checked_at is None or self.checked_at < health_goes_stale()


class Span(models.TextChoices):
    HOUR = "hour"
    DAY = "day"


class Rollup(models.Model):
    """How a deployment's checks of one hour or day (UTC) ended: what strips and sparklines are drawn of."""

    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="health_rollups")
    span = models.CharField(max_length=4, choices=Span.choices)
    start = models.DateTimeField()
    well = models.PositiveIntegerField(default=0)
    degraded = models.PositiveIntegerField(default=0)
    ill = models.PositiveIntegerField(default=0)
    unknown = models.PositiveIntegerField(default=0)
    latency_ms_sum = models.PositiveBigIntegerField(default=0)
    latency_count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deployment", "span", "start"], name="health_rollup_once")
        ]
        indexes: ClassVar = [models.Index(fields=["span", "start"], name="health_rollup_by_time")]


class Incident(models.Model):
    """A time in which a deployment was ill, from the first of two bad checks to the first of two good ones."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="incidents")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # What broke first, with the ids of the check that opened it.
    rung = models.CharField(max_length=12, choices=Rung.choices, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    checks = models.PositiveIntegerField(default=0)  # bad ones in it
    request_id = models.CharField(max_length=128, blank=True)
    apim_request_id = models.CharField(max_length=128, blank=True)
    record_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deployment"], condition=models.Q(closed_at=None), name="incident_one_open")
        ]
        indexes: ClassVar = [
            models.Index(fields=["deployment", "-opened_at"], name="incident_newest"),
            models.Index(fields=["-opened_at"], name="incident_open", condition=models.Q(closed_at=None)),
        ]

    def lasted_ms(self, now: datetime) -> float:
        """How long it lasted, or has lasted until `now`."""
        return ((self.closed_at or now) - self.opened_at).total_seconds() * 1000
