"""What `manage.py doctor` finds out: every setting and every upstream, one line each. It changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from django.db import connections

from console.azure.errors import AzureError
from console.config import doctor_azure, doctor_here
from console.config.findings import Check, Finding, refused

# Seconds one check may take; they run at the same time.
LIMIT = 10.0


async def examine() -> AsyncIterator[Finding]:
    """Everything at the same time; findings come in the order of the list."""
    checks: list[tuple[str, Check]] = [
        *((name, in_thread(check)) for name, check in doctor_here.CHECKS),
        *doctor_azure.CHECKS,
    ]
    running = [asyncio.create_task(findings_of(name, check)) for name, check in checks]
    for task in running:
        for finding in await task:
            yield finding


def in_thread(check: Callable[[], list[Finding]]) -> Check:
    """A check that uses the database or waits without a loop."""

    def closing() -> list[Finding]:
        try:
            return check()
        finally:
            connections.close_all()

    return lambda: asyncio.to_thread(closing)


async def findings_of(name: str, check: Check) -> list[Finding]:
    """What the check found; a check that fails or takes too long is a finding itself."""
    try:
        return await asyncio.wait_for(check(), LIMIT)
    except TimeoutError:
        return [Finding(name, f"no answer within {LIMIT:.0f} s.", "Can this machine reach it? See network and proxy.")]
    except AzureError as error:
        return [refused(name, error)]
    except Exception as error:  # whatever it is, it belongs on the list and must not hide the other findings
        return [Finding(name, f"{type(error).__name__}: {error}.", "Correct this and run the doctor again.")]
