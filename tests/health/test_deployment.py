from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from console.azure.errors import Forbidden
from console.health import checks
from console.jobs.models import State
from console.requestlog import recorder
from console.requestlog.models import Outcome
from tests.factories import ben, make_user, signed_in_client
from tests.factories_health import ILL, NO_IDENTITY, SLOW, THROTTLED, WELL, make_check, make_history
from tests.factories_inventory import PRODUCTION, make_deployment, make_resource
from tests.factories_jobs import make_job
from tests.health.reading import text, words_of

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
OID = "0f0f0f0f-0000-4000-8000-00000000aaaa"


@pytest.fixture
def reader() -> Client:
    return signed_in_client(ben())


@pytest.fixture
def support() -> Client:
    return signed_in_client(make_user(("Support",), "Sue"))


@pytest.fixture
def deployment():
    return make_deployment("claude-steady", make_resource("contoso-foundry"))


def address(deployment) -> str:
    return f"/health/{deployment.pk}/"


def steps(response: object) -> dict[str, str]:
    """The ladder as it is read: each rung with how it went."""
    drawn = text(response).partition('<ol class="path"')[2].partition("</ol>")[0]
    words = {}
    for item in drawn.split("<li ")[1:]:
        label = item.partition('path__label">')[2]
        words[label.partition("<span")[0]] = label.partition('">: ')[2].partition("</span>")[0]
    return words


# ---- the sentence ----


def test_before_the_first_check_it_says_so(reader, deployment):
    response = reader.get(address(deployment))
    assert words_of(response, "sentence") == "Not checked No check has looked at it yet."
    assert "costs nothing" in text(response)


@pytest.mark.parametrize(
    ("finding", "words"),
    [
        (WELL, "Well Since just now. Last checked just now."),
        (ILL, "Ill Since just now: no good answer. Last checked just now. It has never been well here."),
        (SLOW, "Degraded Since just now: It answers, but slowly. Last checked just now. It has never been well here."),
    ],
)
def test_the_state_is_a_sentence(reader, deployment, finding, words):
    make_check(deployment, finding)
    assert words_of(reader.get(address(deployment)), "sentence") == words


def test_an_ill_one_tells_since_when_and_when_it_was_well(reader, deployment):
    make_history(deployment, WELL, ILL, ILL, every=7200)
    said = words_of(reader.get(address(deployment)), "sentence")
    assert said == "Ill Since 2 h ago: no good answer. Last checked just now. It was last well 4 h ago."


def test_a_stale_state_is_not_told_as_the_present(reader, deployment):
    make_check(deployment, WELL, ago=86_400)
    said = words_of(reader.get(address(deployment)), "sentence")
    assert said == "Stale The last check was 24 h ago: what it found may no longer be so."


def test_a_deployment_that_is_gone_keeps_its_history(support, deployment):
    make_check(deployment)
    type(deployment).objects.update(gone_at=timezone.now())
    response = support.get(address(deployment))
    assert "has been gone from Azure since just now" in words_of(response, "sentence")
    assert "Check now" not in text(response)
    assert "412 ms" in words_of(response, "health-body")


# ---- the ladder and the problem ----

R, F, N = "reached", "failed here", "not reached"


@pytest.mark.parametrize(
    ("kind", "called", "expected"),
    [
        ("", True, [R, R, R, R, R, R]),
        ("slow", True, [R, R, R, R, R, R]),
        ("dns", True, [F, N, N, N, N, N]),
        ("tls", True, [R, F, N, N, N, N]),
        ("bad-key", True, [R, R, F, N, N, N]),
        ("deployment-not-found", True, [R, R, R, F, N, N]),
        ("rate-limited", True, [R, R, R, R, F, N]),
        ("server-error", True, [R, R, R, R, R, F]),
        ("no-key", False, [N, N, F, N, N, N]),
        ("not-ready", False, [N, N, N, F, N, N]),
    ],
)
def test_the_ladder_shows_how_far_it_got(reader, deployment, kind, called, expected):
    make_check(deployment, replace(WELL, kind=kind, record_id=uuid4() if called else None))
    rungs = ["Name", "Encryption", "Sign-in", "Deployment", "Quota", "Answer"]
    assert steps(reader.get(address(deployment))) == dict(zip(rungs, expected, strict=True))


def test_a_bad_check_is_explained_with_both_ids(reader, deployment):
    make_check(deployment, ILL)
    page = text(reader.get(address(deployment)))
    for words in ("What to do:", "Who can:", ILL.request_id, ILL.apim_request_id):
        assert words in page
    assert "billed again" not in page


def test_what_the_request_log_knows_more_is_told(reader, deployment):
    facts = recorder.Facts("health", "contoso-foundry", "claude-steady", subscription_id=PRODUCTION)
    record = recorder.open_attempt(facts, call_id=uuid4())
    error = Forbidden(f"The principal `{OID}` lacks the required data action", kind="missing-role", status=401)
    recorder.settle(record, recorder.Ended(Outcome.FAILED, 80, error=error))
    make_check(deployment, replace(ILL, kind="missing-role", record_id=record))
    page = text(reader.get(address(deployment)))
    assert f"az role assignment create --assignee {OID}" in page


@pytest.mark.parametrize("kind", ["slow", "not-ready", "not-made"])
def test_this_rooms_own_findings_have_cards_too(reader, deployment, kind):
    make_check(deployment, replace(WELL, kind=kind))
    page = text(reader.get(address(deployment)))
    assert "What to do:" in page
    assert "does not know" not in page


def test_a_good_check_has_no_problem(reader, deployment):
    make_check(deployment)
    assert (
        'class="problem"'
        not in text(reader.get(address(deployment))).partition('id="health-body"')[2].partition("</main>")[0]
    )


# ---- what has been ----


def test_the_days_are_drawn_and_written(reader, deployment):
    make_history(deployment, *[WELL] * 3, ILL, every=86_400)
    page = text(reader.get(address(deployment)))
    assert "75.00 % of the checks were answered" in page
    assert page.count("<title>") > 90
    assert "Day (UTC)" in page


def test_incidents_stand_with_their_length_and_ids(reader, deployment):
    make_history(deployment, WELL, ILL, ILL, WELL, WELL, every=600, ago=3600)
    make_history(deployment, ILL, ILL, every=60)
    said = words_of(reader.get(address(deployment)), "health-body")
    assert "20 min 0 s" in said
    assert "Going on" in said
    assert said.count(ILL.request_id) >= 2


def test_checks_are_listed_newest_first_and_paged(reader, deployment, django_assert_max_num_queries):
    checks = make_history(deployment, *[WELL] * 45)[::-1]
    first = reader.get(address(deployment))
    assert [row.check for row in first.context["shown"].checks] == checks[:20]
    with django_assert_max_num_queries(14):
        second = reader.get(address(deployment), {"cursor": first.context["shown"].page.next_cursor})
    assert [row.check for row in second.context["shown"].checks] == checks[20:40]
    assert reader.get(address(deployment), {"cursor": "nonsense"}).status_code == 200


def test_only_support_is_led_to_the_request_log(reader, support, deployment):
    record = uuid4()
    make_check(deployment, replace(WELL, record_id=record), person="Ada")
    assert f"/requests/{record}/" in text(support.get(address(deployment)))
    page = text(reader.get(address(deployment)))
    assert f"/requests/{record}/" not in page
    assert "Ada" in page


def test_an_unknown_deployment_is_not_found(reader):
    assert reader.get(f"/health/{uuid4()}/").status_code == 404
    assert reader.get(address(make_deployment("gpt", model_format="OpenAI"))).status_code == 404


# ---- the live line ----


def test_check_now_shows_the_place_in_line_and_asks_again(support, deployment):
    make_job()
    response = support.post(f"{address(deployment)}checks/", headers=HTMX)
    assert words_of(response, "live") == "Waiting Number 2 in line Show the job"
    assert f'hx-get="{address(deployment)}" hx-trigger="every 1s"' in text(response)


def test_a_check_that_is_over_at_once_is_told_at_once(support, deployment, monkeypatch):
    monkeypatch.setattr(checks, "begin", lambda found, asker: make_check(found))
    response = support.post(f"{address(deployment)}checks/", headers=HTMX)
    assert words_of(response, "live") == "Checked: well, 412 ms"
    assert "health-body" in text(response)


def test_while_it_runs_only_the_line_is_sent(support, deployment):
    make_job(State.RUNNING, subject_id=str(deployment.pk))
    response = support.get(address(deployment), headers=HTMX)
    assert words_of(response, "live") == "Checking Show the job"
    assert "health-body" not in text(response)


def test_when_it_is_over_everything_comes_along_and_polling_stops(support, deployment):
    make_check(deployment)
    response = support.get(address(deployment), headers=HTMX)
    assert words_of(response, "live") == "Checked: well, 412 ms"
    make_check(deployment, ILL)
    assert words_of(support.get(address(deployment), headers=HTMX), "live") == "Checked: ill, no good answer"
    assert 'id="sentence" hx-swap-oob="true"' in text(response)
    assert 'hx-swap-oob="true"' in text(response).partition('id="health-body"')[2][:60]
    assert "hx-trigger" not in text(response)


def test_a_page_without_a_live_check_does_not_poll(reader, deployment):
    make_check(deployment)
    assert "hx-trigger" not in text(reader.get(address(deployment)))


@pytest.mark.parametrize("state", [State.FAILED, State.LOST])
def test_a_check_that_could_not_be_made_says_so(reader, support, deployment, state):
    make_check(deployment, NO_IDENTITY, ago=30)
    make_job(state, subject_id=str(deployment.pk), error="OperationalError: the database is away")
    assert "the database is away" in words_of(support.get(address(deployment)), "live")
    said = words_of(reader.get(address(deployment)), "live")
    assert "could not be made" in said
    assert "database" not in said


def test_a_throttled_check_is_no_alarm(reader, deployment):
    make_history(deployment, THROTTLED, THROTTLED, THROTTLED)
    response = reader.get(address(deployment))
    assert "the quota is used up" in words_of(response, "sentence")
    assert "None so far." in words_of(response, "health-body")
