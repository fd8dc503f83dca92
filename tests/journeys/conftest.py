"""One demo a test process, one browser a file, one window a person."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium, launched
from tests.journeys.demo import Demo, started
from tests.journeys.visitor import Visitor, visiting

Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    chromium()  # without one nothing needs to be started
    with started(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def demo(running: Demo, request: pytest.FixtureRequest) -> Iterator[Demo]:
    """The running demo, its stand-in as if just started; a test that fails shows what the demo said meanwhile."""
    running.calm()
    before = len(running.running.lines)
    yield running
    request.node.add_report_section("teardown", "demo", "\n".join(running.running.lines[before:]))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """No longer than a file: while it runs, its event loop is in the way of tests that have one of their own."""
    with launched() as browser:
        yield browser


@pytest.fixture
def visit(browser: Browser, demo: Demo) -> Iterator[Visit]:
    """`visit("ada", size=PHONE)` opens a window; what its browser minded fails the test at the end."""
    with ExitStack() as stack:

        def open_window(person: str = "", **options: Any) -> Visitor:
            window: AbstractContextManager[Visitor] = visiting(browser, demo, person, **options)
            return stack.enter_context(window)

        yield open_window
