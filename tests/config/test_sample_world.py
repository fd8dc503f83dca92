from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median
from time import process_time

import pytest
from django.core import serializers
from django.db import transaction
from django.db.models import CharField, F
from django.test import TestCase
from django.utils import timezone

from console.accounts.models import AuditEntry, User
from console.azure.errors import KINDS
from console.compare.models import Cell, Column, Comparison, PromptSet, Run
from console.config.sample_world import beside
from console.config.sample_world.beside_texts import SETS
from console.config.sample_world.create import create, is_fresh
from console.health import settling, verdicts
from console.health.models import DeploymentHealth, HealthCheck, Incident, Rollup, Span
from console.inventory.models import Deployment, Resource, Subscription
from console.jobs.models import Job
from console.playground import toolcalls
from console.playground.models import Conversation, Exchange
from console.prompts.filling import names
from console.prompts.models import Prompt, PromptVersion
from console.requestlog import rollup
from console.requestlog.models import SUMMED_BY, HourlyRollup, Outcome, RequestRecord, RollupProgress
from console.sandbox.people import PEOPLE
from console.web.markdown import render
from tests.factories import signed_in_client

EVERYTHING = (
    User, AuditEntry, Subscription, Resource, Deployment, RequestRecord, HourlyRollup, HealthCheck, DeploymentHealth,
    Rollup, Incident, Conversation, Exchange, Comparison, PromptSet, Run, Job, Prompt, PromptVersion,
)  # fmt: skip
PAGES = ("/", "/inventory/", "/requests/", "/health/", "/usage/", "/account/")


@pytest.mark.django_db
def test_a_fresh_database_gets_thousands_of_rows_in_few_queries(django_assert_max_num_queries):
    assert is_fresh()
    began = process_time()
    with django_assert_max_num_queries(100):
        create()
    assert process_time() - began < 5  # half of what a demo may take until it answers (tests/bench/start.py)
    assert RequestRecord.objects.count() > 5000
    assert not is_fresh()


@pytest.mark.django_db
def test_it_is_a_month_of_several_thousand_requests_in_office_hours():
    create(datetime(2026, 11, 22, 12, tzinfo=UTC))  # a Sunday
    talk = RequestRecord.objects.filter(source="playground")
    assert 5_000 < talk.count() < 8_000
    days = Counter(talk.values_list("started_at__date", flat=True))
    working = [count for day, count in days.items() if day.weekday() < 5]
    weekend = [count for day, count in days.items() if day.weekday() >= 5]
    assert len(days) >= 30
    assert median(working) > 4 * median(weekend) > 0
    seoul = Counter(talk.filter(person="이서연").values_list("started_at__hour", flat=True))
    assert sum(seoul[hour] for hour in range(10)) > 0.8 * seoul.total()  # nine to seven there


@pytest.mark.django_db
@pytest.mark.parametrize("weekday", range(7))
def test_it_works_on_any_day_and_hour(weekday):
    create(datetime(2026, 3, 2 + weekday, weekday * 3, 59, 59, tzinfo=UTC))
    assert Incident.objects.exclude(closed_at=None).count() == 2


@pytest.mark.django_db
def test_the_same_moment_makes_the_same_world():
    now = timezone.now()
    worlds = []
    for _ in range(2):
        with transaction.atomic():
            create(now)
            worlds.append(told())
            transaction.set_rollback(True)
    assert worlds[0] == worlds[1]


def told() -> list[str]:
    """The world as text, without the ids of resources and deployments: each writing of the inventory makes new ones."""
    new = {str(pk) for model in (Resource, Deployment) for pk in model.objects.values_list("pk", flat=True)}
    lines = []
    for model in (User, RequestRecord, HealthCheck, Incident, Conversation, Exchange, Column, Cell, AuditEntry):
        for row in serializers.serialize("python", model.objects.order_by("pk")):
            lines.append(repr({name: value for name, value in row["fields"].items() if str(value) not in new}))
    return lines


class World(TestCase):
    """What can be read in the world, made once."""

    @classmethod
    def setUpTestData(cls) -> None:
        cls.now = timezone.now()
        create(cls.now)

    def test_everything_lies_in_the_past_and_is_over(self):
        assert not RequestRecord.objects.filter(finished_at__gt=self.now).exists()
        assert not RequestRecord.objects.exclude(state="over").exists()
        assert not Job.objects.filter(finished_at=None).exists()
        assert not HealthCheck.objects.filter(at__gt=self.now).exists()
        assert not Exchange.objects.exclude(state__in=list(Outcome)).exists()
        assert not Conversation.objects.filter(spoken_at__gt=self.now).exists()

    def test_ids_lie_at_their_time_so_that_pages_are_in_order(self):
        started = list(RequestRecord.objects.order_by("id").values_list("started_at", flat=True))
        assert all(one <= later + timedelta(milliseconds=1) for one, later in zip(started, started[1:], strict=False))
        assert {pk.version for pk in RequestRecord.objects.values_list("pk", flat=True)[:50]} == {7}
        queued = list(Job.objects.order_by("id").values_list("queued_at", flat=True))
        assert all(one <= later + timedelta(seconds=1) for one, later in zip(queued, queued[1:], strict=False))

    def test_texts_fit_their_columns(self):
        for model in EVERYTHING:
            fields = [field for field in model._meta.fields if isinstance(field, CharField) and field.max_length]
            for row in model.objects.values(*[field.name for field in fields]):
                assert all(len(row[field.name] or "") <= field.max_length for field in fields), (model, row)

    def test_the_inventory_is_what_a_sync_would_write(self):
        assert Subscription.objects.get(fault_kind="missing-role").name == "Finance (restricted)"
        assert Resource.objects.get(name="hanbit-foundry").local_auth_disabled is True
        opus = Deployment.objects.get(resource__name="contoso-foundry", name="claude-opus-5-5")
        known = opus.model_format, opus.hosting, opus.capacity, opus.tokens_per_minute
        assert known == ("Anthropic", "azure", 400, 400_000)

    def test_the_sums_are_those_the_log_folds_to(self):
        before = list(HourlyRollup.objects.order_by("hour", *SUMMED_BY).values())
        RollupProgress.objects.update(folded_until=None)
        while rollup.roll_up(self.now) == rollup.MOST_HOURS:
            pass
        assert list(HourlyRollup.objects.order_by("hour", *SUMMED_BY).values()) == before

    def test_health_agrees_with_itself(self):
        for state in DeploymentHealth.objects.select_related("deployment"):
            newest = state.deployment.checks.order_by("-at").first()
            assert (state.verdict, state.kind, state.checked_at) == (newest.verdict, newest.kind, newest.at)
            assert (state.deployment.health, state.deployment.health_at) == (newest.verdict, newest.at)
            still_open = state.deployment.incidents.filter(closed_at=None).count()
            assert still_open == (state.verdict == "ill" and state.bad_in_a_row >= settling.IN_A_ROW)
        for check in HealthCheck.objects.exclude(kind=""):
            assert (verdicts.verdict_of(check.kind), verdicts.rung_of(check.kind) or "") == (check.verdict, check.rung)

    def test_a_day_of_checks_counts_as_the_schedule_makes_them(self):
        yesterday = self.now.date() - timedelta(days=1)
        for day in Rollup.objects.filter(span=Span.DAY, start__date=yesterday):
            assert 280 <= day.well + day.degraded + day.ill + day.unknown <= 290

    def test_two_incidents_are_over_and_left_their_marks(self):
        over = Incident.objects.exclude(closed_at=None).order_by("opened_at")
        named = [(one.deployment.name, one.kind) for one in over]
        assert named == [("claude-opus-4-8-anthropic", "overloaded"), ("claude-sonnet-5-5", "missing-role")]
        for one in over:
            day = one.deployment.health_rollups.get(span=Span.DAY, start__date=one.opened_at.date())
            assert day.ill > 5
            meanwhile = RequestRecord.objects.filter(
                started_at__range=(one.opened_at, one.closed_at), deployment=one.deployment.name,
                resource=one.deployment.resource.name, source="playground",
            )  # fmt: skip
            assert set(meanwhile.values_list("kind", flat=True)) <= {one.kind}

    def test_logged_checks_link_to_their_rows(self):
        linked = HealthCheck.objects.exclude(record_id=None)
        assert linked.count() > 1_000
        records = RequestRecord.objects.in_bulk(linked.values_list("record_id", flat=True)[:400])
        for check in linked.filter(record_id__in=records):
            record = records[check.record_id]
            assert (record.request_id, record.apim_request_id) == (check.request_id, check.apim_request_id)
            assert (record.operation, record.source, record.kind) == ("count_tokens", "health", check.kind)

    def test_every_error_has_a_card_and_the_ids_that_came(self):
        for record in RequestRecord.objects.exclude(kind=""):
            assert record.kind in KINDS
            assert bool(record.apim_request_id) == (record.http_status is not None)
            if record.request_id:  # Anthropic itself answered
                assert record.error_type or record.kind == "truncated"
        assert not RequestRecord.objects.filter(outcome="succeeded").exclude(kind="").exists()

    def test_attempts_of_one_call_follow_each_other(self):
        again = RequestRecord.objects.filter(attempt=2)
        assert again.exists()
        for second in again:
            first = RequestRecord.objects.get(call_id=second.call_id, attempt=1)
            assert first.finished_at < second.started_at
            assert (first.kind, second.outcome) == ("rate-limited", "succeeded")
        assert not RequestRecord.objects.filter(finished_at__lt=F("started_at")).exists()

    def test_conversations_hold_what_was_said_and_their_rows_know_them(self):
        assert Conversation.objects.count() >= 4
        for exchange in Exchange.objects.select_related("conversation__owner"):
            record = RequestRecord.objects.get(pk=exchange.record_id)
            assert record.subject_id == exchange.pk.hex
            assert record.conversation_id == exchange.conversation_id.hex
            assert record.person_key == exchange.conversation.owner.key
            assert exchange.state == record.outcome
            assert exchange.answer_html == (render(exchange.answer) if exchange.answer else "")
            assert Deployment.objects.filter(pk=exchange.deployment_id, name=exchange.deployment).exists()

    def test_answers_are_worth_looking_at_in_both_languages(self):
        answers = Exchange.objects.exclude(answer="").values_list("answer", flat=True)
        assert {any("가" <= letter <= "힣" for letter in answer) for answer in answers} == {True, False}
        html = "".join(Exchange.objects.values_list("answer_html", flat=True))
        assert all(f"<{tag}" in html for tag in ("table", "pre", "ol", "ul", "h2", "strong", "blockquote"))

    def test_the_library_has_prompts_of_every_reach_in_both_languages(self):
        assert set(Prompt.objects.values_list("reach", flat=True)) == {"own", "team", "everyone"}
        titles = list(Prompt.objects.values_list("title", flat=True))
        assert sum(any("가" <= letter <= "힣" for letter in title) for title in titles) == 2
        for version in PromptVersion.objects.newest():
            assert version.prompt.versions.count() == version.number
            assert [one["name"] for one in version.variables] == names(version.text)
            recommended = version.prompt.deployment.rpartition("/")[2]
            assert not recommended or Deployment.objects.filter(name=recommended).exists()

    def test_people_of_the_sandbox_are_known_before_they_sign_in(self):
        for person in PEOPLE:
            known = User.objects.filter(tid=person.tid, oid=person.oid, name=person.name).exists()
            assert known == person.in_home_tenant
        assert AuditEntry.objects.filter(act="signed-in").count() > 40

    def test_pages_show_it_to_everybody(self):
        for name in ("Ada Kim", "이서연", "Sam Rivera", "최민준"):
            client = signed_in_client(User.objects.get(name=name))
            assert {page: client.get(page).status_code for page in PAGES} == dict.fromkeys(PAGES, 200)

    def test_a_conversation_opens_for_its_owner(self):
        for conversation in Conversation.objects.listed().select_related("owner"):
            page = signed_in_client(conversation.owner).get(f"/playground/{conversation.pk}/").content.decode()
            assert conversation.exchanges.first().answer_html in page

    def test_a_tool_was_asked_for_and_answered_by_hand(self):
        called = Exchange.objects.get(stop_reason="tool_use")
        answered = Exchange.objects.get(parent=called.pk)
        assert [one["tool_use_id"] for one in answered.results] == [call.id for call in toolcalls.calls(called)]
        assert called.settings["tools"] == called.conversation.tools != []
        assert RequestRecord.objects.get(pk=called.record_id).stop_reason == "tool_use"
        page = signed_in_client(called.conversation.owner).get(f"/playground/{called.conversation_id}/")
        self.assertContains(page, "Claude calls the tool <code>get_order</code>")
        self.assertContains(page, "Nordpost")

    def test_comparisons_are_answered_and_one_of_them_is_decided(self):
        assert set(Comparison.objects.values_list("better", flat=True)) == {None, 1}
        for comparison in Comparison.objects.select_related("owner"):
            page = signed_in_client(comparison.owner).get(f"/compare/{comparison.pk}/")
            for column in comparison.columns.select_related("conversation"):
                exchange = column.conversation.exchanges.get()
                assert exchange.submission_id == comparison.rounds[0]
                assert not column.conversation.listed
                self.assertContains(page, exchange.answer_html)
                self.assertContains(page, RequestRecord.objects.get(pk=exchange.record_id).request_id)

    def test_a_prompt_set_was_run_to_its_end(self):
        run = Run.objects.select_related("owner").get()
        assert (run.state, run.cells.count(), run.of.prompts.count()) == ("finished", run.total, run.prompts)
        assert Job.objects.get(subject_id=str(run.pk)).done == run.total
        page = signed_in_client(run.owner).get(f"/compare/runs/{run.pk}/")
        self.assertContains(page, "the customer’s money is missing")
        self.assertContains(page, "긴급도 3")

    def test_each_of_several_runs_ends_with_its_own_last_answer(self):
        made, asked, owner = beside.Made(), SETS[0], User.objects.get(name=SETS[0].person)
        targets = {(one.resource.name, one.name): one for one in Deployment.objects.select_related("resource")}
        for hours in (1, 5):
            beside.ask(made, asked, owner, targets, self.now - timedelta(hours=hours), Random(hours))  # noqa: S311
        later, earlier = made.runs
        halves = made.said.records[: later.total], made.said.records[later.total :]
        for run, own in zip((later, earlier), halves, strict=True):
            assert run.finished_at == max(one.finished_at for one in own)
        assert earlier.finished_at < later.created_at
