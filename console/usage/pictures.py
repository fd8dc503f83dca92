"""The charts of the usage page; the table with the same numbers stands below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from console.usage.figures import Usage
from console.web.charts import Series, bars, lines
from console.web.templatetags.console_tags import milliseconds


@dataclass(frozen=True, slots=True)
class Pictures:
    requests: SafeString
    tokens: SafeString
    ttft: SafeString


def draw(usage: Usage) -> Pictures:
    labels = [line.name for line in usage.steps]
    each = [line.figures for line in usage.steps]
    answered = Series(_("Ended well"), [one.calls - one.failed for one in each], "accent")
    failed = Series(_("Failed"), [one.failed for one in each], "bad")
    return Pictures(
        requests=bars(labels, [answered, failed], title=_("Requests")),
        tokens=bars(labels, token_series(usage), title=_("Tokens")),
        ttft=lines(
            labels,
            [Series(_("Average"), [one.ttft_ms for one in each], "accent")],
            title=_("Time to the first token"),
            say=milliseconds,
        ),
    )


def token_series(usage: Usage) -> Sequence[Series]:
    each = [line.figures for line in usage.steps]
    return [
        Series(_("In, new"), [one.input_new + one.cache_written for one in each], "accent"),
        Series(_("In, from the cache"), [one.cache_read for one in each], "soft"),
        Series(_("Out"), [one.output for one in each], "strong"),
    ]
