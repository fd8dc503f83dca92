"""What the tests of this room stand on."""

from __future__ import annotations

from tests.shared_database import own_broker, shared_database

__all__ = ["own_broker", "shared_database"]
