"""`manage.py sync`: one sync in the foreground, without a broker."""

from __future__ import annotations

import io
import os
import threading
import time
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from console.config.claim import locked
from console.inventory import sync
from console.inventory.models import Deployment
from console.inventory.status import TASK
from console.inventory.words import NOTHING_TO_READ_AS
from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from tests.config.running import bare_environment, run
from tests.inventory.arm_server import ACCOUNTS, ArmServer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """The messages that would have gone to a broker."""
    sent: list[object] = []
    monkeypatch.setattr(queue, "dispatch", lambda pk, task: sent.append(pk) or True)
    return sent


def test_it_reads_and_says_what_it_found(arm: ArmServer, sent: list[object]) -> None:
    arm.subscription("sub-a", "alpha")
    arm.deployments("sub-a", "alpha", "claude-a")
    said = io.StringIO()
    call_command("sync", stdout=said)
    assert said.getvalue().splitlines() == [
        "resources read: 1 of 1",
        "Read 1 deployments on 1 resources; subscriptions: 1.",
    ]
    job = Job.objects.get(task=TASK)
    assert (job.cause, job.state, sent) == ("command", State.SUCCEEDED, [])
    assert Deployment.objects.live().get().name == "claude-a"


def test_a_failure_ends_with_its_reason(arm: ArmServer) -> None:
    arm.refuse("/subscriptions", 403)
    with pytest.raises(CommandError, match="AuthorizationFailed"):
        call_command("sync", stdout=io.StringIO())


def test_it_takes_over_the_sync_that_waits(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha")
    waiting = sync.begin(Asker("person", "Ada"))
    said = io.StringIO()
    call_command("sync", stdout=said)
    waiting.refresh_from_db()
    assert waiting.state == State.SUCCEEDED
    assert Job.objects.count() == 1
    assert "under way already" in said.getvalue()


def test_it_follows_the_sync_that_runs_elsewhere(arm: ArmServer) -> None:
    arm.refuse(f"/subscriptions/sub-a{ACCOUNTS}")
    sync.begin(Asker("schedule"))
    lease = timezone.now() + queue.LEASE
    Job.objects.update(state=State.RUNNING, owner="elsewhere", lease_until=lease, starts=1, done=3, total=9)

    def end_it() -> None:
        time.sleep(1.2)
        Job.objects.update(state=State.SUCCEEDED, note="Read by the other.")

    other = threading.Thread(target=end_it)
    other.start()
    said = io.StringIO()
    call_command("sync", stdout=said)
    other.join()
    assert "resources read: 3 of 9" in said.getvalue()
    assert said.getvalue().endswith("Read by the other.\n")
    assert not arm.asked


def test_it_may_be_the_first_command_of_all(tmp_path: Path) -> None:
    """No console ever started here, and there is nothing to read as: that is what it says, and nothing else."""
    done = run("sync", environment=bare_environment(DATA_DIR=str(tmp_path)))
    assert (done.returncode, done.stdout.startswith("Creating tables: done in ")) == (1, True), done.stderr
    assert done.stderr.splitlines()[-1] == f"CommandError: {NOTHING_TO_READ_AS}"
    assert "Traceback" not in done.stderr
    assert (tmp_path / "console.sqlite3").stat().st_mode & 0o077 == 0


def test_it_keeps_out_of_the_way_of_a_start_that_makes_tables(settings, tmp_path: Path) -> None:
    settings.DATA_DIR, settings.EMBEDDED_DATABASE = tmp_path, True
    applied = MigrationRecorder(connection).migration_qs.filter(app="jobs")
    kept = list(applied)
    applied.delete()
    held = locked(tmp_path / "running.lock")
    assert held is not None
    try:
        with pytest.raises(CommandError, match="makes its tables. Run this again"):
            call_command("sync", stdout=io.StringIO())
    finally:
        os.close(held)
        MigrationRecorder.Migration.objects.bulk_create(kept)
    assert not Job.objects.exists()
