"""Tasks of this room: people are confirmed every minute, ended sessions swept out every hour."""

from __future__ import annotations

from celery import shared_task

from console.accounts import confirming, sessions


@shared_task(name="console.accounts.tasks.confirm_people")
def confirm_people() -> None:
    """Those whose account was disabled or whose roles changed lose their sessions within five minutes."""
    confirming.confirm_people()


@shared_task(name="console.accounts.tasks.purge_sessions")
def purge_sessions() -> None:
    sessions.purge()
