from __future__ import annotations

from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from console.health.models import Incident
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import make_deployment, make_resource

pytestmark = pytest.mark.django_db

NOW = timezone.now()
URL = "/health/incidents/then/"


@pytest.fixture
def ill():
    """Ill from three hours ago to two hours ago."""
    deployment = make_deployment("claude-steady", make_resource("contoso-ai"))
    hour = timedelta(hours=1)
    return Incident.objects.create(
        deployment=deployment, opened_at=NOW - 3 * hour, closed_at=NOW - 2 * hour, rung="quota", checks=12
    )


def ask(at, *, htmx=True, **names):
    address = f"{URL}?{urlencode({'resource': 'contoso-ai', 'deployment': 'claude-steady', 'at': at} | names)}"
    return signed_in_client(make_user()).get(address, headers={"HX-Request": "true"} if htmx else {})


def said(at, **names) -> str:
    return unescape(ask(at, **names).content.decode())


@pytest.mark.parametrize(("minutes", "open_then"), [(200, False), (188, True), (150, True), (119, False), (0, False)])
def test_it_says_whether_an_incident_was_open(ill, minutes, open_then):
    shown = said((NOW - timedelta(minutes=minutes)).isoformat())
    assert ("12 bad checks, 60 min" in shown or "12 bad checks, 1 h" in shown) is open_then
    assert (f"/health/{ill.deployment_id}/#incident-{ill.pk}" in shown) is open_then
    assert ("No health incident was open then" in shown) is not open_then


def test_one_that_goes_on_says_so(ill):
    Incident.objects.update(closed_at=None)
    assert "still going on" in said(NOW.isoformat())


@pytest.mark.parametrize("at", ["", "soon", "9999-99-99T00:00:00Z"])
def test_odd_times_are_no_accident(ill, at):
    assert "does not know" in said(at)


def test_the_end_of_the_calendar_is_now(ill):
    assert "No health incident" in said("9999-12-31T23:59:59Z")


def test_a_deployment_that_is_gone_was_not_checked(ill):
    assert "does not know" in said(NOW.isoformat(), deployment="claude-other")


def test_without_htmx_it_leads_to_the_deployment(ill):
    assert ask(NOW.isoformat(), htmx=False).headers["Location"] == f"/health/{ill.deployment_id}/"
    assert ask("soon", htmx=False).headers["Location"] == "/health/"
