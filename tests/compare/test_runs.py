"""Runs of prompt sets through the running console and its worker: asked once, whatever becomes of the worker."""

from __future__ import annotations

import csv
import io
import signal
import time

from tests.console_process import Person, csrf, option

PAST = "2020-01-01 00:00:00"
SETTLE = """
import django
django.setup()
from console.playground.answer import settle_abandoned
settle_abandoned()
"""


def new_run(person: Person, prompts: int, *deployments: str) -> str:
    """The address of a fresh run of a fresh set."""
    token = {"csrfmiddlewaretoken": csrf(person.page("/compare/sets/new/"))}
    text = "\n".join(f"Tell me about bird number {number}." for number in range(1, prompts + 1))
    made = person.http.post("/compare/sets/new/", data={"name": "Birds", "text": text, "split": "lines", **token})
    page = person.page(made.headers["location"])
    said = {f"deployment_{n}": option(page, name) for n, name in enumerate(deployments, 1)}
    begun = person.http.post(f"{made.headers['location']}runs/", data={**said, **token})
    assert begun.status_code == 302, begun.text
    return begun.headers["location"]


def until(person: Person, address: str, words: str, seconds: float = 20) -> str:
    deadline = time.monotonic() + seconds
    while words not in (page := person.page(address)):
        assert time.monotonic() < deadline, page
        time.sleep(0.1)
    return page


def test_a_run_ends_as_a_grid_and_a_file(console, seoyeon, azure):
    address = new_run(seoyeon, 2, "claude-steady", "claude-forbidden")
    page = until(seoyeon, address, "Finished")
    assert "4 of 4 answers" in page
    assert page.count("A role is missing on the Azure resource") == 2
    assert page.count("tokens in") == 2
    assert "hx-trigger" not in page.split('id="run-')[1]
    rows = list(csv.DictReader(io.StringIO(seoyeon.http.get(f"{address}results.csv").text)))
    steady = "A claude-steady (contoso-foundry) "
    assert [row["prompt"] for row in rows] == [f"Tell me about bird number {number}." for number in (1, 2)]
    assert all("bird number" in row[f"{steady}answer"] for row in rows)
    assert all(row[f"{steady}request_id"] and float(row[f"{steady}cost_usd"]) > 0 for row in rows)
    assert azure.posts("claude-steady") == 2


def test_a_run_goes_on_after_its_worker_died_and_asks_nothing_twice(console, seoyeon, azure):
    azure.switch("speed", tokens_per_second=150, first_token=0.1)
    address = new_run(seoyeon, 4, "claude-steady", "claude-short")
    until(seoyeon, address, "tokens in")
    console.stop("worker", how=signal.SIGKILL)
    azure.switch("speed", tokens_per_second=0, first_token=0)
    # What would take half a minute: the leases of the job and of the answers under way run out.
    console.execute("update jobs_job set lease_until = ? where state = 'running'", PAST)
    console.execute("update requestlog_requestrecord set lease_until = ? where state <> 'over'", PAST)
    console.execute("update playground_exchange set lease_until = ? where state in ('queued', 'streaming')", PAST)
    console.run("-c", SETTLE)
    console.start("worker")
    page = until(seoyeon, address, "Finished", seconds=40)
    assert "8 of 8 answers" in page
    newest = "select id from compare_run order by id desc limit 1"
    cells = console.rows(f"select count(*) as n from compare_cell where run_id = ({newest})")  # noqa: S608
    assert cells == [{"n": 8}]
    # One that was committed in the moment of death may not have reached Azure; none has reached it twice.
    posts = azure.posts("claude-steady"), azure.posts("claude-short")
    assert max(posts) <= 4
    assert sum(posts) >= 6
