"""Break-glass: who may read whose text, why, for how long, and who is told."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from console.accounts.models import AuditEntry
from console.playground import attachments, kinds, tasks
from console.playground.models import Conversation, Exchange, Look
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_record

pytestmark = pytest.mark.django_db
WHY = "Ticket 4711: the answer breaks off"


@pytest.fixture
def author():
    return make_user(("Playground",), name="Seoyeon")


@pytest.fixture
def reader():
    return make_user(("Support", "PromptReader"), name="Minjun")


@pytest.fixture
def exchange(author) -> Exchange:
    talk = Conversation.objects.create(owner=author, title="Herons", spoken_at=timezone.now())
    row = said(talk, "Where do <i>herons</i> sleep?", "In **trees**.")
    row.record_id = make_record(person=author, subject_id=str(row.pk), conversation_id=str(talk.pk)).pk
    row.save()
    return row


def said(talk: Conversation, message: str, answer: str) -> Exchange:
    return talk.exchanges.create(
        message=message, answer=answer, state="succeeded", parent=talk.tip, deployment="claude-own", resource="own",
        call_id=uuid4(), submission_id=uuid4().hex, settings={"system": "Speak like a fisher."},
    )  # fmt: skip


def page_of(exchange: Exchange) -> str:
    return reverse("playground:look", args=[exchange.pk])


def look(client, exchange: Exchange, reason: str = WHY):
    return client.post(page_of(exchange), {"reason": reason}, follow=True)


def test_nothing_is_shown_before_a_reason_is_given(exchange, reader):
    answer = signed_in_client(reader).get(page_of(exchange))
    assert answer.status_code == 200
    assert not any(word in answer.text for word in ("herons", "trees", "fisher", "Herons"))
    assert not AuditEntry.objects.filter(act="prompt-read").exists()


@pytest.mark.parametrize("reason", ["", "   ", "support", "a" * 9, "b" * 501])
def test_a_reason_is_a_sentence(exchange, reader, reason):
    answer = look(signed_in_client(reader), exchange, reason)
    assert answer.status_code == 400
    assert "field__error" in answer.text
    assert reason[:400] in answer.text
    assert not Look.objects.exists()


def test_this_one_exchange_is_shown_and_noted(exchange, reader, author):
    said(exchange.conversation, "And a secret?", "Hush.")
    answer = look(signed_in_client(reader), exchange)
    for words in ("Where do &lt;i&gt;herons&lt;/i&gt; sleep?", "<strong>trees</strong>", "Speak like a fisher.", WHY):
        assert words in answer.text
    assert "15 minutes left" in answer.text
    assert "secret" not in answer.text
    assert "Hush" not in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert 890 <= int(answer.headers["Refresh"]) <= 900
    entry = AuditEntry.objects.get(act="prompt-read")
    assert (entry.person, entry.subject) == ("Minjun", str(exchange.pk))
    assert (entry.detail["reason"], entry.detail["author"]) == (WHY, "Seoyeon")


def test_it_holds_in_this_browser_alone(exchange, reader):
    client = signed_in_client(reader)
    look(client, exchange)
    assert "trees" in client.get(page_of(exchange)).text
    assert "trees" not in signed_in_client(reader).get(page_of(exchange)).text
    assert "trees" not in signed_in_client(make_user(("PromptReader",))).get(page_of(exchange)).text


def test_it_ends_by_itself_and_asks_again(exchange, reader):
    client = signed_in_client(reader)
    look(client, exchange)
    Look.objects.update(until=timezone.now() - timedelta(seconds=1))
    answer = client.get(page_of(exchange))
    assert "Your 15 minutes are over" in answer.text
    assert "trees" not in answer.text
    assert "trees" in look(client, exchange, "Ticket 4711: once more").text
    assert Look.objects.count() == 2


def test_a_double_click_is_one_look(exchange, reader):
    client = signed_in_client(reader)
    for _ in range(2):
        look(client, exchange)
    assert Look.objects.count() == AuditEntry.objects.filter(act="prompt-read").count() == 1


@pytest.mark.parametrize("roles", [("Viewer",), ("Playground",), ("Support",), ("Admin", "Support")])
def test_without_the_role_nothing_is_shown(exchange, roles):
    client = signed_in_client(make_user(roles))
    assert client.get(page_of(exchange)).status_code == 403
    assert look(client, exchange).status_code == 403
    assert not Look.objects.exists()


def test_another_directory_finds_nothing(exchange):
    stranger = make_user(("PromptReader",), tid=str(uuid4()))
    assert signed_in_client(stranger).get(page_of(exchange)).status_code == 404


def test_ones_own_is_no_look(exchange, author):
    author.roles = ["Playground", "PromptReader"]
    author.save()
    answer = signed_in_client(author).post(page_of(exchange), {"reason": WHY})
    assert answer.headers["Location"].startswith(f"/playground/{exchange.conversation_id}/")
    assert not Look.objects.exists()


def attached(exchange: Exchange, *, to: Exchange | None = None) -> str:
    """An attachment of the exchange's conversation, sent with `to` if with any."""
    file = attachments.keep(exchange.conversation, b"bytes of it", "a.pdf", kinds.Kind(kinds.PDF, pages=1), sent=True)
    if to:
        to.attachments = [file.as_json()]
        to.save()
    return reverse("playground:look_attachment", args=[file.id])


def test_attachments_are_those_of_this_exchange_while_it_is_open(exchange, reader):
    other = attached(exchange, to=said(exchange.conversation, "This is mine", "Yes"))
    ours, client = attached(exchange, to=exchange), signed_in_client(reader)
    assert client.get(ours).status_code == 404
    assert ours in look(client, exchange).text
    assert client.get(ours).content == b"bytes of it"
    assert client.get(other).status_code == 404
    assert signed_in_client(reader).get(ours).status_code == 404
    Look.objects.update(until=timezone.now())
    assert client.get(ours).status_code == 404


def test_the_author_is_told_on_their_next_page_until_they_put_it_away(exchange, reader, author):
    look(signed_in_client(reader), exchange)
    mine, other = signed_in_client(author), signed_in_client(make_user(("Playground",)))
    page = mine.get("/").text
    assert "Somebody has read a message of yours" in page
    for words in ("Minjun", WHY, f"#exchange-{exchange.pk}"):
        assert words in page
    assert "Somebody has read" not in other.get("/").text
    form = {"looks": [str(Look.objects.get().pk)], "back": "/usage/"}
    other.post(reverse("playground:told"), form)
    assert "Somebody has read" in mine.get("/").text
    assert mine.post(reverse("playground:told"), form).headers["Location"] == "/usage/"
    assert "Somebody has read" not in mine.get("/").text


def test_only_what_was_listed_is_put_away(exchange, reader, author):
    client = signed_in_client(reader)
    for number in range(7):
        look(client, said(exchange.conversation, f"Message {number}", "Yes"))
    mine = signed_in_client(author)
    listed = [str(one.pk) for one in mine.get("/").context["looks_to_tell"]()]
    mine.post(reverse("playground:told"), {"looks": listed})
    assert (len(listed), Look.objects.filter(told_at=None).count()) == (3, 4)


def test_the_conversation_says_who_read_it(exchange, reader, author):
    look(signed_in_client(reader), exchange)
    Look.objects.update(told_at=timezone.now())
    exchange.conversation.tip = exchange.pk
    exchange.conversation.save()
    page = signed_in_client(author).get(reverse("playground:conversation", args=[exchange.conversation_id])).text
    assert "Read by Minjun" in page
    assert WHY in page


def test_the_author_is_told_of_what_they_deleted_meanwhile(exchange, reader, author):
    look(signed_in_client(reader), exchange)
    exchange.conversation.delete()
    page = signed_in_client(author).get("/").text
    assert WHY in page
    assert "#exchange-" not in page


def test_the_log_leads_there_for_those_who_may(exchange, reader, author):
    url = reverse("requestlog:detail", args=[exchange.record_id])
    assert page_of(exchange) in signed_in_client(reader).get(url).text
    for person in (make_user(("Support",)), make_user(("Admin",)), author):
        assert page_of(exchange) not in signed_in_client(person).get(url).text


def test_looks_of_long_ago_are_forgotten(exchange, reader):
    look(signed_in_client(reader), exchange)
    Look.objects.update(until=timezone.now() - timedelta(days=399))
    tasks.purge()
    assert Look.objects.exists()
    Look.objects.update(until=timezone.now() - timedelta(days=401))
    tasks.purge()
    assert not Look.objects.exists()
    assert AuditEntry.objects.filter(act="prompt-read").exists()


# ---- Handing it over ----


def bundle_of(exchange: Exchange) -> str:
    return reverse("playground:bundle", args=[exchange.pk])


def test_what_was_said_is_handed_over_only_with_leave_and_is_audited(exchange, reader):
    client = signed_in_client(reader)
    without = client.get(f"/requests/bundle/?id={exchange.record_id}").text
    assert "herons" not in without
    assert bundle_of(exchange) in without
    assert client.get(bundle_of(exchange))["Location"] == page_of(exchange)
    assert bundle_of(exchange) in look(client, exchange).text
    handed = client.get(bundle_of(exchange))
    assert "Where do &lt;i&gt;herons&lt;/i&gt; sleep?" in handed.text
    assert 0 < int(handed["Refresh"]) <= 900
    entry = AuditEntry.objects.get(act="prompt-handed")
    assert (entry.subject, entry.detail["author"]) == (str(exchange.pk), "Seoyeon")
    Look.objects.update(until=timezone.now() - timedelta(seconds=1))
    assert client.get(bundle_of(exchange) + "?form=md").status_code == 302


@pytest.mark.parametrize("form", ["txt", "md", "json"])
def test_an_author_takes_it_as_a_file_without_keys(exchange, author, form):
    exchange.answer = "Use api-key: 0123456789abcdef0123456789abcdef to see."
    exchange.save()
    client = signed_in_client(author)
    assert bundle_of(exchange) in client.get(f"/requests/bundle/?id={exchange.record_id}").text
    answer = client.get(f"{bundle_of(exchange)}?form={form}")
    assert f".{form}" in answer["Content-Disposition"]
    assert "herons" in answer.text
    assert "0123456789abcdef" not in answer.text
    assert not AuditEntry.objects.filter(act="prompt-handed").exists()


def test_it_is_in_the_language_of_the_ticket(exchange, author):
    answer = signed_in_client(author).get(f"{bundle_of(exchange)}?form=txt&lang=ko")
    assert "질문과 답변은 맨 끝에 있습니다" in answer.text


def test_nobody_else_gets_it(exchange):
    for roles in (("Support",), ("Playground",), ("Viewer", "Admin")):
        client = signed_in_client(make_user(roles))
        assert client.get(bundle_of(exchange)).status_code == 404
        assert bundle_of(exchange) not in client.get(f"/requests/bundle/?id={exchange.record_id}").text


def test_what_is_gone_is_not_handed_over(exchange, author):
    client = signed_in_client(author)
    assert client.get(f"{bundle_of(exchange)}?form=exe").status_code == 404
    address = bundle_of(exchange)
    exchange.delete()
    assert client.get(address).status_code == 404
