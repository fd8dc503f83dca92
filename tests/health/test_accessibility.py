"""axe-core over the pages of health and jobs: both themes, a desk and a phone, both languages."""

from __future__ import annotations

import pytest
from django.test import Client

from console.jobs.models import State
from tests.browser import launched
from tests.factories import make_user, signed_in_client
from tests.factories_health import ILL, NO_IDENTITY, SLOW, THROTTLED, WELL, make_check, make_history
from tests.factories_inventory import make_deployment, make_resource
from tests.factories_jobs import make_job
from tests.web.test_accessibility import SIZES, faults

pytestmark = [pytest.mark.journey, pytest.mark.django_db]


def lived_in() -> list[str]:
    """Rows of every state; returns the addresses to look at."""
    ill = make_deployment("claude-ill", make_resource("contoso-foundry"))
    make_history(ill, WELL, WELL, ILL, ILL, every=3600)
    for name, finding in (("slow", SLOW), ("throttled", THROTTLED), ("keyless", NO_IDENTITY), ("well", WELL)):
        make_check(make_deployment(f"claude-{name}"), finding)
    make_check(make_deployment("claude-stale"), ago=10_000)
    new = make_deployment("claude-new-with-a-name-that-is-as-long-as-azure-allows-it-to-be-0123456789")
    make_job(subject_id=str(new.pk))
    running = make_job(State.RUNNING, done=3, total=12)
    failed = make_job(State.FAILED, error="OperationalError: " + "the database is away " * 10)
    jobs = [f"/jobs/{job.pk}/" for job in (running, failed)]
    return ["/health/", f"/health/{ill.pk}/", f"/health/{new.pk}/", "/health/?q=nothing", "/jobs/", *jobs]


def read(client: Client, addresses: list[str]) -> dict[str, str]:
    return {address: client.get(address).text for address in addresses}


def test_pages_are_clean():
    addresses = lived_in()
    people = {language: make_user(("Admin",), language=language) for language in ("en", "ko")}
    drawn = {language: read(signed_in_client(user), addresses) for language, user in people.items()}
    with launched() as browser:
        for language, size, theme in (("en", "desk", "light"), ("en", "phone", "dark"), ("ko", "phone", "light")):
            assert faults(browser, drawn[language], size=SIZES[size], theme=theme) == []
