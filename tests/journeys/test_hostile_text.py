"""What a model, an error or an id says is never more than text: the whole corpus in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.console_process import ConsoleProcess
from tests.journeys.upstream import Answer, Upstream, listening
from tests.journeys.visitor import Place, Visitor, visiting
from tests.sandbox_process import SandboxProcess
from tests.web.payloads import PAYLOADS

pytestmark = pytest.mark.journey

# A fence that stays open swallows what follows it, so these come last in an answer of their own.
FENCES = [one for one in PAYLOADS if one.startswith("```") and not one.rstrip().endswith("```")]
OTHERS = [one for one in PAYLOADS if one not in FENCES]
TEXTS = ["\n\n".join(OTHERS[at : at + 34]) for at in range(0, len(OTHERS), 34)] + FENCES
# One line, and printable: what fits into a header, a name or a message of an error.
LINES = [one for one in PAYLOADS if one.isascii() and one.isprintable()]

# Elements and attributes in the conversation that are not of our making, among all or some elements; [] is well.
STRANGERS = r"""(all = document.querySelectorAll("main *")) => {
  const own = /^(class|href|rel|target|start|type|dir|lang|data-copy-code|data-said|aria-label|tabindex|title|align)$/;
  const tags = new Set(["P", "BR", "HR", "A", "B", "STRONG", "I", "EM", "S", "DEL", "U", "CODE", "PRE", "SPAN", "DIV",
    "UL", "OL", "LI", "BLOCKQUOTE", "TABLE", "THEAD", "TBODY", "TR", "TH", "TD", "BUTTON",
    "H1", "H2", "H3", "H4", "H5", "H6"]);
  const found = [];
  for (const one of all) {
    if (!one.matches(".prose *, .said__text *, .thinking__text *")) continue;
    const wraps = one.matches(".code-block__head > button[data-wrap]"); // js/wrapping.js put it there
    const known = (name) => own.test(name) || wraps && /^(data-wrap|aria-pressed)$/.test(name);
    const bad = [...one.attributes].some(({ name }) => !known(name));
    const href = one.getAttribute("href");
    const away = href !== null && !/^(https?:|mailto:)/.test(href);
    const button = one.tagName === "BUTTON" && !wraps && !one.matches(".code-block [data-copy-code]");
    if (bad || away || button || !tags.has(one.tagName)) found.push(one.outerHTML.slice(0, 200));
  }
  const place = /^(\?|\/playground\/(exchanges\/)?[0-9a-f-]{36}\/)/;
  for (const one of all) {
    for (const { name, value } of one.attributes) {
      const forbidden = /^on|^style$|^srcdoc$|^formaction$|^ping$/.test(name);
      const calls = /^(data-)?hx-(get|post|put|patch|delete)$/.test(name) && !place.test(value);
      const powers = /^(data-)?(hx-(on|vals|headers|ext|boost)|sse-)/.test(name) && !one.closest("[data-live]");
      const stranger = forbidden || one.closest("[role=log]") && (calls || powers);
      if (stranger) found.push(`${name}: ${one.outerHTML.slice(0, 200)}`);
    }
  }
  return found;
}"""

IDS = "[0-9a-f-]{36}"
# What the page itself asks for: files, and what belongs to its own conversation.
EXPECTED = re.compile(rf"/static/.*|/playground/{IDS}/([a-z]+/)?|/playground/exchanges/{IDS}/[a-z]+/")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with listening() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def console(upstream: Upstream) -> Iterator[ConsoleProcess]:
    with SandboxProcess() as azure:
        azure.switch("calm")
        for name in LINES:
            azure.switch("deployment", resource="hanbit-foundry", name=name)
        with ConsoleProcess(azure, FOUNDRY_ENDPOINT=upstream.url) as console:
            yield console


@pytest.fixture(scope="module")
def place(console: ConsoleProcess) -> Place:
    return Place(console.url)


@pytest.fixture
def visitor(browser: Browser, place: Place) -> Iterator[Visitor]:
    """Somebody in a new conversation whose browser asks for nothing that the page does not need."""
    with visiting(browser, place, "ada") as visitor:
        visitor.open("/playground/new/").choose("claude-steady")
        asked: list[str] = []
        visitor.page.on("request", lambda request: asked.append(request.url.split("/", 3)[3].split("?")[0]))
        yield visitor
        assert [path for path in asked if not EXPECTED.fullmatch(f"/{path}")] == []


def is_harmless(visitor: Visitor) -> None:
    assert visitor.page.evaluate(f"({STRANGERS})()") == []


def watch(visitor: Visitor) -> None:
    """From now on whatever comes into the conversation or changes there is looked at."""
    visitor.page.evaluate(f"""() => {{
      window.strange = [];
      const look = {STRANGERS};
      const log = document.getElementById("transcript");
      new MutationObserver((changes) => {{
        const changed = new Set();
        for (const {{ type, target, addedNodes }} of changes) {{
          const elements = [...addedNodes].filter((one) => one.nodeType === Node.ELEMENT_NODE);
          for (const one of elements) for (const each of [one, ...one.querySelectorAll("*")]) changed.add(each);
          if (type === "attributes") changed.add(target);
        }}
        window.strange.push(...look(changed));
      }}).observe(log, {{ subtree: true, childList: true, attributes: true }});
    }}""")


def say(visitor: Visitor, upstream: Upstream, answer: Answer, message: str = "Go on") -> None:
    upstream.answer = answer
    visitor.send(message)
    visitor.is_over()
    visitor.page.mouse.move(400, 300)  # over the text: what waits for a pointer gets one


def test_the_look_finds_strangers(visitor: Visitor, upstream: Upstream) -> None:
    """The other tests of this file could fail."""
    say(visitor, upstream, Answer("Words"))
    is_harmless(visitor)
    put_in = """(prose, [name, attribute, value]) => {
      const one = document.createElement(name);
      if (attribute) one.setAttribute(attribute, value);
      prose.replaceChildren(one);
    }"""
    for stranger in (["img"], ["button"], ["p", "hx-get", "/"], ["p", "id", "main"], ["a", "href", "/signout/"]):
        visitor.conversation.locator(".prose").first.evaluate(put_in, stranger)
        assert len(visitor.page.evaluate(f"({STRANGERS})()")) > 0, stranger


@pytest.mark.parametrize("by_letter", [False, True], ids=["whole", "letter by letter"])
def test_an_answer_is_only_text(visitor: Visitor, upstream: Upstream, by_letter: bool) -> None:
    watch(visitor)
    for text in TEXTS:
        say(visitor, upstream, Answer(text, by_letter=by_letter), message=text.replace("\x00", ""))
    assert visitor.page.evaluate("window.strange") == []
    is_harmless(visitor)
    assert "alert(1)" in visitor.conversation.inner_text()
    visitor.page.reload()
    expect(visitor.conversation.get_by_role("article")).to_have_count(len(TEXTS))
    is_harmless(visitor)


def test_thoughts_are_only_text(visitor: Visitor, upstream: Upstream) -> None:
    watch(visitor)
    for text in TEXTS:
        say(visitor, upstream, Answer("Done.", thinking=text))
    assert visitor.page.evaluate("window.strange") == []
    visitor.page.reload()
    for thoughts in visitor.conversation.locator(".thinking summary").all():
        thoughts.click()
    assert visitor.conversation.inner_text().count("alert(1)") > 50
    is_harmless(visitor)


@pytest.mark.parametrize("status", [200, 400])
def test_an_error_is_only_text(visitor: Visitor, upstream: Upstream, status: int) -> None:
    watch(visitor)
    for text in [*TEXTS, *LINES[::40]]:
        error = {"type": text, "code": text, "message": text}
        say(visitor, upstream, Answer("So far", error=error, status=status))
    assert visitor.page.evaluate("window.strange") == []
    visitor.page.reload()
    for details in visitor.conversation.get_by_text("Technical details").all():
        details.click()
    assert "alert(1)" in visitor.conversation.inner_text()
    is_harmless(visitor)


def test_ids_are_ids_or_nothing(visitor: Visitor, upstream: Upstream) -> None:
    for text in LINES[::20]:
        say(visitor, upstream, Answer("Done.", ids=(text, text)))
    visitor.page.reload()
    expect(visitor.newest()).to_contain_text("invalid id")
    assert "alert(1)" not in visitor.conversation.inner_text()
    is_harmless(visitor)


def test_hostile_names_are_shown_as_text(browser: Browser, place: Place, console: ConsoleProcess) -> None:
    named = console.rows("select count(*) as n from inventory_deployment where name like ?", "%alert(1)%")
    assert named[0]["n"] > 40
    with visiting(browser, place, "ada") as visitor:
        visitor.open("/inventory/?q=alert")
        assert "alert(1)" in visitor.page.get_by_role("main").inner_text()
        is_harmless(visitor)


@pytest.mark.parametrize("path", ["/inventory/?q=alert", "/health/?q=alert", "/requests/", "/usage/", "/", "/jobs/"])
def test_names_and_errors_are_only_text_on_other_pages(browser: Browser, place: Place, path: str) -> None:
    with visiting(browser, place, "ada") as visitor:
        visitor.open(path)
        expect(visitor.page.get_by_role("heading", level=1)).to_be_visible()
        assert visitor.page.locator("main :is(script, iframe, object, embed, base, style, math, marquee)").count() == 0
        is_harmless(visitor)


def test_a_request_page_shows_hostile_words_as_text(browser: Browser, place: Place, upstream: Upstream) -> None:
    with visiting(browser, place, "ada") as visitor:
        visitor.open("/playground/new/").choose("claude-steady")
        text = "<img src=x onerror=alert(1)>"
        say(visitor, upstream, Answer(status=400, error={"type": text, "code": text, "message": text}), message=text)
        visitor.newest().get_by_role("link", name="Details").click()
        expect(visitor.page.get_by_role("heading", name="How far it got")).to_be_visible()
        expect(visitor.page.get_by_role("main")).to_contain_text(text)
        is_harmless(visitor)
