"""The table's rows: what is in it, what filters leave, and that pages follow one another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from console.inventory import listing
from console.inventory.listing import Filters
from console.web import paging
from tests.factories_inventory import make_deployment, make_resource

pytestmark = pytest.mark.django_db


def names(**filters: str) -> list[str]:
    """Rows as "resource/deployment", in order."""
    rows = listing.rows(listing.read(filters)).order_by(*listing.ORDER)
    return [f"{row['name']}/{row['deployment_name']}" for row in rows]


@pytest.fixture
def world() -> None:
    old, now = timezone.now() - timedelta(hours=1), timezone.now()
    alpha = make_resource("alpha", location="eastus2", words="alpha eastus2 production owner:kim")
    later = now.date() + timedelta(days=200)
    make_deployment("claude-a", alpha, health="well", health_at=now, retires_on=later)
    make_deployment(
        "claude-b", alpha, health="well", health_at=old, hosting="anthropic", model="claude-opus-5-5",
        retires_on=now.date() + timedelta(days=30),
    )  # fmt: skip
    make_deployment("gpt", alpha, model_format="OpenAI", model="gpt-6", hosting="", words="gpt gpt-6")
    make_deployment("claude-old", alpha, gone_at=old)
    make_resource("beta", location="swedencentral", state="Failed")
    make_deployment("claude-c", make_resource("gamma", gone_at=old), gone_at=old)


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({}, ["alpha/claude-a", "alpha/claude-b", "alpha/gpt", "beta/"]),
        ({"presence": "gone"}, ["alpha/claude-old", "gamma/claude-c"]),
        ({"presence": "all", "q": "alpha"}, ["alpha/claude-a", "alpha/claude-b", "alpha/claude-old", "alpha/gpt"]),
        ({"presence": "all", "family": "claude", "q": "claude-c"}, ["gamma/claude-c"]),
        ({"family": "claude"}, ["alpha/claude-a", "alpha/claude-b"]),
        ({"family": "other"}, ["alpha/gpt"]),
        ({"location": "SwedenCentral"}, ["beta/"]),
        ({"model": "claude-opus-5-5"}, ["alpha/claude-b"]),
        ({"hosting": "anthropic"}, ["alpha/claude-b"]),
        ({"state": "failed"}, ["beta/"]),
        ({"state": "Succeeded", "family": "other"}, ["alpha/gpt"]),
        ({"health": "well"}, ["alpha/claude-a"]),
        ({"health": "stale"}, ["alpha/claude-b"]),
        ({"health": "never"}, []),
        ({"retires": "soon"}, ["alpha/claude-b"]),
        ({"q": "KIM gpt"}, ["alpha/gpt"]),
        ({"q": "owner:kim", "hosting": "azure"}, ["alpha/claude-a"]),
        ({"q": "100%"}, []),
        ({"subscription": "elsewhere"}, []),
    ],
)  # fmt: skip
def test_filters_leave_what_they_name(world: None, filters: dict[str, str], rows: list[str]) -> None:
    assert names(**filters) == rows


def test_a_resource_whose_deployments_are_all_gone_is_still_a_row() -> None:
    make_deployment("claude-a", make_resource("alpha"), gone_at=timezone.now())
    assert names() == ["alpha/"]


@pytest.mark.parametrize("presence", ["live", "gone", "all"])
def test_pages_follow_one_another_without_loss(presence: str) -> None:
    gone = None if presence == "live" else timezone.now()
    for number in range(4):
        resource = make_resource("twin" if number < 2 else f"single-{number}", arm_id=f"/id/{number}", gone_at=gone)
        for each in range(number):
            make_deployment(f"claude-{each}", resource, gone_at=gone)
    rows = listing.rows(Filters(presence=presence))
    seen, cursor = [], ""
    while True:
        page = paging.page(rows, order=listing.ORDER, cursor=cursor, size=2)
        seen += [(row["id"], row["deployment_name"]) for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    "query", [{"health": "' OR 1=1"}, {"presence": "x"}, {"q": "a" * 201}, {"model": "\udc00"}, {"family": "CLAUDE"}]
)
def test_filters_that_make_no_sense_ask_for_nothing(query: dict[str, str]) -> None:
    assert listing.read(query) == Filters()


def test_a_query_string_names_only_what_is_chosen() -> None:
    filters = listing.read({"q": "한국 a&b", "presence": "live", "family": "claude"})
    assert filters.query(family="other") == "q=%ED%95%9C%EA%B5%AD+a%26b&family=other"
    assert filters.exported == "presence=live&q=%ED%95%9C%EA%B5%AD+a%26b&family=claude"
    assert filters.others == [("family", "claude")]


def test_a_row_says_what_the_page_shows() -> None:
    make_deployment("claude-a", make_resource("alpha", state="Moving"), health="ill", health_at=timezone.now())
    (values,) = listing.rows(Filters())
    row = listing.row(values, {"11111111-0000-4000-8000-000000000001": "Production"})
    assert (row.subscription, row.hosted_on, row.is_claude) == ("Production", "Azure", True)
    assert row.resource_badge is not None
    assert row.resource_badge.tone == "busy"
    assert row.health is not None
    assert (row.health.tone, row.health.word) == ("bad", "Ill")
