"""Hands test files to processes so that those that mostly wait run beside one that works.

There is a process more than cores. Files that wait, for a killed process to be noticed or for a program to start, would
leave the machine idle together; begun early, they are not what is waited for at the end.
"""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

# Files that spend less than half of their time computing.
WAITING = frozenset(
    f"tests/{name}.py"
    for name in (
        "config/test_demo",
        "config/test_pieces",
        "config/test_serve",
        "faults/test_churn",
        "faults/test_crowds",
        "faults/test_killed",
        "faults/test_postgres_away",
        "faults/test_redis_away",
        "faults/test_secrets",
        "faults/test_sqlite_locked",
        "faults/test_stopped",
        "jobs/test_workers",
        "playground/test_follow",
        "playground/test_messages",
    )
)


class SideBySide(LoadFileScheduling):
    """Each file in one process: those that wait first, as long as another process has one that works."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        all_wait = all(self.is_waiting(other) for other in self.nodes if other is not node)
        for file in self.workqueue:
            if (file in WAITING) is not all_wait:
                self.workqueue.move_to_end(file, last=False)
                break
        super()._assign_work_unit(node)

    def is_waiting(self, node: WorkerController) -> bool:
        """Whether a file that waits is this process's, and not yet done."""
        mine = self.assigned_work[node].items()
        return any(file in WAITING and not all(tests.values()) for file, tests in mine)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> SideBySide | None:
    return SideBySide(config, log) if config.getoption("dist") == "loadfile" else None
