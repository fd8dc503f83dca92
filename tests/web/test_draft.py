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
  window.module.take(live);
  return live.querySelector(".prose--tail").innerHTML;
}"""
ADD = """(html) => new Promise((done) => {
  const live = document.querySelector("[data-live]");
  window.module.add(live, html);
  window.module.drawer(done)(live, true);
})"""
# Text that comes piece by piece, as HTML; gives how often it was drawn, and how long the page rested in between.
GROW = """([pieces, busy]) => new Promise((done) => {
  const live = document.querySelector("[data-live]");
  const times = [];
  const show = window.module.drawer(() => {
    times.push(performance.now());
    for (const end = performance.now() + busy; performance.now() < end;);
  });
  live.querySelector(".prose--tail").textContent = "";
  window.module.take(live);
  const next = () => {
    if (!pieces.length) return setTimeout(() => done(times.slice(1).map((time, index) => time - times[index])), 300);
    window.module.add(live, pieces.shift());
    show(live);
    setTimeout(next, 4);
  };
  next();
})"""
TAIL = "(tail) => tail.innerHTML"

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


def test_what_is_drawn_stays_while_words_come(page: Page) -> None:
    page.evaluate(DRAW, "A **bold** word")
    page.evaluate("window.kept = document.querySelector('.prose--tail strong')")
    page.evaluate("getSelection().selectAllChildren(window.kept)")
    page.evaluate(ADD, " and `code`\n\nnext")
    assert page.eval_on_selector(".prose--tail", TAIL) == (
        "<p>A <strong>bold</strong> word and <code>code</code></p><p>next</p>"
    )
    assert page.evaluate("window.kept.isConnected && getSelection().toString()") == "bold"
    assert page.evaluate(DRAW, "> A") == "<blockquote><p>A</p></blockquote>"


def test_new_text_is_drawn_a_part_of_the_time_and_all_of_it(page: Page) -> None:
    pieces = [*["a &lt;b&gt; &amp;amp; "] * 100, "\n\n", "  end"]
    rests = page.evaluate(GROW, [pieces, 10])
    assert page.eval_on_selector(".prose--tail", TAIL) == f"<p>{('a &lt;b&gt; &amp;amp; ' * 100).strip()}</p><p>end</p>"
    assert len(rests) > 1
    assert min(rests) > 100, rests


def test_a_finished_block_takes_the_place_of_its_draft(page: Page) -> None:
    page.evaluate(DRAW, "**half")
    page.evaluate("window.module.clear(document.querySelector('[data-live]'))")
    page.eval_on_selector(".prose", "(prose) => prose.insertAdjacentHTML('beforeend', '<ul><li>done</li></ul>')")
    assert page.eval_on_selector(".prose--tail", TAIL) == ""
    assert page.evaluate(DRAW, "- next") == "<ul><li>next</li></ul>"
    assert page.get_attribute(".prose--tail", "data-after") == "ul"
    page.eval_on_selector(".prose", "(prose) => prose.replaceChildren()")
