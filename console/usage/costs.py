"""What a period cost at list prices, from the hourly sums. Calls they tell no price of are counted, never guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Case, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from console.accounts.models import User
from console.prices import book
from console.prices.book import Tokens

# The sums of a period (requestlog.rollup.parts): those of whole days, then those of the hours after them.
Parts = Sequence[QuerySet[Any]]


@dataclass(slots=True)
class Cost:
    """US dollars for `priced` calls; `unpriced` ones used tokens too."""

    dollars: Decimal = Decimal()
    priced: int = 0
    unpriced: int = 0


def costs(calls: Parts, person: User) -> tuple[Cost, Cost]:
    """What everybody's calls cost, and what this person's did: a query a part, and one for prices now and then."""
    everybody, own = Cost(), Cost()
    for row in (row for part in calls for row in grouped(part, person)):
        price = book.flat(row["model"], row["hour"])
        tokens = Tokens(row["new"], row["out"], row["read"], row["written"])
        for cost in (everybody, own) if row["mine"] else (everybody,):
            if price is None:
                cost.unpriced += row["calls"]
            else:
                cost.priced += row["calls"]
                cost.dollars += book.cost(price, tokens)
    return everybody, own


def grouped(calls: QuerySet[Any], person: User) -> QuerySet[Any]:
    """Tokens by hour, model and whether this person used them: what has one price."""
    mine = Case(When(person_key=person.key, then=Value(True)), default=Value(False))
    billed = calls.filter(Q(input_tokens__gt=0) | Q(output_tokens__gt=0))
    groups: QuerySet[Any] = billed.annotate(mine=mine).values("hour", "model", "mine")
    totals: QuerySet[Any] = groups.annotate(
        calls=Coalesce(Sum("requests"), 0), new=Sum("input_tokens"), out=Sum("output_tokens"),
        read=Sum("cache_read_input_tokens"), written=Sum("cache_creation_input_tokens"),
    )  # fmt: skip
    return totals
