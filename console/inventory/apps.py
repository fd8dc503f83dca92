"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Inventory(AppConfig):
    name = "console.inventory"
    label = "inventory"
