"""The table with 1,000 resources and 10,000 deployments: few queries, and pages that answer at once."""

from __future__ import annotations

import time
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from console.inventory import calling, listing
from console.inventory.listing import Filters
from console.inventory.models import Deployment, Resource
from console.web import paging
from console.web.ids import new_id
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import arm_id, make_subscription

pytestmark = pytest.mark.django_db
# Session, heartbeat, subscriptions, jobs, the values of the filters, the rows.
MOST_QUERIES = 6
SECONDS = 0.5


@pytest.fixture
def client() -> Client:
    make_big_world()
    browser = signed_in_client(make_user())
    browser.get("/inventory/")  # a session's first page also stores its CSRF secret
    return browser


def make_big_world() -> None:
    now = timezone.now()
    for number in range(4):
        make_subscription(f"Subscription {number}", f"sub-{number}")
    resources = [
        Resource(
            id=new_id(), arm_id=arm_id(f"contoso-{number:04}"), name=f"contoso-{number:04}", subdomain=f"c-{number}",
            subscription_id=f"sub-{number % 4}", location=("eastus2", "swedencentral")[number % 2], state="Succeeded",
            words=f"contoso-{number:04} subscription {number % 4}", first_seen=now, last_seen=now,
        )
        for number in range(1000)
    ]  # fmt: skip
    Resource.objects.bulk_create(resources)
    rows = [make_row(resource.pk, number) for resource in resources for number in range(10)]
    Deployment.objects.bulk_create(rows, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def make_row(resource_id: UUID, number: int) -> Deployment:
    now = timezone.now()
    return Deployment(
        resource_id=resource_id, name=f"claude-{number}", model_format="Anthropic", model=f"claude-model-{number % 5}",
        model_version="2", hosting="azure", state="Succeeded", words=f"claude-{number} claude-model-{number % 5}",
        first_seen=now, last_seen=now,
    )  # fmt: skip


def quickest(client: Client, address: str) -> float:
    """Seconds of the quickest of three; the machine may be busy, the page is not."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        assert client.get(address).status_code == 200
        times.append(time.perf_counter() - began)
    return min(times)


def test_pages_are_quick_and_ask_little(client: Client, django_assert_max_num_queries) -> None:
    cursor = paging.page(listing.rows(Filters()), order=listing.ORDER, cursor="", size=9000).next_cursor
    addresses = {
        "first": "/inventory/",
        "far": f"/inventory/?cursor={cursor}",
        "filtered": "/inventory/?model=claude-model-3&subscription=sub-1&health=never",
        "search": "/inventory/?q=contoso-0987+claude-7",
        "nothing": "/inventory/?q=there-is-no-such-word",
    }
    took = {}
    for name, address in addresses.items():
        with django_assert_max_num_queries(MOST_QUERIES):
            client.get(address)
        took[name] = quickest(client, address)
    assert max(took.values()) < SECONDS, took


def test_the_list_of_choices_is_quick(client: Client) -> None:
    talker = make_user(("Playground",))
    began = time.perf_counter()
    assert len(calling.choices(talker)) == calling.MOST_CHOICES
    assert time.perf_counter() - began < SECONDS


def test_a_page_reads_its_own_part_of_the_index(client: Client) -> None:
    page = paging.page(listing.rows(Filters()), order=listing.ORDER, cursor="", size=5000)
    place = paging.place_at(
        page.next_cursor,
        listing.ORDER,
        [paging.field_of(listing.rows(Filters()), name) for name in listing.ORDER],
        "default",
    )
    assert place is not None
    plan = listing.rows(Filters()).filter(paging.beyond(listing.ORDER, place)).order_by(*listing.ORDER)[:51].explain()
    assert "resource_by_name" in plan
