"""What every page is held to: axe finds nothing at all, nothing scrolls sideways, nothing moves while it loads."""

from __future__ import annotations

from playwright.sync_api import Page

from tests import axe
from tests.journeys.visitor import Visitor

SHIFT = 0.02
# Adds up how far things move by themselves from the first moment of a page.
MEASURE = """
window.shift = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });
"""
# What each role finds.
LISTS = ["/", "/inventory/", "/requests/", "/health/", "/usage/", "/account/"]
TALK = [
    "/playground/",
    "/compare/",
    "/compare/sets/",
    "/compare/sets/new/",
    "/prompts/",
    "/prompts/new/",
    "/prompts/import/",
    "/playground/shares/",
]
SUPPORT = ["/jobs/"]
MANAGE = [
    "/settings/",
    "/settings/people/",
    "/settings/prices/",
    "/settings/playground/",
    "/settings/retention/",
    "/settings/audit/",
    "/settings/applications/",
    "/help/applications/",
]
# What looks the same for everybody, or nearly.
COMMON = [
    "/help/",
    "/requests/errors/",
    "/signout/",
    "/nothing/",
    "/inventory/?q=nothing",
    "/health/?q=nothing",
    "/requests/?q=nothing",
    "/requests/bundle/",
    "/requests/azure-log/?id=0f8fad5b-d9cb-469f-a165-70867728950e",
]
# Lists whose rows open, and where to.
OPENING = {
    "/inventory/": "/inventory/resources/",
    "/inventory/?q=claude-steady": "/inventory/deployments/",
    "/requests/?outcome=succeeded": "/requests/",
    "/requests/?outcome=failed": "/requests/",
    "/health/?state=well": "/health/",
    "/health/?state=ill": "/health/",
    "/jobs/": "/jobs/",
    "/prompts/": "/prompts/",
}


def first_rows(visitor: Visitor) -> list[str]:
    """The page behind the first row of each list."""
    return [
        visitor.open(path).page.locator(f'tr[data-href^="{prefix}"]').first.get_attribute("data-href") or ""
        for path, prefix in OPENING.items()
    ]


def links(visitor: Visitor, path: str, prefix: str) -> list[str]:
    """Where the links of a page lead, as far as they begin with `prefix`."""
    hrefs = (
        visitor.open(path)
        .page.locator(f'main a[href^="{prefix}"]')
        .evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    )
    return sorted({href for href in hrefs if href != prefix and "?" not in href and "#" not in href})


def axe_faults(page: Page) -> list[str]:
    return [f"{one.rule}: {place}" for one in axe.violations(page) for place in one.places[:3]]


def faults_here(page: Page, where: str, size: tuple[int, int], theme: str) -> list[str]:
    """The page as it stands, at this size and in this theme; colours that are still on their way would count."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # "light" or "dark"
    found = axe_faults(page)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        found.append(f"scrolls sideways by {wide}")
    return [f"{where} {size[0]} {theme}: {one}" for one in found]


def faults_of(visitor: Visitor, paths: list[str], *looks: tuple[tuple[int, int], str]) -> list[str]:
    """Each page loaded at the size of the first look, then turned to the size and theme of each."""
    found, page, first = [], visitor.page, looks[0][0]
    for path in paths:
        page.set_viewport_size({"width": first[0], "height": first[1]})
        visitor.open(path)
        for index, (size, theme) in enumerate(looks):
            found += faults_here(page, path, size, theme)
            shift = page.evaluate("window.shift")
            if index == 0 and shift > SHIFT:
                found.append(f"{path} {size[0]}: things move by {shift:.3f}")
    return found
