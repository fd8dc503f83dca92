"""Azure Resource Manager: the table of calls, who may make them, and what every answer carries.

Source: azure-facts 3.1, 3.2, 3.11, 3.12
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from console.sandbox import arm_models, arm_reads, arm_writes, monitor
from console.sandbox.access import ARM_AUDIENCES, Unauthenticated, check_challenge, principal_of
from console.sandbox.armcall import ArmCall
from console.sandbox.people import TENANT_ID
from console.sandbox.state import SANDBOX
from console.sandbox.wire import Refused, arm_error, new_guid

API_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")
Handler = Callable[[ArmCall], Awaitable[web.Response]]

SUB = r"/subscriptions/(?P<subscription>[^/]+)"
GROUP = SUB + r"/resourceGroups/(?P<group>[^/]+)"
COGNITIVE = r"/providers/Microsoft\.CognitiveServices"
ACCOUNT = GROUP + COGNITIVE + r"/accounts/(?P<account>[^/]+)"
DEPLOYMENT = ACCOUNT + r"/deployments/(?P<deployment>[^/]+)"
LOCATION = SUB + COGNITIVE + r"/locations/(?P<location>[^/]+)"

CALLS: list[tuple[str, str, Handler]] = [
    ("GET", "/subscriptions", arm_reads.subscriptions),
    ("GET", SUB, arm_reads.subscription),
    ("GET", SUB + COGNITIVE + "/accounts", arm_reads.accounts),
    ("GET", GROUP + COGNITIVE + "/accounts", arm_reads.accounts),
    ("GET", SUB + COGNITIVE + "/deletedAccounts", arm_reads.deleted_accounts),
    ("GET", ACCOUNT, arm_reads.account),
    ("GET", ACCOUNT + "/deployments", arm_reads.deployments),
    ("GET", DEPLOYMENT, arm_reads.deployment),
    ("PUT", DEPLOYMENT, arm_writes.put_deployment),
    ("PATCH", DEPLOYMENT, arm_writes.patch_deployment),
    ("DELETE", DEPLOYMENT, arm_writes.delete_deployment),
    ("GET", DEPLOYMENT + "/skus", arm_models.deployment_skus),
    ("POST", ACCOUNT + "/listKeys", arm_writes.list_keys),
    ("POST", ACCOUNT + "/regenerateKey", arm_writes.regenerate_key),
    ("GET", ACCOUNT + "/models", arm_models.account_models),
    ("GET", ACCOUNT + "/usages", arm_models.account_usages),
    ("GET", ACCOUNT + "/projects", arm_reads.projects),
    ("GET", ACCOUNT + "/projects/(?P<project>[^/]+)", arm_reads.project),
    ("GET", LOCATION + "/models", arm_models.location_models),
    ("GET", LOCATION + "/usages", arm_models.location_usages),
    ("GET", LOCATION + "/modelCapacities", arm_models.capacities),
    ("GET", SUB + COGNITIVE + "/modelCapacities", arm_models.capacities),
    ("GET", LOCATION + "/operations/(?P<operation>[^/]+)", arm_writes.operation),
    ("GET", ACCOUNT + r"/providers/Microsoft\.Insights/metrics", monitor.metrics),
    ("POST", SUB + r"(?P<below>/.*)?/providers/Microsoft\.CostManagement/query", monitor.cost),
    ("POST", r"/providers/Microsoft\.ResourceGraph/resources", arm_reads.resource_graph),
]
TABLE = [(method, re.compile(pattern, re.IGNORECASE), handler) for method, pattern, handler in CALLS]


def routes() -> list[web.RouteDef]:
    return [web.route("*", "/arm/{path:.*}", serve)]


async def serve(request: web.Request) -> web.Response:
    """Answer one call with ARM's headers, refused or not."""
    try:
        answer = await dispatch(request)
    except Refused as refused:
        answer = refused.response()
    for name, value in headers_of(request).items():
        answer.headers.setdefault(name, value)
    return answer


async def dispatch(request: web.Request) -> web.Response:
    path = "/" + request.match_info["path"].strip("/")
    try:
        principal = principal_of(request, ARM_AUDIENCES)
        check_challenge(request, principal)
    except Unauthenticated as problem:
        raise unauthenticated(problem) from problem
    handler, values = find(request.method, path)
    check_version(request)
    request.app[SANDBOX].operations.settle_due()
    call = ArmCall(request, request.app[SANDBOX], principal, path, values)
    if "subscription" in values:
        call.check_subscription()
    return await handler(call)


def find(method: str, path: str) -> tuple[Handler, dict[str, str]]:
    found = [(one, pattern.fullmatch(path), handler) for one, pattern, handler in TABLE]
    known = [(one, match, handler) for one, match, handler in found if match]
    for one, match, handler in known:
        if one == method:
            return handler, {name: value for name, value in match.groupdict().items() if value is not None}
    if known:
        raise arm_error(405, "MethodNotAllowed", f"The requested resource does not support http method '{method}'.")
    raise arm_error(404, "InvalidResourceType", "The resource type could not be found for the given api version.")


def check_version(request: web.Request) -> None:
    version = request.query.get("api-version", "")
    if not version:
        text = "The api-version query parameter (?api-version=) is required for all requests."
        raise arm_error(400, "MissingApiVersionParameter", text)
    if not API_VERSION.fullmatch(version):
        raise arm_error(400, "InvalidApiVersionParameter", f"The api-version '{version[:40]}' is invalid.")


def unauthenticated(problem: Unauthenticated) -> Refused:
    """401 as ARM says it, with where to get a token."""
    why = str(problem)
    code = "ExpiredAuthenticationToken" if why == "expired" else "InvalidAuthenticationToken"
    text = {
        "missing": "Authentication failed. The 'Authorization' header is missing.",
        "expired": "The access token expiry UTC time is earlier than current UTC time.",
        "challenged": "Continuous access evaluation resulted in challenge with result: InteractionRequired.",
    }.get(why, "The access token is invalid.")
    where = f'Bearer authorization_uri="https://login.windows.net/{TENANT_ID}", error="invalid_token"'
    return arm_error(401, code, text, headers={"WWW-Authenticate": problem.challenge or where})


def headers_of(request: web.Request) -> dict[str, str]:
    guid = new_guid()
    kind = {"DELETE": "deletes", "GET": "reads"}.get(request.method, "writes")
    level = "subscription" if request.path.lower().count("/subscriptions/") else "tenant"
    stamp = datetime.fromtimestamp(time.time(), UTC).strftime("%Y%m%dT%H%M%SZ")
    most = 249 if kind == "reads" else 199
    return {
        f"x-ms-ratelimit-remaining-{level}-{kind}": str(most - secrets.randbelow(20)),
        f"x-ms-ratelimit-remaining-{level}-global-{kind}": str(most * 15),
        "x-ms-request-id": guid,
        "x-ms-correlation-request-id": guid,
        "x-ms-routing-request-id": f"KOREACENTRAL:{stamp}:{guid}",
        "Cache-Control": "no-cache",
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
    }
