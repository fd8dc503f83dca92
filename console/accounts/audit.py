"""The audit log's only writer: what people did, append-only."""

from __future__ import annotations

from console.accounts.models import AuditEntry, User
from console.web.text import clean


def note(user: User | None, act: str, subject: str = "", **detail: object) -> None:
    """Add one entry. `act` is a stable slug; `detail` holds small facts and never a secret or prompt text."""
    AuditEntry.objects.create(
        person=user.label if user else "",
        person_key=user.key if user else "",
        act=act,
        subject=clean(subject, 300),
        detail=detail,
    )
