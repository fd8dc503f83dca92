"""What a log row says of itself."""

from __future__ import annotations

import pytest

from tests.factories_requestlog import new_record


@pytest.mark.parametrize(
    ("row", "speed"),
    [
        ({"output_tokens": 300, "ttft_ms": 500, "duration_ms": 3500}, 100.0),
        ({"output_tokens": 3, "ttft_ms": 500, "duration_ms": 520}, None),
        ({"output_tokens": None, "ttft_ms": 500, "duration_ms": 3500}, None),
        ({"output_tokens": 300, "ttft_ms": None, "duration_ms": 3500}, None),
        ({"output_tokens": 300, "ttft_ms": 500, "duration_ms": None}, None),
        # Stopped or broken off: 1 is what the stream said as it began.
        ({"output_tokens": 1, "stop_reason": "", "outcome": "cancelled", "ttft_ms": 500, "duration_ms": 3500}, None),
    ],
)
def test_speed_is_told_only_where_the_clock_can_tell_it(row, speed):
    assert new_record(**row).tokens_per_second == speed
