from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from console.config.shown_settings import Setting, groups
from tests.factories import make_user, signed_in_client

SECRETS = {
    "SECRET_KEY": "a-secret-key-nobody-may-see-0123456789-abc",
    "ENTRA_CLIENT_SECRET": "entra-secret-value",
    "ANTHROPIC_FOUNDRY_RESOURCE": "contoso",
    "ANTHROPIC_FOUNDRY_API_KEY": "foundry-api-key-value",
    "OUTBOUND_PROXY": "http://someone:proxy-password@proxy.example:3128",
    "EMBEDDED_BROKER": False,
    "CELERY_BROKER_URL": "rediss://user:broker-password@cache.example:6380/0",
}


def shown(variable: str) -> list[str]:
    found: list[Setting] = [setting for group in groups() for setting in group.settings]
    return [setting.value for setting in found if setting.variable == variable]


@pytest.mark.django_db
def test_no_secret_is_on_the_page() -> None:
    with override_settings(**SECRETS):
        client = signed_in_client(make_user(("Admin",)))
        page = client.get("/settings/").text
    assert "rediss://cache.example:6380" in page
    assert "http://proxy.example:3128" in page
    for secret in ("nobody-may-see", "entra-secret", "api-key-value", "proxy-password", "broker-password"):
        assert secret not in page


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["Viewer", "Playground", "Support", "PromptReader"])
def test_only_administrators_see_it(role: str) -> None:
    assert signed_in_client(make_user((role,))).get("/settings/").status_code == 403


@pytest.mark.parametrize(
    ("change", "variable", "value"),
    [
        ({"HEALTH_INTERVAL": 300}, "HEALTH_INTERVAL", "every 5 minutes"),
        ({"HEALTH_INTERVAL": 0}, "HEALTH_INTERVAL", "off"),
        ({"REQUEST_RETENTION_DAYS": 400}, "REQUEST_RETENTION_DAYS", "400 days"),
        ({"CONVERSATION_RETENTION_DAYS": 0}, "CONVERSATION_RETENTION_DAYS", "for ever"),
        ({"ENTRA_CLIENT_SECRET": ""}, "ENTRA_CLIENT_SECRET", "not set"),
        ({"ENTRA_CLIENT_SECRET": "x" * 40}, "ENTRA_CLIENT_SECRET", "configured"),
        ({"AZURE_SUBSCRIPTION_IDS": ["a", "b"]}, "AZURE_SUBSCRIPTION_IDS", "a, b"),
        ({"BODY_LIMIT": 12_000_000}, "BODY_LIMIT", "12,000,000"),
    ],
)
def test_values_are_said_in_words(change: dict[str, Any], variable: str, value: str) -> None:
    with override_settings(**change):
        assert shown(variable) == [value]


def test_the_database_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    database = {"default": {"HOST": "db.example", "NAME": "console", "USER": "u", "PASSWORD": "hidden"}}
    monkeypatch.setattr(settings, "DATABASES", database)
    monkeypatch.setattr(settings, "EMBEDDED_DATABASE", False)
    assert shown("DATABASE_URL") == ["PostgreSQL, db.example/console"]
