"""The inventory as CSV: the contract's columns, the page's filters, and no connection held."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest
from asgiref.sync import sync_to_async
from django.db import connections
from django.test import AsyncClient
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.inventory import export
from tests.factories import make_session, make_user, signed_in_client
from tests.factories_inventory import PRODUCTION, make_deployment, make_resource

pytestmark = pytest.mark.django_db(transaction=True)
HEAD = (
    "subscription_id,resource_group,resource,location,resource_state,public_network_access,local_auth_disabled,"
    "deployment,model_format,model,model_version,hosting,sku,capacity,deployment_state,first_seen,last_seen,gone_at"
)


async def exported(make_rows: Callable[[], object], query: str = "") -> list[list[str]]:
    """The file's lines as a spreadsheet reads them, head included."""

    def arrange() -> str:
        make_rows()
        return make_session(make_user(("Support",)))

    client = AsyncClient()
    client.cookies["session"] = await sync_to_async(arrange)()
    response = await client.get(f"/inventory/export.csv{query}")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    content = b"".join([part async for part in response.streaming_content]).decode()
    await sync_to_async(connections.close_all)()  # the view's thread keeps its own, as no real request ended
    return list(csv.reader(io.StringIO(content, newline="")))


def make_estate() -> None:
    alpha = make_resource("alpha", local_auth_disabled=True)
    make_deployment("=cmd()", alpha)
    make_deployment("claude-old", alpha, gone_at=timezone.now())
    make_resource("beta", local_auth_disabled=None)


async def test_columns_and_cells_are_the_contracts() -> None:
    head, first, gone, alone = await exported(make_estate)
    assert ",".join(head) == HEAD
    assert first[:15] == [
        PRODUCTION, "rg-ai", "alpha", "eastus2", "Succeeded", "Enabled", "true", "'=cmd()", "Anthropic",
        "claude-sonnet-5-5", "2", "azure", "GlobalStandard", "25", "Succeeded",
    ]  # fmt: skip
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", cell) for cell in (*first[15:17], gone[17]))
    assert (first[17], gone[7]) == ("", "claude-old")
    assert (alone[2], alone[6:15]) == ("beta", [""] * 9)


async def test_the_pages_filters_apply() -> None:
    lines = await exported(make_estate, "?presence=live&q=beta")
    assert [line[2] for line in lines[1:]] == ["beta"]


async def test_it_goes_on_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 3)

    def make_rows() -> None:
        resource = make_resource("alpha")
        for number in range(10):
            make_deployment(f"claude-{number}", resource)

    lines = await exported(make_rows)
    assert [line[7] for line in lines[1:]] == [f"claude-{number}" for number in range(10)]


async def test_an_empty_inventory_has_a_head() -> None:
    assert [",".join(line) for line in await exported(lambda: None)] == [HEAD]


async def test_who_exported_what_is_audited() -> None:
    await exported(lambda: None, "?family=claude")
    entry = await AuditEntry.objects.aget(act="export")
    await sync_to_async(connections.close_all)()
    assert (entry.subject, entry.detail) == ("inventory", {"filters": "presence=all&family=claude"})


@pytest.mark.parametrize("roles", [("Viewer",), ("Playground",)])
def test_it_is_for_support_and_administrators(roles: tuple[str, ...]) -> None:
    assert signed_in_client(make_user(roles)).get("/inventory/export.csv").status_code == 403
