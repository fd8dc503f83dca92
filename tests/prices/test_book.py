from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from console.accounts.models import AuditEntry
from console.prices import book
from console.prices.book import Tokens
from console.prices.models import Price, Rate
from console.prices.templatetags.prices import cost, dollars, per_million, won
from tests.factories import ada
from tests.factories_requestlog import new_record

pytestmark = pytest.mark.django_db

NOVEMBER = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def afresh():
    """No rows of other tests are in memory, and none of ours stay."""
    Price.objects.all().delete()
    Rate.objects.all().delete()
    book.forget()
    yield
    book.forget()


def make_price(model: str = "claude-opus-5-5", **row: object) -> Price:
    facts: dict[str, object] = {
        "from_date": date(2026, 9, 1), "input": "4", "output": "20", "cache_read": "0.2", "cache_write_5m": "5",
    }  # fmt: skip
    book.forget()
    made = Price.objects.create(model=model, **facts | row)
    made.refresh_from_db()
    return made


def test_each_kind_of_token_has_its_price():
    price = make_price()
    tokens = Tokens(input=1_000_000, output=100_000, cache_read=500_000, cache_write=200_000)
    assert book.cost(price, tokens) == Decimal("4") + 2 + Decimal("0.1") + 1


@pytest.mark.parametrize(
    ("day", "expected"), [(date(2026, 8, 31), None), (date(2026, 9, 1), 4), (date(2026, 10, 7), 3)]
)
def test_a_call_costs_what_its_day_said(day, expected):
    make_price()
    make_price(from_date=date(2026, 10, 7), input="3")
    price = book.of("claude-opus-5-5", "", datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC))
    assert (price and price.input) == expected


def test_a_day_begins_in_utc():
    make_price(from_date=date(2026, 10, 7))
    seoul = datetime.fromisoformat("2026-10-07T08:00:00+09:00")
    assert book.of("claude-opus-5-5", "", seoul) is None


@pytest.mark.parametrize(("name", "known"), [
    ("claude-opus-5-5", True), ("Claude-Opus-5-5", True), ("claude-opus-5-5-20260922", True),
    ("claude-opus-5-6", False), ("claude-opus-5", False), ("claude-opus-5-5-fast", False), ("", False),
])  # fmt: skip
def test_a_model_that_nobody_priced_is_not_guessed(name, known):
    make_price()
    assert (book.of(name, "", NOVEMBER) is not None) is known


def test_a_hosting_of_its_own_price_comes_before_the_general_one():
    make_price()
    make_price(hosting="azure", input="6", from_date=date(2026, 8, 1))
    inputs = [book.of("claude-opus-5-5", hosting, NOVEMBER) for hosting in ("azure", "anthropic", "")]
    assert [price.input for price in inputs] == [6, 4, 4]


@pytest.mark.parametrize(("prompt", "expected"), [(0, "0.1"), (100_000, "0.1"), (100_001, "0.5")])
def test_a_long_prompt_reaches_its_own_price(prompt, expected):
    make_price("claude-haiku-5-5", input="0.1")
    make_price("claude-haiku-5-5", input="0.5", above_tokens=100_000)
    price = book.of("claude-haiku-5-5", "", NOVEMBER, prompt=prompt)
    assert price is not None
    assert price.input == Decimal(expected)


def test_of_two_rows_of_one_day_the_later_one_corrects_the_earlier():
    make_price(input="400")
    make_price(input="4")
    assert book.of("claude-opus-5-5", "", NOVEMBER).input == 4


def test_a_call_without_usage_or_price_costs_nothing_that_could_be_said():
    make_price()
    assert cost(None) is None
    assert cost(new_record(output_tokens=None)) is None
    assert cost(new_record(output_tokens=1, stop_reason="", outcome="cancelled")) is None
    assert cost(new_record(model="claude-unheard-of")) is None


def test_a_call_costs_its_usage():
    make_price()
    record = new_record(input_tokens=1000, output_tokens=100, cache_read_input_tokens=2000, started_at=NOVEMBER)
    assert cost(record) == Decimal("0.004") + Decimal("0.002") + Decimal("0.0004")


def test_prices_are_read_once_for_a_page_of_receipts(django_assert_num_queries):
    make_price()
    with django_assert_num_queries(2):
        assert all(cost(new_record()) for _ in range(50))


def test_won_follow_the_rate_of_the_day():
    assert book.in_won(Decimal(1), NOVEMBER) is None
    Rate.objects.create(currency="KRW", from_date=date(2026, 11, 1), per_usd="1400")
    Rate.objects.create(currency="KRW", from_date=date(2026, 11, 20), per_usd="1450.5")
    book.forget()
    assert book.in_won(Decimal("0.01"), NOVEMBER) == Decimal("14.505")
    assert book.in_won(Decimal(1), datetime(2026, 10, 31, tzinfo=UTC)) is None


def test_what_is_added_holds_at_once_and_is_audited():
    make_price()
    assert book.of("claude-opus-5-5", "", NOVEMBER).input == 4
    two = Decimal(2)
    row = Price(
        model="Claude-Opus-5-5", from_date=date(2026, 11, 1), input=two, output=two, cache_read=two, cache_write_5m=two
    )  # fmt: skip
    book.add_price(ada(), row)
    assert book.of("claude-opus-5-5", "", NOVEMBER).input == 2
    entry = AuditEntry.objects.get(act="price-added")
    assert (entry.subject, entry.detail["input"], row.source) == ("claude-opus-5-5", "2", "Ada Lovelace")


@pytest.mark.parametrize(("amount", "text"), [
    (None, "–"), ("0", "$0.00"), ("0.00001", "<$0.0001"), ("0.000423", "$0.00042"), ("0.0042", "$0.0042"),
    ("0.0425", "$0.043"), ("0.5", "$0.50"), ("0.999", "$1.00"), ("12.345", "$12.35"), ("1234.5", "$1,234.50"),
])  # fmt: skip
def test_dollars_have_two_digits_that_count(amount, text):
    assert dollars(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(("amount", "text"), [(None, "–"), ("0.05", "<₩0.1"), ("4.56", "₩4.6"), ("1234.5", "₩1,235")])
def test_won_are_whole_once_they_are_many(amount, text):
    assert won(None if amount is None else Decimal(amount)) == text


@pytest.mark.parametrize(("price", "text"), [
    ("5.000000", "$5"), ("0.100000", "$0.10"), ("0.125000", "$0.125"), ("2.500000", "$2.50"), ("100", "$100"),
    ("0", "$0"),
])  # fmt: skip
def test_a_price_has_no_needless_zeros(price, text):
    assert per_million(Decimal(price)) == text
