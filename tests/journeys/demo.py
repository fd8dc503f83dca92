"""The demo as a person starts it, for a test run: its own port and data, its stand-in of Azure within reach."""

from __future__ import annotations

import re
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.config.processes import marked
from tests.config.running import Running, bare_environment
from tests.journeys.visitor import Place
from tests.ports import free_port
from tests.trust import TLS

# The clock makes no work of its own, and nobody meets a limit that is meant for people.
CALM = {"HEALTH_INTERVAL": "0", "SYNC_INTERVAL": "0", "MESSAGES_PER_MINUTE": "10000", "STREAMS_PER_PERSON": "100"}
QUICK = {"tokens_per_second": 400, "first_token": 0.05}
LIFELIKE = {"tokens_per_second": 80, "first_token": 0.2}


class Demo(Place):
    """A running demo: `url` is the console's, `azure` the stand-in's."""

    def __init__(self, running: Running, port: int, folder: Path) -> None:
        super().__init__(f"http://localhost:{port}")
        self.running = running
        (self.database,) = folder.rglob("console.sqlite3")
        command = next(line for line in marked(running.environment).values() if "console.config.piece sandbox" in line)
        found = re.search(r"--port (\d+)", command)
        assert found is not None, command
        self.azure = f"http://127.0.0.1:{found[1]}"

    def switch(self, name: str, /, **body: Any) -> None:
        httpx.post(
            f"{self.azure}/_sandbox/{name}", json=body, trust_env=False, verify=TLS, timeout=10
        ).raise_for_status()

    def calm(self) -> None:
        """The stand-in as if just started, but quick; and in no box what a journey before was writing."""
        self.switch("reset")
        self.switch("speed", **QUICK)
        with closing(sqlite3.connect(self.database, timeout=20)) as link, link:
            link.execute("update playground_conversation set draft = '' where draft <> ''")


@contextmanager
def started(folder: Path) -> Iterator[Demo]:
    """`manage.py demo`, ended as Ctrl-C ends it: within ten seconds, and with nothing left."""
    environment = bare_environment(DATA_DIR=str(folder), **CALM)
    port = free_port()
    with Running("demo", "--port", str(port), "--no-input", environment=environment) as running:
        running.ready()
        yield Demo(running, port, folder)
        began = time.monotonic()
        assert running.stop(signal.SIGINT) == 0, "\n".join(running.lines[-20:])
        assert time.monotonic() - began < 10
        assert marked(environment) == {}
