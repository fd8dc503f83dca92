from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import httpx
import pytest
from django.test import override_settings
from django.urls import reverse

from console.requestlog import azure_log
from console.sandbox.people import guid
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record
from tests.identity import forget_identity
from tests.sandbox_process import SandboxProcess
from tests.trust import TLS

pytestmark = pytest.mark.django_db

APIM = "0f8fad5b-d9cb-469f-a165-70867728950e"
START = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox():
    with SandboxProcess() as running:
        yield running


@pytest.fixture
def workspace(sandbox, monkeypatch):
    """A console whose settings name the sandbox; call it to name another of its workspaces."""
    forget_identity()
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, sandbox.environment[name])
    settings: dict[str, Any] = {name: sandbox.environment[name] for name in sandbox.environment if "LOG_ANA" in name}

    def use(name: str) -> None:
        changed.options["LOG_ANALYTICS_WORKSPACE_ID"] = guid(name)
        changed.disable()
        changed.enable()

    changed = override_settings(**settings)
    changed.enable()
    yield use
    changed.disable()
    forget_identity()


@pytest.fixture
def support():
    return signed_in_client(make_user(("Support",)))


def look_up(client, apim: str = APIM, **headers: str) -> str:
    return unescape(client.get(reverse("requestlog:azure_log"), {"id": apim}, headers=headers).text)


def called(sandbox: SandboxProcess) -> str:
    """A real call to the data plane; its apim-request-id."""
    body = {"model": "claude-steady", "max_tokens": 5, "messages": [{"role": "user", "content": "Hello"}]}
    headers = {"api-key": sandbox.keys()[0], "anthropic-version": "2026-10-21"}
    answer = httpx.post(f"{sandbox.foundry()}v1/messages", json=body, headers=headers, trust_env=False, verify=TLS)
    assert answer.status_code == 200
    return answer.headers["apim-request-id"]


def test_azures_row_stands_beside_ours(sandbox, workspace, support):
    apim = called(sandbox)
    make_record(apim_request_id=apim, resource="contoso-foundry")
    shown = look_up(support, apim.upper())
    for part in ("Here", "Azure's log", "CONTOSO-FOUNDRY", "Anthropic_Messages_Create", "contoso-foundry", "inferred"):
        assert part in shown
    assert shown.count(apim) > 3


def test_a_call_this_log_does_not_have_is_looked_up_too(sandbox, workspace, support):
    shown = look_up(support, called(sandbox), HX_Request="true")
    assert "CONTOSO-FOUNDRY" in shown
    assert "<html" not in shown


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("workspace-empty", "Azure's log has nothing under this id."),
        ("workspace-busy", "The workspace is asked too often right now."),
        ("workspace-none", "There is no such workspace."),
        ("workspace-without-logs", "The workspace has no diagnostic logs of Foundry."),
        (
            "workspace-closed",
            'az role assignment create --assignee "<object ID of the console\'s identity>" --role "Log',
        ),
    ],
)
def test_whatever_comes_back_has_words_and_the_query_stays(workspace, support, name, said):
    workspace(name)
    shown = look_up(support)
    assert said in shown
    assert f'CorrelationId =~ "{APIM}"' in shown
    assert "Look again" in shown


def test_a_request_of_a_moment_ago_may_not_be_there_yet(workspace, support):
    workspace("workspace-empty")
    make_record(apim_request_id=APIM)
    assert "look again a little later" in look_up(support)


def test_a_workspace_that_hangs_costs_a_page_no_more_than_its_patience(workspace, support, monkeypatch):
    monkeypatch.setattr(azure_log, "PATIENCE", 0.0)
    assert "did not answer within 15 seconds" in look_up(support)


def test_more_look_ups_than_places_are_told_so(workspace, support):
    taken = [azure_log._places.acquire(timeout=5) for _ in range(azure_log.AT_ONCE)]
    try:
        assert all(taken)
        assert "Others are looking something up right now" in look_up(support)
    finally:
        for _ in taken:
            azure_log._places.release()


def test_without_a_workspace_there_is_the_query_to_copy_and_to_open(support):
    make_record(apim_request_id=APIM, started_at=START)
    with override_settings(LOG_ANALYTICS_WORKSPACE_RESOURCE="/subscriptions/s/workspaces/w"):
        shown = look_up(support)
    assert "No workspace is configured here" in shown
    assert "datetime(2026-11-22T00:57:03Z) .. datetime(2026-11-22T01:07:07Z)" in shown
    assert 'href="https://portal.azure.com/#@' in shown
    assert "AnalyticsShareLinkToQuery" in shown


def test_an_id_without_dashes_is_looked_for_as_azure_writes_it():
    asked = azure_log.question(make_user(("Support",)), APIM.replace("-", "").upper())
    assert asked.apim_request_id == APIM
    assert f'=~ "{APIM}"' in asked.kql


def test_without_our_row_it_is_looked_for_over_thirty_days():
    span = azure_log.question(make_user(("Support",)), APIM).span
    assert timedelta(days=30) < span.until - span.since < timedelta(days=31)


@pytest.mark.parametrize("wrong", ["", 'x" | union *', "<script>"])
def test_what_is_no_id_is_refused_in_words(support, wrong):
    answer = support.get(reverse("requestlog:azure_log"), {"id": wrong})
    assert answer.status_code == 400
    assert "This is no apim-request-id" in answer.text
    assert "<script>" not in answer.text


def test_a_requests_page_offers_it_to_support_and_asks_at_once_for_failures(workspace):
    def page(roles: tuple[str, ...], record: Any) -> str:
        return signed_in_client(make_user(roles)).get(reverse("requestlog:detail", args=[record.pk])).text

    well, failed = make_record(), make_failure()
    assert f"/requests/azure-log/?id={well.apim_request_id}" in page(("Support",), well)
    assert 'hx-trigger="load, click"' not in page(("Support",), well)
    assert 'hx-trigger="load, click"' in page(("Admin",), failed)
    person = make_user(("Playground",))
    own = make_failure(person=person)
    assert "azure-log" not in signed_in_client(person).get(reverse("requestlog:detail", args=[own.pk])).text


def test_a_search_that_finds_nothing_offers_the_look_up(support):
    address = f"{reverse('requestlog:azure_log')}?id={APIM}"
    assert address in support.get(reverse("requestlog:list"), {"q": f"apim-request-id: {APIM}"}).text
    assert (
        reverse("requestlog:azure_log") not in support.get(reverse("requestlog:list"), {"q": "req_018EeWyXxfu5"}).text
    )
