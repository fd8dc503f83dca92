"""Rows of the prompt library: what a prompt is called and who sees it, and every version of its text."""

from __future__ import annotations

from typing import Any, ClassVar, TypedDict

from django.db import models
from django.db.models.deletion import CASCADE, SET_NULL

from console.accounts.models import User
from console.web.ids import new_id


class Variable(TypedDict):
    """A `{{name}}` of the text, and what a person reads who is asked for it."""

    name: str
    description: str
    example: str


class Reach(models.TextChoices):
    """Who sees a prompt. A team is everybody with one role: the console keeps no groups."""

    OWN = "own"
    TEAM = "team"
    EVERYONE = "everyone"


def with_owner(collector: Any, field: Any, prompts: Any, using: str) -> None:
    """What becomes of a person's prompts when the person is deleted: their own go too, shared ones stay."""
    CASCADE(collector, field, prompts.filter(reach=Reach.OWN), using)
    SET_NULL(collector, field, prompts.exclude(reach=Reach.OWN), using)


class PromptQuery(models.QuerySet["Prompt"]):
    def seen_by(self, user: User) -> PromptQuery:
        """Where every look-up starts: a person's own, their teams' and everybody's."""
        team = models.Q(reach=Reach.TEAM, team__in=user.roles)
        return self.filter(models.Q(owner=user) | team | models.Q(reach=Reach.EVERYONE))


class Prompt(models.Model):
    """A saved prompt. Its text stands in its versions."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Null: the person has gone, and what they shared stays.
    owner = models.ForeignKey(User, null=True, on_delete=with_owner, related_name="prompts")
    reach = models.CharField(max_length=8, choices=Reach.choices, default=Reach.OWN)
    team = models.CharField(max_length=60, blank=True)  # a role, where the reach is a team
    title = models.CharField(max_length=120)
    slug = models.CharField(max_length=60)  # what is typed behind "/"
    description = models.CharField(max_length=300, blank=True)
    # `resource/deployment` or a deployment's name; text, as deployments may vanish.
    deployment = models.CharField(max_length=220, blank=True)
    # Stands on the empty screen of everybody who sees it.
    is_starter = models.BooleanField(default=False)
    # The number of the newest version.
    number = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PromptQuery.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "slug"], name="prompt_slug_once")]
        indexes: ClassVar = [models.Index(fields=["reach", "team"], name="prompt_by_reach")]


class PromptVersionQuery(models.QuerySet["PromptVersion"]):
    def newest(self) -> PromptVersionQuery:
        """Of each prompt the version that counts."""
        return self.filter(number=models.F("prompt__number")).select_related("prompt__owner")


class PromptVersion(models.Model):
    """The text as somebody wrote it at some time. Rows are only added; ids lie in the order of writing."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    prompt = models.ForeignKey(Prompt, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    variables: models.JSONField[list[Variable]] = models.JSONField(default=list)
    author = models.CharField(max_length=200)  # a name, so that it outlives the account
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PromptVersionQuery.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["prompt", "number"], name="prompt_version_once")]
