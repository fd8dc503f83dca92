from __future__ import annotations

import importlib

import pytest
from django.apps import apps

from console.accounts.models import AuditEntry
from console.azure.models import accepts
from console.prices import book
from console.prices.models import Price, Rate
from tests.factories import ada, make_user, signed_in_client

pytestmark = pytest.mark.django_db

PRICE = {
    "model": "claude-sonnet-6", "hosting": "", "above_tokens": "", "from_date": "2026-12-01", "input": "1.5",
    "output": "7.5", "cache_read": "0.15", "cache_write_5m": "1.875", "source": "the contract",
}  # fmt: skip
first_prices = importlib.import_module("console.prices.migrations.0002_first_prices")


@pytest.fixture(autouse=True)
def afresh():
    """The rows of the migration: tests of real transactions may have flushed them."""
    Price.objects.all().delete()
    first_prices.add(apps, None)
    book.forget()
    yield
    book.forget()


def test_an_administrator_reads_every_price():
    page = signed_in_client(ada()).get("/settings/prices/").content.decode()
    assert "claude-opus-5-5" in page
    assert "prompts over 100,000 tokens" in page
    assert "$0.125" in page
    assert "platform.claude.com" in page


@pytest.mark.parametrize("role", ["Viewer", "Playground", "Support"])
def test_nobody_else_does(role):
    client = signed_in_client(make_user((role,)))
    assert client.get("/settings/prices/").status_code == 403
    assert client.post("/settings/prices/add/", PRICE).status_code == 403
    assert not Price.objects.filter(model="claude-sonnet-6").exists()


def test_a_change_is_a_new_row():
    client = signed_in_client(ada())
    response = client.post("/settings/prices/add/", PRICE | {"model": "claude-opus-5-5"})
    assert response.status_code == 302
    rows = Price.objects.filter(model="claude-opus-5-5").order_by("id")
    assert [(str(row.from_date), row.input) for row in rows] == [("2026-09-01", 4), ("2026-12-01", 1.5)]
    assert AuditEntry.objects.get(act="price-added").detail["output"] == "7.5"


@pytest.mark.parametrize(("field", "value"), [
    ("model", ""), ("model", "<b>"), ("hosting", "moon"), ("from_date", "soon"), ("input", "-1"), ("input", "NaN"),
    ("output", "1e9"), ("cache_read", ""), ("above_tokens", "-5"), ("source", "x" * 201),
])  # fmt: skip
def test_a_price_that_makes_no_sense_is_not_kept(field, value):
    before = Price.objects.count()
    response = signed_in_client(ada()).post("/settings/prices/add/", PRICE | {field: value})
    assert response.status_code == 400
    assert Price.objects.count() == before
    assert 'value="1.875"' in response.content.decode()


def test_an_exchange_rate_is_added_and_shown():
    client = signed_in_client(ada())
    client.post("/settings/prices/rate/", {"from_date": "2026-11-22", "per_usd": "1412.30", "source": "our bank"})
    assert "₩1,412.3" in client.get("/settings/prices/").content.decode()
    assert AuditEntry.objects.get(act="rate-added").subject == "KRW"
    assert client.post("/settings/prices/rate/", {"from_date": "2026-11-22", "per_usd": "0"}).status_code == 400
    assert Rate.objects.count() == 1


def test_the_first_prices_are_of_models_we_know_and_cheaper_from_the_cache():
    for row in Price.objects.all():
        assert accepts(row.model).context in (200_000, 1_000_000)
        assert row.source == first_prices.SOURCE
        assert row.cache_read < row.input < row.cache_write_5m < row.output


def test_the_settings_page_leads_here():
    assert 'href="/settings/prices/"' in signed_in_client(ada()).get("/settings/").content.decode()
