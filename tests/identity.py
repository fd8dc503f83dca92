"""The console's own identity within the process of the tests: read from the environment anew."""

from __future__ import annotations

from console.web import wire


def forget_identity() -> None:
    """Close the credential that is held; the next one is built from the environment as it is then."""
    if wire.own_tokens.cache_info().currsize:
        wire.own_tokens().close()
    wire.own_tokens.cache_clear()
