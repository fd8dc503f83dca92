"""`manage.py sync`: one inventory sync, now, in this process, without a broker."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFault
from django.db import IntegrityError, transaction

from console.config import preparation
from console.config.claim import CannotStart
from console.inventory import sync as syncing
from console.inventory.status import TASK
from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker, Subject


class Command(BaseCommand):
    help = "Reads the inventory from Azure once, in the foreground. Ends with 1 when it could not be read."

    def handle(self, *args: Any, **options: Any) -> None:
        self.prepare()
        job = self.take_turn()
        while job.is_live:
            queue.run(str(job.pk), partial(syncing.run, tell=self.tell))
            job.refresh_from_db()
            if job.is_live:  # another process runs it; should that one die, a later round takes over
                self.tell(job.done, job.total)
                queue.sweep()
                time.sleep(1)
        if job.state != State.SUCCEEDED:
            raise CommandError(job.error or job.note)
        self.stdout.write(job.note)

    def prepare(self) -> None:
        """Tables, as a start makes them: this may be the first thing anybody runs."""
        try:
            preparation.create_missing_tables()
        except CannotStart as fault:
            raise CommandError(str(fault)) from fault
        except DatabaseFault as fault:
            raise CommandError(f"The database does not answer ({fault}). Start it, or correct DATABASE_URL.") from fault

    def take_turn(self) -> Job:
        """A job of our own that no worker is told of, or the one that waits or runs already."""
        job = queue.new_job(TASK, Subject("", "Inventory"), Asker("command"))
        try:
            with transaction.atomic():
                job.save(force_insert=True)
        except IntegrityError:
            standing = queue.in_the_way(TASK, Subject("", "Inventory"))
            if standing is None:
                return self.take_turn()
            self.stdout.write("A sync is under way already; this is how it goes.")
            return standing
        return job

    def tell(self, done: int, total: int) -> None:
        self.stdout.write(f"resources read: {done} of {total}")
        self.stdout.flush()
