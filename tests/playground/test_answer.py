"""An answer pieced together from its events, without a wire."""

from __future__ import annotations

import pytest

from console.azure.shapes import BlockStarted, SignatureDelta, TextDelta, ThinkingDelta
from console.playground.answer import Answer
from console.requestlog.calls import Attempt
from console.web.ids import new_id


@pytest.fixture
def answer() -> Answer:
    """An answer nobody watches, so that there is no loop to wake them on."""
    answer = Answer.__new__(Answer)
    Answer.__init__(answer, type("Work", (), {"language": "en", "body": {}})())  # all that is read before the call
    answer.live.ring = lambda: None
    return answer


def test_text_that_is_in_a_blocks_start_comes_before_its_deltas(answer):
    answer.take(
        [
            BlockStarted(0, "thinking", {"type": "thinking", "thinking": "Hm, ", "signature": "Eq"}),
            ThinkingDelta(0, "well."),
            SignatureDelta(0, "QB"),
            BlockStarted(1, "text", {"type": "text", "text": "PRE "}),
            TextDelta(1, "and the rest."),
            BlockStarted(2, "text", {"type": "text", "text": ""}),
            TextDelta(2, " More."),
            BlockStarted(3, "text", {"type": "text", "text": " Whole."}),
        ]
    )
    assert answer.live.text == "PRE and the rest. More. Whole."
    assert "".join(answer.live.thinking) == "Hm, well."
    assert answer.content.whole() == [
        {"type": "thinking", "thinking": "Hm, well.", "signature": "EqQB"},
        {"type": "text", "text": "PRE and the rest."},
        {"type": "text", "text": " More."},
        {"type": "text", "text": " Whole."},
    ]


@pytest.mark.parametrize("block", [
    {"type": "text"}, {"type": "text", "text": None}, {"type": "text", "text": ["no", "text"]},
    {"type": "redacted_thinking", "data": "EmwK"}, {"type": "tool_use", "id": "toolu_1", "name": "a", "input": {}},
])  # fmt: skip
def test_a_start_without_text_is_kept_as_it_is(answer, block):
    answer.take([BlockStarted(0, block["type"], block)])
    assert (answer.live.text, answer.content.whole()) == ("", [block])


@pytest.mark.parametrize(("text", "begun"), [("PRE ", True), ("", False)])
def test_the_first_token_may_be_in_a_blocks_start(text, begun):
    attempt = Attempt(new_id(), 0.0)
    attempt.note(BlockStarted(0, "text", {"type": "text", "text": text}))
    assert (attempt.ttft_ms is not None) is begun
