"""Pictures drawn on the server: SVG with classes instead of inline style, sized by CSS, a text alternative in each.

Words stand in HTML around the drawing, so that they neither stretch nor shrink with it. The table with the same
numbers is the template's job. Callers pass plain values; everything is escaped here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from console.web.drawing import NOTHING, highest, joined, line, nice_top, points, short, svg, units
from console.web.templatetags.console_tags import milliseconds

Tone = Literal["ok", "warn", "bad", "idle", "busy", "accent", "soft", "strong"]
Reached = Literal["reached", "failed", "unreached"]
Say = Callable[[float], str]

_HEIGHT = 100  # units of every plot area; CSS decides the pixels


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers under a name; `None` is "not known", which is not zero."""

    name: str
    values: Sequence[float | None]
    tone: Tone = "accent"


@dataclass(frozen=True, slots=True)
class Day:
    """One bar of a history strip. `title` is the whole sentence a person reads about it."""

    label: str
    tone: Tone
    title: str


@dataclass(frozen=True, slots=True)
class Part:
    """One span of a waterfall, in milliseconds from the start of the whole."""

    label: str
    start_ms: float
    end_ms: float
    tone: Tone = "accent"


@dataclass(frozen=True, slots=True)
class Step:
    """One station on the way of a request; `note` says what proves it, or why it was not reached."""

    label: str
    state: Reached
    note: str = ""


def sparkline(values: Sequence[float | None], *, title: str, width: int = 120, height: int = 28) -> SafeString:
    """A line without axes for a table cell; gaps where values are None, a dot on the newest."""
    if not any(value is not None for value in values):
        return NOTHING
    inside = points(values, width - 6, height - 6, top=highest(values) or 1)
    placed = [point and (point[0] + 3, point[1] + 3) for point in inside]
    last = next(point for point in reversed(placed) if point)
    dot = format_html('<circle class="sparkline__dot" cx="{}" cy="{}" r="2"/>', units(last[0]), units(last[1]))
    body = format_html('<path class="sparkline__line" d="{}"/>{}', line(placed), dot)
    size = format_html(' width="{}" height="{}"', width, height)
    return svg("sparkline", width, height, body, title=title, attributes=size)


def bars(
    labels: Sequence[str], series: Sequence[Series], *, title: str, say: Say | None = None, links: Sequence[str] = ()
) -> SafeString:
    """Stacked columns, one for each label; hovering a column names its numbers. `say` turns a value into words.

    `links` are addresses, one for each label: a click on a column goes there. They are for the pointer; the table
    with the same numbers has them for everybody.
    """
    say = say or short
    totals = [sum(row.values[at] or 0 for row in series) for at in range(len(labels))]
    if not any(totals):
        return _empty(title)
    top = nice_top(max(totals))
    columns = [_linked(_column(at, label, series, top, say), links, at) for at, label in enumerate(labels)]
    peak = _peak(labels, totals, say)
    drawing = _plot("bars", len(labels) * 10, joined(columns), title, peak, linked=bool(links))
    return _figure(title, drawing, labels, say(top), series)


def lines(
    labels: Sequence[str], series: Sequence[Series], *, title: str, say: Say | None = None, links: Sequence[str] = ()
) -> SafeString:
    """Lines over time on one scale from zero, with gaps where values are None. `links` as those of `bars`."""
    say = say or short
    most = max((highest(row.values) for row in series), default=0)
    if not most:
        return _empty(title)
    top = nice_top(most)
    width = max(1, len(labels) - 1) * 10
    drawn = [
        format_html(
            '<path class="lines__line tone--{}" d="{}"/>', row.tone, line(points(row.values, width, _HEIGHT, top=top))
        )
        for row in series
    ]
    hits = [
        _linked(_line_hit(at, label, series, width, len(labels), say), links, at) for at, label in enumerate(labels)
    ]
    peaks = [max((row.values[at] or 0 for row in series), default=0) for at in range(len(labels))]
    peak = _peak(labels, peaks, say)
    drawing = _plot("lines", width, joined([*drawn, *hits]), title, peak, linked=bool(links))
    return _figure(title, drawing, labels, say(top), series)


def strip(days: Sequence[Day], *, title: str, compact: bool = False) -> SafeString:
    """A bar a day, oldest first. Shape tells as much as hue: whole, lowered (warn), broken (bad), a stub (idle).

    `compact` draws one path a tone and no hover words: for tables with many rows.
    """
    if not days:
        return NOTHING
    trouble = "; ".join(day.title for day in days if day.tone in ("warn", "bad"))
    body = _strip_paths(days) if compact else joined(_strip_bar(at, day) for at, day in enumerate(days))
    return svg("strip", len(days) * 4 - 1, 32, body, title=title, description=trouble[:600], stretch=True)


def hours(rows: Sequence[tuple[str, Sequence[float | None]]], *, title: str, say: Say | None = None) -> SafeString:
    """A heat strip for each row (usually a weekday with 24 hours), all on one scale in five steps."""
    say = say or short
    top = max((highest(values) for _label, values in rows), default=0)
    if not top:
        return _empty(title)
    drawn = [(label, _heat(label, values, top, say)) for label, values in rows]
    body = format_html_join("", '<div class="hours__row"><span class="hours__label">{}</span>{}</div>', drawn)
    scale = _axis(["0", "6", "12", "18", "24"]) if all(len(values) == 24 for _label, values in rows) else NOTHING
    return format_html(
        '<figure class="hours"><figcaption class="visually-hidden">{}</figcaption>{}<div class="hours__scale">{}</div>'
        "</figure>",
        title, body, scale,
    )  # fmt: skip


def waterfall(parts: Sequence[Part], *, title: str, say: Say | None = None) -> SafeString:
    """Where the time went: a list of named spans, each drawn at its place in the whole."""
    say = say or milliseconds
    whole = max((part.end_ms for part in parts), default=0)
    if not whole:
        return _empty(title)
    rows = [(part.label, _span(part, whole), say(part.end_ms - part.start_ms)) for part in parts]
    body = format_html_join(
        "", '<li><span class="waterfall__label">{}</span>{}<span class="waterfall__time">{}</span></li>', rows
    )
    return format_html('<ol class="waterfall" aria-label="{}">{}</ol>', title, body)


def progress_path(steps: Sequence[Step], *, title: str) -> SafeString:
    """How far a request got: a list of stations, lit, failed or not reached. It is read as a list, so it needs no
    other text alternative; the drawing is decoration."""
    words = {"reached": _("reached"), "failed": _("failed here"), "unreached": _("not reached")}
    drawn = [(step.state, _station(step.state), step.label, words[step.state], _note(step.note)) for step in steps]
    body = format_html_join(
        "",
        '<li class="path__step path__step--{}">{}<span class="path__label">{}'
        '<span class="visually-hidden">: {}</span></span>{}</li>',
        drawn,
    )
    return format_html('<ol class="path" aria-label="{}">{}</ol>', title, body)


def _plot(
    kind: str, width: float, body: SafeString, title: str, description: str, *, linked: bool = False
) -> SafeString:
    """An image has no parts that lead anywhere: one with links is hidden, and its words stand beside it."""
    grid = format_html('<path class="chart__grid" d="M0 0h{}M0 50h{}M0 100h{}"/>', *[units(width)] * 3)
    plot = svg(
        f"chart__plot {kind}", width, _HEIGHT, joined([grid, body]),
        title=title, description=description, stretch=True, hidden=linked,
    )  # fmt: skip
    return format_html('{}<span class="visually-hidden">{}</span>', plot, description) if linked else plot


def _figure(title: str, drawing: SafeString, labels: Sequence[str], top: str, series: Sequence[Series]) -> SafeString:
    legend = NOTHING
    if len(series) > 1:
        entries = [(row.tone, row.name) for row in series]
        legend = format_html(
            '<ul class="chart__legend">{}</ul>',
            format_html_join("", '<li><span class="chart__key tone--{}"></span>{}</li>', entries),
        )
    return format_html(
        '<figure class="chart"><figcaption class="chart__title">{}</figcaption>{}'
        '<div class="chart__area"><span class="chart__top" aria-hidden="true">{}</span>{}</div>{}</figure>',
        title, legend, top, drawing, _axis(labels),
    )  # fmt: skip


def _axis(labels: Sequence[str]) -> SafeString:
    """The first, middle and last label: what fits under any width."""
    kept = list(labels) if len(labels) <= 5 else [labels[0], labels[len(labels) // 2], labels[-1]]
    words = format_html_join("", "<span>{}</span>", [(label,) for label in kept])
    return format_html('<div class="chart__axis" aria-hidden="true">{}</div>', words)


def _empty(title: str) -> SafeString:
    return format_html('<p class="chart__none muted">{}: {}</p>', title, _("nothing to draw yet"))


# Pages draw hundreds of these: what is no text of others is written without asking whether it needs escaping.
def _column(at: int, label: str, series: Sequence[Series], top: float, say: Say) -> SafeString:
    base = float(_HEIGHT)
    drawn = ""
    for row in series:
        height = (row.values[at] or 0) / top * _HEIGHT
        base -= height
        if height:
            place = f'x="{at * 10 + 1}" y="{units(base)}" width="8" height="{units(height)}"'
            drawn += f'<rect class="tone--{row.tone}" {place}/>'
    hit = f'<rect class="chart__hit" x="{at * 10}" y="0" width="10" height="{_HEIGHT}"/>'
    return mark_safe(f"<g><title>{escape(_read_out(at, label, series, say))}</title>{drawn}{hit}</g>")  # noqa: S308 - escaped


def _linked(drawn: SafeString, links: Sequence[str], at: int) -> SafeString:
    """The table with the same numbers has links for the keyboard; fifty more stops here would help nobody."""
    return mark_safe(f'<a href="{escape(links[at])}" tabindex="-1">{drawn}</a>') if links else drawn  # noqa: S308 - escaped


def _line_hit(at: int, label: str, series: Sequence[Series], width: float, count: int, say: Say) -> SafeString:
    step = width / max(1, count - 1)
    left = max(0.0, at * step - step / 2)
    hit = f'<rect class="chart__hit" x="{units(left)}" y="0" width="{units(step)}" height="{_HEIGHT}"/>'
    return mark_safe(f"<g><title>{escape(_read_out(at, label, series, say))}</title>{hit}</g>")  # noqa: S308 - escaped


def _read_out(at: int, label: str, series: Sequence[Series], say: Say) -> str:
    """ "22 Nov: 41 answered, 2 failed" """
    known = ((row.name, row.values[at]) for row in series)
    return f"{label}: " + ", ".join(f"{name} {'–' if value is None else say(value)}" for name, value in known)


def _peak(labels: Sequence[str], totals: Sequence[float], say: Say) -> str:
    at = max(range(len(totals)), key=totals.__getitem__)
    return _("%(first)s to %(last)s, highest on %(label)s with %(value)s") % {
        "first": labels[0], "last": labels[-1], "label": labels[at], "value": say(totals[at]),
    }  # fmt: skip


# What a day looks like in a strip 32 units high: stretches of the bar that are drawn, as (from, length).
_STRIP_SHAPES: dict[str, tuple[tuple[int, int], ...]] = {
    "warn": ((12, 20),),
    "bad": ((0, 10), (20, 12)),
    "idle": ((26, 6),),
}
_WHOLE = ((0, 32),)


def _strip_bar(at: int, day: Day) -> SafeString:
    stretches = [(at * 4, top, length) for top, length in _STRIP_SHAPES.get(day.tone, _WHOLE)]
    drawn = format_html_join("", '<rect x="{}" y="{}" width="3" height="{}"/>', stretches)
    hit = format_html('<rect class="chart__hit" x="{}" y="0" width="4" height="32"/>', at * 4)
    return format_html('<g class="tone--{}"><title>{}</title>{}{}</g>', day.tone, day.title, drawn, hit)


def _strip_paths(days: Sequence[Day]) -> SafeString:
    paths: dict[str, list[str]] = {}
    for at, day in enumerate(days):
        shape = _STRIP_SHAPES.get(day.tone, _WHOLE)
        paths.setdefault(day.tone, []).extend(f"M{at * 4} {top}h3v{length}h-3z" for top, length in shape)
    return format_html_join(
        "", '<path class="tone--{}" d="{}"/>', [(tone, "".join(pieces)) for tone, pieces in paths.items()]
    )


def _heat(label: str, values: Sequence[float | None], top: float, say: Say) -> SafeString:
    cells = [
        (_heat_step(value, top), f"{label} {at}: {'–' if value is None else say(value)}", at * 10)
        for at, value in enumerate(values)
    ]
    body = format_html_join(
        "", '<g class="heat heat--{}"><title>{}</title><rect x="{}" y="0" width="9" height="20"/></g>', cells
    )
    return svg("hours__cells", len(values) * 10 - 1, 20, body, title=label, stretch=True)


def _heat_step(value: float | None, top: float) -> str:
    return "none" if value is None else str(min(4, int(value / top * 4.999)))


def _span(part: Part, whole: float) -> SafeString:
    left = part.start_ms / whole * 100
    width = max(0.5, (part.end_ms - part.start_ms) / whole * 100)  # a span too short to see is still a span
    return format_html(
        '<svg class="waterfall__bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="tone--{}" x="{}" y="0" width="{}" height="8"/></svg>',
        part.tone, units(min(left, 99.5)), units(width),
    )  # fmt: skip


_STATIONS = {"reached": "M6 10.2l2.7 2.7L14 7.4", "failed": "M7 7l6 6M13 7l-6 6", "unreached": ""}


def _station(state: Reached) -> SafeString:
    return format_html(
        '<svg class="path__station" viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="9"/>'
        '<path d="{}"/></svg>',
        _STATIONS[state],
    )


def _note(note: str) -> SafeString:
    return format_html('<span class="path__note">{}</span>', note) if note else NOTHING
