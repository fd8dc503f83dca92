"""The no-double-billing rule as a table: status x phase x header x attempt."""

from __future__ import annotations

from itertools import product
from typing import Any

import httpx
import pytest

from console.azure.error_bodies import answer_error
from console.azure.errors import KINDS, AzureError, Phase, Unreachable
from console.azure.headers import Circumstances
from console.azure.retry import may_refresh_token, parse_retry_after, pause_before_retry

STATUSES = (400, 401, 402, 403, 404, 408, 409, 410, 413, 418, 422, 429, 500, 502, 503, 504, 529, 600)
HEADERS: dict[str, float | None] = {"": None, "7": 7.0, "60": 60.0, "61": None, "0": None, "86400": None, "nan": None}
RETRIED = {429, 503, 529}
NOW = 1_795_000_000.0


def http_error(status: int, retry_after: str = "", phase: Phase = "headers") -> AzureError:
    headers = httpx.Headers({"retry-after": retry_after} if retry_after else {})
    return answer_error(status, b"", Circumstances(headers, phase=phase))


@pytest.mark.parametrize(("status", "header"), list(product(STATUSES, HEADERS)))
def test_an_answer_is_retried_only_if_it_means_not_started_and_says_when(status: int, header: str) -> None:
    pause = pause_before_retry(http_error(status, header), 1, now=NOW)
    wait = HEADERS[header]
    if status in RETRIED and wait is not None:
        assert pause is not None
        assert wait <= pause <= wait + 1
    else:
        assert pause is None


@pytest.mark.parametrize(("status", "phase"), list(product((200, 429, 500, 503, 529), ("stream", "send"))))
def test_nothing_is_retried_once_the_stream_runs_or_the_request_may_be_out(status: int, phase: Phase) -> None:
    error = AzureError(status=status, retry_after=5, phase=phase)
    assert pause_before_retry(error, 1, now=NOW) is None


@pytest.mark.parametrize("kind", [kind for kind, error in KINDS.items() if issubclass(error, Unreachable)])
def test_a_connection_that_never_carried_the_request_is_tried_again(kind: str) -> None:
    error = KINDS[kind](kind=kind, phase="connect")
    pauses = [pause_before_retry(error, attempt, now=NOW) for attempt in (1, 2, 3, 4)]
    assert all(pause is not None and 0.25 <= pause <= 1 for pause in pauses[:2])
    assert pauses[2:] == [None, None]


@pytest.mark.parametrize(("kind", "phase"), list(product(KINDS, ("connect", "send", "headers", "stream"))))
def test_every_kind_has_its_rule(kind: str, phase: Phase) -> None:
    """Without a status that asks for it, only an Unreachable that sent nothing is tried again."""
    error = KINDS[kind](kind=kind, phase=phase, retry_after=5)
    pause = pause_before_retry(error, 1, now=NOW)
    assert (pause is not None) == (phase == "connect" and isinstance(error, Unreachable))


@pytest.mark.parametrize("attempt", [0, -1, 3, 4, 100])
def test_at_most_two_retries(attempt: int) -> None:
    assert pause_before_retry(http_error(429, "5"), attempt, now=NOW) is None


def test_a_spend_limit_is_not_hammered() -> None:
    body = (
        b'{"type":"error","error":{"type":"rate_limit_error","details":{"error_code":"enforced_spend_limit_reached"}}}'
    )
    error = answer_error(429, body, Circumstances(httpx.Headers({"retry-after": "5"})))
    assert error.kind == "spend-limit"
    assert pause_before_retry(error, 1, now=NOW) is None


def test_callers_that_failed_together_do_not_come_back_together() -> None:
    pauses = {pause_before_retry(http_error(429, "5"), 1, now=NOW + n * 0.00037) for n in range(50)}
    assert len(pauses) > 40


@pytest.mark.parametrize(
    ("kind", "status", "attempt", "allowed"),
    [
        ("expired-token", 401, 1, True),
        ("bad-token", 401, 1, True),
        ("wrong-audience", 401, 1, True),
        ("sign-in-needed", 401, 1, True),
        ("expired-token", 401, 2, False),
        ("bad-key", 401, 1, False),
        ("no-key", 401, 1, False),
        ("claims-challenge", 401, 1, False),
        ("identity-missing", None, 1, False),
        ("missing-role", 401, 1, False),
        ("forbidden", 403, 1, False),
    ],
)
def test_a_refused_token_is_renewed_once(kind: str, status: int | None, attempt: int, allowed: bool) -> None:
    error = KINDS[kind](kind=kind, status=status)
    assert may_refresh_token(error, attempt) is allowed


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "7.5"}, 7.5),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1e9"}, 1e9),
        ({"retry-after": "3600"}, 3600.0),
        ({"retry-after": "86400"}, 86400.0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "-inf"}, None),
        ({"retry-after": "1e400"}, None),
        ({"retry-after": "1" * 400}, None),
        ({"retry-after": "７"}, None),
        ({"retry-after": "1_000"}, None),
        ({"retry-after": "0x10"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "7, 7"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "\x00"}, None),
        ({"retry-after": "Wed, 18 Nov 2026 10:13:37 GMT"}, 17.0),
        ({"retry-after": "Wed, 18 Nov 2026 10:13:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 18 Nov 2026 10:13:37 +0100"}, 0.0),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "Wed, 99 Nov 2026 10:13:37 GMT"}, None),
        ({"retry-after": "Wed, 18 Nov 99999999 10:13:37 GMT"}, None),
        ({"retry-after": "x" * 1_000_000}, None),
    ],
)
def test_retry_after_is_read_as_sent_and_finite(headers: dict[str, str], expected: float | None) -> None:
    assert parse_retry_after(headers, 1_794_996_800.0) == expected


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(STATUSES) * len(HEADERS) + len(KINDS) * 4 >= 120


def test_retry_after_of_an_answer_is_kept_uncapped() -> None:
    headers: Any = httpx.Headers({"retry-after": "86400"})
    assert answer_error(429, b"", Circumstances(headers)).retry_after == 86400.0
