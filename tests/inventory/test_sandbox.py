"""The room against the stand-in of Azure: real sockets, the console's own identity, keys and people's tokens."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from asgiref.sync import async_to_sync

from console.accounts import tokens
from console.accounts.models import User
from console.azure.errors import AzureError
from console.azure.shapes import TokenCount
from console.inventory import calling, connection, sync
from console.inventory.models import Deployment, Resource, Subscription
from console.jobs import queue
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from console.web import wire
from tests.factories import make_user
from tests.identity import forget_identity
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
BODY = {"messages": [{"role": "user", "content": "hi"}]}


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(running: SandboxProcess, settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxProcess]:
    """The console's settings and its identity's environment point at a fresh sandbox."""
    running.reset()
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
        setattr(settings, name, value)
    settings.AZURE_SUBSCRIPTION_IDS = []
    monkeypatch.setattr(queue, "dispatch", lambda pk, task: True)
    forget_identity()
    yield running
    forget_identity()


def turn(sandbox: SandboxProcess, **deployment: object) -> None:
    """Add, change or remove a deployment in Azure."""
    sandbox.http.post(f"{sandbox.url}/_sandbox/deployment", json=deployment).raise_for_status()


def synced() -> Job:
    job = sync.begin(Asker("command"))
    queue.run(str(job.pk), sync.run)
    job.refresh_from_db()
    return job


def deployment(name: str, resource: str = "contoso-foundry") -> Deployment:
    return Deployment.objects.live().select_related("resource").get(name=name, resource__name=resource)


def count(name: str, resource: str = "contoso-foundry", user: User | None = None) -> TokenCount:
    """Ask the deployment how many tokens a short message has, called as the row says."""
    plan = calling.plan(deployment(name, resource), user)

    async def ask() -> TokenCount:
        async with wire.open_foundry() as foundry:
            return await foundry.count_tokens(await calling.target(plan), BODY)

    return async_to_sync(ask)()


def test_a_sync_shows_the_whole_estate(sandbox: SandboxProcess) -> None:
    job = synced()
    assert (job.state, job.error) == (State.SUCCEEDED, "")
    assert {"contoso-foundry", "hanbit-foundry", "contoso-broken", "contoso-legacy"} <= set(
        Resource.objects.live().values_list("name", flat=True)
    )
    assert "contoso-speech" not in set(Resource.objects.values_list("name", flat=True))
    steady = deployment("claude-steady")
    assert (steady.hosting, steady.state, steady.is_claude) == ("azure", "Succeeded", True)
    assert steady.requests_per_minute == steady.capacity
    assert Deployment.objects.filter(retires_on__isnull=False).exists()
    assert Resource.objects.get(name="hanbit-foundry").local_auth_disabled is True
    assert Resource.objects.get(name="contoso-private").public_network_access == "Disabled"


def test_the_forbidden_subscription_is_named_and_hides_nothing(sandbox: SandboxProcess) -> None:
    assert "Could not read" in synced().note
    (unread,) = Subscription.objects.exclude(fault_kind="")
    assert (unread.name, unread.fault_kind) == ("Finance (restricted)", "missing-role")


def test_what_is_added_appears_and_what_is_removed_is_gone(sandbox: SandboxProcess) -> None:
    turn(sandbox, resource="contoso-foundry", name="claude-new")
    synced()
    assert deployment("claude-new").gone_at is None
    turn(sandbox, resource="contoso-foundry", name="claude-new", removed=True)
    synced()
    assert Deployment.objects.get(name="claude-new").gone_at is not None


@pytest.mark.parametrize("resource", ["contoso-foundry", "hanbit-foundry", "contoso-legacy"])
def test_as_the_console(sandbox: SandboxProcess, resource: str) -> None:
    synced()
    name = Deployment.objects.claude().filter(resource__name=resource, state__in=("", "Succeeded")).first()
    assert name is not None
    name = "claude-steady" if resource == "contoso-foundry" else name.name
    assert count(name, resource).input_tokens > 0


def test_by_key(sandbox: SandboxProcess) -> None:
    synced()
    resource = Resource.objects.get(name="contoso-foundry")
    right, wrong = sandbox.keys()[0], "0123456789abcdef0123456789abcdef"
    admin = make_user(("Admin",))
    connection.choose(resource, called_as="key", key=right, person=admin)
    assert count("claude-steady").input_tokens > 0
    connection.choose(resource, called_as="key", key=wrong, person=admin)
    with pytest.raises(AzureError) as refused:
        count("claude-steady")
    assert refused.value.kind == "bad-key"
    assert wrong not in str(refused.value)


def test_a_key_where_keys_are_turned_off(sandbox: SandboxProcess) -> None:
    synced()
    resource = Resource.objects.get(name="hanbit-foundry")
    connection.choose(resource, called_as="key", key="0123456789abcdef", person=make_user(("Admin",)))
    name = Deployment.objects.claude().filter(resource=resource, state="Succeeded").first()
    assert name is not None
    with pytest.raises(AzureError) as refused:
        count(name.name, "hanbit-foundry")
    assert refused.value.kind == "keys-disabled"


@pytest.mark.parametrize(("person", "kind"), [("minjun", ""), ("ben", "missing-role")])
def test_as_the_person_azure_decides(
    sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, person: str, kind: str
) -> None:
    synced()
    Resource.objects.filter(name="contoso-foundry").update(called_as="person")
    monkeypatch.setattr(tokens, "token_for", lambda user, scope: sandbox.token("https://ai.azure.com", person=person))
    user = make_user(("Playground",))
    if not kind:
        assert count("claude-steady", user=user).input_tokens > 0
        return
    with pytest.raises(AzureError) as refused:
        count("claude-steady", user=user)
    assert refused.value.kind == kind


def test_the_settings_connect_a_resource_without_any_identity(
    sandbox: SandboxProcess, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)
    settings.ANTHROPIC_FOUNDRY_RESOURCE = "contoso-foundry"
    settings.ANTHROPIC_FOUNDRY_API_KEY = sandbox.keys()[0]
    settings.ANTHROPIC_FOUNDRY_DEPLOYMENTS = ["claude-steady"]
    job = synced()
    assert (job.state, "no identity of its own" in job.note) == (State.SUCCEEDED, True)
    assert count("claude-steady").input_tokens > 0


@pytest.mark.slow
def test_a_large_tenant(sandbox: SandboxProcess) -> None:
    sandbox.switch("scale", resources=1000, deployments=10)
    job = synced()
    assert job.state == State.SUCCEEDED
    assert Deployment.objects.live().filter(resource__name__startswith="scale-").count() == 10_000
