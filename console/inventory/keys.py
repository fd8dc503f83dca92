"""API keys of resources: sealed for one row and one address, opened only for a call, never shown again."""

from __future__ import annotations

import re

from django.conf import settings
from django.utils import timezone

from console.azure.errors import SignInNeeded
from console.inventory import address
from console.inventory.models import Resource
from console.web import logs, vault

# What may stand in a header; Azure's keys are 32 to 84 letters and digits, a stand-in's may be shorter.
_KEY = re.compile(r"[\x21-\x7e]{8,500}")
NOTHING = {"sealed_key": None, "key_host": "", "key_hint": "", "key_set_at": None}


class NotAKey(ValueError):
    """The text cannot be an API key; the text itself is never repeated."""


def keep(resource: Resource, key: str) -> None:
    """Seal `key` for this resource at its present address; raises NotAKey."""
    key = key.strip()
    host = address.host(resource.subdomain)
    if not _KEY.fullmatch(key) or not host:
        raise NotAKey
    logs.never_write(key)
    resource.sealed_key = vault.seal(key, bound_to=f"{resource.pk}:{host}")
    resource.key_host = host
    resource.key_hint = key[-4:]
    resource.key_set_at = timezone.now()
    resource.save(update_fields=list(NOTHING))


def forget(resource: Resource) -> None:
    for name, value in NOTHING.items():
        setattr(resource, name, value)
    resource.save(update_fields=list(NOTHING))


def forget_moved() -> int:
    """Clear the keys of resources whose address is no longer the one their key was set for; returns how many."""
    keyed = Resource.objects.exclude(sealed_key=None).only("subdomain", "key_host")
    moved = [resource.pk for resource in keyed.iterator() if address.host(resource.subdomain) != resource.key_host]
    return Resource.objects.filter(pk__in=moved).update(**NOTHING)


def comes_from_settings(resource: Resource) -> bool:
    """Whether ANTHROPIC_FOUNDRY_API_KEY is for this resource."""
    connected = settings.ANTHROPIC_FOUNDRY_RESOURCE.strip().lower()
    return bool(connected and settings.ANTHROPIC_FOUNDRY_API_KEY) and resource.subdomain.lower() == connected


def key_for(resource: Resource) -> str:
    """The key to call this resource with: the one an administrator entered, else the settings' one.

    Raises SignInNeeded ("no-key") when there is none, or it was set for another address or under another SECRET_KEY.
    """
    host = address.host(resource.subdomain)
    if resource.sealed_key is not None and host and host == resource.key_host:
        try:
            key = vault.open_sealed(bytes(resource.sealed_key), bound_to=f"{resource.pk}:{host}")
        except vault.CannotOpen as error:
            raise no_key("The stored key cannot be opened with this SECRET_KEY: enter it again.") from error
        logs.never_write(key)
        return key
    if comes_from_settings(resource):
        return str(settings.ANTHROPIC_FOUNDRY_API_KEY)
    if resource.sealed_key is not None:
        raise no_key("The stored key was set for another address: enter it again.")
    raise no_key("No API key is set for this resource.")


def no_key(message: str) -> SignInNeeded:
    return SignInNeeded(message, kind="no-key", phase="connect")
