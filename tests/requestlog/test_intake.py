from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.azure.errors import AzureError
from console.requestlog import applications, intake, rollup
from console.requestlog.calls import outcome_of
from console.requestlog.models import Application, HourlyRollup, RequestRecord, RollupProgress
from console.web.body import INTAKE, cap_for
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def key() -> str:
    return applications.add(make_user(("Admin",)), name="billing-bot", entra_app_id=None)[1]


def a_row(**changed: Any) -> dict[str, Any]:
    good = {
        "started_at": (timezone.now() - timedelta(minutes=3)).isoformat(),
        "resource": "contoso-ai",
        "deployment": "claude-steady",
        "apim_request_id": str(uuid4()),
        "request_id": f"req_{uuid4().hex[:22]}",
        "http_status": 200,
        "duration_ms": 1200,
        "input_tokens": 10,
        "output_tokens": 20,
    }
    return {name: value for name, value in {**good, **changed}.items() if value is not ...}


def send(body: object, key: str, kind: str = "application/json", **headers: str) -> Any:
    data = body if isinstance(body, bytes | str) else json.dumps(body)
    sent = {"Authorization": f"Bearer {key}", "Content-Type": kind, **headers}
    return Client().generic("POST", "/api/requests", data, content_type=kind, headers=sent)


def said(answer: Any) -> dict[str, Any]:
    return {"status": answer.status_code, **answer.json()}


def refusal(row: object, key: str) -> tuple[str, str]:
    answer = send([row], key)
    assert answer.status_code == 422
    assert RequestRecord.objects.count() == 0
    (one,) = answer.json()["refused"]
    assert one["index"] == 0
    return one["field"], one["message"]


def test_a_reported_call_is_a_row_that_support_finds(key):
    row = a_row(
        person="Ada", model="claude-opus-5-5", region="swedencentral", hosting="azure", stop_reason="end_turn",
        ttft_ms=300, client="billing-bot 3.1", api_version="2026-10-21", call_id=str(uuid4()), attempt=2,
    )  # fmt: skip
    assert said(send([row], key)) == {"status": 200, "accepted": 1, "known": 0, "refused": []}
    record = RequestRecord.objects.get()
    assert (record.source, record.application, record.outcome, record.state) == (
        "application", "billing-bot", "succeeded", "over",
    )  # fmt: skip
    for name in ("person", "model", "region", "ttft_ms", "client", "attempt", "output_tokens", "request_id"):
        assert getattr(record, name) == row[name]
    assert record.finished_at == record.started_at + timedelta(milliseconds=1200)
    support = signed_in_client(make_user(("Support",)))
    found = support.post(reverse("requestlog:list"), {"q": row["apim_request_id"].upper()}, follow=True)
    assert found.redirect_chain[-1][0] == reverse("requestlog:detail", args=[record.pk])
    assert "Application billing-bot" in found.text
    assert "billing-bot 3.1" in found.text
    assert "Browser" not in found.text


def test_every_field_is_kept_as_it_was_said(key):
    began = timezone.now() - timedelta(minutes=3, microseconds=7)
    row = a_row(
        started_at=began.isoformat(), finished_at=(began + timedelta(seconds=2)).isoformat(), http_status=529,
        resource='it\'s "50 %s"', deployment="배포\\n", model="{claude}", hosting="anthropic", subscription_id="sub",
        region="koreacentral", operation="count_tokens", person="O'Hara, 서연", client="$1 %(x)s", api_version="2026",
        call_id=str(uuid4()), attempt=7, message_id="msg_01", outcome="failed", error_type="overloaded_error",
        error_code="a/b", error_message='one \\ "quoted" 😀', retry_after=1.25,
        stop_reason="refusal", input_tokens=10**12, cache_creation_input_tokens=1, cache_read_input_tokens=2,
        output_tokens=3, thinking_tokens=0, headers_ms=4, ttft_ms=5,
    )  # fmt: skip
    assert row.keys() == intake.FIELDS.keys()
    assert said(send([row, a_row()], key))["accepted"] == 2
    record = RequestRecord.objects.get(request_id=row["request_id"])
    for name, value in row.items():
        kept = getattr(record, name)
        kept = kept.isoformat() if isinstance(kept, datetime) else kept
        assert kept == value if isinstance(value, int | float) else str(kept) == value, name
    assert (record.status_class, record.lease_until, record.prompt_print) == (5, None, "")
    bare = RequestRecord.objects.exclude(pk=record.pk).get()
    assert (bare.thinking_tokens, bare.retry_after, bare.message_id) == (None, None, "")


def test_json_lines_and_one_object_are_taken_too(key):
    lines = "\n".join(json.dumps(a_row()) for _ in range(3)) + "\n\n"
    assert said(send(lines, key, "application/x-ndjson"))["accepted"] == 3
    assert said(send(a_row(), key))["accepted"] == 1


def test_sending_it_again_changes_nothing(key):
    both, call = a_row(), str(uuid4())
    retried = [a_row(apim_request_id=..., request_id=..., call_id=call, attempt=number) for number in (1, 2)]
    rows = [both, a_row(apim_request_id=...), *retried]
    assert said(send(rows, key))["accepted"] == 4
    again = [{**both, "request_id": None, "apim_request_id": both["apim_request_id"].upper()}, *rows[1:], a_row()]
    assert said(send(again, key)) == {"status": 200, "accepted": 1, "known": 4, "refused": []}
    assert said(send([rows[1], rows[1]], key))["known"] == 2
    assert RequestRecord.objects.count() == 5


def test_two_applications_may_report_the_same_id(key):
    row, other = a_row(), applications.add(make_user(("Admin",)), name="other", entra_app_id=None)[1]
    assert [said(send([row], one))["accepted"] for one in (key, other, key)] == [1, 1, 0]


def test_rows_that_are_wrong_are_told_by_index_and_the_others_are_kept(key):
    answer = send([a_row(), a_row(deployment=...), "text", a_row(), a_row(attempt=0)], key)
    assert answer.status_code == 207
    assert (answer.json()["accepted"], RequestRecord.objects.count()) == (2, 2)
    assert [(one["index"], one["field"]) for one in answer.json()["refused"]] == [
        (1, "deployment"), (2, ""), (4, "attempt"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"prompt": "Hello"}, "prompt", "what was said or answered has no place in this log"),
        ({"messages": []}, "messages", "has no place"),
        ({"colour": 1}, "colour", "is no field of a request"),
        ({"started_at": "yesterday"}, "started_at", "must be a time with its zone"),
        ({"started_at": "2026-11-22T07:00:00"}, "started_at", "must be a time with its zone"),
        ({"started_at": "2999-01-01T00:00:00Z"}, "started_at", "lies in the future"),
        ({"started_at": "2020-01-01T00:00:00Z"}, "started_at", "lies more than 30 days back"),
        ({"started_at": "0001-01-01T00:00:00+14:00"}, "started_at", "between the years"),
        ({"finished_at": "2020-01-01T00:00:00Z"}, "finished_at", "lies before"),
        ({"resource": ""}, "resource", "is missing"),
        ({"deployment": "x" * 101}, "deployment", "at most 100 characters"),
        ({"model": "a\u0000b"}, "model", "must be one line of text"),
        ({"api_version": "1\n2"}, "api_version", "must be one line of text"),
        ({"error_message": "a\u0000b"}, "error_message", "must be text"),
        ({"apim_request_id": "<script>"}, "apim_request_id", "must be an ID"),
        ({"call_id": "1"}, "call_id", "must be a GUID"),
        ({"apim_request_id": None, "request_id": None}, "apim_request_id", "One of apim_request_id, request_id"),
        ({"http_status": None}, "outcome", "is needed, to tell how it ended"),
        ({"http_status": 99}, "http_status", "from 100 to 599"),
        ({"http_status": True}, "http_status", "whole number"),
        ({"input_tokens": 1.5}, "input_tokens", "whole number"),
        ({"input_tokens": 10**13}, "input_tokens", "whole number"),
        ({"outcome": "lost"}, "outcome", "must be one of succeeded, failed"),
        ({"retry_after": -1}, "retry_after", "seconds"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_name(key, changed, field, words):
    named, message = refusal(a_row(**changed), key)
    assert named == field
    assert words in message


@pytest.mark.parametrize(
    ("status", "error", "kind", "outcome"),
    [
        (529, {"error_type": "overloaded_error"}, "overloaded", "failed"),
        (429, {"error_code": "429", "error_message": "exceeded token rate limit"}, "rate-limited", "failed"),
        (404, {"error_code": "DeploymentNotFound"}, "deployment-not-found", "failed"),
        (401, {"error_code": "PermissionDenied"}, "missing-role", "failed"),
        (500, {}, "server-error", "unknown_billing"),
        (500, {"outcome": "failed"}, "server-error", "failed"),
        (503, {}, "unavailable", "failed"),
        (504, {}, "upstream-timeout", "unknown_billing"),
    ],
)
def test_an_error_gets_the_card_and_the_outcome_that_our_own_calls_get(key, status, error, kind, outcome):
    send([a_row(http_status=status, **error)], key)
    record = RequestRecord.objects.get()
    assert (record.kind, record.outcome) == (kind, outcome)
    if "outcome" not in error:
        own = outcome_of(AzureError("no", status=status, kind=kind))
        assert record.outcome == own


@pytest.mark.parametrize(("reason", "outcome"), [("end_turn", "succeeded"), ("refusal", "refused")])
def test_an_answer_without_an_outcome_tells_it_by_its_end(key, reason, outcome):
    send([a_row(stop_reason=reason)], key)
    assert RequestRecord.objects.get().outcome == outcome


def test_no_secret_is_kept_of_what_an_error_says(key):
    send([a_row(http_status=401, error_message="refused: Bearer abcdefghijklmnopqrstuvwxyz")], key)
    assert "abcdefghijk" not in RequestRecord.objects.get().error_message


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "The body is empty"),
        (b"{not json", 400, "Line 1 is not JSON"),
        (b'{"a": 1}\n{"b": ', 400, "Line 2 is not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (json.dumps([{}] * 1001), 400, "There are 1001 requests in it; one call takes 1000 at most"),
    ],
)
def test_what_cannot_be_read_takes_nothing(key, body, status, words):
    answer = send(body, key)
    assert answer.status_code == status
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(("kind", "headers"), [("text/plain", {}), ("application/json", {"Content-Encoding": "gzip"})])
def test_other_kinds_of_bodies_are_refused(key, kind, headers):
    assert send([a_row()], key, kind, **headers).status_code == 415


def test_only_who_is_known_may_report(key):
    person = signed_in_client(make_user(("Admin",)))
    assert person.post("/api/requests", "[]", content_type="application/json").status_code == 401
    for wrong in ("", "fcr_wrong", "not.a.token", key[:-1], f"{key}x"):
        answer = send([a_row()], wrong)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
    applications.revoke(make_user(("Admin",)), Application.objects.get())
    assert send([a_row()], key).status_code == 401
    assert RequestRecord.objects.count() == 0


def test_too_many_reports_in_a_minute_are_told_to_wait(key, monkeypatch):
    monkeypatch.setattr(applications, "MOST_A_MINUTE", 2)
    answers = [send([a_row()], key) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "30"


def test_a_body_may_hold_a_thousand_rows_and_no_more_than_its_cap():
    assert cap_for("/api/requests", 12_000_000) == INTAKE
    full = dict.fromkeys(("person", "client", "model", "resource", "deployment", "region"), "x" * 60)
    assert len(json.dumps([a_row(**full, error_message="x" * 600)] * 1000)) < INTAKE


def test_a_late_row_stands_in_its_place_and_its_hour_is_folded_again(key):
    now = datetime.now(UTC)
    for hours in (1, 3, 5):
        send([a_row(started_at=(now - timedelta(hours=hours)).isoformat())], key)
    rollup.roll_up(now)
    before = RollupProgress.objects.get(name="hours").folded_until
    late = a_row(started_at=(now - timedelta(hours=3)).isoformat(), output_tokens=7)
    send([late], key)
    assert RollupProgress.objects.get(name="hours").folded_until < before
    rollup.roll_up(now)
    assert RollupProgress.objects.get(name="hours").folded_until == before
    assert sum(HourlyRollup.objects.values_list("output_tokens", flat=True)) == 67
    order = RequestRecord.objects.order_by("pk").values_list("started_at", flat=True)
    assert list(order) == sorted(order)


def test_a_run_that_was_overtaken_leaves_the_late_hour_to_the_next(key, monkeypatch):
    now = datetime.now(UTC)
    send([a_row(started_at=(now - timedelta(hours=5)).isoformat())], key)
    rollup.roll_up(now)
    send([a_row(started_at=(now - timedelta(hours=2)).isoformat())], key)
    fold = rollup.fold

    def overtaken(hour: datetime) -> None:
        fold(hour)
        send([a_row(started_at=(now - timedelta(hours=4)).isoformat())], key)

    monkeypatch.setattr(rollup, "fold", overtaken)
    rollup.roll_up(now)
    monkeypatch.undo()
    rollup.roll_up(now)
    assert sum(HourlyRollup.objects.values_list("requests", flat=True)) == RequestRecord.objects.count()


def test_a_thousand_rows_cost_few_statements(key, django_assert_max_num_queries):
    from django.db import connection

    body = json.dumps([a_row() for _ in range(1000)])
    most = 60 if connection.vendor == "sqlite" else 8
    with django_assert_max_num_queries(most):
        assert send(body, key).json()["accepted"] == 1000


def test_each_application_is_seen_to_report(key):
    send([a_row()], key)
    reported = Application.objects.get().reported_at
    assert reported is not None
    assert timezone.now() - reported < timedelta(seconds=30)
    assert intake.MOST_ROWS == 1_000
