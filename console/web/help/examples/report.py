"""Sends rows to the console from a thread of its own: never in the way of a call, at most 1,000 at a time.

Set CONSOLE_URL to the console's address and CONSOLE_KEY to the application's key. Standard library only.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import threading
from collections import deque
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

log = logging.getLogger("report")
MOST_WAITING, MOST_A_TIME, PAUSE = 10_000, 1_000, 2.0  # rows, rows, seconds


class Reporter:
    def __init__(self) -> None:
        self.rows: deque[dict[str, Any]] = deque(maxlen=MOST_WAITING)  # the oldest go when the console is long away
        self.lock, self.ended = threading.Lock(), threading.Event()
        threading.Thread(target=self.run, daemon=True).start()
        atexit.register(self.close)
        self.add = self.rows.append

    def run(self) -> None:
        while not self.ended.wait(PAUSE):
            self.flush()

    def close(self) -> None:
        self.ended.set()
        self.flush()

    def flush(self) -> None:
        """Send what waits. What the console did not take because it was away waits on; sending twice does no harm."""
        with self.lock:
            while batch := [self.rows.popleft() for _ in range(min(len(self.rows), MOST_A_TIME))]:
                try:
                    refused = self.send(batch)["refused"]
                    if refused:
                        log.warning("the console did not take %d rows: %s", len(refused), refused[0])
                except OSError as fault:  # HTTPError is one
                    if isinstance(fault, HTTPError) and fault.code < 500 and fault.code != 429:
                        log.error("the console refused the report: %s", fault.read(500))
                        continue
                    self.rows.extendleft(reversed(batch))
                    return

    def send(self, batch: list[dict[str, Any]]) -> Any:
        headers = {"Authorization": f"Bearer {os.environ['CONSOLE_KEY']}", "Content-Type": "application/json"}
        address = f"{os.environ['CONSOLE_URL']}/api/requests"
        with urlopen(Request(address, json.dumps(batch).encode(), headers), timeout=10) as answer:
            return json.load(answer)


reporter = Reporter()
