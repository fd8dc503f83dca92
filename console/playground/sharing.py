"""Links under which colleagues read a conversation: made, opened, taken back. Each of the three is in the audit log."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from console.accounts import audit
from console.accounts.models import User
from console.playground.models import LIVE, Conversation, Exchange, Share, ShareReader
from console.playground.path import Tree

# Days a link may live.
DAYS = (1, 7, 30)
MOST_OPEN = 100
# Exchanges one page of a shared conversation shows: its last ones.
MOST_SHOWN = 500
# A link that is over stays in its owner's list this long.
KEPT_AFTER_END = timedelta(days=30)


class TooMany(Exception):
    """This person has as many open links as one may."""


def key_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def open_shares(now: datetime) -> QuerySet[Share]:
    return Share.objects.filter(expires_at__gt=now, revoked_at=None)


def share(user: User, conversation: Conversation, *, days: int, receipts_only: bool) -> tuple[Share, str]:
    """Make a link to what has been said so far; returns the row and what the link ends with, which is told only now.

    Raises TooMany, and ValueError where nothing has been said yet.
    """
    if conversation.tip is None:
        raise ValueError("nothing was said")
    now, token = timezone.now(), secrets.token_urlsafe(24)
    with transaction.atomic():
        if open_shares(now).filter(conversation__owner=user).count() >= MOST_OPEN:
            raise TooMany
        made = Share.objects.create(
            conversation=conversation, key=key_of(token), tip=conversation.tip, receipts_only=receipts_only,
            made_at=now, expires_at=now + timedelta(days=days),
        )  # fmt: skip
        audit.note(
            user, "conversation-shared", str(conversation.pk), share=made.pk, days=days, receipts_only=receipts_only
        )
    return made, token


def opened(user: User, token: str) -> Share | None:
    """The open share this link names, for people of its owner's directory; None for every other link."""
    now = timezone.now()
    found = open_shares(now).filter(key=key_of(token)).select_related("conversation__owner").first()
    if found is None or found.conversation.owner.tid != user.tid:
        return None
    if user != found.conversation.owner:
        note_reader(user, found)
    return found


def note_reader(user: User, found: Share) -> None:
    with transaction.atomic():
        facts = {"person": user.label[:200]}
        _reader, first = ShareReader.objects.get_or_create(share=found, person_key=user.key, defaults=facts)
        if first:
            audit.note(user, "share-opened", str(found.conversation_id), share=found.pk)


def shown(found: Share) -> list[Exchange]:
    """What the share shows, oldest first: finished exchanges up to the one that was the last when it was made."""
    way = Tree(found.conversation).path(found.tip)[-MOST_SHOWN:]
    return list(found.conversation.exchanges.filter(pk__in=way).exclude(state__in=LIVE).order_by("id"))


def take_back(user: User, found: Share) -> None:
    """End a link now."""
    with transaction.atomic():
        if Share.objects.filter(pk=found.pk, revoked_at=None).update(revoked_at=timezone.now()):
            audit.note(user, "share-revoked", str(found.conversation_id), share=found.pk)


def of(user: User) -> list[Share]:
    """The person's links, newest first, with how many have read each."""
    own = Share.objects.filter(conversation__owner=user).select_related("conversation")
    return list(own.prefetch_related("readers").order_by("-id")[: 2 * MOST_OPEN])


def purge(now: datetime) -> None:
    """Forget links that ended a while ago."""
    Share.objects.filter(expires_at__lt=now - KEPT_AFTER_END).delete()
