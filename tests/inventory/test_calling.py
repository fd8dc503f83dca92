"""How a deployment is called, and which ones a person may choose."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from console.accounts import signin, tokens
from console.azure.errors import Rejected, SignInNeeded
from console.azure.foundry import ApiKey, Bearer
from console.inventory import calling, keys
from tests.factories import make_user
from tests.factories_inventory import make_deployment, make_resource

pytestmark = pytest.mark.django_db
SECRET = "sentinel-0123456789abcdef"


def test_as_the_console_is_the_default() -> None:
    plan = calling.plan(make_deployment("claude-a", make_resource("alpha")), make_user(("Playground",)))
    assert (plan.called_as, plan.key, plan.user) == ("console", "", None)
    assert plan.base_url == "https://alpha.services.ai.azure.com"


def test_as_the_person_who_asks() -> None:
    user = make_user(("Playground",))
    plan = calling.plan(make_deployment(resource=make_resource(called_as="person")), user)
    assert (plan.called_as, plan.user) == ("person", user)


def test_a_job_has_no_person_and_is_called_as_the_console() -> None:
    plan = calling.plan(make_deployment(resource=make_resource(called_as="person")), None)
    assert (plan.called_as, plan.user) == ("console", None)


async def test_by_key_and_the_key_is_in_no_repr() -> None:
    plan = calling.CallPlan(None, "claude-a", "alpha", "https://alpha.example", "key", key=SECRET)
    target = await calling.target(plan)
    assert target.credential == ApiKey(SECRET)
    assert (target.base_url, target.deployment) == ("https://alpha.example", "claude-a")
    assert SECRET not in f"{plan!r}{target!r}"


def test_the_key_is_opened_for_the_call() -> None:
    resource = make_resource(called_as="key")
    keys.keep(resource, SECRET)
    assert calling.plan(make_deployment(resource=resource), None).key == SECRET


def test_without_a_key_the_call_is_refused_before_it_is_made() -> None:
    with pytest.raises(SignInNeeded) as refused:
        calling.plan(make_deployment(resource=make_resource(called_as="key")), None)
    assert (refused.value.kind, refused.value.phase) == ("no-key", "connect")


@pytest.mark.parametrize(
    "subdomain",
    ["", "evil.com/", "evil.com#", "user@evil.com", "127.0.0.1:9/", "169.254.169.254/", "a.b", "-a", "a" * 64, "a b"],
)
def test_a_name_that_leads_elsewhere_makes_no_call(subdomain: str) -> None:
    with pytest.raises(Rejected) as refused:
        calling.plan(make_deployment(resource=make_resource("odd", subdomain=subdomain)), None)
    assert refused.value.kind == "host-not-allowed"


async def test_bearer_tokens_are_asked_for_at_each_call(monkeypatch: pytest.MonkeyPatch, settings) -> None:
    asked: list[object] = []
    monkeypatch.setattr(calling.tokens, "token_for", lambda user, scope: asked.append((user, scope)) or "theirs")

    class Own:
        async def get(self, scope: str) -> str:
            asked.append(("console", scope))
            return "ours"

    monkeypatch.setattr(calling.wire, "own_tokens", Own)
    user = object()
    theirs = calling.credential(calling.CallPlan(None, "a", "b", "https://c.example", "person", user=user))
    ours = calling.credential(calling.CallPlan(None, "a", "b", "https://c.example", "console"))
    assert isinstance(theirs, Bearer)
    assert isinstance(ours, Bearer)
    assert [await theirs.get(), await ours.get()] == ["theirs", "ours"]
    assert asked == [(user, settings.FOUNDRY_TOKEN_SCOPE), ("console", settings.FOUNDRY_TOKEN_SCOPE)]


def test_what_azure_asks_of_a_person_is_asked_by_their_next_sign_in(settings) -> None:
    person = make_user(("Playground",))
    tokens.store(person, "{}", "home")
    challenge = SignInNeeded(kind="claims-challenge", status=401)
    challenge.claims = '{"access_token":{}}'
    console = calling.CallPlan(None, "a", "b", "https://c.example", "console")
    calling.remember_challenge(console, challenge)
    calling.remember_challenge(replace(console, user=person), SignInNeeded(kind="bad-token", status=401))
    assert signin.wish_of(person) == signin.Wish()
    calling.remember_challenge(replace(console, user=person), challenge)
    wish = signin.wish_of(person)
    assert (wish.challenge, wish.scopes) == (challenge.claims, (settings.FOUNDRY_TOKEN_SCOPE,))


def test_facts_are_what_the_log_asks_for() -> None:
    from console.requestlog.recorder import Facts

    plan = calling.plan(make_deployment("claude-a", make_resource("alpha")), None)
    facts = asdict(Facts(source="health", **plan.facts()))
    assert (facts["resource"], facts["deployment"], facts["region"]) == ("alpha", "claude-a", "eastus2")
    assert (facts["hosting"], facts["model"], facts["called_as"]) == ("azure", "claude-sonnet-5-5", "console")


def test_choices_are_live_claude_deployments_by_name(django_assert_num_queries) -> None:
    beta, alpha = make_resource("beta"), make_resource("alpha")
    now = timezone.now()
    make_deployment("claude-b", alpha, state="Creating")
    make_deployment("claude-a", beta, health="well", health_at=now - timedelta(hours=1))
    make_deployment("claude-a", alpha, health="ill", health_at=now)
    make_deployment("gpt", alpha, model_format="OpenAI")
    make_deployment("claude-gone", alpha, gone_at=now)
    make_deployment("claude-c", make_resource("gone", gone_at=now))
    user = make_user(("Playground",))
    with django_assert_num_queries(1):
        found = calling.choices(user)
    assert [(c.deployment, c.resource, c.health, c.ready) for c in found] == [
        ("claude-a", "alpha", "ill", True),
        ("claude-a", "beta", "stale", True),
        ("claude-b", "alpha", "", False),
    ]


def test_there_is_no_choice_for_who_may_not_talk() -> None:
    make_deployment()
    assert calling.choices(make_user(("Viewer", "Support"))) == []
