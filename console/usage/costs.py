"""What a period cost at list prices, from the hourly sums. Calls they tell no price of are counted, never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal

from django.db.models import Case, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncDay

from console.accounts.models import User
from console.prices import book
from console.prices.book import Tokens
from console.requestlog.models import HourlyRollup


@dataclass(slots=True)
class Cost:
    """US dollars for `priced` calls; `unpriced` ones used tokens too."""

    dollars: Decimal = Decimal()
    priced: int = 0
    unpriced: int = 0


def costs(calls: QuerySet[HourlyRollup], person: User) -> tuple[Cost, Cost]:
    """What everybody's calls cost, and what this person's did; one query, and one for the prices now and then."""
    mine = Case(When(person_key=person.key, then=Value(True)), default=Value(False))
    billed = calls.filter(Q(input_tokens__gt=0) | Q(output_tokens__gt=0))
    grouped = billed.annotate(day=TruncDay("hour", tzinfo=UTC), mine=mine).values("day", "model", "mine")
    rows = grouped.annotate(
        calls=Coalesce(Sum("requests"), 0), new=Sum("input_tokens"), out=Sum("output_tokens"),
        read=Sum("cache_read_input_tokens"), written=Sum("cache_creation_input_tokens"),
    ).order_by(F("day"))  # fmt: skip
    everybody, own = Cost(), Cost()
    for row in rows:
        price = book.flat(row["model"], row["day"])
        tokens = Tokens(row["new"], row["out"], row["read"], row["written"])
        for cost in (everybody, own) if row["mine"] else (everybody,):
            if price is None:
                cost.unpriced += row["calls"]
            else:
                cost.priced += row["calls"]
                cost.dollars += book.cost(price, tokens)
    return everybody, own
