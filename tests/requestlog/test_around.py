from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from console.requestlog.around import around
from console.requestlog.recorder import prompt_print
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db

NOW = timezone.now() - timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BODY = {"max_tokens": 100, "messages": [{"role": "user", "content": "What do herons eat?"}]}


@pytest.fixture
def admin():
    return make_user(("Admin",))


def test_it_counts_how_others_fared_beside_a_failure(admin):
    failed = make_failure(started_at=NOW)
    make_failure(started_at=NOW, call_id=failed.call_id, attempt=2)  # its own retry is no other
    for at in (-4, 4):
        make_failure(started_at=NOW + at * MINUTE)
    make_failure("rate-limited", started_at=NOW - MINUTE, http_status=429)
    make_record(started_at=NOW + MINUTE)
    for far in ({"started_at": NOW - 6 * MINUTE}, {"deployment": "claude-slow"}, {"resource": "fabrikam-ai"}):
        make_failure(**{"started_at": NOW} | far)
    beside = around(failed, admin).neighbours
    assert (beside.same, beside.other_failures, beside.fine, beside.more) == (2, 1, 1, False)
    assert "error=overloaded" in beside.address
    assert "since=" in beside.address


def test_of_others_people_learn_nothing(admin):
    person = make_user(("Playground",))
    failed = make_failure("rate-limited", person=person, started_at=NOW)
    make_failure("rate-limited", person=admin, started_at=NOW - MINUTE)
    make_failure("rate-limited", person=person, started_at=NOW - MINUTE)
    seen = around(failed, person)
    assert seen.neighbours.same == 1
    assert seen.pool is None


def test_what_went_well_has_no_neighbours(admin):
    assert around(make_record(), admin).neighbours is None


def test_a_conversation_has_a_call_before_and_one_after(admin):
    talk = uuid4().hex
    rows = [make_record(conversation_id=talk, started_at=NOW + at * MINUTE) for at in range(4)]
    make_record(conversation_id=talk, call_id=rows[1].call_id, attempt=2, started_at=NOW + MINUTE)
    seen = around(rows[1], admin)
    assert (seen.before[0], seen.after[0]) == (rows[0], rows[2])
    assert around(rows[0], admin).before is None
    assert around(make_record(), admin).before is None


def test_the_same_message_is_found_on_other_deployments(admin):
    mark = prompt_print("tenant/ada", BODY)
    here = make_record(prompt_print=mark)
    there = make_record(prompt_print=mark, deployment="claude-slow")
    make_record(prompt_print=mark, call_id=here.call_id, attempt=2)
    make_record(prompt_print=prompt_print("tenant/bob", BODY))
    assert [one for one, _badge in around(here, admin).like_it] == [there]
    assert around(make_record(), admin).like_it == []


def test_the_print_tells_messages_and_people_apart_but_not_settings():
    same = prompt_print("tenant/ada", BODY | {"max_tokens": 9, "thinking": {"type": "disabled"}})
    assert prompt_print("tenant/ada", BODY) == same
    others = [
        prompt_print("tenant/bob", BODY),
        prompt_print("tenant/ada", BODY | {"system": "Be brief."}),
        prompt_print("tenant/ada", {"messages": [*BODY["messages"], *BODY["messages"]]}),
        prompt_print("tenant/ada", {}),
    ]
    assert len({same, *others}) == 5
    assert len(same) == 32


def test_the_print_needs_the_key(settings):
    before = prompt_print("tenant/ada", BODY)
    settings.SECRET_KEY = "another-secret-key-of-fifty-characters-or-more-1234"
    assert prompt_print("tenant/ada", BODY) != before


def test_a_rate_limit_shows_who_used_the_quota(admin):
    quota = {"subscription_id": "sub-1", "model": "claude-opus-5-5"}
    for name in ("Ada", "Bob"):
        make_record(
            person=make_user(name=name), started_at=NOW - MINUTE / 2, input_tokens=1000, output_tokens=20, **quota
        )
    make_record(deployment="claude-other", started_at=NOW - MINUTE / 2, **quota)
    make_record(started_at=NOW - 2 * MINUTE, **quota)
    make_record(started_at=NOW - MINUTE / 2, subscription_id="sub-2")
    limited = make_failure("rate-limited", started_at=NOW, http_status=429, **quota)
    pool = around(limited, admin).pool
    assert (pool.calls, pool.people, pool.tokens, pool.more) == (3, 2, 2185, False)
    assert [(one.deployment, one.calls) for one in pool.shares] == [("claude-steady", 2), ("claude-other", 1)]
    shown = signed_in_client(admin).get(f"/requests/{limited.pk}/").content.decode()
    for share in pool.shares:
        assert (
            f'hx-get="/inventory/deployments/limits/?resource={share.resource}&amp;deployment={share.deployment}"'
            in shown
        )
