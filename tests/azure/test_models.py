"""What each model accepts, by name."""

from __future__ import annotations

import pytest

from console.azure.models import EFFORTS, ModelLimits, accepts


@pytest.mark.parametrize(
    ("name", "thinking", "efforts", "context", "max_output"),
    [
        ("claude-fable-5-1", {"adaptive"}, {"low", "medium", "high", "xhigh"}, 1_000_000, 128_000),
        ("claude-mythos-5", {"adaptive"}, {"low", "medium", "high", "xhigh"}, 1_000_000, 128_000),
        ("claude-opus-5-5", {"adaptive"}, set(EFFORTS), 1_000_000, 128_000),
        ("claude-opus-5", {"adaptive", "disabled"}, set(EFFORTS), 1_000_000, 128_000),
        ("claude-opus-4-8", {"adaptive", "disabled"}, set(EFFORTS), 1_000_000, 128_000),
        ("claude-opus-4-6", {"adaptive", "enabled", "disabled"}, set(EFFORTS) - {"xhigh"}, 1_000_000, 128_000),
        ("claude-sonnet-5", {"adaptive", "disabled"}, set(EFFORTS), 1_000_000, 128_000),
        ("claude-sonnet-5-5", {"adaptive", "enabled", "disabled"}, set(EFFORTS), 1_000_000, 128_000),
        ("claude-sonnet-4-6", {"adaptive", "enabled", "disabled"}, set(EFFORTS) - {"xhigh"}, 1_000_000, 128_000),
        ("claude-haiku-4-5", {"enabled", "disabled"}, set(), 200_000, 64_000),
        ("claude-opus-4-5", {"enabled", "disabled"}, set(), 200_000, 64_000),
        ("Claude-Haiku-4-5-20251001", {"enabled", "disabled"}, set(), 200_000, 64_000),
    ],
)
def test_each_model_accepts_what_is_documented(
    name: str, thinking: set[str], efforts: set[str], context: int, max_output: int
) -> None:
    limits = accepts(name)
    assert (set(limits.thinking), set(limits.efforts)) == (thinking, efforts)
    assert (limits.context, limits.max_output) == (context, max_output)


@pytest.mark.parametrize("name", ["", "claude-opus-9", "claude-opus-55", "claude", "gpt-5"])
def test_an_unknown_model_may_do_everything(name: str) -> None:
    assert accepts(name) == ModelLimits()
