from __future__ import annotations

import json
from time import perf_counter
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from console.requestlog.finding import carrying, columns_of, missing_from, people_in, with_ticket
from console.requestlog.models import Case, RequestRecord
from console.requestlog.pasted import MOST_IDS, errors_in, ids_in
from tests.factories import make_user
from tests.factories_requestlog import make_record

REQ = "req_018EeWyXxfu5pfWkrYcMdjWG"
MSG = "msg_4QpJur2dWWDjF6C758FbBw5vm12BaVipnK"
APIM = "0f8fad5b-d9cb-469f-a165-70867728950e"

PASTES = {
    "alone": (REQ, {REQ}),
    "with blanks around": (f"  {REQ}\n", {REQ}),
    "guid in capitals": (APIM.upper(), {APIM}),
    "guid without dashes": (APIM.replace("-", ""), {APIM}),
    "guid in braces": (f"{{{APIM}}}", {APIM}),
    "message id": (MSG, {MSG}),
    "json error": (json.dumps({"type": "error", "error": {"message": "x"}, "request_id": REQ}), {REQ}),
    "json in json": (json.dumps({"log": json.dumps({"request_id": REQ, "apim": APIM})}), {REQ, APIM}),
    "json three deep": (json.dumps(json.dumps(json.dumps({"id": MSG, "apim": APIM}))), {MSG, APIM}),
    "headers": (f"HTTP/1.1 529\nrequest-id: {REQ}\napim-request-id: {APIM}\nx-ms-region: East US 2\n", {REQ, APIM}),
    "escaped line ends": (f"headers:\\nrequest-id:\\n{REQ}\\napim-request-id:\\n{APIM}\\n", {REQ, APIM}),
    "unicode escapes": (f"\\u0022{REQ}\\u0022,\\u0022{APIM}\\u0022", {REQ, APIM}),
    "percent-encoded": (quote(f'https://x/?a="{REQ}"&b="{APIM}"', safe=""), {REQ, APIM}),
    "percent-encoded twice": (quote(quote(f'"{REQ}","{APIM}"', safe=""), safe=""), {REQ, APIM}),
    "percent-encoded underscore": (REQ.replace("_", "%5F"), {REQ}),
    "markdown": (f"**id** {REQ.replace('_', chr(92) + '_')}.", {REQ}),
    "end of a sentence": (f"It said {REQ}. Or was it {MSG}?", {REQ, MSG}),
    "sdk exception": (f"anthropic.OverloadedError: 529 - {{'request_id': '{REQ}'}}\n  File \"a.py\", line 3", {REQ}),
    "azure's 500": (f"Failed to authenticate to backend endpoint. RequestId = {REQ}", {REQ}),
    "quoted-printable mail": (f"request-id=3D{REQ[:12]}=\r\n{REQ[12:]} apim=3D{APIM}", {REQ, APIM}),
    "zero-width characters": (f"{REQ[:10]}\u200b{REQ[10:]}", {REQ}),
    "non-breaking hyphens": (APIM.replace("-", "\u2011"), {APIM}),
    "html": (f"<td>{REQ}</td><td>&quot;{APIM}&quot;</td>", {REQ, APIM}),
    "Korean around it": (f"요청 {REQ}이(가) 실패했습니다({APIM}).", {REQ, APIM}),
    "named by its label": ("x-request-id: abc-123.7", {"abc-123.7"}),
    "one plain token": ("chatcmpl-abc123", {"chatcmpl-abc123"}),
    "beginning of a guid": (APIM[:8], {APIM[:8]}),
    "beginning with dashes": (f"{APIM[:20].upper()}", {APIM[:20]}),
    "cut off in a log's column": (f"WARN {APIM[:13]}… 529 | {APIM[:8]}", {APIM[:13]}),
    "beginning beside a whole id": (f"{REQ} and {APIM[:13]}", {REQ}),
    "beginning cut off by dots": (f"{APIM[:13]}...", {APIM[:13]}),
    "beginning behind a label": (f"apim-request-id: {APIM[:13]}", {APIM[:13]}),
    "beginning in a sentence": (f"the one that begins with {APIM[:8]}, please", {APIM[:8]}),
    "beginning with a Korean particle": (f"{APIM[:8]}로 시작하는 요청", {APIM[:8]}),
    "Korean particles": (f"{REQ}를 {APIM.upper()}가 {MSG}에서", {REQ, APIM, MSG}),
    "italics": (f"_{REQ}_ and __{MSG}__", {REQ, MSG}),
    "colours of a terminal": (f"\x1b[31m{REQ}\x1b[0m [1;32m{MSG}[0m", {REQ, MSG}),
    "marks of HTML in it": (f"<td>{APIM[:8]}<wbr>{APIM[8:]}</td><b>{REQ[:9]}<mark>{REQ[9:]}</mark></b>", {APIM, REQ}),
    "cells glued together": (f"CorrelationId{APIM}request-id{REQ}", {APIM, REQ}),
    "wide letters": ("".join(chr(ord(c) + 0xFEE0) for c in f"{REQ},{APIM}"), {REQ, APIM}),
    "marks of direction": (f"\u2068{REQ[:9]}\u200e{REQ[9:]}\u2069 {APIM[:9]}\u2066{APIM[9:]}", {REQ, APIM}),
    "dashes of a word processor": (APIM.replace("-", "\u2013"), {APIM}),
    "minus signs": (APIM.replace("-", "\u2212"), {APIM}),
    "an id and a dash": (f"{REQ}\u2014and then", {REQ}),
    "broken by a mail": (f"> it is {APIM[:17]}\r\n> {APIM[17:]}.\r\n> Thanks", {APIM}),
    "broken, beside a whole one": (f"{REQ} apim-request-id: {APIM[:24]}\n        {APIM[24:]}", {REQ, APIM}),
    "broken, in a box of one line": (f"{APIM[:19]} > > {APIM[19:]}", {APIM}),
    "read from a screenshot": (APIM.replace("0", "O").replace("1", "l"), {APIM}),
    "tenant": (f"/subscriptions/{APIM}/resourceGroups", {APIM}),
    "key of Anthropic": ("sk-ant-api03-" + "abCD1234" * 10, set()),
    "token": ("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhIjoiYiJ9.c2lnbmF0dXJl", set()),
    "key of Azure": ("9Xk2" * 21, set()),
    "older key of Azure": ('curl -H "api-key: 9a8b7c6d5e4f30211f2e3d4c5b6a7988"', set()),
    "older key in a log": (f"(b'api-key', b'9a8b7c6d5e4f30211f2e3d4c5b6a7988'), (b'request-id', b'{REQ}')", {REQ}),
    "underscore lost": (f"{REQ.replace('_', ' ')} and {REQ.replace('_', '-')}", {REQ}),
    "no lost underscore": ("the req 0183 is open", set()),
    "tickets in a sentence": ("SR 2611290030001234 건, INC-0042", {"2611290030001234", "INC-0042"}),
    "a telephone number": ("call 010-1234-5678 or 01012345678 today", set()),
    "label with nothing": ("request id: none", set()),
    "no id": ("it was slow this morning, around 9:30", set()),
    "a day": ("2026-11-29", set()),
    "a day as Germans write it": ("29.11.2026", set()),
    "a moment": ("2026-11-29T10:30:12.345Z", set()),
    "a time": ("10:30", set()),
    "a ticket with a year in it": ("2026-11-4711", {"2026-11-4711"}),
    "a version": ("1.24.3", {"1.24.3"}),
    "function name": ("at dns_req_timeout in handler", set()),
    "too long to be a guid": ("a" * 33 + " " + "b" * 64, set()),
    "empty": ("", set()),
}


@pytest.mark.parametrize("name", PASTES)
def test_it_finds_ids_in_what_people_paste(name):
    text, expected = PASTES[name]
    assert {one.value for one in ids_in(text)} == expected


def test_it_finds_each_id_once():
    assert len(ids_in(f"{APIM} {APIM.upper()} {APIM.replace('-', '')} {REQ} {REQ}")) == 2


@pytest.mark.parametrize("name", PASTES)
def test_ids_are_found_again_in_the_address_they_were_put_into(name):
    found = ids_in(PASTES[name][0])
    assert {one.value for one in ids_in(" ".join(one.written for one in found))} == {one.value for one in found}


def test_an_id_repeated_often_does_not_hide_the_next():
    assert [one.value for one in ids_in(f"{REQ} " * 1000 + APIM)] == [REQ, APIM]


def test_it_stops_at_fifty_ids_and_at_the_texts_end():
    assert len(ids_in(" ".join(str(uuid4()) for _ in range(400)))) == MOST_IDS
    assert ids_in(" " * 64_000 + APIM) == []


@given(st.text(max_size=400), st.text(max_size=400), st.uuids())
def test_whatever_stands_around_an_id_nothing_breaks(before, after, guid):
    found = {one.value for one in ids_in(f"{before} {guid} {after}")}
    assert str(guid) in found or len(found) == MOST_IDS


def test_what_can_be_a_request_stands_before_tenants_and_subscriptions(settings):
    tenant, subscription = str(uuid4()), str(uuid4())
    settings.ENTRA_TENANT_ID = tenant
    found = ids_in(f'{tenant} /subscriptions/{subscription}/x "tenantId": "{tenant}" {APIM}')
    assert [one.kind for one in found] == ["guid", "aside", "aside"]
    assert (found[0].value, {one.value for one in found[1:]}) == (APIM, {tenant, subscription})


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a ",
        "0f8fad5b > ",
        "O",
        "key ",
        "<",
        "[0;",
        "tenant ",
        "_",
        "req_",
        "0f8fad5b-",
        "request-id:",
        "\\u0022",
        "%25",
        "request id " + " " * 30,
    ],
)
def test_it_takes_no_longer_for_hostile_text(piece):
    text = (piece * 64_000)[:64_000]
    began = perf_counter()
    ids_in(text)
    errors_in(text)
    assert perf_counter() - began < 0.5  # measured: 2 to 10 ms


def find(text: str) -> list[RequestRecord]:
    return list(carrying(RequestRecord.objects.all(), ids_in(text)))


@pytest.mark.django_db
@pytest.mark.parametrize("spelling", [str.lower, str.upper, str])
def test_a_row_is_found_by_either_id_however_it_is_spelled(spelling):
    record = make_record(request_id=REQ, apim_request_id=APIM, message_id=MSG)
    make_record()
    for value in (REQ, APIM, MSG):
        prefix, rest = value[:4], value[4:]
        pasted = prefix + spelling(rest) if value != APIM else spelling(value)
        assert find(f"see {pasted}") == [record]


@pytest.mark.django_db
@pytest.mark.parametrize("form", [str, lambda guid: guid.hex, lambda guid: str(guid).upper()])
@pytest.mark.parametrize("column", ["id", "call_id", "subject_id", "conversation_id", "correlation_id"])
def test_a_row_is_found_by_our_own_ids(column, form):
    own = uuid4()
    stored: UUID | str = own if column in ("id", "call_id") else own.hex
    record = make_record(**{column: stored})
    make_record()
    assert find(form(own)) == [record]


@pytest.mark.django_db
def test_ids_that_are_no_guids_are_found_too():
    record = make_record(apim_request_id="Gateway:77.b")
    assert find("gateway:77.b") == [record]


@pytest.mark.django_db
def test_it_says_what_matched_and_what_did_not():
    record = make_record(request_id=REQ, apim_request_id=APIM)
    found = ids_in(f"{REQ} {APIM} {MSG}")
    assert [str(label) for label in columns_of(record, found)] == ["request-id", "apim-request-id"]
    assert [one.value for one in missing_from([record], found)] == [MSG]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "beginning", [REQ[:8], REQ[:-1].upper(), MSG[:12], APIM[:8], APIM[:17].upper(), f"got {APIM[:13]}…"]
)
def test_eight_characters_of_an_upstream_id_are_enough(beginning):
    record = make_record(request_id=REQ, apim_request_id=APIM, message_id=MSG)
    make_record(
        request_id="req_018FeAyXx", apim_request_id="0f8fad5a-d9cb-469f-a165-70867728950e", message_id="msg_4Q0"
    )
    assert find(beginning) == [record]
    assert missing_from([record], ids_in(beginning)) == []
    assert len(columns_of(record, ids_in(beginning))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["id", "call_id", "subject_id", "conversation_id", "correlation_id"])
@pytest.mark.parametrize("cut", [lambda own: own.hex[:8], lambda own: str(own)[:21].upper(), lambda own: str(own)[:35]])
def test_so_are_they_of_our_own_ids(column, cut):
    own = UUID("9f99999f-d9cb-4f9f-a169-7086772895ff")
    record = make_record(**{column: own if column in ("id", "call_id") else own.hex})
    make_record(**{column: UUID(int=own.int - (1 << 97)) if column in ("id", "call_id") else "9f99999e"})
    assert find(cut(own)) == [record]


@pytest.mark.django_db
@pytest.mark.parametrize("text", [REQ[:7], APIM[:7], "x"])
def test_fewer_characters_are_not(text):
    make_record(request_id=REQ, apim_request_id=APIM)
    assert find(text) == []


@pytest.mark.django_db
def test_in_a_long_list_ids_are_whole():
    make_record(request_id=REQ)
    assert find(f"{REQ[:10]} " + " ".join(str(uuid4()) for _ in range(8))) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Lovelace", ["Ada Lovelace"]),
        ("lovelace", ["Ada Lovelace"]),
        ("ADA@example.com", ["Ada Lovelace"]),
        ("From: Ada <ada@example.com>\nTo: bob@example.com\n\nit does not work", ["Ada Lovelace", "Bob"]),
        ("이서", ["이서연"]),
        ("이서연 님", ["이서연"]),
        ("object id 8d3e83ad-3ee5-562e-bbcc-2d0a15a33f96", ["이서연"]),
        ("A", []),
        ("it was slow this morning", []),
        ("%", []),
    ],
)
def test_people_are_found_by_name_and_mail(text, names):
    make_user(name="Ada Lovelace", email="Ada@example.com")
    make_user(name="Bob", email="bob@example.com")
    make_user(name="이서연", oid="8d3e83ad-3ee5-562e-bbcc-2d0a15a33f96")
    assert [one.name for one in people_in(text)] == names


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', ["overloaded"]),
        ("Error code: 401 - {'error': {'code': 'PermissionDenied', 'message': '...'}}", ["missing-role"]),
        ("AADSTS7000222: The provided client secret keys are expired.", ["client-secret-expired"]),
        ("HTTP/1.1 429 Too Many Requests", ["rate-limited"]),
        ("429 Too Many Requests", ["rate-limited"]),
        ("status code: 529", ["overloaded"]),
        ("529", ["overloaded"]),
        ("HTTP 418", []),
        ("we had 429 people in a Conflict", []),
        ("it was slow", []),
        ("", []),
    ],
)
def test_an_error_without_an_id_leads_to_its_card(text, kinds):
    assert errors_in(text) == kinds


@pytest.mark.django_db
def test_a_tickets_number_finds_its_requests():
    record = make_record()
    Case.objects.create(record_id=record.pk, ticket="INC-0042", changed_at=timezone.now())
    Case.objects.create(record_id=make_record().pk, ticket="2611290030001234", changed_at=timezone.now())
    assert with_ticket(ids_in("inc-0042")) == [record.pk]
    assert len(with_ticket(ids_in("2611290030001234"))) == 1
    assert with_ticket(ids_in(REQ)) == []
