"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Playground(AppConfig):
    name = "console.playground"
    label = "playground"
