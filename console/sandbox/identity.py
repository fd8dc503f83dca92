"""The managed identity's endpoint, as App Service and as a virtual machine offer it.

Source: azure-facts 5.11
"""

from __future__ import annotations

import hmac
import time

from aiohttp import web

from console.sandbox.entra import RESOURCES, access_token
from console.sandbox.people import MANAGED_IDENTITY
from console.sandbox.state import SANDBOX, Sandbox
from console.sandbox.wire import JSON, json_response, new_guid


def routes() -> list[web.RouteDef]:
    return [
        web.get("/msi/token", app_service_token),
        web.get("/metadata/identity/oauth2/token", machine_token),
    ]


async def app_service_token(request: web.Request) -> web.Response:
    """`IDENTITY_ENDPOINT`: guarded by `X-IDENTITY-HEADER`."""
    sandbox = request.app[SANDBOX]
    header = request.headers.get("X-IDENTITY-HEADER", "")
    if not hmac.compare_digest(header.encode(), sandbox.secrets.identity_header.encode()):
        return json_response({"statusCode": 401, "message": "The X-IDENTITY-HEADER is missing or wrong."}, status=401)
    if "api-version" not in request.query:
        return failed("Missing api-version query parameter.")
    return issue(sandbox, request)


async def machine_token(request: web.Request) -> web.Response:
    """IMDS: guarded by `Metadata: true`."""
    if request.headers.get("Metadata", "").lower() != "true":
        return failed("Required metadata header not specified")
    return issue(request.app[SANDBOX], request)


def issue(sandbox: Sandbox, request: web.Request) -> web.Response:
    resource = request.query.get("resource", "").rstrip("/")
    if resource not in RESOURCES:
        return failed(f"The resource '{resource[:200]}' was not found.")
    client = request.query.get("client_id", MANAGED_IDENTITY.oid)
    if client != MANAGED_IDENTITY.oid:
        return failed("No User Assigned or Delegated Managed Identity found for the specified ClientId.")
    life = sandbox.directory.token_life
    body: JSON = {
        "access_token": access_token(sandbox, MANAGED_IDENTITY, resource, ""),
        "client_id": MANAGED_IDENTITY.oid,
        "expires_in": str(life),
        "expires_on": str(int(time.time()) + life),
        "not_before": str(int(time.time())),
        "resource": resource,
        "token_type": "Bearer",
    }
    return json_response(body, headers={"Cache-Control": "no-store"})


def failed(message: str) -> web.Response:
    body = {"statusCode": 400, "message": message, "correlationId": new_guid()}
    return json_response({**body, "error": "invalid_request", "error_description": message}, status=400)
