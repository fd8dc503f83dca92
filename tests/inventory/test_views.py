"""The pages of the inventory as people with different roles get them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from console.inventory import keys, words
from console.inventory.models import Resource
from console.inventory.status import TASK
from console.jobs import queue
from console.jobs.models import Job, State
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import make_deployment, make_resource, make_subscription
from tests.factories_jobs import make_job

pytestmark = pytest.mark.django_db
SECRET = "sentinel-0123456789abcdef"
LIST = "/inventory/"


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "dispatch", lambda pk, task: True)


def viewer():
    return signed_in_client(make_user(("Viewer",)))


def admin():
    return signed_in_client(make_user(("Admin",)))


def text_of(response) -> str:
    """What a person reads, with spaces made one."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_a_reader_sees_resources_deployments_and_where_they_are() -> None:
    make_subscription()
    make_deployment("claude-a", make_resource("alpha"), health="well", health_at=timezone.now())
    make_resource("beta", state="Failed")
    page = text_of(viewer().get(LIST))
    for phrase in ("alpha", "claude-a", "claude-sonnet-5-5", "Hosted on", "Production", "Well", "beta", "Failed"):
        assert phrase in page
    assert "No deployments" in page
    assert "Sync now" not in page
    assert "Try it" not in page


def test_a_resource_that_did_not_tell_its_deployments_is_not_called_empty() -> None:
    make_resource("alpha", deployments_unread=True)
    page = text_of(viewer().get(LIST))
    assert "Its deployments could not be read" in page
    assert "No deployments" not in page


def test_who_may_talk_is_offered_to_try_claude_alone() -> None:
    claude = make_deployment("claude-a")
    make_deployment("gpt", model_format="OpenAI")
    html = signed_in_client(make_user(("Playground",))).get(LIST).content.decode()
    assert html.count(">Try it<") == 1
    assert f"{reverse('playground:list')}?deployment={claude.pk}" in html


def test_stale_health_is_never_green() -> None:
    make_deployment(state="", health="well", health_at=timezone.now() - timedelta(days=1))
    html = viewer().get(LIST).content.decode()
    assert "Stale" in html
    assert "badge--ok" not in html


def test_names_from_azure_are_text() -> None:
    make_deployment(
        "<img src=x onerror=alert(1)>", make_resource("<b>alpha</b>"), model="{{ 7*7 }}", state="<i>odd</i>"
    )
    html = viewer().get(LIST).content.decode()
    assert "<img src=x" not in html
    assert "<b>alpha" not in html
    assert "<i>odd" not in html
    assert "&lt;i&gt;odd" in html


def test_filters_are_links_that_keep_each_other() -> None:
    make_deployment("claude-a", make_resource("alpha"))
    make_deployment("claude-b", make_resource("beta", location="swedencentral"), hosting="anthropic")
    html = viewer().get(f"{LIST}?q=claude&location=eastus2").content.decode()
    assert "claude-a" in html
    assert "claude-b" not in html
    assert "?q=claude&amp;location=swedencentral" in html
    assert 'href="?location=eastus2&amp;q=claude' not in html
    assert '<input type="hidden" name="location" value="eastus2">' in html


def test_htmx_gets_the_rows_alone() -> None:
    make_deployment("claude-a")
    html = signed_in_client(make_user(), HX_REQUEST="true").get(LIST).content.decode()
    assert html.lstrip().startswith('<div id="results"')
    assert "claude-a" in html


@pytest.mark.parametrize("query", ["?cursor=%00", "?cursor=abc", "?health=%27", "?page=9", "?model=" + "x" * 999])
def test_a_senseless_address_gives_a_page(query: str) -> None:
    assert viewer().get(LIST + query).status_code in (200, 400)


def test_nothing_that_matches_is_said_so() -> None:
    make_resource("alpha")
    assert "Nothing matches" in text_of(viewer().get(f"{LIST}?q=zzz"))


def test_an_empty_inventory_names_the_next_step(settings) -> None:
    settings.AZURE_SUBSCRIPTION_IDS = ["sub-a"]
    page = text_of(viewer().get(LIST))
    assert "Nothing has been read from Azure yet" in page
    assert "--role &quot;Reader&quot; --scope /subscriptions/sub-a" in page


def test_an_inventory_that_stays_empty_names_the_role() -> None:
    make_job(State.SUCCEEDED, task=TASK, subject="Inventory", subject_id="-", ago=60)
    Job.objects.update(subject_id="")
    page = text_of(viewer().get(LIST))
    assert "Azure shows the console no Foundry resource" in page
    assert "As of the sync" in page


def test_subscriptions_that_could_not_be_read_are_named() -> None:
    make_subscription(
        "Korea", "sub-k", fault_kind="missing-role", fault="The client '<x>' does not have", synced_at=None
    )
    html = viewer().get(LIST).content.decode()
    assert "1 subscription could not be read" in html
    assert "needs the role Reader" in html
    assert "&lt;x&gt;" in html


def test_old_news_is_called_old(settings) -> None:
    settings.SYNC_INTERVAL = 60
    make_subscription(synced_at=timezone.now() - timedelta(hours=3))
    assert "That is old" in text_of(viewer().get(LIST))


def test_sync_now_asks_once_and_shows_how_it_goes() -> None:
    client = signed_in_client(make_user(("Support",)), HX_REQUEST="true")
    html = client.post("/inventory/sync/").content.decode()
    client.post("/inventory/sync/")
    job = Job.objects.get(task=TASK)
    assert (job.cause, job.state) == ("person", State.QUEUED)
    assert 'hx-trigger="every 2s"' in html
    Job.objects.update(state=State.RUNNING, done=3, total=12)
    assert "3 of 12 resources" in text_of(client.get("/inventory/sync/"))
    Job.objects.update(state=State.SUCCEEDED, finished_at=timezone.now())
    ended = client.get("/inventory/sync/")
    assert "every 2s" not in ended.content.decode()
    assert ended["HX-Trigger"] == "inventory-synced"


def test_sync_now_works_without_javascript() -> None:
    response = signed_in_client(make_user(("Support",))).post("/inventory/sync/")
    assert (response.status_code, response["Location"]) == (302, LIST)
    assert Job.objects.filter(task=TASK).exists()


def test_a_reader_cannot_ask_for_a_sync_and_a_get_starts_nothing() -> None:
    assert viewer().post("/inventory/sync/").status_code == 403
    assert admin().get("/inventory/sync/").status_code == 302
    assert not Job.objects.exists()


def test_a_sync_without_an_identity_says_so() -> None:
    make_job(State.SUCCEEDED, task=TASK, ago=60, note=words.ONLY_CONNECTED)
    Job.objects.update(subject_id="")
    assert words.ONLY_CONNECTED in text_of(viewer().get(LIST))


def test_a_failed_sync_is_shown_with_its_reason() -> None:
    make_job(State.FAILED, task=TASK, ago=60, error="Azure could not be read: <dns>")
    Job.objects.update(subject_id="")
    page = text_of(viewer().get(LIST))
    assert "The last sync failed" in page
    assert "&lt;dns&gt;" in page


def test_the_page_of_a_resource_tells_what_arm_told() -> None:
    make_subscription()
    resource = make_resource(
        "alpha",
        local_auth_disabled=True,
        tags={"owner": "kim", "<i>": "x"},
        details={
            "endpoints": {"AI Foundry API": "https://alpha.example/"},
            "private_endpoints": 2,
            "created_at": "2026-02-01T08:00:00+00:00",
        },
    )
    make_deployment("claude-a", resource)
    html = viewer().get(f"/inventory/resources/{resource.pk}/").content.decode()
    for phrase in ("claude-a", "Turned off: Entra sign-in only", "owner: kim", "https://alpha.example/", "Production"):
        assert phrase in html
    assert "<i>" not in html
    assert f"https://portal.azure.com/#resource{resource.arm_id}" in html
    assert "As the person who asks" not in html
    assert f"/health/?resource={resource.pk}" in html
    assert "Hosted on Azure: prompts" in html


def test_what_a_key_ends_with_is_for_administrators() -> None:
    resource = make_resource("alpha")
    keys.keep(resource, SECRET)
    address = f"/inventory/resources/{resource.pk}/"
    assert "…cdef" in text_of(admin().get(address))
    assert "cdef" not in text_of(viewer().get(address))


def test_the_page_of_a_deployment_tells_how_to_call_it() -> None:
    resource = make_resource("alpha")
    deployment = make_deployment("team-chat", resource, details={"upgrade": "NoAutoUpgrade", "rai_policy": "Strict"})
    html = viewer().get(f"/inventory/deployments/{deployment.pk}/").content.decode()
    for phrase in ("Hosted on Azure: prompts", "https://alpha.services.ai.azure.com", "Never by itself", "Strict"):
        assert phrase in html
    assert "not “claude-sonnet-5-5”" in html
    assert "FOUNDRY_API_KEY" not in html
    assert reverse("health:deployment", args=[deployment.pk]) in html


def test_a_near_retirement_is_announced() -> None:
    day = timezone.now().date() + timedelta(days=20)
    deployment = make_deployment(retires_on=day)
    assert f"retires this model on {day}" in text_of(viewer().get(f"/inventory/deployments/{deployment.pk}/"))
    assert f"Retires {day}" in text_of(viewer().get(LIST))


def test_a_deployment_of_another_model_offers_neither_health_nor_a_try() -> None:
    deployment = make_deployment("gpt", model_format="OpenAI", hosting="")
    html = signed_in_client(make_user(("Playground",))).get(f"/inventory/deployments/{deployment.pk}/").content.decode()
    assert "Try it" not in html
    assert "Health checks" not in html
    assert "curl" not in html


@pytest.mark.parametrize("kind", ["resources", "deployments"])
def test_what_is_not_there_is_404(kind: str) -> None:
    assert viewer().get(f"/inventory/{kind}/00000000-0000-7000-8000-000000000000/").status_code == 404


def test_odd_rows_from_arm_still_make_pages() -> None:
    nothing = dict.fromkeys(("location", "state", "kind", "sku"), "")
    details = {"endpoints": "no", "ip_rules": 5, "created_at": "yesterday", "identity": ["x"]}
    odd = make_resource("x" * 200, subdomain="a b", arm_id="settings:x", details=details, **nothing)
    nothing = dict.fromkeys(("model", "model_version", "hosting", "sku"), "")
    deployment = make_deployment("한국어 ✨" * 20, odd, capacity=None, state="Neu", **nothing)
    for address in (LIST, f"/inventory/resources/{odd.pk}/", f"/inventory/deployments/{deployment.pk}/"):
        assert admin().get(address).status_code == 200
    assert "no usable subdomain" in text_of(admin().get(f"/inventory/resources/{odd.pk}/"))


def test_an_administrator_sets_and_removes_a_key_that_no_page_shows() -> None:
    resource = make_resource("alpha")
    client = admin()
    address = f"/inventory/resources/{resource.pk}/"
    assert "As the person who asks" in text_of(client.get(address))
    saved = client.post(f"{address}connection/", {"called_as": "key", "key": SECRET}, follow=True)
    assert "…cdef" in text_of(saved)
    assert SECRET not in saved.content.decode()
    resource.refresh_from_db()
    assert keys.key_for(resource) == SECRET
    client.post(f"{address}key-removal/")
    resource.refresh_from_db()
    assert resource.sealed_key is None


def test_a_refused_key_comes_back_with_the_reason_and_without_the_key() -> None:
    resource = make_resource("alpha")
    response = admin().post(f"/inventory/resources/{resource.pk}/connection/", {"called_as": "key", "key": "two wörds"})
    assert response.status_code == 422
    assert "This is no API key" in text_of(response)
    assert "wörds" not in response.content.decode()


def test_only_what_the_form_names_can_be_changed() -> None:
    resource = make_resource("alpha")
    forged = {"called_as": "console", "subdomain": "evil", "key_host": "evil.example", "name": "x", "arm_id": "y"}
    admin().post(f"/inventory/resources/{resource.pk}/connection/", forged)
    row = Resource.objects.get()
    assert (row.subdomain, row.key_host, row.name, row.arm_id) == ("alpha", "", "alpha", resource.arm_id)


@pytest.mark.parametrize("roles", [("Viewer",), ("Playground",), ("Support",)])
def test_only_an_administrator_changes_how_a_resource_is_called(roles: tuple[str, ...]) -> None:
    resource = make_resource("alpha")
    client = signed_in_client(make_user(roles))
    for part in ("connection", "key-removal"):
        answer = client.post(f"/inventory/resources/{resource.pk}/{part}/", {"called_as": "person", "key": SECRET})
        assert answer.status_code == 403
    resource.refresh_from_db()
    assert (resource.called_as, resource.sealed_key) == ("console", None)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "limits per minute: requests 25, tokens 25,000."),
        ({"requests_per_minute": None}, "limits per minute: requests –, tokens 25,000."),
        ({"requests_per_minute": None, "tokens_per_minute": None}, "Azure does not say how much"),
    ],
)
def test_the_log_asks_what_azure_allows_a_deployment(facts: dict[str, object], words: str) -> None:
    allowed = {"requests_per_minute": 25, "tokens_per_minute": 25_000}
    deployment = make_deployment("claude-steady", make_resource("alpha"), **allowed | facts)
    address = "/inventory/deployments/limits/?resource=alpha&deployment="
    htmx = {"HX-Request": "true"}
    assert words in text_of(viewer().get(f"{address}claude-steady", headers=htmx))
    assert "does not know" in text_of(viewer().get(f"{address}claude-gone", headers=htmx))
    assert viewer().get(f"{address}claude-steady").url == f"/inventory/deployments/{deployment.pk}/"
    assert viewer().get(f"{address}claude-gone").url == "/inventory/"
