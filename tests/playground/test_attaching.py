"""Attachments on their way through the running console to the sandbox, which checks them as the API does."""

from __future__ import annotations

import re

import pytest

from tests import files


def test_claude_gets_what_was_attached_in_this_turn_and_before(person):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "왜가리.png", files.png(padding=30_000))
    first = person.ask("What is this?", "claude-steady", conversation=conversation, attachments=[picture])
    assert "image/png (30 KB)" in first.to_the_end().text
    paper = person.attach(conversation, "paper.pdf", files.pdf(9))
    second = person.ask("And what is this?", "claude-steady", conversation=conversation, attachments=[paper])
    assert "paper.pdf (1 KB)" in second.to_the_end().text
    page = person.page(conversation)
    assert 'alt="왜가리.png"' in page
    assert 'name="attachments"' not in page
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    more = [sum(stream.records()[0][part] or 0 for part in parts) for stream in (first, second)]
    assert more[1] > more[0] + 100


def test_an_attachment_alone_is_a_message_and_names_the_conversation(person):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "heron.gif", files.gif())
    sent = person.send("", "claude-steady", conversation=conversation, attachments=[picture])
    assert sent.status_code == 201
    assert f"delete:#attachments [data-attachment='{picture}']" in sent.text.replace("&#x27;", "'")
    assert '<h1 id="conversation-title" title="heron.gif">' in person.page(conversation)


def test_nothing_at_all_is_no_message(person):
    refused = person.send(" ", "claude-steady")
    assert refused.status_code == 400
    assert "Write a message first." in refused.text


@pytest.mark.parametrize("whose", ["another conversation's", "nothing's"])
def test_only_attachments_of_this_conversation_go_along(person, whose):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "heron.png", files.png())
    person.ask("Hello.", "claude-steady", conversation=conversation, attachments=[picture]).to_the_end()
    other = picture if whose.startswith("another") else "00000000-0000-7000-8000-000000000000"
    refused = person.send("What is this?", "claude-steady", attachments=[other])
    assert refused.status_code == 409
    assert "An attachment is not there any more" in refused.text


def test_again_takes_the_attachments_along(person, console):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "heron.png", files.png())
    first = person.ask("Which bird?", "claude-steady", conversation=conversation, attachments=[picture]).to_the_end()
    assert person.post(f"/playground/exchanges/{first.exchange_id}/again/").status_code == 201
    rows = console.rows("select attachments from playground_exchange where message = ?", "Which bird?")
    assert [picture in str(row["attachments"]) for row in rows] == [True, True]


def test_what_is_served_runs_nothing_and_is_nobody_elses(person, seated):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "heron.png", files.png())
    answer = person.http.get(f"/playground/attachments/{picture}/")
    assert answer.content == files.png()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"
    assert seated["ada"].http.get(f"/playground/attachments/{picture}/").status_code == 404


def test_the_estimate_counts_attachments(person):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "heron.png", files.png(padding=100_000))
    page = person.page(conversation)
    deployment = re.findall(r'<option value="([^"]+)"[^>]*>\s*claude-steady', page)[0]
    form = {"message": "What is this?", "deployment": deployment, "submission_id": "a"}
    lines = [person.post(f"{conversation}estimate/", **form, **also) for also in ({}, {"attachments": picture})]
    alone, together = (int(re.search(r"([\d,]+) tokens", line.text)[1].replace(",", "")) for line in lines)
    assert together > alone + 100


def test_no_log_names_what_was_attached(person, console):
    conversation = person.new_conversation()
    picture = person.attach(conversation, "zzgeheim.png", files.png())
    person.ask("What is this?", "claude-steady", conversation=conversation, attachments=[picture]).to_the_end()
    assert "zzgeheim" not in console.log()
    assert "iVBORw0" not in console.log()
