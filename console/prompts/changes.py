"""What a version of a prompt changed: its text with the words that went and those that came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from console.prompts.models import PromptVersion
from console.web.difference import Piece, difference


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of text and what became of it."""

    text: str
    kind: Literal["same", "removed", "added"]


@dataclass(frozen=True, slots=True)
class Changes:
    """A version against the one with the number `since`."""

    since: int
    stretches: list[Stretch]


def changes(version: PromptVersion) -> Changes | None:
    """What `version` changed; None for the first one."""
    before = version.prompt.versions.filter(number__lt=version.number).order_by("-number").first()
    if before is None:
        return None
    return Changes(before.number, list(merged(*difference(before.text, version.text))))


def merged(old: list[Piece], new: list[Piece]) -> Iterator[Stretch]:
    """Both sides as one text. What is unchanged stands in both, in the same order."""
    left, right = iter(old), iter(new)
    for piece in left:
        if piece.changed:
            yield Stretch(piece.text, "removed")
            continue
        yield from added_before_the_next_same(right)
        yield Stretch(piece.text, "same")
    yield from added_before_the_next_same(right)


def added_before_the_next_same(right: Iterator[Piece]) -> Iterator[Stretch]:
    """The new side's changed pieces up to its next unchanged one, which is taken with them."""
    for piece in right:
        if not piece.changed:
            return
        yield Stretch(piece.text, "added")
