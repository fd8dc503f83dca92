from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from django.utils.translation import override

from console.accounts.models import User
from console.config.overview import gather
from console.health.models import DeploymentHealth, Incident
from console.inventory.models import Deployment
from console.inventory.status import TASK
from console.jobs.models import Job, State
from console.playground.models import Conversation
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import make_deployment, make_resource, make_subscription
from tests.factories_jobs import make_job
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def an_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")


def deployment(name: str, health: str = "well", *, minutes: int = 1, **row: object) -> Deployment:
    at = timezone.now() - timedelta(minutes=minutes) if health else None
    return make_deployment(name, health=health, health_at=at, **row)


def ill(name: str, *, since_hours: int, verdict: str = "ill") -> Deployment:
    made = deployment(name, verdict)
    now = timezone.now()
    DeploymentHealth.objects.create(
        deployment=made,
        verdict=verdict,
        rung="auth",
        kind="bad-key",
        checked_at=now,
        since=now - timedelta(hours=since_hours),
    )
    return made


def conversation(owner: User, title: str, *, minutes: int = 1) -> Conversation:
    spoken = timezone.now() - timedelta(minutes=minutes)
    return Conversation.objects.create(owner=owner, title=title, spoken_at=spoken)


def test_states_are_counted_and_old_verdicts_are_stale() -> None:
    for name, health, minutes in (("a", "well", 1), ("b", "well", 600), ("c", "", 0), ("d", "ill", 1)):
        deployment(name, health, minutes=minutes)
    deployment("gone", gone_at=timezone.now())
    make_deployment("gpt", model_format="OpenAI")
    seen = {str(count.badge.word): count.number for count in gather(make_user()).counts}
    assert seen == {"Ill": 1, "Stale": 1, "Not checked": 1, "Well": 1}


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        ([], "There is no Claude deployment to look at yet."),
        (["well"], "The one deployment is well."),
        (["well"] * 3, "All 3 deployments are well."),
        (["well", "degraded"], "1 of 2 deployments are well."),
        (["well", "ill"], "1 of 2 deployments are well, 1 is ill."),
        (["well", "ill", "ill"], "1 of 3 deployments are well, 2 are ill."),
    ],
)
def test_one_sentence_tells_the_state(states: list[str], sentence: str) -> None:
    for number, state in enumerate(states):
        deployment(f"claude-{number}", state)
    with override("en"):
        assert gather(make_user()).sentence == sentence


def test_old_checks_are_not_believed() -> None:
    deployment("a", "well", minutes=600)
    deployment("b", "")
    assert gather(make_user()).sentence == "The last health checks are too old to believe."


def test_the_ill_ones_come_first_and_name_the_reason() -> None:
    ill("slow", since_hours=9, verdict="degraded")
    ill("new", since_hours=1)
    Incident.objects.create(deployment=ill("old", since_hours=5), opened_at=timezone.now())
    troubled = gather(make_user()).troubled
    assert [one.name for one in troubled] == ["new", "old", "slow"]
    assert [one.incident for one in troubled] == [False, True, False]
    assert troubled[0].reason == "the console is not let in"


def test_a_person_of_the_playground_sees_only_own_conversations() -> None:
    ada, ben = make_user(("Playground",)), make_user(("Playground",))
    conversation(ada, "Mine, older", minutes=9)
    conversation(ada, "Mine")
    conversation(ada, "")
    conversation(ben, "Not mine")
    page = signed_in_client(ada).get("/").text
    assert page.index("Mine</a>") < page.index("Mine, older</a>")
    assert "Not mine" not in page
    assert "New conversation" in page


def test_a_viewer_sees_health_alone() -> None:
    viewer = make_user(("Viewer",))
    make_failure("overloaded")
    page = signed_in_client(viewer).get("/").text
    assert "Health" in page
    assert "Find a request" not in page
    assert "New conversation" not in page
    assert "Failed in the last 24 hours" not in page


def test_support_sees_what_failed_lately() -> None:
    make_failure("overloaded", deployment="claude-overloaded")
    make_failure("bad-key", deployment="claude-old", started_at=timezone.now() - timedelta(hours=30))
    make_record(deployment="claude-fine")
    page = signed_in_client(make_user(("Support",))).get("/").text
    assert "claude-overloaded" in page
    assert "claude-old" not in page
    assert "claude-fine" not in page
    assert 'aria-label="Find a request"' in page


def synced(state: str, **row: object) -> None:
    job = make_job(state, task=TASK, **row)
    Job.objects.filter(pk=job.pk).update(subject_id="")


def titles(person: User) -> list[str]:
    return [task.title for task in gather(person).tasks]


def test_an_administrator_is_told_what_is_missing() -> None:
    admin = make_user(("Admin",))
    assert titles(admin) == ["The inventory has not been read yet"]
    synced(State.SUCCEEDED, ago=60)
    make_resource("contoso-legacy", called_as="key")
    make_subscription("Research", fault_kind="forbidden")
    assert titles(admin) == [
        "1 subscription cannot be read",
        "There is no Claude deployment",
        "contoso-legacy waits for its key",
    ]
    synced(State.FAILED, ago=30, error="Entra refused the secret")
    page = signed_in_client(admin).get("/").text
    assert "The last sync failed" in page
    assert "Entra refused the secret" in page


def test_a_missing_identity_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AZURE_TOKEN_CREDENTIALS")
    synced(State.SUCCEEDED, ago=60)
    deployment("claude-steady")
    assert titles(make_user(("Admin",))) == ["The console has no identity of its own"]
    with override_settings(ANTHROPIC_FOUNDRY_RESOURCE="contoso"):
        assert titles(make_user(("Admin",))) == []


def test_nothing_is_missing_when_all_is_well() -> None:
    synced(State.SUCCEEDED, ago=60)
    deployment("claude-steady")
    assert titles(make_user(("Admin",))) == []
    assert "Still to set up" not in signed_in_client(make_user(("Admin",))).get("/").text


@pytest.mark.parametrize("role", ["Viewer", "Playground", "Support", "Admin", "PromptReader"])
def test_every_role_gets_the_page_of_an_empty_console(role: str) -> None:
    assert signed_in_client(make_user((role,))).get("/").status_code == 200


def test_the_page_asks_the_database_little(django_assert_max_num_queries) -> None:
    admin = make_user(("Admin", "Playground"))
    for number in range(8):
        ill(f"claude-{number}", since_hours=number)
        conversation(admin, f"About {number}")
        make_failure("overloaded")
    client = signed_in_client(admin)
    with django_assert_max_num_queries(10):
        client.get("/")
