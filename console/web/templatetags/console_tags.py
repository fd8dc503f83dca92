"""Template tags every room uses: element ids, times, numbers, and whether a person may do a thing."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django import template
from django.db.models import Model
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
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
    return time_element(moment, "age", how_long_ago(timezone.now() - moment)) if moment else "–"


@register.simple_tag
def exact(moment: dt.datetime | None) -> str:
    """A `<time>` that reads "2026-11-22 10:30:12 UTC"; js/times.js makes it local and keeps UTC in its title."""
    return time_element(moment, "exact", in_utc(moment)) if moment else "–"


def time_element(moment: dt.datetime, kind: str, shown: str) -> SafeString:
    stamp = moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return format_html('<time datetime="{}" title="{}" data-time="{}">{}</time>', stamp, in_utc(moment), kind, shown)


def in_utc(moment: dt.datetime) -> str:
    return f"{moment.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC"


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
    """412 → "412 ms", 4120 → "4.1 s", 192000 → "3 min 12 s", then hours and days; "–" for nothing."""
    if value is None:
        return "–"
    if value < 1000:
        return f"{value:.0f} ms"
    if value < 60_000:
        return _("%(seconds)s s") % {"seconds": f"{value / 1000:.1f}"}
    minutes, seconds = divmod(round(value / 1000), 60)
    if minutes < 60:
        return _("%(minutes)d min %(seconds)d s") % {"minutes": minutes, "seconds": seconds}
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(days)d d %(hours)d h") % {"days": hours // 24, "hours": hours % 24}


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
