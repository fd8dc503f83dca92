"""Loaded before settings are read: gives a test run its own data folder, so that no run touches a real one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_folder = Path(os.environ.get("TEST_DATA_DIR") or tempfile.mkdtemp(prefix="console-tests-"))
os.environ["DATA_DIR"] = str(_folder)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
for name in ("CONSOLE_URL", "SECRET_KEY", "ENTRA_AUTHORITY", "SSL_CERT_FILE"):
    os.environ.pop(name, None)
