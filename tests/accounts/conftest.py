"""The room's tests talk to an Entra of their own: it stands where the client library does, and answers as told."""

from __future__ import annotations

import pytest

from console.web import wire
from tests.accounts.entra import StandIn


@pytest.fixture
def entra(monkeypatch, settings) -> StandIn:
    """An Entra that says yes until it is told otherwise."""
    settings.ENTRA_TENANT_ID = "5d8f6d2e-0000-4000-8000-00000000aaaa"
    settings.ENTRA_CLIENT_ID = "11111111-2222-4333-8444-555555555555"
    settings.ENTRA_CLIENT_SECRET = "test-secret"
    stand_in = StandIn()
    monkeypatch.setattr(wire, "entra", lambda: stand_in)
    return stand_in
