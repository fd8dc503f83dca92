"""A sync from ARM's answers, over a real socket, to rows and to what its job says."""

from __future__ import annotations

import time
from datetime import date, timedelta

import pytest
from django.utils import timezone

from console.azure.errors import SignInNeeded
from console.inventory import keys, sync, words
from console.inventory.models import Deployment, Resource, Subscription
from console.inventory.status import TASK
from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from console.web import wire
from tests.factories_inventory import make_deployment, make_resource, make_subscription
from tests.inventory.arm_server import ACCOUNTS, ArmServer, arm_id

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "dispatch", lambda pk, task: True)


def synced() -> Job:
    """One sync from its request to its end."""
    job = sync.begin(Asker("person", "Ada"))
    queue.run(str(job.pk), sync.run)
    job.refresh_from_db()
    return job


def live() -> set[str]:
    return {f"{row.resource.name}/{row.name}" for row in Deployment.objects.live().select_related("resource")}


def test_it_brings_resources_and_deployments(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha", "beta", name="Production")
    arm.deployments("sub-a", "alpha", "claude-a", "claude-b")
    job = synced()
    assert (job.state, job.note) == (State.SUCCEEDED, "Read 2 deployments on 2 resources; subscriptions: 1.")
    assert (job.done, job.total, job.subject) == (2, 2, "Inventory")
    assert live() == {"alpha/claude-a", "alpha/claude-b"}
    assert Resource.objects.filter(name="beta", subscription_id="sub-a").exists()
    assert Subscription.objects.get().name == "Production"


def test_it_learns_until_when_models_are_served(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha")
    arm.deployments("sub-a", "alpha", "claude-a")
    model = {"format": "Anthropic", "name": "claude-sonnet-5-5", "version": "2"}
    arm.answers["/subscriptions/sub-a/providers/Microsoft.CognitiveServices/locations/eastus2/models"] = [
        {"kind": "AIServices", "model": {**model, "deprecation": {"inference": "2027-09-01T00:00:00Z"}}}
    ]
    assert synced().state == State.SUCCEEDED
    assert Deployment.objects.get().retires_on == date(2027, 9, 1)


def test_what_disappears_from_arm_is_gone_and_comes_back(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha")
    arm.deployments("sub-a", "alpha", "claude-a", "claude-b")
    synced()
    first_seen = Deployment.objects.get(name="claude-b").first_seen
    arm.deployments("sub-a", "alpha", "claude-a")
    synced()
    assert live() == {"alpha/claude-a"}
    arm.deployments("sub-a", "alpha", "claude-a", "claude-b")
    synced()
    assert live() == {"alpha/claude-a", "alpha/claude-b"}
    assert Deployment.objects.get(name="claude-b").first_seen == first_seen


def test_a_forbidden_subscription_hides_nothing_and_is_named(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha")
    arm.subscription("sub-b")
    arm.refuse(f"/subscriptions/sub-b{ACCOUNTS}")
    make_deployment("claude-z", make_resource("kept", subscription_id="sub-b"))
    job = synced()
    assert (job.state, job.note.endswith("Could not read: sub-b.")) == (State.SUCCEEDED, True)
    assert live() == {"kept/claude-z"}
    assert Subscription.objects.get(pk="sub-b").fault_kind == "missing-role"
    assert "AuthorizationFailed" in Subscription.objects.get(pk="sub-b").fault


def test_a_resource_that_does_not_tell_its_deployments_keeps_them(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha", "beta")
    arm.deployments("sub-a", "alpha", "claude-a")
    synced()
    arm.refuse(f"{arm_id('sub-a', 'alpha')}/deployments", 403)
    job = synced()
    assert job.state == State.SUCCEEDED
    assert job.note.endswith("Some deployments could not be read in: sub-a.")
    assert live() == {"alpha/claude-a"}
    assert Subscription.objects.get().fault_kind == "partly"
    assert list(Resource.objects.filter(deployments_unread=True).values_list("name", flat=True)) == ["alpha"]
    arm.deployments("sub-a", "alpha", "claude-a")
    synced()
    assert not Resource.objects.filter(deployments_unread=True).exists()


def test_without_the_list_of_subscriptions_it_fails_and_hides_nothing(arm: ArmServer) -> None:
    make_deployment("claude-a", make_resource("kept"))
    arm.refuse("/subscriptions", 403)
    job = synced()
    assert job.state == State.FAILED
    assert "AuthorizationFailed" in job.error
    assert live() == {"kept/claude-a"}


def test_when_no_subscription_can_be_read_it_fails(arm: ArmServer) -> None:
    arm.subscription("sub-a")
    arm.refuse(f"/subscriptions/sub-a{ACCOUNTS}")
    job = synced()
    assert (job.state, job.error.startswith("No subscription could be read.")) == (State.FAILED, True)


def test_named_subscriptions_limit_it(arm: ArmServer, settings) -> None:
    settings.AZURE_SUBSCRIPTION_IDS = ["sub-a"]
    arm.subscription("sub-a", "alpha")
    arm.subscription("sub-b", "beta")
    make_subscription("Old", "sub-b")
    synced()
    assert arm.asked[f"/subscriptions/sub-b{ACCOUNTS}"] == 0
    assert Subscription.objects.get(pk="sub-b").fault_kind == "left-out"
    assert Resource.objects.get().name == "alpha"


def test_named_subscriptions_are_read_even_where_the_list_is_not(arm: ArmServer, settings) -> None:
    settings.AZURE_SUBSCRIPTION_IDS = ["sub-a"]
    arm.subscription("sub-a", "alpha")
    arm.refuse("/subscriptions", 403)
    assert synced().state == State.SUCCEEDED
    assert Resource.objects.get().name == "alpha"


def test_a_name_in_the_settings_that_is_no_id_is_said_so(arm: ArmServer, settings) -> None:
    settings.AZURE_SUBSCRIPTION_IDS = ["Production & more"]
    job = synced()
    assert (job.state, "AZURE_SUBSCRIPTION_IDS" in job.error) == (State.FAILED, True)


def test_an_id_that_is_none_hides_no_other(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha")
    arm.subscription("sub/../b", "beta")
    assert synced().state == State.SUCCEEDED
    assert Resource.objects.get().name == "alpha"


def without_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    async def token() -> str:
        raise SignInNeeded("no identity", kind="identity-missing")

    monkeypatch.setattr(wire, "arm_token", token)


def test_without_an_identity_there_is_nothing_to_do(arm: ArmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    without_identity(monkeypatch)
    make_resource("kept")
    job = synced()
    assert (job.state, job.note) == (State.SKIPPED, words.NOTHING_TO_READ_AS)
    assert Resource.objects.live().exists()


def test_without_an_identity_the_connected_resource_is_kept(
    arm: ArmServer, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_identity(monkeypatch)
    settings.ANTHROPIC_FOUNDRY_RESOURCE, settings.ANTHROPIC_FOUNDRY_API_KEY = "contoso", "key-from-environment"
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = ["claude-a"]
    job = synced()
    assert (job.state, job.note) == (State.SUCCEEDED, words.ONLY_CONNECTED)
    assert live() == {"contoso/claude-a"}


def test_the_connected_resource_and_arms_are_one(arm: ArmServer, settings) -> None:
    settings.ANTHROPIC_FOUNDRY_RESOURCE, settings.ANTHROPIC_FOUNDRY_API_KEY = "alpha", "key-from-environment"
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = ["claude-a"]
    synced()
    before = Deployment.objects.get().pk
    arm.subscription("sub-a", "alpha")
    arm.deployments("sub-a", "alpha", "claude-a", "claude-b")
    synced()
    row = Resource.objects.get()
    assert (row.subscription_id, row.called_as, keys.key_for(row)) == ("sub-a", "key", "key-from-environment")
    assert Deployment.objects.get(name="claude-a").pk == before
    assert live() == {"alpha/claude-a", "alpha/claude-b"}


def test_a_key_does_not_follow_a_resource_to_another_host(arm: ArmServer) -> None:
    arm.subscription("sub-a", "alpha")
    synced()
    keys.keep(Resource.objects.get(), "sentinel-0123456789")
    synced()
    assert Resource.objects.get().sealed_key is not None
    arm.answers[f"/subscriptions/sub-a{ACCOUNTS}"] = [arm.account("sub-a", "alpha", customSubDomainName="moved")]
    synced()
    row = Resource.objects.get()
    assert (row.subdomain, row.sealed_key, row.key_hint) == ("moved", None, "")


def test_two_are_never_asked_for_at_once(arm: ArmServer) -> None:
    first = sync.begin(Asker("person", "Ada"))
    assert sync.begin(Asker("schedule"), slot="1") == first
    assert Job.objects.filter(task=TASK).count() == 1


def test_what_a_dead_sync_wrote_stays_and_the_next_one_ends_it(arm: ArmServer, monkeypatch: pytest.MonkeyPatch) -> None:
    arm.subscription("sub-a", "alpha", "beta")
    arm.deployments("sub-a", "beta", "claude-b")
    old = timezone.now() - timedelta(days=1)
    make_deployment("claude-z", make_resource("zeta", subscription_id="sub-a", last_seen=old), last_seen=old)
    with monkeypatch.context() as here:
        here.setattr(sync.writing, "write_deployments", lambda reads, at: 1 / 0)
        assert synced().state == State.FAILED
    assert Resource.objects.live().count() == 2
    assert synced().state == State.SUCCEEDED
    assert live() == {"beta/claude-b"}


@pytest.mark.slow
def test_a_thousand_resources_with_ten_deployments_each(arm: ArmServer) -> None:
    names = [f"contoso-{number}" for number in range(1000)]
    arm.subscription("sub-a", *names)
    for name in names:
        arm.deployments("sub-a", name, *(f"claude-{number}" for number in range(10)))
    began = time.monotonic()
    job = synced()
    assert (job.state, job.done, job.total) == (State.SUCCEEDED, 1000, 1000)
    assert Deployment.objects.live().count() == 10_000
    assert time.monotonic() - began < 60
