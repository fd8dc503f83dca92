from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from console.jobs.models import Job, State
from tests.factories import ada, ben, make_user, signed_in_client
from tests.factories_jobs import CHECK, make_job

pytestmark = pytest.mark.django_db

SYNC = "console.inventory.tasks.sync"
LIST = "/jobs/"


@pytest.fixture
def support() -> Client:
    return signed_in_client(make_user(("Support",), "Sue"))


def text(response: object) -> str:
    return " ".join(response.content.decode().split())


def shown(response: object) -> list[Job]:
    return [row.job for row in response.context["rows"]]


# ---- who ----


def test_a_reader_may_not_look():
    job = make_job(State.FAILED)
    reader = signed_in_client(ben())
    assert reader.get(LIST).status_code == reader.get(f"/jobs/{job.pk}/").status_code == 403
    assert reader.post(f"/jobs/{job.pk}/again/").status_code == 403
    assert Job.objects.count() == 1


@pytest.mark.parametrize("roles", [("Support",), ("Admin",)])
def test_support_and_administrators_may_look(roles):
    assert signed_in_client(make_user(roles)).get(LIST).status_code == 200


# ---- the list ----


def test_without_jobs_the_page_says_what_will_stand_here(support):
    response = support.get(LIST)
    assert "No job has been asked for yet" in text(response)
    assert "Nothing is running and nothing waits." in text(response)


def test_jobs_stand_newest_first_with_state_cause_and_result(support):
    older = make_job(State.SUCCEEDED, ago=60, subject="contoso/claude-1", note="Well, 412 ms", cause="schedule")
    newer = make_job(State.FAILED, person="Ada Lovelace", error="Azure refused <the> key", task=SYNC)
    response = support.get(LIST)
    assert shown(response) == [newer, older]
    for words in ("contoso/claude-1", "Well, 412 ms", "by the schedule", "by Ada Lovelace", "Inventory sync"):
        assert words in text(response)
    assert "Azure refused &lt;the&gt; key" in text(response)


def test_a_waiting_job_says_its_place_and_a_running_one_how_far_it_is(support):
    make_job(State.RUNNING, done=30, total=120)
    make_job()
    make_job()
    page = text(support.get(LIST))
    for words in ("1 running, 2 waiting.", "Next in line", "Number 2 in line", '<progress max="100" value="25"'):
        assert words in page
    assert "30 of 120" in page


@pytest.mark.parametrize(
    ("state", "waited", "ran"), [(State.SUCCEEDED, "1.0 s", "2.0 s"), (State.FAILED, "1.0 s", "2.0 s")]
)
def test_it_tells_how_long_a_job_waited_and_ran(support, state, waited, ran):
    make_job(state, ago=100)
    page = text(support.get(LIST))
    assert f'class="num">{waited}</td>' in page
    assert f'class="num">{ran}</td>' in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?state=failed", {"failed"}),
        ("?state=queued", {"queued"}),
        (f"?task={SYNC}", {"sync"}),
        (f"?task={CHECK}&state=failed", {"failed"}),
        ("?state=nonsense&task=os.system", {"failed", "queued", "sync"}),
        ("?state=failed&state=queued", {"queued"}),
        ("?cursor=nonsense", {"failed", "queued", "sync"}),
    ],
)
def test_filters_stand_in_the_address(support, query, expected):
    jobs = {"failed": make_job(State.FAILED), "queued": make_job(), "sync": make_job(State.SUCCEEDED, task=SYNC)}
    assert set(shown(support.get(LIST + query))) == {jobs[name] for name in expected}


def test_a_chip_that_is_on_says_so_and_keeps_the_other_filter(support):
    page = text(support.get(f"{LIST}?state=failed&task={SYNC}"))
    assert page.count('aria-current="true"') == 2
    assert f'href="?state=queued&amp;task={SYNC}"' in page
    assert "No job fits" in page


def test_long_lists_are_paged_by_key(support, django_assert_max_num_queries):
    jobs = [make_job(State.SUCCEEDED) for _ in range(120)][::-1]
    first = support.get(LIST)
    assert shown(first) == jobs[:50]
    with django_assert_max_num_queries(6) as queries:
        second = support.get(LIST, {"cursor": first.context["page"].next_cursor})
    assert shown(second) == jobs[50:100]
    assert not [query for query in queries.captured_queries if "COUNT(" in query["sql"].upper()]


def test_the_table_follows_only_what_is_alive(support):
    make_job(State.SUCCEEDED)
    assert "hx-trigger" not in text(support.get(LIST))
    make_job()
    assert 'hx-get="/jobs/?state=queued" hx-trigger="every 2s"' in text(support.get(f"{LIST}?state=queued"))
    assert "hx-trigger" not in text(support.get(f"{LIST}?state=succeeded"))


def test_htmx_gets_the_table_and_the_sentence_alone(support):
    make_job()
    response = support.get(LIST, headers={"HX-Request": "true"})
    assert response.content.lstrip().startswith(b'<div id="jobs"')
    assert 'id="jobs-sentence" hx-swap-oob="true">0 running, 1 waiting.' in text(response)


def test_a_task_this_version_does_not_know_stands_under_its_own_name(support):
    job = make_job(State.FAILED, task="console.future.tasks.fly")
    assert "console.future.tasks.fly" in text(support.get(LIST))
    page = text(support.get(f"/jobs/{job.pk}/"))
    assert "Ask again" not in page
    assert "Show what it is about" not in page


# ---- one job ----


def test_one_job_shows_everything_known(support):
    job = make_job(State.FAILED, ago=100, subject="contoso/claude-1", error="Azure refused.", starts=2, task=SYNC)
    page = text(support.get(f"/jobs/{job.pk}/"))
    for words in ("contoso/claude-1", "Azure refused.", "2 times: a worker stopped", job.pk.hex, "/inventory/"):
        assert words in page
    assert "hx-trigger" not in page


def test_a_live_job_follows_itself(support):
    job = make_job()
    page = text(support.get(f"/jobs/{job.pk}/"))
    assert f'hx-get="/jobs/{job.pk}/" hx-trigger="every 2s"' in page
    assert "Next in line" in page
    partial = support.get(f"/jobs/{job.pk}/", headers={"HX-Request": "true"})
    assert partial.content.lstrip().startswith(b'<div class="stack"')


def test_a_check_leads_to_its_deployment(support):
    subject = uuid4()
    job = make_job(State.SUCCEEDED, subject_id=str(subject))
    assert f'href="/health/{subject}/"' in text(support.get(f"/jobs/{job.pk}/"))


def test_a_job_that_is_not_there_is_not_found(support):
    assert support.get(f"/jobs/{uuid4()}/").status_code == 404
    assert support.post(f"/jobs/{uuid4()}/again/").status_code == 404
    assert support.get("/jobs/nonsense/").status_code == 404


# ---- again ----


@pytest.mark.parametrize("state", [State.FAILED, State.LOST])
def test_a_failed_job_can_be_asked_for_again(support, state):
    failed = make_job(state, subject="contoso/claude-1", subject_id="one", slot="7", cause="schedule")
    assert "Ask again" in text(support.get(f"/jobs/{failed.pk}/"))
    response = support.post(f"/jobs/{failed.pk}/again/")
    asked = Job.objects.get(state=State.QUEUED)
    assert response.url == reverse("jobs:job", args=[asked.pk])
    assert (asked.task, asked.subject_id, asked.cause, asked.person, asked.slot) == (
        CHECK,
        "one",
        "person",
        "Sue",
        None,
    )


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.SUCCEEDED, State.SKIPPED])
def test_only_failed_ones_are(support, state):
    job = make_job(state)
    assert support.post(f"/jobs/{job.pk}/again/").status_code == 403
    assert Job.objects.count() == 1


def test_asking_again_needs_a_post(support):
    assert support.get(f"/jobs/{make_job(State.FAILED).pk}/again/").status_code == 405


def test_asking_twice_leads_to_the_same_job():
    client = signed_in_client(ada())
    failed = make_job(State.FAILED)
    first, second = (client.post(f"/jobs/{failed.pk}/again/").url for _ in range(2))
    assert first == second
