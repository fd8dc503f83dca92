"""The resource the settings connect, with and without ARM showing the same one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from console.inventory import connected, keys
from console.inventory.models import CalledAs, Deployment, Resource
from tests.factories_inventory import arm_id, make_deployment, make_resource

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _settings(settings) -> None:
    settings.ANTHROPIC_FOUNDRY_RESOURCE = "Contoso"
    settings.ANTHROPIC_FOUNDRY_API_KEY = "key-from-the-environment"
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = ["claude-a", "my-model"]


def test_it_becomes_a_resource_called_by_key_with_claude_deployments() -> None:
    row = connected.ensure()
    assert row is not None
    assert (row.arm_id, row.subdomain, row.called_as) == ("settings:contoso", "contoso", CalledAs.KEY)
    assert set(Deployment.objects.live().claude().values_list("name", flat=True)) == {"claude-a", "my-model"}


def test_its_key_is_never_stored() -> None:
    row = connected.ensure()
    assert row is not None
    assert row.sealed_key is None
    assert keys.key_for(row) == "key-from-the-environment"


def test_a_second_time_changes_nothing(settings) -> None:
    first = connected.ensure()
    ids = set(Deployment.objects.values_list("pk", flat=True))
    assert connected.ensure() == first
    assert set(Deployment.objects.values_list("pk", flat=True)) == ids


def test_dropped_names_are_gone_and_come_back(settings) -> None:
    connected.ensure()
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = ["claude-a"]
    connected.ensure()
    assert Deployment.objects.live().get().name == "claude-a"
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = ["my-model"]
    connected.ensure()
    assert Deployment.objects.live().get().name == "my-model"


def test_without_the_setting_it_is_gone(settings) -> None:
    connected.ensure()
    settings.ANTHROPIC_FOUNDRY_RESOURCE = ""
    assert connected.ensure() is None
    assert not Resource.objects.live().exists()
    assert not Deployment.objects.live().exists()


def test_without_a_key_it_is_called_as_the_console(settings) -> None:
    settings.ANTHROPIC_FOUNDRY_API_KEY = ""
    row = connected.ensure()
    assert row is not None
    assert row.called_as == CalledAs.CONSOLE


def test_when_arm_shows_it_the_row_becomes_arms_and_keeps_its_id() -> None:
    row = connected.ensure()
    connected.adopt({"contoso": arm_id("contoso"), "other": arm_id("other")}, timezone.now())
    merged = connected.ensure()
    assert merged == row == Resource.objects.get()
    assert (merged.arm_id, merged.called_as) == (arm_id("contoso"), CalledAs.KEY)


def test_where_arm_has_a_row_it_is_the_one_people_see() -> None:
    known = make_resource("contoso")
    make_deployment("claude-z", known)
    assert connected.ensure() == known
    known.refresh_from_db()
    assert (known.called_as, keys.key_for(known)) == (CalledAs.KEY, "key-from-the-environment")
    assert Deployment.objects.live().get().name == "claude-z"


def test_an_administrators_choice_stands(settings) -> None:
    known = make_resource("contoso", called_as="person", called_as_set_at=timezone.now())
    connected.ensure()
    known.refresh_from_db()
    assert known.called_as == CalledAs.PERSON


def test_arms_row_that_comes_back_takes_over_again() -> None:
    gone = make_resource("contoso", gone_at=timezone.now() - timedelta(days=1))
    alone = connected.ensure()
    assert alone is not None
    assert alone.arm_id == "settings:contoso"
    connected.adopt({"contoso": gone.arm_id}, timezone.now())
    Resource.objects.filter(pk=gone.pk).update(gone_at=None)
    assert connected.ensure() == gone
    assert Resource.objects.live().get() == gone


def test_a_resource_that_is_no_longer_connected_is_called_as_the_console_again(settings) -> None:
    known = make_resource("contoso")
    connected.ensure()
    settings.ANTHROPIC_FOUNDRY_RESOURCE = "another"
    connected.ensure()
    known.refresh_from_db()
    assert known.called_as == CalledAs.CONSOLE
    assert Resource.objects.live().filter(arm_id="settings:another").exists()
