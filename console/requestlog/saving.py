"""Filters of the log under a name: the only writer of saved views."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.requestlog.filters import read
from console.requestlog.models import SavedView
from console.web.text import clean

MOST = 50  # of one person, and shared ones that are shown
LONGEST_NAME = 60
LONGEST_QUERY = 2_000


class NotSaved(Exception):
    """The filters cannot be saved like this; the text says why, for people."""


def views(person: User) -> Sequence[SavedView]:
    """One's own, and for support those that colleagues share."""
    mine = Q(person_key=person.key)
    seen = mine | Q(shared=True) if "support" in person.acts else mine
    return list(SavedView.objects.filter(seen).order_by("name", "id")[: 2 * MOST])


def kept(query: str) -> str:
    """The filters of a posted address, and nothing else of it."""
    found = QueryDict(mutable=True)
    found.update(dict(read(QueryDict(query[:8_000]).dict()).values))
    return found.urlencode()


def save(person: User, *, name: str, query: str, shared: bool) -> SavedView:
    """Keep these filters; the same name again replaces them. Relative times stay relative. Raises NotSaved."""
    name = clean(" ".join(name.split()), LONGEST_NAME)
    if not name:
        raise NotSaved(_("Give the filters a name."))
    query = kept(query)
    if not query:
        raise NotSaved(_("No filter is on: choose some first."))
    if len(query) > LONGEST_QUERY:
        raise NotSaved(_("These filters are too long to be saved."))
    own = SavedView.objects.filter(person_key=person.key)
    if not own.filter(name=name).exists() and len(own.values_list("pk")[:MOST]) >= MOST:
        raise NotSaved(_("You have %(most)d saved views. Remove one first.") % {"most": MOST})
    found, _made = SavedView.objects.update_or_create(
        person_key=person.key,
        name=name,
        defaults={
            "person": person.label,
            "query": query,
            "shared": shared and "support" in person.acts,
        },
    )
    return found


def remove(person: User, pk: UUID) -> None:
    """Forget one of one's own; somebody else's stays."""
    SavedView.objects.filter(person_key=person.key, pk=pk).delete()
