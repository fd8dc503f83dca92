"""What every test of a room stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation


@pytest.fixture(scope="session", autouse=True)
def _plain_static_files() -> Iterator[None]:
    """Pages link to static files by their plain names: collecting and compressing them is not under test here."""
    if not settings.configured:  # a run without Django: tests/azure and tests/sandbox work that way too
        yield
        return
    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    with override_settings(STORAGES=plain):
        yield


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Every test begins in English: a request of a Korean person leaves its language on the thread."""
    if not settings.configured:
        yield
        return
    with translation.override("en"):
        yield
