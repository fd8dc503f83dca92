"""What engineers may give Claude beside words: tools of their own, a schema for the answer, tools of the hosting.

Sources: azure-facts 2.2 and 2.3 (`tools`, `tool_choice`, `output_config.format`), 1.10 (what a hosting has).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from console.azure.models import accepts
from console.inventory.models import Deployment
from console.playground import rules

MOST_TOOLS = 20
# Characters of JSON that one field takes.
LONGEST = 60_000
DEEPEST = 20
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
TOOL_FIELDS = ("name", "description", "input_schema", "strict", "input_examples")
# How often Claude may use one server tool in one answer: each use is billed apart from tokens.
MOST_USES = 5


@dataclass(frozen=True, slots=True)
class ServerTool:
    """A tool that runs where Claude runs: what is sent for it, and what people read."""

    name: str
    label: Promise
    body: dict[str, object]


# The oldest version of each is the one every source names. Source: azure-facts 2.2, anthropic 2.12 (types/*_param.py).
SERVER_TOOLS: dict[str, ServerTool] = {
    tool.name: tool
    for tool in (
        ServerTool(
            "web_search", gettext_lazy("Search the web"), {"type": "web_search_20250305", "max_uses": MOST_USES}
        ),
        ServerTool("web_fetch", gettext_lazy("Read web pages"), {"type": "web_fetch_20250910", "max_uses": MOST_USES}),
        ServerTool("code_execution", gettext_lazy("Run code"), {"type": "code_execution_20250825"}),
    )
}


class NotTaken(Exception):
    """What was typed cannot be used; `words` is the sentence for the person."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


# ---- What people type ----


def written(text: str) -> Any:
    """The JSON somebody typed; None for an empty field. Raises NotTaken with the line where it goes wrong."""
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise NotTaken(_("This JSON is too long: at most %(most)s characters.") % {"most": f"{LONGEST:,}"})
    try:
        value = json.loads(text, parse_constant=no_number)
    except json.JSONDecodeError as fault:
        place = {"line": fault.lineno, "column": fault.colno}
        raise NotTaken(_("This is no JSON: see line %(line)d, column %(column)d.") % place) from None
    except (ValueError, RecursionError):
        raise NotTaken(_("This is no JSON.")) from None
    if not is_storable(text, value):
        raise NotTaken(_("This JSON is nested too deep or holds characters that cannot be kept."))
    return value


def no_number(constant: str) -> object:
    raise ValueError(constant)


def is_storable(text: str, value: object, depth: int = 0) -> bool:
    if depth > DEEPEST or (
        not depth and ("\x00" in text or "\\u0000" in text or re.search(r"\\u[dD][89a-fA-F]", text))
    ):
        return False
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return all(is_storable("", one, depth + 1) for one in inner)


def tools_of(text: str) -> list[dict[str, Any]]:
    """The tools of a field: a list of them, or one alone. Raises NotTaken, naming the first that is wrong."""
    value = written(text)
    tools = value if isinstance(value, list) else [] if value is None else [value]
    if len(tools) > MOST_TOOLS:
        raise NotTaken(_("At most %(most)d tools.") % {"most": MOST_TOOLS})
    for number, tool in enumerate(tools, 1):
        check_tool(number, tool)
    names = [tool["name"] for tool in tools]
    if twice := [name for name in names if names.count(name) > 1]:
        raise NotTaken(_("Two tools are called “%(name)s”. Each needs a name of its own.") % {"name": twice[0]})
    return tools


def check_tool(number: int, tool: object) -> None:
    which = {"number": number}
    if not isinstance(tool, dict):
        raise NotTaken(_('Tool %(number)d is no object: write {"name": …, "input_schema": …}.') % which)
    name = tool.get("name")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise NotTaken(_("Tool %(number)d needs a “name” of 1 to 64 letters, digits, _ and -.") % which)
    if name in SERVER_TOOLS:
        raise NotTaken(_("“%(name)s” is the name of a tool of the hosting. Choose another one.") % {"name": name})
    if strange := [key for key in tool if key not in TOOL_FIELDS]:
        facts = {"name": name, "field": str(strange[0])[:60], "known": ", ".join(TOOL_FIELDS)}
        raise NotTaken(_("Tool “%(name)s” has a field “%(field)s”. It may have %(known)s.") % facts)
    if not isinstance(tool.get("description", ""), str):
        raise NotTaken(_("The “description” of tool “%(name)s” has to be text.") % {"name": name})
    schema = tool.get("input_schema")
    if not isinstance(schema, dict) or schema.get("type") != "object":
        words = _("Tool “%(name)s” needs an “input_schema”: a JSON schema whose “type” is “object”.")
        raise NotTaken(words % {"name": name})


def schema_of(text: str) -> dict[str, Any] | None:
    """The answer's schema of a field; None for an empty one. Raises NotTaken."""
    value = written(text)
    if value is None:
        return None
    if not isinstance(value, dict) or not value:
        raise NotTaken(_('The answer’s schema has to be a JSON object, such as {"type": "object", …}.'))
    if value.get("type") == "object" and value.get("additionalProperties") is not False:
        raise NotTaken(_('Add "additionalProperties": false to the answer’s schema: Claude is held to exactly it.'))
    return value


def choice_of(text: str, tools: list[dict[str, Any]]) -> str:
    """Which tool Claude may or must call: "", "any", "none" or "tool:" and a name. Raises NotTaken."""
    if not tools or text in ("", "auto"):
        return ""
    if text in ("any", "none"):
        return text
    name = text.removeprefix("tool:")
    if name == text or name not in [tool["name"] for tool in tools]:
        raise NotTaken(_("There is no tool “%(name)s” to choose.") % {"name": name[:64]})
    return text


def shown(value: object) -> str:
    """JSON as it stands in a field."""
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


# ---- What a deployment can do ----


def has_structured(deployment: Deployment) -> bool:
    """Whether answers can be held to a schema: as an administrator says, else as the hosting has it.

    Anthropic's page says that models hosted on Azure refuse it, Microsoft's that they take it (azure-facts 1.10).
    """
    ability = rules.ability(deployment.pk)
    if ability is not None and ability.structured is not None:
        return ability.structured
    return deployment.hosting != "azure"


def server_tools(deployment: Deployment | None) -> list[ServerTool]:
    """The server tools an administrator has allowed on this deployment; none until somebody has."""
    ability = rules.ability(deployment.pk) if deployment else None
    return [SERVER_TOOLS[name] for name in (ability.server_tools if ability else ()) if name in SERVER_TOOLS]


def objection(deployment: Deployment, how: Mapping[str, Any]) -> str:
    """Why this deployment cannot do what these settings (ask.Settings as a dict) ask for; "" when it can."""
    facts = {"deployment": deployment.name}
    choice = how["tool_choice"]
    if how["answer_schema"] and not has_structured(deployment):
        return _(
            "%(deployment)s is hosted on Azure, which takes no schema for the answer. Choose a deployment that is "
            "hosted on Anthropic, clear the schema, or ask an administrator to allow it in the guard rails."
        ) % facts  # fmt: skip
    if how["tools"] and (choice == "any" or choice.startswith("tool:")) and not accepts(deployment.model).forced_tools:
        return _(
            "The model of %(deployment)s cannot be made to call a tool. Let Claude decide, or choose another "
            "deployment."
        ) % facts  # fmt: skip
    allowed = [tool.name for tool in server_tools(deployment)]
    if wanted := [SERVER_TOOLS[name] for name in how["server_tools"] if name in SERVER_TOOLS and name not in allowed]:
        return _(
            "“%(tool)s” is not allowed on %(deployment)s. Switch it off in the settings, or choose another deployment."
        ) % {**facts, "tool": wanted[0].label}
    return ""


# ---- What is sent ----


def body_of(how: Mapping[str, Any]) -> dict[str, object]:
    """The fields of a request for tools (azure-facts 2.2); empty without any."""
    hosted = [SERVER_TOOLS[name] for name in how["server_tools"] if name in SERVER_TOOLS]
    tools = [*how["tools"], *({"name": tool.name, **tool.body} for tool in hosted)]
    if not tools:
        return {}
    choice = how["tool_choice"] if how["tools"] else ""
    if not choice:
        return {"tools": tools}
    kind, _colon, name = choice.partition(":")
    return {"tools": tools, "tool_choice": {"type": kind, "name": name} if name else {"type": kind}}
