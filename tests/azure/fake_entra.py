"""A small Entra of our own for tests: discovery, keys, authorize, token; https with its own CA, plain http, or both."""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

TENANT = "31c75423-32d6-4322-88b7-c478bdde4858"
CLIENT = "6f3d5f0a-0c1b-4a2e-9d38-5a1f4d7a9b10"
SECRET = "sentinel-client-secret-7f3a"
OID = "b5cf119e-2a1c-4b7e-8f4d-0a9c1d2e3f40"

# One key for the whole run: making one takes a tenth of a second.
KEY = generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = generate_private_key(public_exponent=65537, key_size=2048)


def jwk(key: RSAPrivateKey, kid: str, **more: Any) -> dict[str, Any]:
    return {**json.loads(RSAAlgorithm.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


@dataclass
class FakeEntra:
    """`answers` overrides a path's (status, headers, body); `seen` holds every request as (method, path, form)."""

    certificate: tuple[Path, Path] | None = None
    host: str = "localhost"
    key: RSAPrivateKey = KEY
    kid: str = "k1"
    keys: list[dict[str, Any]] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    id_token: Callable[[dict[str, Any]], str] | None = None
    client_info: dict[str, str] | None = None

    def __enter__(self) -> Self:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        self.keys = self.keys or [jwk(self.key, self.kid)]
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def origin(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self.host}:{self.server.server_port}"

    @property
    def authority(self) -> str:
        return f"{self.origin}/{{tenant}}"

    @property
    def issuer(self) -> str:
        return f"{self.origin}/{TENANT}/v2.0"

    def count(self, ending: str) -> int:
        return sum(path.endswith(ending) for _, path, _ in self.seen)

    def sign(self, claims: dict[str, Any], *, key: Any = None, **header: Any) -> str:
        return jwt.encode(claims, key or self.key, algorithm="RS256", headers={"kid": self.kid, **header})

    def good_claims(self, nonce: str | None = None) -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "tid": TENANT, "oid": OID, "sub": "pairwise", "ver": "2.0",
            "iat": now, "nbf": now, "exp": now + 3600, "name": "Ada", "preferred_username": "ada@contoso.com",
            "roles": ["Admin", "Playground"], "sid": "sid-1", "login_hint": "hint-1",
        }  # fmt: skip
        return {**claims, **({"nonce": nonce} if nonce else {}), **self.claims}

    def authorize(self, auth_uri: str) -> dict[str, str]:
        """What the browser brings back after the person agreed."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(auth_uri).query).items()}
        code = uuid4().hex
        self.codes[code] = asked
        return {"code": code, "state": asked["state"], "session_state": "s"}

    def discovery(self) -> dict[str, Any]:
        base = f"{self.origin}/{TENANT}"
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            **self.document,
        }

    def answer(self, name: str, form: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if name in self.answers:
            return self.answers[name]
        status, body = 200, {}
        match name:
            case "openid-configuration":
                body = self.discovery()
            case "keys":
                body = {"keys": self.keys}
            case "token":
                status, body = self.token(form)
            case _:
                status = 404
        return status, {"content-type": "application/json"}, json.dumps(body).encode()

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if form.get("client_secret") != SECRET and "client_assertion" not in form:
            return 401, refusal(7000215, "invalid_client")
        match form["grant_type"]:
            case "authorization_code":
                asked = self.codes.pop(form["code"], None)
                if asked is None:
                    return 400, refusal(54005, "invalid_grant")
                digest = hashlib.sha256(form["code_verifier"].encode()).digest()
                if base64.urlsafe_b64encode(digest).decode().rstrip("=") != asked["code_challenge"]:
                    return 400, refusal(70000, "invalid_grant")
                return 200, self.tokens(form, self.good_claims(asked["nonce"]))
            case "refresh_token" if form["refresh_token"].startswith("sentinel-refresh-"):
                return 200, self.tokens(form, self.good_claims())
            case "client_credentials":
                return 200, {"token_type": "Bearer", "expires_in": 3600, "access_token": f"own-{form['scope']}"}
        return 400, refusal(700082, "invalid_grant")

    def tokens(self, form: dict[str, str], claims: dict[str, Any]) -> dict[str, Any]:
        info = self.client_info or {"uid": OID, "utid": TENANT}
        return {
            "token_type": "Bearer",
            "scope": form["scope"],
            "expires_in": 3600,
            "access_token": f"sentinel-access-{uuid4().hex}",
            "refresh_token": f"sentinel-refresh-{uuid4().hex}",
            "id_token": self.id_token(claims) if self.id_token else self.sign(claims),
            "client_info": base64.urlsafe_b64encode(json.dumps(info).encode()).decode().rstrip("="),
        }


def refusal(number: int, error: str, **more: Any) -> dict[str, Any]:
    ids = "Trace ID: 11111111-2222-3333-4444-555555555555 Correlation ID: 66666666-7777-8888-9999-000000000000"
    return {
        "error": error, "error_description": f"AADSTS{number}: <b>Refused</b>. {ids} Timestamp: 2026-11-22 00:00:00Z",
        "error_codes": [number], "correlation_id": "66666666-7777-8888-9999-000000000000", **more,
    }  # fmt: skip


def _handler(entra: FakeEntra) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.answer({name: values[0] for name, values in parse_qs(body).items()})

        def answer(self, form: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            entra.seen.append((self.command, path, form))
            status, headers, body = entra.answer(path.rpartition("/")[2], form)
            self.send_response(status)
            for header, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(header, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
