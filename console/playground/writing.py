"""Tool calls while Claude writes them: what is shown of their input, and how that goes from process to process.

Only their names and the ends of their inputs are passed on, never HTML; each process draws them for its own browsers.
"""

from __future__ import annotations

from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from console.azure.cleaning import json_count, json_list, json_object, json_text

# What is shown of a call's input while it is written, in characters: each tick sends all of it.
LONGEST_INPUT = 1500
LONGEST_NAME = 64
MOST_CALLS = 5


class Writing:
    """The calls of one answer that are being written, (name, input) each; the last is still growing.

    `reach` counts what has come of them: of two states of the same answer the one that reaches further is the later.
    """

    def __init__(self) -> None:
        self.reach = 0
        self.calls: list[tuple[str, str]] = []
        self._drawn: tuple[int, str, str] = (0, "", "")

    def begin(self, name: str) -> None:
        self.calls = [*self.calls[1 - MOST_CALLS :], (name[:LONGEST_NAME], "")]
        self.reach += 1

    def add(self, text: str) -> None:
        """More of the input of the call that was begun last."""
        name, written = self.calls[-1]
        self.calls[-1] = name, (written + text)[-LONGEST_INPUT - 1 :]  # one more tells that there was more
        self.reach += len(text)

    def told(self) -> dict[str, object] | None:
        """What another process needs to know, as JSON; None while there is no call."""
        return {"reach": self.reach, "calls": self.calls} if self.calls else None

    def take(self, told: object) -> bool:
        """Take what another process told; False, and nothing else, for what is no later than what is here."""
        state = json_object(told)
        reach = json_count(state.get("reach"))
        if reach is None or reach <= self.reach:
            return False
        self.reach = reach
        self.calls = [_read(one) for one in json_list(state.get("calls"))[-MOST_CALLS:]]
        return True

    def html(self, language: str) -> str:
        """The calls as they stand below the text; drawn when somebody wants it, and once for all who do."""
        if not self.calls:
            return ""
        if self._drawn[:2] != (self.reach, language):
            with translation.override(language or None):
                words = escape(_("Claude is writing a call of the tool %(name)s …"))
            self._drawn = self.reach, language, "".join(_drawn(words, *one) for one in self.calls)
        return self._drawn[2]


def _read(told: object) -> tuple[str, str]:
    name, written, *_more = [*json_list(told), "", ""]
    return json_text(name, LONGEST_NAME), json_text(written, LONGEST_INPUT + 1)


def _drawn(words: str, name: str, written: str) -> str:
    said = words % {"name": f"<code>{escape(name)}</code>"}
    shown = written if len(written) <= LONGEST_INPUT else f"…{written[-LONGEST_INPUT:]}"
    return f'<div class="call"><p>{said}</p><pre>{escape(shown)}</pre></div>'
