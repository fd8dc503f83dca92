"""ARM's long operations: one at a time for each account, finished after a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from console.sandbox.wire import JSON, new_guid

MOST_OPERATIONS = 1_000


@dataclass
class Operation:
    """`settle` makes the result visible once `ends_at` has come."""

    id: str
    account: str
    ends_at: float
    settle: Callable[[], None]
    error: JSON | None = None

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def as_json(self) -> JSON:
        if not self.over:
            return {"id": self.id, "name": self.id, "status": "InProgress"}
        if self.error:
            return {"id": self.id, "name": self.id, "status": "Failed", "error": self.error}
        return {"id": self.id, "name": self.id, "status": "Succeeded"}


@dataclass
class Operations:
    """`takes` is how long one takes, in seconds."""

    takes: float = 3.0
    every: dict[str, Operation] = field(default_factory=dict)
    pending: list[Operation] = field(default_factory=list)

    def start(self, account: str, settle: Callable[[], None], *, error: JSON | None = None) -> Operation | None:
        """A new operation, or None while the account has one under way."""
        self.settle_due()
        if any(one.account == account.lower() for one in self.pending):
            return None
        operation = Operation(new_guid(), account.lower(), time.monotonic() + self.takes, settle, error)
        self.every[operation.id] = operation
        self.pending.append(operation)
        while len(self.every) > MOST_OPERATIONS:
            self.every.pop(next(iter(self.every)))
        return operation

    def settle_due(self) -> None:
        """Finish what is over; whoever looks at the world calls this first."""
        for operation in [one for one in self.pending if one.over]:
            self.pending.remove(operation)
            operation.settle()

    def find(self, operation_id: str) -> Operation | None:
        self.settle_due()
        return self.every.get(operation_id)
