"""Answers that are held to a JSON schema: shown laid out, with a word on whether they are JSON and fit the schema.

Checks the part of JSON Schema that structured outputs know (types, enum, const, properties, required, items, anyOf,
allOf, $ref into $defs); what it does not know it lets pass.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.safestring import SafeString, mark_safe

from console.playground.models import Exchange
from console.web.markdown import render

# More backquotes than any JSON has in a row outside of its strings, and most have inside.
FENCE = "`" * 40
DEEPEST = 40
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "boolean": (bool,), "null": (type(None),),
    "integer": (int,), "number": (int, float),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Structured:
    """`html` is the JSON laid out, "" when the answer is none; `wrong` is where it leaves the schema, "" nowhere."""

    html: SafeString
    is_json: bool
    wrong: str


def schema_of(exchange: Exchange) -> dict[str, Any] | None:
    output = exchange.settings.get("output_config")
    wanted = output.get("format") if isinstance(output, dict) else None
    schema = wanted.get("schema") if isinstance(wanted, dict) else None
    return schema if isinstance(schema, dict) else None


def of(exchange: Exchange) -> Structured | None:
    """What an answer with a schema is; None for one without, and for one that said nothing."""
    schema = schema_of(exchange)
    if schema is None or not exchange.answer.strip():
        return None
    try:
        value = json.loads(exchange.answer)
    except (ValueError, RecursionError):
        return Structured(mark_safe(""), is_json=False, wrong="")
    laid_out = json.dumps(value, ensure_ascii=False, indent=2)
    # The Markdown renderer is the one sanitiser.
    html = mark_safe(render(f"{FENCE}json\n{laid_out}\n{FENCE}"))  # noqa: S308
    return Structured(html, is_json=True, wrong=misfit(value, schema, schema))


def misfit(value: object, schema: object, root: dict[str, Any], path: str = "$", depth: int = 0) -> str:
    """The path of the first place where `value` does not fit `schema`; "" when it fits."""
    if schema is False or depth > DEEPEST:
        return path if schema is False else ""
    if not isinstance(schema, dict):
        return ""
    if isinstance(schema.get("$ref"), str):
        return misfit(value, named(schema["$ref"], root), root, path, depth + 1)
    if not is_of(value, schema):
        return path
    options = schema.get("anyOf") or schema.get("oneOf")
    if isinstance(options, list) and all(misfit(value, one, root, path, depth + 1) for one in options):
        return path
    every = schema.get("allOf")
    parts = [(value, one, path) for one in every] if isinstance(every, list) else []
    for inner, one, where in [*parts, *inside(value, schema, path)]:
        if wrong := misfit(inner, one, root, where, depth + 1):
            return wrong
    return missing(value, schema, path)


def is_of(value: object, schema: dict[str, Any]) -> bool:
    if "const" in schema and not same(value, schema["const"]):
        return False
    if isinstance(schema.get("enum"), list) and not any(same(value, one) for one in schema["enum"]):
        return False
    kinds = schema.get("type")
    names = kinds if isinstance(kinds, list) else [kinds] if isinstance(kinds, str) else []
    return not names or any(is_type(value, str(name)) for name in names)


def same(one: object, other: object) -> bool:
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def is_type(value: object, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, TYPES.get(name, (object,)))


def inside(value: object, schema: dict[str, Any], path: str) -> list[tuple[object, object, str]]:
    """The values inside of `value`, each with its schema and path."""
    if isinstance(value, dict):
        found = schema.get("properties")
        properties = found if isinstance(found, dict) else {}
        other = schema.get("additionalProperties", True)
        return [(one, properties.get(name, other), f"{path}.{name[:60]}") for name, one in value.items()]
    if isinstance(value, list) and "items" in schema:
        return [(one, schema["items"], f"{path}[{index}]") for index, one in enumerate(value)]
    return []


def missing(value: object, schema: dict[str, Any], path: str) -> str:
    required = schema.get("required")
    if not isinstance(value, dict) or not isinstance(required, list):
        return ""
    return next((f"{path}.{str(name)[:60]}" for name in required if name not in value), "")


def named(reference: str, root: dict[str, Any]) -> object:
    """What `#/$defs/name` stands for; anything is allowed where it leads nowhere."""
    found: object = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        found = found.get(part.replace("~1", "/").replace("~0", "~"), True) if isinstance(found, dict) else True
    return found
