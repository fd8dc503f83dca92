"""What tokens cost on a day: the dated rows, read once a minute and kept in memory. What is not known costs None."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from time import monotonic

from console.accounts import audit
from console.accounts.models import User
from console.prices.models import Price, Rate

MILLION = Decimal(1_000_000)
WON = "KRW"
# Seconds for which a process goes on with the rows it has read: a new price is known everywhere after that.
KEPT = 60.0
# Far more rows than prices ever change; keeps the memory bounded.
MOST = 5000
# claude-sonnet-4-5-20250929 is a snapshot of claude-sonnet-4-5.
SNAPSHOT = re.compile(r"-20\d{6}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What is billed of one call. `input` is what was neither read from the cache nor written to it."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def prompt(self) -> int:
        """Everything that goes in."""
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Book:
    """Every row there is, newest last."""

    prices: dict[str, list[Price]]
    rates: list[Rate]


_opened: tuple[float, Book] | None = None


def opened() -> Book:
    """The rows, at most a minute old: two queries, or none."""
    global _opened
    if _opened is None or monotonic() - _opened[0] > KEPT:
        prices: dict[str, list[Price]] = {}
        for row in reversed(Price.objects.order_by("-from_date", "-id")[:MOST]):
            prices.setdefault(row.model, []).append(row)
        rates = list(reversed(Rate.objects.order_by("-from_date", "-id")[:MOST]))
        _opened = monotonic(), Book(prices, rates)
    return _opened[1]


def forget() -> None:
    """Read the rows again when they are next asked for."""
    global _opened
    _opened = None


def of(model: str, hosting: str, at: datetime, *, prompt: int = 0) -> Price | None:
    """What `model` costs at this moment for a call with `prompt` tokens going in; None when nobody has said."""
    rows = [row for row in opened().prices.get(plain(model), []) if row.from_date <= at.astimezone(UTC).date()]
    own = [row for row in rows if row.hosting == hosting]
    rows = own or [row for row in rows if not row.hosting]
    reached = [row for row in rows if row.above_tokens == 0 or row.above_tokens < prompt]
    return max(reached, key=lambda row: (row.above_tokens, row.from_date, row.pk), default=None)


def flat(model: str, at: datetime) -> Price | None:
    """What `model` costs wherever it is hosted and however long the prompt is; None where that makes a difference."""
    differs = any(row.hosting or row.above_tokens for row in opened().prices.get(plain(model), []))
    return None if differs else of(model, "", at)


def plain(model: str) -> str:
    """A model's name as its prices have it."""
    return SNAPSHOT.sub("", model.casefold())


def cost(price: Price, tokens: Tokens) -> Decimal:
    """US dollars for these tokens. What was written to the cache is taken to live for five minutes."""
    parts = (
        (tokens.input, price.input),
        (tokens.output, price.output),
        (tokens.cache_read, price.cache_read),
        (tokens.cache_write, price.cache_write_5m),
    )
    return sum((count * each for count, each in parts), Decimal()) / MILLION


def cost_of(model: str, hosting: str, at: datetime, tokens: Tokens) -> Decimal | None:
    """US dollars for a call at its day's price; None when there is none."""
    price = of(model, hosting, at, prompt=tokens.prompt)
    return None if price is None else cost(price, tokens)


def in_won(dollars: Decimal, at: datetime) -> Decimal | None:
    """The same in won, at the day's rate; None when there is none."""
    known = [row for row in opened().rates if row.currency == WON and row.from_date <= at.astimezone(UTC).date()]
    return dollars * known[-1].per_usd if known else None


def add_price(user: User, price: Price) -> None:
    """Keep a new price, and who added it."""
    price.model, price.source = plain(price.model), price.source or user.label[:200]
    price.save(force_insert=True)
    audit.note(
        user, "price-added", price.model, hosting=price.hosting, above_tokens=price.above_tokens or None,
        from_date=price.from_date, input=price.input, output=price.output, cache_read=price.cache_read,
        cache_write_5m=price.cache_write_5m,
    )  # fmt: skip
    forget()


def add_rate(user: User, rate: Rate) -> None:
    """Keep a new exchange rate, and who added it."""
    rate.source = rate.source or user.label[:200]
    rate.save(force_insert=True)
    audit.note(user, "rate-added", rate.currency, from_date=rate.from_date, per_usd=rate.per_usd)
    forget()
