"""Everybody signed in is confirmed every few minutes: the disabled lose their sessions, an outage ends nobody's."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from console.accounts import confirming, tasks, tokens
from console.accounts.confirming import CONFIRM_AFTER, OURS, confirm_people
from console.accounts.models import AuditEntry, Session, TokenCache
from console.azure.errors import KINDS, SignInRefused, TimedOut, Unavailable, Unreachable
from console.azure.shapes import SilentToken
from tests.accounts.entra import TENANT, claims_of, person, refusal
from tests.factories import make_session, make_user

pytestmark = pytest.mark.django_db


def due_user(roles=("Viewer",), **row):
    """Somebody with a session and a stored sign-in who was confirmed a while ago."""
    user = make_user(roles, **row)
    make_session(user, confirmed_at=timezone.now() - CONFIRM_AFTER - timedelta(seconds=1))
    tokens.store(user, "{}", user.oid)
    return user


def welcomed(entra) -> None:
    """Entra knows everybody and says the same roles again."""

    def silently(_cache: str) -> SilentToken:
        oid = entra.asked[-1]["account"]
        who = person(oid=oid, name="As before", roles=("Viewer",))
        return SilentToken("token", 0.0, None, claims_of(who), who)

    entra.silently = silently


def test_it_asks_entra_for_a_fresh_answer_and_notes_when(entra):
    user = due_user()
    welcomed(entra)
    assert confirm_people() == 1
    assert (entra.asked[-1]["scope"], entra.asked[-1]["force"]) == ("", True)
    assert timezone.now() - Session.objects.get(user=user).confirmed_at < timedelta(seconds=5)


def test_everybody_is_asked_again_within_five_minutes():
    """A person just confirmed, the task's minute, and its budget."""
    assert CONFIRM_AFTER + timedelta(seconds=60 + confirming.BUDGET / 2) <= timedelta(minutes=5)


def test_who_was_confirmed_lately_or_is_gone_is_left_alone(entra):
    make_session(make_user())
    user = due_user()
    Session.objects.filter(user=user).update(started_at=timezone.now() - timedelta(days=2))
    assert confirm_people() == 0
    assert entra.asked == []


def test_a_person_with_many_sessions_is_asked_about_once(entra):
    user = due_user()
    make_session(user, confirmed_at=None)
    welcomed(entra)
    assert confirm_people() == 1
    assert not Session.objects.filter(confirmed_at=None).exists()


def test_two_runs_at_once_share_the_people(entra):
    due_user()
    welcomed(entra)
    user = next(confirming.due())
    assert not confirming.claim(user)
    assert confirm_people() == 0


REFUSALS = sorted(kind for kind, error in KINDS.items() if error is SignInRefused)


@pytest.mark.parametrize("kind", sorted(set(REFUSALS) - OURS - {"sign-in-loop"}))
def test_a_refusal_ends_every_session_and_forgets_the_tokens(entra, kind):
    user, other = due_user(), make_user()
    make_session(user)
    make_session(other)
    entra.fault = refusal(kind, aadsts=50057)
    assert confirm_people() == 0
    assert [row.user for row in Session.objects.all()] == [other]
    assert not TokenCache.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.person_key, entry.act, entry.subject) == (user.key, "sign-in-withdrawn", kind)
    assert entry.detail == {"aadsts": 50057, "sessions": 2}


@pytest.mark.parametrize(
    "fault",
    [
        *[refusal(kind) for kind in sorted(OURS)],
        refusal("sign-in-loop"),
        refusal("sign-in-refused", code="temporarily_unavailable"),
        refusal("sign-in-refused", code="server_error"),
        Unreachable("connect", kind="entra-unreachable"),
        Unavailable("503", kind="entra-unavailable", status=503),
        TimedOut("slow", kind="total-timeout"),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.code or ''}",
)
def test_what_is_not_about_the_person_ends_nobody(entra, fault):
    due_user()
    entra.fault = fault
    assert confirm_people() == 0
    assert Session.objects.count() == 1
    assert TokenCache.objects.count() == 1
    assert not AuditEntry.objects.exists()


def test_an_outage_stops_the_run_at_the_first_person(entra):
    for _ in range(5):
        due_user()
    entra.fault = Unreachable("connect", kind="entra-unreachable")
    confirm_people()
    assert len(entra.asked) == 1


def test_after_an_outage_everybody_is_asked_again(entra):
    due_user()
    entra.fault = Unreachable("connect", kind="entra-unreachable")
    confirm_people()
    entra.fault = None
    welcomed(entra)
    with time_machine.travel(timezone.now() + timedelta(seconds=60)):
        assert confirm_people() == 1


def test_one_persons_refusal_does_not_hold_up_the_others(entra):
    refused, fine = due_user(), due_user()

    def silently(_cache: str) -> SilentToken:
        if entra.asked[-1]["account"] == refused.oid:
            raise refusal("sign-in-over")
        who = person(oid=fine.oid)
        return SilentToken("token", 0.0, None, claims_of(who), who)

    entra.silently = silently
    assert confirm_people() == 1
    assert [row.user for row in Session.objects.all()] == [fine]


def test_lost_roles_end_the_sessions_and_are_written_down(entra):
    user = due_user(("Admin", "Viewer"), tid=TENANT)
    welcomed(entra)
    assert confirm_people() == 0
    user.refresh_from_db()
    assert user.roles == ["Viewer"]
    assert not Session.objects.exists()
    assert AuditEntry.objects.get().detail == {"before": ["Admin", "Viewer"], "after": ["Viewer"]}


def test_an_answer_without_a_new_id_token_confirms(entra):
    due_user()
    entra.silently = lambda cache: SilentToken("token", 0.0, "changed")
    assert confirm_people() == 1


def test_a_session_whose_sign_in_is_not_stored_cannot_be_confirmed_and_ends(entra):
    make_session(make_user(), confirmed_at=timezone.now() - timedelta(hours=1))
    confirm_people()
    assert not Session.objects.exists()


def test_a_session_begun_while_entra_was_asked_stays(entra):
    user = due_user()

    def silently(_cache: str) -> SilentToken:
        with time_machine.travel(timezone.now() + timedelta(seconds=2)):
            make_session(user)
        raise refusal("sign-in-over")

    entra.silently = silently
    confirm_people()
    assert Session.objects.filter(user=user).count() == 1


def test_a_run_ends_within_its_budget(entra, monkeypatch):
    for _ in range(3):
        due_user()
    welcomed(entra)
    clock = iter([0.0, 1.0, 100.0, 200.0])
    monkeypatch.setattr(confirming, "monotonic", lambda: next(clock))
    assert confirm_people() == 1


def test_the_tasks_are_called_as_the_beat_table_says(entra):
    from console.config.worker import app

    names = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert {tasks.confirm_people.name, tasks.purge_sessions.name} <= names
    due_user()
    welcomed(entra)
    tasks.confirm_people()
    tasks.purge_sessions()
    assert Session.objects.count() == 1
