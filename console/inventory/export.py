"""The inventory as CSV (contract section 5), written in batches so that no export holds a connection or much memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from console.inventory import listing
from console.inventory.listing import Filters
from console.web import paging, spreadsheet
from console.web.desk import at_desk

# Column of the file, column of the listing's row.
COLUMNS = {
    "subscription_id": "subscription_id",
    "resource_group": "resource_group",
    "resource": "name",
    "location": "location",
    "resource_state": "state",
    "public_network_access": "public_network_access",
    "local_auth_disabled": "local_auth_disabled",
    "deployment": "deployment_name",
    "model_format": "model_format",
    "model": "model",
    "model_version": "model_version",
    "hosting": "hosting",
    "sku": "deployment_sku",
    "capacity": "capacity",
    "deployment_state": "deployment_state",
    "first_seen": "first_seen",
    "last_seen": "last_seen",
    "gone_at": "gone_at",
}
BATCH = 500  # rows


async def csv_lines(filters: Filters) -> AsyncIterator[str]:
    """The head, then the rows that `filters` leave, in batches; times are the deployment's where there is one."""
    yield spreadsheet.lines([COLUMNS])
    cursor = ""
    while True:
        page = await at_desk(batch, filters, cursor)
        yield spreadsheet.lines(map(cells, page.rows))
        cursor = page.next_cursor
        if not cursor:
            return
        await asyncio.sleep(0)  # a reader who left is noticed here


def batch(filters: Filters, cursor: str) -> paging.Page[dict[str, Any]]:
    return paging.page(listing.rows(filters), order=listing.ORDER, cursor=cursor, size=BATCH)


def cells(row: Mapping[str, Any]) -> list[object]:
    if row["deployment_id"]:
        times = {name: row[f"deployment_{name}"] for name in ("first_seen", "last_seen", "gone_at")}
        row = {**row, **times, "gone_at": times["gone_at"] or row["gone_at"]}
    return [row[column] for column in COLUMNS.values()]
