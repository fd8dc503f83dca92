"""What a person has used of their limits: tokens since midnight and dollars since the first of the month, in UTC.

Hours that are folded for good come from the sums, the rest from the log by the person's index. A figure is kept for a
few seconds, and an answer under way counts only once it has ended: a limit can be passed by what runs at that moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import monotonic
from typing import Any

from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from console.accounts.models import User
from console.playground import rules
from console.prices import book
from console.prices.book import Tokens
from console.requestlog.models import HourlyRollup, RequestRecord, RollupProgress, Source
from console.web.ids import first_id_at

KEPT = 10.0
# Figures kept in memory; more people at once than that are read again.
MOST_KEPT = 5000
SUMS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens of today and dollars of this month, the latter at list price where one is known."""

    tokens: int = 0
    dollars: Decimal = Decimal()


@dataclass(frozen=True, slots=True)
class Reached:
    """A limit that is reached: the kind of its card, and a sentence with the figures."""

    kind: str
    words: str


_kept: dict[str, tuple[float, Used]] = {}


def reached(user: User) -> Reached | None:
    """The limit this person has reached, if any; without limits nothing is read."""
    limits = rules.known().rules
    if limits.tokens_per_day is None and limits.dollars_per_month is None:
        return None
    used, now = used_by(user), timezone.now()
    if limits.tokens_per_day is not None and used.tokens >= limits.tokens_per_day:
        words = _("You have used %(used)s of %(limit)s tokens today. The count begins again at %(time)s.")
        facts = {"used": number_format(used.tokens, force_grouping=True), "time": moment(day_after(now)),
                 "limit": number_format(limits.tokens_per_day, force_grouping=True)}  # fmt: skip
        return Reached("tokens-spent", words % facts)
    if limits.dollars_per_month is not None and used.dollars >= limits.dollars_per_month:
        words = _("You have used about $%(used)s of $%(limit)s this month. The count begins again at %(time)s.")
        facts = {"used": f"{used.dollars:,.2f}", "limit": f"{limits.dollars_per_month:,.2f}",
                 "time": moment(month_after(now))}  # fmt: skip
        return Reached("budget-spent", words % facts)
    return None


def used_by(user: User) -> Used:
    """What this person has used, at most a few seconds old: up to five queries by index, or none."""
    found = _kept.get(user.key)
    if found is None or monotonic() - found[0] > KEPT:
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        now = timezone.now()
        used = Used(tokens_since(user, day_of(now)), dollars_since(user, month_of(now)))
        found = _kept[user.key] = monotonic(), used
    return found[1]


def forget() -> None:
    _kept.clear()


def tokens_since(user: User, start: datetime) -> int:
    return sum(tokens.prompt + tokens.output for _model, _hosting, tokens in spent(user, start))


def dollars_since(user: User, start: datetime) -> Decimal:
    """At today's list price; what has no price counts nothing. A sum over many calls does not tell how long each
    prompt was: it is priced as short ones.
    """
    now, dollars = timezone.now(), Decimal()
    for model, hosting, tokens in spent(user, start):
        price = book.of(model, hosting, now)
        dollars += book.cost(price, tokens) if price is not None else Decimal()
    return dollars


def spent(user: User, start: datetime) -> Iterator[tuple[str, str, Tokens]]:
    """Model, hosting ("" for the folded hours, which do not tell) and tokens of the person's own messages."""
    folded = RollupProgress.objects.values_list("folded_until", flat=True).filter(name="hours").first()
    open_since = max(start, folded) if folded else start
    hours = HourlyRollup.objects.filter(person_key=user.key, hour__gte=start, hour__lt=open_since)
    records = RequestRecord.objects.filter(person_key=user.key, id__gte=first_id_at(open_since - timedelta(minutes=1)))
    totals = {f"sum_{name}": Coalesce(Sum(name), 0) for name in SUMS}
    for row in hours.filter(source=Source.PLAYGROUND).order_by().values("model").annotate(**totals):
        yield row["model"], "", summed(row)
    own = records.filter(source=Source.PLAYGROUND, started_at__gte=open_since)
    for row in own.order_by().values("model", "hosting").annotate(**totals):
        yield row["model"], row["hosting"], summed(row)


def summed(row: Mapping[str, Any]) -> Tokens:
    sums = [int(row[f"sum_{name}"]) for name in SUMS]
    return Tokens(input=sums[0], output=sums[1], cache_read=sums[2], cache_write=sums[3])


# ---- Days and months ----


def day_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def day_after(now: datetime) -> datetime:
    return day_of(now) + timedelta(days=1)


def month_of(now: datetime) -> datetime:
    return day_of(now).replace(day=1)


def month_after(now: datetime) -> datetime:
    return month_of(month_of(now) + timedelta(days=32))


def moment(at: datetime) -> str:
    """A moment in words, in UTC."""
    return f"{date_format(at, 'DATE_FORMAT')} 00:00 UTC"
