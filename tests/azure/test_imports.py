"""What importing the client library costs and brings: no Django, and nothing heavy before it is needed."""

from __future__ import annotations

import subprocess
import sys

LATE = ("msal", "azure.identity", "azure.core", "requests", "django", "celery", "anthropic")


def test_heavy_libraries_are_imported_when_they_are_needed() -> None:
    modules = "arm entra foundry http identity models retry shapes sse stream"
    program = f"""
import importlib, sys
for name in {modules.split()!r}:
    importlib.import_module("console.azure." + name)
print(*[name for name in {LATE!r} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
