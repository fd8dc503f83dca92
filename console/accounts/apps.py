"""Registers the room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class Accounts(AppConfig):
    name = "console.accounts"
    label = "accounts"
