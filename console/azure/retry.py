"""When an attempt may be made again without risking a second bill. Pure rules; callers do the waiting."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from console.azure.errors import AzureError, SignInNeeded, Unreachable

MOST_RETRIES = 2
LONGEST_WAIT = 60.0
# A status that means "not started" (the no-double-billing rule). 500, 502 and 504 do not: work may have been done.
NOT_STARTED = frozenset({429, 503, 529})
# Kinds that never got as far as the model, whatever their status is.
NEVER_WORKED = frozenset({"backend-authentication"})
REFRESHABLE = frozenset({"sign-in-needed", "bad-token", "expired-token", "wrong-audience"})
# Seconds as the header allows them, or with an exponent; `float()` would take nan, inf and other scripts' digits too.
SECONDS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?([eE]\+?[0-9]{1,2})?", re.ASCII)


def pause_before_retry(error: AzureError, attempt: int, *, now: float) -> float | None:
    """Seconds to wait before the next attempt, or None when there must be none.

    `attempt` is the number of the one that failed, from 1. `now` is any clock in seconds; its fraction spreads
    callers that failed together, so the rule itself stays pure.
    """
    if attempt < 1 or attempt > MOST_RETRIES or error.kind == "spend-limit":
        return None
    spread = (now * 1000) % 1
    if error.phase == "connect" and isinstance(error, Unreachable):
        return 0.25 * attempt * (1 + spread)
    if error.phase == "headers" and error.status in NOT_STARTED:
        wait = error.retry_after
        return wait + spread if wait is not None and 0 < wait <= LONGEST_WAIT else None
    return None


def may_refresh_token(error: AzureError, attempt: int) -> bool:
    """Whether a call signed with a bearer token may be made once more with a fresh one: 401 means not processed."""
    return isinstance(error, SignInNeeded) and error.status == 401 and attempt == 1 and error.kind in REFRESHABLE


def may_have_worked(kind: str, phase: str, status: int | None) -> bool:
    """Whether the model may have worked, so that another attempt may be billed again.

    Only "not sent", "not started" and a refusal of the request itself exclude it. 408 is Azure's clock, which runs out
    while the model works.
    """
    if kind in NEVER_WORKED:
        return False
    if phase in ("send", "stream") or status in (200, 408):
        return True
    return status is not None and status >= 500 and status not in NOT_STARTED


def parse_retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds to wait as the answer asks for them; `now` is epoch seconds, for dates.

    `retry-after-ms` goes before `retry-after` (seconds or an HTTP date; a past date is 0). None when absent or no
    finite number of seconds from 0 up. Not capped: Azure does send 86400, and people are shown it.
    """
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after", "")
    seconds = _seconds(text)
    return seconds if seconds is not None else _until(text, now)


def _seconds(text: str) -> float | None:
    return float(text.strip()) if SECONDS.fullmatch(text.strip()) else None


def _until(text: str, now: float) -> float | None:
    if len(text) > 64:
        return None
    try:
        return max(parsedate_to_datetime(text).timestamp() - now, 0.0)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
