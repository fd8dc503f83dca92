"""The Celery app: `celery -A console.config.worker worker` and `… beat`. The whole beat table is here."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from celery import Celery, signals
from django.conf import settings

from console.config import folder_broker

# Celery's own Django support sets Django up in workers; every other process imports this from config/apps.py.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")

app = Celery("console")


def broker() -> dict[str, Any]:
    """The broker's address and options: a folder in DATA_DIR, or what CELERY_BROKER_URL names.

    The folder's message is deleted when it is taken, so a killed worker loses it: the sweeper makes that good.
    """
    if not settings.EMBEDDED_BROKER:
        # A broker that is away must not hold up the person who asked: the job is in the database, the sweeper tells.
        options: dict[str, Any] = {"max_retries": 0, "interval_start": 0}
        if settings.REDIS_URL:
            # A dead worker's messages come back after the visibility timeout; our longest task is far shorter.
            options |= {"visibility_timeout": 600, "unacked_restore_interval": 5, "unacked_restore_throttle": 1}
            options |= {"socket_connect_timeout": 3, "socket_timeout": 20}
        return {"broker_url": settings.CELERY_BROKER_URL, "broker_transport_options": options}
    folder = Path(settings.DATA_DIR) / "broker"
    for name in ("messages", "control"):
        (folder / name).mkdir(parents=True, exist_ok=True, mode=0o700)
    messages = str(folder / "messages")
    options = {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(folder / "control"),
        "polling_interval": 0.2,
    }
    return {"broker_url": f"{folder_broker.SCHEME}://localhost//", "broker_transport_options": options}


app.conf.update(
    **broker(),
    task_serializer="json",
    accept_content=["json"],
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_soft_time_limit=240,
    task_time_limit=300,
    task_default_queue="console",
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    worker_send_task_events=False,
    worker_enable_remote_control=False,
    timezone="UTC",
    # Beat's memory is only a convenience: every due run is a unique slot in the database.
    beat_schedule_filename=str(Path(settings.DATA_DIR) / "beat-schedule"),
    beat_schedule={
        # Proves that beat, broker and worker run; the pages warn when it has been silent for two minutes.
        "heartbeat": {"task": "console.jobs.tasks.heartbeat", "schedule": 15.0, "options": {"expires": 30}},
        # Jobs whose message or worker was lost are told again.
        "sweep": {"task": "console.jobs.tasks.sweep", "schedule": 20.0, "options": {"expires": 40}},
        # Log rows and exchanges whose process died are settled.
        "settle-lapsed": {
            "task": "console.requestlog.tasks.settle_lapsed",
            "schedule": 10.0,
            "options": {"expires": 20},
        },
        "settle-exchanges": {
            "task": "console.playground.tasks.settle_lapsed",
            "schedule": 10.0,
            "options": {"expires": 20},
        },
        # The last hours of the log are folded into the roll-ups the charts read.
        "roll-up": {"task": "console.requestlog.tasks.roll_up", "schedule": 60.0, "options": {"expires": 60}},
        # Scheduled work: each call makes the jobs of the current slot, once, however many beats there are.
        "health": {"task": "console.health.tasks.schedule", "schedule": 30.0, "options": {"expires": 30}},
        "sync": {"task": "console.inventory.tasks.schedule", "schedule": 60.0, "options": {"expires": 60}},
        # People whose account was disabled or whose roles changed lose their session within five minutes.
        "confirm-people": {
            "task": "console.accounts.tasks.confirm_people",
            "schedule": 60.0,
            "options": {"expires": 60},
        },
        # Runs of prompt sets whose worker died between two of their jobs.
        "revive-runs": {"task": "console.compare.tasks.revive", "schedule": 30.0, "options": {"expires": 30}},
        # Retention, in small batches; every hour, as jobs.purging says on its page.
        "purge-jobs": {"task": "console.jobs.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
        "purge-requests": {"task": "console.requestlog.tasks.purge", "schedule": 3600.0, "options": {"expires": 3600}},
        "purge-conversations": {
            "task": "console.playground.tasks.purge",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "purge-comparisons": {
            "task": "console.compare.tasks.purge",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
        "purge-sessions": {
            "task": "console.accounts.tasks.purge_sessions",
            "schedule": 3600.0,
            "options": {"expires": 3600},
        },
    },
)
ROOMS = ("accounts", "jobs", "inventory", "requestlog", "playground", "health", "usage", "compare")
app.autodiscover_tasks([f"console.{room}" for room in ROOMS])


def only_send() -> None:
    """For the web process, which takes no messages: somebody who pressed a button waits while it sends one."""
    if settings.REDIS_URL:
        app.conf.broker_transport_options = app.conf.broker_transport_options | {"socket_timeout": 2}


@signals.setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Logging stays as settings made it, secrets blanked, one line an event; tasks that go well are no news."""
    for name in ("celery.app.trace", "celery.worker.strategy", "celery.beat"):
        logging.getLogger(name).setLevel(logging.WARNING)


@signals.worker_ready.connect
def take_up_what_was_left(**_: object) -> None:
    """At a worker's start: a sign of life, and the jobs a dead worker left behind."""
    from console.jobs import queue

    queue.beat()
    queue.sweep()


@signals.task_postrun.connect
def give_back_connections(**_: object) -> None:
    """Threads of the pool keep no database connection between tasks."""
    from django.db import connections

    connections.close_all()
