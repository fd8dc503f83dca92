"""The strokes that charts are made of: an SVG with its text alternative, paths, coordinates, round scales."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, log10

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

NOTHING = mark_safe("")
Point = tuple[float, float] | None


def svg(
    kind: str, width: float, height: float, body: SafeString, *,
    title: str, description: str = "", stretch: bool = False, attributes: SafeString = NOTHING, hidden: bool = False,
) -> SafeString:  # fmt: skip
    """`hidden` from screen readers: for pictures whose words stand beside them."""
    return format_html(
        '<svg class="{}" viewBox="0 0 {} {}"{}{}{} focusable="false"><title>{}</title>{}{}</svg>',
        kind, units(width), units(height), mark_safe(' preserveAspectRatio="none"') if stretch else "", attributes,
        mark_safe(' aria-hidden="true"') if hidden else mark_safe(' role="img"'),
        title, format_html("<desc>{}</desc>", description) if description else "", body,
    )  # fmt: skip


def points(values: Sequence[float | None], width: float, height: float, *, top: float) -> list[Point]:
    step = width / max(1, len(values) - 1)
    return [None if value is None else (at * step, height - value / top * height) for at, value in enumerate(values)]


def line(points: Iterable[Point]) -> str:
    """Path data with a new start after every gap; a lonely value becomes a short dash."""
    path = ""
    before: Point = None
    known = list(points)
    for point, after in zip(known, [*known[1:], None], strict=True):
        if point and not before and not after:
            path += f"M{units(point[0] - 1)} {units(point[1])}h2"
        elif point:
            path += f"{'L' if before else 'M'}{units(point[0])} {units(point[1])}"
        before = point
    return path


def highest(values: Sequence[float | None]) -> float:
    return max((value for value in values if value is not None), default=0)


def joined(pieces: Iterable[SafeString]) -> SafeString:
    return mark_safe("".join(pieces))  # noqa: S308 - as its pieces are


def units(value: float) -> str:
    """A coordinate, as short as one decimal allows."""
    return f"{value:.1f}".removesuffix(".0")


def short(value: float) -> str:
    """A number for an axis: 0.4, 12, 3.4k, 1.2M."""
    for limit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}"


def nice_top(value: float) -> float:
    """The smallest round number that is not below `value`, so that a chart is filled to at least two thirds."""
    unit = 10.0 ** floor(log10(value))
    steps = (step * unit for step in (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10))
    return next(step for step in steps if step >= value * 0.999999)
