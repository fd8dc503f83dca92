"""The Foundry data plane for Claude: who may call, which deployment, what comes back.

Source: azure-facts 1.1-1.8
"""

from __future__ import annotations

import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import cast

from aiohttp import web

from console.sandbox import catalog, faults, scenes, streaming, validation
from console.sandbox.access import FOUNDRY_AUDIENCES, Unauthenticated, principal_of
from console.sandbox.counters import Seen
from console.sandbox.plan import make_plan
from console.sandbox.prompt import Prompt
from console.sandbox.scenes import Scene, scene_of
from console.sandbox.state import SANDBOX, Sandbox
from console.sandbox.wire import (
    JSON,
    Refused,
    azure_error,
    bounded_body,
    invalid,
    json_response,
    model_error,
    new_guid,
    new_request_id,
)
from console.sandbox.world import Account, Deployment

LARGEST_BODY = 32 * 1024 * 1024  # bytes
BAD_KEY = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
    "active subscription and use a correct regional API endpoint for your resource."
)
NO_KEY = (
    "Access denied due to missing subscription key. Make sure to include subscription key when making requests to "
    "an API."
)
REGIONS = {"eastus2": "East US 2", "swedencentral": "Sweden Central", "koreacentral": "Korea Central"}
KEY = "key"  # stands for the principal of a call by key
MESSAGES, COUNT = "messages", "count_tokens"
MOST_ATTEMPTS = 1_000


@dataclass
class Call:
    """One request while it is handled: its IDs, and what the counters will say about it."""

    request: web.Request
    sandbox: Sandbox
    resource: str
    operation: str
    apim_request_id: str = field(default_factory=new_guid)
    request_id: str = ""
    region: str = "East US 2"
    deployment: str = ""
    principal: str = ""
    streamed: bool = False
    began: float = field(default_factory=time.perf_counter)

    @property
    def elapsed_ms(self) -> float:
        return round((time.perf_counter() - self.began) * 1000, 1)

    def headers(self) -> dict[str, str]:
        """Those of every answer; `request-id` only once the model has answered, rate limits never."""
        every = {
            "apim-request-id": self.apim_request_id,
            "x-ms-region": self.region,
            "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
            "X-Content-Type-Options": "nosniff",
        }
        if self.request_id:
            every["request-id"] = self.request_id
            every["x-envoy-upstream-service-time"] = str(int(self.elapsed_ms) + 1 + secrets.randbelow(9))
        return every

    def seen(self, status: int) -> Seen:
        headers = self.request.headers
        return Seen(
            at=time.time(),
            resource=self.resource,
            deployment=self.deployment,
            operation=self.operation,
            status=status,
            apim_request_id=self.apim_request_id,
            request_id=self.request_id,
            principal=self.principal,
            version=headers.get("anthropic-version", ""),
            streamed=self.streamed,
            attempt=headers.get("x-stainless-retry-count", ""),
            duration_ms=self.elapsed_ms,
        )


def routes() -> list[web.RouteDef]:
    """The resource stands in the path, or in the host as `{resource}.localhost`."""
    return [
        web.route("*", "/foundry/{resource}/{path:.*}", serve),
        web.route("*", "/anthropic/{path:.*}", serve_by_host),
    ]


async def serve(request: web.Request) -> web.StreamResponse:
    path = request.match_info["path"]
    return await answer(request, request.match_info["resource"], path)


async def serve_by_host(request: web.Request) -> web.StreamResponse:
    host = request.host.partition(":")[0]
    resource = host.removesuffix(".localhost") if host.endswith(".localhost") else ""
    return await answer(request, resource, f"anthropic/{request.match_info['path']}")


async def answer(request: web.Request, resource: str, path: str) -> web.StreamResponse:
    """Dispatch by path and see to it that every outcome is counted and carries its IDs."""
    operation = {"anthropic/v1/messages": MESSAGES, "anthropic/v1/messages/count_tokens": COUNT}.get(path, path[:80])
    call = Call(request, request.app[SANDBOX], resource.lower()[:64], operation)
    try:
        response = await dispatch(call)
        call.sandbox.counters.note(call.seen(response.status))
        return response
    except Refused as refused:
        if refused.by_model:
            call.request_id = refused.request_id
        call.sandbox.counters.note(call.seen(refused.status))
        return refused.response(call.headers())


async def dispatch(call: Call) -> web.StreamResponse:
    account = check_resource(call)
    if call.operation not in (MESSAGES, COUNT):
        raise unknown_path(call.operation)
    if call.request.method != "POST":
        raise azure_error(405, "405", "Method not allowed")
    check_caller(call, account)
    body = await read_body(call)
    deployment = check_deployment(call, account, body)
    scene = await scene_for(call, account, deployment)
    return await by_model(call, scene, deployment, body)


def check_resource(call: Call) -> Account:
    account = call.sandbox.world.account(call.resource)
    if account is None:
        raise Refused(404, {"statusCode": 404, "message": "Resource not found"})
    call.region = REGIONS.get(account.location, account.location)
    if not account.public:
        raise azure_error(403, "403", "Access denied due to Virtual Network/Firewall rules.")
    return account


def unknown_path(path: str) -> Refused:
    """What first-party Claude has and Foundry does not, then what nobody has."""
    if path.startswith(("anthropic/v1/models", "anthropic/v1/messages/batches", "openai/", "models/")):
        return scenes.not_supported()
    return Refused(404, {"statusCode": 404, "message": "Resource not found"})


def check_caller(call: Call, account: Account) -> None:
    """A key, or a token for the right audience whose principal has the data action."""
    headers = call.request.headers
    if headers.get("Authorization"):
        return check_token(call)
    key = headers.get("api-key") or headers.get("x-api-key") or ""
    if not key:
        raise azure_error(401, "401", NO_KEY)
    if not account.keys_allowed:
        text = "Key based authentication is disabled for this resource."
        raise azure_error(403, "AuthenticationTypeDisabled", text)
    if not any(hmac.compare_digest(key.encode(), own.encode()) for own in call.sandbox.world.keys(account)):
        raise azure_error(401, "401", BAD_KEY)
    call.principal = KEY


def check_token(call: Call) -> None:
    try:
        principal = principal_of(call.request, FOUNDRY_AUDIENCES)
    except Unauthenticated as problem:
        text = f"Unauthorized. Access token is missing, invalid, audience is incorrect, or have expired. ({problem})"
        raise azure_error(401, "401", text) from problem
    call.principal = principal.oid
    if not principal.in_home_tenant:
        raise azure_error(401, "401", "Token tenant does not match resource tenant.")
    if not principal.infers:
        raise scenes.permission_denied(principal.oid)


async def read_body(call: Call) -> JSON:
    data = await bounded_body(call.request, LARGEST_BODY)
    if data is None:
        raise model_error(413, "request_too_large", "Request exceeds the maximum size")
    try:
        body = json.loads(data)
    except ValueError as error:
        raise invalid("The request body is not valid JSON: expected value") from error
    if not isinstance(body, dict):
        raise invalid("Input should be a valid dictionary or object")
    return cast(JSON, body)


def check_deployment(call: Call, account: Account, body: JSON) -> Deployment:
    """The deployment that `model` names; on Foundry the two are the same."""
    name = body.get("model")
    if name is None:
        raise invalid("model: Field required")
    if not isinstance(name, str) or not name:
        raise invalid("model: Input should be a valid string")
    call.deployment = name[:128]
    call.streamed = body.get("stream") is True
    call.sandbox.operations.settle_due()
    deployment = call.sandbox.world.deployment(account, name)
    if deployment is None or deployment.state != "Succeeded":
        raise scenes.no_deployment()
    if not deployment.is_claude:
        raise scenes.not_supported()
    model = catalog.find(deployment.model)
    if call.principal == KEY and model is not None and not model.keys:
        raise azure_error(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this model.")
    return deployment


async def scene_for(call: Call, account: Account, deployment: Deployment) -> Scene:
    """The deployment's own scene, or the one that a switched-on fault borrows."""
    text = f"{account.name}/{deployment.name}"
    fault = call.sandbox.faults.take("foundry", text)
    if fault is not None:
        raise await faults.strike(fault, call.request)
    borrowed = call.sandbox.faults.take("foundry", text, scene=True)
    return scene_of(borrowed.scene if borrowed else deployment.name)


async def by_model(call: Call, scene: Scene, deployment: Deployment, body: JSON) -> web.StreamResponse:
    """From here on it is "Anthropic" that answers."""
    if scene.end == "silence":
        await streaming.silence(call.sandbox)
    if scene.refuse is not None:
        raise scene.refuse(call.principal)
    call.request_id = new_request_id()
    version = call.request.headers.get("anthropic-version", "")
    validation.check_version(version)
    model = catalog.find(deployment.model) or catalog.MODELS[0]
    counting = call.operation == COUNT
    validation.check(
        body,
        model,
        version,
        counting=counting,
        may_continue=scene.pauses,
        hosted_by_azure=deployment.version == "2",
    )
    prompt = Prompt(body)
    if prompt.input_tokens > model.context:
        raise invalid(f"prompt is too long: {prompt.input_tokens} tokens > {model.context} maximum")
    call.sandbox.counters.tokens["input"] += prompt.input_tokens
    if counting:
        return json_response({"input_tokens": prompt.input_tokens}, headers=call.headers())
    return await message(call, scene, model, prompt)


async def message(call: Call, scene: Scene, model: catalog.Model, prompt: Prompt) -> web.StreamResponse:
    sandbox = call.sandbox
    if scene.recovers and is_first_attempt(sandbox, prompt):
        raise scenes.not_yet()
    plan = make_plan(prompt, scene, model, sandbox.cache.use(prompt.breakpoints()))
    send = streaming.stream if prompt.streams else streaming.whole
    return await send(call.request, sandbox, scene, plan, call.headers())


def is_first_attempt(sandbox: Sandbox, prompt: Prompt) -> bool:
    """True every other time for the same prompt, so that each call meets one failure."""
    digest = prompt.digest()
    if digest in sandbox.attempts:
        sandbox.attempts.discard(digest)
        return False
    if len(sandbox.attempts) >= MOST_ATTEMPTS:
        sandbox.attempts.clear()
    sandbox.attempts.add(digest)
    return True
