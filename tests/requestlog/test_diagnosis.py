from __future__ import annotations

import pytest

from console.azure.errors import KINDS
from console.requestlog import diagnosis
from console.requestlog.bundle import written
from console.requestlog.models import Outcome
from console.requestlog.reading import parts
from tests.factories_requestlog import new_record

GATEWAY = {"request_id": "", "message_id": "", "ttft_ms": None}
NOTHING = {**GATEWAY, "apim_request_id": "", "http_status": None, "headers_ms": None}


def failed(kind: str, **row: object):
    facts = {"outcome": Outcome.FAILED, "kind": kind, "phase": "headers", "message_id": "", "ttft_ms": None}
    return new_record(**facts | row)


RECORDS = {
    "well": new_record(),
    "counted": new_record(operation="count_tokens", message_id="", ttft_ms=None),
    "refused": new_record(outcome="refused", stop_reason="refusal"),
    "refused at once": new_record(outcome="refused", stop_reason="refusal", ttft_ms=None),
    "bad key": failed("bad-key", http_status=401, **GATEWAY),
    "no role": failed("missing-role", http_status=401, **GATEWAY),
    "overloaded": failed("overloaded", http_status=529),
    "throttled by azure": failed("rate-limited", http_status=429, **GATEWAY),
    "server error": failed("server-error", http_status=500),
    "gateway error": failed("server-error", http_status=500, **GATEWAY),
    "no connection": failed("connect", **NOTHING | {"phase": "connect"}),
    "no key": failed("no-key", **NOTHING | {"phase": "connect"}),
    "no answer": failed("first-byte-timeout", outcome="unknown_billing", **NOTHING | {"phase": "send"}),
    "cut off": failed("truncated", outcome="truncated", phase="stream", http_status=200, ttft_ms=400, stop_reason=""),
    "cut off at the very end": failed(
        "truncated", outcome="truncated", phase="stream", http_status=200, ttft_ms=400, stop_reason="end_turn"
    ),
    "azure cannot sign in": failed("backend-authentication", http_status=500, **GATEWAY | {"request_id": "req_011C"}),
    "azure's own": failed("backend-authentication", http_status=500, **GATEWAY),
    "broken way": failed("reset", outcome="unknown_billing", **NOTHING | {"phase": "send"}),
    "page of a proxy": failed("unexpected-page", http_status=200, **GATEWAY | {"apim_request_id": ""}),
    "check without answer": failed("first-byte-timeout", operation="count_tokens", **NOTHING | {"phase": "send"}),
    "no sign-in": failed("entra-unavailable", **NOTHING | {"phase": "connect"}),
    "no identity": failed("identity-unreachable", **NOTHING | {"phase": "connect"}),
    "error inside the stream": failed("overloaded", phase="stream", http_status=200, ttft_ms=400),
    "stopped before the answer": new_record(outcome="cancelled", **NOTHING),
    "stopped": new_record(outcome="cancelled", stop_reason=""),
    "restarted": new_record(outcome="truncated", kind="process-ended", phase="stream"),
    "our fault": failed("console-fault", **NOTHING | {"phase": "headers"}),
    "waiting": new_record(outcome="", state="queued", **NOTHING),
    "answered without one": new_record(request_id=""),
    "streaming": new_record(outcome="", message_id=""),
}
R, F, U = "reached", "failed", "unreached"


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("well", [R, R, R, R, R, R]),
        ("counted", [R, R, R, R, R]),
        ("refused", [R, R, R, R, R, R]),
        ("refused at once", [R, R, R, R, R]),
        ("bad key", [R, R, F, U, U, U]),
        ("no role", [R, R, F, U, U, U]),
        ("overloaded", [R, R, R, F, U, U]),
        ("throttled by azure", [R, R, F, U, U, U]),
        ("no connection", [R, R, F, U, U, U]),
        ("no key", [R, F, U, U, U, U]),
        ("no answer", [R, R, F, U, U, U]),
        ("cut off", [R, R, R, R, R, F]),
        ("error inside the stream", [R, R, R, R, R, F]),
        ("stopped before the answer", [R, R, F, U, U, U]),
        ("stopped", [R, R, R, R, R, F]),
        ("restarted", [R, R, R, R, R, F]),
        ("our fault", [R, F, U, U, U, U]),
        ("waiting", [R, R, U, U, U, U]),
        ("streaming", [R, R, R, R, R, U]),
    ],
)
def test_the_stations_are_lit_by_what_came_back(name, states):
    assert [step.state for step in diagnosis.steps(RECORDS[name])] == states


@pytest.mark.parametrize(
    ("name", "culprit"),
    [
        ("well", None),
        ("streaming", None),
        ("refused", "you"),
        ("bad key", "setup"),
        ("no role", "setup"),
        ("throttled by azure", "setup"),
        ("overloaded", "anthropic"),
        ("server error", "anthropic"),
        ("gateway error", "azure"),
        ("no connection", "network"),
        ("no key", "setup"),
        ("no answer", "unclear"),
        ("cut off", "way"),
        ("stopped", "person"),
        ("restarted", "console"),
        ("our fault", "console"),
    ],
)
def test_the_blame_follows_card_and_ids(name, culprit):
    blame = diagnosis.blame(RECORDS[name])
    assert (blame and blame.culprit) == culprit


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("azure's own", "no request-id of Anthropic came back"),
        ("azure cannot sign in", "A request-id of Anthropic came back, but"),
        ("no connection", "no working connection"),
        ("broken way", "was under way when the connection broke"),
        ("page of a proxy", "answered in its place"),
        ("no sign-in", "Nothing was sent to the model."),
        ("no identity", "Nothing was sent to the model."),
        ("bad key", "The way there worked"),
        ("cut off", "The answer had begun and its end never came"),
    ],
)
def test_the_reason_of_the_blame_contradicts_nothing_on_the_page(name, words):
    assert words in diagnosis.blame(RECORDS[name]).reason


def test_a_count_of_tokens_is_never_said_to_cost():
    problem = diagnosis.explain_record(RECORDS["check without answer"])
    assert not problem.may_bill_again
    assert "costs nothing" in problem.remedy
    assert diagnosis.explain_record(RECORDS["no answer"]).may_bill_again


def test_an_answer_that_lacks_its_last_event_only_is_said_to_be_whole():
    assert "model had said that it had finished" in diagnosis.explain_record(RECORDS["cut off at the very end"]).why
    assert "before the model said" in diagnosis.explain_record(RECORDS["cut off"]).why


@pytest.mark.parametrize(
    ("row", "spans"),
    [
        ({"headers_ms": 10, "ttft_ms": 40, "duration_ms": 90},
         [("Waiting for the answer", 0, 10), ("Waiting for the first token", 10, 40), ("Answer arriving", 40, 90)]),
        ({"headers_ms": 100, "ttft_ms": None, "duration_ms": 900, "outcome": "refused"},
         [("Waiting for the answer", 0, 100), ("Answer arriving", 100, 900)]),
        ({"headers_ms": 100, "ttft_ms": None, "duration_ms": 900, "outcome": "truncated"},
         [("Waiting for the answer", 0, 100), ("Waiting for the first token", 100, 900)]),
        ({"headers_ms": None, "ttft_ms": None, "duration_ms": 900, "outcome": "failed", "phase": "headers"},
         [("Waiting for the answer", 0, 900)]),
        ({"headers_ms": None, "ttft_ms": None, "duration_ms": 900, "outcome": "failed", "phase": "connect"},
         [("Trying to connect", 0, 900)]),
        ({"headers_ms": 950, "ttft_ms": 980, "duration_ms": 900}, [("Waiting for the answer", 0, 900)]),
    ],
)  # fmt: skip
def test_the_time_went_into_what_was_waited_for(row, spans):
    found = parts(new_record(**row))
    assert [(str(span.label), span.start_ms, span.end_ms) for span in found] == spans


@pytest.mark.parametrize(
    ("called_as", "who", "title"),
    [("person", "You", "one more sign-in step"), ("console", "An administrator of your directory", "own identity")],
)
def test_who_must_answer_a_claims_challenge_follows_who_called(called_as, who, title):
    record = failed("claims-challenge", http_status=401, called_as=called_as, **GATEWAY)
    problem = diagnosis.explain_record(record)
    assert problem.who.startswith(who)
    assert title in problem.title
    assert title in diagnosis.headline(record)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("well", ""),
        ("bad key", "Azure answered before Anthropic was reached"),
        ("no connection", "did not leave the console"),
        ("no answer", "No answer came back"),
        ("stopped before the answer", "was stopped"),
        ("waiting", "Not yet"),
        ("answered without one", "The answer carried none"),
    ],
)
def test_a_missing_request_id_is_explained(name, words):
    why = diagnosis.why_no_request_id(RECORDS[name])
    assert words in why
    assert bool(why) is bool(words)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({}, ""),
        ({"apim_request_id": ""}, "carried none"),
        (NOTHING | {"outcome": "failed", "phase": "connect"}, "did not leave"),
        (NOTHING | {"outcome": "", "state": "queued"}, "Not yet"),
    ],
)
def test_a_missing_apim_request_id_is_explained(row, words):
    why = diagnosis.why_no_apim_request_id(new_record(**row))
    assert words in why
    assert bool(why) is bool(words)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("well", "Succeeded: Claude had finished."),
        ("bad key", "Failed: Azure refused the key."),
        ("refused", "Declined: Claude declined to answer."),
        ("stopped", "Stopped: The answer was stopped."),
        ("waiting", "Running: no answer has arrived yet."),
        ("streaming", "Running: the answer is arriving."),
    ],
)
def test_the_head_says_it_in_one_sentence(name, sentence):
    assert diagnosis.headline(RECORDS[name]) == sentence


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_reads_well_in_the_log(kind):
    record = failed(kind, http_status=None, phase="connect")
    assert diagnosis.headline(record).startswith("Failed: ")
    assert diagnosis.explain_record(record).slug == kind
    assert diagnosis.blame(record).reason


def test_a_row_that_ended_well_has_no_card():
    assert diagnosis.explain_record(RECORDS["well"]) is None
    assert diagnosis.explain_record(RECORDS["streaming"]) is None


def test_the_card_of_a_row_carries_its_ids_and_the_role_command():
    principal = "8a6f0f5c-1111-4222-8333-444455556666"
    record = failed(
        "missing-role",
        error_message=f"The principal `{principal}` lacks the required data action",
        subscription_id="00000000-0000-4000-8000-00000000abcd",
    )
    problem = diagnosis.explain_record(record)
    assert problem.apim_request_id == record.apim_request_id
    assert principal in problem.az


def test_the_bundle_has_what_support_asks_for_and_no_more():
    record = failed("overloaded", http_status=529, error_type="overloaded_error", hosting="azure")
    record.person = "Ada"
    bundle = written([record], "txt")
    for part in (record.request_id, record.apim_request_id, "HTTP status: 529", "overloaded_error", "claude-steady"):
        assert part in bundle
    assert "Hosted on Azure" in bundle
    assert bundle.count("Z\n") == 2
    assert "Ada" not in bundle


def test_the_bundle_says_which_id_is_missing():
    assert "request-id (Anthropic): not received" in written([RECORDS["bad key"]], "txt")


def test_where_azure_names_nobody_the_command_names_the_person_who_called():
    oid = "8a6f0f5c-1111-4222-8333-444455556666"
    facts = {"person": "Ada Kim", "person_key": f"tenant/{oid}", "subscription_id": oid, "http_status": 403}
    problem = diagnosis.explain_record(new_record(outcome="failed", kind="forbidden", called_as="person", **facts))
    assert f"--assignee {oid} " in problem.az
    assert problem.whom == "Ada Kim"
    as_console = diagnosis.explain_record(new_record(outcome="failed", kind="forbidden", called_as="console", **facts))
    assert (as_console.az, as_console.whom) == ("", "The console's own identity")
    assert (
        diagnosis.explain_record(new_record(outcome="failed", kind="bad-key", called_as="person", **facts)).whom == ""
    )
