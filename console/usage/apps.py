"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Usage(AppConfig):
    name = "console.usage"
    label = "usage"
