"""Reads prompts out of files of other programs, and of our own export; writes nothing.

Source: none of the three publishes a schema. Open WebUI writes its rows (backend/open_webui/models/prompts.py);
LibreChat has no export of its own, so what its /api/prompts answers is read (packages/data-schemas, promptGroup.ts);
Anthropic's Workbench shows a request of the Messages API.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import orjson
from django.utils.translation import gettext as _

from console.prompts.filling import MOST_VARIABLES, names
from console.prompts.models import Variable
from console.prompts.writing import LONGEST_TEXT, Draft
from console.web.text import clean

# Bytes; a whole request may have a million (web/body.py).
LARGEST_FILE = 900_000
MOST_IMPORTED = 300
MOST_PROBLEMS = 5
# Where the list stands when the file is an object: ours and plain ones, LibreChat's pages.
LISTS = ("prompts", "promptGroups")
# {{language:English|French}} as LibreChat writes it, {{ name | text:placeholder="x" }} as Open WebUI does.
FOREIGN_PLACE = re.compile(r"\{\{[ \t]*([^{}|:\n]{1,60}?)[ \t]*([|:])([^{}\n]{0,1000})\}\}")
PLACEHOLDER = re.compile(r'placeholder="([^"]*)"')

Item = Mapping[str, Any]


class NotUnderstood(Exception):
    """Nothing was imported; `problems` are sentences for the person whose file it is, and stay out of logs."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("the file was not understood")


def read(content: bytes) -> list[Draft]:
    """The prompts of a file, at most MOST_IMPORTED. Raises NotUnderstood, naming what is wrong and where."""
    if len(content) > LARGEST_FILE:
        raise NotUnderstood(_("The file is larger than 900 kB. Import it in parts."))
    try:
        data = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        where = {"line": error.lineno, "column": error.colno}
        raise NotUnderstood(_("This is not JSON: it breaks off at line %(line)d, column %(column)d.") % where) from None
    items = listed(data)
    if len(items) > MOST_IMPORTED:
        raise NotUnderstood(_("The file has %(count)d prompts; at most 300 fit at once.") % {"count": len(items)})
    drafts: list[Draft] = []
    problems: list[str] = []
    for number, item in enumerate(items, 1):
        try:
            drafts.append(draft_of(item))
        except NotUnderstood as refusal:
            entry = {"number": number, "problem": " ".join(refusal.problems)}
            problems.append(_("Entry %(number)d: %(problem)s") % entry)
    if problems:
        raise NotUnderstood(*problems[:MOST_PROBLEMS])
    return drafts


def listed(data: object) -> list[object]:
    """The entries, whatever they are wrapped in."""
    if isinstance(data, dict):
        data = next((data[name] for name in LISTS if isinstance(data.get(name), list)), [data])
    if not isinstance(data, list) or not data:
        raise NotUnderstood(_("There are no prompts in this file."))
    return data


def draft_of(item: object) -> Draft:
    """One entry. Raises NotUnderstood where it has none of the shapes, no text, or too much of it."""
    if not isinstance(item, dict):
        raise NotUnderstood(_("it is not an object with fields."))
    shape = next((read_shape for fits, read_shape in SHAPES if fits(item)), None)
    if shape is None:
        fields = ", ".join(clean(str(name), 30) for name in list(item)[:8])
        raise NotUnderstood(_("no known shape; its fields are: %(fields)s.") % {"fields": fields or "–"})
    draft = with_our_places(shape(item))
    if not draft.text.strip():
        raise NotUnderstood(_("its text is empty."))
    if len(draft.text) > LONGEST_TEXT:
        raise NotUnderstood(_("its text is longer than 50,000 characters."))
    if len(names(draft.text)) > MOST_VARIABLES:
        raise NotUnderstood(_("it has more than 20 variables."))
    return replace(draft, title=draft.title or title_of(draft.text))


def title_of(text: str) -> str:
    return next(line.strip() for line in text.splitlines() if line.strip())[:60]


def text_at(item: Item, *fields: str, limit: int = LONGEST_TEXT + 1) -> str:
    """The first of these fields that holds text, fit to be stored; "" for none."""
    found = next((item[name] for name in fields if isinstance(item.get(name), str) and item[name].strip()), "")
    return clean(found, limit)


def line_at(item: Item, *fields: str, limit: int) -> str:
    """Likewise, as one line."""
    return " ".join(text_at(item, *fields).split())[:limit]


def ours(item: Item) -> Draft:
    listed = item.get("variables")
    described = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return Draft(
        title=line_at(item, "title", limit=120),
        text=text_at(item, "text"),
        slug=line_at(item, "slug", limit=60),
        description=line_at(item, "description", limit=300),
        deployment=line_at(item, "deployment", limit=220),
        variables=[
            Variable(
                name=line_at(one, "name", limit=60),
                description=line_at(one, "description", limit=200),
                example=line_at(one, "example", limit=200),
            )
            for one in described[:MOST_VARIABLES]
        ],
    )


def open_webui(item: Item) -> Draft:
    return Draft(
        title=line_at(item, "title", "name", limit=120),
        text=text_at(item, "content"),
        slug=line_at(item, "command", limit=60).lstrip("/"),
    )


def librechat(item: Item) -> Draft:
    """A group with its production prompt, or the group and prompt of LibreChat's own create request."""
    group = item["group"] if isinstance(item.get("group"), dict) else item
    inner = next((item[name] for name in ("productionPrompt", "prompt") if isinstance(item.get(name), dict)), item)
    return Draft(
        title=line_at(group, "name", "title", limit=120),
        text=text_at(inner, "prompt"),
        slug=line_at(group, "command", limit=60).lstrip("/"),
        description=line_at(group, "oneliner", limit=300),
    )


def workbench(item: Item) -> Draft:
    """System prompt and messages as one text; a conversation of several turns says who speaks."""
    messages = [one for one in item["messages"] if isinstance(one, dict)]
    said = [(one.get("role"), text_of(one.get("content"))) for one in messages]
    speaker = {"assistant": "Claude: "} if len(said) == 1 else {"assistant": "Claude: ", "user": "User: "}
    parts = [text_of(item.get("system")), *(speaker.get(str(role), "") + text for role, text in said)]
    return Draft(
        title=line_at(item, "name", "title", limit=120),
        text="\n\n".join(part for part in parts if part.strip())[: LONGEST_TEXT + 1],
        description=line_at(item, "description", limit=300),
    )


def text_of(content: object) -> str:
    """Text of a message: a string, or blocks of text. Raises NotUnderstood for pictures, files and tools."""
    if isinstance(content, list):
        other = next((one for one in content if not isinstance(one, dict) or one.get("type") != "text"), None)
        if other is not None:
            kind = other.get("type") if isinstance(other, dict) else type(other).__name__
            raise NotUnderstood(_("it contains “%(kind)s”; only text can be saved.") % {"kind": clean(str(kind), 30)})
        return "\n\n".join(text_at(one, "text") for one in content)
    return clean(content, LONGEST_TEXT + 1) if isinstance(content, str) else ""


def is_librechat(item: Item) -> bool:
    return isinstance(item.get("productionPrompt"), dict) or ("prompt" in item and ("name" in item or "group" in item))


SHAPES: tuple[tuple[Callable[[Item], bool], Callable[[Item], Draft]], ...] = (
    (lambda item: isinstance(item.get("messages"), list), workbench),
    (is_librechat, librechat),
    (lambda item: isinstance(item.get("content"), str) and ("command" in item or "title" in item), open_webui),
    (lambda item: isinstance(item.get("text"), str) and "title" in item, ours),
)


def with_our_places(draft: Draft) -> Draft:
    """The same prompt with places as we write them; what the foreign ones said beside the name is kept with it."""
    known = {one["name"]: one for one in draft.variables}

    def ours_for(place: re.Match[str]) -> str:
        name, sign, more = re.sub(r"[^\w .-]+", " ", place[1]).strip(), place[2], place[3].strip()
        hint = PLACEHOLDER.search(more) if sign == "|" else None
        known.setdefault(
            name,
            Variable(
                name=name,
                description=more.replace("|", " | ")[:200] if sign == ":" else "",
                example=hint[1][:200] if hint else "",
            ),
        )
        return f"{{{{{name}}}}}"

    text = FOREIGN_PLACE.sub(ours_for, draft.text)
    return replace(draft, text=text, variables=list(known.values()))
