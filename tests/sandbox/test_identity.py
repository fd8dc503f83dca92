"""The console's own identity, with the real azure-identity."""

from __future__ import annotations

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import ClientSecretCredential, ManagedIdentityCredential, WorkloadIdentityCredential
from azure.identity.aio import ClientSecretCredential as AsyncClientSecretCredential
from azure.identity.aio import ManagedIdentityCredential as AsyncManagedIdentityCredential

from console.sandbox.people import CLIENT_ID, MANAGED_IDENTITY, TENANT_ID
from tests.sandbox_process import SandboxProcess

ARM = "https://management.azure.com/.default"
FOUNDRY = "https://ai.azure.com/.default"


@pytest.fixture
def app_service(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> SandboxProcess:
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.setenv(name, sandbox.environment[name])
    return sandbox


def claims_of(token: str) -> dict[str, object]:
    return jwt.decode(token, options={"verify_signature": False})


@pytest.mark.parametrize("scope", [ARM, FOUNDRY, "https://cognitiveservices.azure.com/.default"])
def test_app_service_gives_a_token_for_the_resource(app_service: SandboxProcess, scope: str) -> None:
    with ManagedIdentityCredential() as credential:
        claims = claims_of(credential.get_token(scope).token)
    assert claims["aud"] == scope.removesuffix("/.default")
    assert (claims["oid"], claims["idtyp"]) == (MANAGED_IDENTITY.oid, "app")


async def test_app_service_works_async(app_service: SandboxProcess) -> None:
    async with AsyncManagedIdentityCredential() as credential:
        assert claims_of((await credential.get_token(FOUNDRY)).token)["oid"] == MANAGED_IDENTITY.oid


def test_the_identity_header_is_checked(app_service: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "guessed")
    with ManagedIdentityCredential() as credential, pytest.raises(ClientAuthenticationError):
        credential.get_token(ARM)


@pytest.mark.parametrize("options", [{}, {"client_id": MANAGED_IDENTITY.oid}])
def test_an_identity_is_chosen_by_its_client_id(app_service: SandboxProcess, options: dict[str, str]) -> None:
    with ManagedIdentityCredential(**options) as credential:
        assert credential.get_token(ARM).token


def test_an_unknown_identity_is_refused(app_service: SandboxProcess) -> None:
    with ManagedIdentityCredential(client_id=TENANT_ID) as credential, pytest.raises(ClientAuthenticationError):
        credential.get_token(ARM)


def test_a_virtual_machine_gets_its_token_from_imds(sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", sandbox.url)
    with ManagedIdentityCredential() as credential:
        assert claims_of(credential.get_token(FOUNDRY).token)["aud"] == "https://ai.azure.com"
    assert sandbox.counters()["paths"]["GET /metadata/identity/oauth2/token"] >= 1


def authority(sandbox: SandboxProcess) -> str:
    return sandbox.environment["ENTRA_AUTHORITY"].rpartition("/")[0]


def test_a_client_secret_works_over_tls(sandbox: SandboxProcess) -> None:
    with ClientSecretCredential(
        TENANT_ID,
        CLIENT_ID,
        sandbox.environment["ENTRA_CLIENT_SECRET"],
        authority=authority(sandbox),
        disable_instance_discovery=True,
        connection_verify=sandbox.environment["SSL_CERT_FILE"],
    ) as credential:
        assert claims_of(credential.get_token(ARM).token)["idtyp"] == "app"


async def test_a_client_secret_works_over_tls_async(sandbox: SandboxProcess) -> None:
    async with AsyncClientSecretCredential(
        TENANT_ID,
        CLIENT_ID,
        sandbox.environment["ENTRA_CLIENT_SECRET"],
        authority=authority(sandbox),
        disable_instance_discovery=True,
        connection_verify=sandbox.environment["SSL_CERT_FILE"],
    ) as credential:
        assert claims_of((await credential.get_token(FOUNDRY)).token)["aud"] == "https://ai.azure.com"


def test_a_federated_workload_needs_no_secret(sandbox: SandboxProcess) -> None:
    with WorkloadIdentityCredential(
        tenant_id=TENANT_ID,
        client_id=CLIENT_ID,
        token_file_path=str(sandbox.data_dir / "federated-token"),
        authority=authority(sandbox),
        disable_instance_discovery=True,
        connection_verify=sandbox.environment["SSL_CERT_FILE"],
    ) as credential:
        assert claims_of(credential.get_token(FOUNDRY).token)["appid"] == CLIENT_ID
