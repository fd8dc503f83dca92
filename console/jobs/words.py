"""What pages call each task and each state. Tasks are named by text: this room never imports the rooms above it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from console.accounts.models import Act
from console.jobs.models import Job, State
from console.web.cards import CARDS

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Task:
    """A kind of job: `act` is what a person must be allowed to do to ask for it again; `page` shows what it is about.

    "" where there is no page for everybody who sees jobs. Where the page is the subject's own, `page_of_one` says that
    its address takes the subject's id.
    """

    label: Promise
    act: Act
    page: str
    page_of_one: bool = False


TASKS: dict[str, Task] = {
    "console.health.tasks.check": Task(_("Health check"), "check", "health:deployment", page_of_one=True),
    "console.health.tasks.check_all": Task(_("Health check of every deployment"), "check", "health:list"),
    "console.inventory.tasks.sync": Task(_("Inventory sync"), "sync", "inventory:list"),
    "console.compare.tasks.run": Task(_("Run of a prompt set"), "talk", ""),  # what it is about is its owner's alone
}

# Tone and word of the badge.
STATES: dict[str, tuple[str, Promise]] = {
    State.QUEUED: ("idle", _("Waiting")),
    State.RUNNING: ("busy", _("Running")),
    State.SUCCEEDED: ("ok", _("Finished")),
    State.FAILED: ("bad", _("Failed")),
    State.SKIPPED: ("idle", _("Skipped")),
    State.LOST: ("bad", _("Given up")),
}

CAUSES: dict[str, Promise] = {
    "schedule": _("the schedule"),
    "person": _("a person"),
    "command": _("the command line"),
}


# What jobs write down, in English. Their acts live above this room, so their sentences are known by shape.
SENTENCES = (
    gettext_noop("Read %(deployments)s deployments on %(resources)s resources; subscriptions: %(subscriptions)s."),
    gettext_noop("Could not read: %(names)s."),
    gettext_noop("Some deployments could not be read in: %(names)s."),
    gettext_noop("No subscription could be read."),
    gettext_noop("Azure could not be read: %(reason)s"),
    gettext_noop("AZURE_SUBSCRIPTION_IDS names something that is no subscription ID."),
    gettext_noop("%(made)s checks asked for, %(waiting)s were under way already."),
    gettext_noop("It is no longer in the inventory, or it is no Claude deployment."),
    gettext_noop("The worker stopped three times while it ran this."),
    gettext_noop("%(done)s of %(total)s answers are there."),
    gettext_noop("It has ended already."),
)
# A health check's finding: a word and its time, or a word and the title of a card; both are texts of their own.
FINDINGS = ("%(state)s, %(time)s", "%(state)s: %(problem)s")
STATES_OF_HEALTH = frozenset({"Well", "Degraded", "Ill", "Unknown"})


def told(text: str) -> str:
    """What a job wrote down, in the reader's language; what has no known shape stays as it is."""
    if not text or gettext(text) != text:
        return gettext(text) if text else ""
    for shape, pattern in _PATTERNS:
        if (found := pattern.match(text)) and (shape not in FINDINGS or found["state"] in STATES_OF_HEALTH):
            values = {name: reason(value) or gettext(value) for name, value in found.groupdict().items()}
            rest = told(text[found.end() :])
            return " ".join(part for part in (gettext(shape) % values, rest) if part)
    return text


def reason(text: str) -> str:
    """What an error of Azure's says, by the card of its kind, with its status and IDs; "" for anything else."""
    kind, _colon, said = text.partition(": ")
    card = CARDS.get(kind)
    if card is None:
        return ""
    facts = re.search(r" \((?=status |request-id |apim-request-id )([^()]*)\)$", said)
    return f"{card.title} ({', '.join([kind, *(facts.groups() if facts else ())])})"


def _pattern(shape: str) -> re.Pattern[str]:
    """Matches the text a shape makes, up to its end or to the next sentence."""
    parts = re.split(r"%\((\w+)\)s", shape)
    named = (f"(?P<{part}>.+?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile("".join(named) + (r"(?:\s+|$)" if shape.endswith(".") else "$"))


_PATTERNS = [(shape, _pattern(shape)) for shape in (*SENTENCES, *FINDINGS)]


def task_label(task: str) -> Words:
    """What people call it; the task's own name for one that this version does not know."""
    known = TASKS.get(task)
    return known.label if known else task


def asked_by(job: Job) -> Words:
    """Who asked: the person by name, else the cause."""
    return job.person or CAUSES.get(job.cause, job.cause)


def page_about(job: Job) -> str:
    """The address of the page of what the job works on; "" where there is none."""
    known = TASKS.get(job.task)
    if known is None:
        return ""
    try:
        return reverse(known.page, args=[job.subject_id] if known.page_of_one else None)
    except NoReverseMatch:  # an id that is none
        return ""
