"""One gate for text from browsers and upstreams: what a database cannot hold never gets near it."""

from __future__ import annotations

import re

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> bool:
    """False for NUL and lone surrogates, which PostgreSQL refuses."""
    return _UNSTORABLE.search(text) is None


def clean(text: str, limit: int | None = None) -> str:
    """`text` with unstorable characters replaced by U+FFFD, cut to `limit` characters."""
    return _UNSTORABLE.sub("\ufffd", text if limit is None else text[:limit])
