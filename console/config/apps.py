"""Registers the wiring with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    name = "console.config"
    label = "config"

    def ready(self) -> None:
        """Make our Celery app the one that `send_task` uses in every process, the web process included."""
        from console.config import worker

        worker.app.set_default()
