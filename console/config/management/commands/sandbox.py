"""`manage.py sandbox`: the stand-in of Azure alone, for a console or an SDK elsewhere on this machine."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from console.config.claim import port_fault
from console.config.management.ports import port_number


class Command(BaseCommand):
    help = "Run the stand-in of Azure alone and print the environment that points a console or an SDK at it."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=9400, help="of its plain side; TLS is the next one")

    def handle(self, *args: Any, **options: Any) -> None:
        from console.sandbox import server

        port, tls_port = options["port"], options["port"] + 1
        fault = port_fault("127.0.0.1", port) or port_fault("127.0.0.1", tls_port)
        if fault:
            self.stderr.write(fault)
            sys.exit(2)
        server.run(port=port, tls_port=tls_port, data_dir=Path(settings.DATA_DIR) / "sandbox", ready=self.tell)

    def tell(self, environment: dict[str, str]) -> None:
        """Once it answers: what to paste into the shell of a console or an SDK."""
        for name, value in environment.items():
            self.stdout.write(f"export {name}={shlex.quote(value)}")
        self.stdout.flush()
