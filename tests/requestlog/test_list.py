from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from console.requestlog import rollup
from console.requestlog.models import Case
from console.web.ids import new_id
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_failure, make_record

pytestmark = pytest.mark.django_db

URL = "/requests/"
REQ = "req_018EeWyXxfu5pfWkrYcMdjWG"
APIM = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture(autouse=True)
def no_names_kept():
    cache.clear()


@pytest.fixture
def support():
    return signed_in_client(make_user(("Support",)))


def test_it_shows_every_call_newest_first(support):
    old = make_record(started_at=timezone.now() - timedelta(days=3), person=make_user(name="Ada Lovelace"))
    new = make_failure(deployment="claude-slow")
    shown = support.get(URL).content.decode()
    assert shown.index(str(new.pk)) < shown.index(str(old.pk))
    for part in ("Ada Lovelace", "claude-slow", "Failed", "412 ms", "4.0 s", "25 / 120", old.request_id, "CSV"):
        assert part in shown
    assert f'data-copy="{old.apim_request_id}"' in shown


def test_people_see_their_own_calls_only():
    person = make_user(("Playground",), "Cy")
    own, foreign = make_record(person=person), make_record(person=make_user())
    shown = signed_in_client(person).get(URL).content.decode()
    assert str(own.pk) in shown
    assert str(foreign.pk) not in shown
    assert "CSV" not in shown
    assert "Person</th>" not in shown


def test_nobody_is_sent_to_sign_in(client):
    assert client.get(URL).headers["Location"].startswith("/signin/")


def test_it_refuses_a_person_who_may_only_read_prompts():
    assert signed_in_client(make_user(("PromptReader",))).get(URL).status_code == 403


def test_an_empty_log_says_what_will_stand_here(support):
    assert "No request has been made yet" in support.get(URL).content.decode()


def test_the_partial_comes_for_htmx_and_asks_again_while_something_runs(support):
    make_record()
    quiet = support.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in quiet
    assert "every 3s" not in quiet
    make_record(outcome="")
    live = support.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert "every 3s" in live
    assert "Running" in live


def test_pages_follow_each_other_and_keep_the_filters(support):
    for _ in range(60):
        make_record()
    make_failure()
    first = support.get(URL, {"outcome": "succeeded"})
    assert len(first.context["page"].rows) == 50
    second = support.get(URL, {"outcome": "succeeded", "cursor": first.context["page"].next_cursor})
    assert len(second.context["page"].rows) == 10
    assert b"outcome=succeeded&amp;cursor=" in first.content


def test_a_page_costs_few_queries_however_many_rows(support, django_assert_max_num_queries):
    for _ in range(50):
        make_record(person=make_user())
    # Session, rows, days folded, names, two for the trend, saved views, worker pulse, one to spare.
    with django_assert_max_num_queries(9):
        support.get(URL)


def test_chips_and_filters_say_what_is_on(support):
    make_failure(deployment="claude-slow")
    shown = support.get(URL, {"outcome": "failed", "deployment": "claude-slow", "since": "24h"}).content.decode()
    assert shown.count('aria-current="true"') == 4  # who made it: all
    assert 'value="claude-slow"' in shown


def test_what_is_no_filter_is_said(support):
    shown = support.get(URL, {"outcome": "lost", "since": "soon"}).content.decode()
    assert "outcome=lost, since=soon" in shown


def test_a_time_without_a_chip_of_its_own_is_said_and_can_be_taken_off(support):
    shown = support.get(f"{URL}?since=2026-11-20T10:00Z&until=2026-11-20T11:00Z").content.decode()
    assert "Since 2026-11-20T10:00Z" in shown
    assert "Until 2026-11-20T11:00Z" in shown
    assert "Since 24h" not in support.get(f"{URL}?since=24h").content.decode()


@pytest.mark.parametrize("query", ["since=2026-11-20&until=2026-11-10", "since=1h&until=2h"])
def test_times_in_the_wrong_order_are_said(support, query):
    make_record()
    assert "does not lie after" in support.get(f"{URL}?{query}").content.decode()


@pytest.mark.parametrize("query", ["since=0001-01-01", "since=0001-01-01T00:00Z", "until=9999-12-31T23:59:59Z"])
def test_the_ends_of_the_calendar_hold_the_whole_log(support, query):
    record = make_record()
    assert str(record.pk) in support.get(f"{URL}?{query}").content.decode()


def test_filters_that_fit_nothing_say_so(support):
    make_record()
    assert "No request fits these filters" in support.get(URL, {"deployment": "none"}).content.decode()


def test_filters_offer_names_of_the_last_days(support):
    make_record(deployment="claude-slow", person=make_user(name="Ada Lovelace"))
    rollup.roll_up()
    shown = support.get(URL, {"outcome": "failed"}).content.decode()
    assert '<option value="claude-slow">' in shown
    assert '<option value="Ada Lovelace">' in shown


def test_names_of_others_are_offered_to_support_only(support):
    make_record(deployment="claude-secret", person=make_user(name="Ada Lovelace"))
    rollup.roll_up()
    support.get(URL)
    shown = signed_in_client(make_user(("Viewer",))).get(URL).content.decode()
    assert "claude-secret" not in shown
    assert "Ada Lovelace" not in shown


@pytest.mark.parametrize(
    "paste", [REQ, APIM.upper(), APIM.replace("-", ""), f'{{"request_id":"{REQ}"}}', f"{REQ} {APIM}"]
)
def test_one_hit_opens_the_row(support, paste):
    record = make_record(request_id=REQ, apim_request_id=APIM, started_at=timezone.now() - timedelta(days=300))
    make_record()
    answer = support.get(URL, {"q": paste})
    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("requestlog:detail", args=[record.pk])
    assert "Found by its" in support.get(answer.headers["Location"]).content.decode()


def test_one_hit_moves_the_page_for_htmx(support):
    record = make_record(request_id=REQ)
    answer = support.get(URL, {"q": REQ}, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("requestlog:detail", args=[record.pk])


def test_several_hits_are_listed_with_what_matched_and_what_is_unknown(support):
    call = make_failure(request_id=REQ).call_id
    make_record(call_id=call, attempt=2)
    make_record()
    shown = support.get(URL, {"q": f"{call} {APIM}"}).content.decode()
    assert shown.count("<tr data-href") == 2
    assert "2 ids were recognised" in shown
    assert "call id" in shown
    assert f"Not in this list: <code>{APIM}</code>" in " ".join(shown.split())


def test_no_hit_explains_itself_and_says_where_it_looked(support):
    shown = support.get(URL, {"q": REQ}).content.decode()
    for part in (REQ, "Nothing here has this id", "apim-request-id", "exchange or check", "All dates"):
        assert part in shown


def test_text_without_ids_shows_what_ids_look_like(support):
    make_record()
    shown = support.get(URL, {"q": "it was slow this morning"}).content.decode()
    assert "No id was recognised" in shown
    assert "<tr data-href" not in shown


def test_a_search_and_filters_combine(support):
    make_record(request_id=REQ)
    assert support.get(URL, {"q": REQ, "outcome": "succeeded"}).status_code == 302
    assert "Filters are on" in support.get(URL, {"q": REQ, "outcome": "failed"}).content.decode()


def test_ids_of_others_are_as_unknown_as_ids_that_do_not_exist():
    make_record(request_id=REQ, person=make_user())
    client = signed_in_client(make_user(("Playground",)))
    unknown_id = REQ[:-4] + "0000"
    foreign, unknown = (client.get(URL, {"q": one}).content.decode().split("<main")[1] for one in (REQ, unknown_id))
    assert without_tokens(foreign).replace(REQ, unknown_id) == without_tokens(unknown)


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)


def test_a_posted_paste_puts_nothing_but_ids_into_the_address(support):
    paste = f"Dear support, my prompt was 'top secret' and it failed with {REQ} and {APIM}."
    answer = support.post(f"{URL}?outcome=failed", {"q": paste})
    address = urlsplit(answer.headers["Location"])
    assert address.path == URL
    assert parse_qs(address.query) == {"outcome": ["failed"], "q": [f"{REQ} {APIM}"]}


def test_a_posted_paste_may_be_as_long_as_a_mail(support):
    record = make_record(request_id=REQ)
    answer = support.post(URL, {"q": "가" * 60_000 + f" {REQ}"}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("requestlog:detail", args=[record.pk])


def test_a_posted_text_without_ids_stays_out_of_the_address(support):
    answer = support.post(URL, {"q": "top secret prompt"})
    assert answer.status_code == 200
    assert "No id was recognised" in answer.content.decode()


def test_a_name_leads_to_the_persons_requests(support):
    ada = make_user(name="Ada Lovelace", email="ada@example.com")
    for text in ("ada lovelace", "Ada", "it failed for ada@example.com again"):
        answer = support.post(URL, {"q": text}, follow=True)
        assert parse_qs(urlsplit(answer.redirect_chain[-1][0]).query) == {"person": [ada.key]}
    assert "Ada Lovelace <span" in answer.content.decode()  # the chip says the name


def test_several_people_are_offered(support):
    for name in ("Ada Kim", "Ada Novak"):
        make_user(name=name)
    shown = support.get(URL, {"q": "ada"}).content.decode()
    assert "Do you mean one of these people?" in shown
    assert ">Ada Novak</a>" in shown


def test_people_are_found_by_support_only():
    make_user(name="Ada Kim")
    client = signed_in_client(make_user(("Playground",)))
    for text in ("Ada Kim", "ada"):
        shown = client.get(URL, {"q": text})
        assert shown.status_code == 200
        assert "Ada Kim</a>" not in shown.content.decode()


def test_no_hit_says_what_that_can_mean_by_what_the_id_tells(support, settings):
    settings.REQUEST_RETENTION_DAYS = 30
    ours = "01890000-0000-7000-8000-000000000000"
    shown = support.get(URL, {"q": ours}).content.decode()
    assert "older than 30 days" in shown
    assert f"{ours} says itself that it was made on 2023-06-28" in shown
    assert "copied incompletely" not in shown
    assert "Anthropic has seen it" in (shown := support.get(URL, {"q": REQ}).content.decode())
    assert "copied incompletely" in shown
    settings.REQUEST_RETENTION_DAYS = 0
    assert "older than" not in support.get(URL, {"q": ours}).content.decode()


@pytest.mark.parametrize(
    "secret", ["sk-ant-api03-" + "abCD1234" * 10, "Bearer eyJ0eXAiOiJKV1Qi.eyJhIjoiYiJ9.c2lnbmF0dXJl"]
)
def test_a_key_that_was_pasted_is_neither_shown_nor_put_into_an_address(support, secret):
    answer = support.post(URL, {"q": f"it failed with {secret}"})
    assert answer.status_code == 200
    assert secret[-20:] not in answer.content.decode()
    answer = support.post(URL, {"q": secret.rpartition(" ")[2]})
    assert secret[-20:] not in answer.content.decode() + answer.get("Location", "")


def test_filters_take_nothing_of_a_paste_along_but_its_ids(support):
    shown = support.post(URL, {"q": "something private"}).content.decode()
    assert '<input type="hidden" name="q"' not in shown
    shown = support.get(URL, {"q": f"something private {APIM}"}).content.decode()
    assert f'<input type="hidden" name="q" value="{APIM}">' in shown


@pytest.mark.parametrize(
    ("paste", "said"),
    [
        ("req_011", "Too short: req_011."),
        (f"subscription {APIM}", "No id of a request is in it"),
        ("2611290030001234", "noted under a ticket of this number"),
        ("write to nobody@example.com", "nobody with this address has signed in here"),
        (" ".join(f"{number:08x}-dead" for number in range(10, 17)), "Among more than 5 ids"),
        (" ".join(f"{number:08x}-d9cb-469f-a165-70867728950e" for number in range(60)), "The first 50 ids"),
    ],
)
def test_what_was_not_or_cannot_be_found_is_said(support, paste, said):
    answer = support.post(URL, {"q": paste}, follow=True)
    assert said in answer.content.decode()
    assert ("Anthropic has seen it" in answer.content.decode()) is False


def test_the_id_of_an_errors_page_is_called_what_it_is(support):
    shown = support.get(URL, {"q": f"Our id {new_id().hex}"}).content.decode()
    assert "of a page or a job without a call to Claude" in shown
    for other in ("It was called by another console", "It is older than", "It was copied", "It was refused"):
        assert other not in shown
    assert reverse("requestlog:azure_log") not in shown


def test_a_deployments_name_is_offered_as_a_filter(support):
    make_record(deployment="claude-night")
    rollup.roll_up()
    assert '?deployment=claude-night"' in support.get(URL, {"q": "Claude-Night"}).content.decode()
    assert '?deployment=claude-night"' not in support.get(URL, {"q": "claude-nigh"}).content.decode()


def test_an_error_without_an_id_leads_to_its_card_and_its_requests(support):
    shown = support.post(URL, {"q": "anthropic.OverloadedError: 529 - {'error': {'type': 'overloaded_error'}}"})
    assert 'href="/requests/errors/overloaded/"' in shown.content.decode()
    assert 'href="/requests/?error=overloaded"' in shown.content.decode()
    assert "Nothing to look for" not in shown.content.decode()


def test_a_ticket_is_said_to_be_what_was_found(support):
    records = [make_record(), make_record()]
    Case.objects.create(record_id=records[0].pk, ticket="INC-0042", changed_at=timezone.now())
    assert "Found by its ticket number." in support.get(URL, {"q": "inc-0042"}, follow=True).content.decode()
    Case.objects.create(record_id=records[1].pk, ticket="inc-0042", changed_at=timezone.now())
    shown = support.get(URL, {"q": "INC-0042"}).content.decode()
    assert shown.count("ticket number") >= 2
    assert "not found" not in shown


def test_a_paste_that_is_cut_off_is_said(support):
    answer = support.post(URL, {"q": f"{APIM} " + "x " * 40_000}, follow=True)
    assert "Only the first 64,000 characters were read." in answer.content.decode()


def test_azures_log_is_offered_for_the_id_and_not_for_the_subscription(support):
    shown = support.get(URL, {"q": f"/subscriptions/{uuid4()}/x {APIM}"}).content.decode()
    assert f"?id={APIM}" in shown


def test_an_object_id_leads_to_the_persons_requests(support):
    ada = make_user(name="Ada Lovelace", oid=APIM)
    answer = support.get(URL, {"q": APIM})
    assert parse_qs(urlsplit(answer["Location"]).query) == {"person": [ada.key]}


def test_the_search_box_has_its_name(support):
    shown = support.get(URL).content.decode()
    assert 'type="search" name="q"' in shown
    assert 'aria-label="Find a request"' in shown


@pytest.mark.parametrize("query", ["cursor=%FF", "cursor=AAAA", "q=%25%25%25", "since=%2B", "status=xx", "person=/"])
def test_odd_addresses_are_no_accident(support, query):
    assert support.get(f"{URL}?{query}").status_code == 200
