"""Filters as links."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from console.inventory import chips, listing
from tests.factories_inventory import PRODUCTION, make_deployment, make_resource

pytestmark = pytest.mark.django_db


def shown(name: str, **query: str) -> dict[str, tuple[str, bool]]:
    """One filter's chips: label to (query string, on)."""
    found = {group.name: group for group in chips.groups(listing.read(query), {PRODUCTION: "Production"})}
    return {str(chip.label): (chip.query, chip.on) for chip in found[name].chips} if name in found else {}


def test_values_that_occur_are_offered_once_whatever_their_case() -> None:
    make_deployment(model="claude-opus-5-5", resource=make_resource(location="eastus2"))
    make_deployment(model="Claude-Opus-5-5", resource=make_resource(location="EastUS2"))
    make_deployment(model="gpt-6", model_format="OpenAI", resource=make_resource(location="swedencentral"))
    assert [label.lower() for label in shown("location")] == ["all", "eastus2", "swedencentral"]
    assert [label.lower() for label in shown("model")] == ["all", "claude-opus-5-5", "gpt-6"]


def test_the_one_that_is_on_is_marked_and_the_others_keep_the_rest() -> None:
    make_deployment(resource=make_resource(location="eastus2"))
    make_deployment(resource=make_resource(location="swedencentral"))
    assert shown("location", location="EASTUS2", q="claude") == {
        "All": ("q=claude", False),
        "eastus2": ("q=claude&location=eastus2", True),
        "swedencentral": ("q=claude&location=swedencentral", False),
    }


def test_a_filter_with_one_answer_is_not_offered() -> None:
    make_deployment()
    assert shown("location") == {}
    assert shown("subscription") == {}


def test_subscriptions_go_by_name() -> None:
    make_resource()
    make_resource(subscription_id="unnamed")
    assert list(shown("subscription")) == ["All", "Production", "unnamed"]


def test_a_value_that_no_longer_occurs_can_be_turned_off() -> None:
    make_deployment()
    group = next(each for each in chips.groups(listing.read({"model": "gone-model"}), {}) if each.name == "model")
    assert group.chosen == "gone-model"
    assert group.chips[0].query == ""


def test_there_are_only_so_many_chips() -> None:
    resource = make_resource()
    for number in range(130):
        make_deployment(f"d-{number}", resource, model=f"model-{number:03}")
    found = shown("model", model="model-129")
    assert len(found) == chips.MOST_CHIPS + 1
    assert found["model-129"][1]


def test_a_near_end_is_offered_where_there_is_one() -> None:
    make_deployment(retires_on=timezone.now().date() + timedelta(days=400))
    assert shown("retires") == {}
    make_deployment(retires_on=timezone.now().date() + timedelta(days=10))
    assert list(shown("retires")) == ["All", "Within 90 days"]
