"""Template words of this room: what a call cost, and money as people read it."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

from django import template

from console.prices import book
from console.prices.book import Tokens

register = template.Library()

LEAST = Decimal("0.0001")


class Billed(Protocol):
    """A call as the request log has it."""

    model: str
    hosting: str
    started_at: datetime
    input_tokens: int | None
    output_tokens: int | None
    cache_read_input_tokens: int | None
    cache_creation_input_tokens: int | None

    @property
    def was_counted(self) -> bool: ...


@register.filter
def cost(record: Billed | None) -> Decimal | None:
    """US dollars for a finished call at the price of its day; None where usage or price is not known.

    Of an answer that was stopped or broke off only the beginning of the count is there: no price is better than a far
    too small one.
    """
    if record is None or record.output_tokens is None or not record.was_counted:
        return None
    tokens = Tokens(
        input=record.input_tokens or 0,
        output=record.output_tokens,
        cache_read=record.cache_read_input_tokens or 0,
        cache_write=record.cache_creation_input_tokens or 0,
    )
    return book.cost_of(record.model, record.hosting, record.started_at, tokens)


@register.filter
def cost_in_won(record: Billed | None) -> Decimal | None:
    """The same in won at the rate of that day; None where price or rate is not known."""
    amount = cost(record)
    return book.in_won(amount, record.started_at) if record is not None and amount is not None else None


@register.filter
def dollars(amount: Decimal | None) -> str:
    """0.0042 → "$0.0042", 12.345 → "$12.35": two digits that count below a dollar; "–" for nothing."""
    if amount is None:
        return "–"
    if 0 < amount < LEAST:
        return f"<${LEAST}"
    digits = 2 if amount >= 1 or not amount else max(2, 1 - amount.adjusted())
    return f"${rounded(amount, digits):,}"


@register.filter
def won(amount: Decimal | None) -> str:
    """1234.5 → "₩1,235", 4.56 → "₩4.6"; "–" for nothing."""
    if amount is None:
        return "–"
    if 0 < amount < Decimal("0.1"):
        return "<₩0.1"
    return f"₩{rounded(amount, 0 if amount >= 10 else 1):,}"


@register.filter
def per_million(amount: Decimal) -> str:
    """A price without needless zeros: "$5", "$0.125", "$2.50"."""
    plain = amount.normalize()
    places = -int(plain.as_tuple().exponent)
    return f"${rounded(plain, 0 if places <= 0 else max(2, places)):,}"


def rounded(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
