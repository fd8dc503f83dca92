"""A small ARM on a real socket: answers what a test put there, and counts what it was asked."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

ACCOUNTS = "/providers/Microsoft.CognitiveServices/accounts"


@dataclass
class ArmServer:
    """`answers` by path: the items of a list, or (status, error code) for a refusal."""

    answers: dict[str, list[dict[str, object]] | tuple[int, str]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    endpoint: str = ""

    def subscription(self, key: str, *accounts: str, name: str = "", **properties: object) -> None:
        """A subscription with accounts of these names, each without deployments yet."""
        listed = self.answers.setdefault("/subscriptions", [])
        assert isinstance(listed, list)
        listed.append({"subscriptionId": key, "displayName": name or key, "state": "Enabled"})
        self.answers[f"/subscriptions/{key}{ACCOUNTS}"] = [self.account(key, each, **properties) for each in accounts]
        for each in accounts:
            self.deployments(key, each)

    def account(self, key: str, name: str, **properties: object) -> dict[str, object]:
        facts = {"customSubDomainName": name, "provisioningState": "Succeeded", **properties}
        return {"id": arm_id(key, name), "name": name, "kind": "AIServices", "location": "eastus2", "properties": facts}

    def deployments(self, key: str, account: str, *names: str) -> None:
        model = {"format": "Anthropic", "name": "claude-sonnet-5-5", "version": "2"}
        self.answers[f"{arm_id(key, account)}/deployments"] = [
            {"name": name, "properties": {"model": model, "provisioningState": "Succeeded"}} for name in names
        ]

    def refuse(self, path: str, status: int = 403, code: str = "AuthorizationFailed") -> None:
        self.answers[path] = status, code

    async def answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        found = self.answers.get(request.path, (404, "ResourceNotFound"))
        if isinstance(found, tuple):
            status, code = found
            return web.json_response({"error": {"code": code, "message": f"{code} <b>here</b>"}}, status=status)
        return web.json_response({"value": found})


def arm_id(key: str, account: str) -> str:
    return f"/subscriptions/{key}/resourceGroups/rg{ACCOUNTS}/{account}"


@contextmanager
def arm_server() -> Iterator[ArmServer]:
    """The server, answering from a thread of its own until the block ends."""
    server, loop = ArmServer(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(server), loop).result(10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def start(server: ArmServer) -> web.AppRunner:
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.endpoint = f"http://127.0.0.1:{runner.addresses[0][1]}"
    return runner
