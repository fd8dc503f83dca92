"""Whatever is asked, the sandbox refuses or answers; it never breaks."""

from __future__ import annotations

import contextlib
import copy
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.sandbox import catalog, events, validation
from console.sandbox.caching import PromptCache
from console.sandbox.plan import make_plan
from console.sandbox.prompt import Prompt
from console.sandbox.scenes import EVERY, Scene
from console.sandbox.streaming import token_events
from console.sandbox.wire import Refused
from tests.sandbox.test_validation import PNG, RESULT, TOOL, USE

BODY: dict[str, Any] = {
    "model": "claude-steady",
    "max_tokens": 300,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    "metadata": {"user_id": "b6c1"},
    "thinking": {"type": "adaptive", "display": "omitted"},
    "output_config": {"effort": "high", "format": {"type": "json_schema", "schema": {"type": "object"}}},
    "tools": [{**TOOL, "input_schema": {"properties": {"a": {"type": "array", "items": {"enum": [1]}}}}}],
    "tool_choice": {"type": "auto"},
    "stop_sequences": ["END"],
    "cache_control": {"type": "ephemeral"},
    "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Explain tides."}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Yes"}, USE]},
        {"role": "user", "content": [RESULT]},
        {"role": "assistant", "content": "Done"},
        {
            "role": "user",
            "content": [
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
                {"type": "document", "title": "a", "source": {"type": "text", "data": "x", "media_type": "text/plain"}},
                {"type": "text", "text": "And in winter?"},
            ],
        },
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["any", "text"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "text", "x"]), inner),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value, as the keys that lead there."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))][0 if path else 1 :]


def replaced(place: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    inside: Any = body
    for key in place[:-1]:
        inside = inside[key]
    inside[place[-1]] = value
    return body


def ask(body: dict[str, Any], scene: Scene) -> bytes:
    """What the data plane does with a request once the deployment is known."""
    model = catalog.find("claude-sonnet-5-5")
    assert model is not None
    validation.check(body, model, "2026-10-21", counting=False, may_continue=scene.pauses, hosted_by_azure=False)
    prompt = Prompt(body)
    assert prompt.input_tokens > 0
    plan = make_plan(prompt, scene, model, PromptCache().use(prompt.breakpoints()))
    json.loads(events.compact(events.whole_message(plan)))
    return b"".join(token_events(plan))


def test_the_body_that_is_varied_is_itself_accepted() -> None:
    assert b"message_start" in ask(copy.deepcopy(BODY), EVERY[0])


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.sampled_from(places(BODY)), value=JSON, scene=st.sampled_from([one for one in EVERY if not one.refuse]))
def test_any_value_anywhere_is_refused_or_answered(place: tuple[Any, ...], value: Any, scene: Scene) -> None:
    with contextlib.suppress(Refused):
        assert ask(replaced(place, value), scene).endswith(b"\n\n")
