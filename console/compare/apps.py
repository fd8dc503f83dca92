"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Compare(AppConfig):
    name = "console.compare"
    label = "compare"
