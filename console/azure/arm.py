"""Azure Resource Manager: subscriptions, Foundry resources, deployments. Reads only, all pages, failures kept apart."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import TypeVar

import httpx

from console.azure.arm_shapes import read_account, read_deployment, read_subscription
from console.azure.errors import AzureError, Rejected, SignInNeeded, Throttled, Unreachable, Unreadable
from console.azure.headers import PrivateHeaders, bearer_headers
from console.azure.http import Answer, Clocks, Http
from console.azure.shapes import Account, AccountRead, ModelDeployment, Subscription, SubscriptionRead

SUBSCRIPTIONS_VERSION = "2022-12-01"
ARM_CLOCKS = Clocks(connect=5.0, first_byte=15.0, idle=15.0, total=30.0)
LARGEST_PAGE = 32 * 1024 * 1024
MOST_PAGES = 100
MOST_WAITS = 3
LONGEST_WAIT = 30.0
SUBSCRIPTION_ID = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
# Names may hold letters of any script; what would change the path or the query may not.
ACCOUNT_ID = re.compile(
    r"/subscriptions/[A-Za-z0-9-]{1,64}/resourceGroups/(?!\.+/)[^/?#%\\\x00-\x20\x7f\ud800-\udfff]{1,90}"
    r"/providers/Microsoft\.CognitiveServices/accounts/[A-Za-z0-9][A-Za-z0-9._-]{0,99}",
    re.IGNORECASE,
)

Progress = Callable[[int, int], Awaitable[None] | None]
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class ScopeFailure:
    """`scope` (an ARM path) could not be read: what lies below it is unknown, not gone."""

    scope: str
    error: AzureError


SurveyResult = SubscriptionRead | AccountRead | ScopeFailure


class Arm:
    """Reads one cloud's ARM at `endpoint`; `token` is asked before every request, so it must cache.

    Source: azure-facts 3 (Azure/azure-rest-api-specs, Microsoft.CognitiveServices 2026-05-01).
    """

    def __init__(
        self,
        http: Http,
        endpoint: str,
        token: Callable[[], Awaitable[str]],
        api_version: str = "2026-05-01",
        *,
        clocks: Clocks = ARM_CLOCKS,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        self.http = http
        self.endpoint = endpoint.rstrip("/")
        self.token = token
        self.api_version = api_version
        self.clocks = clocks
        self.longest_wait = longest_wait

    async def subscriptions(self) -> list[Subscription]:
        """Every subscription where the caller has some role; none is an empty list. Raises AzureError."""
        items = await self._list("/subscriptions", SUBSCRIPTIONS_VERSION)
        return _unique((read_subscription(item) for item in items), lambda found: found.id)

    async def accounts(self, subscription_id: str) -> list[Account]:
        """The Foundry resources of a subscription, other kinds left out. Raises AzureError."""
        if not SUBSCRIPTION_ID.fullmatch(subscription_id):
            raise Rejected("not a subscription ID", phase="connect")
        path = f"/subscriptions/{subscription_id}/providers/Microsoft.CognitiveServices/accounts"
        items = await self._list(path, self.api_version)
        found = (read_account(item) for item in items if ACCOUNT_ID.fullmatch(str(item.get("id"))))
        return _unique((account for account in found if account.kind.casefold() == "aiservices"), lambda a: a.arm_id)

    async def deployments(self, account_arm_id: str) -> list[ModelDeployment]:
        """Every deployment of an account, whatever its model. Raises AzureError."""
        if not ACCOUNT_ID.fullmatch(account_arm_id):
            raise Rejected("not the ARM ID of an account", phase="connect")
        items = await self._list(f"{account_arm_id}/deployments", self.api_version)
        found = (read_deployment(item, account_arm_id) for item in items)
        return _unique((deployment for deployment in found if deployment.name), lambda one: one.arm_id)

    async def survey(
        self,
        subscription_ids: Sequence[str] | None = None,
        *,
        concurrency: int = 8,
        progress: Progress | None = None,
    ) -> AsyncGenerator[SurveyResult, None]:
        """Read all there is, at most `concurrency` requests at once, and yield each scope as it is known.

        `subscription_ids` limits the survey (None: all that the caller sees). A scope that could not be read is a
        ScopeFailure and hides no other. `progress(done, total)` counts scopes; the total grows while it goes.
        Raises AzureError where nothing can be asked: no token, or no list of subscriptions and no limit either.
        """
        failure, subscriptions = await self._chosen(subscription_ids)
        if failure is not None:
            yield failure
        accounts: list[Account] = []
        done = 0
        async with aclosing(_as_done((self._read_subscription(one) for one in subscriptions), concurrency)) as reads:
            async for read in reads:
                accounts += read.accounts if isinstance(read, SubscriptionRead) else ()
                done += 1
                await _tell(progress, done, len(subscriptions) + len(accounts))
                yield read
        async with aclosing(_as_done((self._read_account(one) for one in accounts), concurrency)) as results:
            async for result in results:
                done += 1
                await _tell(progress, done, len(subscriptions) + len(accounts))
                yield result

    async def _chosen(self, limit: Sequence[str] | None) -> tuple[ScopeFailure | None, list[Subscription]]:
        """The subscriptions to read. One that is asked for but not listed is read as well: its error says why."""
        failure = None
        try:
            listed = await self.subscriptions()
        except AzureError as error:
            if limit is None or isinstance(error, SignInNeeded):
                raise
            failure, listed = ScopeFailure("/subscriptions", error), []
        if limit is None:
            return failure, listed
        known = {subscription.id.casefold(): subscription for subscription in listed}
        return failure, [known.get(one.casefold(), Subscription(one)) for one in dict.fromkeys(limit)]

    async def _read_subscription(self, subscription: Subscription) -> SubscriptionRead | ScopeFailure:
        try:
            return SubscriptionRead(subscription, tuple(await self.accounts(subscription.id)))
        except AzureError as error:
            return ScopeFailure(f"/subscriptions/{subscription.id}", error)

    async def _read_account(self, account: Account) -> AccountRead | ScopeFailure:
        try:
            return AccountRead(account, tuple(await self.deployments(account.arm_id)))
        except AzureError as error:
            return ScopeFailure(account.arm_id, error)

    async def _list(self, path: str, api_version: str) -> list[dict[str, object]]:
        """Every item of a list. Raises Unreadable ("paging") rather than give a part of it for the whole."""
        url = str(httpx.URL(self.endpoint + path, params={"api-version": api_version}))
        items: list[dict[str, object]] = []
        seen: set[str] = set()
        while url:
            if url in seen or len(seen) >= MOST_PAGES:
                raise Unreadable(f"the list goes in circles or beyond {MOST_PAGES} pages", kind="paging")
            seen.add(url)
            answer = await self._get(url)
            page = answer.json()
            if not isinstance(page, dict) or not isinstance(page.get("value", []), list | None):
                raise answer.unreadable("a page without a list")
            items += [item for item in page.get("value") or () if isinstance(item, dict)]
            url = self._next(page.get("nextLink"))
        return items

    def _next(self, link: object) -> str:
        """The next page's address, "" at the end. The token goes to our own ARM and to no other address."""
        if not link:
            return ""
        home, url = httpx.URL(self.endpoint), httpx.URL()
        with suppress(httpx.InvalidURL):
            url = httpx.URL(str(link))
        if (url.scheme, url.host, url.port) != (home.scheme, home.host, home.port) or url.userinfo:
            raise Unreadable("nextLink leads to another host", kind="paging")
        return str(url)

    async def _get(self, url: str) -> Answer:
        """One page; waits where ARM asks for it, a few times at most. Reads may be repeated: they bill nothing."""
        for attempt in range(1, MOST_WAITS + 1):
            try:
                return await self._attempt(url)
            except AzureError as error:
                pause = self._pause(error, attempt)
                if pause is None:
                    raise
            await asyncio.sleep(pause)
        return await self._attempt(url)

    async def _attempt(self, url: str) -> Answer:
        headers = PrivateHeaders(bearer_headers(await self.token()))
        return await self.http.json("GET", url, headers=headers, clocks=self.clocks, largest=LARGEST_PAGE)

    def _pause(self, error: AzureError, attempt: int) -> float | None:
        if isinstance(error, Throttled) or error.status == 503:
            wait = error.retry_after if error.retry_after is not None else float(2 ** (attempt - 1))
            return wait if wait <= self.longest_wait else None
        return 0.5 if isinstance(error, Unreachable) and attempt == 1 else None


def _unique(items: Iterator[Item], key: Callable[[Item], str]) -> list[Item]:
    """Without repeats: ARM may give an item on two pages, and IDs in another case."""
    return list({key(item).casefold(): item for item in items}.values())


async def _as_done(jobs: Iterator[Coroutine[None, None, Item]], concurrency: int) -> AsyncGenerator[Item, None]:
    """Results as they come, at most `concurrency` jobs at a time; leaving early cancels the rest."""
    running: set[asyncio.Task[Item]] = set()
    try:
        while True:
            for job in jobs:
                running.add(asyncio.create_task(job))
                if len(running) >= concurrency:
                    break
            if not running:
                return
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _tell(progress: Progress | None, done: int, total: int) -> None:
    said = progress(done, total) if progress is not None else None
    if inspect.isawaitable(said):
        await said
