"""What the playground's pages show: exchanges with their receipts, and the settings a model allows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import cast
from uuid import UUID

from django.db.models import Model, Sum
from django.forms import Form
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts.gates import ConsoleRequest
from console.accounts.models import User
from console.accounts.sessions import SessionStore
from console.azure.models import accepts
from console.inventory.calling import Choice
from console.inventory.models import Deployment, Resource
from console.playground import lane, looking, rules, tooling
from console.playground.live import Live
from console.playground.models import Conversation, Exchange, Look
from console.playground.path import Tree, Versions
from console.playground.settle import ended_with, html_of, problem_of
from console.requestlog import rollup
from console.requestlog.models import Outcome, RequestRecord, Source
from console.web import problems
from console.web.problems import Problem

THINKING: dict[str, Promise] = {
    "": _("As the model does by itself"),
    "adaptive": _("When it helps (adaptive)"),
    "enabled": _("Always, with a budget"),
    "disabled": _("Off"),
}
EFFORT: dict[str, Promise] = {
    "": _("As the model does by itself"),
    "low": _("Low: quick and short"),
    "medium": _("Medium"),
    "high": _("High"),
    "xhigh": _("Very high"),
    "max": _("Highest"),
}

# Exchanges shown before the one that somebody was sent to, and from there on at most.
LEADING = 2
MOST_AT_ONCE = 300

# First messages for people who face an empty box.
STARTERS = (
    _("Summarise this text in five sentences:"),
    _("Write a friendly reply to this e-mail:"),
    _("Turn these notes into a table:"),
    _("Explain this to me as if I were new to it:"),
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One exchange as a page draws it. `html` is sanitised; a live one also has its tail and where to attach."""

    exchange: Exchange
    record: RequestRecord | None
    html: SafeString
    problem: Problem | None = None
    tail: str = ""
    after: str = ""
    grant: str = ""
    waited: int = 0  # seconds since it was sent, while it is live
    versions: Versions | None = None
    looks: list[Look] = field(default_factory=list)  # of others who have read it
    ended: dict[str, object] = field(default_factory=dict)  # settle.ended_with


@dataclass(frozen=True, slots=True)
class Transcript:
    """A stretch of the shown version, oldest first; `earlier` is where the one before it ends, "" at the start.

    `goes_on`: it ends before the last message. `elsewhere`: the one that somebody was sent to, in another version.
    """

    exchanges: list[Shown]
    earlier: str
    goes_on: bool = False
    elsewhere: UUID | None = None


def transcript(
    request: ConsoleRequest, conversation: Conversation, *, before: str = "", at: str = "", size: int
) -> Transcript:
    """The last `size` exchanges of the version that is shown, or those before the exchange `before`.

    With `at`, an exchange that somebody was sent to: from shortly before it on, where it is none of the last.
    """
    tree = Tree(conversation)
    way = tree.path(conversation.tip)
    if cursor := parsed(before):
        way = way[: way.index(cursor)] if cursor in tree.parent and cursor in way else []
    part = way[-size:]
    wanted = parsed(at)
    if wanted in way and wanted not in part:
        first = max(0, way.index(wanted) - LEADING)
        part = way[first : first + MOST_AT_ONCE]
    rows = conversation.exchanges.filter(pk__in=part).order_by("id")
    earlier = str(part[0]) if part and part[0] != way[0] else ""
    goes_on = bool(part) and part[-1] != way[-1]
    elsewhere = wanted if wanted in tree.parent and wanted not in way else None
    return Transcript(exchanges(request, list(rows), tree), earlier, goes_on, elsewhere)


def parsed(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def exchanges(request: ConsoleRequest, rows: Sequence[Exchange], tree: Tree) -> list[Shown]:
    """The rows with their log rows and who else has read them: one query each for all of them."""
    records, looks = RequestRecord.objects.in_bulk([row.record_id for row in rows if row.record_id]), looking.of(rows)
    drawn = [
        exchange(request, row, records.get(row.record_id), tree.versions(row.pk), waits=row.pk not in tree.followers)
        for row in rows
    ]
    return [replace(one, looks=looks.get(one.exchange.pk, [])) for one in drawn]


def exchange(
    request: ConsoleRequest,
    row: Exchange,
    record: RequestRecord | None = None,
    versions: Versions | None = None,
    *,
    waits: bool = True,
) -> Shown:
    """One exchange as a page draws it; `waits`: nothing was said after it."""
    if not row.is_live:
        html = row.answer_html or (html_of(row.answer) if row.answer else "")
        # The HTML was made by web.markdown.render, the one sanitiser.
        shown, ended = mark_safe(html), ended_with(row, waits=waits)  # noqa: S308
        return Shown(row, record, shown, problem_of(row, record), versions=versions, ended=ended)
    live = Live(row.answer)
    html = "".join(live.block(index) for index in range(live.place.blocks))
    return Shown(
        row, record, mark_safe(html), tail=live.tail.lstrip("\n"), after=str(live.place),  # noqa: S308 - likewise
        grant=lane.sign(grant(request, row)), versions=versions,
        waited=max(0, round((timezone.now() - row.created_at).total_seconds())),
    )  # fmt: skip


def grant(request: ConsoleRequest, row: Model) -> lane.Grant:
    """Leave for this browser's session to watch this row's answer; the caller has checked whose it is."""
    return lane.Grant(row.pk, session_of(request))


def session_of(request: ConsoleRequest) -> str:
    """The stored key of this browser's session."""
    store = cast("SessionStore", request.session)
    return store.row.session_key if store.row else ""


def empty_conversation(user: User) -> Conversation:
    """The person's conversation in which nothing has been said yet; made when there is none."""
    own = Conversation.objects.of(user).listed().filter(tip=None, exchanges=None).order_by("-id")
    return own.first() or Conversation.objects.create(owner=user, spoken_at=timezone.now())


def said_before(conversation: Conversation, exchange_id: str) -> Exchange | None:
    """An earlier exchange whose message is to be edited and sent again; None for anything else."""
    wanted = parsed(exchange_id)
    return (
        conversation.exchanges.only("conversation", "message", "attachments").filter(pk=wanted).first()
        if wanted
        else None
    )


def place_of(resource: Resource) -> problems.Place:
    """Where a call to this resource goes, for the remedy's command line."""
    scope = "" if resource.arm_id.startswith("settings:") else resource.arm_id
    return problems.Place(resource=resource.name, subscription_id=resource.subscription_id, scope=scope)


def form_problem(form: Form) -> Problem:
    """What is wrong with what was sent, from the form's own sentences; those about a field with a label name it."""
    labels = {name: field.label for name, field in form.fields.items() if field.label}
    sentences = " ".join(
        f"{labels[name]}: {error}" if name in labels else str(error)
        for name, errors in form.errors.items()
        for error in errors
    )
    return Problem(
        slug="not-sent",
        title=gettext("The message was not sent"),
        happened=sentences,
        why="",
        remedy=gettext("Correct it and send it again; your text is still there."),
        who=gettext("You"),
        side="",
    )


def grouped(choices: Sequence[Choice]) -> list[tuple[Promise, list[Choice]]]:
    """Deployments as the list to choose from shows them: those that do not answer stand apart, at its end."""
    silent = [choice for choice in choices if choice.health == "ill" or not choice.ready]
    apart = set(silent)
    groups = [
        (_("Deployments"), [choice for choice in choices if choice not in apart]),
        (_("Not answering at the moment"), silent),
    ]
    return [(label, members) for label, members in groups if members]


def usual(user: User, choices: Sequence[Choice]) -> Choice | None:
    """What a new conversation starts with: what this person used last, else what the administrator
    has set, else what most people use, else any."""
    ready = [choice for choice in choices if choice.ready]
    last = Conversation.objects.of(user).listed().exclude(deployment_id="").order_by("-spoken_at", "-id").first()
    if last and (found := next((one for one in ready if str(one.id) == last.deployment_id), None)):
        return found
    if preset := rules.default(ready):
        return preset
    month = timezone.now() - timedelta(days=30)
    counted: Counter[tuple[str, str]] = Counter()
    for part in rollup.parts(month):
        busy = part.filter(source=Source.PLAYGROUND, outcome=Outcome.SUCCEEDED).values_list("resource", "deployment")
        counted.update({(resource, name): n for resource, name, n in busy.annotate(n=Sum("requests"))})
    return max(ready, key=lambda choice: counted[choice.resource, choice.deployment], default=None)


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: Promise | str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Options:
    """The settings a model allows; an empty list means there is nothing to choose."""

    thinking: list[Option]
    effort: list[Option]
    system_prompt: str
    max_tokens: int
    most_tokens: int
    advanced: Advanced


@dataclass(frozen=True, slots=True)
class Advanced:
    """What engineers set: JSON as it stands in its fields, which tool must be called, and what the hosting offers."""

    tools: str
    tool_choice: list[Option]
    answer_schema: str
    server_tools: list[Option]
    structured: bool
    in_use: bool


def options(model: str, conversation: Conversation, deployment: Deployment | None = None) -> Options:
    """The settings to choose from: what `model` allows, and what is allowed on `deployment`."""
    limits = accepts(model)
    return Options(
        thinking=[
            Option(v, THINKING[v], v == conversation.thinking) for v in THINKING if not v or v in limits.thinking
        ],
        effort=[Option(v, EFFORT[v], v == conversation.effort) for v in EFFORT if not v or v in limits.efforts],
        system_prompt=conversation.system_prompt,
        max_tokens=conversation.max_tokens,
        most_tokens=limits.max_output,
        advanced=advanced(conversation, deployment),
    )


def advanced(conversation: Conversation, deployment: Deployment | None) -> Advanced:
    chosen = conversation.server_tools
    choices = {"": _("Claude decides"), "any": _("Any tool, but one"), "none": _("No tool")}
    named = {f"tool:{tool['name']}": tool["name"] for tool in conversation.tools}
    return Advanced(
        tools=tooling.shown(conversation.tools),
        tool_choice=[Option(v, label, v == conversation.tool_choice) for v, label in {**choices, **named}.items()],
        answer_schema=tooling.shown(conversation.answer_schema),
        server_tools=[Option(tool.name, tool.label, tool.name in chosen) for tool in tooling.server_tools(deployment)],
        structured=deployment is None or tooling.has_structured(deployment),
        in_use=bool(conversation.tools or conversation.answer_schema or chosen),
    )
