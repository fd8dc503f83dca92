"""Loaded before settings are read: gives a test run its own data folder, so that no run touches a real one.

It also sits on the port that demos prefer for their stand-in: those of two processes then never choose the same one.
"""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from tests.side_by_side import pytest_xdist_make_scheduler  # noqa: F401 - a hook

_folder = Path(os.environ.get("TEST_DATA_DIR") or tempfile.mkdtemp(prefix="console-tests-"))
os.environ["DATA_DIR"] = str(_folder)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
for name in ("CONSOLE_URL", "SECRET_KEY", "ENTRA_AUTHORITY", "SSL_CERT_FILE"):
    os.environ.pop(name, None)

# What is the same whatever the database and the broker are: the client library, the stand-in, texts, templates and
# the bytes of HTTP know neither, the others start the console in an environment of their own. The run on PostgreSQL
# and Redis leaves them out.
ANYWHERE = (
    "tests/azure/",
    "tests/sandbox/",
    "tests/config/test_bootstrap.py",
    "tests/config/test_demo.py",
    "tests/config/test_doctor.py",
    "tests/config/test_sample_world.py",  # only demos have one, and those are embedded
    "tests/config/test_sandbox.py",
    "tests/config/test_serve.py",
    "tests/faults/test_headers.py",
    "tests/faults/test_raw.py",
    "tests/test_docs.py",
    "tests/test_templates.py",
    "tests/test_translations.py",
    "tests/web/test_over_the_wire.py",
)

_seat = socket.socket()
try:
    _seat.bind(("127.0.0.1", 9400))
    _seat.listen(1)
except OSError:  # somebody has it already, which serves as well
    _seat.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: begun last, one of them would keep one process busy after all others."""
    for item in items:
        if item.nodeid.startswith(ANYWHERE):
            item.add_marker("anywhere")
    marked = {item.path for item in items if item.get_closest_marker("journey") or item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in marked)
