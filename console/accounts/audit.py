"""The audit log's only writer: what people did, append-only."""

from __future__ import annotations

from console.accounts.models import AuditEntry, User
from console.web.text import clean

# Characters kept of one text in `detail`: enough for a name or an id, too little for a prompt.
LONGEST = 500


def note(user: User | None, act: str, subject: str = "", **detail: object) -> None:
    """Add one entry. `act` is a stable slug; `detail` holds small facts and never a secret or prompt text."""
    AuditEntry.objects.create(
        person=user.label if user else "",
        person_key=user.key if user else "",
        act=act,
        subject=clean(subject, 300),
        detail={name: plain(value) for name, value in detail.items()},
    )


def plain(value: object) -> object:
    """`value` as every database stores it in JSON: texts cleaned and bounded, anything unusual as its text."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, dict):
        return {clean(str(name), LONGEST): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(inner) for inner in value]
    return clean(str(value), LONGEST)
