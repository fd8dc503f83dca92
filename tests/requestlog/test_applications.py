from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from uuid import UUID, uuid4

import httpx
import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.accounts.models import AuditEntry
from console.requestlog import applications
from console.requestlog.models import Application
from tests.accounts.test_sandbox_signin import forget_entra
from tests.factories import make_user, signed_in_client
from tests.factories_requestlog import make_record
from tests.requestlog.test_intake import a_row
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db

PAGE = "/settings/applications/"


@pytest.fixture
def admin():
    return signed_in_client(make_user(("Admin",), "Ada Lovelace"))


def add(client: Client, name: str = "billing-bot", **fields: str) -> str:
    """The page after adding; it is the only one with the key."""
    answer = client.post(PAGE, {"name": name, "entra_app_id": "", **fields})
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    return unescape(answer.text)


def key_in(page: str) -> str:
    (key,) = set(re.findall(r"fcr_[\w-]+", page))
    return key


def report(credential: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {credential}"}
    return Client().post("/api/requests", [a_row()], content_type="application/json", headers=headers)


def test_the_key_is_shown_once_and_only_its_hash_is_kept(admin):
    key = key_in(add(admin))
    assert len(key) > 40
    row = Application.objects.get()
    assert (row.name, row.created_by, row.key_hint) == ("billing-bot", "Ada Lovelace", key[-4:])
    assert key not in str(Application.objects.values())
    page = admin.get(PAGE).text
    assert "billing-bot" in page
    assert key not in page
    assert key not in str(list(AuditEntry.objects.values()))
    assert report(key).status_code == 200


def test_a_revoked_one_is_out_at_once_and_its_name_is_free_again(admin):
    old = key_in(add(admin))
    row = Application.objects.get()
    admin.post(reverse("applications:revocation", args=[row.pk]))
    assert report(old).status_code == 401
    assert "Revoked" in admin.get(PAGE).text
    assert report(key_in(add(admin))).status_code == 200
    acts = AuditEntry.objects.order_by("at", "id").values_list("act", "subject")
    assert [one for one in acts if one[0].startswith("application")] == [
        ("application-added", "billing-bot"),
        ("application-revoked", "billing-bot"),
        ("application-added", "billing-bot"),
    ]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Billing-Bot"}, "There is an application of this name already."),
        ({"name": "<b>"}, "Letters, digits, blanks"),
        ({"name": "x" * 61}, "60"),
        ({"name": "other", "entra_app_id": "1234"}, "This is no client ID"),
    ],
)
def test_what_is_wrong_with_a_new_one_is_said_and_nothing_is_lost(admin, fields, said):
    add(admin)
    answer = admin.post(PAGE, fields)
    assert answer.status_code == 400
    assert said in unescape(answer.text)
    assert f'value="{fields["name"]}"' in unescape(answer.text)
    assert Application.objects.count() == 1


def test_one_client_id_is_of_one_application(admin):
    app_id = str(uuid4())
    add(admin, entra_app_id=app_id)
    assert "Another application has this client ID" in admin.post(PAGE, {"name": "b", "entra_app_id": app_id}).text


# ---- With a token of Entra -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def running():
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(running, settings, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    running.reset()
    for name in ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID", "ENTRA_CLIENT_SECRET", "ENTRA_AUTHORITY", "SSL_CERT_FILE"):
        setattr(settings, name, running.environment[name])
    forget_entra()
    yield running
    forget_entra()


def app_token(sandbox: SandboxProcess, scope: str = "api://{}/.default") -> str:
    import msal

    environment = sandbox.environment
    app = msal.ConfidentialClientApplication(
        environment["ENTRA_CLIENT_ID"], client_credential=environment["ENTRA_CLIENT_SECRET"],
        authority=environment["ENTRA_AUTHORITY"], instance_discovery=False, verify=environment["SSL_CERT_FILE"],
    )  # fmt: skip
    return app.acquire_token_for_client([scope.format(environment["ENTRA_CLIENT_ID"])])["access_token"]


def test_an_entra_app_reports_with_its_own_token(sandbox):
    token, app_id = app_token(sandbox), sandbox.environment["ENTRA_CLIENT_ID"]
    assert report(token).status_code == 401  # nobody has allowed it yet
    application, _key = applications.add(make_user(("Admin",)), name="batch", entra_app_id=UUID(app_id))
    assert report(token).json()["accepted"] == 1
    applications.revoke(make_user(("Admin",)), application)
    assert report(token).status_code == 401


def test_tokens_of_people_and_for_others_are_none(sandbox):
    app_id = UUID(sandbox.environment["ENTRA_CLIENT_ID"])
    applications.add(make_user(("Admin",)), name="batch", entra_app_id=app_id)
    for token in (
        app_token(sandbox, "https://management.azure.com/.default"),
        sandbox.token("https://ai.azure.com", person="ada"),
        app_token(sandbox)[:-8] + "AAAAAAAA",
    ):
        answer = report(token)
        assert answer.status_code == 401
        assert "The token is not taken" in answer.json()["error"]["message"]


def test_without_entra_it_is_to_be_sent_again(sandbox, settings):
    token = app_token(sandbox)
    settings.ENTRA_AUTHORITY = "https://localhost:9/{tenant}"
    forget_entra()
    answer = report(token)
    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


@pytest.mark.django_db(transaction=True)
def test_of_administrators_who_add_the_same_name_at_once_one_is_first(admin):
    def add_one(_number: int) -> int:
        try:
            return admin.post(PAGE, {"name": "billing-bot", "entra_app_id": ""}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(add_one, range(6))) == [200] + [400] * 5
    assert Application.objects.count() == AuditEntry.objects.filter(act="application-added").count() == 1


def test_what_an_application_reported_is_listed_by_its_name(admin):
    mine, other = (
        make_record(application="billing-bot", source="application"),
        make_record(application="loader", source="application"),
    )
    make_record()
    page = admin.get("/requests/?application=billing-bot").text
    assert str(mine.pk) in page
    assert str(other.pk) not in page
    assert 'name="application" maxlength="60" autocomplete="off" value="billing-bot"' in page
    assert "?application=billing-bot" in admin.get(f"/requests/{mine.pk}/").text
