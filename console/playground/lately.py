"""What a person has under way, and what they have sent lately: what the limits of the moment are counted by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

from console.accounts.models import User
from console.playground.models import LIVE, Conversation, Exchange
from console.web.ids import first_id_at

_LIVE = ", ".join(f"'{state}'" for state in LIVE)
_TOLD = f"SELECT e.id, e.state IN ({_LIVE}), e.created_at, e.conversation_id"
_OWN = (
    f'FROM "{Conversation._meta.db_table}" c JOIN "{Exchange._meta.db_table}" e ON e.conversation_id = c.id '
    "WHERE c.owner_id = %s"
)
# Plain SQL, as every message asks it twice: building the statement costs ten times as much as running it. The first
# half goes along the live rows, of which there are few, the second along the conversations of the last moments: with
# one condition for both, everything the person has ever said would be read.
_LATELY = (
    f"{_TOLD} {_OWN} AND e.state IN ({_LIVE}) "
    f"UNION {_TOLD} {_OWN} AND c.spoken_at > %s AND e.id >= %s AND e.created_at > %s LIMIT %s"
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One exchange of a person: whether it is still answered, when it was sent, and in which conversation."""

    is_live: bool
    at: datetime
    conversation_id: UUID


def sent_by(user: User, since: datetime, most: int) -> list[Sent]:
    """At most `most` exchanges of this person that are under way, or were sent after `since`."""
    moment = connection.ops.adapt_datetimefield_value(since)
    owner = User._meta.pk.get_db_prep_value(user.pk, connection)
    first = Exchange._meta.pk.get_db_prep_value(first_id_at(since), connection)
    with connection.cursor() as cursor:
        cursor.execute(_LATELY, [owner, owner, moment, first, moment, most])
        rows = cursor.fetchall()
    return [Sent(bool(live), _moment(at), UUID(str(talk))) for _pk, live, at, talk in rows]


def _moment(value: datetime | str) -> datetime:
    """SQLite keeps times as text in UTC, and gives them as they are or read, but without their zone."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
