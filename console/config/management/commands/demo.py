"""`manage.py demo`: the console on the local stand-in of Azure, with a lived-in sample world."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from console.config import start
from console.config.claim import CannotStart, free_port
from console.config.management.ports import port_number
from console.web.addresses import is_loopback

SANDBOX_PORT = 9400
# Settings of a real console: the demo takes none of them over, so that it can never touch what they name.
REAL = (
    "ANTHROPIC_", "ARM_", "AZURE_", "CELERY_", "DATABASE_", "ENTRA_", "FOUNDRY_", "IDENTITY_", "IMDS_", "MSI_",
    "LOG_ANALYTICS_", "OUTBOUND_PROXY", "SECRET_KEY", "SSL_CERT_",
)  # fmt: skip


class Command(BaseCommand):
    help = "Run the console on a local stand-in of Azure: nothing to set up, nothing leaves this machine."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=port_number, default=8000, help="where the web process listens (8000)")
        parser.add_argument("--no-input", action="store_true", help="accepted for scripts: nothing is ever asked")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sys.exit(start.run(plan(options["port"])))
        except CannotStart as fault:
            self.stderr.write(str(fault))
            sys.exit(2)


def plan(port: int) -> start.Plan:
    """The tree of the demo: its data lies in a folder of its own, so that `serve` never mixes with it."""
    from console.sandbox import server

    folder = Path(settings.DATA_DIR) / "demo"
    sandbox_folder = folder / "sandbox"
    sandbox_port = free_port(SANDBOX_PORT)
    # Beside a port of the system's choosing lie those it gives to outgoing connections.
    tls_port = free_port(SANDBOX_PORT + 1 if sandbox_port == SANDBOX_PORT else None)
    return start.Plan(
        url=own_url(port),
        host="127.0.0.1",
        port=port,
        data_dir=folder,
        environment={
            **without_real_settings(os.environ),
            **server.environment(sandbox_port, tls_port, sandbox_folder),
            "DATA_DIR": str(folder),
        },
        sandbox=(sandbox_port, tls_port, sandbox_folder),
        sample=True,
        welcome=f"Starting the demo on port {port}; its data in {folder}",
    )


def without_real_settings(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if not name.startswith(REAL)}


def own_url(port: int) -> str:
    """CONSOLE_URL where it is a loopback address; the stand-in signs people in to no other."""
    given = os.environ.get("CONSOLE_URL", "").strip()
    return settings.CONSOLE_URL if given and is_loopback(urlsplit(given).hostname or "") else f"http://localhost:{port}"
