from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
SHEETS = sorted(CSS.glob("*.css"))
TOKENS = (CSS / "tokens.css").read_text(encoding="utf-8")
PAIRS = dict(re.findall(r"--([\w-]+): (light-dark\(#[0-9a-f]+, #[0-9a-f]+\)|var\(--[\w-]+\))", TOKENS))
THEMES = ("light", "dark")
GROUNDS = ("paper", "surface", "sunk", "hover")
# What is read on what: 4.5:1 (WCAG 1.4.3).
READ = (
    *[(text, ground) for text in ("ink", "muted", "accent", "accent-strong") for ground in (*GROUNDS, "accent-soft")],
    *[(state, ground) for state in ("ok", "warn", "bad", "idle", "busy") for ground in (f"{state}-soft", "surface")],
    *[("ink", f"{state}-soft") for state in ("ok", "warn", "bad", "idle", "busy")],
    *[("muted", f"{state}-soft") for state in ("warn", "bad")],
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("paper", "ink"),
    ("bad", "paper"),
)
# What must be seen to be used: 3:1 (WCAG 1.4.11).
SEEN = (
    ("line-strong", "surface"),
    ("accent", "paper"),
    *[(f"fill-{tone}", "surface") for tone in ("accent", "strong", "ok", "warn", "bad")],
)


def colour(token: str, theme: str) -> str:
    value = PAIRS[token]
    if value.startswith("var("):
        return colour(value[6:-1], theme)
    return re.findall(r"#[0-9a-f]{6}", value)[THEMES.index(theme)]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), READ)
def test_text_is_readable_on_its_ground(text: str, ground: str, theme: str) -> None:
    assert contrast(colour(text, theme), colour(ground, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("thing", "ground"), SEEN)
def test_edges_and_areas_stand_out(thing: str, ground: str, theme: str) -> None:
    assert contrast(colour(thing, theme), colour(ground, theme)) >= 3


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_sheets_use_tokens_that_exist(sheet: Path) -> None:
    text = sheet.read_text(encoding="utf-8")
    declared = set(re.findall(r"(--[\w-]+):", TOKENS)) | set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= declared


@pytest.mark.parametrize(
    "sheet", [sheet for sheet in SHEETS if sheet.name != "tokens.css"], ids=lambda sheet: sheet.name
)
def test_colours_come_from_the_tokens(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[^{}]*;)|\b(?:rgba?|hsla?|oklch)\(", text) == []


def test_what_every_page_loads_stays_small() -> None:
    assert sum((CSS / name).stat().st_size for name in ("tokens.css", "base.css")) < 36_000
