"""Registers the wiring with Django."""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from django.apps import AppConfig
from django.conf import settings

from console.web import logs


class Config(AppConfig):
    name = "console.config"
    label = "config"

    def ready(self) -> None:
        """Make our Celery app the one that `send_task` uses in every process, and keep our secrets out of its log."""
        from console.config import worker

        worker.app.set_default()
        logs.never_write(*secrets())


def secrets() -> list[str]:
    """Every secret of the environment, and the passwords within those that are addresses."""
    from console.config.settings import env

    given = [env.secret(name) for name in sorted(env.secrets)]
    passwords = [urlsplit(value).password or "" for value in given if "://" in value]
    platforms = os.environ.get("IDENTITY_HEADER", "")
    return [settings.SECRET_KEY, *given, *passwords, *map(unquote, passwords), platforms]
