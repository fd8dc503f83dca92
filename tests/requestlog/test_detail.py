from __future__ import annotations

from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse

from console.requestlog import bundle
from console.web.cards import WHO
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture
def support():
    return signed_in_client(make_user(("Support",)))


def show(client, record, **extra) -> str:
    return unescape(client.get(reverse("requestlog:detail", args=[record.pk]), **extra).content.decode())


def test_it_says_how_it_ended_and_shows_both_ids_time_and_tokens(support):
    record = make_record(person=make_user(name="Ada Lovelace"), region="swedencentral", called_as="console")
    shown = show(support, record)
    for part in (
        "Succeeded: Claude had finished.",
        "Ada Lovelace",
        "412 ms",
        "4.0 s",
        "swedencentral",
        "as the console",
    ):
        assert part in shown
    for value in (record.request_id, record.apim_request_id, record.message_id, str(record.call_id), str(record.pk)):
        assert f'data-copy="{value}"' in shown


def test_a_failure_shows_card_remedy_blame_and_the_way(support):
    record = make_failure("bad-key", http_status=401, request_id="", error_type="", error_code="401")
    shown = show(support, record)
    for part in (
        "Failed: Azure refused the key.",
        "Copy a current key",
        "The set-up in Azure",
        "No request-id: Azure answered before Anthropic was reached.",
        "failed here",
        "/requests/errors/bad-key/",
    ):
        assert part in shown


@pytest.mark.parametrize(("kind", "you", "else_"), [
    ("bad-request", "You", "Whoever sent the request"),
    ("never-heard-of", "You; if it stays,", "Whoever sent the request; if it stays,"),
])  # fmt: skip
def test_a_card_says_you_to_the_one_who_sent_it_and_to_nobody_else(support, kind, you, else_):
    sender = make_user(("Playground", "Support"))
    record = make_failure(kind, http_status=500, person=sender)
    assert f"Who can: {you}" in show(signed_in_client(sender), record)
    assert f"Who can: {else_}" in show(support, record)
    assert f"Who can: {WHO['console-admin']}" in show(support, make_failure(kind, person="", source="health"))


def test_the_bundle_is_copied_whole(support):
    record = make_failure()
    assert f'data-copy="{bundle.written([record], "txt")[:400]}' in show(support, record)


def test_it_is_copied_in_the_language_of_the_page(support):
    record = make_failure()
    shown = show(support, record, headers={"accept-language": "ko"})
    assert f'data-copy="{bundle.written([record], "txt", language="ko")[:200]}' in shown


def test_upstream_words_are_escaped(support):
    record = make_failure(error_message="<script>alert(1)</script>", error_code='"><img src=x>')
    page = support.get(reverse("requestlog:detail", args=[record.pk])).content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_all_attempts_of_a_call_are_listed(support):
    call = uuid4()
    first = make_failure(call_id=call)
    second = make_record(call_id=call, attempt=2)
    shown = show(support, second)
    assert "All attempts of this call" in shown
    assert f'data-href="/requests/{first.pk}/"' in shown
    assert "All attempts" not in show(support, make_record())


def test_a_running_attempt_asks_again_and_a_finished_one_does_not(support):
    assert "every 2s" in show(support, make_record(outcome=""))
    assert "every 2s" not in show(support, make_record())


def test_htmx_gets_the_piece(support):
    assert "<html" not in show(support, make_record(), headers={"HX-Request": "true"})


@pytest.mark.parametrize("written", [str, lambda own: own.hex])
def test_the_owner_gets_back_to_the_message_and_nobody_else(written):
    owner = make_user(("Playground", "Support"))
    conversation, exchange = uuid4(), uuid4()
    record = make_record(person=owner, subject_id=written(exchange), conversation_id=written(conversation))
    link = f"/playground/{conversation}/?at={exchange}#exchange-{exchange}"
    assert link in show(signed_in_client(owner), record)
    assert str(conversation) not in show(signed_in_client(make_user(("Admin",))), record)


@pytest.mark.parametrize(("roles", "status"), [(("Viewer",), 404), (("Playground",), 404), (("Admin",), 200)])
def test_a_foreign_row_is_as_absent_as_none(roles, status):
    client = signed_in_client(make_user(roles))
    record = make_record(person=make_user())
    foreign = client.get(reverse("requestlog:detail", args=[record.pk]))
    absent = client.get(reverse("requestlog:detail", args=[uuid4()]))
    assert (foreign.status_code, absent.status_code) == (status, 404)


def test_people_open_their_own_rows():
    person = make_user(("Playground",))
    assert "Succeeded" in show(signed_in_client(person), make_record(person=person))


def test_it_costs_few_queries(support, django_assert_max_num_queries):
    record = make_failure("rate-limited", conversation_id=uuid4().hex, prompt_print="a" * 32)
    # Session, row, attempts, conversation (2), same message, neighbours (2), pool, case, colleagues, worker pulse.
    with django_assert_max_num_queries(13):
        show(support, record)
