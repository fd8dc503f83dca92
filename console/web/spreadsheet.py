"""CSV for people who open it in a spreadsheet: what upstream named cannot become a formula. Exports write here."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

# A cell that begins like this is calculated, not shown, by common spreadsheets (reliability-security A20).
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def lines(rows: Iterable[Iterable[object]]) -> str:
    """The rows as CSV text (RFC 4180: CRLF, quotes where needed)."""
    return written([cell(value) for value in row] for row in rows)


def written(rows: Iterable[Iterable[object]]) -> str:
    """`lines` of rows whose cells are what they shall read already: `disarmed` text, whole numbers, or None."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def disarmed(texts: Sequence[str]) -> Sequence[str]:
    """A column of text, as `cell` writes each of it; most columns hold nothing to disarm, and few different words."""
    if not any(text.startswith(_FORMULA) for text in set(texts)):
        return texts
    return [cell(text) for text in texts]


def cell(value: object) -> str:
    """One value: "" for None, true/false, times in UTC with milliseconds, text that no spreadsheet calculates."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case datetime():
            return utc(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def utc(moment: datetime) -> str:
    """2026-11-22T07:00:00.000Z"""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
