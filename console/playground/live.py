"""An answer while it arrives: its text, the blocks that are finished, and whoever watches.

A watcher's place is (blocks it has, characters it has). The same text gives the same blocks in every process, so a
place is good wherever the browser attaches next. Everything here runs on the event loop.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from html import escape

from console.playground.writing import Writing
from console.web.events import event
from console.web.markdown import Splitter, render

# Watchers are woken at most this often (seconds): one event per tick instead of one per token.
TICK = 0.025
# A place as one integer, the `id:` of our events: characters, then blocks in the low bits.
_BLOCK_BITS = 16
_LIST_SEAM = re.compile(r'</(ul|ol)>\n<\1(?: start="\d+")?>\n')


@dataclass(frozen=True, slots=True)
class Place:
    """How much of an answer a watcher has: finished blocks, and characters counting from the start."""

    blocks: int = 0
    characters: int = 0

    def __str__(self) -> str:
        return str(self.characters << _BLOCK_BITS | self.blocks)

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place an event id names; the start for anything that is no id of ours."""
        if not text.isascii() or not text.isdigit() or len(text) > 18:
            return cls()
        number = int(text)
        return cls(number & (1 << _BLOCK_BITS) - 1, number >> _BLOCK_BITS)


START = Place()
# The name of an event, its HTML, and where a watcher stands who has it.
News = tuple[str, str, Place]


def joined(blocks: list[str]) -> str:
    """Rendered blocks as one piece of HTML."""
    return _LIST_SEAM.sub("", "".join(blocks))


class Live:
    """One answer's text so far and its watchers' bells."""

    def __init__(self, answer: str = "", thinking: str = "") -> None:
        self.thinking: list[str] = [thinking] if thinking else []
        self.status = ""  # the line above the text: a small HTML fragment, "" when the text speaks for itself
        self.writing = Writing()  # the tool calls that are being made
        self.language = ""  # of the words above and below the text
        self.ending = ""  # the receipt or problem, once the rows are settled
        self.closed = False  # no more text comes
        self._sources: list[str] = []
        self._rendered: list[str] = []
        self._ends: list[int] = []  # where each block ends, in characters
        self._splitter = Splitter()
        self._length = 0
        self._bells: set[asyncio.Event] = set()
        self._last_ring = 0.0
        self._ring_due: asyncio.TimerHandle | None = None
        if answer:
            self.add(answer)

    # ---- what arrives ----

    def add(self, text: str) -> None:
        """More of the answer."""
        self._length += len(text)
        self._take(self._splitter.feed(text))

    def close(self) -> None:
        """No more text comes: what is left becomes the last block."""
        rest = self._splitter.rest()
        if rest:
            self._take([rest])
        self.status, self.closed = "", True
        self.ring()

    def end(self, ending: str) -> None:
        """The rows are settled: `ending` is the receipt or the problem, as HTML."""
        self.ending = ending
        self.ring()

    def _take(self, sources: list[str]) -> None:
        for source in sources:
            start = self._ends[-1] if self._ends else 0
            self._sources.append(source)
            self._ends.append(start + len(source))

    # ---- what is shown ----

    @property
    def finished(self) -> bool:
        return bool(self.ending)

    @property
    def text(self) -> str:
        return "".join(self._sources) + self._splitter.tail

    @property
    def length(self) -> int:
        """Characters so far."""
        return self._length

    @property
    def tail(self) -> str:
        """What belongs to no finished block yet; may begin with the blank lines after the last one."""
        return self._splitter.tail

    @property
    def place(self) -> Place:
        """Where someone stands who has everything so far."""
        return Place(len(self._sources), self._length)

    @property
    def calls(self) -> str:
        """The tool calls that are being made, below the text, as HTML; the ending has them in its own way."""
        return "" if self.closed else self.writing.html(self.language)

    def block(self, index: int) -> str:
        """HTML of a finished block, rendered once and only when somebody wants it."""
        while len(self._rendered) <= index:
            self._rendered.append(render(self._sources[len(self._rendered)]))
        return self._rendered[index]

    async def html(self) -> str:
        """All finished blocks as one piece, with lists that were shown item by item joined again."""
        for index in range(len(self._sources)):
            self.block(index)
            await asyncio.sleep(0)  # a long answer nobody watched is rendered here: let others have their turn
        return joined(self._rendered)

    def since(self, place: Place, *, afresh: bool = False) -> tuple[bytes, Place]:
        """The events that bring a watcher from `place` to now, and the new place; see `news`."""
        news = self.news(place, afresh=afresh)
        return b"".join(event(name, html, id=str(at)) for name, html, at in news), self.place

    def news(self, place: Place, *, afresh: bool = False) -> list[News]:
        """What brings a watcher from `place` to now: "block", "tail" and "delta" with HTML, and the place after each.

        `afresh` marks the first events after attaching: the unfinished tail is then sent whole, as the watcher's own
        may be older than its place says. A place beyond the text is taken for the start.
        """
        if place.blocks > len(self._sources) or place.characters > self._length:
            place, afresh = START, True
        news: list[News] = [
            ("block", self.block(index), Place(index + 1, max(self._ends[index], place.characters)))
            for index in range(place.blocks, len(self._sources))
        ]
        now = self.place
        tail = self.tail
        visible = tail.lstrip("\n")  # the blank lines between blocks are no text
        if news or afresh:
            news.append(("tail", escape(visible), now))
        elif fresh := visible[max(0, place.characters - now.characters + len(visible)) :]:
            news.append(("delta", escape(fresh), now))
        return news

    # ---- who watches ----

    def attach(self, bell: asyncio.Event | None = None) -> asyncio.Event:
        """A bell that is set whenever there may be something new; one may belong to several answers."""
        bell = bell or asyncio.Event()
        self._bells.add(bell)
        return bell

    def detach(self, bell: asyncio.Event) -> None:
        self._bells.discard(bell)

    def ring(self) -> None:
        """Wake the watchers, now or at the end of the current tick."""
        if not self._bells or self._ring_due is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._last_ring + TICK - loop.time()
        if wait <= 0:
            self._ring_now()
        else:
            self._ring_due = loop.call_later(wait, self._ring_now)

    def _ring_now(self) -> None:
        self._ring_due = None
        self._last_ring = asyncio.get_running_loop().time()
        for bell in self._bells:
            bell.set()
