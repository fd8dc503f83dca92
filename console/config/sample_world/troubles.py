"""Two times of trouble that the log, the health history and the incidents of the sample world tell of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Trouble:
    """A deployment that was ill from `began` to `ended`; `kind` is the error's."""

    resource: str
    deployment: str
    kind: str
    began: datetime
    ended: datetime

    def covers(self, resource: str, deployment: str, at: datetime) -> bool:
        return (resource, deployment) == (self.resource, self.deployment) and self.began <= at < self.ended

    def minutes_on(self, midnight: datetime) -> int:
        """How much of the day that begins at `midnight` it took."""
        begin, end = max(self.began, midnight), min(self.ended, midnight + timedelta(days=1))
        return max(0, int((end - begin).total_seconds() // 60))


def before(now: datetime) -> tuple[Trouble, ...]:
    """The model's own overload, nine days back, and a role somebody removed by mistake, two working days back."""
    return (
        trouble("contoso-foundry", "claude-opus-4-8-anthropic", "overloaded", working_day(now, 9), 13 * 60 + 20, 47),
        trouble("hanbit-foundry", "claude-sonnet-5-5", "missing-role", working_day(now, 2), 2 * 60 + 5, 190),
    )


def trouble(resource: str, deployment: str, kind: str, day: datetime, minute: int, minutes: int) -> Trouble:
    began = day + timedelta(minutes=minute)
    return Trouble(resource, deployment, kind, began, began + timedelta(minutes=minutes))


def working_day(now: datetime, back: int) -> datetime:
    """Midnight UTC of the last working day at least `back` days ago."""
    day = (now - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=max(0, day.weekday() - 4))
