"""The one gate for text and JSON from upstreams: what passes can be stored in any database and logged on one line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable

import orjson

# PostgreSQL stores neither NUL nor lone surrogates.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
DEEPEST = 64


def clean_text(text: str) -> str:
    """`text` with NUL and lone surrogates replaced by U+FFFD; everything else stays as it came."""
    return UNSTORABLE.sub(REPLACEMENT, text)


def one_line(text: str, most: int, secrets: Iterable[str] = ()) -> str:
    """At most `most` characters without control characters and without any of `secrets`."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[secret]")
    text = CONTROL.sub(" ", text).strip()
    return text if len(text) <= most else text[: most - 1] + "…"


def load_json(data: bytes) -> object:
    """Parse JSON. Raises ValueError for anything that is not JSON, NaN and Infinity included, or is nested too deep.

    Invalid UTF-8 and lone surrogates are replaced, not refused: one broken character must not cost the answer.
    """
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return _load_leniently(data)


def _load_leniently(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    if b"\\u" not in data and REPLACEMENT not in text:
        raise ValueError("not JSON")
    try:
        return json.loads(text, parse_constant=_refuse, parse_int=_bounded_int)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _bounded_int(digits: str) -> int | float:
    # As orjson does: beyond 64 bits an integer becomes a float.
    return int(digits) if len(digits) <= 18 else float(digits)


def clean_json(value: object, depth: int = 0) -> object:
    """A copy of parsed JSON that a database can store. Raises ValueError when nested deeper than `DEEPEST`."""
    if depth > DEEPEST:
        raise ValueError("nested too deep")
    match value:
        case str():
            return clean_text(value)
        case float() if not math.isfinite(value):
            return None
        case dict():
            return {clean_text(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
        case list():
            return [clean_json(item, depth + 1) for item in value]
    return value


def json_object(value: object) -> dict[str, object]:
    """`value` where it is an object, else an empty one: absent and broken properties read alike."""
    return value if isinstance(value, dict) else {}


def json_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def json_text(value: object, most: int = 1_000) -> str:
    """`value` where it is text, cleaned and cut to `most` characters, else ""."""
    return clean_text(value[:most]) if isinstance(value, str) else ""


def json_count(value: object) -> int | None:
    """`value` where it is a whole number from 0 to 10¹², else None."""
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= 10**12 else None
