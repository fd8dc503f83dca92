"""What happens to every page request, over the whole stack of middleware."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils.html import escape

from console.accounts.models import User
from tests.factories import ada, ben, make_user, signed_in_client

pytestmark = pytest.mark.django_db


# ---- An id of our own -----------------------------------------------------------------------------------------


def test_every_answer_carries_an_id_of_its_own():
    ids = [Client().get(path)["X-Correlation-ID"] for path in ("/livez", "/nowhere/", "/signin/")]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{32}", value) for value in ids)


def test_an_error_page_shows_the_id_that_the_log_has():
    response = Client().get("/nowhere/")
    assert response["X-Correlation-ID"] in response.content.decode()


def test_an_id_that_a_browser_sends_is_not_taken_over():
    response = Client().get("/livez", headers={"X-Correlation-ID": "theirs", "X-Request-ID": "theirs"})
    assert "theirs" not in response["X-Correlation-ID"]


# ---- Text that cannot be stored ------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["q=%00", "q=a%00b", "%00=1", "q=ok&q=%00", "next=%00"])
@pytest.mark.parametrize("path", ["/signin/", "/settings/people/", "/nowhere/", "/livez"])
def test_nul_in_a_query_is_refused_before_any_view(path, query):
    assert signed_in_client(ada()).get(f"{path}?{query}").status_code == 400


@pytest.mark.parametrize("path", ["/%00", "/inventory/%00/", "/settings/people/%00"])
def test_nul_in_a_path_is_refused(path):
    assert Client().get(path).status_code == 400


@pytest.mark.parametrize("query", ["q=%ED%A0%80", "q=%FF%FE", "q=%C3%28", "q=%F5%80%80%80"])
def test_bytes_that_are_no_utf8_are_read_as_something_storable(query):
    assert signed_in_client(ada()).get(f"/settings/people/?{query}").status_code == 200


def test_a_refused_form_names_the_field_and_changes_nothing():
    user = make_user(theme="light")
    response = signed_in_client(user).post("/account/preferences/", {"theme": "dark", "language": "e\x00n"})
    assert response.status_code == 400
    assert "“language”" in response.content.decode()
    assert User.objects.get(pk=user.pk).theme == "light"


def test_multipart_forms_pass_the_same_gate():
    body = b'--x\r\nContent-Disposition: form-data; name="theme"\r\n\r\nda\x00rk\r\n--x--\r\n'
    client = signed_in_client(ben())
    response = client.generic("POST", "/account/preferences/", body, content_type="multipart/form-data; boundary=x")
    assert response.status_code == 400


def test_a_field_name_that_is_markup_is_shown_as_text():
    response = signed_in_client(ben()).post("/account/preferences/", {"<script>alert(1)</script>": "\x00"})
    assert response.status_code == 400
    assert "<script>alert" not in response.content.decode()


# ---- Caches --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/account/", "/settings/people/", "/settings/audit/", "/signin/", "/nowhere/"])
def test_what_a_person_sees_is_kept_by_no_cache(path):
    response = signed_in_client(ada()).get(path)
    assert response["Cache-Control"] == "no-store"
    assert {"Cookie", "HX-Request"} <= {part.strip() for part in response["Vary"].split(",")}


# ---- Host ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "localhost@evil.example",
        "localhost:8000.evil.example",
        "",
        "a b",
        "x\\y",
    ],
)
@pytest.mark.parametrize("path", ["/", "/signin/", "/account/", "/nowhere/"])
def test_a_foreign_host_is_refused(host, path):
    response = Client(headers={"host": host}).get(path)
    assert response.status_code == 400
    assert "evil" not in response.content.decode()


@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For", "Forwarded", "X-Real-IP"]
)
def test_headers_a_proxy_might_set_move_nothing(header):
    response = Client(headers={header: "host=evil.example;proto=https"}).get("/account/")
    assert (response.status_code, response["Location"]) == (302, "/signin/?next=/account/")


# ---- CSRF ----------------------------------------------------------------------------------------------------

UNSAFE = ["/signout/", "/account/preferences/", "/account/sessions/"]


@pytest.mark.parametrize("url", UNSAFE)
def test_an_unsafe_route_without_a_token_is_refused(url):
    response = signed_in_client(ben(), enforce_csrf_checks=True).post(url, {"theme": "dark"})
    assert response.status_code == 403
    assert "This page is out of date" in response.content.decode()


@pytest.mark.parametrize("url", UNSAFE)
def test_htmx_is_told_the_remedy_in_place(url):
    client = signed_in_client(ben(), enforce_csrf_checks=True, HX_REQUEST="true")
    response = client.post(url, headers={"X-CSRFToken": "x" * 64})
    assert response.status_code == 403
    assert response["HX-Retarget"] == "#problems"
    assert "Reload it" in response.content.decode()
    assert "<html" not in response.content.decode()


def test_the_token_of_the_page_is_accepted_once_and_again():
    user = ben()
    client = signed_in_client(user, enforce_csrf_checks=True)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get("/account/").content.decode()).group(1)
    for theme in ("dark", "light"):
        assert client.post("/account/preferences/", {"theme": theme, "csrfmiddlewaretoken": token}).status_code == 302
    assert client.post("/account/preferences/", {"theme": "dark"}, headers={"X-CSRFToken": token}).status_code == 302
    assert User.objects.get(pk=user.pk).theme == "dark"


def test_somebody_elses_token_is_refused():
    other = signed_in_client(ada())
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', other.get("/account/").content.decode()).group(1)
    client = signed_in_client(ben(), enforce_csrf_checks=True)
    assert client.post("/account/preferences/", {"theme": "dark", "csrfmiddlewaretoken": token}).status_code == 403


@pytest.mark.parametrize(
    ("headers", "back"),
    [
        ({"Referer": "http://testserver/account/?a=b#c"}, "/account/?a=b"),
        ({"Referer": "http://testserver//evil.example/"}, "/"),
        ({"Referer": "https://evil.example/account/"}, "/"),
        ({"Referer": "http://[broken"}, "/"),
        ({}, "/"),
        ({"HX-Request": "true", "HX-Current-URL": "http://testserver/prompts/new/"}, "/prompts/new/"),
        ({"HX-Request": "true", "HX-Current-URL": "https://evil.example/prompts/new/"}, "/"),
    ],
)
def test_whoever_is_signed_out_is_told_so_and_led_back_to_their_page(headers, back):
    response = Client(enforce_csrf_checks=True, headers=headers).post("/account/preferences/", {"theme": "dark"})
    assert response.status_code == 403
    assert "You have been signed out" in response.content.decode()
    assert f'href="/signin/?next={quote(back, safe="")}"' in response.content.decode()


WRITTEN = "\nHalf a thought, </textarea><b>whole</b>"


def sent_in_vain(client: Client, **headers: str) -> HttpResponse:
    return client.post("/playground/", {"message": WRITTEN}, headers={"Origin": "http://testserver", **headers})


@pytest.mark.parametrize(("who", "words"), [(None, "You have been signed out"), (ada, "This page is out of date")])
def test_what_was_sent_in_vain_without_a_script_stands_there_to_be_copied(who, words):
    client = signed_in_client(who(), enforce_csrf_checks=True) if who else Client(enforce_csrf_checks=True)
    answer = sent_in_vain(client)
    assert (answer.status_code, answer["Cache-Control"]) == (403, "no-store")
    assert words in answer.text
    assert "Nothing was sent" in answer.text
    assert f">\n{escape(WRITTEN)}</textarea>" in answer.text


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://[broken"}, {"HX-Request": "true"}],
)
def test_words_of_another_site_or_that_a_script_keeps_do_not_stand_there(headers):
    answer = sent_in_vain(Client(enforce_csrf_checks=True), **headers)
    assert "You have been signed out" in answer.text
    assert "Half a thought" not in answer.text


def test_a_page_nobody_is_signed_in_to_makes_no_session_and_sets_no_cookie():
    for path in ("/signin/", "/nowhere/", "/livez"):
        assert not Client().get(path).cookies
