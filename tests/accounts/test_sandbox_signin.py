"""The whole way with the real client library and the stand-in's Entra, over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from console.accounts import tokens
from console.accounts.confirming import confirm_people
from console.accounts.models import AuditEntry, LastClaims, Session, SignInFlow, TokenCache, User
from console.azure.errors import SignInNeeded
from console.web import wire
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.django_db

FOUNDRY = "https://ai.azure.com/.default"
ARM = "https://management.azure.com/.default"


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxProcess]:
    with SandboxProcess() as process:
        yield process


@pytest.fixture
def sandbox(running, settings) -> Iterator[SandboxProcess]:
    """The console's settings point at a fresh sandbox, as the environment would make them."""
    running.reset()
    for name in ("ENTRA_TENANT_ID", "ENTRA_CLIENT_ID", "ENTRA_CLIENT_SECRET", "ENTRA_AUTHORITY", "SSL_CERT_FILE"):
        setattr(settings, name, running.environment[name])
    forget_entra()
    yield running
    forget_entra()


def forget_entra() -> None:
    """The next use opens a client from the settings of now, as a new process would."""
    if wire.entra.cache_info().currsize:
        wire.entra().wire.close()
    wire.entra.cache_clear()


def sign_in(sandbox: SandboxProcess, who: str, client: Client | None = None, back: str = "/account/") -> Client:
    client = client or Client()
    address = client.get("/signin/start/", {"next": back})["Location"]
    client.response = client.get("/signin/return/", sandbox.sign_in(address, who))
    return client


def make_due() -> None:
    Session.objects.update(confirmed_at=timezone.now() - timedelta(minutes=4))
    TokenCache.objects.update(checked_at=None)


@pytest.mark.parametrize(
    ("who", "roles"),
    [
        ("ada", ["Admin"]),
        ("ben", ["Viewer"]),
        ("minjun", ["Playground", "Support", "PromptReader"]),
        ("cy", []),
    ],
)
def test_people_sign_in_with_the_roles_entra_gives_them(sandbox, who, roles):
    client = sign_in(sandbox, who)
    assert client.response["Location"] == "/account/"
    assert User.objects.get().roles == roles
    assert client.get("/account/").status_code == 200
    assert client.get("/settings/people/").status_code == (200 if "Admin" in roles else 403)


def test_the_way_there_has_state_nonce_and_pkce_of_full_strength(sandbox):
    client = Client()
    sent = []
    for _ in range(2):
        query = parse_qs(urlsplit(client.get("/signin/start/")["Location"]).query)
        sent.append({name: query[name][0] for name in ("state", "nonce", "code_challenge")})
        assert query["code_challenge_method"] == ["S256"]
        assert query["redirect_uri"] == ["http://localhost:8000/signin/return/"]
        assert query["response_type"] == ["code"]
    assert all(len(value) >= 22 for one in sent for value in one.values())  # 128 bits in base64
    assert not set(sent[0].values()) & set(sent[1].values())


def test_group_overage_is_explained_on_the_account_page(sandbox):
    client = sign_in(sandbox, "grace")
    assert "looks at app roles alone" in client.get("/account/").content.decode()


def test_another_organisations_account_is_refused(sandbox):
    client = sign_in(sandbox, "oscar")
    assert client.response.status_code == 403
    assert "belongs to another organisation" in client.response.content.decode()
    assert not User.objects.exists()
    assert AuditEntry.objects.get().act == "sign-in-refused"


FORGED = [
    {"signed_by": "stranger"},
    {"signed_by": "nobody"},
    *(
        {"claims": claims}
        for claims in (
            {"aud": "00000000-0000-4000-8000-000000000000"},
            {"aud": None},
            {"aud": []},
            {"aud": ["11111111-2222-4333-8444-555555555555", "other"]},
            {"iss": "https://evil.example/v2.0"},
            {"iss": None},
            {"iss": "https://sts.windows.net/x/"},
            {"tid": "00000000-0000-4000-8000-00000000bad0"},
            {"tid": None},
            {"tid": ["x"]},
            {"exp": 1},
            {"exp": None},
            {"exp": "tomorrow"},
            {"nbf": 4_000_000_000},
            {"iat": 4_000_000_000},
            {"oid": None},
            {"oid": ""},
            {"oid": "not-a-guid"},
            {"oid": ["a", "b"]},
            {"nonce": None},
            {"nonce": "another"},
            {"nonce": ""},
            {"ver": "1.0"},
            {"ver": None},
        )
    ),
]


@pytest.mark.parametrize("forged", FORGED, ids=str)
def test_a_token_that_does_not_hold_signs_nobody_in(sandbox, forged):
    sandbox.switch("id-token", **forged)
    client = sign_in(sandbox, "ada")
    assert client.response.status_code in (403, 503)
    assert not User.objects.exists()
    assert not TokenCache.objects.exists()
    assert not Session.objects.filter(user__isnull=False).exists()
    assert AuditEntry.objects.count() == 1
    assert client.get("/account/").status_code == 302


@pytest.mark.parametrize(
    "claims", [{"roles": "Admin"}, {"roles": {"Admin": True}}, {"roles": [["Admin"]]}, {"roles": 7}]
)
def test_roles_of_a_wrong_shape_are_no_roles(sandbox, claims):
    sandbox.switch("id-token", claims=claims)
    sign_in(sandbox, "ben")
    assert [user.roles for user in User.objects.all()] in ([], [[]])


def test_somebody_elses_email_opens_nothing(sandbox):
    victim = User.objects.create(
        tid=sandbox.environment["ENTRA_TENANT_ID"], oid="x", email="ada@contoso.example", roles=["Admin"]
    )
    stolen = {"email": "ada@contoso.example", "preferred_username": "ada@contoso.example", "upn": "ada@contoso.example"}
    sandbox.switch("id-token", claims=stolen)
    sign_in(sandbox, "ben")
    signed_in = Session.objects.get(user__isnull=False).user
    assert signed_in != victim
    assert signed_in.roles == ["Viewer"]


def test_signing_keys_may_roll_between_two_sign_ins(sandbox, monkeypatch):
    sign_in(sandbox, "ada")
    sandbox.switch("roll-keys", drop_old=True)
    now = time.monotonic()
    monkeypatch.setattr(wire.entra().keys, "_clock", lambda: now + 61)  # unknown keys are looked up once a minute
    assert sign_in(sandbox, "ben").response.status_code == 302


def test_a_code_works_once_even_with_a_fresh_state(sandbox):
    client = Client()
    first = sandbox.sign_in(client.get("/signin/start/")["Location"], "ada")
    assert client.get("/signin/return/", first).status_code == 302
    again = parse_qs(urlsplit(client.get("/signin/start/")["Location"]).query)["state"][0]
    response = client.get("/signin/return/", {**first, "state": again})
    assert response.status_code == 400
    assert "expired" in response.content.decode()


def test_declining_is_explained(sandbox):
    client = Client()
    state = parse_qs(urlsplit(client.get("/signin/start/")["Location"]).query)["state"][0]
    told = {
        "error": "access_denied",
        "error_description": "AADSTS65004: declined <script>alert(1)</script>",
        "state": state,
    }
    response = client.get("/signin/return/", told)
    text = response.content.decode()
    assert response.status_code == 403
    assert "AADSTS65004" in text
    assert "alert(1)" not in text


def test_a_wrong_client_secret_is_an_administrators_matter(sandbox, settings):
    settings.ENTRA_CLIENT_SECRET = "wrong-sentinel-secret"
    response = sign_in(sandbox, "ada").response
    text = response.content.decode()
    assert response.status_code == 503
    assert "AADSTS7000215" in text
    assert "ENTRA_CLIENT_SECRET" in text
    assert "sentinel" not in text


def test_entra_away_is_said_at_once(sandbox, settings):
    settings.ENTRA_AUTHORITY = "https://localhost:1/{tenant}"
    forget_entra()
    began = time.monotonic()
    response = Client().get("/signin/start/")
    assert response.status_code == 503
    assert "cannot be reached" in response.content.decode()
    assert time.monotonic() - began < 8


# ---- Tokens --------------------------------------------------------------------------------------------------


def test_one_sign_in_gives_tokens_for_both_apis_from_the_sealed_cache(sandbox):
    sign_in(sandbox, "ada")
    user = User.objects.get()
    foundry, arm = tokens.token_for(user, FOUNDRY), tokens.token_for(user, ARM)
    assert foundry != arm
    stored = bytes(TokenCache.objects.get().sealed)
    assert foundry.encode() not in stored
    assert b"RefreshToken" not in stored


def test_a_revoked_refresh_token_needs_a_sign_in(sandbox):
    sign_in(sandbox, "ada")
    sandbox.switch("revoke", person="ada")
    with pytest.raises(SignInNeeded):
        tokens.token_for(User.objects.get(), FOUNDRY)


# ---- Confirmation --------------------------------------------------------------------------------------------


def test_who_is_still_welcome_stays(sandbox):
    client = sign_in(sandbox, "ada")
    make_due()
    assert confirm_people() == 1
    assert client.get("/account/").status_code == 200


@pytest.mark.parametrize("switch", ["revoke", "disable"])
def test_who_is_revoked_or_disabled_loses_every_session(sandbox, switch):
    client, other = sign_in(sandbox, "ada"), sign_in(sandbox, "ben")
    sandbox.switch(switch, person="ada")
    make_due()
    assert confirm_people() == 1
    assert client.get("/account/").status_code == 302
    assert other.get("/account/").status_code == 200
    assert AuditEntry.objects.get(act="sign-in-withdrawn").person == "Ada Kim"


def test_changed_roles_count_at_once(sandbox):
    client = sign_in(sandbox, "ada")
    sandbox.switch("roles", person="ada", roles=["Viewer"])
    make_due()
    confirm_people()
    assert User.objects.get().roles == ["Viewer"]
    assert client.get("/settings/people/").status_code == 302
    sign_in(sandbox, "ada", client)
    assert client.get("/settings/people/").status_code == 403


def test_a_sandbox_that_is_away_ends_nobody(sandbox, settings):
    client = sign_in(sandbox, "ada")
    settings.ENTRA_AUTHORITY = "https://localhost:1/{tenant}"
    forget_entra()
    make_due()
    assert confirm_people() == 0
    assert client.get("/account/").status_code == 200


# ---- Out -----------------------------------------------------------------------------------------------------


def test_signing_out_of_microsoft_comes_back_through_the_frame(sandbox):
    client = sign_in(sandbox, "ada")
    other = sign_in(sandbox, "ada")
    sid = Session.objects.exclude(sid="").first().sid
    link = client.post("/signout/").context["microsoft"]
    parts = urlsplit(link)
    query = parse_qs(parts.query)
    assert query["logout_hint"] == [LastClaims.objects.get().login_hint]
    assert query["post_logout_redirect_uri"] == ["http://localhost:8000/signin/return/"]
    assert other.get("/account/").status_code == 200
    Session.objects.update(sid=sid)
    front, issuer = "/signout/front-channel/", wire.entra().wire.discovery().issuer
    assert Client().get(front, {"sid": sid, "iss": "https://localhost"}).status_code == 200
    assert other.get("/account/").status_code == 200
    assert Client().get(front, {"sid": sid, "iss": issuer}).status_code == 200
    assert other.get("/account/").status_code == 302


def test_no_token_is_stored_in_plain_anywhere(sandbox):
    sign_in(sandbox, "ada")
    Client().get("/signin/start/")
    rows = [Session, User, LastClaims, TokenCache, SignInFlow, AuditEntry]
    stored = repr([row for model in rows for row in model.objects.values_list()])
    assert "eyJhbGciOi" not in stored  # how every token begins
    assert "code_verifier" not in stored
