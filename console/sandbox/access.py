"""Whom a bearer token speaks for; ARM and the data plane both ask here."""

from __future__ import annotations

import jwt
from aiohttp import web

from console.sandbox.people import EVERYONE, Principal
from console.sandbox.state import SANDBOX
from console.sandbox.wire import bearer

ARM_AUDIENCES = ("https://management.azure.com", "https://management.core.windows.net")
FOUNDRY_AUDIENCES = ("https://ai.azure.com", "https://cognitiveservices.azure.com")
LOG_AUDIENCES = ("https://api.loganalytics.io",)
METRIC_AUDIENCES = ("https://metrics.monitor.azure.com",)


class Unauthenticated(Exception):
    """`missing`, `expired`, or what else is wrong with the token."""


def principal_of(request: web.Request, audiences: tuple[str, ...]) -> Principal:
    """The one whose token this request carries. Raises `Unauthenticated`."""
    token = bearer(request)
    if not token:
        raise Unauthenticated("missing")
    both = [*audiences, *(f"{one}/" for one in audiences)]
    try:
        claims = request.app[SANDBOX].keys.verify(token, both)
    except jwt.ExpiredSignatureError as error:
        raise Unauthenticated("expired") from error
    except jwt.InvalidTokenError as error:
        raise Unauthenticated(str(error)) from error
    principal = EVERYONE.get(claims["oid"])
    if principal is None:
        raise Unauthenticated("unknown principal")
    return principal
