"""One line an event, whatever is in it; no secret, whatever way it came."""

from __future__ import annotations

import logging

import pytest

from console.web import logs
from console.web.logs import OneLine, never_write, redacted, safe

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiJ4In0.c2lnbmF0dXJl"


def line(message: str, *args: object, **extra: object) -> str:
    record = logging.LogRecord("console.test", logging.WARNING, __file__, 1, message, args, None)
    record.__dict__.update(extra)
    return OneLine().format(record)


@pytest.mark.parametrize(
    "text",
    [
        "a\nb",
        "a\r\nb",
        "a\x00b",
        "a\x1b[31mred",
        "a\x85b",
        "a\u2028b",
        "a\u2029b",
        "a\x7fb",
        "a\tb",
        "\x0b\x0c",
        "\x9b31m",
    ],
)
def test_no_text_makes_a_second_line_or_moves_a_terminal(text):
    written = line("said %s", text)
    assert len(written.splitlines()) == 1
    assert written.isprintable()


def test_ordinary_text_of_any_language_stays():
    assert line("한빛 파운드리: %d개, naïve – “ok” 👍", 3).endswith("한빛 파운드리: 3개, naïve – “ok” 👍")


def test_a_traceback_is_folded_into_its_line():
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        written = line("failed", exc_info=(type(error), error, error.__traceback__))
    assert len(written.splitlines()) == 1
    assert "ValueError: first\\nsecond" in written


def test_a_registered_secret_is_blanked_wherever_it_stands(monkeypatch):
    monkeypatch.setattr(logs, "_secrets", set())
    never_write("hunter2-hunter2", "short")
    assert "hunter2" not in line("GET /?q=hunter2-hunter2 by %s", "xhunter2-hunter2x")
    assert "short" in line("a short text")


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {JWT}",
        f"authorization=bearer {JWT}",
        "api-key: 0123456789abcdef0123456789abcdef",
        "'x-api-key': '0123456789abcdef0123456789abcdef'",
        "client_secret=0123456789abcdef&grant_type=x",
        "GET /signin/return/?code=0123456789abcdef.0123&state=x",
        'refresh_token": "0123456789abcdef"',
        "code_verifier=0123456789abcdef0123",
        f"access_token={JWT}",
        f"id_token: {JWT}",
    ],
)
def test_what_looks_like_a_secret_is_blanked(text):
    written = safe(text)
    assert "0123456789abcdef" not in written
    assert JWT not in written
    assert "[secret]" in written


@pytest.mark.parametrize("text", ["request-id req_011CQ", "code 429", "the code is short", "token count 12345678"])
def test_what_people_search_for_is_not_blanked(text):
    assert safe(text) == text


def test_a_line_names_the_request_it_belongs_to():
    token = logs.current.set("0192abc")
    try:
        assert "console.test [0192abc] hello" in line("hello")
    finally:
        logs.current.reset(token)
    assert "console.test hello" in line("hello")


@pytest.mark.parametrize(("status", "level", "traceback"), [(400, "warning", False), (500, "error", True)])
def test_what_a_browser_sent_wrong_is_no_error_with_a_traceback(status, level, traceback):
    try:
        raise ValueError("that host")
    except ValueError as error:
        exception = (type(error), error, error.__traceback__)
    record = logging.LogRecord("django.security.X", logging.ERROR, __file__, 1, "bad host", (), exception)
    record.__dict__["status_code"] = status
    assert logs.no_error_of_ours(record)
    written = OneLine().format(record)
    assert f" {level} " in written
    assert ("Traceback" in written) is traceback


def test_what_is_as_long_as_a_key_goes_and_where_a_role_is_missing_stays():
    group = "/subscriptions/6617d6e9-7de0-5035-8430-1de7d42b3275/resourceGroups/rg-contoso-production-eastus2"
    scope = f"{group}/providers/Microsoft.CognitiveServices/accounts/contoso-foundry"
    assert redacted(f"no authorization over scope '{scope}' or it is invalid") == (
        f"no authorization over scope '{scope}' or it is invalid"
    )
    key = "Ab1" * 28
    for text in (key, f"{group}/providers/{key}", f"/subscriptions/{key}", f"{group}{key}", f"key={key}", JWT):
        assert key not in redacted(text)
        assert JWT not in redacted(text)
        assert "[removed]" in redacted(text)
