"""What the sandbox's Entra remembers: codes, sessions, revoked people, changed roles, registered certificates."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Literal

from console.sandbox.people import EVERYONE, Principal
from console.sandbox.wire import JSON, new_guid

CODE_LIFE = 600  # seconds
MOST_CODES = 5_000
MOST_SESSIONS = 5_000


@dataclass(frozen=True)
class Grant:
    """What one authorization code stands for."""

    oid: str
    sid: str
    redirect_uri: str
    scope: str
    nonce: str
    challenge: str
    expires: float


@dataclass
class BrowserSession:
    """One browser signed in as one person, and the consoles it went to."""

    sid: str
    oid: str
    consoles: set[str] = field(default_factory=set)


@dataclass
class Directory:
    """Mutable, in memory: a restart forgets everything but the signing keys."""

    refresh_key: bytes = field(repr=False)
    token_life: int = 3600
    codes: OrderedDict[str, Grant | None] = field(default_factory=OrderedDict, repr=False)
    sessions: OrderedDict[str, BrowserSession] = field(default_factory=OrderedDict, repr=False)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    generations: dict[str, int] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    must_interact: dict[str, int] = field(default_factory=dict)
    challenged: dict[str, int] = field(default_factory=dict)
    certificates: list[str] = field(default_factory=list, repr=False)
    forged_claims: dict[str, Any] = field(default_factory=dict)
    forged_by: Literal["", "stranger", "nobody"] = ""

    def roles_of(self, person: Principal) -> tuple[str, ...]:
        return self.roles.get(person.oid, person.roles)

    def open_session(self, person: Principal) -> BrowserSession:
        session = BrowserSession(new_guid(), person.oid)
        self.sessions[session.sid] = session
        while len(self.sessions) > MOST_SESSIONS:
            self.sessions.popitem(last=False)
        return session

    def issue_code(self, **grant: Any) -> str:
        code = "0.AX" + secrets.token_urlsafe(48)
        self.codes[code] = Grant(**grant, expires=time.time() + CODE_LIFE)
        while len(self.codes) > MOST_CODES:
            self.codes.popitem(last=False)
        return code

    def redeem_code(self, code: str) -> Grant | Literal["used", "unknown"]:
        """A code works once; afterwards it is known as used."""
        if code not in self.codes:
            return "unknown"
        grant, self.codes[code] = self.codes[code], None
        if grant is None:
            return "used"
        return grant if grant.expires > time.time() else "unknown"

    def issue_refresh_token(self, person: Principal, sid: str) -> str:
        """A sealed text instead of a row, so that it outlives a restart."""
        facts = {"oid": person.oid, "sid": sid, "generation": self.generations.get(person.oid, 0), "at": new_guid()}
        body = base64.urlsafe_b64encode(json.dumps(facts).encode()).decode().rstrip("=")
        return f"0.AX{body}.{self.seal(body)}"

    def read_refresh_token(self, token: str) -> tuple[Principal, str] | Literal["revoked", "unknown"]:
        """The person and the session of a refresh token."""
        body, _, seal = token.removeprefix("0.AX").partition(".")
        if not hmac.compare_digest(seal.encode(), self.seal(body).encode()):
            return "unknown"
        facts: JSON = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        person = EVERYONE.get(facts["oid"])
        if person is None:
            return "unknown"
        if facts["generation"] != self.generations.get(person.oid, 0):
            return "revoked"
        return person, facts["sid"]

    def seal(self, body: str) -> str:
        return hmac.new(self.refresh_key, body.encode(), hashlib.sha256).hexdigest()

    def revoke(self, oid: str) -> None:
        """Every refresh token handed out so far stops working."""
        self.generations[oid] = self.generations.get(oid, 0) + 1

    def reset(self) -> None:
        self.token_life = 3600
        self.forged_by = ""
        self.forged_claims.clear()
        for part in (self.codes, self.sessions, self.roles, self.generations, self.certificates):
            part.clear()
        self.disabled.clear()
        self.must_interact.clear()
        self.challenged.clear()
