"""Columns over one connection, through the running console: text, endings, attaching again, stopping, blindness."""

from __future__ import annotations

import re
from uuid import UUID

from tests.compare.conftest import Comparing

NAMES = ("claude-steady", "claude-thinks", "claude-forbidden", "contoso")


def records(console, exchange):
    query = "select * from requestlog_requestrecord where call_id = ? order by attempt"
    return console.rows(query, exchange["call_id"])


def test_all_columns_arrive_over_one_connection_and_one_that_fails_stops_no_other(console, seoyeon):
    board = Comparing(seoyeon, "claude-steady", "claude-forbidden", "claude-thinks", "claude-steady").to_the_end()
    rows = board.exchanges()
    assert [row["state"] for row in rows] == ["succeeded", "failed", "succeeded", "succeeded"]
    assert all("herons" in board.said(position) for position in (0, 2, 3))
    for position, row in enumerate(rows):
        (record,) = records(console, row)
        assert record["apim_request_id"] in board.ending_of(position)
        assert row["state"] == "failed" or record["request_id"] in board.ending_of(position)
        head = board.named(f"head-{position}")[-1]
        assert row["deployment"] in head
        assert record["region"] in head
        if row["state"] == "succeeded":
            assert f"{record['output_tokens']}" in head
            assert "$0.00" in head
    assert "Foundry User" in board.ending_of(1)
    begun = [str(records(console, row)[0]["started_at"]) for row in rows]
    assert max(begun)[:16] == min(begun)[:16]
    assert [name for name, _id, _data in board.events][-2:] == ["actions", "done"]


def test_whoever_attaches_again_misses_nothing_and_reads_nothing_twice(console, seoyeon, azure):
    azure.switch("speed", tokens_per_second=150, first_token=0.05)
    board = Comparing(seoyeon, "claude-steady", "claude-thinks")
    texts = 0
    for name, _id, data in board.follow():
        texts += bool(data) and name in ("delta-0", "delta-1")
        if texts == 25:
            break
    cut = len(board.events)
    board.to_the_end(last_event_id=board.events[-1][1])
    assert cut < len(board.events)
    again = Comparing.__new__(Comparing)
    again.person, again.events = seoyeon, []
    again.to_the_end(path=board.path)
    for position in (0, 1):
        assert board.said(position).split() == again.said(position).split()
        assert len(board.named(f"answer-{position}")) == 1


def test_one_column_is_stopped_and_then_all(console, seoyeon, azure):
    azure.switch("speed", tokens_per_second=20, first_token=0.05)
    board = Comparing(seoyeon, "claude-long", "claude-long", "claude-long")
    first = str(UUID(str(board.exchanges()[0]["column_id"])))
    stopped = False
    for name, _id, _data in board.follow():
        if name == "delta-2" and not stopped:
            stopped = True
            assert board.post(f"/compare/columns/{first}/stop/").status_code == 302
        if name == "answer-0":
            assert {row["state"] for row in board.exchanges()[1:]} <= {"queued", "streaming"}
            board.post(f"{board.address}stop/")
    assert [row["state"] for row in board.exchanges()] == ["cancelled"] * 3


def test_a_blind_comparison_names_nobody_until_one_is_chosen(console, seoyeon):
    board = Comparing(seoyeon, "claude-steady", "claude-forbidden", "claude-thinks", blind="on")
    first = seoyeon.page(board.address)
    board.to_the_end()
    seen = first + seoyeon.page(board.address) + "".join(data for _name, _id, data in board.events)
    ids = [record[name] for row in board.exchanges() for record in records(console, row)
           for name in ("request_id", "apim_request_id", "resource", "model") if record[name]]  # fmt: skip
    assert [name for name in (*NAMES, *ids) if name in seen] == []
    column = next(row["column_id"] for row in board.exchanges() if row["deployment"] == "claude-thinks")
    board.post(f"/compare/columns/{UUID(str(column))}/better/")
    told = seoyeon.page(board.address)
    assert all(name in told for name in NAMES)
    assert "found better" in told


def test_another_message_goes_to_all_and_one_column_carries_on(console, seoyeon):
    board = Comparing(seoyeon, "claude-steady", "claude-thinks").to_the_end()
    again = board.post(f"{board.address}rounds/", message="And where do they sleep?", submission_id="second")
    assert again.headers["location"].endswith("#round-2")
    board.to_the_end(path=board.stream_of(2))
    page = seoyeon.page(board.address)
    assert page.count("Compare herons and storks.</p>") == 1
    assert all(f'id="round-{number}"' in page for number in (1, 2))
    assert [row["message"] for row in board.exchanges()] == ["And where do they sleep?"] * 2
    assert "Compare herons" not in re.sub(r"<title>.*?</title>", "", seoyeon.page("/playground/"))
    kept = board.post(f"/compare/columns/{UUID(str(board.exchanges()[1]['column_id']))}/kept/")
    opened = seoyeon.page(kept.headers["location"])
    assert "Compare herons" in opened
    assert "And where do they sleep?" in opened
    assert 'name="message"' not in seoyeon.page(board.address)


def test_the_round_is_the_one_the_view_has_read(console, seoyeon):
    board = Comparing(seoyeon, "claude-steady", "claude-steady").to_the_end()
    path = board.path.replace("round=1", "round=x&round=1")
    again = Comparing.__new__(Comparing)
    again.person, again.events = seoyeon, []
    again.to_the_end(path=path)
    assert again.said(1).split() == board.said(1).split()
    assert seoyeon.http.get(board.path.replace("round=1", "round=1&round=7")).status_code == 404
