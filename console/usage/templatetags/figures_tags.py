"""A line of figures as the cells of a table: a page has hundreds of lines, and a template takes long over each cell."""

from __future__ import annotations

from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from console.usage.figures import Figures
from console.web.templatetags.console_tags import count, milliseconds, percent

register = template.Library()


@register.simple_tag
def cells(figures: Figures) -> SafeString:
    """In the order of the table's head (templates/usage/_table.html)."""
    drawn = (
        (_("Requests"), count(figures.calls)),
        (_("Failed"), percent(figures.failed_percent, 1)),
        (_("Tokens in"), count(figures.input)),
        (_("From the cache"), percent(figures.cached_percent, 0)),
        (_("Tokens out"), count(figures.output)),
        (_("First token"), milliseconds(figures.ttft_ms)),
    )
    each = [f'<td class="num" data-label="{escape(label)}">{escape(text)}</td>' for label, text in drawn]
    return mark_safe("".join(each))  # noqa: S308 - escaped
