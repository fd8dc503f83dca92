"""What this console is called by others: its version stands in pyproject.toml alone."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import httpx

_PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


@cache
def version() -> str:
    """As in "0.1.0"; "" where the package was installed without its project file."""
    try:
        return str(tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]["version"])
    except (OSError, ValueError, KeyError):
        return ""


@cache
def client() -> str:
    """Who makes the calls to Claude, for support: this console and the library beneath it."""
    return f"foundry-console {version()} (httpx {httpx.__version__})".replace("  ", " ")
