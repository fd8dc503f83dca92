"""The usage fields of prompt caching, over the wire."""

from __future__ import annotations

from typing import Any

import httpx

from console.sandbox.caching import Breakpoint, PromptCache
from tests.sandbox.test_data_plane import post
from tests.sandbox_process import SandboxProcess

LONG = "You answer questions about bridges. " * 80


def system(ttl: str = "5m", text: str = LONG) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": ttl}}]


def usage(answer: httpx.Response) -> tuple[int, int, int]:
    found = answer.json()["usage"]
    return found["input_tokens"], found["cache_creation_input_tokens"], found["cache_read_input_tokens"]


def test_the_second_identical_prefix_is_read(sandbox: SandboxProcess, web: httpx.Client) -> None:
    plain, written, read = usage(post(sandbox, web, system=system()))
    assert (written > 500, read) == (True, 0)
    again = usage(post(sandbox, web, system=system(), messages=[{"role": "user", "content": "Another question"}]))
    assert again[1:] == (0, written)
    assert usage(post(sandbox, web, system=LONG)) == (plain + written, 0, 0)


def test_another_prefix_is_written_anew(sandbox: SandboxProcess, web: httpx.Client) -> None:
    post(sandbox, web, system=system())
    assert usage(post(sandbox, web, system=system(text=LONG + "Be brief.")))[2] == 0


def test_another_deployment_does_not_share_the_cache(sandbox: SandboxProcess, web: httpx.Client) -> None:
    post(sandbox, web, system=system())
    assert usage(post(sandbox, web, model="claude-haiku-5-5", system=system()))[2] == 0


def test_an_hour_is_counted_apart(sandbox: SandboxProcess, web: httpx.Client) -> None:
    created = post(sandbox, web, system=system("1h")).json()["usage"]["cache_creation"]
    assert created["ephemeral_1h_input_tokens"] > 500
    assert created["ephemeral_5m_input_tokens"] == 0


def test_a_mark_on_the_request_caches_the_whole_conversation(sandbox: SandboxProcess, web: httpx.Client) -> None:
    automatic = {"cache_control": {"type": "ephemeral"}, "system": LONG}
    first = [{"role": "user", "content": "hello there, bridge"}]
    _, written, _ = usage(post(sandbox, web, messages=first, **automatic))
    assert written > 500
    assert usage(post(sandbox, web, messages=first, **automatic))[1:] == (0, written)


def test_a_conversation_that_goes_on_reads_what_was_kept(sandbox: SandboxProcess, web: httpx.Client) -> None:
    automatic = {"cache_control": {"type": "ephemeral"}, "system": LONG}
    first = [{"role": "user", "content": "hello there, bridge"}]
    _, written, _ = usage(post(sandbox, web, messages=first, **automatic))
    longer = [*first, {"role": "assistant", "content": "Hello."}, {"role": "user", "content": "And a tunnel?"}]
    _, more, read = usage(post(sandbox, web, messages=longer, **automatic))
    assert read == written
    assert 0 < more < 20


def test_a_longer_prefix_reads_the_shorter_and_writes_the_rest() -> None:
    cache = PromptCache()
    short, long = Breakpoint("a", 100, 300), Breakpoint("b", 250, 300)
    cache.use([short])
    used = cache.use([short, long])
    assert (used.read, used.written_5m) == (100, 150)
    assert cache.use([short, long]).read == 250
