"""Signing in through real MSAL against a fake Entra on real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from console.azure.entra import Entra, authority_for, tenant_of
from console.azure.errors import AzureError, SignInRefused, Unavailable, Unreachable
from console.azure.shapes import SignedIn
from tests.azure.certificates import Authority
from tests.azure.disclosure import assert_not_shown
from tests.azure.fake_entra import CLIENT, OID, OTHER_KEY, SECRET, TENANT, FakeEntra, jwk, refusal

REDIRECT = "http://localhost:8000/signin/return/"


def open_entra(fake: FakeEntra, **more: object) -> Entra:
    options = {"client_secret": SECRET, **more}
    return Entra(fake.authority, TENANT, CLIENT, **options)  # type: ignore[arg-type]


def sign_in(entra: Entra, fake: FakeEntra, **begin: object) -> SignedIn:
    flow = json.loads(json.dumps(entra.begin(REDIRECT, **begin)))  # type: ignore[arg-type]
    return entra.finish(flow, fake.authorize(flow["auth_uri"]))


@pytest.fixture(params=["http", "https", "browser on http"])
def fake(
    request: pytest.FixtureRequest, localhost_certificate: tuple[Path, Path], authority: Authority
) -> Iterator[tuple[FakeEntra, Entra]]:
    """Each way that is allowed: all plain http on loopback, all https, or https with a plain page for people."""
    secure = request.param != "http"
    with FakeEntra(certificate=localhost_certificate if secure else None) as entra:
        if request.param == "browser on http":
            entra.document["authorization_endpoint"] = f"http://127.0.0.1:9/{TENANT}/oauth2/v2.0/authorize"
        yield entra, open_entra(entra, ca_file=str(authority.ca_file) if secure else None)


def test_it_signs_a_person_in(fake: tuple[FakeEntra, Entra]) -> None:
    entra, client = fake
    signed_in = sign_in(client, entra)
    person = signed_in.person
    assert (person.tid, person.oid, person.name, person.email) == (TENANT, OID, "Ada", "ada@contoso.com")
    assert person.roles == ("Admin", "Playground")
    assert (person.sid, person.login_hint, person.groups_overage) == ("sid-1", "hint-1", False)
    assert signed_in.home_account_id == f"{OID}.{TENANT}"
    assert "sentinel-refresh" in signed_in.cache


def test_the_browser_is_sent_where_the_document_says(fake: tuple[FakeEntra, Entra]) -> None:
    entra, client = fake
    flow = client.begin(REDIRECT, scopes=["https://ai.azure.com/user_impersonation"], login_hint="h", prompt="consent")
    assert flow["auth_uri"].startswith(entra.discovery()["authorization_endpoint"] + "?")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(flow["auth_uri"]).query).items()}
    assert asked["code_challenge_method"] == "S256"
    assert (asked["redirect_uri"], asked["login_hint"], asked["prompt"]) == (REDIRECT, "h", "consent")
    assert {"openid", "profile", "offline_access", "https://ai.azure.com/user_impersonation"} == set(
        asked["scope"].split()
    )


def test_a_claims_challenge_reaches_the_authorize_page(plain_entra: FakeEntra) -> None:
    challenge = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    flow = open_entra(plain_entra).begin(REDIRECT, claims=challenge)
    asked = json.loads(parse_qs(urlsplit(flow["auth_uri"]).query)["claims"][0])
    assert asked["access_token"]["nbf"] == {"essential": True, "value": "1"}


def test_one_sign_in_gives_tokens_for_several_apis(fake: tuple[FakeEntra, Entra]) -> None:
    entra, client = fake
    signed_in = sign_in(client, entra)
    cache = signed_in.cache
    for scope in ("https://ai.azure.com/.default", "https://management.azure.com/.default"):
        token = client.silent(cache, signed_in.home_account_id, scope)
        assert token.access_token.startswith("sentinel-access")
        assert token.expires_at == pytest.approx(time.time() + 3600, abs=10)
        assert token.cache is not None
        cache = token.cache
        again = client.silent(cache, signed_in.home_account_id, scope)
        assert (again.access_token, again.cache, again.id_claims) == (token.access_token, None, None)
    assert entra.count("/token") == 3


def test_a_forced_refresh_brings_new_roles(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    signed_in = sign_in(client, plain_entra)
    plain_entra.claims["roles"] = ["Viewer"]
    token = client.silent(signed_in.cache, signed_in.home_account_id, "", force=True)
    assert token.person is not None
    assert token.person.roles == ("Viewer",)
    assert token.id_claims is not None


def test_a_guest_keeps_the_account_of_their_home_tenant(plain_entra: FakeEntra) -> None:
    plain_entra.client_info = {"uid": "home-oid", "utid": "home-tenant"}
    client = open_entra(plain_entra)
    signed_in = sign_in(client, plain_entra)
    assert signed_in.home_account_id == "home-oid.home-tenant"
    assert client.silent(signed_in.cache, signed_in.home_account_id, "x/.default", force=True).person is not None


def test_a_refreshed_token_of_somebody_else_is_refused(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    signed_in = sign_in(client, plain_entra)
    plain_entra.claims["oid"] = "00000000-2a1c-4b7e-8f4d-0a9c1d2e3f40"
    with pytest.raises(SignInRefused) as refused:
        client.silent(signed_in.cache, signed_in.home_account_id, "", force=True)
    assert refused.value.kind == "id-token-invalid"


def test_signing_in_again_leaves_one_account_in_the_cache(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    before = sign_in(client, plain_entra)
    plain_entra.claims["oid"] = "11111111-2a1c-4b7e-8f4d-0a9c1d2e3f40"
    plain_entra.client_info = {"uid": "11111111-2a1c-4b7e-8f4d-0a9c1d2e3f40", "utid": TENANT}
    flow = client.begin(REDIRECT)
    after = client.finish(flow, plain_entra.authorize(flow["auth_uri"]), before.cache)
    assert after.person.oid.startswith("11111111")
    assert list(json.loads(after.cache)["Account"].values())[0]["local_account_id"] == after.person.oid
    assert len(json.loads(after.cache)["Account"]) == 1


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"state": "another"}, "state-mismatch"),
        ({"state": ""}, "state-mismatch"),
        ({"state": None}, "state-mismatch"),
        ({"code": ""}, "state-mismatch"),
        ({"error": "access_denied"}, "state-mismatch"),
        ({"code": "made-up"}, "code-used"),
        ({"code": None, "error": "access_denied", "error_description": "AADSTS65004: no"}, "consent-declined"),
        ({"code": None, "error": "server_error", "error_description": "<script>"}, "sign-in-refused"),
    ],
)
def test_it_refuses_a_return_that_does_not_fit(plain_entra: FakeEntra, change: dict[str, str], kind: str) -> None:
    client = open_entra(plain_entra)
    flow = client.begin(REDIRECT)
    query = {**plain_entra.authorize(flow["auth_uri"]), **change}
    with pytest.raises(SignInRefused) as refused:
        client.finish(flow, {name: value for name, value in query.items() if value is not None})
    assert refused.value.kind == kind


def test_a_code_works_once(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    flow = client.begin(REDIRECT)
    query = plain_entra.authorize(flow["auth_uri"])
    client.finish(flow, query)
    with pytest.raises(SignInRefused) as refused:
        client.finish(flow, query)
    assert (refused.value.kind, refused.value.aadsts) == ("code-used", 54005)


def test_a_flow_ends_after_ten_minutes(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    flow = client.begin(REDIRECT)
    query = plain_entra.authorize(flow["auth_uri"])
    with time_machine.travel(time.time() + 601), pytest.raises(SignInRefused) as refused:
        client.finish(flow, query)
    assert refused.value.kind == "state-mismatch"


def test_a_token_of_another_sign_in_is_refused(plain_entra: FakeEntra) -> None:
    plain_entra.claims["nonce"] = "of another sign-in"
    with pytest.raises(SignInRefused) as refused:
        sign_in(open_entra(plain_entra), plain_entra)
    assert refused.value.kind == "nonce-mismatch"


@pytest.mark.parametrize("id_token", ["", "x", "a.b.c", "a.!!.c", None])
def test_a_token_that_msal_itself_stumbles_over_is_refused(plain_entra: FakeEntra, id_token: str | None) -> None:
    plain_entra.id_token = lambda claims: id_token  # type: ignore[return-value,assignment]
    with pytest.raises(SignInRefused) as refused:
        sign_in(open_entra(plain_entra), plain_entra)
    assert refused.value.kind == "id-token-invalid"


@pytest.mark.parametrize(
    ("number", "error", "kind"),
    [
        (50011, "invalid_request", "redirect-mismatch"),
        (50058, "interaction_required", "interaction-required"),
        (50076, "interaction_required", "interaction-required"),
        (50079, "interaction_required", "interaction-required"),
        (50105, "invalid_grant", "not-assigned"),
        (50020, "invalid_grant", "foreign-account"),
        (53003, "interaction_required", "conditional-access"),
        (53000, "invalid_grant", "conditional-access"),
        (65001, "invalid_grant", "consent-missing"),
        (70008, "invalid_grant", "sign-in-expired"),
        (70043, "invalid_grant", "sign-in-over"),
        (700082, "invalid_grant", "sign-in-over"),
        (54005, "invalid_grant", "code-used"),
        (70000, "invalid_grant", "code-used"),
        (700016, "unauthorized_client", "app-not-found"),
        (7000215, "invalid_client", "client-secret-wrong"),
        (7000222, "invalid_client", "client-secret-expired"),
        (90002, "invalid_request", "tenant-not-found"),
        (50196, "invalid_grant", "sign-in-loop"),
        (999999, "something_new", "sign-in-refused"),
    ],
)
def test_each_aadsts_number_has_its_kind(plain_entra: FakeEntra, number: int, error: str, kind: str) -> None:
    plain_entra.answers["token"] = 400, {}, json.dumps(refusal(number, error)).encode()
    with pytest.raises(SignInRefused) as refused:
        sign_in(open_entra(plain_entra), plain_entra)
    found = refused.value
    assert (found.kind, found.aadsts, found.correlation_id) == (kind, number, "66666666-7777-8888-9999-000000000000")
    assert found.trace_id == "11111111-2222-3333-4444-555555555555"


def test_an_expired_sign_in_is_told_from_an_entra_that_is_away(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    signed_in = sign_in(client, plain_entra)
    plain_entra.answers["token"] = 400, {}, json.dumps(refusal(700082, "invalid_grant")).encode()
    with pytest.raises(SignInRefused) as refused:
        client.silent(signed_in.cache, signed_in.home_account_id, "", force=True)
    assert refused.value.kind == "sign-in-over"
    plain_entra.answers["token"] = 400, {}, json.dumps(refusal(70008, "invalid_grant")).encode()
    with pytest.raises(SignInRefused) as again:
        client.silent(signed_in.cache, signed_in.home_account_id, "", force=True)
    assert again.value.kind == "sign-in-over"  # in a sign-in under way the same number is about its code
    plain_entra.answers["token"] = 503, {"retry-after": "7"}, b"<html>"
    with pytest.raises(Unavailable) as away:
        client.silent(signed_in.cache, signed_in.home_account_id, "", force=True)
    assert (away.value.kind, away.value.status, away.value.retry_after) == ("entra-unavailable", 503, 7.0)
    del plain_entra.answers["token"]
    assert client.silent(signed_in.cache, signed_in.home_account_id, "", force=True).person is not None


def test_a_claims_challenge_in_a_refresh_is_passed_on(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    signed_in = sign_in(client, plain_entra)
    claims = '{"access_token":{"nbf":{"essential":true}}}'
    answer = refusal(50076, "interaction_required", claims=claims)
    plain_entra.answers["token"] = 400, {}, json.dumps(answer).encode()
    with pytest.raises(SignInRefused) as refused:
        client.silent(signed_in.cache, signed_in.home_account_id, "https://ai.azure.com/.default", claims=claims)
    assert (refused.value.kind, refused.value.claims) == ("interaction-required", claims)
    sent = json.loads(plain_entra.seen[-1][2]["claims"])
    assert sent["access_token"]["nbf"] == {"essential": True}


@pytest.mark.parametrize("cache", ["", "{}", "[]", "null", "{", '{"Account": 1}', '{"Account": {"a": 1}}', "\x00"])
def test_a_damaged_cache_means_to_sign_in_again(plain_entra: FakeEntra, cache: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        open_entra(plain_entra).silent(cache, f"{OID}.{TENANT}", "https://ai.azure.com/.default")
    assert refused.value.kind == "sign-in-over"


def test_an_account_that_is_not_in_the_cache_means_to_sign_in_again(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    with pytest.raises(SignInRefused) as refused:
        client.silent(sign_in(client, plain_entra).cache, "somebody.else", "https://ai.azure.com/.default")
    assert refused.value.kind == "sign-in-over"


def test_keys_roll(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    sign_in(client, plain_entra)
    plain_entra.key, plain_entra.kid, plain_entra.keys = OTHER_KEY, "k2", [jwk(OTHER_KEY, "k2")]
    with time_machine.travel(time.time() + 1):
        client.keys._clock = lambda: time.monotonic() + 61
        assert sign_in(client, plain_entra).person.oid == OID
    assert plain_entra.count("/keys") == 2


def test_a_restarted_authority_may_reuse_the_name_of_its_key(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    sign_in(client, plain_entra)
    plain_entra.key, plain_entra.keys = OTHER_KEY, [jwk(OTHER_KEY, plain_entra.kid)]
    assert sign_in(client, plain_entra).person.oid == OID
    assert plain_entra.count("/keys") == 2


def test_it_boots_and_recovers_when_entra_was_away_first(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    plain_entra.answers["openid-configuration"] = 503, {}, b""
    with pytest.raises(Unavailable):
        client.begin(REDIRECT)
    del plain_entra.answers["openid-configuration"]
    assert sign_in(client, plain_entra).person.oid == OID


def test_it_goes_on_when_only_the_discovery_is_away(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    sign_in(client, plain_entra)
    plain_entra.answers["openid-configuration"] = 500, {}, b""
    assert client.wire._discovery is not None
    client.wire._discovery = 0.0, client.wire._discovery[1]
    assert sign_in(client, plain_entra).person.oid == OID
    assert plain_entra.count("/openid-configuration") == 2


def test_nothing_listening_is_unreachable() -> None:
    with pytest.raises(Unreachable) as away:
        Entra(f"http://127.0.0.1:1/{TENANT}", TENANT, CLIENT, SECRET).begin(REDIRECT)
    assert away.value.kind == "entra-unreachable"


def test_a_certificate_of_another_authority_is_not_believed(secure_entra: FakeEntra) -> None:
    with pytest.raises(Unreachable) as away:
        open_entra(secure_entra).begin(REDIRECT)
    assert away.value.kind == "entra-unreachable"


def test_names_under_localhost_are_this_machine(localhost_certificate: tuple[Path, Path], authority: Authority) -> None:
    with FakeEntra(certificate=localhost_certificate, host="entra.localhost") as fake:
        assert sign_in(open_entra(fake, ca_file=str(authority.ca_file)), fake).person.oid == OID


def test_it_signs_in_with_a_certificate(plain_entra: FakeEntra, tmp_path: Path) -> None:
    from cryptography.hazmat.primitives import serialization

    from tests.azure.fake_entra import KEY

    pem = KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    certificate = self_signed(tmp_path)
    client = open_entra(plain_entra, client_secret="", certificate=f"{pem}\n{certificate}")
    assert sign_in(client, plain_entra).person.oid == OID
    assert "client_assertion" in plain_entra.seen[-1][2] or "client_assertion" in plain_entra.seen[-2][2]


def self_signed(folder: Path) -> str:
    crt, _key = Authority(folder, "app").leaf("app")
    return crt.read_text()


@pytest.mark.parametrize("certificate", ["no pem at all", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"])
def test_a_certificate_that_is_none_is_a_setting_to_mend(plain_entra: FakeEntra, certificate: str) -> None:
    with pytest.raises(SignInRefused) as refused:
        open_entra(plain_entra, client_secret="", certificate=certificate).begin(REDIRECT)
    assert refused.value.kind == "entra-misconfigured"


@pytest.mark.parametrize(
    "document",
    [
        {"token_endpoint": "https://evil.example/token"},
        {"token_endpoint": "http://evil.example/token"},
        {"jwks_uri": "https://evil.example/keys"},
        {"jwks_uri": "https://user@localhost/keys"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"issuer": None},
        {"issuer": 7},
    ],
)
def test_an_authority_that_points_elsewhere_is_not_followed(
    plain_entra: FakeEntra, document: dict[str, object]
) -> None:
    plain_entra.document = document
    with pytest.raises(SignInRefused) as refused:
        open_entra(plain_entra).begin(REDIRECT)
    assert refused.value.kind == "entra-misconfigured"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {}, json.dumps(refusal(90002, "invalid_tenant")).encode()), "tenant-not-found"),
        ((404, {}, b""), "entra-misconfigured"),
        ((302, {"location": "https://evil.example/"}, b""), "entra-misconfigured"),
        ((200, {}, b"<html>captive portal"), "entra-misconfigured"),
        ((200, {}, b"[]"), "entra-misconfigured"),
    ],
)
def test_a_discovery_that_is_none_is_explained(
    plain_entra: FakeEntra, answer: tuple[int, dict[str, str], bytes], kind: str
) -> None:
    plain_entra.answers["openid-configuration"] = answer
    with pytest.raises(SignInRefused) as refused:
        open_entra(plain_entra).begin(REDIRECT)
    assert refused.value.kind == kind


@pytest.mark.parametrize(
    "answer", [(200, {}, b"x" * 1_200_000), (200, {"content-encoding": "gzip"}, b"x"), (500, {}, b""), (429, {}, b"")]
)
def test_keys_that_cannot_be_read_are_a_fault_of_the_way(
    plain_entra: FakeEntra, answer: tuple[int, dict[str, str], bytes]
) -> None:
    plain_entra.answers["keys"] = answer
    with pytest.raises(Unavailable):
        sign_in(open_entra(plain_entra), plain_entra)


def test_signing_out_goes_to_the_authority_with_the_hint(plain_entra: FakeEntra) -> None:
    url = open_entra(plain_entra).sign_out_url("http://localhost:8000/", logout_hint="hint 1")
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(plain_entra.discovery()["end_session_endpoint"] + "?")
    assert asked == {"post_logout_redirect_uri": ["http://localhost:8000/"], "logout_hint": ["hint 1"]}


def test_no_secret_stands_in_any_refusal(plain_entra: FakeEntra) -> None:
    """The token endpoint echoes the client secret; neither text, nor locals, nor chained errors may show it."""
    client = open_entra(plain_entra)
    signed_in = sign_in(client, plain_entra)
    stored = Cache(signed_in.cache)
    refresh = json.loads(stored)["RefreshToken"].popitem()[1]["secret"]
    echo = {**refusal(7000215, "invalid_client"), "error_description": f"AADSTS7000215: {SECRET} is wrong"}
    for status, body in [
        (400, json.dumps(echo).encode()),
        (503, SECRET.encode()),
        (200, b"{}"),
        (200, SECRET.encode()),
    ]:
        plain_entra.answers["token"] = status, {}, body
        with pytest.raises(AzureError) as caught:
            client.silent(stored, signed_in.home_account_id, "", force=True)
        assert_not_shown(caught.value, SECRET, refresh)


class Cache(str):
    """The caller's own copy, which stands in our frames too; only what we make of it is looked at."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Cache()"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("https://login.microsoftonline.com/{tenant}", f"https://login.microsoftonline.com/{TENANT}"),
        ("https://localhost:9401/contoso", "https://localhost:9401/contoso"),
        ("http://127.0.0.1:9400", f"http://127.0.0.1:9400/{TENANT}"),
        ("http://127.0.0.1:9400/", f"http://127.0.0.1:9400/{TENANT}"),
    ],
)
def test_an_authority_has_its_tenant(template: str, expected: str) -> None:
    assert authority_for(template, TENANT) == expected


@pytest.mark.parametrize(
    ("issuer", "configured", "expected"),
    [
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", TENANT, TENANT),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", TENANT.upper(), TENANT),
        (f"https://login.microsoftonline.com/{TENANT}/v2.0", "contoso.onmicrosoft.com", TENANT),
        ("https://login.microsoftonline.com/{tenantid}/v2.0", TENANT, None),
        ("https://login.microsoftonline.com/{tenantid}/v2.0", "common", None),
        (f"https://login.microsoftonline.com/{OID}/v2.0", TENANT, None),
        ("https://login.microsoftonline.com/", TENANT, None),
    ],
)
def test_only_one_tenants_issuer_will_do(issuer: str, configured: str, expected: str | None) -> None:
    if expected is not None:
        assert tenant_of(issuer, configured) == expected
        return
    with pytest.raises(SignInRefused):
        tenant_of(issuer, configured)


def test_a_check_reads_the_authority_and_its_keys_and_signs_nobody_in(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    client.check()
    assert (plain_entra.count("/openid-configuration"), plain_entra.count("/keys"), plain_entra.count("/token")) == (
        1,
        1,
        0,
    )
    plain_entra.answers["keys"] = 404, {}, b""
    with pytest.raises(SignInRefused) as refused:
        client.check()
    assert refused.value.kind == "entra-misconfigured"


def test_a_closed_client_opens_again(plain_entra: FakeEntra) -> None:
    client = open_entra(plain_entra)
    client.check()
    client.close()
    client.close()
    assert sign_in(client, plain_entra).person.oid == OID


def test_an_authority_without_sign_out_says_so(plain_entra: FakeEntra) -> None:
    plain_entra.document = {"end_session_endpoint": None}
    with pytest.raises(SignInRefused) as refused:
        open_entra(plain_entra).sign_out_url("http://localhost:8000/")
    assert refused.value.kind == "entra-misconfigured"
