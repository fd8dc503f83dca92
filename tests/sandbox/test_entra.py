"""Sign-in and tokens, with the real MSAL."""

from __future__ import annotations

import base64
import datetime
import ssl
import warnings
from typing import Any

import httpx
import jwt
import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from console.sandbox.people import CLIENT_ID, OTHER_TENANT_ID, PEOPLE, TENANT_ID
from tests.sandbox_process import SandboxProcess

RETURN = "http://localhost:8000/signin/return/"
ARM = "https://management.azure.com/user_impersonation"
FOUNDRY = "https://ai.azure.com/.default"


def make_app(sandbox: SandboxProcess, credential: Any = None) -> msal.ConfidentialClientApplication:
    environment = sandbox.environment
    return msal.ConfidentialClientApplication(
        CLIENT_ID,
        credential or environment["ENTRA_CLIENT_SECRET"],
        authority=environment["ENTRA_AUTHORITY"],
        instance_discovery=False,
        verify=environment["SSL_CERT_FILE"],
    )


def begin(app: msal.ConfidentialClientApplication, *scopes: str, **options: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="response_mode='form_post'")  # we use the query on purpose
        return app.initiate_auth_code_flow(list(scopes), redirect_uri=RETURN, **options)


def sign_in(sandbox: SandboxProcess, person: str = "ada", app: Any = None) -> dict[str, Any]:
    app = app or make_app(sandbox)
    flow = begin(app, ARM)
    return app.acquire_token_by_auth_code_flow(flow, sandbox.sign_in(flow["auth_uri"], person))


def jwks(sandbox: SandboxProcess) -> dict[str, Any]:
    url = f"{sandbox.environment['ENTRA_AUTHORITY']}/discovery/v2.0/keys"
    trusted = ssl.create_default_context(cafile=sandbox.environment["SSL_CERT_FILE"])
    return {key["kid"]: key for key in httpx.get(url, verify=trusted, trust_env=False).json()["keys"]}


def verified(sandbox: SandboxProcess, token: str, audience: str) -> dict[str, Any]:
    key = jwt.PyJWK(jwks(sandbox)[jwt.get_unverified_header(token)["kid"]])
    return jwt.decode(token, key, algorithms=["RS256"], audience=audience)


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.username)
def test_each_person_signs_in_with_their_roles(sandbox: SandboxProcess, person: Any) -> None:
    result = sign_in(sandbox, person.oid)
    claims = verified(sandbox, result["id_token"], CLIENT_ID)
    assert claims["roles"] == list(person.roles) if person.roles else "roles" not in claims
    assert (claims["oid"], claims["tid"], claims["preferred_username"]) == (person.oid, person.tid, person.username)
    assert claims["iss"] == result["id_token_claims"]["iss"]
    assert claims["iss"].endswith(f"/{person.tid}/v2.0")
    assert {"sid", "login_hint", "sub", "uti", "nonce", "nbf", "name"} <= claims.keys()


def test_the_account_is_the_person_of_client_info(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    sign_in(sandbox, "ada", app)
    account = app.get_accounts()[0]
    assert account["home_account_id"] == f"{account['local_account_id']}.{TENANT_ID}"


def test_somebody_of_another_tenant_carries_that_tenant(sandbox: SandboxProcess) -> None:
    assert sign_in(sandbox, "oscar")["id_token_claims"]["tid"] == OTHER_TENANT_ID


def test_group_overage_leaves_a_pointer_instead_of_groups(sandbox: SandboxProcess) -> None:
    claims = sign_in(sandbox, "grace")["id_token_claims"]
    assert "groups" not in claims
    assert claims["_claim_sources"]["src1"]["endpoint"].startswith("https://graph.microsoft.com/")
    assert len(sign_in(sandbox, "ada")["id_token_claims"]["groups"]) == 3


def test_one_sign_in_gives_tokens_for_several_resources(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    sign_in(sandbox, "seoyeon", app)
    account = app.get_accounts()[0]
    token = app.acquire_token_silent([FOUNDRY], account=account)
    claims = verified(sandbox, token["access_token"], "https://ai.azure.com")
    assert (claims["scp"], claims["idtyp"], claims["appid"]) == ("user_impersonation", "user", CLIENT_ID)
    assert token["token_source"] == "identity_provider"
    assert app.acquire_token_silent([FOUNDRY], account=account)["token_source"] == "cache"


def test_two_resources_in_one_request_are_refused(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    flow = begin(app, ARM, "https://ai.azure.com/user_impersonation")
    result = app.acquire_token_by_auth_code_flow(flow, sandbox.sign_in(flow["auth_uri"], "ada"))
    assert result["error_codes"] == [28000]


def test_a_code_works_once(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    flow = begin(app, ARM)
    back = sandbox.sign_in(flow["auth_uri"], "ada")
    assert "access_token" in app.acquire_token_by_auth_code_flow(dict(flow), back)
    again = app.acquire_token_by_auth_code_flow(dict(flow), back)
    assert (again["error"], again["error_codes"]) == ("invalid_grant", [54005])


def test_the_code_verifier_must_match(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    flow = begin(app, ARM)
    back = sandbox.sign_in(flow["auth_uri"], "ada")
    result = app.acquire_token_by_auth_code_flow({**flow, "code_verifier": "x" * 60}, back)
    assert result["error_codes"] == [501481]


def test_the_redirect_uri_must_be_the_same_twice(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    flow = begin(app, ARM)
    back = sandbox.sign_in(flow["auth_uri"], "ada")
    elsewhere = {**flow, "redirect_uri": "http://localhost:9999/signin/return/"}
    assert app.acquire_token_by_auth_code_flow(elsewhere, back)["error_codes"] == [500112]


@pytest.mark.parametrize(
    ("switch", "options", "code"),
    [("revoke", {}, 70043), ("disable", {}, 50057), ("disable", {"disabled": False}, None)],
)
def test_a_refresh_token_stops_working(sandbox: SandboxProcess, switch: str, options: Any, code: int | None) -> None:
    app = make_app(sandbox)
    sign_in(sandbox, "minjun", app)
    sandbox.switch(switch, person="minjun", **options)
    result = app.acquire_token_silent_with_error([FOUNDRY], account=app.get_accounts()[0])
    assert result.get("error_codes") == ([code] if code else None)
    assert result.get("error") == ("invalid_grant" if code else None)


def test_changed_roles_arrive_with_the_next_token(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    sign_in(sandbox, "ben", app)
    sandbox.switch("roles", person="ben", roles=["Support"])
    result = app.acquire_token_silent([FOUNDRY], account=app.get_accounts()[0], force_refresh=True)
    assert result["id_token_claims"]["roles"] == ["Support"]


@pytest.mark.parametrize(("secret", "code"), [("wrong", 7000215), (" ", 7000215)])
def test_a_wrong_secret_is_refused(sandbox: SandboxProcess, secret: str, code: int) -> None:
    result = make_app(sandbox, secret).acquire_token_for_client([FOUNDRY])
    assert (result["error"], result["error_codes"]) == ("invalid_client", [code])


def test_the_app_gets_a_token_of_its_own(sandbox: SandboxProcess) -> None:
    token = make_app(sandbox).acquire_token_for_client(["https://management.azure.com/.default"])["access_token"]
    claims = verified(sandbox, token, "https://management.azure.com")
    assert claims["idtyp"] == "app"
    assert "scp" not in claims


def test_an_unknown_resource_is_refused(sandbox: SandboxProcess) -> None:
    result = make_app(sandbox).acquire_token_for_client(["https://nowhere.example/.default"])
    assert result["error_codes"] == [500011]


def make_certificate() -> tuple[str, str, str]:
    """Private key, certificate, thumbprint."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "console")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()
    return private, made.public_bytes(pem).decode(), made.fingerprint(hashes.SHA256()).hex()


def test_a_registered_certificate_replaces_the_secret(sandbox: SandboxProcess) -> None:
    private, public, thumbprint = make_certificate()
    app = make_app(sandbox, {"private_key": private, "public_certificate": public})
    assert app.acquire_token_for_client([FOUNDRY])["error_codes"] == [700027]
    sandbox.switch("certificate", certificate=public)
    app = make_app(sandbox, {"private_key": private, "public_certificate": public})
    assert "access_token" in app.acquire_token_for_client([FOUNDRY])


def test_a_rolled_key_is_published_beside_the_old_one(sandbox: SandboxProcess) -> None:
    before = sign_in(sandbox)["id_token"]
    kid = sandbox.switch("roll-keys")["kid"]
    after = sign_in(sandbox)["id_token"]
    assert jwt.get_unverified_header(after)["kid"] == kid != jwt.get_unverified_header(before)["kid"]
    assert verified(sandbox, before, CLIENT_ID)
    sandbox.switch("roll-keys", drop_old=True)
    assert len(jwks(sandbox)) == 1


def test_the_nonce_comes_back(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    flow = begin(app, ARM)
    back = sandbox.sign_in(flow["auth_uri"], "ada")
    with pytest.raises(RuntimeError, match="nonce"):
        app.acquire_token_by_auth_code_flow({**flow, "nonce": "another"}, back)


def test_id_tokens_can_be_spoilt_for_whoever_must_notice(sandbox: SandboxProcess) -> None:
    sandbox.switch("id-token", claims={"aud": "somebody-else", "oid": None}, signed_by="stranger")
    token = sign_in(sandbox)["id_token"]
    key = jwt.PyJWK(jwks(sandbox)[jwt.get_unverified_header(token)["kid"]])
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, key, algorithms=["RS256"], audience="somebody-else")
    assert "oid" not in jwt.decode(token, options={"verify_signature": False})


def test_an_unknown_tenant_is_refused(sandbox: SandboxProcess) -> None:
    base = sandbox.environment["ENTRA_AUTHORITY"].rpartition("/")[0]
    trusted = ssl.create_default_context(cafile=sandbox.environment["SSL_CERT_FILE"])
    url = f"{base}/11111111-2222-3333-4444-555555555555/v2.0/.well-known/openid-configuration"
    answer = httpx.get(url, verify=trusted, trust_env=False)
    assert (answer.status_code, answer.json()["error_codes"]) == (400, [90002])


def test_the_document_sends_browsers_to_plain_http_and_programs_to_tls(sandbox: SandboxProcess) -> None:
    trusted = ssl.create_default_context(cafile=sandbox.environment["SSL_CERT_FILE"])
    url = f"{sandbox.environment['ENTRA_AUTHORITY']}/v2.0/.well-known/openid-configuration"
    found = httpx.get(url, verify=trusted, trust_env=False).json()
    plain = {name for name, value in found.items() if isinstance(value, str) and value.startswith("http://localhost:")}
    assert plain == {"authorization_endpoint", "end_session_endpoint"}
    assert found["token_endpoint"].startswith("https://localhost:")


def test_a_token_request_over_plain_http_finds_nothing(sandbox: SandboxProcess, web: httpx.Client) -> None:
    assert web.post(f"{sandbox.url}/{TENANT_ID}/oauth2/v2.0/token", data={}).status_code == 404


def test_a_person_may_have_to_come_back_in_person(sandbox: SandboxProcess) -> None:
    app = make_app(sandbox)
    sign_in(sandbox, "ada", app)
    sandbox.switch("interact", person="ada", code=50076)
    result = app.acquire_token_silent_with_error([FOUNDRY], account=app.get_accounts()[0])
    assert (result["error"], result["error_codes"]) == ("interaction_required", [50076])
    again = make_app(sandbox)
    sign_in(sandbox, "ada", again)
    assert again.acquire_token_silent([FOUNDRY], account=again.get_accounts()[0])["access_token"]


def test_a_claims_challenge_is_met_by_asking_with_the_claims(sandbox: SandboxProcess, web: httpx.Client) -> None:
    app = make_app(sandbox)
    token = sign_in(sandbox, "ada", app)["access_token"]
    sandbox.switch("challenge", person="ada")
    url = f"{sandbox.environment['ARM_ENDPOINT']}/subscriptions?api-version=2022-12-01"
    refused = web.get(url, headers={"Authorization": f"Bearer {token}"})
    header = refused.headers["WWW-Authenticate"]
    assert refused.status_code == 401
    assert 'error="insufficient_claims"' in header
    claims = base64.b64decode(header.partition('claims="')[2].partition('"')[0]).decode()
    fresh = app.acquire_token_silent([ARM], account=app.get_accounts()[0], claims_challenge=claims)["access_token"]
    assert web.get(url, headers={"Authorization": f"Bearer {fresh}"}).status_code == 200
