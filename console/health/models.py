"""Rows of health: every check's paper, each deployment's present state, and incidents."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from console.inventory.models import Deployment
from console.web.ids import new_id


class Verdict(models.TextChoices):
    WELL = "well"
    DEGRADED = "degraded"  # it answers, but throttled or slow
    ILL = "ill"
    UNKNOWN = "unknown"  # the check itself could not be run


class Rung(models.TextChoices):
    """The ladder a check climbs; a bad verdict names the rung that broke."""

    NAME = "name"
    TLS = "tls"
    AUTH = "auth"
    DEPLOYMENT = "deployment"
    QUOTA = "quota"
    ANSWER = "answer"


class HealthCheck(models.Model):
    """The paper of one check: asked for, run by a worker, settled once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="checks")
    job_id = models.UUIDField()
    cause = models.CharField(max_length=10)
    person = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    rung = models.CharField(max_length=12, choices=Rung.choices, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    request_id = models.CharField(max_length=128, blank=True)
    apim_request_id = models.CharField(max_length=128, blank=True)
    record_id = models.UUIDField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["deployment", "-at"], name="check_newest")]


class DeploymentHealth(models.Model):
    """A deployment's present state, from its checks; staleness is computed when it is shown, never stored."""

    deployment = models.OneToOneField(
        Deployment, primary_key=True, on_delete=models.CASCADE, related_name="state_of_health"
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices)
    rung = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    checked_at = models.DateTimeField()
    since = models.DateTimeField()
    last_good = models.DateTimeField(null=True)
    latency_ms = models.PositiveIntegerField(null=True)
    # Equal bad (or good) verdicts in a row: an incident opens after two and closes after two.
    in_a_row = models.PositiveIntegerField(default=1)


class Incident(models.Model):
    """A time in which a deployment was not well, opened and closed by the rule of two."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    deployment = models.ForeignKey(Deployment, on_delete=models.CASCADE, related_name="incidents")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    rung = models.CharField(max_length=12, blank=True)
    kind = models.CharField(max_length=40, blank=True)
    checks = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=128, blank=True)
    apim_request_id = models.CharField(max_length=128, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["deployment"], condition=models.Q(closed_at=None), name="incident_one_open")
        ]
        indexes: ClassVar = [models.Index(fields=["deployment", "-opened_at"], name="incident_newest")]
