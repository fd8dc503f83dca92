"""Template tags every room uses: element ids, times, numbers, and whether a person may do a thing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()


@register.simple_tag
def dom_id(row: Model, prefix: str = "") -> str:
    """The id of the element that shows `row`: `exchange-0192…`, or `badge-deployment-7` with a prefix."""
    return f"{prefix + '-' if prefix else ''}{row._meta.model_name}-{row.pk}"


@register.filter
def may(user: Any, act: str) -> bool:
    """{% if person|may:"manage" %}: whether the gates would let this person through."""
    return act in getattr(user, "acts", ())


@register.simple_tag
def ago(moment: dt.datetime | None) -> str:
    """A `<time>` that reads "3 min ago"; the exact local time is filled in by js/times.js, UTC without it."""
    if moment is None:
        return "–"
    exact = moment.astimezone(dt.UTC)
    return format_html(
        '<time datetime="{}" title="{} UTC" data-time>{}</time>',
        exact.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        exact.strftime("%Y-%m-%d %H:%M:%S"),
        how_long_ago(timezone.now() - moment),
    )


def how_long_ago(age: dt.timedelta) -> str:
    """Words for an age, one unit, never in the future."""
    seconds = max(0, int(age.total_seconds()))
    if seconds < 45:
        return _("just now")
    if seconds < 90 * 60:
        count = max(1, round(seconds / 60))
        return ngettext("%(count)d min ago", "%(count)d min ago", count) % {"count": count}
    if seconds < 36 * 3600:
        count = round(seconds / 3600)
        return ngettext("%(count)d h ago", "%(count)d h ago", count) % {"count": count}
    count = round(seconds / 86400)
    return ngettext("%(count)d day ago", "%(count)d days ago", count) % {"count": count}


@register.filter
def milliseconds(value: float | None) -> str:
    """412 → "412 ms", 4120 → "4.1 s", 192000 → "3 min 12 s"; "–" for nothing."""
    if value is None:
        return "–"
    if value < 1000:
        return f"{value:.0f} ms"
    if value < 60_000:
        return f"{value / 1000:.1f} s"
    minutes, seconds = divmod(round(value / 1000), 60)
    return f"{minutes} min {seconds} s"


@register.filter
def count(value: int | None) -> str:
    """1234567 → "1,234,567"; "–" for nothing."""
    return "–" if value is None else f"{value:,}"


# One path each, drawn on a 20×20 grid, stroked by CSS.
ICONS = {
    "home": "M3 9l7-6 7 6v8h-5v-5H8v5H3z",
    "chat": "M3 4h14v9H9l-4 4v-4H3z",
    "stack": "M3 6l7-3 7 3-7 3zM3 10l7 3 7-3M3 14l7 3 7-3",
    "search": "M9 3a6 6 0 100 12A6 6 0 009 3zM13.5 13.5L17 17",
    "pulse": "M2 10h4l2-6 4 12 2-6h4",
    "queue": "M3 5h14M3 10h14M3 15h8",
    "chart": "M3 17V3M3 17h14M7 14V9M11 14V5M15 14v-3",
    "sliders": "M3 6h8M15 6h2M3 14h2M9 14h8M13 4v4M7 12v4",
    "help": "M7.5 7.5a2.5 2.5 0 115 0c0 2-2.5 2-2.5 4M10 15h.01M10 2a8 8 0 100 16 8 8 0 000-16z",
    "person": "M10 10a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM3.5 17a6.5 6.5 0 0113 0",
    "ok": "M4 10l4 4 8-8",
    "warn": "M10 3l8 14H2zM10 8v4M10 14.5h.01",
    "bad": "M5 5l10 10M15 5L5 15",
    "idle": "M5 10h10",
    "busy": "M10 3a7 7 0 107 7",
    "copy": "M7 7h10v10H7zM3 13V3h10",
    "more": "M5 10h.01M10 10h.01M15 10h.01",
}


@register.simple_tag
def icon(name: str) -> str:
    """A decorative picture; the word beside it carries the meaning."""
    return format_html(
        '<svg class="icon icon--{}" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        name,
        ICONS[name],
    )


@register.inclusion_tag("web/_copyable.html")
def copyable(value: str, label: str = "") -> dict[str, str]:
    """An ID in monospace with a button that copies it."""
    return {"value": value, "label": label}


@register.inclusion_tag("web/_badge.html")
def badge(tone: str, word: str) -> dict[str, str]:
    """A status: icon, word and hue together. `tone` is ok, warn, bad, idle or busy."""
    return {"tone": tone, "word": word}
