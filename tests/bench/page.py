"""The playground in a real browser: first load, a second visit, a long answer while one types, a long conversation.

    python -m tests.bench.page [--tokens 10000] [--rate 60] [--seconds 60] [--messages 500]

The browser and the console share this machine. Sizes are as transferred (compressed, with headers). The answer has
`--tokens` tokens, of which the last `--seconds` seconds come at `--rate` a second and are measured, so that every new
token meets the whole length. Each figure stands beside its aim; beside the stream stands the same browser on the same
page at rest.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.bench.stream import OTHER_CORE, console_at, prepare, quantile, start_process, stop, wait_until_open
from tests.bench.stream import wait_until_ready as until_ready
from tests.browser import launched
from tests.ports import free_port

# A browser excuses what moves while somebody types; in what is read nothing may move then either.
SHIFTS = """() => new Promise((done) => {
  let sum = 0;
  const read = ({ node }) => node && document.getElementById("transcript").contains(node);
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput || one.sources.some(read)) sum += one.value;
  }).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => done(sum), 300);
})"""
# Event Timing tells from the key press to the frame that shows it, in steps of 8 ms, and only what took 16 ms or more.
KEYS = """() => {
  window.keys = [];
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (one.name === "keydown") keys.push(one.duration);
  }).observe({ type: "event", durationThreshold: 16 });
}"""
SHORTEST_SEEN = 16.0
PARAGRAPH = "The tide **rises** twice a day, and `twice` it falls; see the [table](https://example.com/tides). " * 4
CODE = "\n\n```python\nfor hour in range(24):\n    print(hour, level(hour))\n```\n"


@dataclass
class Loaded:
    """What one opening of a page cost."""

    bytes: float = 0.0
    requests: int = 0
    shift: float = 0.0
    milliseconds: float = 0.0


@dataclass
class Traffic:
    """Counts what really went over the wire, from the browser's own protocol."""

    cdp: CDPSession
    bytes: float = 0.0
    requests: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.cdp.on("Network.requestWillBeSent", lambda event: self.requests.add(event["requestId"]))
        self.cdp.on("Network.requestServedFromCache", lambda event: self.requests.discard(event["requestId"]))
        self.cdp.on("Network.responseReceived", self._received)
        self.cdp.on("Network.loadingFinished", self._finished)
        self.cdp.send("Network.enable")

    def _received(self, event: dict[str, dict[str, object]]) -> None:
        if event["response"].get("fromDiskCache") or str(event["response"]["url"]).startswith("data:"):
            self.requests.discard(str(event["requestId"]))

    def _finished(self, event: dict[str, float]) -> None:
        self.bytes += event["encodedDataLength"]


def opened(context: BrowserContext, url: str) -> Loaded:
    """Open `url` in a new tab; bytes and requests until it is quiet."""
    page = context.new_page()
    traffic = Traffic(context.new_cdp_session(page))
    began = time.monotonic()
    page.goto(url, wait_until="load")
    page.locator("#transcript").wait_for()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    took = (time.monotonic() - began) * 1000
    page.wait_for_load_state("networkidle")
    loaded = Loaded(traffic.bytes, len(traffic.requests), page.evaluate(SHIFTS), took)
    page.close()
    return loaded


# ---- A long answer while one types -----------------------------------------------------------------------


@dataclass
class Watched:
    """A stretch of time: how busy the page's main thread was, how long keys took, and how much the page moved."""

    busy: float  # share of the time
    keys: list[float]  # milliseconds
    shift: float


def busy_seconds(cdp: CDPSession) -> float:
    metrics = {one["name"]: one["value"] for one in cdp.send("Performance.getMetrics")["metrics"]}
    return float(metrics["TaskDuration"])


def watched(page: Page, cdp: CDPSession, seconds: float) -> Watched:
    """Type a letter four times a second meanwhile."""
    page.locator("#message").focus()
    page.evaluate(KEYS)
    shift = page.evaluate(SHIFTS)
    began, before, pressed = time.monotonic(), busy_seconds(cdp), 0
    while time.monotonic() - began < seconds:
        page.keyboard.press("abcdefghijklmnopqrstuvwxyz "[pressed % 27])
        pressed += 1
        time.sleep(max(0.0, began + pressed / 4 - time.monotonic()))
    share = (busy_seconds(cdp) - before) / (time.monotonic() - began)
    slow = page.evaluate("() => window.keys")
    return Watched(share, [*slow, *[SHORTEST_SEEN] * (pressed - len(slow))], page.evaluate(SHIFTS) - shift)


def streamed(context: BrowserContext, url: str, seconds: float) -> tuple[Watched, Watched, int]:
    """The page at rest, then the same page while the end of a long answer arrives; and the words seen at the end."""
    page = context.new_page()
    page.goto(url, wait_until="load")
    cdp = context.new_cdp_session(page)
    cdp.send("Performance.enable")
    rest = watched(page, cdp, 10)
    page.locator("#message").fill("Go.")
    page.get_by_role("button", name="Send").click()
    page.locator("[data-live] .prose p").first.wait_for()
    time.sleep(2)  # what comes at once is drawn
    live = watched(page, cdp, seconds - 4)
    page.get_by_role("button", name="Send").wait_for(timeout=60_000)
    words = len(page.locator("article").last.inner_text().split())
    page.close()
    return rest, live, words


# ---- Rows, browser, table --------------------------------------------------------------------------------


def long_conversation(conversation_id: str, deployment_id: str, messages: int) -> None:
    """`messages` messages, half of them answers of a few paragraphs and some code."""
    from console.playground.models import Conversation, Exchange, State
    from console.web import markdown

    conversation = Conversation.objects.get(pk=conversation_id)
    answer = "\n\n".join([PARAGRAPH] * 3) + CODE
    rendered, rows, parent = str(markdown.render(answer)), [], None
    for number in range(messages // 2):
        at = conversation.spoken_at - timedelta(minutes=messages - number)
        row = Exchange(
            conversation=conversation, parent=parent, submission_id=uuid4().hex, message=f"Question {number}?",
            deployment_id=deployment_id, deployment="claude-bench", resource="bench", state=State.SUCCEEDED,
            answer=answer, answer_html=rendered, stop_reason="end_turn", call_id=uuid4(), created_at=at, finished_at=at,
        )  # fmt: skip
        rows.append(row)
        parent = row.pk
    Exchange.objects.bulk_create(rows)
    Conversation.objects.filter(pk=conversation_id).update(title="A long one", tip=parent)


@contextmanager
def signed_in(browser: Browser, url: str, cookie: str) -> Iterator[BrowserContext]:
    """A fresh browser profile of the person whose session `cookie` names."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    name, _equals, value = cookie.partition("=")
    context.add_cookies([{"name": name, "value": value, "url": url}])
    yield context
    context.close()


def line(what: str, measured: float, aim: float, unit: str, digits: int = 0) -> None:
    verdict = "reached" if measured <= aim else "MISSED"
    print(f"{what:<58} {measured:>10,.{digits}f} {unit:<4} (aim <= {aim:,g}) {verdict}")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--messages", type=int, default=500)
    return parser.parse_args(argv)


def main(argv: list[str]) -> None:
    arguments = parse(argv)
    os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="console-bench-")
    processes = []
    try:
        port, web_port = free_port(), free_port()
        os.environ |= {
            "FOUNDRY_ENDPOINT": f"http://127.0.0.1:{port}/{{resource}}", "ANTHROPIC_FOUNDRY_RESOURCE": "bench",
            "ANTHROPIC_FOUNDRY_API_KEY": "bench-key-0123456789", "ANTHROPIC_FOUNDRY_DEPLOYMENTS": "claude-bench",
        }  # fmt: skip
        at_once = max(0, arguments.tokens - int(arguments.rate * arguments.seconds))
        own = ["-m", "tests.bench.upstream", *map(str, (port, arguments.tokens, arguments.rate, at_once))]
        processes.append(start_process(own, OTHER_CORE))
        wait_until_open(port)
        deployment, pairs = prepare(os.environ["DATA_DIR"], 2)
        long_conversation(pairs[1][1], deployment, arguments.messages)
        url = f"http://localhost:{web_port}"
        processes.append(console_at(web_port))
        until_ready(web_port)
        with launched() as browser:
            show(browser, url, pairs, arguments)
    finally:
        for process in processes:
            stop(process)


def show(browser: Browser, url: str, pairs: list[tuple[str, str]], arguments: argparse.Namespace) -> None:
    (cookie, short), (other_cookie, long) = pairs
    with signed_in(browser, url, cookie) as context:
        place = f"{url}/playground/{short}/"
        first, again = opened(context, place), opened(context, place)
        line("first load, transferred", first.bytes / 1024, 100, "KB", 1)
        print(f"{'first load, requests':<58} {first.requests:>10}")
        line("second visit, requests", again.requests, 5, "")
        print(f"{'second visit, transferred':<58} {again.bytes / 1024:>10,.1f} KB")
        line("first load, layout shift", first.shift, 0.02, "", 3)
        rest, live, words = streamed(context, place, arguments.seconds)
    print(
        f"main thread at rest, typing: {rest.busy:.1%}; while {words:,} words arrive {live.busy / rest.busy:.1f} x that"
    )
    line("main thread while the answer arrives, typing", live.busy * 100, 20, "%", 1)
    line("key to picture, p50", statistics.median(live.keys), 50, "ms")
    line("key to picture, p95", quantile(live.keys, 0.95), 50, "ms")
    line("layout shift while the answer arrives", live.shift, 0.02, "", 3)
    with signed_in(browser, url, other_cookie) as context:
        times = [opened(context, f"{url}/playground/{long}/").milliseconds for _ in range(6)]
    line(f"conversation of {arguments.messages} messages, first opening", times[0], 1000, "ms")
    line(f"conversation of {arguments.messages} messages, later ones", statistics.median(times[1:]), 1000, "ms")


if __name__ == "__main__":
    main(sys.argv[1:])
