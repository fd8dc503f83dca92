"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Config(AppConfig):
    name = "console.config"
    label = "config"
