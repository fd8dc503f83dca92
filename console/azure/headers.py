"""Headers that we send, which hold secrets, and headers that we get, which hold the IDs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import httpx

from console.azure.cleaning import one_line
from console.azure.errors import AzureError, Phase, SignInNeeded
from console.azure.shapes import CorrelationIds, header_id, valid_id

# Real ones have up to some 8 KB. The bound also keeps headers and the first piece of a body in one write (`Upload`).
VISIBLE = re.compile(r"[\x21-\x7e]{1,16384}", re.ASCII)


class PrivateHeaders(dict[str, str]):
    """Headers to send. Their values hold keys and tokens, so neither `repr` nor a traceback's locals show them."""

    def __repr__(self) -> str:
        return f"PrivateHeaders({sorted(self)})"

    def hide(self, text: str | None, most: int) -> str:
        """`text` on one line of at most `most` characters, without the key or token that these headers carry."""
        values = [self.get(name, "") for name in ("authorization", "api-key", "x-api-key")]
        return one_line(text or "", most, [value.removeprefix("Bearer ") for value in values])


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where an answer came from: its headers, the request's headers, and how far the attempt got."""

    headers: httpx.Headers = field(default_factory=httpx.Headers, repr=False)
    sent: PrivateHeaders = field(default_factory=PrivateHeaders, repr=False)
    phase: Phase = "headers"

    @property
    def ids(self) -> CorrelationIds:
        """Both IDs; one that is a secret of the request is no ID."""
        ids = CorrelationIds.from_headers(self.headers.raw)
        others = tuple(self._no_secret(value) or "" for value in ids.others)
        return CorrelationIds(self._no_secret(ids.request_id), self._no_secret(ids.apim_request_id), others)

    def _no_secret(self, value: str | None) -> str | None:
        return value if value is None or self.sent.hide(value, 200) == value else valid_id(f"<{value}>")


def named(
    error: AzureError, at: Circumstances, phase: Phase | None = None, *, in_body: str | None = None
) -> AzureError:
    """`error` with the IDs of the answer it is about; `in_body` is the request ID that the body gives."""
    ids = at.ids
    error.request_id = ids.request_id or in_body
    error.body_request_id = in_body if ids.request_id and in_body != ids.request_id else None
    error.apim_request_id = ids.apim_request_id
    error.correlation_id = header_id(at.headers.raw, b"x-ms-correlation-request-id")
    error.phase = phase or at.phase
    return error


def key_headers(key: str) -> dict[str, str]:
    """A resource's key under both names that Foundry knows. Raises SignInNeeded for text that cannot be a key."""
    headers = {"api-key": key, "x-api-key": key} if VISIBLE.fullmatch(key) else {}
    # Crash reports show the locals of a frame that raised.
    del key
    if not headers:
        raise SignInNeeded("the key holds characters that no key has", kind="bad-key", phase="connect")
    return headers


def bearer_headers(token: str) -> dict[str, str]:
    """An Entra token. Raises SignInNeeded for text that cannot be a token."""
    headers = {"authorization": f"Bearer {token}"} if VISIBLE.fullmatch(token) else {}
    del token
    if not headers:
        raise SignInNeeded("the token holds characters that no token has", kind="bad-token", phase="connect")
    return headers
