"""The small JavaScript modules of static/js, in a real browser, on a page that holds one of each thing."""

from __future__ import annotations

import datetime as dt
import html
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Page, Route

from console.web.templatetags.console_tags import ago_words, how_long_ago
from tests.browser import launched

pytestmark = pytest.mark.journey

STATIC = Path(__file__).parents[2] / "static"
SAFE = "http://localhost:1"  # browsers lend the clipboard to localhost
PLAIN = "http://console.test"
PAGE = """<!doctype html><html lang="en"><head><title>Page</title>
<link rel="stylesheet" href="/static/css/tokens.css"><link rel="stylesheet" href="/static/css/base.css">
<script type="module" src="/static/js/console.js"></script>
<script type="module" src="/static/js/theme.js"></script></head>
<body data-ago="{ago}" data-said="Copied" data-keys="/help/keyboard/">
  <details data-menu id="menu"><summary>More</summary><a href="/x">x</a></details>
  <div id="problems"></div>
  <main>
    <input type="search" id="search">
    <button id="copy" data-copy="req_1" data-said="Copied">c</button>
    <button id="copy-from" data-copy-from="bundle" data-said="Copied">c</button><pre id="bundle">line 1\nline 2</pre>
    <div class="said"><div class="prose"><table><tr><td>Monday</td><td>ship</td></tr></table></div>
      <button id="copy-answer" data-copy-answer data-said="Copied">c</button></div>
    <div class="code-block"><button id="copy-code" data-copy-code="">Copy</button><pre>print(1)</pre></div>
    <p id="sentence">Failed <time datetime="2026-11-22T10:30:12.000Z" data-time id="age">x</time> there</p>
    <time datetime="2026-11-22T10:30:12.000Z" data-time="exact" id="exact">2026-11-22 10:30:12 UTC</time>
    <table class="table">
      <tr data-href="/one"><td><a href="/one" id="one">one</a></td><td id="cell">cell</td></tr>
      <tr data-href="/two" id="two"><td>two</td></tr>
      <tr data-href="https://elsewhere.test/" id="out"><td>out</td></tr>
    </table>
    <form action="/gone" data-confirm="Really?"><button id="delete">Delete</button></form>
    <a href="/new" id="starter" data-starter="Summarise this:">Summarise this:</a>
    <form><textarea name="message" id="message"></textarea></form>
    <input type="radio" name="theme" value="dark" id="dark"><input type="radio" name="theme" value="" id="system">
    <div id="poll" hx-trigger="every 2s"></div><div id="act"></div>
  </main>
  <p id="said" role="status" class="visually-hidden"></p>
  <template id="unreachable"><p>The console did not answer</p></template>
</body></html>"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(
        timezone_id="Asia/Seoul", locale="en-GB", permissions=["clipboard-read", "clipboard-write"]
    )
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    page.route("**/*", answering(ago_words()))
    page.goto(SAFE + "/")
    yield page
    context.close()
    assert faults == []


def answering(words: str) -> Callable[[Route], None]:
    """Serves the page with these words for ages, and the static files."""

    def answer(route: Route) -> None:
        path = route.request.url.split("/", 3)[3].split("?")[0]
        if path.startswith("static/"):
            route.fulfill(path=STATIC / path.removeprefix("static/"))
        else:
            body = PAGE.replace("{ago}", html.escape(words))
            if path.startswith("signin"):
                body = body.replace("<main>", '<main class="page--bare">')
            else:
                body = body.replace("<body ", f'<body data-person="{2 if route.request.url.endswith("by=2") else 1}" ')
            route.fulfill(body=body, content_type="text/html; charset=utf-8")

    return answer


@pytest.mark.parametrize(
    ("button", "text"), [("copy", "req_1"), ("copy-from", "line 1\nline 2"), ("copy-code", "print(1)")]
)
def test_a_copy_button_copies_and_says_so(page: Page, button: str, text: str) -> None:
    page.click(f"#{button}")
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == text
    assert "is-said" in (page.get_attribute(f"#{button}", "class") or "")


def test_a_copied_answer_keeps_its_tables(page: Page) -> None:
    page.click("#copy-answer")
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
    kinds = """async () => Object.fromEntries(await Promise.all((await navigator.clipboard.read()).flatMap((item) =>
      item.types.map(async (type) => [type, await (await item.getType(type)).text()]))))"""
    copied = page.evaluate(kinds)
    assert "<td>Monday</td>" in copied["text/html"]
    assert copied["text/plain"].split() == ["Monday", "ship"]


def test_a_copy_button_works_where_the_browser_lends_no_clipboard(page: Page) -> None:
    page.goto(PLAIN + "/")
    assert page.evaluate("navigator.clipboard === undefined")
    page.click("#copy")
    page.wait_for_function("document.getElementById('said').textContent === 'Copied'")
    page.focus("#search")
    page.keyboard.press("Control+V")
    assert page.input_value("#search") == "req_1"


def test_times_tell_the_local_and_the_utc_time(page: Page) -> None:
    assert page.get_attribute("#age", "title") == "2026-11-22 19:30:12 GMT+9 · 2026-11-22 10:30:12 UTC"
    assert page.inner_text("#exact") == "2026-11-22 19:30:12 GMT+9"


def test_a_copied_sentence_carries_the_exact_time(page: Page) -> None:
    page.evaluate("getSelection().selectAllChildren(document.getElementById('sentence'))")
    page.keyboard.press("Control+C")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "(2026-11-22T10:30:12.000Z) there" in copied


@pytest.mark.parametrize("language", ["en", "ko"])
def test_ages_read_as_the_server_writes_them(page: Page, language: str) -> None:
    seconds = [0, 44, 45, 89, 90, 3599, 5399, 5400, 86399, 129599, 129600, 200_000, 864_000]
    with translation.override(language):
        page.route("**/*", answering(ago_words()))
        page.goto(SAFE + "/")
        there = page.evaluate("async (all) => all.map((await import('/static/js/times.js')).age)", seconds)
        assert there == [how_long_ago(dt.timedelta(seconds=each)) for each in seconds]


def test_a_row_opens_by_click_but_not_out_of_the_console(page: Page) -> None:
    page.click("#out td")
    assert page.url == SAFE + "/"
    page.click("#cell")
    page.wait_for_url("**/one")


def test_rows_are_walked_by_keys(page: Page) -> None:
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "one"
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.id") == "two"
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/two")


def test_keys_mean_themselves_while_somebody_types(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("j/k?")
    assert page.input_value("#search") == "j/k?"
    assert page.url == SAFE + "/"


def test_the_question_mark_opens_the_list_of_keys(page: Page) -> None:
    page.keyboard.press("?")
    page.wait_for_url("**/help/keyboard/")


def test_a_menu_closes_by_escape_and_by_a_click_beside_it(page: Page) -> None:
    page.click("summary")
    page.focus("#menu a")
    page.keyboard.press("Escape")
    assert page.get_attribute("#menu", "open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.click("summary")
    page.click("#cell", modifiers=["Shift"])
    assert page.get_attribute("#menu", "open") is None


def test_a_form_that_asks_is_not_sent_on_no(page: Page) -> None:
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.click("#delete")
    assert asked == ["Really?"]
    assert page.url == SAFE + "/"
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#delete")
    page.wait_for_url("**/gone?")


def test_a_way_to_begin_fills_the_empty_box_of_its_page(page: Page) -> None:
    page.click("#starter")
    assert page.url == SAFE + "/"
    assert page.input_value("#message") == "Summarise this:\n\n"
    page.fill("#message", "My own words")
    page.click("#starter")
    assert page.input_value("#message") == "My own words"


def test_a_way_to_begin_takes_its_words_along_once(page: Page) -> None:
    page.evaluate("document.getElementById('message').remove()")
    page.click("#starter")
    page.wait_for_url("**/new")
    assert page.input_value("#message") == "Summarise this:\n\n"
    assert page.evaluate("document.activeElement.id") == "message"
    page.reload()
    assert page.input_value("#message") == ""


def test_what_was_written_comes_back_after_signing_in_and_only_then(page: Page) -> None:
    def there_after(*paths: str) -> str:
        page.fill("#message", "Half a thought")
        for path in paths:
            page.goto(SAFE + path)
        return page.input_value("#message")

    assert there_after("/signin/?next=/", "/") == "Half a thought"
    assert there_after("/signin/", "/signin/", "/other") == ""
    assert there_after("/") == ""
    assert there_after("/signin/", "/other", "/") == ""
    assert there_after("/other", "/signin/", "/") == ""
    assert there_after("/signin/", "/?by=2") == ""  # another person at the same page


def test_the_theme_shows_at_once(page: Page) -> None:
    page.check("#dark")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.check("#system")
    assert page.get_attribute("html", "data-theme") is None


FIRE = """([name, id, detail]) => !document.getElementById(id).dispatchEvent(new CustomEvent(name, {
  bubbles: true, cancelable: true, detail: { elt: document.getElementById(id), ...detail } }))"""


def test_polling_rests_in_a_hidden_tab(page: Page) -> None:
    def held(which: str) -> bool:
        return page.evaluate(FIRE, ["htmx:beforeRequest", which, {}])

    assert not held("poll")
    page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    assert held("poll")
    assert not held("act")


def test_an_unreachable_console_is_said_until_it_answers(page: Page) -> None:
    page.evaluate(FIRE, ["htmx:sendError", "act", {}])
    assert page.inner_text("#problems") == "The console did not answer"
    page.evaluate(FIRE, ["htmx:afterRequest", "poll", {"successful": True}])
    assert page.inner_text("#problems") == ""


def test_a_problem_stays_while_only_polling_succeeds(page: Page) -> None:
    page.evaluate("document.getElementById('problems').textContent = 'Too many requests'")
    page.evaluate(FIRE, ["htmx:afterRequest", "poll", {"successful": True}])
    assert page.inner_text("#problems") == "Too many requests"
    page.evaluate(
        "document.getElementById('act').dispatchEvent(new CustomEvent('htmx:afterRequest', { bubbles: true, detail:"
        " { elt: document.getElementById('act'), successful: true, target: document.getElementById('problems') } }))"
    )
    assert page.inner_text("#problems") == "Too many requests"
    page.evaluate(FIRE, ["htmx:afterRequest", "act", {"successful": True}])
    assert page.inner_text("#problems") == ""
