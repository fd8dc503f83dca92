"""A limit on how often one process does a thing, whoever asks for it."""

from __future__ import annotations

import threading
from time import monotonic


class Pace:
    """At most `most` times in any window of `seconds`; the windows follow each other without overlap."""

    def __init__(self, *, most: int, seconds: float) -> None:
        self.most = most
        self.seconds = seconds
        self.began = -seconds
        self.count = 0
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Count one more; False when this window has had enough."""
        with self._lock:
            now = monotonic()
            if now - self.began >= self.seconds:
                self.began, self.count = now, 0
            self.count += 1
            return self.count <= self.most
