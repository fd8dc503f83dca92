"""What the sandbox was asked: counts per path and deployment, and the last requests with their IDs."""

from __future__ import annotations

import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, field

from console.sandbox.wire import JSON

MOST_PATHS = 2_000
MOST_RECENT = 1_000


@dataclass(frozen=True)
class Seen:
    """One data-plane request. Never its text."""

    at: float
    resource: str
    deployment: str
    operation: str
    status: int
    apim_request_id: str
    request_id: str
    principal: str
    version: str
    streamed: bool
    attempt: str
    duration_ms: float


@dataclass
class Counters:
    """Everything counted since the start or the last reset."""

    paths: Counter[str] = field(default_factory=Counter)
    deployments: Counter[str] = field(default_factory=Counter)
    streams: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    recent: deque[Seen] = field(default_factory=lambda: deque(maxlen=MOST_RECENT))
    since: float = field(default_factory=time.time)

    def note_path(self, method: str, path: str) -> None:
        name = f"{method} {path}"
        if name in self.paths or len(self.paths) < MOST_PATHS:
            self.paths[name] += 1
        else:
            self.paths["(other)"] += 1

    def note(self, seen: Seen) -> None:
        if len(self.deployments) < MOST_PATHS:
            self.deployments[f"{seen.resource}/{seen.deployment} {seen.operation} {seen.status}"] += 1
        self.recent.append(seen)

    def find(self, apim_request_id: str) -> Seen | None:
        return next((seen for seen in self.recent if seen.apim_request_id == apim_request_id), None)

    def as_json(self) -> JSON:
        return {
            "since": self.since,
            "paths": dict(self.paths),
            "deployments": dict(self.deployments),
            "streams": dict(self.streams),
            "tokens": dict(self.tokens),
        }

    def recent_as_json(self) -> list[JSON]:
        return [asdict(seen) for seen in self.recent]
