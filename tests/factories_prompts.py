"""Prompts for tests: a plain function with defaults."""

from __future__ import annotations

from itertools import count

from console.accounts.models import User
from console.prompts import writing
from console.prompts.models import Prompt
from console.prompts.writing import Draft

_numbers = count(1)


def make_prompt(owner: User, text: str = "Say hello.", **draft: object) -> Prompt:
    """A saved prompt in its first version; `draft` are fields of writing.Draft."""
    return writing.create(owner, Draft(text=text, **{"title": f"Prompt {next(_numbers)}", **draft}))
