"""Prompt sets: reading what people type or upload, running a part of them, and what is left of it afterwards."""

from __future__ import annotations

import csv
import io
import re
import threading
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from console.compare import grid, running, sets, tasks
from console.compare.models import Cell, PromptSet, Run, RunState
from console.compare.running import Part
from console.compare.sets import LINES, PARAGRAPHS, NotUnderstood, Prompt
from console.jobs.models import Job
from console.jobs.models import State as JobState
from console.playground import listing, rules, settle
from console.playground.models import Conversation, Exchange, Rules, State
from console.web import spreadsheet
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import make_deployment
from tests.factories_requestlog import make_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("afresh")]


TIMES = ("waited_first_word_ms", "waited_in_all_ms", "attempts", "last_attempt_ttft_ms", "last_attempt_duration_ms")


def make_set(person, *texts: str) -> PromptSet:
    return sets.keep(person, "Birds", [Prompt(text) for text in texts or ("Herons?", "Storks?", "Cranes?")])


def make_run(person, made: PromptSet | None = None, columns: int = 2) -> Run:
    made = made or make_set(person)
    said = {f"deployment_{number}": str(make_deployment(f"claude-{number}").pk) for number in range(1, columns + 1)}
    answer = signed_in_client(person).post(reverse("compare:runs", args=[made.pk]), said)
    assert answer.status_code == 302, answer.text
    return Run.objects.get(of=made)


def part(run: Run) -> Part:
    return Part(Job.objects.get(subject_id=str(run.pk)), Run.objects.select_related("owner", "of").get(pk=run.pk))


def answered(run: Run, text: str = "Yes.") -> None:
    Exchange.objects.filter(conversation__cell__run=run).update(state=State.SUCCEEDED, answer=text)


# ---- Reading ----


def test_typed_prompts_are_lines_or_paragraphs():
    text = "One\r\nmore\r\n\r\n  \r\nTwo\n"
    assert [one.text for one in sets.typed(text, LINES)] == ["One", "more", "Two"]
    assert [one.text for one in sets.typed(text, PARAGRAPHS)] == ["One\nmore", "Two"]


@pytest.mark.parametrize("content", [
    'prompt,system\n"Herons, or\nstorks?",Be brief.\n,\n"한국어로?",\n'.encode(),
    '\ufeffid;System;Prompt\r\n1;Be brief.;"Herons, or\nstorks?"\r\n2;;한국어로?\r\n'.encode(),
    'prompt\tsystem\n"Herons, or\nstorks?"\tBe brief.\n한국어로?\n'.encode(),
])  # fmt: skip
def test_a_csv_is_read_as_programs_write_it(content):
    assert sets.read_csv(content) == [Prompt("Herons, or\nstorks?", "Be brief."), Prompt("한국어로?")]


@pytest.mark.parametrize(("content", "words"), [
    (b"question\nHerons?\n", "no column"), (b"", "no column"), (b'prompt\n"Herons', "quotation mark"),
    ("prompt\n황새?\n".encode("euc-kr"), "UTF-8"), (b"prompt\n" + b"x" * 2_000_001, "2 MB"),
])  # fmt: skip
def test_a_file_that_is_not_understood_says_why(content, words):
    with pytest.raises(NotUnderstood) as refused:
        sets.read_csv(content)
    assert words in refused.value.problems[0]


@pytest.mark.parametrize(("text", "words"), [
    ("\n".join(["x"] * 201), "201 prompts"), ("  \n", "no prompt"), ("x" * 50_001, "Prompt 1 is longer"),
])  # fmt: skip
def test_what_is_too_much_is_said_and_stays(person, text, words):
    said = {"name": "Birds", "text": text, "split": "lines"}
    answer = signed_in_client(person).post(reverse("compare:new_set"), said)
    assert answer.status_code == 400
    assert words in answer.text
    assert "Birds" in answer.text
    assert text.strip()[:2000] in answer.text
    assert not PromptSet.objects.exists()


def test_a_set_is_typed_and_uploaded_and_nobody_elses(person):
    file = SimpleUploadedFile("birds.csv", b"prompt,system\nStorks?,Be brief.\n")
    said = {"name": "Birds", "text": "Herons?", "split": "lines", "file": file}
    answer = signed_in_client(person).post(reverse("compare:new_set"), said)
    page = signed_in_client(person).get(answer["Location"]).text
    assert all(words in page for words in ("Birds", "Herons?", "Storks?", "Be brief."))
    other = signed_in_client(make_user(("Admin", "Playground")))
    assert other.get(answer["Location"]).status_code == 404
    assert "Birds" not in other.get(reverse("compare:sets")).text


# ---- Running ----


def test_a_part_asks_what_has_not_been_asked_and_never_twice(person):
    run = make_run(person)
    part(run).fill(3)
    assert list(run.cells.order_by("row", "column").values_list("row", "column")) == [(1, 0), (1, 1), (2, 0)]
    answered(run)
    stale, other = part(run), part(run)
    stale.fill(2)
    other.fill(9)  # it believes the same cells are open
    assert Cell.objects.count() == Exchange.objects.count() == 6
    assert not listing.listing(person).page.rows


def test_a_prompts_own_system_prompt_counts_more_than_the_columns(person):
    made = sets.keep(person, "Birds", [Prompt("Herons?", "Be brief."), Prompt("Storks?")])
    run = make_run(person, made)
    Run.objects.update(columns=[{**one, "system_prompt": "Be wordy."} for one in run.columns])
    part(run).fill(4)
    systems = Exchange.objects.order_by("id").values_list("settings__system", flat=True)
    assert list(systems) == ["Be brief.", "Be brief.", "Be wordy.", "Be wordy."]


def test_a_person_has_one_run_at_a_time(person):
    run = make_run(person)
    said = {f"deployment_{n}": one["deployment_id"] for n, one in enumerate(run.columns, 1)}
    answer = signed_in_client(person).post(reverse("compare:runs", args=[make_set(person).pk]), said, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("compare:run", args=[run.pk])
    assert "One run at a time" in answer.text
    assert Run.objects.count() == Job.objects.count() == 1


def test_limits_that_pass_are_waited_for_and_leave_the_person_room(person):
    Rules.objects.create(name="playground", streams=3)
    run = make_run(person, columns=4)
    one = part(run)
    one.fill(4)
    assert run.cells.count() == 2  # one answer is kept free
    run.refresh_from_db()
    assert run.state == RunState.WAITING
    answered(run)
    one.paused_until = 0
    one.fill(1)
    assert run.cells.count() == 3


def test_a_limit_that_is_spent_stops_the_run_with_its_figures_and_it_can_go_on(person):
    run = make_run(person)
    Rules.objects.create(name="playground", tokens_per_day=0)
    rules.forget()
    part(run).fill(2)
    client, address = signed_in_client(person), reverse("compare:run", args=[run.pk])
    assert "0 of 0 tokens today" in client.get(address).text
    assert not run.cells.exists()
    Job.objects.update(state=JobState.SUCCEEDED)
    client.post(reverse("compare:continuation", args=[run.pk]))
    run.refresh_from_db()
    assert (run.state, run.reason) == (RunState.WAITING, "")
    assert Job.objects.filter(state=JobState.QUEUED).count() == 1


def test_a_closed_or_vanished_deployment_fails_its_cells_and_no_other(person):
    run = make_run(person)
    gone = make_deployment().__class__.objects.filter(pk=run.columns[0]["deployment_id"])
    gone.update(gone_at=timezone.now())
    part(run).fill(6)
    assert list(run.cells.filter(column=0).values_list("reason", flat=True)) == ["deployment-closed"] * 3
    assert Exchange.objects.count() == 3
    page = signed_in_client(person).get(reverse("compare:run", args=[run.pk])).text
    assert page.count("This deployment is not open to you") == 3


def test_cancelling_asks_nothing_more_and_stops_what_arrives(person):
    run = make_run(person)
    one = part(run)
    one.fill(2)
    signed_in_client(person).post(reverse("compare:cancellation", args=[run.pk]))
    assert set(Exchange.objects.values_list("stop_asked", flat=True)) == {True}
    Job.objects.update(state=JobState.RUNNING, owner=one.job.owner)
    one.work()  # it ends at once
    assert run.cells.count() == 2


@pytest.mark.parametrize(("ended", "state", "jobs"), [
    (JobState.SUCCEEDED, RunState.WAITING, 2), (JobState.FAILED, RunState.STOPPED, 1),
    (JobState.LOST, RunState.STOPPED, 1), (JobState.RUNNING, RunState.WAITING, 1),
])  # fmt: skip
def test_a_run_without_a_job_gets_another_unless_that_failed(person, ended, state, jobs):
    run = make_run(person)
    Job.objects.update(state=ended)
    tasks.revive()
    tasks.revive()
    run.refresh_from_db()
    assert (run.state, Job.objects.count()) == (state, jobs)


def test_a_worker_that_is_told_to_end_asks_nothing_more(person, monkeypatch):
    run = make_run(person)
    monkeypatch.setattr(running, "stopping", threading.Event())
    running.stopping.set()
    one = part(run)
    Job.objects.update(state=JobState.RUNNING, owner=one.job.owner)
    assert one.work() == 0
    assert not run.cells.exists()


def test_deleting_a_set_stops_what_a_worker_is_being_answered(person):
    run = make_run(person)
    part(run).fill(2)
    under_way = list(Exchange.objects.values_list("pk", flat=True))
    assert settle.checkpoint([], [], under_way) == []
    signed_in_client(person).post(reverse("compare:set_deletion", args=[run.of_id]))
    assert settle.checkpoint([], [], under_way) == under_way


def test_no_prompt_is_in_the_job(person):
    run = make_run(person)
    job = Job.objects.get(task=running.TASK)
    assert (job.subject, job.subject_id) == ("3 × 2", str(run.pk))


# ---- Results ----


def test_the_csv_has_every_prompt_and_calculates_nothing(person):
    run = make_run(person, make_set(person, *["=1+1", *(f"Bird {number}" for number in range(24))]))
    for row, column in ((1, 0), (2, 1)):
        talk = Conversation.objects.create(owner=person, listed=False, spoken_at=timezone.now())
        Cell.objects.create(run=run, row=row, column=column, conversation=talk)
        talk.exchanges.create(
            submission_id=run.pk.hex, message="?", state=State.SUCCEEDED, answer="@sum(a)", deployment="d",
            resource="r", deployment_id="x", call_id=talk.pk,
        )  # fmt: skip
    first, second = grid.batch(run, 0), grid.batch(run, grid.BATCH)
    assert [row.position for row in (*first, *second)] == list(range(1, 26))
    lines = list(csv.reader(io.StringIO(spreadsheet.lines(map(grid.line, first)))))
    width = len(grid.COLUMNS)
    assert lines[0][:5] == ["1", "'=1+1", "", "succeeded", "'@sum(a)"]
    assert lines[1][3 + width : 5 + width] == ["succeeded", "'@sum(a)"]
    assert {value for line in lines[2:] for value in line[3:]} == {""}


def test_the_grid_is_a_few_queries_however_long(person, django_assert_max_num_queries):
    run = make_run(person, make_set(person, *(f"Bird {number}" for number in range(30))))
    Rules.objects.create(name="playground", streams=6)
    part(run).fill(4)
    answered(run, "Long. " * 2000)
    client = signed_in_client(person)
    client.get(reverse("compare:run", args=[run.pk]))
    with django_assert_max_num_queries(9):
        page = client.get(reverse("compare:run", args=[run.pk]))
    assert "Bird 19" in page.text
    assert "Bird 20" not in page.text
    assert len(page.content) < 60_000


def test_an_answer_is_read_in_full_and_kept(person):
    run = make_run(person)
    part(run).fill(1)
    answered(run, "Herons stand still. " * 50)
    cell = run.cells.get()
    client = signed_in_client(person)
    page = client.get(reverse("compare:cell", args=[cell.pk])).text
    assert page.count("Herons stand still.") == 50
    client.post(reverse("compare:keep_cell", args=[cell.pk]))
    assert [row.pk for row in listing.listing(person).page.rows] == [cell.conversation_id]
    client.post(reverse("compare:set_deletion", args=[run.of_id]))
    assert [row.pk for row in Conversation.objects.all()] == [cell.conversation_id]
    assert not PromptSet.objects.exists()


def test_times_count_from_when_a_cell_was_asked_over_all_attempts(person):
    run = make_run(person)
    part(run).fill(1)
    answered(run)
    sent = timezone.now() - timedelta(seconds=30)
    record = make_record(person=person, attempt=2, started_at=sent + timedelta(seconds=20), ttft_ms=1000)
    Exchange.objects.update(created_at=sent, record_id=record.pk)
    client = signed_in_client(person)
    assert "21.0 s · " in client.get(reverse("compare:run", args=[run.pk])).text
    whole = client.get(reverse("compare:cell", args=[run.cells.get().pk])).text
    figures = whole[whole.index("cell__figures") : whole.index("</dl>", whole.index("cell__figures"))]
    assert re.findall(r"<dd>([\d.]+ s)</dd>", figures) == ["21.0 s", "24.0 s", "4.0 s"]
    first = dict(zip(grid.COLUMNS, grid.values(grid.batch(run, 0)[0].cells[0]), strict=True))
    assert [first[name] for name in TIMES] == [21000, 24000, 2, 1000, 4000]


def test_times_of_one_attempt_are_what_was_waited(person):
    run = make_run(person)
    part(run).fill(1)
    answered(run)
    Exchange.objects.update(record_id=make_record(person=person, ttft_ms=None).pk)
    first = dict(zip(grid.COLUMNS, grid.values(grid.batch(run, 0)[0].cells[0]), strict=True))
    assert [first[name] for name in TIMES] == [None, 4000, 1, None, 4000]


def test_retention_takes_old_sets_with_their_answers(person, settings):
    settings.CONVERSATION_RETENTION_DAYS = 30
    run = make_run(person)
    part(run).fill(2)
    answered(run)
    PromptSet.objects.update(used_at=timezone.now() - timedelta(days=31))
    tasks.purge()
    assert PromptSet.objects.exists()  # it runs
    Run.objects.update(state=RunState.FINISHED)
    tasks.purge()
    assert not PromptSet.objects.exists()
    assert not Conversation.objects.exists()
