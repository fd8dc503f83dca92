"""What stands around every page: the rail with the rooms this person may open, and the banner of a silent worker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from console.accounts.gates import person_of
from console.accounts.models import User
from console.jobs import queue
from console.playground import looking


@dataclass(frozen=True, slots=True)
class Room:
    """One line of the rail; `act` is what a person must be allowed to do to see it ("" for any role)."""

    url: str
    label: Promise
    icon: str
    acts: frozenset[str]
    # Where the addresses of pages that belong to it begin, beside its own.
    also: tuple[str, ...] = ()


ROOMS = (
    Room("overview", _("Overview"), "home", frozenset()),
    Room("playground:list", _("Playground"), "chat", frozenset({"talk"}), also=("/prompts/", "/compare/")),
    Room("inventory:list", _("Inventory"), "stack", frozenset({"look"})),
    Room("requestlog:list", _("Requests"), "search", frozenset({"look"})),
    Room("health:list", _("Health"), "pulse", frozenset({"look"})),
    Room("jobs:list", _("Jobs"), "queue", frozenset({"support", "manage"})),
    Room("usage:page", _("Usage"), "chart", frozenset({"look"})),
    Room("settings", _("Settings"), "sliders", frozenset({"manage"})),
    Room("web:help", _("Help"), "help", frozenset()),
)


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context of every page: `rooms` for the rail (with which one is open), `workers_silent` for the banner,
    `looks_to_tell` for the notice that others have read what this person wrote."""
    user = person_of(request)
    if user is None or not user.roles:
        return {"rooms": [], "person": user}
    return {
        # Only whole pages draw them.
        "rooms": SimpleLazyObject(partial(rooms, request.path, user)),
        "person": user,
        # Called when a page draws it: a page about a missing database must not ask the database.
        "workers_silent": workers_silent,
        "looks_to_tell": partial(looking.untold, user) if user.to_tell else (),
    }


def rooms(here: str, user: User) -> list[tuple[Room, str, bool]]:
    """The rooms `user` may open, their addresses, and which of them the page at `here` belongs to."""
    shown = [(room, reverse(room.url)) for room in ROOMS if not room.acts or room.acts & user.acts]
    # Every address begins with the overview's, so that one counts only when it is the whole.
    open_url = here if here == "/" else next((url for room, url in shown if begins(here, url, room.also)), "")
    return [(room, url, url == open_url) for room, url in shown]


def begins(here: str, url: str, also: tuple[str, ...]) -> bool:
    """Whether the page at `here` belongs to the room at `url`."""
    return (url != "/" and here.startswith(url)) or here.startswith(also)


def workers_silent() -> bool:
    """True when no worker has run the heartbeat for two minutes."""
    beat = queue.last_beat()
    return beat is None or timezone.now() - beat > queue.SILENCE
