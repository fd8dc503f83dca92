"""Comparisons and a prompt set's run. Their columns and cells are conversations that stand in no list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from django.db.models import Model

from console.accounts.models import User
from console.compare import running
from console.compare.models import Cell, Column, Comparison, PromptSet, Run, RunState, SetPrompt
from console.compare.together import Wanted
from console.config.sample_world import rows, talks, work
from console.config.sample_world.beside_texts import COMPARISONS, SETS, Asked, Beside
from console.config.sample_world.talks import LETTERS_A_TOKEN, Said
from console.config.sample_world.texts import Turn
from console.inventory.models import Deployment
from console.jobs.models import Job
from console.playground.ask import Settings, title_of
from console.playground.models import Conversation, Exchange

# From one prompt of a run to the next: as long as the slower column takes.
A_PROMPT = timedelta(seconds=9)

Targets = Mapping[tuple[str, str], Deployment]


@dataclass
class Made:
    """Everything to be inserted: what was `said` first, then the rest in its order."""

    said: Said = field(default_factory=Said)
    comparisons: list[Comparison] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    sets: list[PromptSet] = field(default_factory=list)
    prompts: list[SetPrompt] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    def batches(self) -> Iterator[Sequence[Model]]:
        yield from (self.comparisons, self.columns, self.sets, self.prompts, self.runs, self.cells)


def create(now: datetime, people: Mapping[str, User], deployments: Sequence[Deployment], chance: Random) -> Made:
    """The rows of all of them, not yet inserted."""
    made = Made()
    targets = {(one.resource.name, one.name): one for one in deployments}
    for beside in COMPARISONS:
        compare(made, beside, people[beside.person], targets, now - timedelta(hours=beside.hours_ago), chance)
    for asked in SETS:
        ask(made, asked, people[asked.person], targets, now - timedelta(hours=asked.hours_ago), chance)
    return made


def compare(made: Made, beside: Beside, owner: User, targets: Targets, at: datetime, chance: Random) -> None:
    """One comparison of one round, its columns asked in the same moment."""
    chosen = [targets[resource, deployment] for resource, deployment, _answer in beside.columns]
    named: dict[str, object] = {f"deployment_{number}": str(one.pk) for number, one in enumerate(chosen, 1)}
    submission = rows.uuid(chance).hex
    comparison = Comparison(
        id=rows.id_at(at, chance), owner=owner, submission_id=submission, title=title_of(beside.message),
        settings={**named, "blind": True} if beside.blind else named, rounds=[submission], blind=beside.blind,
        revealed=beside.better is not None, better=beside.better, created_at=at, spoken_at=at,
    )  # fmt: skip
    made.comparisons.append(comparison)
    for position, (target, (*_names, answer)) in enumerate(zip(chosen, beside.columns, strict=True)):
        said = spoken(made.said, owner, target, Turn(beside.message, answer), submission, at, chance)
        column = Column(id=rows.id_at(at, chance), comparison=comparison, position=position, conversation=said)
        made.columns.append(column)


def ask(made: Made, asked: Asked, owner: User, targets: Targets, at: datetime, chance: Random) -> None:
    """A prompt set, and its run as one job that asked a prompt after the other."""
    chosen = [targets[names] for names in asked.columns]
    form = {f"deployment_{number}": str(target.pk) for number, target in enumerate(chosen, 1)}
    kept = PromptSet(
        id=rows.id_at(at - timedelta(minutes=3), chance), owner=owner, name=asked.name, settings=form,
        created_at=at - timedelta(minutes=3), used_at=at,
    )  # fmt: skip
    run = Run(
        id=rows.id_at(at, chance), of=kept, owner=owner, prompts=len(asked.prompts), language="en", created_at=at,
        columns=[running.column_of(Wanted(target, Settings())) for target in chosen], state=RunState.FINISHED,
    )  # fmt: skip
    made.sets.append(kept)
    made.runs.append(run)
    before = len(made.said.records)
    for row, (text, answers) in enumerate(asked.prompts, 1):
        asked_at = at + A_PROMPT * row
        made.prompts.append(SetPrompt(id=rows.id_at(kept.created_at, chance), of=kept, position=row, text=text))
        for column, (target, answer) in enumerate(zip(chosen, answers, strict=True)):
            said = spoken(made.said, owner, target, Turn(text, answer), run.pk.hex, asked_at, chance)
            cell = Cell(id=rows.id_at(asked_at, chance), run=run, row=row, column=column, conversation=said)
            made.cells.append(cell)
    run.finished_at = max(one.finished_at for one in made.said.records[before:] if one.finished_at)
    made.jobs.append(job_of(run, owner, chance))


def spoken(
    said: Said, owner: User, target: Deployment, turn: Turn, submission: str, at: datetime, chance: Random
) -> Conversation:
    """A conversation of one exchange that stands in no list; its rows are added to `said`."""
    conversation = Conversation(
        id=rows.id_at(at, chance), owner=owner, title=title_of(turn.message), deployment_id=str(target.pk),
        listed=False, max_tokens=talks.MOST_TOKENS, created_at=at, spoken_at=at,
    )  # fmt: skip
    exchange: Exchange = talks.exchange(conversation, turn, target, at, chance)
    exchange.submission_id, conversation.tip = submission, exchange.pk
    said.conversations.append(conversation)
    said.exchanges.append(exchange)
    said.records.append(talks.record(exchange, turn, target, len(turn.message) + LETTERS_A_TOKEN, chance))
    return conversation


def job_of(run: Run, owner: User, chance: Random) -> Job:
    seconds = (run.finished_at - run.created_at).total_seconds() if run.finished_at else 0.0
    job = work.ended(
        running.TASK, run.created_at, seconds, chance, subject=f"{run.prompts} × {len(run.columns)}",
        subject_id=str(run.pk), cause="person", person=owner.label, person_key=owner.key,
        note=f"{run.total} of {run.total} answers are there.",
    )  # fmt: skip
    job.done = job.total = run.total
    return job
