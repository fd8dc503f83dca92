"""The places of a prompt's text, `{{name}}`, and the text once they are filled."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from console.prompts.models import Variable

LONGEST_NAME = 60
MOST_VARIABLES = 20
# Characters; more than a model reads at once.
LONGEST_FILLED = 1_000_000
# A name begins with a letter of any script; code that only looks alike ({{ 1 + 1 }}, {{#if x}}) is left alone.
PLACE = re.compile(r"\{\{[ \t]*([^\W\d_](?:[\w .-]{0,58}\w)?)[ \t]*\}\}")


def names(text: str) -> list[str]:
    """The names of the text's places, each once, in the order in which they first stand there."""
    return list(dict.fromkeys(found[1] for found in PLACE.finditer(text)))


def variables(text: str, described: Iterable[Variable] = ()) -> list[Variable]:
    """The text's variables with what is known about them; what is said of names that are not in the text is dropped."""
    known = {one["name"]: one for one in described}
    return [known.get(name) or Variable(name=name, description="", example="") for name in names(text)]


def values(variables: Iterable[Variable], sent: Mapping[str, str]) -> dict[str, str]:
    """What a form sent for these variables, by name: its fields are called `value:` and the name."""
    written = {one["name"]: sent.get(f"value:{one['name']}", "").replace("\r\n", "\n") for one in variables}
    return {name: value for name, value in written.items() if value.strip()}


class TooLong(Exception):
    """The text with its values is longer than any message."""


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with values in its places; a place without one stays, so that it is seen before sending.

    A value is put in once and never read for places itself. Raises TooLong before anything long is made.
    """
    if len(text) + sum(len(values.get(found[1], "")) for found in PLACE.finditer(text)) > LONGEST_FILLED:
        raise TooLong
    return PLACE.sub(lambda found: values.get(found[1]) or found[0], text)
