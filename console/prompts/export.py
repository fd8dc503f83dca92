"""Prompts as a JSON file that importing reads again: the newest text of each."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from console.prompts.models import PromptVersion

# More prompts than fit into a file somebody reads; keeps an export's memory bounded.
MOST_EXPORTED = 1000


def as_json(versions: Iterable[PromptVersion]) -> bytes:
    """One object with the list `prompts`, indented, as people look into it."""
    return orjson.dumps({"prompts": [entry(version) for version in versions]}, option=orjson.OPT_INDENT_2)


def entry(version: PromptVersion) -> dict[str, object]:
    prompt = version.prompt
    return {
        "title": prompt.title,
        "slug": prompt.slug,
        "description": prompt.description,
        "deployment": prompt.deployment,
        "reach": prompt.reach,
        "team": prompt.team,
        "is_starter": prompt.is_starter,
        "text": version.text,
        "variables": version.variables,
        "version": version.number,
        "author": version.author,
        "changed_at": version.created_at.isoformat(timespec="milliseconds"),
    }
