"""What ARM showed becomes rows, and what it stopped showing is gone; nothing else is."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from console.azure.arm_models import CatalogModel
from console.azure.errors import Forbidden
from console.azure.shapes import Account, AccountRead, ModelDeployment, Subscription, SubscriptionRead
from console.inventory import models, writing
from console.inventory.models import Deployment, Resource
from tests.factories_inventory import PRODUCTION, arm_id, make_deployment, make_resource, make_subscription

pytestmark = pytest.mark.django_db
AT = timezone.now()
BEFORE = AT - timedelta(days=1)


def account(name: str = "alpha", **shown: object) -> Account:
    facts: dict[str, object] = {"arm_id": arm_id(name), "subscription_id": PRODUCTION, "resource_group": "rg-ai"}
    return Account(name=name, **{**facts, "subdomain": name, "kind": "AIServices", **shown})


def listed(*accounts: Account, at: datetime = AT) -> None:
    writing.write_subscription(SubscriptionRead(Subscription(PRODUCTION, "Production", "Enabled"), accounts), at)


def deployed(account: Account, *names: str, at: datetime = AT, **shown: object) -> None:
    found = tuple(ModelDeployment(arm_id=f"{account.arm_id}/deployments/{name}", name=name, **shown) for name in names)
    writing.write_deployments([AccountRead(account, found)], at)


def test_what_is_new_becomes_a_row() -> None:
    listed(account("Alpha", location="eastus2", local_auth_disabled=True, tags={"Owner": "Kim"}))
    row = Resource.objects.get()
    assert (row.arm_id, row.name, row.subdomain) == (arm_id("alpha"), "Alpha", "alpha")
    assert (row.local_auth_disabled, row.tags, row.first_seen, row.gone_at) == (True, {"Owner": "Kim"}, AT, None)
    assert "owner:kim" in row.words
    assert "production" in row.words


def test_without_a_subdomain_the_name_serves() -> None:
    listed(account("Alpha", subdomain=""))
    assert Resource.objects.get().subdomain == "alpha"


def test_what_is_known_keeps_its_id_and_its_beginning() -> None:
    kept = make_resource("alpha", first_seen=BEFORE, last_seen=BEFORE, called_as="person", state="Creating")
    listed(account("alpha", state="Succeeded"))
    row = Resource.objects.get()
    assert (row.pk, row.first_seen, row.last_seen) == (kept.pk, BEFORE, AT)
    assert (row.state, row.called_as) == ("Succeeded", "person")


def test_the_case_of_an_arm_id_makes_no_second_resource() -> None:
    listed(account("alpha"))
    listed(account("alpha", arm_id=arm_id("alpha").upper()), account("alpha"))
    assert Resource.objects.count() == 1


def test_what_is_no_longer_listed_is_gone_with_its_deployments() -> None:
    claude = make_deployment(resource=make_resource("alpha", last_seen=BEFORE))
    listed(account("beta"))
    claude.refresh_from_db()
    assert claude.gone_at == claude.resource.gone_at == AT
    assert Resource.objects.live().get().name == "beta"


def test_what_was_gone_before_keeps_its_time() -> None:
    make_resource("alpha", last_seen=BEFORE, gone_at=BEFORE)
    listed()
    assert Resource.objects.get().gone_at == BEFORE


def test_another_subscription_is_left_alone() -> None:
    make_resource("elsewhere", subscription_id="another", last_seen=BEFORE)
    listed()
    assert Resource.objects.get().gone_at is None


def test_what_returns_is_no_longer_gone() -> None:
    alpha = make_resource("alpha", gone_at=BEFORE, first_seen=BEFORE)
    make_deployment("claude-a", alpha, gone_at=BEFORE, first_seen=BEFORE)
    listed(account("alpha"))
    deployed(account("alpha"), "claude-a")
    row = Deployment.objects.live().get()
    assert (row.name, row.first_seen, row.last_seen) == ("claude-a", BEFORE, AT)


def test_a_deployment_that_is_no_longer_listed_is_gone() -> None:
    alpha = make_resource("alpha")
    make_deployment("claude-a", alpha, last_seen=BEFORE)
    other = make_deployment("claude-a", make_resource("beta"), last_seen=BEFORE)
    deployed(account("alpha"), "claude-b")
    assert set(Deployment.objects.filter(gone_at=None).values_list("name", "resource__name")) == {
        ("claude-b", "alpha"),
        ("claude-a", other.resource.name),
    }


def test_the_case_of_a_name_makes_no_second_deployment() -> None:
    kept = make_deployment("Claude-A", make_resource("alpha"), health="well", last_seen=BEFORE)
    deployed(account("alpha"), "claude-a", "CLAUDE-A")
    row = Deployment.objects.get()
    assert (row.pk, row.name, row.health, row.last_seen) == (kept.pk, "Claude-A", "well", AT)


def test_deployments_of_an_account_that_was_not_listed_are_not_written() -> None:
    deployed(account("never-seen"), "claude-a")
    assert not Deployment.objects.exists()


def test_an_older_sync_that_ends_late_calls_nothing_gone_that_a_newer_one_saw() -> None:
    make_deployment("claude-a", make_resource("alpha", last_seen=AT), last_seen=AT)
    listed(at=BEFORE)
    deployed(account("alpha"), at=BEFORE)
    assert Deployment.objects.live().exists()


def test_odd_things_are_bounded_and_storable() -> None:
    long = "x" * 260
    odd = account("a\x00b", state="Zwischenzustand", location=long, tags={f"{n}": "<b>\ud800" for n in range(100)})
    listed(odd)
    row = Resource.objects.get()
    assert (row.name, row.state, len(row.location), len(row.tags)) == ("a\ufffdb", "Zwischenzustand", 60, 50)
    deployed(odd, long, long + "y", capacity=10**12, model=long, hosting="unknown")
    (deployment,) = Deployment.objects.all()
    assert (len(deployment.name), deployment.capacity, len(deployment.model)) == (200, None, 100)
    assert deployment.hosting == ""


def test_a_subscription_keeps_what_could_not_be_read() -> None:
    make_subscription(synced_at=BEFORE)
    writing.note_unread(PRODUCTION, Forbidden("no right over scope", correlation_id="c-1"))
    row = models.Subscription.objects.get()
    assert (row.name, row.synced_at, row.fault_kind) == ("Production", BEFORE, "forbidden")
    assert row.fault == "no right over scope (c-1)"
    listed()
    row.refresh_from_db()
    assert (row.synced_at, row.fault_kind, row.fault) == (AT, "", "")


def test_names_are_kept_for_subscriptions_that_cannot_be_read() -> None:
    make_subscription("Old name", fault_kind="forbidden")
    writing.write_names([Subscription(PRODUCTION, "New\x00name", "Enabled"), Subscription("sub-b", "B")])
    found = dict(models.Subscription.objects.values_list("name", "fault_kind"))
    assert found == {"New\ufffdname": "forbidden", "B": ""}


def test_subscriptions_the_sync_did_not_meet_say_why(settings) -> None:
    for key in ("met", "lost", "limited"):
        make_subscription(key, key)
    writing.note_not_listed(["met"])
    settings.AZURE_SUBSCRIPTION_IDS = ["met", "lost"]
    writing.note_not_listed(["met"])
    found = dict(models.Subscription.objects.values_list("pk", "fault_kind"))
    assert found == {"met": "", "lost": "not-listed", "limited": "left-out"}


def test_retirements_go_to_the_models_they_name_in_that_place() -> None:
    here, there = make_resource("alpha"), make_resource("beta", location="swedencentral")
    for resource in (here, there):
        make_deployment("a", resource, model="Claude-Opus-5", model_version="2")
        make_deployment("b", resource, model="claude-opus-5", model_version="1")
        make_deployment("c", resource, model="claude-new", model_version="1", retires_on=date(2030, 1, 1))
    models = [
        CatalogModel("anthropic", "claude-opus-5", "2", retires_on=date(2027, 7, 8)),
        CatalogModel("Anthropic", "claude-new", "1"),
    ]
    writing.write_retirements(PRODUCTION, "eastus2", models)
    found = dict(here.deployments.values_list("name", "retires_on"))
    assert found == {"a": date(2027, 7, 8), "b": None, "c": None}
    assert there.deployments.get(name="a").retires_on is None


def test_a_sync_leaves_a_known_retirement_alone() -> None:
    kept = make_deployment("claude-a", make_resource("alpha"), retires_on=date(2027, 7, 8), last_seen=BEFORE)
    deployed(account("alpha"), "claude-a")
    kept.refresh_from_db()
    assert (kept.last_seen, kept.retires_on) == (AT, date(2027, 7, 8))


def test_places_are_where_live_claude_is() -> None:
    make_deployment("claude-a", make_resource("alpha"))
    make_deployment("claude-b", make_resource("beta"))
    make_deployment("gpt", make_resource("gamma", location="westus"), model_format="OpenAI")
    make_deployment("claude-c", make_resource("delta", location="", arm_id="settings:delta", subscription_id=""))
    assert writing.places_of_claude() == [(PRODUCTION, "eastus2")]


def test_a_thousand_resources_take_few_statements(django_assert_max_num_queries) -> None:
    accounts = [account(f"alpha-{number}") for number in range(1000)]
    with django_assert_max_num_queries(60):
        listed(*accounts)
    reads = [
        AccountRead(each, tuple(ModelDeployment(f"{each.arm_id}/d/{n}", f"claude-{n}") for n in range(10)))
        for each in accounts[:100]
    ]
    with django_assert_max_num_queries(40):
        writing.write_deployments(reads, AT)
    assert Deployment.objects.count() == 1000
