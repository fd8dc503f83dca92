from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from html import unescape
from uuid import uuid4

import pytest
from django.test import override_settings
from django.urls import reverse

from console.requestlog import bundle
from console.requestlog.models import RequestRecord
from console.web import markdown
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 22, 1, 2, 3, 456_000, tzinfo=UTC)
TENANT = "11111111-2222-4333-8444-555555555555"


def written(*records: RequestRecord, form: str = "txt", zone: str = "", language: str = "en") -> str:
    return bundle.written(records, form, zone=bundle.zone_of(zone), language=language)


def a_call() -> list[RequestRecord]:
    """Two attempts of one call: refused, then answered."""
    call, facts = (
        uuid4(),
        {
            "started_at": START,
            "region": "swedencentral",
            "hosting": "azure",
            "called_as": "console",
            "client": "foundry-console 1",
        },
    )
    first = make_failure(call_id=call, retry_after=7.0, api_version="2026-10-21", **facts)
    return [first, make_record(call_id=call, attempt=2, **facts)]


@override_settings(ENTRA_TENANT_ID=TENANT, FOUNDRY_ENDPOINT="https://{resource}.services.ai.azure.com")
def test_it_holds_everything_support_asks_for():
    first, second = a_call()
    text = written(first, second, zone="Asia/Seoul")
    for part in (
        *(id for one in (first, second) for id in (one.request_id, one.apim_request_id)),
        "Started (UTC): 2026-11-22T01:02:03.456Z",
        "Started (local time): 2026-11-22T10:02:03.456+09:00 (Asia/Seoul)",
        f"Tenant: {TENANT}",
        "Resource: contoso-ai",
        "Region: swedencentral",
        "Deployment: claude-steady",
        "Model: claude-opus-5-5",
        "Hosting: Hosted on Azure",
        "HTTP status: 529",
        'Error: {"error": {"type": "overloaded_error", "message": "Overloaded"}}',
        "Retry-After (s): 7.0",
        "Answer began after (ms): 300",
        "Took (ms): 4000",
        "Endpoint: https://contoso-ai.services.ai.azure.com/anthropic/v1/messages",
    ):
        assert part in text
    assert text.count("-- Attempt") == 2


def test_its_ticket_is_ready_in_english_and_korean():
    record = make_failure(region="swedencentral", started_at=START)
    english, korean = (written(record, language=language) for language in ("en", "ko"))
    title = "Claude in Microsoft Foundry: HTTP 529 overloaded_error (claude-steady, contoso-ai, swedencentral)"
    assert english.startswith(f"{title}, 2026-11-22 01:02 UTC\n\nA request to Claude in Microsoft Foundry did not end")
    assert "Please tell us:\n\n1. " in english
    assert "Impact on us: [please fill in]" in english
    assert korean.startswith("Microsoft Foundry의 Claude")
    assert re.search("[가-힣]{2,}", korean.split("\n\n")[1])
    assert record.apim_request_id in korean


def test_an_id_that_never_came_is_said_and_is_null_in_json():
    record = make_failure(request_id="")
    assert "request-id (Anthropic): not received" in written(record)
    (call,) = json.loads(written(record, form="json", language="ko"))["calls"]
    assert call["attempts"][0]["request_id"] is None
    assert call["attempts"][0]["apim_request_id"] == record.apim_request_id


def test_json_has_names_that_stay_in_any_language():
    first, second = a_call()
    english, korean = (
        json.loads(written(first, second, form="json", language=language))["calls"] for language in ("en", "ko")
    )
    assert english == korean
    (call,) = english
    assert [attempt["outcome"] for attempt in call["attempts"]] == ["failed", "succeeded"]
    assert call["attempts"][0]["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert (call["hosting"], call["client"]) == ("azure", "foundry-console 1")


@pytest.mark.parametrize(
    "secret",
    [
        "Bearer abcdefghijklmnopqrstuvwxyz",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
        "api-key: 0123456789abcdef0123456789",
        "sk-ant-api03-abcdefghijklmnop",
        "A" * 84,
    ],
)
@pytest.mark.parametrize("form", bundle.FORMS)
def test_no_secret_leaves_with_it(secret, form):
    told = written(make_failure(error_message=f"refused: {secret} was sent"), form=form)
    assert secret.split(": ")[-1].removeprefix("Bearer ") not in told
    assert "was sent" in told


def test_the_call_can_be_repeated_without_what_was_said():
    by_key, counted = make_record(called_as="key"), make_record(operation="count_tokens", called_as="person")
    assert '-H "api-key: $AZURE_API_KEY"' in written(by_key)
    assert '{"role": "user", "content": "[removed]"}' in written(by_key)
    assert "az account get-access-token --resource https://ai.azure.com" in written(counted)
    assert "/anthropic/v1/messages/count_tokens'" in written(counted)


def test_nothing_in_a_row_gets_out_of_its_quotes_in_the_command():
    record = make_record(deployment="a' ; rm -rf / ; '", api_version="1'; id; '")
    command = bundle.curl(record)
    words = shlex.split(command.replace("\\\n", " "))
    assert json.loads(words[words.index("-d") + 1])["model"] == record.deployment
    assert f"anthropic-version: {record.api_version}" in words


def test_a_request_that_went_well_is_asked_about_and_not_complained_of():
    well, failed = make_record(), make_failure()
    assert "We have a question about a request" in written(well)
    assert "did not end as we expected" not in written(well)
    assert "does not happen again" not in written(well)
    assert "2 requests to Claude in Microsoft Foundry did not end as we expected" in written(well, failed)


def test_how_far_it_got_is_said_in_words_and_tokens_only_where_they_were_counted():
    broken = make_failure(phase="stream", outcome="failed", http_status=200, ttft_ms=400, output_tokens=1)
    text = written(broken)
    assert "How far it got: the answer had begun" in text
    assert "Tokens out" not in text
    (attempt,) = json.loads(written(broken, form="json", language="ko"))["calls"][0]["attempts"]
    assert attempt["phase"] == "stream"
    assert "output_tokens" not in attempt


def test_a_message_that_failed_is_repeated_as_a_stream_as_it_was_sent():
    assert '"stream": true' in written(make_failure(source="playground", ttft_ms=None))
    assert '"stream"' not in written(make_failure(source="application", ttft_ms=None))


def test_markdown_shows_upstream_words_as_they_are():
    record = make_failure(error_message="a `b` ``c`` <script>alert(1)</script> **d**", error_code="[x](http://evil)")
    html = markdown.render(written(record, form="md"))
    assert "<h1>" in html
    assert "a `b` ``c``" in unescape(html)
    for tag in ("<script", "<strong>d", 'href="http://evil'):
        assert tag not in html


def test_several_calls_go_into_one_in_the_order_in_which_they_were_made():
    person = make_user(("Support",))
    older, newer = make_failure(started_at=START), make_failure("rate-limited", http_status=429, deployment="b")
    records = bundle.attempts_of(person, [newer.pk, older.pk])
    assert records == [older, newer]
    text = written(*records)
    assert "2 requests" in text.split("\n")[0]
    assert text.index(older.apim_request_id) < text.index(newer.apim_request_id)


def test_one_attempt_brings_the_others_of_its_call_and_nobody_elses_rows():
    owner, call = make_user(("Playground",)), uuid4()
    first, second = (make_failure(person=owner, call_id=call, attempt=number) for number in (1, 2))
    foreign = make_failure(person=make_user())
    assert bundle.attempts_of(owner, [second.pk, foreign.pk]) == [first, second]


@pytest.mark.parametrize("name", ["", "UTC", "Mars/Base", "../../etc/passwd", "x" * 200, "Asia/Seoul\n"])
def test_what_is_no_time_zone_leaves_local_time_out(name):
    assert "local time" not in written(make_record(), zone=name)


# ---- Its page and files ------------------------------------------------------------------------------------


def test_the_page_offers_text_files_and_both_languages():
    client = signed_in_client(make_user(("Support",)))
    records = [make_failure(), make_failure()]
    client.cookies["zone"] = "Europe/Stockholm"
    page = client.get(reverse("requestlog:bundle"), {"id": [one.pk for one in records]}).text
    shown = unescape(page)
    assert "(Europe/Stockholm)" in shown
    for record in records:
        assert record.apim_request_id in shown
    for form in bundle.FORMS:
        assert f"/requests/bundle.{form}?id={records[0].pk}&id={records[1].pk}&lang=en" in shown
    assert "lang=ko" in shown


@pytest.mark.parametrize(
    ("form", "kind"), [("txt", "text/plain"), ("md", "text/markdown"), ("json", "application/json")]
)
def test_each_form_is_a_file(form, kind):
    record = make_failure()
    client = signed_in_client(make_user(("Support",)))
    answer = client.get(f"/requests/bundle.{form}", {"id": record.pk, "lang": "ko"})
    assert answer["Content-Type"].startswith(kind)
    assert re.fullmatch(rf'attachment; filename="requests-[\d-]+\.{form}"', answer["Content-Disposition"])
    assert record.apim_request_id in answer.text
    assert "Microsoft Foundry의 Claude" in answer.text


def test_what_is_not_there_or_not_theirs_is_said():
    person = make_user(("Playground",))
    client, own, foreign = signed_in_client(person), make_record(person=person), make_record()
    page = client.get(reverse("requestlog:bundle"), {"id": [own.pk, foreign.pk, "nonsense"]}).text
    assert "One of the chosen requests is not in it" in page
    assert foreign.apim_request_id not in page
    assert client.get(reverse("requestlog:bundle_md"), {"id": foreign.pk}).status_code == 404
    assert "Choose requests first" in client.get(reverse("requestlog:bundle")).text


def test_the_list_has_a_box_for_each_request(django_assert_max_num_queries):
    record = make_record()
    page = signed_in_client(make_user(("Support",))).get(reverse("requestlog:list")).text
    assert f'form="handover" name="id" value="{record.pk}"' in page


def test_many_requests_cost_few_queries(django_assert_max_num_queries):
    client = signed_in_client(make_user(("Support",)))
    ids = [make_record().pk for _ in range(12)]
    with django_assert_max_num_queries(5):
        assert client.get(reverse("requestlog:bundle"), {"id": ids}).text.count("== ") == 12
