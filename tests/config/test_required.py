"""What a console must be given, beyond what the settings file itself refuses."""

from __future__ import annotations

import os

import pytest

from console.azure.identity import credential_kind
from console.config import required
from console.web import wire

PEM = "-----BEGIN {0}-----\nMIIB\n-----END {0}-----\n"


@pytest.mark.parametrize(
    ("certificate", "fine"),
    [
        (PEM.format("PRIVATE KEY") + PEM.format("CERTIFICATE"), True),
        (PEM.format("CERTIFICATE") + PEM.format("RSA PRIVATE KEY"), True),
        (PEM.format("CERTIFICATE"), False),
        (PEM.format("PRIVATE KEY"), False),
        ("/run/secrets/entra.pem", False),
    ],
)
def test_a_client_certificate_is_a_key_and_a_certificate(settings, certificate, fine):
    settings.ENTRA_TENANT_ID = settings.ENTRA_CLIENT_ID = required.GUID
    settings.ENTRA_CLIENT_SECRET, settings.ENTRA_CLIENT_CERTIFICATE = "", certificate
    found = [str(fault) for fault in required.faults()]
    assert [text.split(":")[0] for text in found] == ([] if fine else ["ENTRA_CLIENT_CERTIFICATE_FILE"])
    assert certificate not in "".join(found)


def test_the_secret_of_our_own_identity_may_have_come_from_a_file(settings, monkeypatch):
    monkeypatch.setenv("AZURE_CLIENT_ID", required.GUID)
    monkeypatch.delenv("AZURE_CLIENT_SECRET", raising=False)
    settings.AZURE_CLIENT_SECRET = "from-a-file"
    assert credential_kind(wire.own_environment()) == "ClientSecretCredential"
    assert wire.own_environment()["AZURE_CLIENT_SECRET"] == "from-a-file"


@pytest.mark.parametrize(
    ("key", "deployments", "identity", "lacks"),
    [
        ("", [], "", "ANTHROPIC_FOUNDRY_DEPLOYMENTS"),
        ("k", [], "", "ANTHROPIC_FOUNDRY_DEPLOYMENTS"),
        ("", ["claude-steady"], "", "ANTHROPIC_FOUNDRY_API_KEY_FILE"),
        ("k", ["claude-steady"], "", ""),
        ("", ["claude-steady"], "http://localhost:9/identity", ""),
    ],
)
def test_a_connected_resource_has_something_to_call_and_to_call_it_as(
    settings, monkeypatch, key, deployments, identity, lacks
):
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IDENTITY_ENDPOINT", identity)
    monkeypatch.setenv("IDENTITY_HEADER", "h" if identity else "")
    settings.ENTRA_TENANT_ID = settings.ENTRA_CLIENT_ID = required.GUID
    settings.ENTRA_CLIENT_SECRET, settings.AZURE_CLIENT_SECRET = "s", ""
    settings.ANTHROPIC_FOUNDRY_RESOURCE, settings.ANTHROPIC_FOUNDRY_API_KEY = "contoso", key
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = deployments
    assert [fault.name for fault in required.faults()] == ([lacks] if lacks else [])
