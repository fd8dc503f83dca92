"""Every template compiles, is tidy, obeys the content security policy and speaks through the translations."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.template.loader import get_template

ROOT = Path(__file__).parents[1]
TEMPLATES = sorted(path.relative_to(ROOT / "templates").as_posix() for path in (ROOT / "templates").rglob("*.html"))
every_template = pytest.mark.parametrize("name", TEMPLATES)

# Names of things that are the same in every language.
NAMES = {
    "HTTP", "UTC", "TLS", "ID", "CSV", "JSON", "Markdown", "curl",
    "Microsoft", "Azure", "Anthropic", "Claude",
    "request-id", "apim-request-id", "anthropic-version", "Retry-After",
}  # fmt: skip
NOT_WORDS = (
    r"\{#.*?#\}",
    r"\{% comment %\}.*?\{% endcomment %\}",
    r"\{% blocktrans(?:late)?\b.*?\{% endblocktrans(?:late)? %\}",
    r"\{%.*?%\}",
    r"\{\{.*?\}\}",
    r"<!--.*?-->",
    r"<(script|style|code|pre|kbd)\b.*?</\1>",
    r"&\w+;",
)
READ_ATTRIBUTES = r'(?:aria-label|aria-description|placeholder|title|alt|data-said|data-confirm)="([^"]*)"'


def source(name: str) -> str:
    return (ROOT / "templates" / name).read_text(encoding="utf-8")


def without(patterns: tuple[str, ...], text: str) -> str:
    for pattern in patterns:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return text


@every_template
def test_it_compiles(name: str) -> None:
    get_template(name)


@every_template
def test_it_has_nothing_inline(name: str) -> None:
    text = re.sub(r"{%.*?%}", "", source(name))
    assert re.findall(r"<style\b|\sstyle=|\son[a-z]+=|\shx-on|javascript:|hx-vals=.js:", text) == []
    assert re.findall(r"<script\b(?![^>]*\bsrc=)", text) == []


@every_template
def test_its_words_can_be_translated(name: str) -> None:
    text = without(NOT_WORDS, source(name))
    shown = [re.sub(r"<[^>]*>", " ", text), *re.findall(READ_ATTRIBUTES, text)]
    words = {word for piece in shown for word in re.findall(r"[A-Za-z가-힣][\w가-힣-]+", piece)}
    assert {word for word in words - NAMES if not re.search(r"\d", word)} == set()


def test_a_word_outside_the_translations_would_be_seen() -> None:
    text = without(NOT_WORDS, '<p aria-label="Hello">{% translate "fine" %} World</p>')
    assert re.findall(READ_ATTRIBUTES, text) == ["Hello"]
    assert "World" in text
    assert "fine" not in text


def test_they_are_tidy() -> None:
    command = [sys.executable, "-m", "djlint", "--lint", str(ROOT / "templates")]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout
