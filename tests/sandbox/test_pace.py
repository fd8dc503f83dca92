"""Streams are paced, arrive event by event, and stop when nobody listens."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.sandbox.test_data_plane import AI, VERSION
from tests.sandbox_process import SandboxProcess

QUESTION = [{"role": "user", "content": "Explain how a bridge carries its load, and why some fail."}]


def request_of(sandbox: SandboxProcess, model: str = "claude-steady", **changed: Any) -> dict[str, Any]:
    body = {"model": model, "max_tokens": 4000, "messages": QUESTION, "stream": True, **changed}
    headers = {"Authorization": f"Bearer {sandbox.token(AI)}", **VERSION}
    return {"method": "POST", "url": sandbox.foundry() + "v1/messages", "json": body, "headers": headers}


def wait_for(sandbox: SandboxProcess, **streams: int) -> None:
    until = time.monotonic() + 3
    while time.monotonic() < until:
        if all(sandbox.counters()["streams"].get(name) == count for name, count in streams.items()):
            return
        time.sleep(0.02)
    pytest.fail(f"{sandbox.counters()['streams']} is not {streams}")


def test_tokens_come_one_by_one_at_the_set_rate(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("speed", tokens_per_second=50, first_token=0.2)
    began = time.monotonic()
    with web.stream(**request_of(sandbox, max_tokens=50)) as answer:
        assert time.monotonic() - began < 0.15
        arrivals = [time.monotonic() - began for part in answer.iter_raw() if b"text_delta" in part]
    assert len(arrivals) >= 45
    assert 0.2 < arrivals[0] < 0.4
    assert 1.1 < arrivals[-1] < 1.6


def test_a_whole_message_takes_as_long_as_its_stream(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("speed", tokens_per_second=100, first_token=0.1)
    began = time.monotonic()
    web.request(**request_of(sandbox, max_tokens=40, stream=False))
    assert 0.5 < time.monotonic() - began < 0.9


def test_leaving_stops_the_work(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("speed", tokens_per_second=200, first_token=0)
    with web.stream(**request_of(sandbox, "claude-long")) as answer:
        next(answer.iter_raw())
    wait_for(sandbox, opened=1, abandoned=1)
    sent = sandbox.counters()["tokens"]["output"]
    time.sleep(0.2)
    assert sandbox.counters()["tokens"]["output"] == sent < 200


@pytest.mark.parametrize("tempo", [{"tokens_per_second": -1}, {"first_token": "soon"}, {"tokens_per_second": 1e9}])
def test_a_senseless_tempo_is_refused(sandbox: SandboxProcess, tempo: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="error"):
        sandbox.switch("speed", **tempo)
