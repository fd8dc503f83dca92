"""The console's own identity, for jobs and for calls as the console: one credential by name, one cache of tokens."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from console.azure.aadsts import NUMBER
from console.azure.entra_wire import EntraWire
from console.azure.errors import AzureError, SignInNeeded, Unavailable, Unreachable

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"
REFRESH_BEFORE = 300.0
# One try and one more, 5 s each: a job must hear that the identity endpoint is away, not wait for minutes.
WIRE_LIMITS: dict[str, Any] = {"retry_total": 1, "connection_timeout": 5, "read_timeout": 5}
AWAY = frozenset({404, 410, 429, *range(500, 600)})


def own_credential(
    env: Mapping[str, str],
    *,
    authority: str | None = None,
    tenant_id: str = "",
    ca_file: str | None = None,
    proxy: str | None = None,
) -> TokenCredential | None:
    """The credential that the environment names by azure-identity's own variables; None where it names none.

    Chosen explicitly and in this order: AZURE_TOKEN_CREDENTIALS, client secret, certificate, federated token, managed
    identity. DefaultAzureCredential would try them all, slowly and surprisingly. `authority` is scheme and host.
    """
    client_id, tenant = env.get("AZURE_CLIENT_ID", ""), env.get("AZURE_TENANT_ID", "") or tenant_id
    kind = credential_kind(env)
    if kind is None:
        return None
    host = (authority or env.get("AZURE_AUTHORITY_HOST") or PUBLIC_AUTHORITY).rstrip("/")
    entra = _over(EntraWire(f"{host}/{tenant}", ca_file=ca_file, proxy=proxy))
    # Not at the top: importing azure.identity takes 1.4 s, which every command would pay.
    from azure import identity

    match kind:
        case "ClientSecretCredential":
            return identity.ClientSecretCredential(tenant, client_id, env["AZURE_CLIENT_SECRET"], **entra)
        case "CertificateCredential":
            path, password = env["AZURE_CLIENT_CERTIFICATE_PATH"], env.get("AZURE_CLIENT_CERTIFICATE_PASSWORD")
            return identity.CertificateCredential(tenant, client_id, path, password=password, **entra)
        case "WorkloadIdentityCredential":
            path = env["AZURE_FEDERATED_TOKEN_FILE"]
            return identity.WorkloadIdentityCredential(
                tenant_id=tenant, client_id=client_id, token_file_path=path, **entra
            )
        case "AzureCliCredential":
            return identity.AzureCliCredential(tenant_id=tenant, process_timeout=10)
    return identity.ManagedIdentityCredential(
        client_id=client_id or None,
        use_env_settings=False,
        connection_verify=ca_file or True,
        raw_response_hook=_refuse_when_away,
        **WIRE_LIMITS,
    )


def _refuse_when_away(answer: Any) -> None:
    """azure-identity takes a broken endpoint for one that has no identity to give; the status tells them apart."""
    if answer.http_response.status_code in AWAY:
        raise Unreachable("the identity endpoint is away", kind="identity-unreachable", phase="connect")


def credential_kind(env: Mapping[str, str]) -> str | None:
    """The name of azure-identity's class that this environment asks for."""
    named = env.get("AZURE_TOKEN_CREDENTIALS", "").casefold()
    for kind in ("ManagedIdentityCredential", "AzureCliCredential"):
        if named == kind.casefold():
            return kind
    for variable, kind in (
        ("AZURE_CLIENT_SECRET", "ClientSecretCredential"),
        ("AZURE_CLIENT_CERTIFICATE_PATH", "CertificateCredential"),
        ("AZURE_FEDERATED_TOKEN_FILE", "WorkloadIdentityCredential"),
        ("IDENTITY_ENDPOINT", "ManagedIdentityCredential"),
        ("AZURE_POD_IDENTITY_AUTHORITY_HOST", "ManagedIdentityCredential"),
        ("AZURE_CLIENT_ID", "ManagedIdentityCredential"),
    ):
        if env.get(variable):
            return kind
    return None


def _over(wire: EntraWire) -> dict[str, Any]:
    """azure-identity's options to talk to the authority through our own client: its hosts, its TLS, its limits.

    That client also speaks plain http to a stand-in on loopback, which azure-identity by itself refuses.
    """
    import io

    import requests
    import urllib3
    from azure.core.pipeline.transport import RequestsTransport
    from requests.adapters import BaseAdapter

    class WireAdapter(BaseAdapter):
        def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
            body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
            answer = wire.forward(
                str(request.method),
                str(request.url),
                {name: str(value) for name, value in request.headers.items()},
                body,
            )
            response = requests.Response()
            response.status_code, response.request, response.url = answer.status_code, request, str(request.url)
            response.headers["content-type"] = "application/json"
            response.raw = urllib3.HTTPResponse(io.BytesIO(answer.text.encode()), preload_content=False)
            return response

        def close(self) -> None:
            wire.close()

    session = requests.Session()
    session.trust_env = False
    session.mount("https://", WireAdapter())
    address = urlsplit(wire.msal_authority)
    return {
        "authority": f"{address.scheme}://{address.netloc}",
        "disable_instance_discovery": True,
        "transport": RequestsTransport(session=session, session_owner=False),
        "retry_total": 0,
    }


@dataclass(slots=True)
class _Held:
    """One scope's token, and the lock that lets one caller fetch it while the others wait."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: str = field(default="", repr=False)
    expires_at: float = 0.0


class OwnTokens:
    """Access tokens of the console's own identity, kept in memory until five minutes before they end.

    One a process: the credential caches too. Safe to use from several threads and event loops.
    """

    def __init__(self, credential: TokenCredential | None, *, clock: Callable[[], float] = time.time) -> None:
        self._credential = credential
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, _Held] = {}

    async def get(self, scope: str) -> str:
        """A token for `scope` ("https://…/.default").

        Raises SignInNeeded ("identity-missing", "identity-refused") and Unreachable ("identity-unreachable").
        """
        held = self._of(scope)
        if held.expires_at - self._clock() > REFRESH_BEFORE:
            return held.token
        return await asyncio.to_thread(self._fetch, scope, held)

    def forget(self, scope: str) -> None:
        """Ask anew next time: Azure refused the token though its time is not up."""
        with self._lock:
            self._held.pop(scope, None)

    def close(self) -> None:
        """Give back the credential's connections; it is not asked again."""
        if close := getattr(self._credential, "close", None):
            close()

    def _of(self, scope: str) -> _Held:
        with self._lock:
            return self._held.setdefault(scope, _Held())

    def _fetch(self, scope: str, held: _Held) -> str:
        with held.lock:
            now = self._clock()
            if held.expires_at - now > REFRESH_BEFORE:
                return held.token
            try:
                held.token, held.expires_at = _ask(self._credential, scope)
            except Unreachable:
                # The last minutes of the token we have are better than nothing.
                if held.expires_at <= now:
                    raise
            return held.token


def _ask(credential: TokenCredential | None, scope: str) -> tuple[str, float]:
    if credential is None:
        raise SignInNeeded("the console has no identity of its own", kind="identity-missing", phase="connect")
    from azure.core.exceptions import AzureError as LibraryError

    error: AzureError
    try:
        token = credential.get_token(scope)
        return token.token, float(token.expires_on)
    except AzureError as fault:
        error = fault
    except (LibraryError, ValueError, OSError) as fault:
        error = _translated(fault)
    # Without the way it came: the library's frames hold the secret.
    raise error.with_traceback(None)


def _translated(fault: BaseException) -> AzureError:
    """azure-identity's exception as ours. Its text is left behind: it quotes the identity endpoint's answer."""
    from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

    number = NUMBER.search(str(fault))
    beneath: BaseException | None = fault
    while beneath is not None:
        status = beneath.status_code if isinstance(beneath, HttpResponseError) else None
        away = isinstance(beneath, ServiceRequestError | ServiceResponseError | Unavailable | OSError)
        if away or status in AWAY:
            return Unreachable("no answer from where the identity comes", kind="identity-unreachable", phase="connect")
        beneath = beneath.__cause__ or beneath.__context__
    code = f"AADSTS{number[1]}" if number else type(fault).__name__
    why = f"the console's own identity was refused: {code}"
    return SignInNeeded(why, kind="identity-refused", code=code, phase="connect")
