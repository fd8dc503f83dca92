"""What a period cost at list prices, from the hourly sums. Calls they tell no price of are counted, never guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from console.prices import book
from console.prices.book import Tokens


@dataclass(frozen=True, slots=True)
class Bill:
    """What calls of one model used in one hour or day: what has one price."""

    model: str
    hour: datetime
    calls: int
    tokens: Tokens


@dataclass(slots=True)
class Cost:
    """US dollars for `priced` calls; `unpriced` ones used tokens too."""

    dollars: Decimal = Decimal()
    priced: int = 0
    unpriced: int = 0


def cost_of(bills: Iterable[Bill]) -> Cost:
    """What all of these cost: one query for prices now and then, and none else."""
    cost = Cost()
    for bill in bills:
        price = book.flat(bill.model, bill.hour)
        if price is None:
            cost.unpriced += bill.calls
        else:
            cost.priced += bill.calls
            cost.dollars += book.cost(price, bill.tokens)
    return cost
