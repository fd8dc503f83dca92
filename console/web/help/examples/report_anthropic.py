"""Report calls to Claude that your program makes with the anthropic SDK: facts only, never a text.
client = AnthropicFoundry(resource="contoso-ai", middleware=[Reporting("contoso-ai")])   # AsyncAnthropicFoundry too
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from time import perf_counter
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import anthropic
from report import reporter


class Reporting(anthropic.Middleware):
    """Runs once for each HTTP attempt, also for those the SDK repeats by itself."""

    def __init__(self, resource: str) -> None:
        self.resource = resource

    def handle(self, request: Any, call_next: Any) -> Any:
        with self.noted(request) as row:
            response = call_next(request)
            row |= seen(response)
            row |= tokens(response.parse()) if response.status_code == 200 and not request.stream else {}
        return response

    async def handle_async(self, request: Any, call_next: Any) -> Any:
        with self.noted(request) as row:
            response = await call_next(request)
            row |= seen(response)
            row |= tokens(await response.parse()) if response.status_code == 200 and not request.stream else {}
        return response

    @contextmanager
    def noted(self, request: Any) -> Iterator[dict[str, Any]]:
        call = uuid5(NAMESPACE_OID, request.options.idempotency_key or str(uuid4()))  # its attempts share it
        row: dict[str, Any] = {"resource": self.resource, "call_id": str(call), "attempt": request.retries_taken + 1}
        row |= {"started_at": datetime.now(timezone.utc).isoformat(), "deployment": request.json["model"]}
        row |= {"operation": request.url.rpartition("/")[2], "client": f"anthropic {anthropic.__version__}"}
        began = perf_counter()
        try:
            yield row
        except anthropic.APIConnectionError as error:
            never_sent = type(error.__cause__).__name__ in ("ConnectError", "ConnectTimeout")
            row |= {"outcome": "failed" if never_sent else "unknown_billing", "error_type": type(error).__name__}
            raise
        finally:
            row["headers_ms" if request.stream else "duration_ms"] = round((perf_counter() - began) * 1000)
            reporter.add(row)


def seen(response: Any) -> dict[str, Any]:
    ids = {name: response.headers.get(name.replace("_", "-")) for name in ("request_id", "apim_request_id")}
    return {"http_status": response.status_code, **ids}


def tokens(answer: Any) -> dict[str, Any]:
    return {name: getattr(getattr(answer, "usage", None), name, None) for name in ("input_tokens", "output_tokens")}
