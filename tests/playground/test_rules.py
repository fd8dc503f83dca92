"""The guard rails: who may use what, what is used of a limit, what is said when one is reached; their page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from console.accounts.models import AuditEntry
from console.inventory.models import Deployment, Resource
from console.jobs.models import Keeping
from console.playground import ask, rules, spending, tasks
from console.playground.models import Conversation, Opening, Rules
from console.prices import book
from console.prices.models import Price
from console.requestlog.models import HourlyRollup, RequestRecord, RollupProgress, Source
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db
GROUP = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture(autouse=True)
def fresh():
    for room in (rules, spending, book):
        room.forget()
    yield
    for room in (rules, spending, book):
        room.forget()


@pytest.fixture
def deployment() -> Deployment:
    now = timezone.now()
    seen = {"first_seen": now, "last_seen": now}
    resource = Resource.objects.create(arm_id="settings:own", name="own", subdomain="own", called_as="console", **seen)
    return Deployment.objects.create(
        resource=resource, name="claude-own", model_format="Anthropic", model="claude-opus-5", **seen
    )


def logged(user, *, ago: timedelta = timedelta(), tokens: int = 100, **row: object) -> RequestRecord:
    return RequestRecord.objects.create(
        call_id=uuid4(), source=Source.PLAYGROUND, person_key=user.key, resource="own", deployment="claude-own",
        model="claude-opus-5", started_at=timezone.now() - ago, input_tokens=tokens, output_tokens=10, **row,
    )  # fmt: skip


def set_rules(**values: object) -> None:
    Rules.objects.update_or_create(name="playground", defaults=values)
    rules.forget()


@pytest.mark.parametrize(("roles", "groups", "may"), [
    ([], [], True), (["Playground"], [], True), (["Admin"], [], False), (["Admin"], [GROUP], True), ([], [GROUP], True),
])  # fmt: skip
def test_one_role_or_group_is_enough(deployment, roles, groups, may):
    person = make_user(("Playground",), groups=[GROUP])
    rules.open_to(make_user(("Admin",)), deployment, roles, groups)
    assert rules.may_use(person, deployment.pk) is may
    assert [one.deployment for one in rules.choices(person)] == (["claude-own"] if may else [])


def test_a_closed_deployment_answers_nobody_else(deployment):
    person = make_user(("Playground",))
    rules.open_to(make_user(("Admin",)), deployment, ["Admin"], [])
    talk = Conversation.objects.create(owner=person, spoken_at=timezone.now())
    form = {"message": "Hello", "deployment": str(deployment.pk), "submission_id": "a1"}
    answer = signed_in_client(person, HX_REQUEST="true").post(reverse("playground:exchanges", args=[talk.pk]), form)
    assert answer.status_code == 403
    assert "not open to you" in answer.text
    assert not talk.exchanges.exists()


def test_without_limits_nothing_is_read(django_assert_num_queries):
    person = make_user(("Playground",))
    rules.known()
    with django_assert_num_queries(0):
        assert spending.reached(person) is None


def test_folded_hours_and_the_log_are_added_once():
    person, other = make_user(("Playground",)), make_user(("Playground",))
    now = timezone.now()
    folded = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    RollupProgress.objects.create(name="hours", folded_until=folded)
    facts = {"resource": "own", "deployment": "d", "model": "claude-opus-5", "source": "playground", "requests": 1}
    for key, tokens in ((person.key, 1000), (other.key, 7)):
        HourlyRollup.objects.create(
            hour=folded - timedelta(hours=1), person_key=key, outcome="succeeded", input_tokens=tokens, **facts
        )
    logged(person, tokens=50)
    logged(other, tokens=5)
    since = folded - timedelta(hours=2)
    assert spending.tokens_since(person, since) == 1000 + 50 + 10
    assert spending.tokens_since(person, folded) == 60


@pytest.mark.parametrize(("limits", "kind", "words"), [
    ({"tokens_per_day": 110}, "tokens-spent", "110 of 110 tokens today"),
    ({"tokens_per_day": 111}, None, ""),
    ({"dollars_per_month": Decimal("1.00")}, "budget-spent", "$1.10 of $1.00 this month"),
    ({"dollars_per_month": Decimal("1.11")}, None, ""),
])  # fmt: skip
def test_a_limit_is_reached_by_what_was_used(limits, kind, words):
    person = make_user(("Playground",))
    dear = dict.fromkeys(("input", "output", "cache_read", "cache_write_5m"), Decimal(10_000))
    Price.objects.filter(model="claude-opus-5").delete()
    Price.objects.create(model="claude-opus-5", from_date=datetime(2026, 1, 1, tzinfo=UTC).date(), **dear)
    logged(person)
    set_rules(**limits)
    found = spending.reached(person)
    assert (found.kind if found else None) == kind
    assert words in (found.words if found else "")


def test_who_reaches_a_limit_reads_it_and_keeps_the_text(deployment):
    person = make_user(("Playground",))
    logged(person)
    set_rules(tokens_per_day=100)
    talk = Conversation.objects.create(owner=person, spoken_at=timezone.now())
    form = {"message": "Hello there", "deployment": str(deployment.pk), "submission_id": "a1"}
    client = signed_in_client(person)
    answer = client.post(reverse("playground:exchanges", args=[talk.pk]), form)
    assert answer.status_code == 429
    assert "110 of 100 tokens today" in answer.text
    assert ">Hello there</textarea>" in answer.text
    assert "Today 110 of 100 tokens" in client.get(reverse("playground:conversation", args=[talk.pk])).text


def test_limits_of_the_environment_are_never_passed(settings):
    settings.STREAMS_PER_PERSON, settings.MESSAGES_PER_MINUTE = 4, 10
    set_rules(streams=9, messages_per_minute=3)
    assert (rules.streams(), rules.messages_per_minute()) == (4, 3)
    set_rules(streams=1, messages_per_minute=None)
    assert (rules.streams(), rules.messages_per_minute()) == (1, 10)


def test_fewer_messages_a_minute_hold(deployment, settings):
    person = make_user(("Playground",))
    set_rules(messages_per_minute=1)
    talk = Conversation.objects.create(owner=person, spoken_at=timezone.now())
    talk.exchanges.create(message="Hi", call_id=uuid4(), submission_id="a", state="succeeded")
    with pytest.raises(ask.NotSent) as refusal:
        ask.check_limits(person)
    assert refusal.value.kind == "too-many-messages"
    assert refusal.value.wait in (59, 60)


def test_who_sends_too_fast_is_told_how_long_to_wait(deployment):
    person = make_user(("Playground",))
    set_rules(messages_per_minute=2)
    talk = Conversation.objects.create(owner=person, spoken_at=timezone.now())
    for number, ago in enumerate((40, 20)):
        made = talk.exchanges.create(message="Hi", call_id=uuid4(), submission_id=str(number), state="succeeded")
        type(made).objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(seconds=ago))
    form = {"message": "Hello there", "deployment": str(deployment.pk), "submission_id": "a1"}
    answer = signed_in_client(person).post(reverse("playground:exchanges", args=[talk.pk]), form)
    assert answer.status_code == 429
    assert 15 <= int(answer["Retry-After"]) <= 20
    with pytest.raises(ask.NotSent) as refusal:
        ask.check_limits(person, more=2)
    assert 35 <= refusal.value.wait <= 40


def test_conversations_are_kept_as_long_as_the_administrator_says(settings):
    settings.CONVERSATION_RETENTION_DAYS = 0
    person, now = make_user(("Playground",)), timezone.now()
    Conversation.objects.create(owner=person, title="old", spoken_at=now - timedelta(days=8))
    Conversation.objects.create(owner=person, title="new", spoken_at=now - timedelta(days=6))
    tasks.purge()
    assert Conversation.objects.count() == 2
    Keeping.objects.create(what="conversations", days=7)
    tasks.purge()
    assert Conversation.objects.get().title == "new"


@pytest.mark.parametrize(("language", "words"), [("en", "Closed on <b>Friday</b>"), ("ko", "금요일에는 쉽니다")])
def test_the_notice_speaks_the_readers_language_and_is_text(language, words):
    set_rules(notice_en="Closed on <b>Friday</b>", notice_ko="금요일에는 쉽니다")
    with translation.override(language):
        said = rules.notice()
    assert said is not None
    assert said.text == words
    page = signed_in_client(make_user(("Playground",))).get(reverse("playground:new"), follow=True).text
    assert "Closed on &lt;b&gt;Friday&lt;/b&gt;" in page


def test_a_notice_put_away_comes_back_with_new_words():
    set_rules(notice_en="Closed on Friday")
    client = signed_in_client(make_user(("Playground",)))
    client.cookies["notice"] = rules.notice().key
    assert "Closed on Friday" not in client.get(reverse("playground:new"), follow=True).text
    set_rules(notice_en="Closed on Monday")
    assert "Closed on Monday" in client.get(reverse("playground:new"), follow=True).text


def test_new_people_start_with_the_default(deployment):
    other = Deployment.objects.create(
        resource=deployment.resource, name="claude-aaa", model_format="Anthropic", model="claude-opus-5",
        first_seen=timezone.now(), last_seen=timezone.now(),
    )  # fmt: skip
    set_rules(default_deployment=str(deployment.pk))
    page = signed_in_client(make_user(("Playground",))).get(reverse("playground:new"), follow=True).text
    chosen = page.split(" selected>")[1]
    assert chosen.startswith("claude-own")
    assert f'value="{other.pk}"' in page


def test_an_administrator_sets_them_and_it_is_noted(deployment):
    admin = make_user(("Admin",))
    client = signed_in_client(admin)
    form = {
        "tokens_per_day": "5000",
        "dollars_per_month": "12.5",
        "notice_en": "Hello",
        "streams": "",
        "notice_warns": "on",
    }
    assert client.post(reverse("rails:change"), form).status_code == 302
    row = Rules.objects.get()
    assert (row.tokens_per_day, row.dollars_per_month, row.notice_warns) == (5000, Decimal("12.50"), True)
    entry = AuditEntry.objects.get(act="playground-rules-changed")
    assert (entry.person, entry.detail["tokens_per_day"], "streams" in entry.detail) == (admin.label, 5000, False)
    assert "5000" in client.get(reverse("rails:rails")).text


@pytest.mark.parametrize("form", [
    {"tokens_per_day": "many"}, {"streams": "0"}, {"streams": "100000"}, {"default_deployment": "nonsense"},
    {"dollars_per_month": "-1"}, {"notice_en": "x" * 501},
])  # fmt: skip
def test_what_cannot_be_is_said_beside_its_field(form):
    answer = signed_in_client(make_user(("Admin",))).post(reverse("rails:change"), form)
    assert answer.status_code == 400
    assert not Rules.objects.exists()


def test_groups_are_object_ids(deployment):
    client = signed_in_client(make_user(("Admin",)))
    form = {"deployment": str(deployment.pk), "roles": ["Admin"], "groups": f"{GROUP.upper()}\n{GROUP}"}
    assert client.post(reverse("rails:opening"), form).status_code == 302
    assert Opening.objects.get().groups == [GROUP]
    wrong = client.post(reverse("rails:opening"), {**form, "groups": "Sales & Marketing"})
    assert wrong.status_code == 400
    assert "Sales &amp;" in wrong.text or "Sales is no object id" in wrong.text
    assert client.post(reverse("rails:opening"), {"deployment": str(deployment.pk)}).status_code == 302
    assert not Opening.objects.exists()
