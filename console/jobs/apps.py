"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Jobs(AppConfig):
    name = "console.jobs"
    label = "jobs"
