"""What each Claude model accepts, for forms and warnings. The API has the last word; an unknown model may all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Thinking = Literal["adaptive", "enabled", "disabled"]
Effort = Literal["low", "medium", "high", "xhigh", "max"]

EFFORTS: tuple[Effort, ...] = ("low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class ModelLimits:
    """`thinking` modes and `efforts` that the model takes; `context` and `max_output` in tokens.

    `prefill`: its answer may be begun for it. `forced_tools`: it can be made to call a tool.
    """

    thinking: tuple[Thinking, ...] = ("adaptive", "enabled", "disabled")
    efforts: tuple[Effort, ...] = EFFORTS
    context: int = 1_000_000
    max_output: int = 128_000
    prefill: bool = False
    forced_tools: bool = True


_ALWAYS_ADAPTIVE = ModelLimits(thinking=("adaptive",), efforts=("low", "medium", "high", "xhigh"))
_ADAPTIVE = ModelLimits(thinking=("adaptive", "disabled"))
_UNFORCED = replace(_ALWAYS_ADAPTIVE, forced_tools=False)
_4_6 = ModelLimits(efforts=("low", "medium", "high", "max"))
_4_5 = ModelLimits(thinking=("enabled", "disabled"), efforts=(), context=200_000, max_output=64_000, prefill=True)

# By the longest name that a model's name begins with. Source: azure-facts 2.3 and 6.4 (Learn, September 2026).
_BY_NAME: dict[str, ModelLimits] = {
    "claude-fable-5": _ALWAYS_ADAPTIVE,
    "claude-fable-5-1": _UNFORCED,
    "claude-mythos-5": _ALWAYS_ADAPTIVE,
    # One table lets it be disabled, another says it is refused: not offered.
    "claude-opus-5-5": ModelLimits(thinking=("adaptive",), forced_tools=False),
    "claude-opus-5": _ADAPTIVE,
    "claude-opus-4-8": _ADAPTIVE,
    "claude-opus-4-7": _ADAPTIVE,
    "claude-opus-4-6": _4_6,
    "claude-opus-4-5": _4_5,
    "claude-sonnet-5-5": ModelLimits(forced_tools=False),
    "claude-sonnet-5": _ADAPTIVE,
    "claude-sonnet-4-6": _4_6,
    "claude-sonnet-4-5": _4_5,
    "claude-haiku-5-5": ModelLimits(),
    "claude-haiku-4-5": _4_5,
}


def accepts(model_name: str) -> ModelLimits:
    """The limits of a model by its name (not its deployment's); permissive for names we do not know."""
    return known(model_name) or ModelLimits()


def known(model_name: str) -> ModelLimits | None:
    """The limits of a model we know; None for any other."""
    name = model_name.casefold()
    found = [prefix for prefix in _BY_NAME if name == prefix or name.startswith(f"{prefix}-")]
    return _BY_NAME[max(found, key=len)] if found else None
