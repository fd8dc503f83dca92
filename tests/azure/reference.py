"""The reference stream of azure-facts 2.5: every event and delta type once, as Azure frames them."""

from __future__ import annotations

from pathlib import Path

from console.azure.shapes import StreamEvent, TextDelta, ThinkingDelta

STREAM = Path(__file__).with_name("reference.sse").read_bytes()


def text_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def thinking_of(events: list[StreamEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, ThinkingDelta))
