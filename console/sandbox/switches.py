"""The sandbox's own door under `/_sandbox/`: see its state, change its mind, count its requests.

Only JSON is accepted, and only from loopback names, so that no web page can turn a switch.
"""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509

from console.sandbox import catalog
from console.sandbox.entra import RESOURCES, access_token
from console.sandbox.faults import whole
from console.sandbox.people import MANAGED_IDENTITY, PEOPLE, Principal, find
from console.sandbox.scenes import EVERY
from console.sandbox.signin import is_loopback_url
from console.sandbox.state import SANDBOX, Sandbox
from console.sandbox.wire import JSON, Refused, bounded_body, json_response
from console.sandbox.world import Account, Deployment

STYLESHEET = Path(__file__).parent / "assets" / "signin.css"
LARGEST_BODY = 64 * 1024  # bytes
ROLES = ("Viewer", "Playground", "Support", "Admin", "PromptReader")
Switch = Callable[[Sandbox, JSON], Awaitable[JSON] | JSON]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/_sandbox/signin.css", stylesheet),
        web.get("/_sandbox/", state),
        web.get("/_sandbox/counters", counters),
        web.get("/_sandbox/requests", recent_requests),
        web.post("/_sandbox/{switch}", turn),
    ]


async def stylesheet(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(STYLESHEET, headers={"Cache-Control": "max-age=300"})


async def state(request: web.Request) -> web.Response:
    """Everything a person needs to use the sandbox; keys of resources too, which open nothing but it."""
    check_host(request)
    sandbox = request.app[SANDBOX]
    body = {
        "environment": {name: value for name, value in sandbox.environment().items() if "SECRET" not in name},
        "tempo": vars(sandbox.tempo),
        "people": [person_json(sandbox, person) for person in PEOPLE],
        "resources": [resource_json(sandbox, one) for one in sandbox.world.fixed_accounts.values() if one.is_foundry],
        "scenes": {scene.name: scene.says for scene in EVERY},
        "faults": [vars(fault) for fault in sandbox.faults.active],
        "scale": sandbox.world.scale,
        "signing_key": sandbox.keys.kid,
        "switches": sorted(SWITCHES),
        **sandbox.counters.as_json(),
    }
    return json_response(body)


def person_json(sandbox: Sandbox, person: Principal) -> JSON:
    return {
        "oid": person.oid,
        "tid": person.tid,
        "name": person.name,
        "username": person.username,
        "roles": list(sandbox.directory.roles_of(person)),
        "may_call_claude": person.infers,
        "subscriptions": sorted(person.sees),
        "disabled": person.oid in sandbox.directory.disabled,
    }


def resource_json(sandbox: Sandbox, account: Account) -> JSON:
    return {
        "name": account.name,
        "subscription": account.subscription,
        "keys": list(sandbox.world.keys(account)) if account.keys_allowed else [],
        "deployments": [one.name for one in sandbox.world.deployments(account)],
    }


async def counters(request: web.Request) -> web.Response:
    check_host(request)
    return json_response(request.app[SANDBOX].counters.as_json())


async def recent_requests(request: web.Request) -> web.Response:
    check_host(request)
    return json_response({"requests": request.app[SANDBOX].counters.recent_as_json()})


async def turn(request: web.Request) -> web.Response:
    """Turn one switch; an unknown name or a wrong value is told apart from success by 404 and 400."""
    check_host(request)
    switch = SWITCHES.get(request.match_info["switch"])
    if switch is None:
        return json_response({"error": "no such switch", "switches": sorted(SWITCHES)}, status=404)
    try:
        result = switch(request.app[SANDBOX], await read(request))
        return json_response(await result if isinstance(result, Awaitable) else result)
    except (ValueError, KeyError, TypeError) as error:
        return json_response({"error": str(error) or type(error).__name__}, status=400)


def check_host(request: web.Request) -> None:
    if not is_loopback_url(f"http://{request.host}/"):
        raise Refused(403, {"error": "only loopback names may be used here"})


async def read(request: web.Request) -> JSON:
    if request.content_type != "application/json":
        raise ValueError("send application/json")
    body: Any = json.loads(await bounded_body(request, LARGEST_BODY) or b"")
    if not isinstance(body, dict):
        raise ValueError("send a JSON object")
    return body


def person_of(body: JSON) -> Principal:
    person = find(str(body.get("person", "")))
    if person is None:
        raise ValueError("person: give an oid, a user name, or a first name")
    return person


def account_of(sandbox: Sandbox, body: JSON) -> Account:
    account = sandbox.world.account(str(body.get("resource", "contoso-foundry")))
    if account is None:
        raise ValueError("resource: no such resource")
    return account


def speed(sandbox: Sandbox, body: JSON) -> JSON:
    """`tokens_per_second` (0: as fast as possible) and `first_token` in seconds (0 when the rate is 0)."""
    rate = float(body.get("tokens_per_second", sandbox.tempo.tokens_per_second))
    first = float(body.get("first_token", sandbox.tempo.first_token if rate else 0.0))
    if not 0 <= rate <= 100_000 or not 0 <= first <= 600:
        raise ValueError("tokens_per_second is 0 to 100000, first_token 0 to 600")
    sandbox.tempo.tokens_per_second, sandbox.tempo.first_token = rate, first
    return vars(sandbox.tempo)


def revoke(sandbox: Sandbox, body: JSON) -> JSON:
    """Make every refresh token of `person` invalid."""
    sandbox.directory.revoke(person_of(body).oid)
    return {"revoked": True}


def disable(sandbox: Sandbox, body: JSON) -> JSON:
    """Disable `person`, or enable them with `"disabled": false`."""
    person = person_of(body)
    if body.get("disabled", True):
        sandbox.directory.disabled.add(person.oid)
    else:
        sandbox.directory.disabled.discard(person.oid)
    return person_json(sandbox, person)


def interact(sandbox: Sandbox, body: JSON) -> JSON:
    """`person` cannot be signed in silently until they have been at the account picker again (AADSTS `code`)."""
    code = whole(body.get("code", 50076), 1, 10_000_000)
    sandbox.directory.must_interact[person_of(body).oid] = code
    return {"code": code}


def calm(sandbox: Sandbox, body: JSON) -> JSON:
    """No subscription throttles any more (or again, with `"calm": false`)."""
    sandbox.calm = bool(body.get("calm", True))
    return {"calm": sandbox.calm}


def challenge(sandbox: Sandbox, body: JSON) -> JSON:
    """ARM answers `person` with a claims challenge until a token is asked for with those claims."""
    sandbox.directory.challenged[person_of(body).oid] = int(time.time())
    return {"challenged": True}


def roles(sandbox: Sandbox, body: JSON) -> JSON:
    """Give `person` these app `roles` from the next token on."""
    person, wanted = person_of(body), body["roles"]
    if not isinstance(wanted, list) or not set(wanted) <= set(ROLES):
        raise ValueError(f"roles is a list of {', '.join(ROLES)}")
    sandbox.directory.roles[person.oid] = tuple(wanted)
    return person_json(sandbox, person)


def roll_keys(sandbox: Sandbox, body: JSON) -> JSON:
    """Sign with a new key; `drop_old` stops publishing the old ones."""
    return {"kid": sandbox.keys.roll(drop_old=bool(body.get("drop_old", False)))}


def id_token(sandbox: Sandbox, body: JSON) -> JSON:
    """Spoil ID tokens: `claims` replace the right ones (null leaves one out), `signed_by` "stranger" or "nobody"."""
    forger = body.get("signed_by", "")
    if forger not in ("", "stranger", "nobody"):
        raise ValueError('signed_by is "", "stranger" or "nobody"')
    sandbox.directory.forged_claims = dict(body.get("claims", {}))
    sandbox.directory.forged_by = forger
    return {"claims": sandbox.directory.forged_claims, "signed_by": forger}


def token(sandbox: Sandbox, body: JSON) -> JSON:
    """An access token without any ceremony: for `person` or, without one, for the managed identity."""
    principal = person_of(body) if "person" in body else MANAGED_IDENTITY
    resource = str(body.get("resource", "https://management.azure.com")).rstrip("/")
    if resource not in RESOURCES:
        raise ValueError(f"resource is one of {', '.join(RESOURCES)}")
    life = whole(body.get("expires_in", 3600), -86_400, 86_400)
    return {"access_token": access_token(sandbox, principal, resource, "user_impersonation", life=life)}


def token_life(sandbox: Sandbox, body: JSON) -> JSON:
    sandbox.directory.token_life = whole(body["seconds"], 1, 86_400)
    return {"seconds": sandbox.directory.token_life}


def certificate(sandbox: Sandbox, body: JSON) -> JSON:
    """Register a certificate (PEM) for the console's app registration."""
    pem = str(body["certificate"])
    subject = x509.load_pem_x509_certificate(pem.encode()).subject.rfc4514_string()
    sandbox.directory.certificates.append(pem)
    return {"registered": subject}


def deployment(sandbox: Sandbox, body: JSON) -> JSON:
    """Add or change a deployment of `resource`; `"removed": true` takes it away."""
    account, name = account_of(sandbox, body), str(body["name"])
    if body.get("removed"):
        sandbox.world.remove(account, name)
        return {"removed": name}
    model = catalog.find(str(body.get("model", "claude-haiku-5-5")))
    if model is None:
        raise ValueError("model: no such model")
    version = str(body.get("version", model.default_version))
    capacity = whole(body.get("capacity", 10), 1, 1_000_000)
    made = Deployment(name, model.name, version, capacity=capacity, state=str(body.get("state", "Succeeded")))
    sandbox.world.put(account, made)
    return {"name": name, "model": model.name, "version": version}


def fault(sandbox: Sandbox, body: JSON) -> JSON:
    """See `faults.Faults.add`; `"clear": true` switches all of them off."""
    if body.get("clear"):
        sandbox.faults.active.clear()
        return {"faults": []}
    if "scene" in body and body["scene"] not in [scene.name for scene in EVERY]:
        raise ValueError("scene: no such scene")
    return vars(sandbox.faults.add(body))


def scale(sandbox: Sandbox, body: JSON) -> JSON:
    """A subscription with this many `resources`, each with this many `deployments`."""
    resources = whole(body["resources"], 0, 10_000)
    sandbox.world.scale = resources
    sandbox.world.per_resource = whole(body.get("deployments", 10), 0, 100)
    return {"resources": resources, "deployments": sandbox.world.per_resource}


def operations(sandbox: Sandbox, body: JSON) -> JSON:
    """How many seconds a long operation of ARM takes."""
    sandbox.operations.takes = float(whole(body["seconds"], 0, 3_600))
    return {"seconds": sandbox.operations.takes}


def reset(sandbox: Sandbox, body: JSON) -> JSON:
    sandbox.reset()
    return {"reset": True}


SWITCHES: dict[str, Switch] = {
    "calm": calm,
    "certificate": certificate,
    "challenge": challenge,
    "deployment": deployment,
    "disable": disable,
    "fault": fault,
    "id-token": id_token,
    "interact": interact,
    "operations": operations,
    "reset": reset,
    "revoke": revoke,
    "roles": roles,
    "roll-keys": roll_keys,
    "scale": scale,
    "speed": speed,
    "token": token,
    "token-life": token_life,
}
