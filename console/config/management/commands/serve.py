"""`manage.py serve`: the one-machine console on the real settings."""

from __future__ import annotations

import os
import sys
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from console.config import required, start
from console.config.claim import CannotStart
from console.config.management.ports import port_number
from console.web.addresses import is_loopback


class Command(BaseCommand):
    help = "Run web, worker and beat in one process tree on the real settings."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="where the web process listens (8000)")
        parser.add_argument("--host", default="", help="address it listens on; by default only this machine where "
                            "CONSOLE_URL is loopback, else every address")  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        faults = required.faults()
        if faults:
            self.leave("\n".join(map(str, faults)))
        try:
            sys.exit(start.run(plan(options["host"], options["port"])))
        except CannotStart as fault:
            self.leave(str(fault))

    def leave(self, text: str) -> None:
        self.stderr.write(text)
        sys.exit(2)


def plan(host: str, port: int) -> start.Plan:
    """The tree of the real settings."""
    url = settings.CONSOLE_URL if os.environ.get("CONSOLE_URL", "").strip() else f"http://localhost:{port}"
    return start.Plan(
        url=url,
        host=host or ("127.0.0.1" if is_loopback(urlsplit(url).hostname or "") else start.EVERYWHERE),
        port=port,
        data_dir=settings.DATA_DIR,
        environment=os.environ,
        embedded=settings.EMBEDDED_DATABASE or settings.EMBEDDED_BROKER,
        welcome=f"Starting the console on port {port}; data in {settings.DATA_DIR}",
    )
