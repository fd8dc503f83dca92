"""Prompt caching as the usage fields show it: the second identical prefix is read instead of written."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

MOST_PREFIXES = 5_000
# So many blocks before a mark the cache looks for something that was kept (platform.claude.com, "Prompt caching").
LOOKS_BACK = 20


@dataclass(frozen=True)
class Breakpoint:
    """One `cache_control` mark: everything up to it, as a digest, and how many tokens that is.

    `before` are the ends of the blocks before it, newest first: what was kept up to one of them is read as well.
    """

    digest: str
    tokens: int
    life: int  # seconds: 300 or 3600
    before: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class CacheUse:
    """How a prompt's tokens were charged."""

    read: int = 0
    written_5m: int = 0
    written_1h: int = 0

    @property
    def written(self) -> int:
        return self.written_5m + self.written_1h


class PromptCache:
    """Prefixes by digest, each with the moment it is forgotten; reading one keeps it longer."""

    def __init__(self) -> None:
        self.prefixes: OrderedDict[str, float] = OrderedDict()

    def use(self, breakpoints: list[Breakpoint]) -> CacheUse:
        """Charge a prompt with these marks, shortest prefix first; unlike Azure, even a short prefix is cached."""
        now = time.time()
        read, written = 0, {300: 0, 3600: 0}
        covered = 0
        for mark in breakpoints:
            if found := self.longest(mark, now, more_than=covered):
                read = covered = found
                written = {300: 0, 3600: 0}
            written[mark.life] += mark.tokens - covered
            covered = mark.tokens
            self.remember(mark, now)
        return CacheUse(read, written[300], written[3600])

    def longest(self, mark: Breakpoint, now: float, *, more_than: int) -> int:
        """Tokens of the longest prefix that is kept: up to the mark or to a block not far before it; 0 for none."""
        ends = ((mark.digest, mark.tokens), *mark.before)
        kept = (tokens for digest, tokens in ends if self.prefixes.get(digest, 0.0) > now)
        found = next(kept, 0)
        return found if found > more_than else 0

    def remember(self, mark: Breakpoint, now: float) -> None:
        self.prefixes[mark.digest] = now + mark.life
        self.prefixes.move_to_end(mark.digest)
        while len(self.prefixes) > MOST_PREFIXES:
            self.prefixes.popitem(last=False)
