"""What the Messages API refuses with 400, in its words.

Source: azure-facts 2.1-2.3, 1.10
"""

from __future__ import annotations

from typing import Any

from console.sandbox import message_checks
from console.sandbox.catalog import Model
from console.sandbox.wire import JSON, invalid

VERSIONS = ("2023-06-01", "2026-10-21")
NEWEST = "2026-10-21"
SAMPLING = ("temperature", "top_p", "top_k")
COUNTED = frozenset(
    ("model", "messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control")
    + ("context_management", "mcp_servers")
)
KNOWN = COUNTED | frozenset(
    ("max_tokens", "stream", "stop_sequences", "metadata", "service_tier", "inference_geo", "container", "diagnostics")
)
SHAPES: dict[str, tuple[type | tuple[type, ...], str]] = {
    "stream": (bool, "boolean"),
    "system": ((str, list), "string or list"),
    "metadata": (dict, "dictionary"),
    "thinking": (dict, "dictionary"),
    "output_config": (dict, "dictionary"),
    "cache_control": (dict, "dictionary"),
    "tools": (list, "list"),
    "tool_choice": (dict, "dictionary"),
    "stop_sequences": (list, "list"),
}
TOOL_CHOICES = ("auto", "any", "tool", "none")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
MOST_MESSAGES = 100_000


def check_version(version: str) -> None:
    if not version:
        raise invalid("anthropic-version: header is required")
    if version not in VERSIONS:
        raise invalid(f'anthropic-version: "{version[:40]}" is not a valid version')


def check(body: JSON, model: Model, version: str, *, counting: bool, may_continue: bool, hosted_by_azure: bool) -> None:
    """Raises the first refusal. `may_continue`: a paused turn may come back as the last message."""
    check_fields(body, model, version, counting=counting)
    if not counting:
        check_max_tokens(body, model)
    check_messages(body, version, hosted_by_azure=hosted_by_azure)
    if body["messages"][-1]["role"] == "assistant" and not model.prefill and not may_continue:
        raise invalid(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    check_thinking(body, model)
    check_effort(body, model)
    check_format(body, hosted_by_azure=hosted_by_azure)
    check_tools(body, model, hosted_by_azure=hosted_by_azure)


def check_fields(body: JSON, model: Model, version: str, *, counting: bool) -> None:
    for name in SAMPLING:
        if body.get(name) is not None:
            check_sampling(name, body[name], model, version)
    known = COUNTED if counting else KNOWN
    for name in body:
        if name not in known and name not in SAMPLING:
            raise invalid(f"{name[:60]}: Extra inputs are not permitted")
    for name, (shape, called) in SHAPES.items():
        if body.get(name) is not None and not isinstance(body[name], shape):
            raise invalid(f"{name}: Input should be a valid {called}")
    stops = body.get("stop_sequences") or []
    if not all(isinstance(one, str) and one.strip() for one in stops):
        raise invalid("stop_sequences: each stop sequence must contain non-whitespace")
    user = (body.get("metadata") or {}).get("user_id")
    if user is not None and (not isinstance(user, str) or len(user) > 256 or "@" in user):
        raise invalid("metadata.user_id: should be an opaque identifier of at most 256 characters")


def check_sampling(name: str, value: Any, model: Model, version: str) -> None:
    if version == NEWEST:
        raise invalid(f"{name}: Extra inputs are not permitted")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise invalid(f"{name}: Input should be a valid number")
    if not model.sampling and (name == "top_k" or value != 1):
        raise invalid(f"`{name}` may only be set to its default for this model.")


def check_max_tokens(body: JSON, model: Model) -> None:
    value = body.get("max_tokens")
    if value is None:
        raise invalid("max_tokens: Field required")
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid("max_tokens: Input should be a valid integer")
    if value < 0:
        raise invalid("max_tokens: must be greater than or equal to 0")
    if value > model.most_output:
        limit = f"{value} > {model.most_output}, which is the maximum allowed number of output tokens for {model.name}"
        raise invalid(f"max_tokens: {limit}")


def check_messages(body: JSON, version: str, *, hosted_by_azure: bool) -> None:
    messages = body.get("messages")
    if messages is None:
        raise invalid("messages: Field required")
    if not isinstance(messages, list):
        raise invalid("messages: Input should be a valid list")
    if not messages:
        raise invalid("messages: at least one message is required")
    if len(messages) > MOST_MESSAGES:
        raise invalid(f"messages: List should have at most {MOST_MESSAGES} items")
    strict = version == NEWEST
    for number, message in enumerate(messages):
        message_checks.check_message(number, message, strict=strict, hosted_by_azure=hosted_by_azure)
    if messages[0]["role"] != "user":
        raise invalid('messages: first message must use the "user" role')
    message_checks.check_tool_pairs(messages)
    system = body.get("system")
    if isinstance(system, list):
        message_checks.check_system(system)


def check_thinking(body: JSON, model: Model) -> None:
    thinking = body.get("thinking")
    if thinking is None:
        return
    mode = thinking.get("type")
    if mode not in ("adaptive", "enabled", "disabled", "between_tools"):
        raise invalid("thinking: Input tag must be one of 'adaptive', 'enabled', 'disabled', 'between_tools'")
    if mode == "between_tools":
        mode = "adaptive"
    if mode not in model.thinking:
        raise invalid(unsupported_thinking(mode))
    if mode == "enabled":
        check_budget(thinking.get("budget_tokens"), body.get("max_tokens"))
    if mode == "disabled" and body_effort(body) in ("xhigh", "max"):
        raise invalid('"thinking.type.disabled" is not supported with an effort above high for this model.')


def unsupported_thinking(mode: str) -> str:
    if mode == "adaptive":
        return "adaptive thinking is not supported on this model"
    if mode == "disabled":
        return '"thinking.type.disabled" is not supported for this model.'
    return (
        '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and '
        '"output_config.effort" to control thinking behavior.'
    )


def check_budget(budget: Any, max_tokens: Any) -> None:
    if not isinstance(budget, int) or isinstance(budget, bool):
        raise invalid("thinking.enabled.budget_tokens: Field required")
    if budget < 1024:
        raise invalid("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")
    if isinstance(max_tokens, int) and budget >= max_tokens:
        raise invalid("`max_tokens` must be greater than `thinking.budget_tokens`.")


def body_effort(body: JSON) -> str:
    return str((body.get("output_config") or {}).get("effort") or "")


def check_effort(body: JSON, model: Model) -> None:
    effort = body_effort(body)
    if not effort:
        return
    if effort not in EFFORTS:
        raise invalid("output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")
    if effort not in model.efforts:
        raise invalid(f"output_config.effort: '{effort}' is not supported for this model.")


def check_format(body: JSON, *, hosted_by_azure: bool) -> None:
    """Structured output; for models hosted on Azure the stricter of two pages counts (azure-facts 1.10)."""
    wanted = (body.get("output_config") or {}).get("format")
    if wanted is None:
        return
    if hosted_by_azure:
        raise invalid("output_config.format: structured outputs are not supported for models hosted on Azure.")
    if not isinstance(wanted, dict) or not isinstance(wanted.get("schema"), dict):
        raise invalid("output_config.format.schema: Input should be a valid dictionary")
    if wanted.get("type") != "json_schema":
        raise invalid("output_config.format.type: Input should be 'json_schema'")


def check_tools(body: JSON, model: Model, *, hosted_by_azure: bool) -> None:
    tools = body.get("tools") or []
    for number, tool in enumerate(tools):
        check_tool(number, tool, hosted_by_azure=hosted_by_azure)
    choice = body.get("tool_choice")
    if choice is None:
        return
    kind = choice.get("type")
    if kind not in TOOL_CHOICES:
        raise invalid("tool_choice: Input tag must be one of 'auto', 'any', 'tool', 'none'")
    if not tools:
        raise invalid("tool_choice: may only be specified while providing tools.")
    if kind in ("any", "tool") and not model.forced_tools:
        raise invalid(f'tool_choice: "{kind}" is not supported for this model.')
    if kind == "tool" and choice.get("name") not in [tool["name"] for tool in tools]:
        raise invalid(f"Tool '{str(choice.get('name'))[:60]}' not found in provided tools")


def check_tool(number: int, tool: Any, *, hosted_by_azure: bool) -> None:
    if not isinstance(tool, dict):
        raise invalid(f"tools.{number}: Input should be a valid dictionary")
    if not isinstance(tool.get("name"), str) or not tool["name"]:
        raise invalid(f"tools.{number}.name: Field required")
    if tool.get("type", "custom") == "custom" and not isinstance(tool.get("input_schema"), dict):
        raise invalid(f"tools.{number}.custom.input_schema: Field required")
    if tool.get("type", "custom") != "custom" and hosted_by_azure:
        raise invalid(f"tools.{number}: '{str(tool['type'])[:60]}' is not supported for models hosted on Azure.")
