"""Entra's refusals: AADSTS numbers and OAuth errors to stable kinds. The words for people are made elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping

from console.azure.cleaning import json_count, json_list, load_json, one_line
from console.azure.errors import SignInRefused
from console.azure.shapes import valid_id

# Source: azure-facts 5.9 (Learn, "Microsoft Entra authentication and authorization error codes").
KIND_BY_NUMBER = {
    50011: "redirect-mismatch",
    50020: "foreign-account",
    50034: "foreign-account",
    50058: "interaction-required",
    50074: "interaction-required",
    50076: "interaction-required",
    50078: "interaction-required",
    50079: "interaction-required",
    16000: "interaction-required",
    50105: "not-assigned",
    50133: "sign-in-over",
    50173: "sign-in-over",
    50196: "sign-in-loop",
    53000: "conditional-access",
    53001: "conditional-access",
    53002: "conditional-access",
    53003: "conditional-access",
    54005: "code-used",
    65001: "consent-missing",
    65004: "consent-declined",
    70000: "code-used",
    70008: "sign-in-expired",
    70043: "sign-in-over",
    700082: "sign-in-over",
    700084: "sign-in-over",
    700016: "app-not-found",
    7000215: "client-secret-wrong",
    7000222: "client-secret-expired",
    90002: "tenant-not-found",
}
KIND_BY_ERROR = {
    "access_denied": "consent-declined",
    "consent_required": "consent-missing",
    "interaction_required": "interaction-required",
    "login_required": "interaction-required",
    "invalid_client": "client-secret-wrong",
    "unauthorized_client": "app-not-found",
    "invalid_grant": "sign-in-expired",
}
NUMBER = re.compile(r"AADSTS(\d{4,9})", re.ASCII)
TRACE = re.compile(r"Trace ID: ([0-9A-Za-z-]{8,64})", re.ASCII)
CORRELATION = re.compile(r"Correlation ID: ([0-9A-Za-z-]{8,64})", re.ASCII)


def refused(answer: Mapping[str, object], secret: str = "") -> SignInRefused:
    """The refusal that an OAuth error answer means: `error`, `error_description`, and Entra's own fields if there."""
    description = str(answer.get("error_description") or "")[:4_000]
    oauth_error = one_line(str(answer.get("error") or ""), 100, [secret])
    number = _number(answer, description)
    kind = KIND_BY_NUMBER.get(number or 0) or KIND_BY_ERROR.get(oauth_error, "sign-in-refused")
    refusal = SignInRefused(
        one_line(description, 1_000, [secret]) or oauth_error,
        kind=kind,
        code=oauth_error or None,
        correlation_id=_id(answer.get("correlation_id"), CORRELATION, description),
    )
    refusal.aadsts = number
    refusal.trace_id = _id(answer.get("trace_id"), TRACE, description)
    refusal.claims = _claims(answer.get("claims"))
    return refusal


def _number(answer: Mapping[str, object], description: str) -> int | None:
    """The AADSTS number: of `error_codes` the one we know best, else the one in the text."""
    numbers = [number for number in map(json_count, json_list(answer.get("error_codes"))) if number]
    numbers += [int(found) for found in NUMBER.findall(description)[:5]]
    return next((number for number in numbers if number in KIND_BY_NUMBER), numbers[0] if numbers else None)


def _id(value: object, pattern: re.Pattern[str], description: str) -> str | None:
    found = pattern.search(description)
    text = value if isinstance(value, str) and value else (found[1] if found else None)
    return valid_id(text) if text else None


def _claims(value: object) -> str | None:
    """Claims that a new sign-in must bring, as JSON text; None for anything that is no JSON object."""
    if not isinstance(value, str) or len(value) > 8_000:
        return None
    try:
        return value if isinstance(load_json(value.encode("utf-8", "replace")), dict) else None
    except ValueError:
        return None
