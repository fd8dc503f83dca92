"""One call to Azure Resource Manager: who calls, what the path names, and how a list is cut into pages."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from aiohttp import web

from console.sandbox.people import Principal
from console.sandbox.state import Sandbox
from console.sandbox.wire import JSON, arm_error, bounded_body, json_response
from console.sandbox.world import Account, Deployment, Subscription

MOST_THINGS = 1_000_000  # no list is longer
LARGEST_BODY = 1024 * 1024  # bytes
THROTTLE_EVERY = 60.0  # seconds: a throttling subscription refuses one call of each caller in this time
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class ArmCall:
    """`values` are the named parts of the path, spelt as the caller did; names compare without case."""

    request: web.Request
    sandbox: Sandbox
    principal: Principal
    path: str
    values: dict[str, str]

    def check_subscription(self) -> None:
        """Raises the refusal for a subscription that is absent, not the caller's, or forbidden."""
        wanted = self.values["subscription"].lower()
        if not any(one.id == wanted for one in self.sandbox.world.every_subscription()):
            text = f"The subscription '{self.values['subscription'][:64]}' could not be found."
            raise arm_error(404, "SubscriptionNotFound", text)
        found = self.sandbox.world.subscription(wanted, self.principal)
        if found is None or (found.forbidden and self.path.count("/") > 2):
            raise self.forbidden("Microsoft.CognitiveServices/accounts/read")

    def forbidden(self, action: str) -> Exception:
        who = self.principal.username or self.principal.oid
        return arm_error(
            403,
            "AuthorizationFailed",
            f"The client '{who}' with object id '{self.principal.oid}' does not have authorization to perform action "
            f"'{action}' over scope '{self.path}' or the scope is invalid. If access was recently granted, please "
            "refresh your credentials.",
        )

    def require_managing(self, action: str) -> None:
        if not self.principal.manages:
            raise self.forbidden(f"Microsoft.CognitiveServices/{action}")

    @property
    def subscription(self) -> Subscription:
        found = self.sandbox.world.subscription(self.values["subscription"], self.principal)
        if found is None:
            raise self.forbidden("Microsoft.Resources/subscriptions/read")
        return found

    @property
    def account(self) -> Account:
        """The account that the path names, in the subscription and group that it names."""
        account = self.sandbox.world.account(self.values["account"])
        here = self.subscription.name, self.values["group"].lower()
        if account is None or (account.subscription, account.group.lower()) != here:
            name = f"Microsoft.CognitiveServices/accounts/{self.values['account'][:64]}"
            text = f"The Resource '{name}' under resource group '{self.values['group'][:90]}' was not found."
            raise arm_error(404, "ResourceNotFound", text)
        return account

    @property
    def deployment(self) -> Deployment:
        found = self.sandbox.world.deployment(self.account, self.values["deployment"])
        if found is None:
            name = self.values["deployment"][:64]
            raise arm_error(404, "DeploymentNotFound", f"The deployment '{name}' could not be found.")
        return found

    def throttle(self) -> None:
        """Refuse with 429 once, then let the same caller through for a while."""
        if self.sandbox.calm or not self.subscription.throttles:
            return
        who, now = (self.principal.oid, self.subscription.name), time.monotonic()
        if now - self.sandbox.throttled.get(who, -THROTTLE_EVERY) >= THROTTLE_EVERY:
            self.sandbox.throttled[who] = now
            text = "Number of read requests for subscription and principal exceeded the limit. Please try again later."
            raise arm_error(429, "SubscriptionRequestsThrottled", text, headers={"Retry-After": "1"})

    async def body(self) -> JSON:
        data = await bounded_body(self.request, LARGEST_BODY)
        try:
            found = json.loads(data or b"{}")
        except ValueError:
            found = None
        if data is None or not isinstance(found, dict):
            raise arm_error(400, "InvalidRequestContent", "The request content was invalid and could not be read.")
        return found

    def page(
        self, things: Iterable[Thing], show: Callable[[Thing], Any], *, size: int, empty_first: bool = False
    ) -> web.Response:
        """`size` things and the link to the next ones; `empty_first` opens with a page that holds nothing."""
        token = self.request.query.get("$skiptoken")
        if token is None and empty_first:
            return json_response({"value": [], "nextLink": self.link(0)})
        start = self.start_of(token)
        found = list(islice(things, start, start + size + 1))
        body: JSON = {"value": [show(thing) for thing in found[:size]]}
        if len(found) > size:
            body["nextLink"] = self.link(start + size)
        return json_response(body)

    def start_of(self, token: object) -> int:
        if token is None:
            return 0
        try:
            return min(MOST_THINGS, max(0, int(base64.urlsafe_b64decode(str(token)[:64].encode()).decode())))
        except (ValueError, binascii.Error) as error:
            raise arm_error(400, "InvalidSkipToken", "The skip token is invalid.") from error

    def link(self, start: int) -> str:
        return str(self.request.url.update_query({"$skiptoken": self.token_of(start)}))

    def token_of(self, start: int) -> str:
        return base64.urlsafe_b64encode(f"{start:06d}".encode()).decode()
