"""Reads the prompts of a set, typed, pasted or out of a CSV file, and keeps them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.compare.models import PromptSet, SetPrompt
from console.web.text import clean

MOST_PROMPTS = 200
LONGEST = 50_000  # characters
LARGEST_FILE = 2_000_000  # bytes
# One prompt a line, or prompts of several lines with an empty line between them.
LINES, PARAGRAPHS = "lines", "paragraphs"
MOST_PROBLEMS = 5


class NotUnderstood(Exception):
    """Nothing was kept; `problems` are sentences for the person whose prompts these are, and stay out of logs."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("the prompts were not understood")


@dataclass(frozen=True, slots=True)
class Prompt:
    text: str
    system: str = ""


def typed(text: str, split: str) -> list[Prompt]:
    """The prompts of a text; empty ones are none."""
    parts = re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if split == PARAGRAPHS else text.splitlines()
    return [Prompt(clean(part.strip(), LONGEST + 1)) for part in parts if part.strip()]


def read_csv(content: bytes) -> list[Prompt]:
    """The prompts of a file with a column "prompt" and maybe a column "system"; commas, semicolons or tabs.

    Raises NotUnderstood, naming what is wrong.
    """
    if len(content) > LARGEST_FILE:
        raise NotUnderstood(_("The file is larger than 2 MB."))
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUnderstood(_("The file is not UTF-8. Save it as “CSV UTF-8”.")) from None
    head = text.split("\n", 1)[0]
    csv.field_size_limit(LARGEST_FILE)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True))
    except csv.Error:
        raise NotUnderstood(_("This is no CSV file: a quotation mark does not end.")) from None
    names = [name.strip().casefold() for name in rows[0]] if rows else []
    if "prompt" not in names:
        raise NotUnderstood(_("The first line names no column “prompt”."))
    at, system_at = names.index("prompt"), names.index("system") if "system" in names else None
    return [Prompt(value(row, at), value(row, system_at)) for row in rows[1:] if value(row, at)]


def value(row: Sequence[str], at: int | None) -> str:
    return clean(row[at].strip(), LONGEST + 1) if at is not None and at < len(row) else ""


def check(prompts: Sequence[Prompt]) -> None:
    """Raise NotUnderstood for none, too many or too long ones."""
    if not prompts:
        raise NotUnderstood(_("There is no prompt in it. Type some, or choose a file."))
    if len(prompts) > MOST_PROMPTS:
        count = {"count": len(prompts), "most": MOST_PROMPTS}
        raise NotUnderstood(_("These are %(count)d prompts; a set has at most %(most)d.") % count)
    long = [number for number, one in enumerate(prompts, 1) if max(len(one.text), len(one.system)) > LONGEST]
    if long:
        said = _("Prompt %(number)d is longer than 50,000 characters.")
        raise NotUnderstood(*(said % {"number": number} for number in long[:MOST_PROBLEMS]))


def keep(user: User, name: str, prompts: Iterable[Prompt]) -> PromptSet:
    """Commit a set with its prompts."""
    with transaction.atomic():
        made = PromptSet.objects.create(owner=user, name=name)
        SetPrompt.objects.bulk_create(
            SetPrompt(of=made, position=position, text=one.text, system=one.system)
            for position, one in enumerate(prompts, 1)
        )
    return made
