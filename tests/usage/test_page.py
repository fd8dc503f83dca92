from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from console.prices import book
from console.prices.models import Price
from console.requestlog import rollup
from console.requestlog.models import HourlyRollup
from console.usage.figures import PERIODS, Figures, usage
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def afresh():
    """No prices of other tests are in memory, and none of ours stay."""
    book.forget()
    yield
    book.forget()


NOW = datetime(2026, 11, 22, 12, 20, tzinfo=UTC)


def make_sums(hours_ago: int = 0, **row: object) -> HourlyRollup:
    facts: dict[str, object] = {
        "hour": NOW.replace(minute=0) - timedelta(hours=hours_ago),
        "resource": "contoso-ai",
        "deployment": "claude-steady",
        "source": "playground",
        "outcome": "succeeded",
        "requests": 10,
        "input_tokens": 100,
        "cache_read_input_tokens": 300,
        "output_tokens": 50,
        "ttft_ms_sum": 5000,
        "ttft_count": 10,
    }
    return HourlyRollup.objects.create(**facts | row)


def test_it_adds_up_requests_tokens_failures_and_time():
    make_sums()
    make_sums(outcome="failed", requests=2, input_tokens=0, cache_read_input_tokens=0, output_tokens=0, ttft_count=0)
    make_sums(outcome="refused", requests=8)
    total = usage(PERIODS["24h"], make_user(), NOW).total
    assert (total.calls, total.failed, total.failed_percent) == (20, 2, 10.0)
    assert (total.input, total.cached_percent, total.output) == (800, 75.0, 100)
    assert total.ttft_ms == 750


@pytest.mark.parametrize(("slug", "requests", "steps"), [("24h", 10, 24), ("7d", 20, 7), ("30d", 30, 30)])
def test_a_period_holds_its_own_hours_and_days(slug, requests, steps):
    for hours in (0, 30, 24 * 20, 24 * 40):
        make_sums(hours)
    used = usage(PERIODS[slug], make_user(), NOW)
    assert (used.total.calls, len(used.steps)) == (requests, steps)
    assert used.steps[-1].figures.calls == 10


def test_days_without_a_call_are_there_too():
    make_sums(48)
    days = [line.figures.calls for line in usage(PERIODS["7d"], make_user(), NOW).steps]
    assert days == [0, 0, 0, 0, 10, 0, 0]


def test_deployments_are_listed_most_used_first():
    make_sums()
    make_sums(deployment="claude-slow", requests=99)
    make_sums(deployment="claude-slow", resource="fabrikam-ai", requests=1)
    lines = usage(PERIODS["24h"], make_user(), NOW).deployments
    assert [(line.name, line.place, line.figures.calls) for line in lines] == [
        ("claude-slow", "contoso-ai", 99),
        ("claude-steady", "contoso-ai", 10),
        ("claude-slow", "fabrikam-ai", 1),
    ]


def test_health_checks_are_counted_apart():
    make_sums()
    make_sums(source="health", requests=300)
    make_sums(source="health", requests=4, outcome="failed")
    used = usage(PERIODS["24h"], make_user(), NOW)
    assert (used.total.calls, used.health.calls, used.health.failed) == (10, 304, 4)


def test_everybody_sees_their_own_and_only_support_sees_people():
    reader, support = make_user(("Viewer",), "Ben"), make_user(("Support",))
    make_sums(person_key=reader.key, person="Ben")
    make_sums(person_key="tenant/x", person="Xenia", requests=3)
    assert usage(PERIODS["24h"], reader, NOW).own.calls == 10
    assert usage(PERIODS["24h"], reader, NOW).people is None
    people = usage(PERIODS["24h"], support, NOW).people
    assert [(line.name, line.figures.calls) for line in people] == [("Ben", 10), ("Xenia", 3)]


def test_nothing_divides_by_zero():
    none = Figures()
    assert (none.failed_percent, none.cached_percent, none.ttft_ms) == (None, None, None)


def fill() -> None:
    make_record(person=make_user(name="Xenia"), deployment="claude-steady", input_tokens=1_234_567)
    make_failure()
    rollup.roll_up()


def test_the_page_shows_figures_charts_and_tables():
    fill()
    shown = signed_in_client(make_user(("Support",))).get("/usage/").content.decode()
    for part in (
        "claude-steady",
        "1,234,567",
        "50.0 %",
        "<svg",
        "Xenia",
        "412 ms",
        "By deployment",
        "Numbers of each day",
    ):
        assert part in shown


def test_others_are_not_named_to_readers():
    fill()
    shown = signed_in_client(make_user(("Viewer",))).get("/usage/").content.decode()
    assert "Xenia" not in shown
    assert "own-title" not in shown, "nothing of one's own, no empty part for it"


@pytest.mark.parametrize("query", ["", "?period=24h", "?period=7d", "?period=30d", "?period=nonsense"])
def test_every_period_opens_full_and_empty(query):
    client = signed_in_client(make_user())
    assert "Nothing was used in this time" in client.get(f"/usage/{query}").content.decode()
    fill()
    assert "calls to Claude" in client.get(f"/usage/{query}").content.decode()


def test_an_hour_by_hour_day_says_hours():
    make_record(started_at=timezone.now())
    rollup.roll_up()
    assert "Numbers of each hour" in signed_in_client(make_user()).get("/usage/?period=24h").content.decode()


def test_it_costs_few_queries(django_assert_max_num_queries):
    fill()
    client = signed_in_client(make_user(("Admin",)))
    with django_assert_max_num_queries(
        12
    ):  # session, days folded, five of figures, three of cost, worker pulse, one to spare
        client.get("/usage/")


@pytest.mark.parametrize(("roles", "status"), [(("Viewer",), 200), (("Admin",), 200), (("PromptReader",), 403)])
def test_it_is_for_everybody_who_may_look(roles, status):
    assert signed_in_client(make_user(roles)).get("/usage/").status_code == status


def make_price(model: str, **row: object) -> None:
    Price.objects.filter(model=model).delete()
    facts = {"input": 2, "output": 10, "cache_read": 1, "cache_write_5m": 3, "from_date": "2026-01-01"}
    Price.objects.create(model=model, **facts | row)
    book.forget()


def test_it_adds_up_what_the_tokens_cost():
    person = make_user()
    make_price("claude-opus-5-5")
    make_sums(model="claude-opus-5-5", input_tokens=1_000_000, output_tokens=500_000, cache_read_input_tokens=0)
    make_sums(model="claude-opus-5-5", input_tokens=0, output_tokens=100_000, person_key=person.key, hours_ago=3)
    used = usage(PERIODS["7d"], person, NOW)
    assert (used.cost.dollars, used.own_cost.dollars) == (2 + 5 + 1 + Decimal("0.0003"), 1 + Decimal("0.0003"))
    assert (used.cost.priced, used.own_cost.priced, used.cost.unpriced) == (20, 10, 0)


def test_what_has_no_simple_price_is_left_out_and_said_so():
    make_price("claude-opus-5-5")
    make_price("claude-haiku-5-5", above_tokens=100_000)
    make_sums(model="claude-opus-5-5")
    for model in ("claude-haiku-5-5", "claude-unheard-of"):
        make_sums(model=model)
    make_sums(model="claude-unheard-of", outcome="failed", input_tokens=0, output_tokens=0)
    used = usage(PERIODS["7d"], make_user(), NOW)
    assert (used.cost.priced, used.cost.unpriced) == (10, 20)


def test_without_any_price_the_page_says_nothing_of_cost():
    Price.objects.all().delete()
    book.forget()
    make_sums(hour=timezone.now().replace(minute=0, second=0, microsecond=0), model="claude-opus-5-5")
    assert "Cost, about" not in signed_in_client(make_user()).get("/usage/").content.decode()
    make_price("claude-opus-5-5")
    assert "Cost, about" in signed_in_client(make_user()).get("/usage/").content.decode()


def test_token_counts_are_no_use():
    make_sums(source="other")
    assert usage(PERIODS["7d"], make_user(), NOW).total.calls == 0
