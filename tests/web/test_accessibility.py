"""axe-core over pages of a console where nothing has happened yet: both themes, a desk and a phone, both languages.

Journeys look at all pages of one that is lived in, those of the help too (`tests/journeys/test_pages.py`).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Route

from tests import axe
from tests.browser import launched
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.journey

STATIC = Path(__file__).parents[2] / "static"
SIZES = {"desk": (1280, 800), "phone": (390, 844)}


def pages(language: str) -> dict[str, str]:
    """Rendered before a browser runs: its event loop and the database do not share a thread."""
    client = signed_in_client(make_user(("Admin", "Playground", "Support"), language=language))
    addresses = [reverse("overview"), reverse("web:help"), "/nothing/"]
    return {address: client.get(address).text for address in addresses}


def faults(browser: Browser, drawn: dict[str, str], *, size: tuple[int, int], theme: str) -> list[str]:
    def answer(route: Route) -> None:
        path = "/" + route.request.url.split("/", 3)[3]
        if path.startswith("/static/css/"):
            route.fulfill(path=STATIC / path.removeprefix("/static/"))
        elif path in drawn:
            route.fulfill(body=drawn[path], content_type="text/html; charset=utf-8")
        else:
            route.abort()

    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme)
    page = context.new_page()
    page.route("**/*", answer)
    found = []
    for address in drawn:
        page.goto("http://console.test" + address)
        found += [f"{address}: {each.rule}: {place}" for each in axe.violations(page) for place in each.places]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{address}: scrolls sideways")
    context.close()
    return found


@pytest.mark.django_db
def test_pages_are_clean() -> None:
    drawn = {language: pages(language) for language in ("en", "ko")}
    with launched() as browser:
        for language, size, theme in (("en", "desk", "light"), ("en", "phone", "dark"), ("ko", "phone", "light")):
            assert faults(browser, drawn[language], size=SIZES[size], theme=theme) == [], (language, size, theme)
