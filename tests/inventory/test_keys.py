"""API keys: sealed for one row and one address, and never found anywhere else."""

from __future__ import annotations

import pytest
from django.db import connection

from console.azure.errors import SignInNeeded
from console.inventory import keys
from console.inventory.models import Resource
from tests.factories_inventory import make_resource

pytestmark = pytest.mark.django_db
SECRET = "sentinel-0123456789abcdef"


def test_a_kept_key_opens_for_its_resource() -> None:
    resource = make_resource()
    keys.keep(resource, f" {SECRET}\n")
    kept = Resource.objects.get()
    assert keys.key_for(kept) == SECRET
    assert (kept.key_hint, kept.key_host) == ("cdef", f"{kept.subdomain}.services.ai.azure.com")


def test_the_database_does_not_hold_it() -> None:
    keys.keep(make_resource(), SECRET)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM inventory_resource")
        stored = repr([bytes(value) if isinstance(value, memoryview) else value for value in cursor.fetchone()])
    assert SECRET not in stored
    assert SECRET[:-4] not in stored


@pytest.mark.parametrize("text", ["", "short", "two words in it", "한국어한국어한국어", "a" * 501, "tab\tinside-of-it"])
def test_what_cannot_be_a_key_is_refused_without_repeating_it(text: str) -> None:
    resource = make_resource()
    with pytest.raises(keys.NotAKey) as refused:
        keys.keep(resource, text)
    assert str(refused.value) == ""
    assert Resource.objects.get().sealed_key is None


def test_a_key_does_not_open_for_another_row() -> None:
    mine, other = make_resource("mine"), make_resource("other")
    keys.keep(mine, SECRET)
    other.sealed_key, other.key_host = mine.sealed_key, f"{other.subdomain}.services.ai.azure.com"
    with pytest.raises(SignInNeeded, match="SECRET_KEY"):
        keys.key_for(other)


@pytest.mark.parametrize("change", ["subdomain", "template"])
def test_a_key_is_not_used_at_another_address_and_is_cleared(settings, change: str) -> None:
    resource = make_resource("mine")
    keys.keep(resource, SECRET)
    if change == "template":
        settings.FOUNDRY_ENDPOINT = "https://{resource}.services.ai.azure.us"
    else:
        resource.subdomain = "evil"
        resource.save()
    with pytest.raises(SignInNeeded) as refused:
        keys.key_for(resource)
    assert refused.value.kind == "no-key"
    assert keys.forget_moved() == 1
    resource.refresh_from_db()
    assert (resource.sealed_key, resource.key_host, resource.key_hint, resource.key_set_at) == (None, "", "", None)


def test_keys_at_their_address_stay() -> None:
    keys.keep(make_resource(), SECRET)
    assert keys.forget_moved() == 0


def test_the_settings_key_serves_its_resource_alone(settings) -> None:
    settings.ANTHROPIC_FOUNDRY_RESOURCE, settings.ANTHROPIC_FOUNDRY_API_KEY = "mine", SECRET
    assert keys.key_for(make_resource("Mine")) == SECRET
    with pytest.raises(SignInNeeded) as refused:
        keys.key_for(make_resource("mine-not"))
    assert SECRET not in str(refused.value)


def test_an_entered_key_comes_before_the_settings_one(settings) -> None:
    settings.ANTHROPIC_FOUNDRY_RESOURCE, settings.ANTHROPIC_FOUNDRY_API_KEY = "mine", "the-settings-key"
    resource = make_resource("mine")
    keys.keep(resource, SECRET)
    assert keys.key_for(resource) == SECRET


def test_where_the_name_is_in_the_path_the_path_counts(settings) -> None:
    settings.FOUNDRY_ENDPOINT = "http://127.0.0.1:9400/foundry/{resource}"
    resource = make_resource("mine")
    keys.keep(resource, SECRET)
    assert resource.key_host == "127.0.0.1:9400/foundry/mine"
    resource.subdomain = "other"
    with pytest.raises(SignInNeeded):
        keys.key_for(resource)
