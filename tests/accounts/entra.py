"""An Entra for tests of this room, with the client library's own shapes; the library itself is tested in tests/azure,
both together over real sockets in test_sandbox_signin.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from console.azure.errors import AzureError, SignInRefused
from console.azure.shapes import Person, SignedIn, SilentToken

TENANT = "5d8f6d2e-0000-4000-8000-00000000aaaa"
OID = "00000000-0000-4000-8000-0000000000a1"


def person(**facts: Any) -> Person:
    """Ada as her ID token tells."""
    told = {"tid": TENANT, "oid": OID, "name": "Ada Lovelace", "email": "ada@contoso.example", "roles": ("Viewer",)}
    return Person(**{**told, "sid": "sid-ada", "login_hint": "hint-ada", **facts})


def claims_of(who: Person) -> dict[str, object]:
    return {"oid": who.oid, "tid": who.tid, "name": who.name, "roles": list(who.roles), "exp": 1_795_000_000}


def refusal(kind: str, *, aadsts: int | None = None, code: str | None = None) -> SignInRefused:
    refused = SignInRefused("AADSTS text of the upstream <script>", kind=kind, code=code, correlation_id="corr-4711")
    refused.aadsts, refused.trace_id = aadsts, "trace-4712"
    return refused


class StandIn:
    """`person` is who signs in next; `fault` is raised instead by whatever is asked; `asked` is what was asked for."""

    def __init__(self) -> None:
        self.person = person()
        self.fault: AzureError | None = None
        self.asked: list[dict[str, Any]] = []
        self.silently: Callable[[str], SilentToken] | None = None
        self.states = 0

    def begin(self, redirect_uri: str, **wish: Any) -> dict[str, Any]:
        self._fail()
        self.states += 1
        state = f"state-{self.states}"
        self.asked.append({"redirect_uri": redirect_uri, **wish})
        address = f"https://login.example/authorize?state={state}"
        return {"state": state, "nonce": "n", "code_verifier": "sentinel-verifier", "auth_uri": address}

    def finish(self, flow: Mapping[str, Any], query: Mapping[str, str], cache: str | None = None) -> SignedIn:
        self._fail()
        if flow["state"] != query["state"] or bool(query.get("code")) == bool(query.get("error")):
            raise refusal("state-mismatch")
        self.asked.append({"query": dict(query)})
        kept = json.dumps({"RefreshToken": "sentinel-refresh-token"})
        return SignedIn(self.person, kept, claims_of(self.person), f"{self.person.oid}.{self.person.tid}")

    def silent(self, cache: str, home_account_id: str, scope: str, **wish: Any) -> SilentToken:
        self.asked.append({"cache": cache, "account": home_account_id, "scope": scope, **wish})
        self._fail()
        if self.silently:
            return self.silently(cache)
        return SilentToken("sentinel-access-token", 0.0, None, claims_of(self.person), self.person)

    def sign_out_url(self, post_logout_redirect_uri: str, *, logout_hint: str | None = None) -> str:
        self._fail()
        return f"https://login.example/logout?logout_hint={logout_hint or ''}"

    def is_own(self, issuer: str) -> bool:
        self._fail()
        return issuer == "https://login.example/x/v2.0"

    def _fail(self) -> None:
        if self.fault:
            raise self.fault
