"""What pages call outcomes, sources and ways of calling: a tone for the badge and a word for people."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from console.requestlog.models import CaseState, Outcome, Source


@dataclass(frozen=True, slots=True)
class Badge:
    """What the badge tag draws: `tone` is ok, warn, bad, idle or busy."""

    tone: str
    word: Promise


RUNNING = "running"
OUTCOMES: dict[str, Badge] = {
    Outcome.SUCCEEDED: Badge("ok", _("Succeeded")),
    Outcome.FAILED: Badge("bad", _("Failed")),
    Outcome.REFUSED: Badge("warn", _("Declined")),
    Outcome.CANCELLED: Badge("idle", _("Stopped")),
    Outcome.TRUNCATED: Badge("warn", _("Cut off")),
    Outcome.UNKNOWN_BILLING: Badge("warn", _("No answer")),
    RUNNING: Badge("busy", _("Running")),
}
SOURCES: dict[str, Promise] = {
    Source.PLAYGROUND: _("Playground"),
    Source.HEALTH: _("Health check"),
    Source.APPLICATION: _("Application"),
    Source.OTHER: _("Other"),
}
STATUSES: dict[str, Promise] = {
    "2xx": _("HTTP 2xx: answered"),
    "4xx": _("HTTP 4xx: not accepted"),
    "5xx": _("HTTP 5xx: fault there"),
    "none": _("No HTTP answer"),
}
# What people do about a request; "mine" is only a filter.
MINE = "mine"
CASES: dict[str, Badge] = {
    CaseState.OPEN: Badge("warn", _("Being looked into")),
    CaseState.WAITING: Badge("idle", _("Waiting for an answer")),
    CaseState.SOLVED: Badge("ok", _("Solved")),
    MINE: Badge("busy", _("Assigned to me")),
}
CALLED_AS: dict[str, Promise] = {
    "console": _("as the console"),
    "person": _("as the person"),
    "key": _("by key"),
}
HOSTING: dict[str, Promise] = {"azure": _("Hosted on Azure"), "anthropic": _("Hosted on Anthropic")}
STOP_REASONS: dict[str, Promise] = {
    "end_turn": _("Claude had finished"),
    "max_tokens": _("The answer reached its longest length"),
    "stop_sequence": _("A stop sequence came up"),
    "tool_use": _("Claude asked for a tool"),
    "pause_turn": _("Claude paused a long task"),
    "refusal": _("Claude declined"),
    "model_context_window_exceeded": _("The conversation filled the model's memory"),
}


def outcome_badge(outcome: str) -> Badge:
    """A row's badge; a row without an outcome is running."""
    return OUTCOMES[outcome or RUNNING]
