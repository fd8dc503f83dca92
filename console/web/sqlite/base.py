"""Django's SQLite backend with writers of one process in a queue.

SQLite has one writer; the others poll with growing sleeps, up to 100 ms, and the unlucky one waits for long. Threads of
one process can do better: they wait for a lock, which is fair and wakes them at once. Other processes still poll.
"""

from __future__ import annotations

import threading
from typing import Any

from django.db.backends.sqlite3 import base

_writer = threading.Lock()
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


class DatabaseWrapper(base.DatabaseWrapper):
    """Holds the process's writer lock for the length of a transaction, or of a single write outside of one."""

    holds_writer = False

    def _start_transaction_under_autocommit(self) -> None:
        self._take_writer()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # private, not in the stubs
        except BaseException:
            self._give_writer()
            raise

    def _commit(self) -> Any:
        result = super()._commit()  # type: ignore[misc]  # likewise
        self._give_writer()
        return result

    def _rollback(self) -> Any:
        try:
            return super()._rollback()  # type: ignore[misc]  # likewise
        finally:
            self._give_writer()

    def _close(self) -> Any:
        try:
            return super()._close()  # type: ignore[misc]  # likewise
        finally:
            self._give_writer()

    def create_cursor(self, name: Any = None) -> Any:
        cursor = self.connection.cursor(factory=QueueingCursor)
        cursor.wrapper = self
        return cursor

    def _take_writer(self) -> None:
        if not self.holds_writer:
            _writer.acquire()
            self.holds_writer = True

    def _give_writer(self) -> None:
        if self.holds_writer:
            self.holds_writer = False
            _writer.release()


class QueueingCursor(base.SQLiteCursorWrapper):
    """A cursor whose writes outside of a transaction wait their turn like everyone's."""

    wrapper: DatabaseWrapper

    def execute(self, query: str, params: Any = None) -> Any:
        if self.wrapper.holds_writer or not query.lstrip()[:7].upper().startswith(_WRITES):
            return super().execute(query, params)
        with _writer:
            return super().execute(query, params)

    def executemany(self, query: str, param_list: Any) -> Any:
        if self.wrapper.holds_writer:
            return super().executemany(query, param_list)
        with _writer:
            return super().executemany(query, param_list)
