"""Content-Security-Policy reports: what browsers refused, as one escaped log line each, a bounded number a minute."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any
from urllib.parse import urlsplit

log = logging.getLogger(__name__)

# Lines a minute this process writes; anybody may send reports, so the log must not be theirs to fill.
MOST_A_MINUTE = 30


class Allowance:
    """So many in each minute, counted across threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = threading.Lock()
        self._minute = 0
        self._used = 0

    def take(self) -> bool:
        minute = int(time.time() // 60)
        with self._lock:
            if minute != self._minute:
                self._minute, self._used = minute, 0
            self._used += 1
            return self._used <= self.most


_allowance = Allowance(MOST_A_MINUTE)


def note(body: bytes) -> None:
    """Log the reports in `body`: `{"csp-report": {…}}`, or the list of the Reporting API. Anything else is ignored."""
    for report in reports(body):
        if not _allowance.take():
            return
        log.warning(
            "csp: %s refused %s on %s",
            word(report, "effective-directive", "effectiveDirective", "violated-directive"),
            without_query(word(report, "blocked-uri", "blockedURL")),
            without_query(word(report, "document-uri", "documentURL")),
        )


def reports(body: bytes) -> list[dict[str, Any]]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return []
    entries = sent if isinstance(sent, list) else [sent]
    inner = (entry.get("csp-report") or entry.get("body") for entry in entries if isinstance(entry, dict))
    return [report for report in inner if isinstance(report, dict)][:5]


def word(report: dict[str, Any], *names: str) -> str:
    """The first of these fields that holds text, cut to 200 characters."""
    return next((value[:200] for name in names if isinstance(value := report.get(name), str) and value), "-")


def without_query(address: str) -> str:
    """An address without its query, which may hold what somebody searched for."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "-"
    return f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path or "-"
