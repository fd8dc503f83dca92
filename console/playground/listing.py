"""A person's conversations: pinned ones first, by folder, or those in which something was said."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from console.accounts.models import User
from console.playground.models import Conversation, ConversationQuery, Exchange
from console.web.paging import Page, page

SHOWN = 40
MOST_PINNED = 20
MOST_FOLDERS = 50
# Conversations whose whole text one search reads.
LOOKED_THROUGH = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """What the list beside a conversation shows; `found` is what was searched for.

    `newest`: it begins with the newest of all, so that what is said next belongs before it. `further`: a search that
    goes on behind the newest.
    """

    page: Page[Conversation]
    pinned: list[Conversation] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    folder: str = ""
    found: str = ""
    newest: bool = False
    further: bool = False


def listing(user: User, *, cursor: str = "", folder: str = "") -> Listing:
    """A page of the person's conversations, newest first; the pinned ones stand before the first page."""
    own = spoken(user)
    named = own.exclude(folder="").order_by("folder").values_list("folder", flat=True)
    folders = [] if cursor else list(named.distinct()[:MOST_FOLDERS])
    part = own.filter(folder=folder) if folder else own
    pinned = [] if cursor else list(part.filter(pinned=True).order_by("-spoken_at", "-id")[:MOST_PINNED])
    rows = page(part.filter(pinned=False), order=("-spoken_at", "-id"), cursor=cursor, size=SHOWN)
    return Listing(rows, pinned, folders, folder, newest=not cursor and not folder)


def search(user: User, words: str, *, cursor: str = "") -> Listing:
    """The person's conversations with these words in title, message or answer, newest first.

    A stretch of conversations is looked through at once; the page's cursor goes on with older ones.
    """
    order = ("-spoken_at", "-id")
    stretch = page(spoken(user).values("id", "spoken_at"), order=order, cursor=cursor, size=LOOKED_THROUGH)
    said = Exchange.objects.filter(conversation=OuterRef("pk")).filter(
        Q(message__icontains=words) | Q(answer__icontains=words)
    )
    part = spoken(user).filter(pk__in=[row["id"] for row in stretch.rows])
    hits = part.filter(Q(title__icontains=words) | Exists(said)).order_by(*order)
    return Listing(Page(list(hits), stretch.next_cursor), found=words, further=bool(cursor))


def spoken(user: User) -> ConversationQuery:
    """Those in which something was said: the empty one is not listed."""
    return Conversation.objects.of(user).listed().exclude(title="")
