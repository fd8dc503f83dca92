from __future__ import annotations

import json
import logging

import pytest
from django.test import Client

from console.web import violations

REPORT = {
    "csp-report": {
        "document-uri": "https://console.example/requests/?q=secret",
        "effective-directive": "script-src",
        "blocked-uri": "https://evil.example/a.js?token=1",
    }
}


@pytest.fixture(autouse=True)
def fresh_allowance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(violations, "_allowance", violations.Allowance(3))


def send(body: object, kind: str = "application/csp-report") -> int:
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post("/csp-report", text, content_type=kind).status_code


@pytest.mark.django_db
def test_a_report_becomes_one_line_without_queries(caplog: pytest.LogCaptureFixture) -> None:
    assert send(REPORT) == 204
    (line,) = [record.getMessage() for record in caplog.records if record.name == violations.__name__]
    assert line == "csp: script-src refused https://evil.example/a.js on https://console.example/requests/"


@pytest.mark.django_db
def test_the_reporting_apis_list_is_understood(caplog: pytest.LogCaptureFixture) -> None:
    body = {"effectiveDirective": "img-src", "blockedURL": "inline", "documentURL": "https://console.example/"}
    assert send([{"type": "csp-violation", "body": body}], "application/reports+json") == 204
    assert "img-src refused inline" in caplog.text


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    ["", "nonsense", "[1, 2]", '{"csp-report": 3}', '{"csp-report": {"blocked-uri": ["x"]}}', b"\xff\xfe", "[" * 4000],
)
def test_what_is_no_report_is_taken_and_forgotten(body: str | bytes) -> None:
    assert send(body) == 204


@pytest.mark.django_db
def test_more_than_eight_kilobytes_are_refused() -> None:
    assert send(b" " * 8193) == 413


@pytest.mark.django_db
def test_a_flood_writes_only_so_many_lines(caplog: pytest.LogCaptureFixture) -> None:
    assert [send(REPORT) for _ in range(10)] == [204] * 10
    assert caplog.text.count("csp: ") == 3


@pytest.mark.django_db
def test_a_report_cannot_forge_a_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    from console.web.logs import OneLine

    record = logging.LogRecord("csp", logging.WARNING, "", 0, "csp: %s", ("a\nb\x1b[31m",), None)
    assert "\n" not in OneLine().format(record)


@pytest.mark.django_db
def test_reading_it_is_not_allowed() -> None:
    assert Client().get("/csp-report").status_code == 405
