"""Report calls to Claude that your program makes with httpx: facts only, never a text.
client = httpx.Client(transport=Reporting("contoso-ai"))   # httpx.AsyncClient(transport=AsyncReporting("contoso-ai"))
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from time import perf_counter
from typing import Any
from uuid import uuid4

import httpx
from report import reporter


class Reporting(httpx.HTTPTransport):
    """`resource` is the name of the Foundry resource; `options` are those of httpx.HTTPTransport."""

    def __init__(self, resource: str, **options: Any) -> None:
        super().__init__(**options)
        self.resource = resource

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with noted(self.resource, request) as row:
            response = super().handle_request(request)
            row |= seen(response)
        return response


class AsyncReporting(httpx.AsyncHTTPTransport):
    def __init__(self, resource: str, **options: Any) -> None:
        super().__init__(**options)
        self.resource = resource

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        with noted(self.resource, request) as row:
            response = await super().handle_async_request(request)
            row |= seen(response)
        return response


@contextmanager
def noted(resource: str, request: httpx.Request) -> Iterator[dict[str, Any]]:
    row: dict[str, Any] = {"resource": resource, "deployment": json.loads(request.content)["model"]}
    row |= {"started_at": datetime.now(timezone.utc).isoformat(), "call_id": str(uuid4())}
    began = perf_counter()
    try:
        yield row
    except httpx.TransportError as error:
        never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        row |= {"outcome": "failed" if never_sent else "unknown_billing", "error_type": type(error).__name__}
        raise
    finally:
        reporter.add(row | {"headers_ms": round((perf_counter() - began) * 1000)})


def seen(response: httpx.Response) -> dict[str, Any]:
    """Both IDs are there as soon as the headers are, before the answer has come."""
    ids = {name: response.headers.get(name.replace("_", "-")) for name in ("request_id", "apim_request_id")}
    return {"http_status": response.status_code, **ids}
