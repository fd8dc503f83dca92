"""An administrator's choice of how a resource is called, and its key; each change leaves a line in the audit log."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from console.accounts import audit
from console.accounts.models import User
from console.inventory import keys
from console.inventory.models import CalledAs, Resource


class CannotCall(ValueError):
    """The choice would leave the resource without a way to be called; its text is for the form."""


def choose(resource: Resource, *, called_as: str, key: str, person: User) -> None:
    """Set how the resource is called, and its key when one is given; raises CannotCall and changes nothing."""
    if key:
        keep_key(resource, key, person)
    elif called_as == CalledAs.KEY and not has_key(resource):
        raise CannotCall(_("Enter the key of this resource."))
    if called_as != resource.called_as or resource.called_as_set_at is None:
        resource.called_as = called_as
        resource.called_as_set_at = timezone.now()
        resource.save(update_fields=["called_as", "called_as_set_at"])
        audit.note(person, "connection-set", resource.name, called_as=called_as)


def keep_key(resource: Resource, key: str, person: User) -> None:
    try:
        keys.keep(resource, key)
    except keys.NotAKey:
        raise CannotCall(_("This is no API key: a key is one word of at least 8 letters, digits or signs.")) from None
    audit.note(person, "key-set", resource.name, host=resource.key_host)


def has_key(resource: Resource) -> bool:
    return resource.sealed_key is not None or keys.comes_from_settings(resource)


def remove_key(resource: Resource, *, person: User) -> None:
    """Forget the stored key; a resource that was called by it has none then, until somebody chooses again."""
    if resource.sealed_key is not None:
        keys.forget(resource)
        audit.note(person, "key-removed", resource.name)
