"""Beginning, refusing, keeping and deleting comparisons: rows and pages, without Azure."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.compare import tasks, together
from console.compare.models import Column, Comparison
from console.inventory.models import Resource
from console.playground import listing
from console.playground.models import Conversation, Exchange, Rules, State
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import make_deployment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("afresh")]


def fields(count: int = 2, **more: object) -> dict[str, object]:
    names = [make_deployment(f"claude-{number}") for number in range(count)]
    chosen = {f"deployment_{number}": str(one.pk) for number, one in enumerate(names, 1)}
    return {"message": "Compare herons and storks.", "submission_id": "press", **chosen, **more}


def begin(person, count: int = 2, **more: object) -> Comparison:
    answer = signed_in_client(person).post(reverse("compare:list"), fields(count, **more))
    assert answer.status_code == 302, answer.text
    return Comparison.objects.get(owner=person)


def settle(comparison: Comparison) -> None:
    Exchange.objects.filter(conversation__column__comparison=comparison).update(state=State.SUCCEEDED, answer="Yes.")


def test_one_press_is_one_comparison(person):
    said, client = fields(3), signed_in_client(person)
    there = {client.post(reverse("compare:list"), said)["Location"] for _ in range(3)}
    assert len(there) == 1
    assert Exchange.objects.count() == 3
    assert {row.listed for row in Conversation.objects.all()} == {False}
    assert "Compare" not in {row.title for row in listing.listing(person).page.rows}


def test_columns_share_settings_and_may_have_their_own(person):
    comparison = begin(
        person, system_prompt="Be brief.", max_tokens="900", effort="low",
        system_prompt_2="Be wordy.", max_tokens_2="1200", effort_2="auto",
    )  # fmt: skip
    first, second = [column.conversation for column in comparison.columns.order_by("position")]
    assert (first.system_prompt, first.max_tokens, first.effort) == ("Be brief.", 900, "low")
    assert (second.system_prompt, second.max_tokens, second.effort) == ("Be wordy.", 1200, "")
    page = signed_in_client(person).get(reverse("compare:list"), {"from": str(comparison.pk)}).text
    assert "Be wordy." in page
    assert 'value="1200"' in page


@pytest.mark.parametrize(("limits", "words"), [
    ({"streams": 1}, "This asks 2 deployments at once"),
    ({"messages_per_minute": 1}, "send 1 messages a minute"),
    ({"tokens_per_day": 0}, "0 of 0 tokens today"),
])  # fmt: skip
def test_a_limit_counts_every_column_and_keeps_the_text(person, limits, words):
    Rules.objects.create(name="playground", **limits)
    said = fields(system_prompt_2="Be wordy.")
    answer = signed_in_client(person).post(reverse("compare:list"), said)
    assert answer.status_code == 429
    for text in (words, "Compare herons and storks.", "Be wordy.", f'value="{said["deployment_2"]}" selected'):
        assert text in answer.text
    assert not Comparison.objects.exists()
    assert not Exchange.objects.exists()


def test_who_sends_too_often_is_told_when_to_go_on(person):
    Rules.objects.create(name="playground", messages_per_minute=3)
    made = Conversation.objects.create(owner=person, spoken_at=timezone.now())
    for number in range(2):
        made.exchanges.create(submission_id=str(number), state="succeeded", call_id=uuid4())
    answer = signed_in_client(person).post(reverse("compare:list"), fields())
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 60


@pytest.mark.parametrize(("change", "words"), [
    ({"deployment_2": ""}, "at least two"),
    ({"deployment_2": "claude-gone"}, "not in the inventory any more"),
    ({"message": " "}, "Write a message first"),
    ({"thinking": "enabled", "max_tokens": "500"}, "more than 1,024 tokens"),
])  # fmt: skip
def test_what_cannot_be_asked_is_said(person, change, words):
    answer = signed_in_client(person).post(reverse("compare:list"), fields(**change))
    assert answer.status_code == 400
    assert words in answer.text
    assert not Exchange.objects.exists()


def test_a_deployment_that_cannot_be_called_is_named_and_nothing_is_sent(person):
    said = fields()
    Resource.objects.filter(deployments__pk=said["deployment_2"]).update(called_as="key")
    answer = signed_in_client(person).post(reverse("compare:list"), said)
    assert answer.status_code == 409
    assert "/claude-1: " in answer.text
    assert "Compare herons and storks." in answer.text
    assert not Exchange.objects.exists()


def test_a_blind_column_that_cannot_be_called_any_more_is_not_named(person):
    comparison = begin(person, blind="on")
    settle(comparison)
    Resource.objects.update(called_as="key")
    said = {"message": "And now?", "submission_id": "second"}
    answer = signed_in_client(person).post(reverse("compare:rounds", args=[comparison.pk]), said)
    assert answer.status_code == 409
    assert "And now?" in answer.text
    names = ["claude-", *Resource.objects.values_list("name", flat=True)]
    assert [name for name in names if name in answer.text] == []


def test_blind_columns_stand_in_an_order_drawn_by_lot(person, monkeypatch):
    monkeypatch.setattr(together.lots, "sample", lambda rows, count: list(reversed(rows)))
    comparison = begin(person, 3, blind="on")
    drawn = [column.conversation.exchanges.get() for column in comparison.columns.order_by("position")]
    assert [row.deployment for row in drawn] == ["claude-2", "claude-1", "claude-0"]
    # Ids are time-ordered: they must not tell who was chosen first.
    assert drawn == sorted(drawn, key=lambda row: row.pk)


def test_a_column_whose_deployment_has_gone_is_left_out(person):
    comparison = begin(person)
    settle(comparison)
    gone = comparison.columns.get(position=0).conversation.deployment_id
    make_deployment().__class__.objects.filter(pk=gone).update(gone_at=timezone.now())
    client = signed_in_client(person)
    said = {"message": "And now?", "submission_id": "second"}
    answer = client.post(reverse("compare:rounds", args=[comparison.pk]), said, follow=True)
    assert "Not asked any more: A." in answer.text
    assert client.post(reverse("compare:rounds", args=[comparison.pk]), said).status_code == 302
    assert Exchange.objects.filter(message="And now?").count() == 1


def test_the_next_message_waits_for_the_answers(person):
    comparison = begin(person)
    said = {"message": "And now?", "submission_id": "second"}
    answer = signed_in_client(person).post(reverse("compare:rounds", args=[comparison.pk]), said)
    assert answer.status_code == 409
    assert "still answering" in answer.text
    assert "And now?" in answer.text
    comparison.refresh_from_db()
    assert comparison.rounds == ["press"]


def test_it_is_nobody_elses(person):
    comparison = begin(person)
    other = signed_in_client(make_user(("Admin", "Playground")))
    column = comparison.columns.first()
    for name in ("stop_all", "reveal", "deletion", "rounds"):
        assert other.post(reverse(f"compare:{name}", args=[comparison.pk])).status_code == 404
    for name in ("stop", "better", "keep"):
        assert other.post(reverse(f"compare:{name}", args=[column.pk])).status_code == 404
    for name in ("comparison", "stream"):
        assert other.get(reverse(f"compare:{name}", args=[comparison.pk]), {"round": "1"}).status_code == 404


@pytest.mark.parametrize("number", ["", "0", "2", "x", "99999999999"])
def test_there_is_no_stream_of_a_round_that_is_not_there(person, number):
    comparison = begin(person)
    address = reverse("compare:stream", args=[comparison.pk])
    assert signed_in_client(person).get(address, {"round": number}).status_code == 404
    assert signed_in_client(person).get(address, {"round": "1"}).has_header("X-Stream-Grant")


def test_deleting_takes_everything_but_what_was_kept(person):
    comparison = begin(person)
    settle(comparison)
    client = signed_in_client(person)
    kept = Column.objects.get(comparison=comparison, position=1)
    client.post(reverse("compare:keep", args=[kept.pk]))
    assert [row.pk for row in listing.listing(person).page.rows] == [kept.conversation_id]
    client.post(reverse("compare:deletion", args=[comparison.pk]))
    assert [row.pk for row in Conversation.objects.all()] == [kept.conversation_id]
    assert not Comparison.objects.exists()
    assert AuditEntry.objects.filter(act="comparison-deleted").exists()


def test_retention_takes_old_comparisons(person, settings):
    settings.CONVERSATION_RETENTION_DAYS = 30
    comparison = begin(person)
    settle(comparison)
    old = timezone.now() - timedelta(days=31)
    Comparison.objects.update(spoken_at=timezone.now() - timedelta(days=29))
    tasks.purge()
    assert Comparison.objects.exists()
    Comparison.objects.update(spoken_at=old)
    tasks.purge()
    assert not Comparison.objects.exists()
    assert not Conversation.objects.exists()


def test_of_many_rounds_the_newest_are_shown(person):
    comparison = begin(person)
    talk = comparison.columns.get(position=0).conversation
    settle(comparison)
    numbers = range(2, 31)
    common = {"deployment": "d", "resource": "r", "deployment_id": "x", "call_id": talk.pk, "state": State.SUCCEEDED}
    for number in numbers:
        talk.exchanges.create(submission_id=f"press-{number}", message=f"Round no. {number}.", answer="Yes.", **common)
    Comparison.objects.update(rounds=["press", *(f"press-{number}" for number in numbers)])
    client, address = signed_in_client(person), reverse("compare:comparison", args=[comparison.pk])
    newest, earlier = client.get(address).text, client.get(address, {"before": "11"}).text
    assert "Round no. 11." in newest
    assert "Round no. 10." not in newest
    assert "?before=11" in newest
    assert "Round no. 10." in earlier
    assert "Compare herons and storks.</p>" in earlier
    assert "Round no. 11." not in earlier


def test_a_page_takes_the_same_queries_however_many_columns(person, django_assert_max_num_queries):
    comparison = begin(person, 4)
    settle(comparison)
    client = signed_in_client(person)
    client.get(reverse("compare:comparison", args=[comparison.pk]))
    with django_assert_max_num_queries(7):
        client.get(reverse("compare:comparison", args=[comparison.pk]))
