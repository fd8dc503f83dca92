"""The gate for text: what a database cannot hold is told from what it can."""

from __future__ import annotations

import pytest

from console.web.text import clean, storable

HELD = [
    "",
    "plain",
    "한글",
    "👩‍👩‍👧",
    "\u2028\u2029",
    "\u202e rtl",
    "\ufffe\uffff",
    "\x01\x7f",
    "\ufeff",
    "\U0010ffff",
    "a" * 100_000,
]


@pytest.mark.parametrize("text", HELD)
def test_ordinary_and_strange_text_stays_as_it_is(text):
    assert storable(text)
    assert clean(text) == text


@pytest.mark.parametrize("code", [0x00, 0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_what_cannot_be_stored_is_marked(code):
    character = chr(code)
    assert not storable(f"a{character}b")
    assert clean(f"a{character}b") == "a\ufffdb"


def test_it_cuts_by_characters():
    assert clean("한" * 20, 5) == "한" * 5
    assert clean("\x00" * 20, 5) == "\ufffd" * 5
