"""Whom a bearer token speaks for; ARM and the data plane both ask here."""

from __future__ import annotations

import base64
import json

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
    """`missing`, `expired`, or what else is wrong with the token; `challenge` is what to put into WWW-Authenticate."""

    def __init__(self, why: str, challenge: str = "") -> None:
        super().__init__(why)
        self.challenge = challenge


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


def check_challenge(request: web.Request, principal: Principal) -> None:
    """ARM alone evaluates access continuously. Raises `Unauthenticated` with the challenge."""
    since = request.app[SANDBOX].directory.challenged.get(principal.oid)
    if since is not None:
        raise Unauthenticated("challenged", claims_challenge(since))


def claims_challenge(since: int) -> str:
    """Continuous access evaluation: only a token that was asked for with these claims is good enough.

    Source: azure-facts 5.7
    """
    wanted = {"access_token": {"nbf": {"essential": True, "value": str(since)}}}
    claims = base64.b64encode(json.dumps(wanted).encode()).decode()
    where = "https://login.microsoftonline.com/common/oauth2/authorize"
    return f'Bearer realm="", authorization_uri="{where}", error="insufficient_claims", claims="{claims}"'
