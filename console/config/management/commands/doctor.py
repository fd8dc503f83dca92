"""`manage.py doctor`: every setting and every upstream, one line each; exit 1 on any problem."""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

from django.core.management.base import BaseCommand

from console.config import doctor


class Command(BaseCommand):
    help = "Check every setting and every upstream, one line each. Changes nothing and prints no secret."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        logging.disable()  # what goes wrong is on the list, in words for people
        problems = asyncio.run(self.tell())
        if problems:
            self.stdout.write(f"{problems} {'problem' if problems == 1 else 'problems'}")
            sys.exit(1)
        self.stdout.write("All is well")

    async def tell(self) -> int:
        """Print each finding as it is known; returns how many are problems."""
        problems = 0
        async for finding in doctor.examine():
            self.stdout.write(finding.line())
            self.stdout.flush()
            problems += not finding.well
        return problems
