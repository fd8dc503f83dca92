"""Faults that a test switches on: some plane, path or deployment fails for a number of requests or seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from aiohttp import web

from console.sandbox.wire import JSON, Refused, new_guid

Plane = Literal["entra", "arm", "foundry", "identity"]
How = Literal["status", "hang", "drop", "html"]


@dataclass
class Fault:
    """`match` is part of the path (for foundry also `resource/deployment`); `scene` borrows what another name does."""

    plane: Plane
    match: str
    how: How
    status: int
    retry_after: str
    scene: str
    times: int
    until: float

    def holds_for(self, plane: str, text: str) -> bool:
        return self.plane == plane and self.match in text.lower() and self.times > 0 and self.until > time.time()


class Faults:
    """The faults that are on, oldest first."""

    def __init__(self) -> None:
        self.active: list[Fault] = []

    def add(self, wanted: Mapping[str, object]) -> Fault:
        """Switch one on; raises `ValueError` for what makes no sense."""
        plane, how = str(wanted.get("plane", "foundry")), str(wanted.get("how", "status"))
        if plane not in get_args(Plane) or how not in get_args(How):
            raise ValueError(f"plane is one of {get_args(Plane)}, how is one of {get_args(How)}")
        fault = Fault(
            plane=plane,  # type: ignore[arg-type]  # checked one line above
            how=how,  # type: ignore[arg-type]  # checked two lines above
            match=str(wanted.get("match", "")).lower(),
            status=whole(wanted.get("status", 503), 400, 599),
            retry_after=str(wanted.get("retry_after", "")),
            scene=str(wanted.get("scene", "")),
            times=whole(wanted.get("times", 1_000_000), 1, 1_000_000),
            until=time.time() + whole(wanted.get("seconds", 3600), 1, 86_400),
        )
        self.active.append(fault)
        return fault

    def take(self, plane: Plane, text: str, *, scene: bool = False) -> Fault | None:
        """The next fault for this request, counted down; `scene` asks for those that borrow a scene."""
        self.active = [fault for fault in self.active if fault.times > 0 and fault.until > time.time()]
        for fault in self.active:
            if fault.holds_for(plane, text) and bool(fault.scene) == scene:
                fault.times -= 1
                return fault
        return None


def whole(value: object, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ValueError(f"must be a whole number from {least} to {most}")
    return value


async def strike(fault: Fault, request: web.Request) -> Refused:
    """Do what the fault says; a hang ends when the client leaves."""
    if fault.how == "hang":
        await asyncio.Event().wait()
    if fault.how == "drop" and request.transport is not None:
        request.transport.abort()
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    if fault.how == "html":
        return Refused(fault.status, f"<html><body><h1>{fault.status}</h1></body></html>", headers=headers)
    return Refused(fault.status, fault_body(fault), headers=headers)


def fault_body(fault: Fault) -> JSON:
    if fault.plane == "entra":
        text = f"AADSTS90033: A transient error has occurred. Please try again. Trace ID: {new_guid()}"
        return {"error": "temporarily_unavailable", "error_description": text, "error_codes": [90033]}
    code = {429: "TooManyRequests", 503: "ServiceUnavailable"}.get(fault.status, "InternalServerError")
    return {"error": {"code": code, "message": "This is a fault that was switched on in the sandbox."}}
