"""Addresses of this room. The gates stand a floor above, so whoever wires them hands one in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path

from console.web import views


def addresses(gate: Callable[[Any], Any]) -> tuple[list[URLPattern], str]:
    """What `include` takes; `gate` is worn by the help pages."""
    patterns = [
        path("help/", gate(views.help_contents), name="help"),
        path("help/<slug:slug>/", gate(views.help_page), name="help_page"),
        path("csp-report", views.csp_report, name="csp_report"),
    ]
    return patterns, "web"
