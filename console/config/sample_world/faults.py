"""What goes wrong in the sample world: the stand-in's own refusals, read as our client reads them."""

from __future__ import annotations

import json
import re
from random import Random

import httpx

from console.azure.error_bodies import answer_error
from console.azure.errors import AzureError, TimedOut
from console.azure.headers import Circumstances
from console.config.sample_world import rows
from console.inventory.models import Deployment
from console.sandbox import scenes
from console.sandbox.people import MANAGED_IDENTITY
from console.sandbox.wire import Refused, arm_error, azure_error
from console.sandbox.world import Subscription


def of_deployment(deployment: Deployment, chance: Random) -> AzureError | None:
    """Why a token count on this deployment always fails; None when it is answered."""
    if deployment.resource.public_network_access == "Disabled":
        return read(azure_error(403, "403", "Access denied due to Virtual Network/Firewall rules."), chance)
    scene = scenes.scene_of(deployment.name)
    if scene.end == "silence":
        return TimedOut("no answer in 20 s", kind="first-byte-timeout", phase="send")
    return read(scene.refuse(MANAGED_IDENTITY.oid), chance) if scene.refuse else None


def read(refused: Refused, chance: Random) -> AzureError:
    """The error our client makes of this answer, with ids of its own."""
    body = refused.body if isinstance(refused.body, str) else json.dumps(refused.body)
    kind = "text/html" if isinstance(refused.body, str) else "application/json"
    error = answer_error(
        refused.status, body.encode(), Circumstances(httpx.Headers({**refused.headers, "content-type": kind}))
    )
    error.args = (re.sub(r"req_\w+", lambda _: rows.request_id(chance), error.message),)
    return with_ids(error, chance, by_model=refused.by_model)


def with_ids(error: AzureError, chance: Random, *, by_model: bool) -> AzureError:
    """Azure names its part of every answer; Anthropic only what reached it."""
    error.request_id = rows.request_id(chance) if by_model else None
    error.apim_request_id = str(rows.uuid(chance))
    return error


def throttled(chance: Random) -> AzureError:
    return read(scenes.quota(7), chance)


def overloaded(chance: Random) -> AzureError:
    return read(scenes.overloaded(), chance)


def role_missing(chance: Random) -> AzureError:
    return read(scenes.permission_denied(MANAGED_IDENTITY.oid), chance)


def unreadable(subscription: Subscription, oid: str) -> AzureError:
    """ARM's answer where the console lacks Reader on a subscription."""
    scope = f"/subscriptions/{subscription.id}"
    text = (
        f"The client '{oid}' with object id '{oid}' does not have authorization to perform action "
        "'Microsoft.CognitiveServices/accounts/read' over scope "
        f"'{scope}/providers/Microsoft.CognitiveServices/accounts' or the scope is invalid. "
        "If access was recently granted, please refresh your credentials."
    )
    return read(arm_error(403, "AuthorizationFailed", text), Random(subscription.id))  # noqa: S311 - sample data


def troubled(kind: str, chance: Random) -> AzureError:
    """The error of a time of trouble, by its kind."""
    return {"overloaded": overloaded, "missing-role": role_missing}[kind](chance)
