"""An administrator chooses how a resource is called."""

from __future__ import annotations

import pytest

from console.accounts.models import AuditEntry
from console.inventory import connection, keys
from console.inventory.models import Resource
from tests.factories import make_user
from tests.factories_inventory import make_resource

pytestmark = pytest.mark.django_db
SECRET = "sentinel-0123456789abcdef"


def choose(called_as: str, key: str = "") -> Resource:
    resource = Resource.objects.first() or make_resource("alpha")
    connection.choose(resource, called_as=called_as, key=key, person=make_user(("Admin",)))
    resource.refresh_from_db()
    return resource


def test_a_choice_is_kept_and_audited() -> None:
    resource = choose("person")
    assert resource.called_as == "person"
    assert resource.called_as_set_at is not None
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.subject, entry.detail) == ("connection-set", "alpha", {"called_as": "person"})


def test_a_key_is_kept_with_the_choice_and_is_not_in_the_audit_log() -> None:
    resource = choose("key", SECRET)
    assert keys.key_for(resource) == SECRET
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.act for entry in entries] == ["key-set", "connection-set"]
    assert SECRET not in str([entry.detail for entry in entries])


@pytest.mark.parametrize(("called_as", "key"), [("key", ""), ("key", "short"), ("console", "two words")])
def test_what_cannot_work_is_refused_and_changes_nothing(called_as: str, key: str) -> None:
    make_resource("alpha")
    with pytest.raises(connection.CannotCall):
        choose(called_as, key)
    resource = Resource.objects.get()
    assert (resource.called_as, resource.called_as_set_at, resource.sealed_key) == ("console", None, None)
    assert not AuditEntry.objects.exists()


def test_a_second_choice_of_the_same_leaves_no_second_line() -> None:
    choose("key", SECRET)
    choose("key")
    assert AuditEntry.objects.count() == 2


def test_a_key_from_the_settings_is_a_key(settings) -> None:
    settings.ANTHROPIC_FOUNDRY_RESOURCE, settings.ANTHROPIC_FOUNDRY_API_KEY = "alpha", SECRET
    assert choose("key").called_as == "key"


def test_a_removed_key_is_gone() -> None:
    resource = choose("key", SECRET)
    connection.remove_key(resource, person=make_user(("Admin",)))
    resource.refresh_from_db()
    assert (resource.sealed_key, resource.key_hint) == (None, "")
    assert AuditEntry.objects.filter(act="key-removed").exists()
