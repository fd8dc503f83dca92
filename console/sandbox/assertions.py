"""Client assertions: an app that proves itself with a certificate, or with a token of a federated workload."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import jwt
from cryptography import x509

from console.sandbox.ca import write_private
from console.sandbox.people import CLIENT_ID
from console.sandbox.state import Sandbox
from console.sandbox.wire import JSON, entra_error

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
EXCHANGE_AUDIENCE = "api://AzureADTokenExchange"
WORKLOAD = "system:serviceaccount:console:console"
WORKLOAD_TOKEN_LIFE = 7 * 86_400  # seconds; Kubernetes renews its file, the sandbox writes it at each start


def write_federated_token(sandbox: Sandbox) -> Path:
    """The file that `AZURE_FEDERATED_TOKEN_FILE` may point at, as Kubernetes would project it.

    Sealed with a secret of its own: the cluster's keys are not Entra's, and outlive a roll of those.
    """
    now = int(time.time())
    claims: JSON = {
        "aud": [EXCHANGE_AUDIENCE],
        "iss": "https://cluster.contoso.example/",
        "sub": WORKLOAD,
        "iat": now,
        "nbf": now,
        "exp": now + WORKLOAD_TOKEN_LIFE,
    }
    path = sandbox.folder / "federated-token"
    write_private(path, jwt.encode(claims, sandbox.secrets.workload_key, algorithm="HS256").encode())
    return path


def check(sandbox: Sandbox, tid: str, form: Mapping[str, str]) -> None:
    """Accept a federated workload's token, or one signed with a certificate registered by the switch."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise entra_error(400, "invalid_request", 900144, f"client_assertion_type must be {ASSERTION_TYPE}.")
    assertion = form["client_assertion"]
    if is_workload(sandbox, assertion) or is_certified(sandbox, tid, assertion):
        return
    text = "Client assertion contains an invalid signature. The key was not found among the registered certificates."
    raise entra_error(401, "invalid_client", 700027, text)


def is_workload(sandbox: Sandbox, assertion: str) -> bool:
    try:
        claims = jwt.decode(assertion, sandbox.secrets.workload_key, algorithms=["HS256"], audience=[EXCHANGE_AUDIENCE])
    except jwt.InvalidTokenError:
        return False
    return bool(claims.get("sub") == WORKLOAD)


def is_certified(sandbox: Sandbox, tid: str, assertion: str) -> bool:
    """private_key_jwt: issuer and subject are the app, the audience is the token endpoint."""
    audiences = [f"{sandbox.tls_base}/{tid}/oauth2/v2.0/token", sandbox.issuer(tid)]
    for pem in sandbox.directory.certificates:
        key = x509.load_pem_x509_certificate(pem.encode()).public_key()
        try:
            claims = jwt.decode(
                assertion,
                key,  # type: ignore[arg-type]  # PyJWT refuses kinds it cannot use
                algorithms=["RS256", "PS256"],
                audience=audiences,
                issuer=CLIENT_ID,
            )
        except (jwt.InvalidTokenError, TypeError):
            continue
        return claims.get("sub") == CLIENT_ID
    return False
