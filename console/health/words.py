"""What pages say about checks: rungs, findings, days, and the problem cards of this room's own kinds."""

from __future__ import annotations

from dataclasses import replace

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.health.models import DeploymentHealth, Incident, Rung, Verdict
from console.health.verdicts import NOT_MADE, NOT_READY, SLOW, Finding
from console.inventory.words import HEALTH
from console.web.cards import SIDES, WHO, Card
from console.web.charts import Reached, Step
from console.web.problems import Problem, explain
from console.web.templatetags.console_tags import milliseconds

Words = str | Promise

# The rungs from the ground up, as the ladder names them.
RUNGS: dict[str, Promise] = {
    Rung.NAME: gettext_lazy("Name"),
    Rung.TLS: gettext_lazy("Encryption"),
    Rung.AUTH: gettext_lazy("Sign-in"),
    Rung.DEPLOYMENT: gettext_lazy("Deployment"),
    Rung.QUOTA: gettext_lazy("Quota"),
    Rung.ANSWER: gettext_lazy("Answer"),
}
# What a broken rung means, in a table's cell.
BROKEN: dict[str, Promise] = {
    Rung.NAME: gettext_lazy("cannot be reached"),
    Rung.TLS: gettext_lazy("the connection is not trusted"),
    Rung.AUTH: gettext_lazy("the console is not let in"),
    Rung.DEPLOYMENT: gettext_lazy("the deployment is not there"),
    Rung.QUOTA: gettext_lazy("the quota is used up"),
    Rung.ANSWER: gettext_lazy("no good answer"),
}

OWN_CARDS: dict[str, Card] = {
    SLOW: Card(
        title=gettext_lazy("It answers, but slowly"),
        why=gettext_lazy("Even counting a few tokens took longer than five seconds."),
        remedy=gettext_lazy("Wait for the next checks. If it stays slow, try another deployment or region."),
        who="nobody",
        side="azure-or-anthropic",
        happened=gettext_lazy("The check was answered, but late."),
    ),
    NOT_READY: Card(
        title=gettext_lazy("Azure is still making this deployment"),
        why=gettext_lazy("Until Azure calls it ready a call would only fail, so none was made."),
        remedy=gettext_lazy("Wait until it is ready; this usually takes a few minutes after the next sync."),
        who="nobody",
        side="azure",
        happened=gettext_lazy("The check did not call it."),
    ),
    NOT_MADE: Card(
        title=gettext_lazy("Azure did not finish making this deployment"),
        why=gettext_lazy("Its state in Azure says that it failed, was cancelled or is being deleted."),
        remedy=gettext_lazy("Look at the deployment in the Azure portal; delete it or make it again."),
        who="azure-admin",
        side="setup",
        happened=gettext_lazy("The check did not call it."),
    ),
}


def finding_words(finding: Finding) -> str:
    """One finding in a line: "Well, 412 ms", "Ill: the key was refused"."""
    word = str(HEALTH[finding.verdict].word)
    if finding.verdict == Verdict.WELL:
        return f"{word}, {milliseconds(finding.latency_ms)}"
    return f"{word}: {problem_of(finding.kind).title}"


def problem_of(kind: str, *, status: int | None = None, request_id: str = "", apim_request_id: str = "") -> Problem:
    """The card of a kind, this room's own ones included.

    A check costs nothing, so none warns of a second bill; and it is never made as a person.
    """
    own = OWN_CARDS.get(kind)
    card = explain(kind, status=status, request_id=request_id, apim_request_id=apim_request_id, called_as="console")
    if own is None:
        return replace(card, may_bill_again=False)
    return replace(
        card, slug=kind, title=str(own.title), happened=str(own.happened), why=str(own.why), may_bill_again=False,
        remedy=str(own.remedy), who=str(WHO[own.who]), side=str(SIDES[own.side]),
    )  # fmt: skip


def reason(rung: str, kind: str) -> Words:
    """Why a deployment is not well, short enough for a table; "" where there is no reason to give."""
    return OWN_CARDS[kind].title if kind in OWN_CARDS else BROKEN.get(rung, "")


def ladder(state: DeploymentHealth, *, called: bool) -> list[Step]:
    """How far the newest check climbed. What lies below the broken rung held, unless no call was made at all."""
    slow = state.kind == SLOW
    broken = None if state.verdict == Verdict.WELL or slow else state.rung
    steps: list[Step] = []
    reached: Reached = "reached" if called or broken is None else "unreached"
    for rung, label in RUNGS.items():
        if rung == broken:
            steps.append(Step(str(label), "failed", str(BROKEN[rung])))
            reached = "unreached"
        else:
            steps.append(Step(str(label), reached))
    if broken is None:
        steps[-1] = replace(steps[-1], note=milliseconds(state.latency_ms))
    return steps


def incident_words(incident: Incident) -> str:
    """What broke in an incident, in a few words."""
    return str(reason(incident.rung, incident.kind)) or _("ill")
