"""The unfinished end of an answer is drawn as the server will render it: js/draft.js beside web/markdown.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from console.web.markdown import render
from tests.browser import launched

pytestmark = pytest.mark.journey

SOURCE = (Path(__file__).parents[2] / "static/js/draft.js").read_text(encoding="utf-8")
PAGE = """<!doctype html><title>Answer</title>
<div data-live><div class="prose"></div><div class="prose prose--tail"></div></div>"""
LOAD = """async (source) => {
  window.module = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
}"""
DRAW = """(text) => {
  const live = document.querySelector("[data-live]");
  live.querySelector(".prose--tail").textContent = text;
  window.module.draw(live);
  return live.querySelector(".prose").innerHTML;
}"""

WHOLE = {
    "words": "Plain words, **bold**, *slanted*, `code` and ~~gone~~.",
    "two lines": "one\ntwo",
    "heading": "## Three steps\n",
    "quote": "> **Subject:** news\n>\n> Hello.\n>\n> - one\n> - two",
    "list": "- first **item**\n- second\n  - inner\n- third",
    "numbers": "3. third\n4. fourth",
    "table": "| day | what |\n| --- | --- |\n| Monday | ship *it* |",
    "code": "```python\nprint(1)\n\nprint(2)\n```",
    "korean": "**신제품** 출시 일정을 *정리*했어요.",
}
UNFINISHED = {
    "bold": ("Some **bold wor", "<p>Some <strong>bold wor</strong></p>"),
    "only the marks": ("Some **", "<p>Some</p>"),
    "code": ("Use `manage.p", "<p>Use <code>manage.p</code></p>"),
    "a link": ("See [the page](https://exam", "<p>See <u>the page</u></p>"),
    "a bullet": ("-", ""),
    "a heading": ("##", ""),
    "markup": ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
    "nothing": ("\n\n", ""),
}


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with launched() as browser:
        page = browser.new_page()
        page.set_content(PAGE)
        page.evaluate(LOAD, SOURCE)
        yield page


def bare(html: str) -> str:
    """The elements and words alone: no classes, colours, buttons or blanks between elements."""
    html = re.sub(r"<button.*?</button>|</?span[^>]*>", "", html, flags=re.DOTALL)
    html = re.sub(r"<(\w+)(?: (start=\"\d+\")| [^>]*)?>", lambda tag: f"<{tag[1]}{tag[2] or ''}>", html)
    return re.sub(r"\s*(</?(?:\w+)[^>]*>)\s*", r"\1", html)


@pytest.mark.parametrize("text", WHOLE.values(), ids=WHOLE)
def test_what_is_whole_looks_as_the_server_renders_it(page: Page, text: str) -> None:
    assert bare(page.evaluate(DRAW, text)) == bare(render(text))


@pytest.mark.parametrize(("text", "drawn"), UNFINISHED.values(), ids=UNFINISHED)
def test_what_is_unfinished_shows_no_marks(page: Page, text: str, drawn: str) -> None:
    assert page.evaluate(DRAW, text) == drawn


def test_every_beginning_of_an_answer_can_be_drawn(page: Page) -> None:
    text = "\n\n".join(WHOLE.values())
    for end in range(0, len(text), 3):
        drawn = page.evaluate(DRAW, text[:end])
        assert "**" not in re.sub(r"<code>.*?</code>", "", drawn, flags=re.DOTALL), text[:end]


def test_a_finished_block_takes_the_place_of_its_draft(page: Page) -> None:
    page.evaluate(DRAW, "**half")
    page.eval_on_selector(".prose", "(prose) => prose.insertAdjacentHTML('beforeend', '<p>done</p>')")
    assert page.evaluate(DRAW, "next") == "<p>done</p><p>next</p>"
    page.eval_on_selector(".prose", "(prose) => prose.replaceChildren()")
