"""What every answer of the sandbox shares: IDs, headers, error bodies. A handler refuses by raising `Refused`."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

JSON = dict[str, Any]
JSON_TYPE = "application/json; charset=utf-8"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
LARGEST_FORM = 256 * 1024  # bytes; a token request with a certificate assertion is about 4 KB


class Refused(Exception):
    """An answer other than success. `by_model` says that "Anthropic" gave it, so that it carries a `request-id`."""

    def __init__(
        self,
        status: int,
        body: JSON | str,
        *,
        headers: Mapping[str, str] | None = None,
        by_model: bool = False,
        request_id: str = "",
    ) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.by_model = by_model
        self.request_id = request_id

    def response(self, headers: Mapping[str, str] | None = None) -> web.Response:
        """The HTTP answer; a body of text is HTML."""
        every = {**self.headers, **(headers or {})}
        if isinstance(self.body, str):
            return web.Response(status=self.status, text=self.body, content_type="text/html", headers=every)
        return json_response(self.body, status=self.status, headers=every)


def json_response(body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    """`body` as compact JSON in UTF-8."""
    data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(status=status, body=data, headers={"Content-Type": JSON_TYPE, **(headers or {})})


def azure_error(
    status: int,
    code: str,
    message: str,
    *,
    error_type: str = "",
    details: str = "",
    headers: Mapping[str, str] | None = None,
) -> Refused:
    """An error in Azure's shape: the request never reached the model.

    Source: azure-facts 1.8
    """
    error: JSON = {"type": error_type} if error_type else {}
    error.update(code=code, message=message)
    if details:
        error["details"] = details
    return Refused(status, {"error": error}, headers=headers)


def model_error(
    status: int, error_type: str, message: str, *, headers: Mapping[str, str] | None = None, **details: str
) -> Refused:
    """An error in Anthropic's shape, with its `request_id`.

    Source: platform.claude.com/docs/en/api/errors
    """
    request_id = new_request_id()
    error: JSON = {"type": error_type, "message": message}
    if details:
        error["details"] = details
    body = {"type": "error", "error": error, "request_id": request_id}
    return Refused(status, body, headers=headers, by_model=True, request_id=request_id)


def invalid(message: str) -> Refused:
    """The model's 400."""
    return model_error(400, "invalid_request_error", message)


def arm_error(status: int, code: str, message: str, *, headers: Mapping[str, str] | None = None) -> Refused:
    """An error in the shape of Azure Resource Manager.

    Source: azure-facts 3.12
    """
    error: JSON = {"code": code, "message": message, "target": None, "details": [], "additionalInfo": []}
    return Refused(status, {"error": error}, headers=headers)


def entra_error(status: int, error: str, code: int, message: str, *, suberror: str = "") -> Refused:
    """An error of the token endpoint; `code` is the AADSTS number.

    Source: azure-facts 5.9
    """
    trace, correlation = new_guid(), new_guid()
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    text = f"AADSTS{code}: {message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
    body: JSON = {
        "error": error,
        "error_description": text,
        "error_codes": [code],
        "timestamp": stamp,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
    if suberror:
        body["suberror"] = suberror
    return Refused(status, body, headers={"Cache-Control": "no-store"})


def new_guid() -> str:
    return str(uuid.uuid4())


def new_request_id() -> str:
    """Anthropic's ID of one request: `req_011C` and 20 letters and digits."""
    return "req_011C" + "".join(secrets.choice(BASE58) for _ in range(20))


async def bounded_body(request: web.Request, limit: int) -> bytes | None:
    """The whole request body; None as soon as it is longer than `limit` bytes."""
    if (request.content_length or 0) > limit:
        return None
    parts, size = [], 0
    async for part in request.content.iter_any():
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)


def bearer(request: web.Request) -> str:
    """The token of `Authorization: Bearer …`, empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
