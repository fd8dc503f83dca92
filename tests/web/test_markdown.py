"""The model's Markdown: what people see of it, and what it can never become."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.web.markdown import Splitter, render
from tests.web.payloads import PAYLOADS

ALLOWED_ATTRIBUTES = {"href", "title", "rel", "start", "class", "tabindex", "type", "data-copy-code"}


class Inspector(HTMLParser):
    """Collects everything in a piece of HTML that a browser could act on."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def inspect(html: str) -> Inspector:
    inspector = Inspector()
    inspector.feed(html)
    return inspector


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_payload_stays_text(payload):
    found = inspect(render(payload))
    assert not found.tags & {
        "script",
        "img",
        "svg",
        "iframe",
        "style",
        "form",
        "input",
        "object",
        "embed",
        "link",
        "math",
    }
    assert {name for name, _ in found.attributes} <= ALLOWED_ATTRIBUTES
    assert all(re.match(r"(?i)(https?|mailto):", value) for name, value in found.attributes if name == "href")


def test_the_corpus_is_large_enough():
    assert len(set(PAYLOADS)) >= 100


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# One", "<h1>One</h1>"),
        ("a **b** ~~c~~", "<strong>b</strong> <s>c</s>"),
        ("|a|b|\n|-|-:|\n|1|2|", '<td class="to-right">2</td>'),
        ("```python\nx = 1\n```", '<span class="code-block__language">python</span>'),
        ("```\n<b>\n```", "&lt;b&gt;"),
        ("3. three", '<ol start="3">'),
        ("![cat](https://a.example/c.png)", '<a href="https://a.example/c.png"'),
        ("안녕하세요 **굵게**", "<strong>굵게</strong>"),
    ],
)
def test_markdown_looks_as_meant(text, html):
    assert html in render(text)


def test_pictures_are_never_fetched():
    assert "<img" not in render(
        "![x](https://tracker.example/p.png)\n\n[![y](https://a.example/b.svg)](https://c.example)"
    )


@given(st.text(alphabet="#-*1. \n`~|>abc", max_size=400), st.lists(st.integers(1, 7), max_size=80))
def test_the_splitter_does_not_care_how_text_is_cut(text, sizes):
    whole, piecewise = Splitter(), Splitter()
    expected = whole.feed(text)
    found, at = [], 0
    for size in [*sizes, len(text)]:
        found += piecewise.feed(text[at : at + size])
        at += size
    assert found == expected
    assert "".join(found) + piecewise.rest() == text


def test_a_long_code_block_is_one_block():
    code = "```python\n" + "x = 1\n\n" * 50 + "```\n"
    assert Splitter().feed(code) == [code]
