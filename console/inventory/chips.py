"""The filters above the table as links: what may be chosen in each, and which one is on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Value
from django.utils.translation import gettext as _

from console.inventory.listing import Filters
from console.inventory.models import Deployment, Resource, soon
from console.inventory.words import HEALTH, HOSTING, Words

# Of one filter; a tenant with more is searched, not clicked through.
MOST_CHIPS = 100


@dataclass(frozen=True, slots=True)
class Chip:
    label: Words
    query: str
    on: bool


@dataclass(frozen=True, slots=True)
class Group:
    """One filter: its name, the label of what is chosen ("" for nothing), what may be chosen."""

    name: str
    label: str
    chosen: Words
    chips: list[Chip]


def groups(filters: Filters, subscriptions: Mapping[str, str]) -> list[Group]:
    """Every filter that has more than one answer here, or is on; `subscriptions` gives names by id. One query."""
    seen = values_seen()
    health = {shown or "never": badge.word for shown, badge in HEALTH.items()}
    offered: list[tuple[str, str, dict[str, Words]]] = [
        ("family", _("Kind"), {"claude": _("Claude"), "other": _("Other models")}),
        ("subscription", _("Subscription"), {key: subscriptions.get(key) or key for key in seen["subscription"]}),
        ("location", _("Location"), same(seen["location"])),
        ("model", _("Model"), same(seen["model"])),
        ("hosting", _("Hosting"), {key: word for key, word in HOSTING.items() if key in seen["hosting"]}),
        ("state", _("State"), same(seen["state"])),
        ("health", _("Health"), health),
        ("retires", _("Retirement"), {"soon": _("Within 90 days")} if seen["retires"] else {}),
        ("presence", _("Shown"), {"live": _("Present"), "gone": _("Gone"), "all": _("Both")}),
    ]
    made = [group(filters, name, label, choices) for name, label, choices in offered]
    return [each for each in made if worth_offering(each)]


def worth_offering(group: Group) -> bool:
    """A filter that would change nothing is none; an end that is near is offered even where it is the only answer."""
    return bool(group.chosen) or len(group.chips) > (1 if group.name == "retires" else 2)


def values_seen() -> Mapping[str, list[str]]:
    """The values that occur, by filter, sorted; those that differ only in case count once."""
    resources, deployments = Resource.objects.order_by(), Deployment.objects.order_by()
    parts = [
        resources.values_list(Value("subscription"), "subscription_id"),
        resources.values_list(Value("location"), "location"),
        resources.values_list(Value("state"), "state"),
        deployments.values_list(Value("state"), "state"),
        deployments.values_list(Value("model"), "model"),
        deployments.values_list(Value("hosting"), "hosting"),
        deployments.filter(retires_on__lte=soon()).values_list(Value("retires"), Value("soon")),
    ]
    first, *others = [part.distinct() for part in parts]
    seen: dict[str, dict[str, str]] = defaultdict(dict)
    for name, value in first.union(*others):
        if value:
            seen[name].setdefault(value.lower(), value)
    return defaultdict(list, {name: sorted(found.values(), key=str.lower) for name, found in seen.items()})


def same(values: Iterable[str]) -> dict[str, Words]:
    return {value: value for value in values}


def group(filters: Filters, name: str, label: str, choices: Mapping[str, Words]) -> Group:
    """One filter with a chip for each choice and, unless one is always on, a chip that turns it off."""
    now = getattr(filters, name)
    by_case = {key.lower(): key for key in choices}
    on = by_case.get(now.lower(), now)
    shown = sorted(choices, key=lambda key: key != on)[:MOST_CHIPS]
    chips = [Chip(choices[key], filters.query(**{name: key}), key == on) for key in choices if key in shown]
    usual = getattr(Filters(), name)
    if not usual:
        chips.insert(0, Chip(_("All"), filters.query(**{name: ""}), not now))
    return Group(name, label, "" if now == usual else choices.get(on, now), chips)
