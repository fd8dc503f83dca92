"""Every family of error body (Anthropic's, Azure's, APIM's, ARM's, HTML, nothing) to one error of the tree."""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from console.azure.cleaning import json_object, load_json, one_line
from console.azure.errors import KINDS, AzureError, Forbidden, SignInNeeded
from console.azure.headers import Circumstances, named
from console.azure.retry import parse_retry_after
from console.azure.shapes import valid_id
from console.azure.sse import EventParser

LONGEST_MESSAGE = 2_000
SPEND_LIMITS = frozenset({"contract_spend_limit_reached", "enforced_spend_limit_reached", "ramp_limit_exceeded"})

# Codes and types that say it all, whatever the status. Source: azure-facts 1.8, 2.7, 3.7, 3.12.
KIND_BY_CODE = {
    "PermissionDenied": "missing-role",
    "AuthorizationFailed": "missing-role",
    "AuthenticationTypeDisabled": "keys-disabled",
    "ExpiredAuthenticationToken": "expired-token",
    "InvalidAuthenticationToken": "bad-token",
    "InvalidAuthenticationTokenTenant": "wrong-tenant",
    "DeploymentNotFound": "deployment-not-found",
    "ResourceNotFound": "not-found",
    "ResourceGroupNotFound": "not-found",
    "ParentResourceNotFound": "not-found",
    "SubscriptionNotFound": "subscription-not-found",
    "api_not_supported": "wrong-route",
    "ServiceModelDeprecated": "retired",
    "invalid_model_endpoint_authentication": "backend-authentication",
    "InvalidApiVersionParameter": "wrong-api-version",
    "NoRegisteredProviderFound": "wrong-api-version",
    "MissingSubscriptionRegistration": "not-registered",
    "InsufficientQuota": "quota",
    "Conflict": "conflict",
    "RequestConflict": "conflict",
    "content_filter": "content-filtered",
    "image_dimensions_too_large": "too-large",
    "request_body_too_large_after_decoding": "too-large",
    "TooManyRequests": "rate-limited",
    "SubscriptionRequestsThrottled": "rate-limited",
    "ServerTimeout": "upstream-timeout",
    "ServiceUnavailable": "unavailable",
}
KIND_BY_TYPE = {
    "permission_error": "missing-role",
    "billing_error": "billing",
    "request_too_large": "too-large",
    "rate_limit_error": "rate-limited",
    "overloaded_error": "overloaded",
    "timeout_error": "upstream-timeout",
    "conflict_error": "conflict",
}
# Inside a 200 answer these have no status that would say more.
STREAM_KIND_BY_TYPE = {
    "authentication_error": "sign-in-needed",
    "invalid_request_error": "invalid-request",
    "not_found_error": "not-found",
}
KIND_BY_STATUS = {
    401: "sign-in-needed",
    402: "billing",
    403: "forbidden",
    404: "not-found",
    408: "upstream-timeout",
    409: "conflict",
    410: "retired",
    413: "too-large",
    429: "rate-limited",
    503: "unavailable",
    504: "upstream-timeout",
    529: "overloaded",
}
# The words of 1.8 where the code alone says nothing ("401", "403", "429" or a bare invalid_request_error), by status.
KIND_BY_WORDS: tuple[tuple[frozenset[int], re.Pattern[str], str], ...] = tuple(
    (frozenset(statuses), re.compile(words, re.IGNORECASE), kind)
    for statuses, words, kind in (
        ({401, 403}, r"lacks the required data action", "missing-role"),
        ({401}, r"missing subscription key|no (api )?key", "no-key"),
        ({401}, r"subscription key|api[- _]?key", "bad-key"),
        ({401}, r"audience", "wrong-audience"),
        ({401}, r"expired", "expired-token"),
        ({401}, r"token|bearer|jwt", "bad-token"),
        ({403}, r"virtual network|firewall|private endpoint|public (network )?access", "network-rule"),
        ({403}, r"key based authentication is disabled|local auth", "keys-disabled"),
        ({403}, r"role|permission|not authorized|does not have (access|authorization)", "missing-role"),
        ({404}, r"deployment|\bmodel\b", "deployment-not-found"),
        ({404}, r"api is currently not supported|resource not found", "wrong-route"),
        ({400, 402}, r"credit balance|billing", "billing"),
        ({429}, r"spend(ing)? (limit|cap)", "spend-limit"),
        ({400}, r"spend(ing)? (limit|cap)", "billing"),
        ({400}, r"prompt is too long|context window|maximum context", "prompt-too-long"),
    )
)
PRINCIPAL = re.compile(r"principal `([^`]{1,200})`|object id '([^']{1,200})'", re.IGNORECASE)
ACTION = re.compile(r"data action `([^`]{1,300})`|perform action '([^']{1,300})'", re.IGNORECASE)
# Azure's gateway looks for a key first and speaks of keys when it does not like a token either.
ABOUT_KEYS = frozenset({"bad-key", "no-key", "keys-disabled"})
# Anthropic's ID where it stands in Azure's sentence alone (azure-facts 1.8, the 500 of a broken Marketplace link).
ID_IN_WORDS = re.compile(r"RequestId = (req_\w{1,124})(?!\w)", re.ASCII)
CLAIMS = re.compile(r'claims="([A-Za-z0-9+/=_-]{1,8000})"')


@dataclass(frozen=True, slots=True)
class Fault:
    """What an error body says about itself, whatever family it is of."""

    type: str | None = None
    code: str | None = None
    detail: str | None = None
    message: str = ""
    request_id: str | None = None
    html: bool = False


def answer_error(status: int, body: bytes, at: Circumstances) -> AzureError:
    """The error that an HTTP answer with `status` from 400 up means. Reads any body, an empty one too."""
    fault = read_fault(body, at.headers.get("content-type", ""))
    claims = claims_challenge(at.headers) if status == 401 else None
    kind = "claims-challenge" if claims else _of_what_was_sent(_kind(status, fault), fault, at)
    error = _raise_as(kind, fault, at)
    error.status = status
    error.retry_after = parse_retry_after(at.headers, time.time())
    if isinstance(error, SignInNeeded):
        error.claims = claims
    return error


def event_error(parsed: Mapping[str, object], at: Circumstances) -> AzureError:
    """The error that `{"type": "error"}` inside a 200 answer means: by its type, as there is no status to go by."""
    fault = fault_of(parsed)
    kind = KIND_BY_TYPE.get(fault.type or "") or STREAM_KIND_BY_TYPE.get(fault.type or "", "server-error")
    error = _raise_as(kind, fault, at)
    error.status = 200
    return error


def read_fault(body: bytes, content_type: str) -> Fault:
    """What the body says: JSON of any family, an `error` event, HTML, or nothing."""
    text = body.lstrip()
    if text.startswith((b"event:", b"data:", b":")) or "event-stream" in content_type:
        text = next((data for _, data in EventParser().feed(body + b"\n\n")), b"")
    try:
        parsed = load_json(text) if text else None
    except ValueError:
        return Fault(html=text[:200].lstrip().startswith(b"<") or "html" in content_type)
    return fault_of(json_object(parsed))


def fault_of(parsed: Mapping[str, object]) -> Fault:
    """`{"error": {…}}` of Anthropic, Azure and ARM; `{"error": "…", "error_description": …}`; APIM's bare `message`."""
    error = parsed.get("error")
    inner: Mapping[str, object] = error if isinstance(error, dict) else parsed
    message = inner.get("message") or parsed.get("message") or parsed.get("error_description")
    details = json_object(inner.get("details"))
    words = message if isinstance(message, str) else error if isinstance(error, str) else ""
    return Fault(
        type=_slug(inner.get("type")) if isinstance(error, dict) else None,
        code=_word(error) or _slug(inner.get("code")),
        detail=_slug(details.get("error_code")),
        message=words,
        request_id=_slug(parsed.get("request_id")) or _found(ID_IN_WORDS, words[:LONGEST_MESSAGE]),
    )


def claims_challenge(headers: httpx.Headers) -> str | None:
    """The JSON text of a claims challenge in `WWW-Authenticate` (azure-facts 5.7), None where there is none."""
    challenge = headers.get("www-authenticate", "")[:20_000]
    found = CLAIMS.search(challenge) if "insufficient_claims" in challenge else None
    if found is None:
        return None
    try:
        text = base64.b64decode(found[1].replace("-", "+").replace("_", "/").rstrip("=") + "===")
        return text.decode() if isinstance(load_json(text), dict) else None
    except (ValueError, binascii.Error):
        return None


def kind_for(status: int, type: str = "", code: str = "", message: str = "") -> str:
    """The kind of an error that somebody else has read: what they say of its body, in our words."""
    return _kind(status, Fault(type=type or None, code=code or None, message=message))


def _kind(status: int, fault: Fault) -> str:
    if fault.html and status >= 500 and status != 529:
        return "gateway-html"
    for word in (fault.detail, fault.code):
        if word in SPEND_LIMITS:
            return "spend-limit"
        if word in KIND_BY_CODE:
            return KIND_BY_CODE[word or ""]
    for statuses, words, kind in KIND_BY_WORDS:
        if status in statuses and words.search(fault.message):
            return kind
    if status == 404 and not fault.type and not fault.code and not fault.message:
        return "not-found"
    return KIND_BY_TYPE.get(fault.type or "") or KIND_BY_STATUS.get(status) or _kind_by_range(status)


def _of_what_was_sent(kind: str, fault: Fault, at: Circumstances) -> str:
    """`kind`, unless it blames a key where a token was sent, or a sign-in where a key was."""
    if kind in ABOUT_KEYS and "authorization" in at.sent:
        return "wrong-audience" if "audience" in fault.message.lower() else "bad-token"
    return "bad-key" if kind == "sign-in-needed" and "api-key" in at.sent else kind


def _kind_by_range(status: int) -> str:
    if 400 <= status < 500:
        return "invalid-request"
    return "server-error" if 500 <= status < 600 else "protocol"


def _raise_as(kind: str, fault: Fault, at: Circumstances) -> AzureError:
    """The error of that kind, filled from the body."""
    error = KINDS[kind](
        at.sent.hide(fault.message, LONGEST_MESSAGE),
        kind=kind,
        type=at.sent.hide(fault.type, 200) or None,
        code=at.sent.hide(fault.code, 200) or None,
    )
    in_body = at.sent.hide(fault.request_id, 200)
    named(error, at, in_body=valid_id(in_body) if in_body else None)
    if isinstance(error, Forbidden):
        error.principal, error.action = _found(PRINCIPAL, error.message), _found(ACTION, error.message)
    return error


def _slug(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)[:200]
    return one_line(value, 200) or None if isinstance(value, str) else None


def _word(value: object) -> str | None:
    """OAuth's `error` is one word; a gateway's may be a sentence, which is a message and no code."""
    return _slug(value) if isinstance(value, str) and not any(map(str.isspace, value)) else None


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), None) if found else None
