"""What stands where an answer ends: the way back in after a sign-in, and what was waited for over several attempts."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from console.azure.errors import AzureError
from console.playground import settle
from console.playground.models import Conversation, Exchange
from console.requestlog import recorder
from console.requestlog.models import Outcome
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def exchange() -> Exchange:
    """Sent 30 seconds ago and still under way; its one log row is its third attempt, begun four seconds ago."""
    sent = timezone.now() - timedelta(seconds=30)
    talk = Conversation.objects.create(owner=make_user(("Playground",)), title="Herons", spoken_at=sent)
    record = make_record(
        person=talk.owner, outcome="", attempt=3, started_at=sent + timedelta(seconds=26), ttft_ms=None,
        conversation_id=talk.pk.hex, called_as="person", call_id=uuid4(),
    )  # fmt: skip
    made: Exchange = talk.exchanges.create(
        message="Where?", deployment="claude-own", resource="own", call_id=record.call_id, record_id=record.pk,
        submission_id=uuid4().hex, created_at=sent, state="streaming",
    )  # fmt: skip
    Conversation.objects.update(tip=made.pk)
    return made


def end(exchange: Exchange, **attempt: object) -> str:
    """What the stream shows at the end, and what the page shows later: the same."""
    assert exchange.record_id is not None
    ended = settle.End(
        record_id=exchange.record_id, attempt=recorder.Ended(duration_ms=4000, **attempt), answer="", answer_html="",
        thinking="", thinking_ms=None, content=[], stop_details=None,
    )  # fmt: skip
    shown = settle.end(exchange.pk, ended, language="en")
    page = signed_in_client(exchange.conversation.owner).get(f"/playground/{exchange.conversation_id}/").text
    for part in ("receipt__facts", "problem__actions"):
        assert (part in page) == (part in shown)
    return shown + page


def test_signing_in_again_leads_back_to_the_answer(exchange):
    shown = end(exchange, outcome=Outcome.FAILED, error=AzureError("over", kind="sign-in-over"))
    back = f"/signin/start/?next=/playground/{exchange.conversation_id}/%23exchange-{exchange.pk}"
    assert shown.count(f'href="{back}"') == 2


def test_a_receipt_tells_what_was_waited_for_and_the_last_attempt_apart(exchange):
    shown = end(exchange, outcome=Outcome.SUCCEEDED, ttft_ms=1000)
    for words in ("first word after 27.0 s", "30.0 s in all", "3 attempts, the last one took 4.0 s"):
        assert shown.count(words) == 2, words


def test_one_attempt_is_told_once(exchange):
    record = exchange.conversation.exchanges.get().record_id
    settle.RequestRecord.objects.filter(pk=record).update(attempt=1)
    shown = end(exchange, outcome=Outcome.SUCCEEDED, ttft_ms=1000)
    assert shown.count("first word after 1.0 s") == shown.count("4.0 s in all") == 2
    assert "the last one took" not in shown
