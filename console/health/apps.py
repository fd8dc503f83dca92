"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Health(AppConfig):
    name = "console.health"
    label = "health"
