"""An ARM on a socket that the console's settings point to, with a token that is always at hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.web import wire
from tests.inventory.arm_server import ArmServer, arm_server


@pytest.fixture
def arm(settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ArmServer]:
    async def token() -> str:
        return "arm-token"

    with arm_server() as server:
        settings.ARM_ENDPOINT = server.endpoint
        settings.AZURE_SUBSCRIPTION_IDS = []
        settings.ANTHROPIC_FOUNDRY_RESOURCE = ""
        monkeypatch.setattr(wire, "arm_token", token)
        yield server
