"""Another process holds SQLite's writer for some seconds, as a backup or VACUUM does (reference C5-8)."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing

import httpx
import pytest

from tests.faults.invariants import hold, posts
from tests.faults.midway import midway

pytestmark = pytest.mark.slow


def test_a_locked_file_delays_and_breaks_nothing(console, azure):
    person = console.sign_in("seoyeon")
    browser, reading = midway(person, azure, "claude-steady")
    sent: list[httpx.Response] = []
    sending = threading.Thread(target=lambda: sent.append(person.send("Hello.", "claude-steady")))
    with closing(sqlite3.connect(console.data_dir / "console.sqlite3", isolation_level=None)) as other:
        person.page("/playground/")
        other.execute("begin immediate")
        sending.start()
        shown = len(browser.events)
        for page in ("/", "/inventory/", "/requests/", "/health/", "/usage/"):
            began = time.monotonic()
            assert person.http.get(page).status_code == 200
            assert time.monotonic() - began < 2, f"{page} waits for a writer"
        time.sleep(3)
        assert len(browser.events) > shown + 20, "text goes on"
        assert posts(azure) == 1, "nothing is sent before its row stands"
        other.rollback()
    sending.join(20)
    reading.join(20)
    assert [answer.status_code for answer in sent] == [201]
    assert browser.events[-1][0] == "done"
    assert len(hold(console, azure)) == posts(azure) == 2
    assert " error " not in console.log()
