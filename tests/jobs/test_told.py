"""What jobs wrote down, in the reader's language: the very sentences their acts make."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.utils.translation import override

from console.azure.errors import Unreachable
from console.health.models import Verdict
from console.health.verdicts import Finding, answered, failed
from console.health.words import finding_words
from console.inventory.sync import Tally
from console.inventory.words import NOTHING_TO_READ_AS, ONLY_CONNECTED
from console.jobs.words import told
from console.web.cards import CARDS


def tally(**row: object) -> str:
    return Tally(
        names={"a": "Contoso Ltd. Seoul", "b": "Dev"}, listed={"a"}, accounts=3, deployments=12, **row
    ).sentence()


SAID = [
    tally(),
    tally(unread={"b": Unreachable("x")}),
    tally(unread={"b": Unreachable("x")}, partly={"a"}),
    f"No subscription could be read. {tally(unread={'b': Unreachable('x')})}",
    "AZURE_SUBSCRIPTION_IDS names something that is no subscription ID.",
    "7 checks asked for, 2 were under way already.",
    "It is no longer in the inventory, or it is no Claude deployment.",
    "The worker stopped three times while it ran this.",
    ONLY_CONNECTED,
    NOTHING_TO_READ_AS,
]


@pytest.mark.parametrize("sentence", SAID)
def test_every_sentence_is_told_in_korean(sentence):
    with override("ko"):
        words = re.sub(r"Contoso Ltd\. Seoul|\bDev\b|Azure|Claude|[A-Z]+(_[A-Z]+)+|ID", "", told(sentence))
    assert not re.search("[A-Za-z]", words), words


def test_nothing_of_it_is_lost():
    with override("ko"):
        words = told(tally(unread={"b": Unreachable("x")}, partly={"a"}))
    assert all(part in words for part in ("12", "3", "1", "Dev", "Contoso Ltd. Seoul"))


def in_time(latency_ms: int) -> Finding:
    return answered(latency_ms, request_id="", apim_request_id="", record_id=uuid4())


@pytest.mark.parametrize("finding", [in_time(412), in_time(9000), failed(Unreachable("x", kind="unreachable"))])
def test_a_finding_is_told_by_its_state_and_card(finding):
    with override("en"):
        written = finding_words(finding)
    with override("ko"):
        assert told(written) == finding_words(finding)
        assert finding.verdict == Verdict.WELL or not re.search("[a-z]", told(written))


def test_an_error_of_azure_is_told_by_its_card_with_its_ids():
    error = Unreachable("It did not answer.", kind="identity-unreachable", status=504)
    with override("ko"):
        words = told(f"Azure could not be read: {error}")
        assert str(CARDS["identity-unreachable"].title) in words
    assert words.endswith(" (identity-unreachable, status 504)")


@pytest.mark.parametrize("text", ["", "ValueError: 3", "Something: else", "no known shape"])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_anything_else_stays_as_it_is(text, language):
    with override(language):
        assert told(text) == text


@pytest.mark.parametrize("sentence", SAID)
def test_english_stays_english(sentence):
    with override("en"):
        assert told(sentence) == sentence
