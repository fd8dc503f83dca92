"""What is known of an attempt whose process dies: everything Azure had told, and how long it lived."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from console.azure.shapes import CorrelationIds, MessageChanged, MessageStarted, Opened, TextDelta, Usage
from console.playground.answer import Answer
from console.requestlog import recorder
from console.requestlog.calls import Attempt
from console.requestlog.models import Outcome, RequestRecord, State
from console.requestlog.recorder import Facts, Told

pytestmark = pytest.mark.django_db


def begun() -> RequestRecord:
    """An attempt whose headers are there."""
    pk = recorder.open_attempt(
        Facts("playground", "contoso", "claude-long", model="claude-sonnet-5-5"), call_id=uuid4()
    )
    recorder.note_headers(pk, status=200, ids=CorrelationIds("req_1", "apim-1"), headers_ms=40)
    return RequestRecord.objects.get(pk=pk)


def told(record: RequestRecord, **changed: object) -> Told:
    facts = {"message_id": "msg_1", "model": "claude-opus-5-5", "usage": Usage(11, output_tokens=1), "ttft_ms": 52}
    return Told(record.pk, **facts | changed)  # type: ignore[arg-type]


def died(record: RequestRecord, after: float) -> RequestRecord:
    """Its process showed the last sign of life `after` seconds."""
    RequestRecord.objects.filter(pk=record.pk).update(
        lease_until=record.started_at + timedelta(seconds=after) + recorder.LEASE
    )
    assert recorder.settle_lapsed(record.started_at + timedelta(seconds=after + 31)) == 1
    record.refresh_from_db()
    return record


def test_a_row_keeps_what_azure_had_told_when_its_process_dies():
    record = begun()
    recorder.note_told([told(record)])
    died(record, 12.5)
    assert (record.state, record.outcome, record.kind) == (State.OVER, Outcome.TRUNCATED, "process-ended")
    assert (record.message_id, record.model) == ("msg_1", "claude-opus-5-5")
    assert (record.input_tokens, record.cache_read_input_tokens, record.output_tokens) == (11, None, 1)
    assert (record.headers_ms, record.ttft_ms, record.duration_ms) == (40, 52, 12_500)
    assert record.finished_at == record.started_at + timedelta(seconds=12.5)


def test_a_process_that_dies_at_once_leaves_no_duration_shorter_than_what_was_measured():
    record = begun()
    recorder.note_told([told(record)])
    assert died(record, 0).duration_ms == 52
    silent = recorder.open_attempt(Facts("playground", "contoso", "claude-long"), call_id=uuid4())
    assert died(RequestRecord.objects.get(pk=silent), 0).duration_ms is None


def test_a_model_nobody_named_leaves_the_one_that_was_known():
    record = begun()
    recorder.note_told([told(record, model="")])
    record.refresh_from_db()
    assert record.model == "claude-sonnet-5-5"


def test_a_row_that_is_over_stays_as_it_is():
    record = begun()
    recorder.settle(record.pk, recorder.Ended(Outcome.SUCCEEDED, 900, usage=Usage(11, output_tokens=300)))
    recorder.note_told([told(record)])
    record.refresh_from_db()
    assert (record.output_tokens, record.message_id) == (300, "")


def test_a_renewed_lease_is_nobodys_to_settle():
    record = begun()
    late = timezone.now() + timedelta(minutes=1)
    RequestRecord.objects.filter(pk=record.pk).update(lease_until=late + recorder.LEASE)
    assert recorder.settle_lapsed(late) == 0


def test_news_is_what_was_not_committed_yet():
    answer = Answer.__new__(Answer)
    Answer.__init__(answer, type("Work", (), {"language": "en", "body": {}})())  # all that is read before the call
    assert answer.told() is None
    attempt = Attempt(uuid4(), 0.0)
    answer.call = type("Call", (), {"attempt": attempt})()
    assert answer.told() is None  # no answer yet
    attempt.note(Opened(CorrelationIds("req_1", "apim-1"), 200))
    attempt.note(MessageStarted("msg_1", "claude-opus-5-5", Usage(11, output_tokens=1)))
    assert answer.told() == attempt.told()
    attempt.note(TextDelta(0, "Herons"))
    assert answer.told().ttft_ms == attempt.ttft_ms
    for word in ("sleep", "in", "trees"):
        attempt.note(TextDelta(0, word))
        assert answer.told() is None  # nothing per token
    attempt.note(MessageChanged("end_turn", None, None, Usage(11, output_tokens=9)))
    assert answer.told().usage.output_tokens == 9


def test_the_first_token_never_came_before_the_answer_began():
    attempt = Attempt(uuid4(), 0.0)
    attempt.note(Opened(CorrelationIds("req_1", "apim-1"), 200))
    attempt.note(TextDelta(0, "Herons"))
    assert attempt.headers_ms is not None
    assert attempt.headers_ms <= attempt.ttft_ms
