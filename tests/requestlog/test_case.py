from __future__ import annotations

from html import unescape
from uuid import uuid4

import pytest
from django.urls import reverse

from console.accounts.models import AuditEntry
from console.requestlog import casework, retention
from console.requestlog.models import Case, CaseEntry
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_record

pytestmark = pytest.mark.django_db

AS_SHOWN = {"was_state": "", "was_assignee_key": "", "was_ticket": "", "state": "", "assignee_key": "", "ticket": ""}


@pytest.fixture
def sam():
    return make_user(("Support",), "Sam")


def send(person, record, **form):
    return signed_in_client(person).post(reverse("requestlog:case", args=[record.pk]), AS_SHOWN | form, follow=True)


def test_notes_state_assignee_and_ticket_are_written_with_their_history(sam):
    record = make_record()
    send(sam, record, state="open", assignee_key=sam.key, ticket="INC-7", note="Asked <Azure>.")
    case = Case.objects.get(pk=record.pk)
    assert (case.state, case.assignee, case.ticket) == ("open", "Sam", "INC-7")
    shown = send(sam, record, was_state="open", state="solved", was_ticket="INC-7", ticket="INC-7").content.decode()
    assert "Asked &lt;Azure&gt;." in shown
    assert "Solved" in shown
    assert "Being looked into, given to Sam, ticket INC-7" in unescape(shown)
    assert [one.changes for one in CaseEntry.objects.order_by("id")] == [
        {"state": "open", "assignee": "Sam", "ticket": "INC-7"},
        {"state": "solved"},
    ]


def test_every_change_is_audited_without_the_note(sam):
    record = make_record()
    send(sam, record, note="their prompt said: top secret", ticket="INC-7")
    entry = AuditEntry.objects.get(act="case-changed")
    assert (entry.subject, entry.person) == (str(record.pk), "Sam")
    assert entry.detail == {"noted": True, "ticket": "INC-7"}


def test_two_people_who_write_at_once_lose_nothing(sam):
    record = make_record()
    send(sam, record, state="open", note="first")
    send(sam, record, was_state="open", state="solved")
    send(sam, record, was_state="open", state="open", ticket="INC-7")  # saw it before it was solved
    case = Case.objects.get()
    assert (case.state, case.ticket) == ("solved", "INC-7")


def test_an_empty_form_writes_nothing(sam):
    record = make_record()
    assert "Nothing was changed" in send(sam, record).content.decode()
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"note": "sent with sk-ant-api03-" + "abCD1234" * 5}, "holds a key or a token"),
        ({"note": "Authorization: Bearer eyJ0eXAiOiJKV1Qi.eyJhIjoiYiJ9.c2ln"}, "holds a key or a token"),
        ({"note": "x" * 4001}, "at most 4000"),
        ({"ticket": "x" * 61}, "at most 60"),
        ({"state": "lost"}, "no such state"),
        ({"assignee_key": "tenant/nobody"}, "cannot be given"),
    ],
)
def test_what_cannot_be_taken_stays_in_the_form(sam, form, said):
    record = make_record()
    answer = send(sam, record, **{"note": "Do not lose me", "ticket": "INC-8"} | form)
    shown = answer.content.decode()
    assert answer.status_code == 400
    assert said in shown
    assert ("Do not lose me" in shown) is ("note" not in form)
    assert not Case.objects.exists()


def test_only_support_reads_and_writes_them(sam):
    person = make_user(("Playground",))
    record = make_record(person=person)
    send(sam, record, note="between us")
    own = signed_in_client(person).get(reverse("requestlog:detail", args=[record.pk])).content.decode()
    assert "between us" not in own
    assert "What we do about it" not in own
    assert send(person, record, note="x").status_code == 403
    assert send(sam, make_record(pk=uuid4()), note="x").status_code == 200


def test_a_request_is_given_to_those_who_support(sam):
    admin, _viewer = make_user(("Admin",), "Ada"), make_user(("Viewer",), "Ben")
    assert casework.colleagues(sam, None) == [(sam.key, "Sam"), (admin.key, "Ada")]


def test_a_running_request_that_asks_again_leaves_the_form_alone(sam):
    record = make_record(outcome="")
    again = signed_in_client(sam).get(reverse("requestlog:detail", args=[record.pk]), headers={"HX-Request": "true"})
    assert "case-note" not in again.content.decode()


def test_they_go_with_their_request(sam):
    record = make_record()
    send(sam, record, note="gone soon")
    assert sum(retention.batches(record.started_at.replace(year=2100))) == 1
    assert not CaseEntry.objects.exists()
