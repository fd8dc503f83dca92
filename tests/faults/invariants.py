"""What must hold after every fault (reference C.0): rows that ended, ids kept, one row for each request made."""

from __future__ import annotations

import time
from typing import Any

from tests.console_process import ConsoleProcess
from tests.sandbox_process import SandboxProcess

ENDS = {"succeeded", "failed", "refused", "cancelled", "truncated", "unknown_billing"}
# How long rows may stay open after a process died: its lease, and the next look.
LEASE_AND_LOOK = 30 + 15 + 5

LIVE = "select id from playground_exchange where state in ('queued', 'streaming')"
OPEN = "select id from requestlog_requestrecord where state <> 'over'"


def wait_until_settled(console: ConsoleProcess, seconds: float = 15) -> None:
    """Every exchange and every log row has ended."""
    deadline = time.monotonic() + seconds
    while console.rows(LIVE) or console.rows(OPEN):
        assert time.monotonic() < deadline, (console.rows(LIVE), console.rows(OPEN), console.log()[-3000:])
        time.sleep(0.1)


def hold(console: ConsoleProcess, azure: SandboxProcess, *, seconds: float = 15) -> list[dict[str, Any]]:
    """Check I1 to I3; returns the playground's log rows, oldest first."""
    wait_until_settled(console, seconds)
    records = console.rows("select * from requestlog_requestrecord where source = 'playground' order by id")
    exchanges = console.rows("select * from playground_exchange")
    last = {record["call_id"]: record for record in records}
    assert {record["outcome"] for record in records} <= ENDS
    assert {exchange["state"] for exchange in exchanges} <= ENDS
    for exchange in exchanges:
        assert exchange["state"] == last[exchange["call_id"]]["outcome"]
        assert exchange["finished_at"] is not None
    for record in records:
        assert record["finished_at"] is not None
        assert record["apim_request_id"] or record["http_status"] is None, record
    assert posts(azure) <= len(records), "an attempt without a row"
    return records


def forget(console: ConsoleProcess) -> None:
    """No message was ever sent here: for tests that share a console."""
    console.execute("delete from playground_exchange")
    console.execute("delete from requestlog_requestrecord")


def posts(azure: SandboxProcess) -> int:
    """Messages that reached Azure, answered or not."""
    return sum(n for path, n in azure.counters()["paths"].items() if path.endswith("/v1/messages"))
