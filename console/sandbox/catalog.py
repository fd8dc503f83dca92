"""The models the sandbox knows: what each accepts, its versions and dates.

Source: azure-facts 2.3, 3.8, 6.3-6.5
"""

from __future__ import annotations

from dataclasses import dataclass

ALL_EFFORTS = ("low", "medium", "high", "xhigh", "max")
NO_XHIGH = ("low", "medium", "high", "max")
NO_MAX = ("low", "medium", "high", "xhigh")


@dataclass(frozen=True)
class Model:
    """One model of the catalog. `thinking` holds the accepted modes; `efforts` is empty where there is no effort."""

    name: str
    format: str = "Anthropic"
    versions: tuple[str, ...] = ("1",)
    default_version: str = "1"
    thinking: tuple[str, ...] = ()
    efforts: tuple[str, ...] = ()
    context: int = 1_000_000
    most_output: int = 128_000
    prefill: bool = False
    sampling: bool = False
    forced_tools: bool = True
    keys: bool = True
    retires: str = "2027-09-01T00:00:00Z"
    lifecycle: str = "Stable"
    capability: str = "chatCompletion"
    quota: int = 2_000

    @property
    def always_thinks(self) -> bool:
        return "adaptive" in self.thinking and "disabled" not in self.thinking

    @property
    def is_claude(self) -> bool:
        return self.format == "Anthropic"


FULL, NO_BUDGET, ALWAYS = ("adaptive", "enabled", "disabled"), ("adaptive", "disabled"), ("adaptive",)
OLD = ("enabled", "disabled")
BOTH = ("1", "2")

MODELS = (
    Model("claude-fable-5-1", thinking=ALWAYS, efforts=NO_MAX, forced_tools=False, retires="2027-08-01T00:00:00Z"),
    Model("claude-mythos-5-1", thinking=ALWAYS, efforts=NO_MAX, keys=False, lifecycle="Preview"),
    Model("claude-opus-5-5", "Anthropic", BOTH, "2", NO_BUDGET, ALL_EFFORTS, forced_tools=False),
    Model("claude-opus-5", "Anthropic", BOTH, "2", NO_BUDGET, ALL_EFFORTS, retires="2027-07-08T00:00:00Z"),
    Model("claude-opus-4-8", "Anthropic", BOTH, "2", NO_BUDGET, ALL_EFFORTS),
    Model("claude-opus-4-7", thinking=NO_BUDGET, efforts=ALL_EFFORTS, retires="2027-04-06T00:00:00Z"),
    Model("claude-opus-4-6", thinking=FULL, efforts=NO_XHIGH, sampling=True, retires="2027-02-02T00:00:00Z"),
    Model("claude-sonnet-5-5", "Anthropic", BOTH, "2", FULL, ALL_EFFORTS, forced_tools=False),
    Model("claude-sonnet-5", "Anthropic", BOTH, "2", NO_BUDGET, ALL_EFFORTS),
    Model("claude-sonnet-4-6", thinking=FULL, efforts=NO_XHIGH, sampling=True, retires="2027-02-10T00:00:00Z"),
    Model("claude-haiku-5-5", "Anthropic", BOTH, "2", FULL, ALL_EFFORTS, quota=4_000),
    Model(
        "claude-sonnet-4-5",
        versions=("20250929",),
        default_version="20250929",
        thinking=OLD,
        context=200_000,
        most_output=64_000,
        prefill=True,
        sampling=True,
        retires="2026-11-30T00:00:00Z",
        lifecycle="Deprecating",
    ),
    Model(
        "claude-haiku-4-5",
        versions=("2", "20251001"),
        default_version="2",
        thinking=OLD,
        context=200_000,
        most_output=64_000,
        prefill=True,
        sampling=True,
        retires="2027-01-31T00:00:00Z",
        lifecycle="Deprecating",
        quota=4_000,
    ),
    Model(
        "claude-opus-4-1",
        versions=("20250805",),
        default_version="20250805",
        thinking=OLD,
        context=200_000,
        most_output=32_000,
        prefill=True,
        sampling=True,
        retires="2026-08-05T00:00:00Z",
        lifecycle="Deprecated",
    ),
    Model("gpt-5-mini", "OpenAI", ("2025-08-07",), "2025-08-07"),
    Model("gpt-4.1", "OpenAI", ("2025-04-14",), "2025-04-14"),
    Model("text-embedding-3-large", "OpenAI", BOTH[:1], "1", capability="embeddings"),
    Model("Mistral-Large-3", "Mistral AI", BOTH[:1], "1"),
)

BY_NAME = {model.name.lower(): model for model in MODELS}


def find(name: str) -> Model | None:
    return BY_NAME.get(name.lower())
