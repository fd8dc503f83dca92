"""What the first visitor would otherwise wait for: imports, templates and the first database connection."""

from __future__ import annotations

import gc
import logging

from django.db import Error as DatabaseFault
from django.db import connections
from django.template.loader import get_template
from django.urls import get_resolver

from console.web.markdown import render

log = logging.getLogger(__name__)

TEMPLATES = ("playground/conversation.html", "playground/_sent.html", "playground/_ending.html", "overview.html")


def warm() -> None:
    """Load what pages and streams need; a database that is away is said and no reason not to start."""
    for name in TEMPLATES:
        get_template(name)
    get_resolver().resolve("/")
    render("# warm\n\n```python\npass\n```\n")
    try:
        connections["default"].ensure_connection()
    except DatabaseFault as fault:
        log.warning("the database does not answer yet: %s", fault)
    finally:
        connections.close_all()
    settle_memory()


def settle_memory() -> None:
    """Keep the collector away from what lives as long as the process, and let it run less often.

    A message makes some ten thousand short-lived objects, nearly all freed by counting; the default would scan the
    whole heap several times for each.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
