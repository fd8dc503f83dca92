"""Rows of comparisons: which conversations stand beside each other. What was said in them lives in the playground."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from console.accounts.models import User
from console.playground.models import Conversation
from console.web.ids import new_id

LETTERS = "ABCD"
MOST_COLUMNS = len(LETTERS)


class ComparisonQuery(models.QuerySet["Comparison"]):
    def of(self, user: User) -> ComparisonQuery:
        """Where every look-up starts: a person's own."""
        return self.filter(owner=user)


class Comparison(models.Model):
    """The same messages to two to four deployments. Each column is a conversation of its owner's that is not listed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="comparisons")
    # The browser's own id for the press that began it: a second press finds the same comparison.
    submission_id = models.CharField(max_length=64)
    title = models.CharField(max_length=120, blank=True)
    # What the form said, in the order of the form: it fills the form once more.
    settings: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    # The submission ids of its rounds, oldest first: a round is one message to every column.
    rounds: models.JSONField[list[str]] = models.JSONField(default=list)
    # Blind: names are shown once it is revealed.
    blind = models.BooleanField(default=False)
    revealed = models.BooleanField(default=False)
    # The position of the column that was found the best.
    better = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    spoken_at = models.DateTimeField()

    objects = ComparisonQuery.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "submission_id"], name="comparison_once_per_submission")
        ]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-spoken_at", "-id"], name="comparison_newest"),
            models.Index(fields=["spoken_at"], name="comparison_oldest"),
        ]

    @property
    def hides(self) -> bool:
        """Whether the names of its columns are still kept back."""
        return self.blind and not self.revealed


class Column(models.Model):
    """One conversation's place in a comparison. A blind comparison's places are drawn by lot."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="columns")
    position = models.PositiveSmallIntegerField()  # 0 stands for A
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="column")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["comparison", "position"], name="column_once_per_position")
        ]

    @property
    def letter(self) -> str:
        return LETTERS[self.position]


class PromptSetQuery(models.QuerySet["PromptSet"]):
    def of(self, user: User) -> PromptSetQuery:
        """Where every look-up starts: a person's own."""
        return self.filter(owner=user)


class PromptSet(models.Model):
    """Prompts that are asked together. What they say never changes: the results of its runs belong to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="prompt_sets")
    name = models.CharField(max_length=120)
    # What the form of its last run said, to fill it once more.
    settings: models.JSONField[dict[str, Any]] = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(default=timezone.now)  # made or run

    objects = PromptSetQuery.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["owner", "-used_at", "-id"], name="prompt_set_newest"),
            models.Index(fields=["used_at"], name="prompt_set_oldest"),
        ]


class SetPrompt(models.Model):
    """One prompt of a set: a message and, where it has its own, the system prompt."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey(PromptSet, on_delete=models.CASCADE, related_name="prompts")
    position = models.PositiveSmallIntegerField()  # from 1
    text = models.TextField()
    system = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["of", "position"], name="set_prompt_once")]


class RunState(models.TextChoices):
    WAITING = "waiting"  # for a worker
    RUNNING = "running"
    FINISHED = "finished"
    STOPPED = "stopped"  # `reason` says why; it can go on
    CANCELLED = "cancelled"  # by its owner; it can go on


RUN_LIVE = (RunState.WAITING, RunState.RUNNING)


class RunQuery(models.QuerySet["Run"]):
    def of_person(self, user: User) -> RunQuery:
        """Where every look-up starts: a person's own."""
        return self.filter(owner=user)

    def live(self) -> RunQuery:
        return self.filter(state__in=RUN_LIVE)


class Run(models.Model):
    """A set asked down two to four columns. Jobs do the asking, one after the other; its cells are the truth."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    of = models.ForeignKey(PromptSet, on_delete=models.CASCADE, related_name="runs")
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="prompt_runs")
    # One a column: deployment_id, deployment, resource, system_prompt, max_tokens, thinking, effort.
    columns: models.JSONField[list[dict[str, Any]]] = models.JSONField(default=list)
    prompts = models.PositiveSmallIntegerField()  # how many
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.WAITING)
    # Why it was stopped: a card, and a sentence with figures where there is one.
    reason = models.CharField(max_length=40, blank=True)
    words = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=8)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True)

    objects = RunQuery.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner"], condition=models.Q(state__in=RUN_LIVE), name="run_one_live")
        ]
        indexes: ClassVar = [
            models.Index(fields=["of", "-id"], name="run_of_set"),
            models.Index(fields=["state"], name="run_live", condition=models.Q(state__in=RUN_LIVE)),
        ]

    @property
    def is_live(self) -> bool:
        return self.state in RUN_LIVE

    @property
    def total(self) -> int:
        return self.prompts * len(self.columns)


class Cell(models.Model):
    """One prompt in one column, once it is asked: it is committed before Azure is called and never asked again."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="cells")
    row = models.PositiveSmallIntegerField()  # the prompt's position
    column = models.PositiveSmallIntegerField()  # 0 stands for A
    # A conversation of the owner's that is not listed, with one exchange; none where nothing could be sent.
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, null=True, related_name="cell")
    reason = models.CharField(max_length=40, blank=True)  # the card of why nothing was sent

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "row", "column"], name="cell_once")]
