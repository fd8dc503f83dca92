"""Somebody in front of a browser; whatever the browser minds on the way is kept and makes the journey fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Dialog, Locator, Page, Request, expect

# The names on the buttons of the account picker.
NAMES = {
    "ada": "Ada Kim",
    "ben": "Ben Okafor",
    "cy": "Cy Novak",
    "dana": "Dana Müller",
    "grace": "Grace Park",
    "minjun": "최민준",
    "oscar": "Oscar Weber",
    "sam": "Sam Rivera",
    "seoyeon": "이서연",
}
SIGN_IN = re.compile("Sign in with Microsoft|Microsoft로 로그인")
DESK, PHONE = (1280, 800), (390, 844)
SECONDS = 1000  # Playwright counts milliseconds


@dataclass
class Place:
    """A console to visit. `seats` keeps what browsers hold after signing in: doing it for real is one journey."""

    url: str
    seats: dict[str, Any] = field(default_factory=dict)


class Visitor:
    """One browser window at the console at `url`."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.faults: list[str] = []
        self.hosts = {urlsplit(url).hostname, "127.0.0.1", "localhost"}
        page.on("dialog", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.faults.append(f"error on {page.url}: {error}"))
        page.context.on("request", self._requested)

    def _asked(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _said(self, message: ConsoleMessage) -> None:
        # A page that is meant to be missing is no fault of the page.
        if message.type == "error" and not re.search(r"status of 4\d\d", message.text):
            self.faults.append(f"console on {self.page.url}: {message.text}")

    def _requested(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.hostname not in self.hosts:
            self.faults.append(f"request to {request.url}")
        if parts.path == "/csp-report":
            self.faults.append(f"csp report: {request.post_data}")

    # ---- ways ----

    def open(self, path: str) -> Visitor:
        self.page.goto(self.url + path)
        return self

    def sign_in(self, name: str) -> Visitor:
        """Our page, the account picker, and back."""
        self.open("/signin/")
        self.page.get_by_role("link", name=SIGN_IN).click()
        self.page.get_by_role("button", name=NAMES[name]).click()
        self.page.wait_for_url(f"{self.url}/**")
        return self

    def choose(self, deployment: str, resource: str = "contoso-foundry") -> Visitor:
        box = self.page.get_by_role("combobox", name="Deployment")
        with self.page.expect_response(re.compile("/options/")):
            box.select_option(label=f"{deployment} · {resource}")
        return self

    def write(self, message: str) -> Visitor:
        self.page.get_by_role("textbox", name="Message").fill(message)
        return self

    def send(self, message: str) -> Locator:
        """Write and press Send; returns the place where the answer appears."""
        answers = self.conversation.get_by_role("article")
        before = answers.count()
        self.write(message)
        self.page.get_by_role("button", name="Send").click()
        expect(answers).to_have_count(before + 1)
        return self.newest()

    def ask(self, message: str, deployment: str = "claude-steady", **where: str) -> Locator:
        """Start a conversation with one message."""
        self.open("/playground/new/").choose(deployment, **where)
        return self.send(message)

    def copied(self, button: Locator) -> str:
        """Press a copy button; what the clipboard holds once the page has said so."""
        said = self.page.locator("#said")
        said.evaluate("said => { said.textContent = ''; }")
        button.click()
        expect(said).to_have_text(re.compile(r"\S"))
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    # ---- places ----

    @property
    def conversation(self) -> Locator:
        return self.page.get_by_role("log", name="Conversation")

    def newest(self) -> Locator:
        return self.conversation.get_by_role("article").last

    def is_over(self, *, seconds: float = 20) -> Locator:
        """Wait until the newest answer has its receipt."""
        expect(self.page.get_by_role("button", name="Send")).to_be_visible(timeout=seconds * SECONDS)
        receipt = self.newest().get_by_role("group", name="Receipt")
        expect(receipt).to_be_visible()
        return receipt


@contextmanager
def visiting(browser: Browser, place: Place, person: str = "", **options: Any) -> Iterator[Visitor]:
    """A window of its own, signed in already when `person` is given; its browser must not have minded anything."""
    width, height = options.pop("size", DESK)
    options.setdefault("locale", "en-GB")
    if person and person in place.seats:
        options["storage_state"] = place.seats[person]
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=place.url)
    try:
        visitor = Visitor(context.new_page(), place.url)
        if person and person not in place.seats:
            visitor.sign_in(person)
            place.seats[person] = context.storage_state()
        yield visitor
    finally:
        context.close()
    assert not visitor.faults, "\n".join(visitor.faults)
