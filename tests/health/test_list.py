from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from console.health.checks import TASK, TASK_ALL
from console.inventory.models import Deployment
from console.jobs.models import Job, State
from tests.factories import ben, make_user, signed_in_client
from tests.factories_health import ILL, NO_IDENTITY, THROTTLED, WELL, make_check, make_history
from tests.factories_inventory import make_deployment, make_resource
from tests.factories_jobs import make_job
from tests.health.reading import text, words_of

pytestmark = pytest.mark.django_db

LIST = "/health/"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reader() -> Client:
    return signed_in_client(ben())


@pytest.fixture
def support() -> Client:
    return signed_in_client(make_user(("Support",), "Sue"))


def shown(response: object) -> list[str]:
    return [row.deployment.name for row in response.context["rows"]]


def cell(response: object, deployment: Deployment, name: str = "state") -> str:
    """What one changing cell of a row says."""
    return words_of(response, f"{name}-{deployment.pk}")


# ---- what it says ----


def test_without_deployments_the_page_says_where_they_come_from(reader):
    page = text(reader.get(LIST))
    assert "There is no Claude deployment to check yet." in page
    assert "Nothing to check yet" in page
    assert "/inventory/" in page
    assert "Check all now" not in page


def test_each_deployment_stands_with_its_state_and_reason(reader):
    found = {}
    for name, finding in (("well", WELL), ("ill", ILL), ("throttled", THROTTLED), ("keyless", NO_IDENTITY)):
        found[name] = make_deployment(f"claude-{name}")
        make_check(found[name], finding)
    make_deployment("claude-new")
    response = reader.get(LIST)
    assert cell(response, found["well"]) == "Well"
    assert cell(response, found["ill"]) == "Ill no good answer"
    assert cell(response, found["throttled"]) == "Degraded the quota is used up"
    assert cell(response, found["keyless"]) == "Unknown the console is not let in"
    assert cell(response, Deployment.objects.get(name="claude-new")) == "Not checked"
    assert cell(response, found["well"], "latency") == "412 ms"
    assert cell(response, found["ill"], "latency") == "–"
    assert "5 deployments: 1 ill, 1 degraded, 1 unknown, 1 not checked, 1 well." in text(response)


def test_all_well_is_said_shortly(reader):
    for name in ("claude-a", "claude-b"):
        make_check(make_deployment(name))
    assert "All 2 deployments are well." in text(reader.get(LIST))


@pytest.mark.parametrize(("age", "state"), [(599, "Well"), (601, "Stale")])
def test_a_check_older_than_two_intervals_is_never_green(reader, settings, age, state):
    settings.HEALTH_INTERVAL = 300
    deployment = make_deployment()
    make_check(deployment, ago=age)
    response = reader.get(LIST)
    assert cell(response, deployment) == state
    assert ("badge--ok" in text(response)) == (state == "Well")


def test_what_is_no_claude_or_is_gone_is_not_shown(reader):
    now = timezone.now()
    make_deployment("gpt", model_format="OpenAI")
    make_deployment("claude-gone", gone_at=now)
    make_deployment("claude-lost", make_resource(gone_at=now))
    make_deployment("claude-here")
    assert shown(reader.get(LIST)) == ["claude-here"]


def test_a_bad_row_tells_when_it_was_last_good(reader):
    deployment = make_deployment()
    make_history(deployment, WELL, ILL, every=7200)
    assert "last good 2 h ago" in cell(reader.get(LIST), deployment, "checked")
    never = make_deployment("claude-never")
    make_check(never, ILL)
    assert "never good" in cell(reader.get(LIST), never, "checked")


def test_open_incidents_stand_on_top(reader):
    make_history(make_deployment("claude-ill"), ILL, ILL)
    make_history(make_deployment("claude-gone", gone_at=timezone.now()), ILL, ILL)
    make_history(make_deployment("claude-healed"), ILL, ILL, WELL, WELL)
    page = text(reader.get(LIST))
    top = page[page.index("Open incidents") : page.index('id="results"')]
    assert "claude-ill" in top
    assert "no good answer" in top
    assert "claude-gone" not in top
    assert "claude-healed" not in top


def test_many_incidents_do_not_push_the_table_away(reader):
    for number in range(7):
        make_history(make_deployment(f"claude-{number:02d}"), ILL, ILL)
    response = reader.get(LIST)
    assert len(response.context["incidents"]) == 6
    assert "show every ill deployment" in text(response)


def test_the_days_and_hours_are_drawn(reader):
    deployment = make_deployment()
    make_history(deployment, ILL, WELL, WELL, every=86400)
    page = text(reader.get(LIST))
    assert 'class="strip"' in page
    assert "ill in 1 of 1 checks" in page
    assert 'class="sparkline"' in page


# ---- filters ----


def states() -> None:
    make_check(make_deployment("claude-well"))
    make_check(make_deployment("claude-ill"), ILL)
    make_check(make_deployment("claude-throttled"), THROTTLED)
    make_check(make_deployment("claude-unknown"), NO_IDENTITY)
    make_check(make_deployment("claude-stale"), ago=10_000)
    make_check(make_deployment("claude-stale-ill"), ILL, ago=10_000)
    make_deployment("claude-never")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("state=well", ["claude-well"]),
        ("state=ill", ["claude-ill"]),
        ("state=degraded", ["claude-throttled"]),
        ("state=unknown", ["claude-unknown"]),
        ("state=stale", ["claude-stale", "claude-stale-ill"]),
        ("state=never", ["claude-never"]),
        ("q=THROTTLED", ["claude-throttled"]),
        ("q=claude+ill&state=ill", ["claude-ill"]),
        ("q=nothing-like-it", []),
        ("resource=00000000-0000-4000-8000-000000000000", []),
    ],
)
def test_filters_stand_in_the_address(reader, query, expected):
    states()
    assert shown(reader.get(f"{LIST}?{query}")) == expected


@pytest.mark.parametrize("query", ["state=nonsense", "resource=1", "q=" + "x" * 500, "cursor=x", "watch=x", "state="])
def test_a_filter_nobody_offers_asks_for_nothing(reader, query):
    states()
    assert len(shown(reader.get(f"{LIST}?{query}"))) == 7


def test_one_resource_can_be_looked_at(reader):
    resource = make_resource("hanbit-foundry")
    make_deployment("claude-one", resource)
    make_deployment("claude-two")
    response = reader.get(f"{LIST}?resource={resource.pk}")
    assert shown(response) == ["claude-one"]
    assert "hanbit-foundry <span" in text(response)


def test_a_search_finds_by_resource_and_tag(reader):
    make_deployment("claude-one", make_resource("hanbit-foundry"))
    make_deployment("claude-two", words="claude-two cc-4100")
    assert shown(reader.get(f"{LIST}?q=hanbit")) == ["claude-one"]
    assert shown(reader.get(f"{LIST}?q=CC-4100")) == ["claude-two"]


def test_htmx_gets_the_rows_alone(reader):
    make_deployment()
    response = reader.get(LIST, headers=HTMX)
    assert response.content.lstrip().startswith(b'<div id="results"')
    assert b"<html" not in response.content


# ---- many ----


def make_many(count: int) -> None:
    now = timezone.now()
    resource = make_resource()
    Deployment.objects.bulk_create(
        Deployment(
            resource=resource, name=f"claude-{n:05d}", model_format="Anthropic", state="Succeeded", first_seen=now,
            last_seen=now, health="well", health_at=now, details={"large": "x" * 100},
        )
        for n in range(count)
    )  # fmt: skip


def test_many_deployments_are_paged_by_key(reader):
    make_many(120)
    first = reader.get(LIST)
    second = reader.get(LIST, {"cursor": first.context["page"].next_cursor})
    assert [len(shown(first)), len(shown(second))] == [50, 50]
    assert shown(second)[0] == "claude-00050"


def test_ten_thousand_deployments_cost_no_more_than_fifty(reader, django_assert_max_num_queries):
    make_many(10_000)
    for deployment in Deployment.objects.order_by("name")[:50]:
        make_history(deployment, ILL, WELL)
        make_job(subject_id=str(deployment.pk))
    with django_assert_max_num_queries(13) as queries:
        response = reader.get(LIST)
    assert len(shown(response)) == 50
    assert not [query for query in queries.captured_queries if "details" in query["sql"]]


# ---- buttons ----


def test_a_reader_sees_no_button_and_may_not_press_one(reader):
    deployment = make_deployment()
    page = text(reader.get(LIST))
    assert "Check now" not in page
    assert "Check all now" not in page
    assert reader.post(f"/health/{deployment.pk}/checks/").status_code == 403
    assert reader.post("/health/checks/").status_code == 403
    assert not Job.objects.exists()


def test_check_now_asks_for_a_check(support):
    deployment = make_deployment("claude-steady", make_resource("contoso-foundry"))
    response = support.post(f"/health/{deployment.pk}/checks/")
    job = Job.objects.get()
    assert response.url == f"/health/{deployment.pk}/"
    assert (job.task, job.subject, job.subject_id) == (TASK, "contoso-foundry/claude-steady", str(deployment.pk))
    assert (job.cause, job.person) == ("person", "Sue")
    support.post(f"/health/{deployment.pk}/checks/")
    assert Job.objects.count() == 1


def test_in_the_list_the_row_changes_and_is_watched_from_then_on(support):
    one, other = make_deployment("claude-a"), make_deployment("claude-b")
    make_job(subject_id=str(other.pk))
    response = support.post(f"/health/{one.pk}/checks/", {"watch": str(other.pk)}, headers=HTMX)
    page = text(response)
    assert page.count('hx-trigger="every 2s"') == 1
    assert f'value="{one.pk},{other.pk}"' in page
    assert cell(response, one) == "Not checked Number 2 in line"
    assert f'id="state-{other.pk}" hx-swap-oob="true"' in page
    assert "2 checks are under way." in page
    assert 'id="sentence"' not in page


def test_watching_stops_when_everything_is_over(support):
    deployment = make_deployment()
    make_check(deployment)
    response = support.get(LIST, {"watch": str(deployment.pk)}, headers=HTMX)
    assert "hx-trigger" not in text(response)
    assert cell(response, deployment) == "Well"
    assert words_of(response, "sentence") == "The one deployment is well."


def test_a_page_with_a_live_check_watches_it(support):
    waiting, running, idle = (make_deployment(f"claude-{n}") for n in range(3))
    make_job(subject_id=str(waiting.pk))
    make_check(running, ILL)
    make_job(State.RUNNING, subject_id=str(running.pk), starts=2)
    response = support.get(LIST)
    assert cell(response, waiting) == "Not checked Next in line, usual wait 1 s"
    assert cell(response, running) == "Ill no good answer Checking now"
    assert f'name="watch" value="{waiting.pk},{running.pk}"' in text(response)
    assert str(idle.pk) not in response.context["pulse"].ids


@pytest.mark.parametrize("watch", ["", "nonsense", str(UUID(int=7)), ",".join(["x"] * 10_000), f"{UUID(int=7)}," * 500])
def test_a_watch_for_nothing_is_answered(support, watch):
    response = support.get(LIST, {"watch": watch}, headers=HTMX)
    assert response.status_code == 200
    assert "hx-trigger" not in text(response)


def test_check_all_asks_for_one_job_that_makes_the_others(support):
    make_many(3)
    response = support.post("/health/checks/", follow=True)
    job = Job.objects.get()
    assert (job.task, job.person) == (TASK_ALL, "Sue")
    assert "Every deployment is being checked." in text(response)
    assert len(response.context["pulse"].watched) == 3


def test_a_check_of_what_is_gone_or_foreign_is_not_found(support):
    gone = make_deployment(gone_at=timezone.now() - timedelta(days=1))
    other = make_deployment("gpt", model_format="OpenAI")
    for pk in (gone.pk, other.pk, uuid4()):
        assert support.post(f"/health/{pk}/checks/").status_code == 404


# ---- the badge ----


def test_other_rooms_can_show_a_badge(reader):
    deployment = make_deployment()
    make_check(deployment, ILL)
    page = text(reader.get(f"/health/{deployment.pk}/badge/"))
    assert "badge--bad" in page
    assert f'href="/health/{deployment.pk}/"' in page
    assert "hx-trigger" not in page
    make_job(subject_id=str(deployment.pk))
    assert 'hx-trigger="every 3s"' in text(reader.get(f"/health/{deployment.pk}/badge/"))
    assert reader.get(f"/health/{uuid4()}/badge/").status_code == 404
