"""Template tags every room uses: element ids, times, numbers, and whether a person may do a thing."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.web.icons import ICONS

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


@register.simple_tag
def ago_words() -> str:
    """The words of how_long_ago as JSON, so that js/times.js keeps ages fresh in the page's language."""
    words = {
        "now": _("just now"),
        "min": ngettext("%(count)d min ago", "%(count)d min ago", 2),
        "h": ngettext("%(count)d h ago", "%(count)d h ago", 2),
        "day": ngettext("%(count)d day ago", "%(count)d days ago", 1),
        "days": ngettext("%(count)d day ago", "%(count)d days ago", 2),
    }
    return json.dumps(words)


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
