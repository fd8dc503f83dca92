"""Break-glass: somebody with the role reads one exchange of another person, for a reason, for a while.

The look is in the audit log before a word is shown, and its author is told on their next page.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.utils import timezone

from console.accounts import audit
from console.accounts.models import User
from console.playground.attachments import files_of
from console.playground.models import Attachment, Exchange, Look
from console.web.text import clean

LASTS = timedelta(minutes=15)
# Letters of a reason: "support" is none, a ticket's number with a word is one.
LEAST_REASON, MOST_REASON = 10, 500
# Looks one notice lists; the ones after them are told when it was put away.
TOLD_AT_ONCE = 3
# A conversation says who read it for about as long as the log says who called.
KEPT = timedelta(days=400)


def within_reach(reader: User) -> QuerySet[Exchange]:
    """Exchanges of the reader's directory, with their conversation and author."""
    return Exchange.objects.select_related("conversation__owner").filter(conversation__owner__tid=reader.tid)


def looks_of(reader: User, session_key: str) -> QuerySet[Look]:
    """What this person asked to read in this browser."""
    return Look.objects.filter(session_key=session_key, reader_key=reader.key)


def last(reader: User, session_key: str, exchange: Exchange) -> Look | None:
    """The newest look of this browser at this exchange, open or over."""
    return looks_of(reader, session_key).filter(exchange_id=exchange.pk).order_by("-id").first()


def is_open(look: Look | None) -> bool:
    return look is not None and look.until > timezone.now()


def until_it_ends(response: HttpResponse, look: Look) -> HttpResponse:
    """The browser asks again when the time is over, and the text goes from the screen."""
    response["Refresh"] = str(seconds_left(look))
    response["X-Robots-Tag"] = "noindex"
    return response


def seconds_left(look: Look) -> int:
    """At least one, so that a page is never asked for without a pause."""
    return max(1, ceil((look.until - timezone.now()).total_seconds()))


def look(reader: User, session_key: str, exchange: Exchange, reason: str) -> Look:
    """Give leave and note it; a second press while one is open finds that one."""
    with transaction.atomic():
        list(Exchange.objects.select_for_update().filter(pk=exchange.pk).values_list("pk"))
        before = last(reader, session_key, exchange)
        if before and is_open(before):
            return before
        now, author = timezone.now(), exchange.conversation.owner
        made = Look.objects.create(
            exchange_id=exchange.pk, conversation_id=exchange.conversation_id, author=author, reader_key=reader.key,
            reader=reader.label[:200], session_key=session_key, reason=clean(reason, MOST_REASON), began_at=now,
            until=now + LASTS,
        )  # fmt: skip
        User.objects.filter(pk=author.pk).update(to_tell=True)
        audit.note(
            reader, "prompt-read", str(exchange.pk), reason=made.reason, author=author.label, author_key=author.key,
            request=exchange.record_id,
        )  # fmt: skip
    return made


def attachment(reader: User, session_key: str, pk: UUID) -> Attachment | None:
    """An attachment of an exchange this browser has leave to read now; None for every other one."""
    wanted = looks_of(reader, session_key).filter(until__gt=timezone.now()).values("exchange_id")
    for exchange in within_reach(reader).filter(pk__in=wanted):
        if any(file.id == str(pk) for file in files_of(exchange)):
            return exchange.conversation.attachments.filter(pk=pk).first()
    return None


# ---- Telling the author ----


def untold(author: User) -> list[Look]:
    """What the author's next page says, oldest first; `there` tells whether the message still is."""
    there = Exists(Exchange.objects.filter(pk=OuterRef("exchange_id")))
    return list(Look.objects.filter(author=author, told_at=None).annotate(there=there).order_by("id")[:TOLD_AT_ONCE])


def told(author: User, ids: Iterable[UUID]) -> None:
    """The author has read these; ids that are none of theirs change nothing."""
    with transaction.atomic():
        list(
            User.objects.select_for_update().filter(pk=author.pk).values_list("pk")
        )  # a look made now waits, or is seen
        rest = Look.objects.filter(author=author, told_at=None)
        rest.filter(pk__in=ids).update(told_at=timezone.now())
        if not rest.exists():
            User.objects.filter(pk=author.pk).update(to_tell=False)


def of(exchanges: Iterable[Exchange]) -> dict[UUID, list[Look]]:
    """Who has read each of these exchanges, oldest first: one query for all of them."""
    found: dict[UUID, list[Look]] = {}
    for one in Look.objects.filter(exchange_id__in=[row.pk for row in exchanges]).order_by("id"):
        found.setdefault(one.exchange_id, []).append(one)
    return found


def purge(now: datetime) -> int:
    """Forget looks of long ago; the audit log keeps them."""
    return Look.objects.filter(until__lt=now - KEPT).delete()[0]
