"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Prompts(AppConfig):
    name = "console.prompts"
    label = "prompts"
