"""axe-core in a page: what it finds against WCAG 2.2 A and AA and its own good practice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    # None of these rules reads style sheets, so axe need not fetch them anew for each page.
    "preload": {"assets": ["media"]},
}
# A page has a dozen colours, and axe reads each of them anew for every piece of text: a quarter of its work.
ONCE_A_COLOUR = """
() => {
  const known = new Map(), color = axe.commons.color.Color.prototype, parse = color.parseString;
  color.parseString = function (text) {
    if (known.has(text)) return Object.assign(this, known.get(text));
    parse.call(this, text);
    known.set(text, { r: this.r, g: this.g, b: this.b, alpha: this.alpha });
    return this;
  };
}
"""
# Only what is wrong leaves the page: the whole report is a hundred times as long, and most of the time it took.
RUN = """
options => axe.run(options).then((report) => report.violations.map((one) => (
  { rule: one.id, impact: one.impact, places: one.nodes.map((node) => node.html.slice(0, 200)) }
)))
"""


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a page breaks, how badly ("minor" to "critical"), and the beginnings of the elements that do."""

    rule: str
    impact: str
    places: list[str]


def violations(page: Page) -> list[Violation]:
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(f"{SOURCE}; undefined")
        page.evaluate(ONCE_A_COLOUR)
    return [Violation(**one) for one in page.evaluate(RUN, OPTIONS)]
