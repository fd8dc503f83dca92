"""The page of retention: for how long each kind of thing is kept, when the next run is, and what the runs deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.config import shown_settings
from console.jobs import purging
from console.jobs.models import Keeping, Purge

LABELS: dict[str, Promise] = {
    "requests": _("Requests in the log"),
    "conversations": _("Conversations and their text"),
    "attachments": _("Attachments"),
}
MEANINGS: dict[str, Promise] = {
    "requests": _("Counted from when they were made, with the hourly sums of charts and usage. They hold no text."),
    "conversations": _("Counted from the last message. Messages and answers go for good; the log keeps its rows."),
    "attachments": _(
        "Counted from when they were attached; they go with their conversation at the latest, "
        "and unsent ones after a day."
    ),
}
# A hundred years.
MOST_DAYS = 36_500


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of thing: its field, for how long it is kept in words, without an own value, and the next run."""

    label: Promise
    meaning: Promise
    field: forms.BoundField
    kept: str
    otherwise: str
    own: Keeping | None
    for_ever: bool
    next_run: datetime | None  # None: nothing has run yet


def form(sent: Mapping[str, str] | None = None) -> forms.Form:
    """Days for each kind; empty is what the environment says, 0 is for ever."""
    known = {row.what: row.days for row in Keeping.objects.all()}
    made = forms.Form(sent, initial=known)
    for what in purging.DEFAULTS:
        made.fields[what] = forms.IntegerField(min_value=0, max_value=MOST_DAYS, required=False)
    return made


def kinds(form: forms.Form) -> list[Kind]:
    own = Keeping.objects.in_bulk(list(purging.DEFAULTS))
    return [kind(what, form[what], own.get(what)) for what in purging.DEFAULTS]


def kind(what: str, field: forms.BoundField, own: Keeping | None) -> Kind:
    otherwise = purging.default_days(what)
    days = otherwise if own is None else own.days
    return Kind(
        label=LABELS[what],
        meaning=MEANINGS[what],
        field=field,
        kept=shown_settings.kept(days),
        otherwise=shown_settings.kept(otherwise),
        own=own,
        for_ever=not days,
        next_run=purging.next_run(what),
    )


def reports(*, every: bool) -> QuerySet[Purge]:
    """Runs that deleted something, did not come to an end or failed; or every run."""
    telling = Q(gone__gt=0) | ~Q(error="") | Q(finished_at=None)
    return Purge.objects.all() if every else Purge.objects.filter(telling)
