"""What a deployment does, by its name: `claude-slow-eu` does what `claude-slow` does, an unknown name is steady."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from console.sandbox.wire import Refused, azure_error, model_error, new_request_id

End = Literal["whole", "error", "cut", "abort", "late", "empty", "garbled", "pings", "silence"]


@dataclass(frozen=True)
class Scene:
    """One behaviour.

    `refuse` gets the caller's oid and makes the answer that comes instead of a message or a token count. `end` is how
    a stream ends; `error` is the type of its error event. `first_byte` (seconds) and `tokens_per_second` replace the
    tempo.
    `most_tokens` cuts the answer short, as `max_tokens` does.
    """

    name: str
    says: str
    refuse: Callable[[str], Refused] | None = None
    end: End = "whole"
    error: str = ""
    first_byte: float | None = None
    tokens_per_second: float | None = None
    thinks: bool = False
    refuses: Literal["", "at once", "midway"] = ""
    most_tokens: int | None = None
    text: Literal["plain", "long", "unicode"] = "plain"
    uses_tools: bool = False
    pauses: bool = False
    recovers: bool = False


def quota(seconds: int | None) -> Refused:
    """Azure's own 429; the header is usual but not promised."""
    wait = f"Please retry after {seconds} seconds. " if seconds else "Please try again later. "
    text = (
        "Requests to the Anthropic_Messages_Create Operation under Azure AI Services have exceeded token rate limit "
        f"of your current AIServices S0 pricing tier. {wait}"
        "To increase your default rate limit, visit: https://aka.ms/oai/quotaincrease."
    )
    return azure_error(429, "429", text, headers={"Retry-After": str(seconds)} if seconds else None)


def model_quota() -> Refused:
    text = "This request would exceed your rate limit of 5,000 output tokens / 60 seconds / user by model by minute."
    return model_error(429, "rate_limit_error", text, headers={"Retry-After": "7"})


def overloaded() -> Refused:
    return model_error(529, "overloaded_error", "Overloaded")


def not_yet() -> Refused:
    return model_error(529, "overloaded_error", "Overloaded", headers={"Retry-After": "1"})


def permission_denied(oid: str) -> Refused:
    """Missing data-plane RBAC: 401, not 403 (azure-facts 1.8)."""
    text = (
        f"The principal `{oid}` lacks the required data action "
        "`Microsoft.CognitiveServices/accounts/MaaS/messages/action` to perform `POST /anthropic/v1/messages` "
        "operation. For instructions on how to assign roles, see https://aka.ms/FoundryPermissions."
    )
    return azure_error(401, "PermissionDenied", text)


def no_deployment() -> Refused:
    text = (
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
        "minutes, please wait a moment and try again."
    )
    return azure_error(404, "DeploymentNotFound", text, error_type="invalid_request_error")


def not_supported() -> Refused:
    return azure_error(404, "api_not_supported", "Requested API is currently not supported")


def retired() -> Refused:
    text = "The model of this deployment has been retired. Please create a deployment of a newer model."
    return azure_error(410, "ModelDeprecated", text)


def broken() -> Refused:
    text = f"Failed to authenticate to backend endpoint. RequestId = {new_request_id()}"
    details = "The subscription may not be able to buy from Azure Marketplace."
    return azure_error(500, "invalid_model_endpoint_authentication", text, details=details)


def bad_gateway() -> Refused:
    html = (
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
        "<center><h1>502 Bad Gateway</h1></center>\r\n"
        "<hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n"
    )
    return Refused(502, html)


STEADY = Scene("claude-steady", "Answers well, at a lifelike pace.")
EVERY = (
    STEADY,
    Scene("claude-slow", "The first byte takes 3 seconds, the rest trickles.", first_byte=3.0, tokens_per_second=6.0),
    Scene("claude-thinks", "Thinks before it answers.", thinks=True),
    Scene("claude-short", "Stops at max_tokens after a few words.", most_tokens=24),
    Scene("claude-long", "Answers with thousands of tokens.", text="long"),
    Scene("claude-unicode", "Answers with text that is hard to show safely.", text="unicode"),
    Scene("claude-tools", "Calls a tool whenever it is given one.", uses_tools=True),
    Scene("claude-pause", "Pauses its turn once; sent back, it goes on.", pauses=True),
    Scene("claude-recovers", "Overloaded at the first attempt, answers at the second.", recovers=True),
    Scene("claude-refuses", "Refuses to answer.", refuses="at once"),
    Scene("claude-refuses-midway", "Starts, then refuses.", refuses="midway"),
    Scene("claude-throttled", "Over quota: try again in 7 seconds.", refuse=lambda _: quota(7)),
    Scene("claude-throttled-day", "Over quota: try again tomorrow.", refuse=lambda _: quota(86_400)),
    Scene("claude-throttled-bare", "Over quota, and does not say for how long.", refuse=lambda _: quota(None)),
    Scene("claude-throttled-model", "Over the model's own limit.", refuse=lambda _: model_quota()),
    Scene("claude-overloaded", "The model is overloaded.", refuse=lambda _: overloaded()),
    Scene("claude-overloaded-midway", "Overloaded in the middle of an answer.", end="error", error="overloaded_error"),
    Scene("claude-breaks-midway", "Fails in the middle of an answer.", end="error", error="api_error"),
    Scene("claude-cut-off", "The stream ends without its last event.", end="cut"),
    Scene("claude-cut-off-hard", "The connection breaks in the middle.", end="abort"),
    Scene("claude-cut-off-late", "Only the very last event is missing.", end="late"),
    Scene("claude-empty", "Says 200 and sends nothing.", end="empty"),
    Scene("claude-garbled", "Sends an event that is not JSON.", end="garbled"),
    Scene("claude-pings", "Sends pings and never an answer.", end="pings"),
    Scene("claude-silent", "Accepts the request and never answers.", end="silence"),
    Scene("claude-forbidden", "Nobody has the role to call it.", refuse=permission_denied),
    Scene("claude-missing", "Is listed, but the data plane does not know it.", refuse=lambda _: no_deployment()),
    Scene("claude-retired", "Its model is retired.", refuse=lambda _: retired()),
    Scene("claude-broken", "Azure cannot sign in to its own backend.", refuse=lambda _: broken()),
    Scene("claude-html", "A gateway answers with a page instead of JSON.", refuse=lambda _: bad_gateway()),
)
BY_LENGTH = sorted(EVERY, key=lambda scene: len(scene.name), reverse=True)


def scene_of(deployment: str) -> Scene:
    """The scene with the longest name that starts this name, whole words only."""
    name = deployment.lower()
    return next((one for one in BY_LENGTH if name == one.name or name.startswith(one.name + "-")), STEADY)
