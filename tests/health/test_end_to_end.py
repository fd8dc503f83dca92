"""Checks against the sandbox, over real sockets: a deployment's name decides what it does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db.models import F

from console.azure.http import Clocks
from console.health import checks, tasks
from console.health.models import DeploymentHealth, HealthCheck, Incident
from console.inventory import keys
from console.inventory.models import CalledAs, Deployment
from console.jobs.models import Job, State
from console.jobs.queue import Asker
from console.requestlog import calls
from console.requestlog.models import RequestRecord
from console.web import wire
from tests.factories_inventory import make_deployment, make_resource
from tests.identity import forget_identity
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)

ADA = Asker("person", "Ada", "tid/oid")
RESOURCE = "contoso-foundry"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with SandboxProcess() as running:
        yield running


@pytest.fixture(autouse=True)
def _console(sandbox, settings, monkeypatch, own_broker) -> Iterator[None]:
    """The console's settings point at the sandbox; it calls as its managed identity."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
        if hasattr(settings, name):
            setattr(settings, name, value)
    forget_identity()
    sandbox.reset()
    yield
    forget_identity()


def deployed(name: str, resource: str = RESOURCE, *, key: str = "", **row: object) -> Deployment:
    """A deployment of the sandbox as the inventory knows it; called by `key` when one is given."""
    on = make_resource(resource, called_as=CalledAs.KEY if key else CalledAs.CONSOLE)
    if key:
        keys.keep(on, key)
    return make_deployment(name, on, **row)


def checked(deployment: Deployment) -> Job:
    """The job of a check that a worker has run."""
    job = checks.begin(deployment, ADA)
    tasks.check(str(job.pk))
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("name", "verdict", "rung", "kind", "status"),
    [
        ("claude-steady", "well", "", "", 200),
        ("claude-breaks-midway", "well", "", "", 200),
        ("claude-throttled", "degraded", "quota", "rate-limited", 429),
        ("claude-throttled-day", "degraded", "quota", "rate-limited", 429),
        ("claude-forbidden", "ill", "auth", "missing-role", 401),
        ("claude-missing", "ill", "deployment", "deployment-not-found", 404),
        ("claude-not-there", "ill", "deployment", "deployment-not-found", 404),
        ("claude-retired", "ill", "deployment", "retired", 410),
        ("claude-overloaded", "ill", "answer", "overloaded", 529),
        ("claude-broken", "ill", "answer", "backend-authentication", 500),
        ("claude-html", "ill", "answer", "gateway-html", 502),
    ],
)
def test_each_fault_of_a_deployment_is_found_on_its_rung(name, verdict, rung, kind, status):
    job = checked(deployed(name))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind, check.http_status) == (verdict, rung, kind, status)
    assert job.state == State.SUCCEEDED
    assert job.note.startswith(verdict.capitalize())


def test_a_check_costs_one_request_and_no_message(sandbox):
    checked(deployed("claude-steady"))
    assert sandbox.posts("claude-steady", operation="count_tokens") == 1
    assert sandbox.posts("claude-steady") == 0


@pytest.mark.parametrize("status", [404, 405, 501])
def test_where_no_tokens_are_counted_an_answer_of_one_token_tells(sandbox, status):
    deployment = deployed("claude-steady")
    sandbox.switch("fault", plane="foundry", match="claude-steady", how="status", status=status, times=1)
    for _ in range(2):
        checked(deployment)
    assert [check.verdict for check in HealthCheck.objects.all()] == ["well", "well"]
    rows = RequestRecord.objects.order_by("started_at").values_list("operation", "http_status", "output_tokens")
    # Counting is not tried again on the same day.
    assert list(rows) == [("count_tokens", status, None), ("messages", 200, 1), ("messages", 200, 1)]
    newest = HealthCheck.objects.order_by("-at").first()
    assert newest.record_id == RequestRecord.objects.order_by("-started_at").first().pk


def test_where_nothing_is_counted_a_fault_is_found_all_the_same(sandbox):
    sandbox.switch("fault", plane="foundry", match="claude-overloaded", how="status", status=404, times=1)
    checked(deployed("claude-overloaded"))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind, check.http_status) == ("ill", "answer", "overloaded", 529)


def test_a_deployment_that_is_not_there_is_asked_for_no_answer(sandbox):
    checked(deployed("claude-not-there"))
    assert sandbox.posts("claude-not-there") == 0


def test_counting_is_tried_anew_on_another_day(sandbox):
    deployment = deployed("claude-steady")
    sandbox.switch("fault", plane="foundry", match="claude-steady", how="status", status=404, times=1)
    checked(deployment)
    HealthCheck.objects.update(at=F("at") - timedelta(days=1))
    checked(deployment)
    operations = RequestRecord.objects.order_by("started_at").values_list("operation", flat=True)
    assert list(operations) == ["count_tokens", "messages", "count_tokens"]


def test_a_check_stands_in_the_request_log_with_both_ids():
    checked(deployed("claude-steady"))
    check, record = HealthCheck.objects.get(), RequestRecord.objects.get()
    assert (check.record_id, record.subject_id) == (record.pk, check.pk.hex)
    assert (record.source, record.operation, record.outcome) == ("health", "count_tokens", "succeeded")
    assert (check.request_id, check.apim_request_id) == (record.request_id, record.apim_request_id)
    assert check.request_id.startswith("req_")
    assert check.apim_request_id
    assert (record.resource, record.deployment, record.called_as) == (RESOURCE, "claude-steady", "console")


def test_a_throttled_check_keeps_azures_id():
    checked(deployed("claude-throttled"))
    check = HealthCheck.objects.get()
    assert check.apim_request_id
    assert check.record_id == RequestRecord.objects.get().pk


@pytest.mark.parametrize(
    ("resource", "key", "kind"),
    [
        (RESOURCE, "0123456789abcdef0123456789abcdef", "bad-key"),
        ("hanbit-foundry", "0123456789abcdef0123456789abcdef", "keys-disabled"),
        ("contoso-private", "", "network-rule"),
    ],
)
def test_a_closed_door_is_the_sign_in_rung(resource, key, kind):
    checked(deployed("claude-steady", resource, key=key))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind) == ("ill", "auth", kind)


def test_a_resource_is_called_by_its_key(sandbox):
    checked(deployed("claude-steady", key=sandbox.keys()[0]))
    assert HealthCheck.objects.get().verdict == "well"
    assert RequestRecord.objects.get().called_as == "key"


def test_a_missing_key_is_told_without_a_call(sandbox):
    on = make_resource(RESOURCE, called_as=CalledAs.KEY)
    checked(make_deployment("claude-steady", on))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind, check.record_id) == ("ill", "auth", "no-key", None)
    assert sandbox.posts("claude-steady", operation="count_tokens") == 0


def test_without_an_identity_nothing_is_known_of_the_deployment(monkeypatch):
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.delenv(name)
    forget_identity()
    for _ in range(3):
        checked(deployed("claude-steady") if not Deployment.objects.exists() else Deployment.objects.get())
    state = DeploymentHealth.objects.get()
    assert (state.verdict, state.rung, state.kind) == ("unknown", "auth", "identity-missing")
    assert not Incident.objects.exists()


@pytest.mark.parametrize(
    ("endpoint", "rung", "kind"),
    [
        ("https://{resource}.nowhere.invalid", "name", "dns"),
        ("http://127.0.0.1:9/{resource}", "name", "connect"),
        ("https://localhost:{tls_port}/{resource}", "tls", "tls"),
    ],
)
def test_a_way_that_is_broken_breaks_the_lowest_rungs(sandbox, settings, monkeypatch, endpoint, rung, kind):
    monkeypatch.delenv("SSL_CERT_FILE")
    settings.FOUNDRY_ENDPOINT = endpoint.replace("{tls_port}", str(sandbox.ports[1]))
    settings.SSL_CERT_FILE = ""
    checked(deployed("claude-steady", key="0123456789abcdef"))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind) == ("ill", rung, kind)


def test_an_endpoint_that_is_silent_is_given_up_in_time(monkeypatch):
    monkeypatch.setattr(calls, "CHECK_CLOCKS", Clocks(connect=1.0, first_byte=0.4, idle=0.4, total=1.0))
    checked(deployed("claude-silent"))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind) == ("ill", "answer", "first-byte-timeout")
    assert 350 <= check.latency_ms < 5000


@pytest.mark.parametrize(
    ("state", "verdict", "kind"), [("Creating", "unknown", "not-ready"), ("Failed", "degraded", "not-made")]
)
def test_what_azure_has_not_finished_is_not_called(sandbox, state, verdict, kind):
    checked(deployed("claude-steady", state=state))
    check = HealthCheck.objects.get()
    assert (check.verdict, check.rung, check.kind, check.record_id) == (verdict, "deployment", kind, None)
    assert sandbox.posts("claude-steady", operation="count_tokens") == 0


def test_a_deployment_that_went_away_is_skipped(sandbox):
    deployment = deployed("claude-steady")
    job = checks.begin(deployment, ADA)
    Deployment.objects.update(gone_at=deployment.first_seen)
    tasks.check(str(job.pk))
    job.refresh_from_db()
    assert (job.state, HealthCheck.objects.count()) == (State.SKIPPED, 0)
    assert sandbox.posts("claude-steady", operation="count_tokens") == 0


def test_an_outage_opens_an_incident_and_its_end_closes_it(sandbox):
    deployment = deployed("claude-steady")
    checked(deployment)
    sandbox.switch("fault", plane="foundry", match="claude-steady", how="status", status=500, times=2)
    for _ in range(2):
        checked(deployment)
    incident = Incident.objects.get()
    assert (incident.closed_at, incident.checks, incident.kind) == (None, 2, "server-error")
    for _ in range(2):
        checked(deployment)
    incident.refresh_from_db()
    assert incident.closed_at is not None
    assert [check.verdict for check in HealthCheck.objects.order_by("at")] == ["well", "ill", "ill", "well", "well"]


def test_a_check_of_everything_begins_one_for_each(sandbox):
    names = ("claude-steady", "claude-throttled", "claude-missing")
    on = make_resource(RESOURCE)
    deployments = [make_deployment(name, on) for name in names]
    make_deployment("gpt-5-mini", on, model_format="OpenAI")
    alive = checks.begin(deployments[0], ADA)
    job = checks.begin_all(ADA)
    tasks.check_all(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.note) == (State.SUCCEEDED, "2 checks asked for, 1 were under way already.")
    begun = Job.objects.filter(task=checks.TASK)
    assert set(begun.values_list("subject", flat=True)) == {f"{RESOURCE}/{name}" for name in names}
    assert set(begun.exclude(pk=alive.pk).values_list("cause", "person")) == {("person", "Ada")}


def test_a_fault_of_our_own_is_a_failed_job_and_no_verdict(monkeypatch):
    def broken() -> None:
        raise ImproperlyConfigured("no wire today")

    monkeypatch.setattr(wire, "open_foundry", broken)
    job = checked(deployed("claude-steady"))
    assert (job.state, job.error) == (State.FAILED, "ImproperlyConfigured: no wire today")
    assert not HealthCheck.objects.exists()
