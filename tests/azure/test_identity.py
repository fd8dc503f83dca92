"""The console's own identity through real azure-identity against fakes on real sockets."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from console.azure.errors import AzureError, SignInNeeded, Unreachable
from console.azure.identity import OwnTokens, credential_kind, own_credential
from tests.azure.certificates import Authority
from tests.azure.disclosure import assert_not_shown
from tests.azure.fake_entra import CLIENT, KEY, SECRET, TENANT, FakeEntra, refusal

SCOPE = "https://management.azure.com/.default"


@pytest.mark.parametrize(
    ("env", "kind"),
    [
        ({}, None),
        ({"AZURE_TENANT_ID": "t"}, None),
        ({"AZURE_CLIENT_ID": "c"}, "ManagedIdentityCredential"),
        ({"AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"}, "ClientSecretCredential"),
        ({"AZURE_CLIENT_ID": "c", "AZURE_CLIENT_CERTIFICATE_PATH": "p"}, "CertificateCredential"),
        ({"AZURE_CLIENT_ID": "c", "AZURE_FEDERATED_TOKEN_FILE": "p"}, "WorkloadIdentityCredential"),
        ({"IDENTITY_ENDPOINT": "http://127.0.0.1:9/"}, "ManagedIdentityCredential"),
        ({"AZURE_POD_IDENTITY_AUTHORITY_HOST": "http://127.0.0.1:9"}, "ManagedIdentityCredential"),
        ({"AZURE_TOKEN_CREDENTIALS": "AzureCliCredential", "AZURE_CLIENT_SECRET": "s"}, "AzureCliCredential"),
        ({"AZURE_TOKEN_CREDENTIALS": "managedidentitycredential"}, "ManagedIdentityCredential"),
        ({"AZURE_TOKEN_CREDENTIALS": "prod"}, None),
    ],
)
def test_the_environment_names_one_credential(env: dict[str, str], kind: str | None) -> None:
    assert credential_kind(env) == kind
    if kind is None:
        assert own_credential(env) is None


def secret_identity(fake: FakeEntra, secret: str = SECRET, ca_file: str | None = None) -> OwnTokens:
    env = {"AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": secret, "AZURE_TENANT_ID": TENANT}
    return OwnTokens(own_credential(env, authority=fake.origin, ca_file=ca_file))


async def test_a_client_secret_works_over_plain_http_on_loopback(plain_entra: FakeEntra) -> None:
    assert await secret_identity(plain_entra).get(SCOPE) == f"own-{SCOPE}"


async def test_a_client_secret_works_over_https_with_an_own_ca(secure_entra: FakeEntra, authority: Authority) -> None:
    assert await secret_identity(secure_entra, ca_file=str(authority.ca_file)).get(SCOPE) == f"own-{SCOPE}"


async def test_a_federated_token_works(plain_entra: FakeEntra, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("federated")
    env = {"AZURE_CLIENT_ID": CLIENT, "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "token")}
    tokens = OwnTokens(own_credential(env, authority=plain_entra.origin, tenant_id=TENANT))
    assert await tokens.get(SCOPE) == f"own-{SCOPE}"
    assert plain_entra.seen[-1][2]["client_assertion"] == "federated"


async def test_a_certificate_works(plain_entra: FakeEntra, tmp_path: Path) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app")])
    builder = Authority(tmp_path)._builder(name, KEY.public_key(), days=1, ca=False)
    pem = builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    pem += KEY.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "app.pem").write_bytes(pem)
    env = {"AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_CERTIFICATE_PATH": str(tmp_path / "app.pem")}
    tokens = OwnTokens(own_credential(env, authority=plain_entra.origin, tenant_id=TENANT))
    assert await tokens.get(SCOPE) == f"own-{SCOPE}"


async def test_no_identity_is_said_so() -> None:
    with pytest.raises(SignInNeeded) as needed:
        await OwnTokens(None).get(SCOPE)
    assert (needed.value.kind, needed.value.phase) == ("identity-missing", "connect")


async def test_a_refused_secret_names_the_number_and_nothing_else(
    plain_entra: FakeEntra, caplog: pytest.LogCaptureFixture
) -> None:
    echo = {**refusal(7000215, "invalid_client"), "error_description": "AADSTS7000215: wrong-sentinel is wrong"}
    plain_entra.answers["token"] = 401, {"content-type": "application/json"}, json.dumps(echo).encode()
    with pytest.raises(SignInNeeded) as needed:
        await secret_identity(plain_entra, "wrong-sentinel").get(SCOPE)
    assert needed.value.kind == "identity-refused"
    assert "AADSTS7000215" in str(needed.value)
    assert_not_shown(needed.value, "wrong-sentinel")
    assert "wrong-sentinel" not in caplog.text


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_an_authority_that_is_away_is_unreachable(plain_entra: FakeEntra, status: int) -> None:
    tokens = secret_identity(plain_entra)
    plain_entra.answers["token"] = status, {}, b"{}"
    with pytest.raises(Unreachable) as away:
        await tokens.get(SCOPE)
    assert away.value.kind == "identity-unreachable"
    assert_not_shown(away.value, SECRET)
    del plain_entra.answers["token"]
    assert await tokens.get(SCOPE) == f"own-{SCOPE}"


async def test_nothing_listening_is_unreachable() -> None:
    env = {"AZURE_CLIENT_ID": CLIENT, "AZURE_CLIENT_SECRET": SECRET, "AZURE_TENANT_ID": TENANT}
    with pytest.raises(Unreachable) as away:
        await OwnTokens(own_credential(env, authority="http://127.0.0.1:1")).get(SCOPE)
    assert away.value.kind == "identity-unreachable"
    assert_not_shown(away.value, SECRET)


class ManagedIdentity:
    """An App Service identity endpoint (azure-facts 5.11)."""

    def __init__(self) -> None:
        self.status = 200
        self.seen: list[tuple[str, str]] = []
        identity = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                identity.seen.append((self.path, self.headers["X-IDENTITY-HEADER"]))
                body = {"access_token": "mi-token", "expires_on": str(int(time.time()) + 3600), "token_type": "Bearer"}
                raw = json.dumps(body if identity.status == 200 else {"error": "refused"}).encode()
                self.send_response(identity.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def managed_identity(monkeypatch: pytest.MonkeyPatch) -> Any:
    identity = ManagedIdentity()
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{identity.server.server_port}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "mi-header")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    yield identity
    identity.server.shutdown()
    identity.server.server_close()


async def test_a_managed_identity_works_and_ignores_a_stray_proxy(managed_identity: ManagedIdentity) -> None:
    tokens = OwnTokens(own_credential(os.environ))
    assert await tokens.get(SCOPE) == "mi-token"
    path, header = managed_identity.seen[0]
    assert "resource=https" in path
    assert header == "mi-header"


@pytest.mark.parametrize(("status", "kind"), [(400, "identity-refused"), (500, "identity-unreachable")])
async def test_a_managed_identity_that_refuses_or_breaks(
    managed_identity: ManagedIdentity, status: int, kind: str
) -> None:
    managed_identity.status = status
    with pytest.raises(AzureError) as caught:
        await OwnTokens(own_credential(os.environ)).get(SCOPE)
    assert caught.value.kind == kind


class Counted:
    """A credential that counts; `fault` makes it fail."""

    def __init__(self, lifetime: float = 3600) -> None:
        self.calls, self.lifetime, self.fault = 0, lifetime, False

    def get_token(self, *scopes: str, **_: object) -> Any:
        from azure.core.credentials import AccessToken
        from azure.core.exceptions import ServiceRequestError

        self.calls += 1
        time.sleep(0.02)
        if self.fault:
            raise ServiceRequestError("away")
        return AccessToken(f"{scopes[0]}#{self.calls}", int(1000 + self.lifetime * self.calls))


async def test_many_callers_share_one_fetch_for_each_scope() -> None:
    credential = Counted()
    tokens = OwnTokens(credential, clock=lambda: 1000)
    found = await asyncio.gather(*(tokens.get("a") for _ in range(20)), *(tokens.get("b") for _ in range(20)))
    assert credential.calls == 2
    assert len(set(found)) == 2


def test_threads_with_their_own_loops_share_one_fetch() -> None:
    credential = Counted()
    tokens = OwnTokens(credential, clock=lambda: 1000)
    threads = [threading.Thread(target=lambda: asyncio.run(tokens.get("a"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert credential.calls == 1


async def test_a_token_is_renewed_five_minutes_before_it_ends() -> None:
    now = 1000.0
    credential = Counted()
    tokens = OwnTokens(credential, clock=lambda: now)
    await tokens.get("a")
    now = 1000.0 + 3600 - 301
    assert await tokens.get("a") == "a#1"
    now += 2
    assert await tokens.get("a") == "a#2"


async def test_the_token_serves_to_its_end_while_no_new_one_can_be_had() -> None:
    now = 1000.0
    credential = Counted()
    tokens = OwnTokens(credential, clock=lambda: now)
    await tokens.get("a")
    credential.fault, now = True, 1000.0 + 3600 - 10
    assert await tokens.get("a") == "a#1"
    now += 11
    with pytest.raises(Unreachable):
        await tokens.get("a")


async def test_a_forgotten_token_is_asked_for_anew() -> None:
    tokens = OwnTokens(Counted(), clock=lambda: 1000)
    assert await tokens.get("a") == "a#1"
    tokens.forget("a")
    assert await tokens.get("a") == "a#2"
