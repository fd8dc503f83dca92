"""Everything that can go wrong on the way to Azure, as one tree. Rooms catch by class; words are made elsewhere.

AzureError                 status, type, code, message, ids, retry_after, phase, kind
├── SignInNeeded           401: the token or key is missing, stale or refused; may carry a claims challenge
│   └── SignInRefused      Entra said no to a person, or the token it gave does not hold
├── Forbidden              403, and 401 PermissionDenied; names principal and action when Azure does
├── Missing                404, 410
├── Rejected               400, 402, 409, 413, 422 and what we refuse to send ourselves
├── Throttled              429
├── Unavailable            5xx
│   ├── Overloaded         529
│   ├── TimedOut           one of our clocks ran out, or Azure's did (408, 504)
│   └── Unreachable        no connection: name, network, TLS, proxy, reset
├── Truncated              the stream or body ended before it was complete
├── Unreadable             an answer that is not what the API documents
└── NotOffered             an endpoint that Foundry does not have
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

# How far the attempt got. "connect": no byte of the request was sent; "send": some of it may have been, no status line
# came; "headers": a status came, no event yet; "stream": inside the event stream.
Phase = Literal["connect", "send", "headers", "stream"]


class AzureError(Exception):
    """One failed attempt. Every attribute but `message`, `phase` and `kind` may be absent.

    `type` is Anthropic's `error.type`, `code` Azure's `error.code`. `message` is upstream text, bounded and free of
    control characters and of the secret the request carried. `retry_after` is in seconds, as sent, finite.
    `request_id` and `apim_request_id` come from headers; `body_request_id` is set when the body names another one.
    `correlation_id` is ARM's `x-ms-correlation-request-id` (or Entra's). `kind` is a stable slug listed in `KINDS`.
    """

    kind: str = "server-error"

    def __init__(
        self,
        message: str = "",
        *,
        kind: str | None = None,
        status: int | None = None,
        type: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        apim_request_id: str | None = None,
        correlation_id: str | None = None,
        body_request_id: str | None = None,
        retry_after: float | None = None,
        phase: Phase = "headers",
    ) -> None:
        super().__init__(message)
        self.kind = kind or self.kind
        self.status = status
        self.type = type
        self.code = code
        self.request_id = request_id
        self.apim_request_id = apim_request_id
        self.correlation_id = correlation_id
        self.body_request_id = body_request_id
        self.retry_after = retry_after
        self.phase = phase

    @property
    def message(self) -> str:
        return str(self.args[0])

    def __str__(self) -> str:
        facts = {"status": self.status, "request-id": self.request_id, "apim-request-id": self.apim_request_id}
        known = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
        return f"{self.kind}: {self.message}" + (f" ({known})" if known else "")


class SignInNeeded(AzureError):
    """The token or key is missing, stale or refused. `claims` is the JSON text of a claims challenge."""

    kind = "sign-in-needed"
    claims: str | None = None


class SignInRefused(SignInNeeded):
    """Entra refused a person, or its answer does not hold. `aadsts` is Entra's number, `trace_id` its trace."""

    kind = "sign-in-refused"
    aadsts: int | None = None
    trace_id: str | None = None


class Forbidden(AzureError):
    """Signed in, but not allowed. `principal` and `action` as Azure names them, else None."""

    kind = "forbidden"
    principal: str | None = None
    action: str | None = None


class Missing(AzureError):
    """What was asked for is not there."""

    kind = "not-found"


class Rejected(AzureError):
    """The request itself is at fault."""

    kind = "invalid-request"


class Throttled(AzureError):
    """Too much, too fast. `retry_after` says when, if Azure did."""

    kind = "rate-limited"


class Unavailable(AzureError):
    """Azure or the way to it does not work at the moment."""

    kind = "server-error"


class Overloaded(Unavailable):
    kind = "overloaded"


class TimedOut(Unavailable):
    kind = "total-timeout"


class Unreachable(Unavailable):
    kind = "connect"


class Truncated(AzureError):
    """The answer stopped before it was complete: what arrived may have been billed, and is kept."""

    kind = "truncated"


class Unreadable(AzureError):
    """An answer that is not what the API documents: redirects, over-long answers, broken frames."""

    kind = "protocol"


class NotOffered(AzureError):
    """Foundry has no such endpoint. Raised without any request."""

    kind = "not-offered"


_BY_CLASS: dict[type[AzureError], tuple[str, ...]] = {
    SignInNeeded: (
        "sign-in-needed",
        "no-key",
        "bad-key",
        "bad-token",
        "expired-token",
        "wrong-audience",
        "wrong-tenant",
        "claims-challenge",
        "identity-missing",
        "identity-refused",
    ),
    SignInRefused: (
        "sign-in-refused",
        "sign-in-expired",
        "sign-in-over",
        "sign-in-loop",
        "state-mismatch",
        "nonce-mismatch",
        "code-used",
        "interaction-required",
        "redirect-mismatch",
        "not-assigned",
        "foreign-account",
        "conditional-access",
        "consent-missing",
        "consent-declined",
        "app-not-found",
        "tenant-not-found",
        "client-secret-wrong",
        "client-secret-expired",
        "id-token-invalid",
        "id-token-expired",
        "clock-skew",
        "entra-misconfigured",
    ),
    Forbidden: ("forbidden", "missing-role", "keys-disabled", "network-rule"),
    Missing: ("not-found", "deployment-not-found", "subscription-not-found", "wrong-route", "retired"),
    Rejected: (
        "invalid-request",
        "prompt-too-long",
        "content-filtered",
        "too-large",
        "billing",
        "quota",
        "conflict",
        "wrong-api-version",
        "not-registered",
        "host-not-allowed",
    ),
    Throttled: ("rate-limited", "spend-limit"),
    Unavailable: ("server-error", "unavailable", "backend-authentication", "gateway-html", "entra-unavailable"),
    Overloaded: ("overloaded",),
    TimedOut: ("first-byte-timeout", "idle-timeout", "total-timeout", "upstream-timeout"),
    Unreachable: ("connect", "dns", "tls", "proxy", "reset", "entra-unreachable", "identity-unreachable"),
    Truncated: ("truncated",),
    Unreadable: ("protocol", "redirect", "response-too-large", "content-encoding", "unexpected-page", "paging"),
    NotOffered: ("not-offered",),
}

# Every kind the client can raise, with the class it is raised as: what a catalogue of error cards must cover.
KINDS: Mapping[str, type[AzureError]] = MappingProxyType(
    {kind: error for error, kinds in _BY_CLASS.items() for kind in kinds}
)
