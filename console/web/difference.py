"""What differs between two texts, by the word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

# A word or sign with the space behind it: a difference is shown by the word.
WORDS = re.compile(r"\w+\s*|[^\w\s]\s*|^\s+")
# Beyond so many words a difference by the word is slow to compute and slower to read: lines are compared instead.
MOST_WORDS = 2000


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `changed` where the other text has something else."""

    text: str
    changed: bool


def difference(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Both texts in pieces; joined, each list gives its text back."""
    before, after = WORDS.findall(one), WORDS.findall(other)
    if max(len(before), len(after)) > MOST_WORDS:
        before, after = one.splitlines(keepends=True), other.splitlines(keepends=True)
    left: list[Piece] = []
    right: list[Piece] = []
    # With autojunk, words that stand everywhere begin no match: without it, repetitive text takes minutes.
    for what, a, b, c, d in SequenceMatcher(None, before, after).get_opcodes():
        for side, words in ((left, before[a:b]), (right, after[c:d])):
            if words:
                side.append(Piece("".join(words), what != "equal"))
    return left, right
