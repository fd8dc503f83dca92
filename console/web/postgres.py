"""PostgreSQL connections that do not wait for ever on a server that is there and says nothing.

Where a disk hangs or a host is frozen no error comes; without a limit the few threads that serve pages would all wait.
"""

from __future__ import annotations

from typing import Any, Self

import psycopg
from psycopg import OperationalError

# Seconds the web process waits for an answer of the server; other processes have work that takes longer.
WEB_PATIENCE = 10.0
# What applies in this process; None waits as long as it takes (migrations, retention).
patience: float | None = None


class PatientConnection(psycopg.Connection[Any]):
    """A connection whose every wait ends after `patience` seconds: it is closed then, and raises OperationalError."""

    @classmethod
    def connect(cls, conninfo: str = "", **kwargs: Any) -> Self:
        """Connect, and say what a page read at random costs here: nearly what one in a row does, as on any SSD.

        By the default of spinning disks the planner walks the whole log for a filter that one row in ten fits,
        beside the very index of that filter.
        """
        made = super().connect(conninfo, **kwargs)
        made.execute("SET random_page_cost = 1.1")
        if not made.autocommit:
            made.commit()
        return made

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        limit = timeout or patience
        try:
            return super().wait(gen, interval, limit)
        except OperationalError as fault:
            # psycopg tells its own time-out apart by a private class only; the server's errors carry a state.
            if limit and fault.sqlstate is None and not self.closed:
                self.pgconn.finish()
                raise OperationalError(f"the server has not answered for {limit:g} s") from None
            raise
