"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Prices(AppConfig):
    name = "console.prices"
    label = "prices"
