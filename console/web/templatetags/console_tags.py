"""Template tags every room uses: element ids, times, numbers, and whether a person may do a thing."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django import template
from django.db.models import Model
from django.template.base import Node, Parser, Token, Variable
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.templatetags.i18n import TranslateNode, do_translate
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.web.icons import ICONS
from console.web.row_addresses import address

register = template.Library()


class Said(TranslateNode):
    """A fixed text in the page's language."""

    def __init__(self, node: TranslateNode, text: str) -> None:
        super().__init__(node.filter_expression, noop=False, asvar=node.asvar)
        # Translators see a percent sign doubled, as Django's own tag has it.
        self.text = text.replace("%", "%%")

    def render(self, context: Context) -> str:
        said = mark_safe(_(self.text).replace("%%", "%"))  # noqa: S308 - our own words
        if not self.asvar:
            return said
        context[self.asvar] = said
        return ""


@register.tag
def translate(parser: Parser, token: Token) -> Node:
    """Django's own tag. A fixed text, as nearly all are, goes past the lazy objects that Django wraps it in: a page
    says hundreds of them, and they took a fifth of its time."""
    node = do_translate(parser, token)
    said = node.filter_expression
    plain = isinstance(said.var, Variable) and isinstance(said.var.literal, str) and not said.filters
    return Said(node, said.var.literal) if plain and not (node.noop or node.message_context) else node


class Address(URLNode):
    """The address of something that has a UUID."""

    def render(self, context: Context) -> str:
        pk = self.args[0].resolve(context)
        if not isinstance(pk, UUID):
            return str(super().render(context))
        found = address(self.view_name.var, pk)
        if not self.asvar:
            return found
        context[self.asvar] = found
        return ""


@register.tag
def url(parser: Parser, token: Token) -> Node:
    """Django's own tag, quicker where it names a row (web/row_addresses.py)."""
    node = django_url(parser, token)
    fixed = isinstance(node.view_name.var, str)
    if not fixed or len(node.args) != 1 or node.kwargs:
        return node
    return Address(node.view_name, node.args, node.kwargs, node.asvar)


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


@register.filter
def percent(value: float | None, decimals: int) -> str:
    """2.45 → "2.5 %" with one decimal; "–" for nothing."""
    return "–" if value is None else f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)} %"


@register.filter
def options(names: Iterable[str]) -> SafeString:
    """What a <datalist> offers; it may be hundreds of names."""
    drawn = [f'<option value="{escape(name)}"></option>' for name in names]
    return mark_safe("".join(drawn))  # noqa: S308 - escaped


@register.simple_tag
@cache
def icon(name: str) -> str:
    """A decorative picture; the word beside it carries the meaning."""
    return format_html(
        '<svg class="icon icon--{}" viewBox="0 0 20 20" aria-hidden="true" focusable="false"><path d="{}"/></svg>',
        name,
        ICONS[name],
    )


# Lists hold these many times over, so they are no templates of their own.
@register.simple_tag
def copyable(value: str, label: str = "") -> SafeString:
    """An ID in monospace with a button that copies it."""
    shown = escape(value)
    said, copy = escape(_("Copied")), escape(_("Copy %(name)s") % {"name": label or value})
    button = f'data-copy="{shown}" data-said="{said}" aria-label="{copy}">{icon("copy")}</button>'
    return mark_safe(  # noqa: S308 - escaped
        f'<span class="copyable"><code title="{shown}">{shown}</code>'
        f'<button class="copyable__button" type="button" {button}</span>'
    )


@register.simple_tag
def badge(tone: str, word: str) -> SafeString:
    """A status: icon, word and hue together. `tone` is ok, warn, bad, idle or busy."""
    return format_html('<span class="badge badge--{}">{}{}</span>', tone, icon(tone), word)
