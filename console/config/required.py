"""The settings a real console cannot do without. The demo brings its own; tests and tools run with none."""

from __future__ import annotations

import sys

from django.conf import settings

from console.azure.identity import credential_kind
from console.config.env import PLAIN, BadSetting
from console.web import wire

GUID = "11111111-2222-3333-4444-555555555555"


def stop_without() -> None:
    """End this process with one sentence for each fault, names and examples included; nothing where there is none."""
    found = faults()
    if found:
        sys.exit("\n".join(map(str, found)))


def faults() -> list[BadSetting]:
    """One for each required setting that is missing or cannot be right; none holds a value."""
    found = [identifier_fault(name) for name in ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID")]
    if not settings.ENTRA_CLIENT_SECRET and not settings.ENTRA_CLIENT_CERTIFICATE:
        example = "/run/secrets/entra_client_secret"
        found.append(BadSetting("ENTRA_CLIENT_SECRET_FILE", "is not set (nor ENTRA_CLIENT_SECRET or "
                                "ENTRA_CLIENT_CERTIFICATE): people cannot sign in", example))  # fmt: skip
    elif settings.ENTRA_CLIENT_CERTIFICATE and not is_pem(settings.ENTRA_CLIENT_CERTIFICATE):
        example = "/run/secrets/entra_client_certificate.pem"
        found.append(BadSetting("ENTRA_CLIENT_CERTIFICATE_FILE", "(or ENTRA_CLIENT_CERTIFICATE) must hold a private "
                                "key and its certificate, both PEM", example))  # fmt: skip
    return [fault for fault in [*found, resource_fault()] if fault]


def resource_fault() -> BadSetting | None:
    """What a connected resource lacks: something to call, or something to call it as."""
    if not settings.ANTHROPIC_FOUNDRY_RESOURCE:
        return None
    if not settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS:
        wrong = "names no deployment to call on ANTHROPIC_FOUNDRY_RESOURCE"
        return BadSetting("ANTHROPIC_FOUNDRY_DEPLOYMENTS", wrong, "claude-sonnet-5-5")
    if not settings.ANTHROPIC_FOUNDRY_API_KEY and credential_kind(wire.own_environment()) is None:
        wrong = "is not set (nor ANTHROPIC_FOUNDRY_API_KEY), and the console has no identity of its own to call it as"
        return BadSetting("ANTHROPIC_FOUNDRY_API_KEY_FILE", wrong, "/run/secrets/foundry_key")
    return None


def is_pem(text: str) -> bool:
    from console.azure.entra import PEM_CERTIFICATES, PEM_KEY  # slow to import, and seldom wanted

    return bool(PEM_KEY.search(text) and PEM_CERTIFICATES.search(text))


def identifier_fault(name: str) -> BadSetting | None:
    value = getattr(settings, name)
    if not value:
        return BadSetting(name, "is not set: people cannot sign in", GUID)
    if not PLAIN.fullmatch(value):
        return BadSetting(name, "must be an ID, without quotes or spaces", GUID)
    return None
