"""The pages that browsers meet: account picker and sign-out."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import pytest

from console.sandbox.people import CLIENT_ID, PEOPLE, TENANT_ID
from tests.sandbox_process import SandboxProcess

ASKED = {
    "client_id": CLIENT_ID,
    "response_type": "code",
    "redirect_uri": "http://localhost:8000/signin/return/",
    "scope": "openid profile offline_access",
    "state": "s-1",
    "nonce": "n-1",
    "code_challenge": "c" * 43,
    "code_challenge_method": "S256",
}


def authorize_url(sandbox: SandboxProcess, **changed: str) -> str:
    base = sandbox.url.replace("127.0.0.1", "localhost")
    return f"{base}/{TENANT_ID}/oauth2/v2.0/authorize?{urlencode({**ASKED, **changed})}"


def logout_url(sandbox: SandboxProcess, **query: str) -> str:
    return authorize_url(sandbox).partition("/authorize")[0] + f"/logout?{urlencode(query)}"


def back(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(ASKED["redirect_uri"] + "?")
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def test_the_picker_has_a_button_for_each_person(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = web.get(authorize_url(sandbox))
    for person in PEOPLE:
        assert f'value="{person.oid}"' in answer.text
        assert person.name in answer.text
        assert person.says["en"].replace("'", "&#x27;") in answer.text
    assert "This is the sandbox, not Microsoft" in answer.text
    assert "localhost:8000" in answer.text


def test_the_picker_speaks_korean(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = web.get(authorize_url(sandbox), headers={"Accept-Language": "ko-KR,ko;q=0.9,en;q=0.8"})
    assert '<html lang="ko">' in answer.text
    assert "계정을 고르세요" in answer.text
    assert "Pick an account" not in answer.text


def test_pages_run_no_script_and_load_only_their_own_stylesheet(sandbox: SandboxProcess, web: httpx.Client) -> None:
    answer = web.get(authorize_url(sandbox))
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "default-src 'none'; style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert web.get(f"{sandbox.url}/_sandbox/signin.css").headers["Content-Type"].startswith("text/css")


def test_a_picked_person_goes_back_with_code_and_state(sandbox: SandboxProcess, web: httpx.Client) -> None:
    found = back(web.post(authorize_url(sandbox), data={"person": "ada"}))
    assert found["state"] == "s-1"
    assert {"code", "client_info", "session_state"} <= found.keys()


def test_cancel_leads_back_with_access_denied(sandbox: SandboxProcess, web: httpx.Client) -> None:
    page = web.get(authorize_url(sandbox)).text
    link = page.partition('class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    found = dict(parse_qsl(urlsplit(link).query))
    assert (found["error"], found["state"]) == ("access_denied", "s-1")
    assert found["error_description"].startswith("AADSTS65004")


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"redirect_uri": "https://console.example.com/signin/return/"}, "AADSTS50011"),
        ({"redirect_uri": "http://localhost:8000/elsewhere/"}, "AADSTS50011"),
        ({"redirect_uri": "http://localhost.example.com/signin/return/"}, "AADSTS50011"),
        ({"redirect_uri": "http://user@localhost/signin/return/"}, "AADSTS50011"),
        ({"redirect_uri": "javascript:alert(1)//signin/return/"}, "AADSTS50011"),
        ({"client_id": "<script>alert(1)</script>"}, "AADSTS700016"),
        ({"response_type": "token"}, "AADSTS70007"),
        ({"response_mode": "fragment"}, "AADSTS70007"),
        ({"code_challenge_method": "plain"}, "AADSTS501491"),
    ],
)
def test_a_bad_request_gets_a_page_and_no_redirect(
    sandbox: SandboxProcess, web: httpx.Client, changed: dict[str, str], code: str
) -> None:
    for answer in (
        web.get(authorize_url(sandbox, **changed)),
        web.post(authorize_url(sandbox, **changed), data={"person": "ada"}),
    ):
        assert answer.status_code == 400
        assert code in answer.text
        assert "<script" not in answer.text


@pytest.mark.parametrize(
    "uri",
    [
        "http://127.0.0.1:8000/signin/return/",
        "https://localhost/signin/return/",
        "http://[::1]:8123/signin/return/",
        "http://console.localhost:8000/signin/return/",
        "http://localhost:8000/under/a/path/signin/return/",
    ],
)
def test_every_loopback_console_is_registered(sandbox: SandboxProcess, web: httpx.Client, uri: str) -> None:
    answer = web.post(authorize_url(sandbox, redirect_uri=uri), data={"person": "ada"})
    assert answer.headers["Location"].startswith(uri + "?")


def test_prompt_none_needs_a_session(sandbox: SandboxProcess, web: httpx.Client) -> None:
    assert back(web.get(authorize_url(sandbox, prompt="none")))["error"] == "login_required"
    back(web.post(authorize_url(sandbox), data={"person": "ada"}))
    assert "code" in back(web.get(authorize_url(sandbox, prompt="none")))


def test_a_signed_in_browser_is_not_asked_again(sandbox: SandboxProcess, web: httpx.Client) -> None:
    back(web.post(authorize_url(sandbox), data={"person": "ada"}))
    assert "code" in back(web.get(authorize_url(sandbox)))
    assert web.get(authorize_url(sandbox, prompt="select_account")).status_code == 200
    assert web.get(authorize_url(sandbox, login_hint="ben@contoso.example")).status_code == 200


def test_a_login_hint_marks_the_person(sandbox: SandboxProcess, web: httpx.Client) -> None:
    page = web.get(authorize_url(sandbox, login_hint="ben@contoso.example")).text
    marked = page.partition('class="person hinted"')[2].partition("</button>")[0]
    assert "Ben Okafor" in marked
    assert page.count("hinted") == 1


def test_a_disabled_person_is_stopped_here(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sandbox.switch("disable", person="ada")
    answer = web.post(authorize_url(sandbox), data={"person": "ada"})
    assert answer.status_code == 403
    assert "AADSTS50057" in answer.text


def test_signing_out_tells_each_console_in_a_frame(sandbox: SandboxProcess, web: httpx.Client) -> None:
    sid = back(web.post(authorize_url(sandbox), data={"person": "ada"}))["session_state"]
    back(web.get(authorize_url(sandbox, redirect_uri=ASKED["redirect_uri"])))
    page = web.get(logout_url(sandbox, post_logout_redirect_uri="http://localhost:8000/")).text
    frame = page.partition('<iframe src="')[2].partition('"')[0].replace("&amp;", "&")
    assert frame.startswith("http://localhost:8000/signout/front-channel/?")
    told = dict(parse_qsl(urlsplit(frame).query))
    assert told["sid"] == sid
    assert told["iss"].endswith(f"/{TENANT_ID}/v2.0")
    assert 'content="2;url=http://localhost:8000/"' in page
    assert back(web.get(authorize_url(sandbox, prompt="none")))["error"] == "login_required"


def test_signing_out_leads_only_to_loopback(sandbox: SandboxProcess, web: httpx.Client) -> None:
    page = web.get(logout_url(sandbox, post_logout_redirect_uri="https://evil.example/")).text
    assert "evil.example" not in page
    assert "You signed out" in page


def test_a_hint_for_somebody_else_leaves_the_session(sandbox: SandboxProcess, web: httpx.Client) -> None:
    back(web.post(authorize_url(sandbox), data={"person": "ada"}))
    assert "<iframe" not in web.get(logout_url(sandbox, logout_hint="ben@contoso.example")).text
