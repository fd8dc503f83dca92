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
