"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Web(AppConfig):
    name = "console.web"
    label = "web"
