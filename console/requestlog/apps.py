"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Requestlog(AppConfig):
    name = "console.requestlog"
    label = "requestlog"
