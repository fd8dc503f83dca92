"""An answer's content blocks as they come, pieced together, and how long Claude thought. Source: azure-facts 2.5."""

from __future__ import annotations

from time import monotonic

from console.azure.cleaning import clean_json, load_json

# Pieces of a block that are kept apart before they are joined.
MOST_PIECES = 500
# What a block's start may hold the beginning of, and what its deltas go on with (azure-facts 2.5).
IN_PIECES = ("text", "thinking", "signature")


class Content:
    """The answer's content blocks as they come, pieced together: what the next turn sends back."""

    def __init__(self) -> None:
        self._blocks: list[dict[str, object]] = []
        self._pieces: list[dict[str, list[str]]] = []

    def begin(self, block: dict[str, object]) -> None:
        """A new block; what its start holds of its text already is its first piece."""
        self._blocks.append(block)
        self._pieces.append({name: [text] for name in IN_PIECES if (text := block.get(name)) and isinstance(text, str)})

    def add(self, name: str, text: str) -> None:
        if not self._pieces:
            return
        pieces = self._pieces[-1].setdefault(name, [])
        pieces.append(text)
        if len(pieces) > MOST_PIECES:  # a word in a string of its own takes five times its room
            pieces[:] = ["".join(pieces)]

    def cite(self, citation: dict[str, object]) -> None:
        """A source of the text block that arrives (azure-facts 2.5)."""
        if self._blocks:
            known = self._blocks[-1].get("citations")
            self._blocks[-1]["citations"] = [*(known if isinstance(known, list) else []), citation]

    def whole(self) -> list[dict[str, object]]:
        return [
            with_input(block | {name: "".join(texts) for name, texts in pieces.items()})
            for block, pieces in zip(self._blocks, self._pieces, strict=True)
        ]


def with_input(block: dict[str, object]) -> dict[str, object]:
    """A tool call with its input parsed; what broke off in the middle stays as `partial_json`."""
    written = block.get("partial_json")
    if not isinstance(written, str):
        return block
    try:
        parsed = clean_json(load_json(written.encode("utf-8", "replace"))) if written.strip() else {}
    except ValueError:
        return block
    return {name: value for name, value in block.items() if name != "partial_json"} | {"input": parsed}


class Thought:
    """How long Claude thought: from the start of a thinking block to the start of the next block that is none."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._seconds = 0.0
        self._any = False

    def begin(self) -> None:
        self._any = True
        self._since = self._since or monotonic()

    def pause(self) -> None:
        if self._since is not None:
            self._seconds += monotonic() - self._since
            self._since = None

    def milliseconds(self) -> int | None:
        """None when there was no thinking."""
        self.pause()
        return round(self._seconds * 1000) if self._any else None
