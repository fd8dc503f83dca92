"""Whether an ID token holds: MSAL no longer looks (since 1.38), so signature and claims are checked here."""

from __future__ import annotations

import hmac
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm

from console.azure.cleaning import clean_json, json_list, json_object, json_text, load_json
from console.azure.errors import AzureError, SignInRefused
from console.azure.shapes import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST_TOKEN = 64 * 1024
LEEWAY = 120
GUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)
MOST_KEYS = 50
SMALLEST_KEY = 2048
MOST_ROLES = 500
# Entra leaves the claim out for more than 200 of them (azure-facts 5.4).
MOST_GROUPS = 250
# Keys are read again after this long, for an unknown `kid`, and for a signature that its key did not make. What brought
# another key was a roll of keys; of the reads in vain a minute has few, so that a storm of made-up kids or signatures
# is cheap and no roll of keys waits behind one of them.
KEYS_LIFETIME = 24 * 3600.0
REFETCH_PAUSE = 60.0
MOST_IN_VAIN = 3
# Where there is no key at all yet, waiting a minute would lock everybody out.
FIRST_FETCH_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say. `nonce` is None only for a token that came with a silent refresh."""

    issuer: str
    client_id: str
    tenant_id: str
    nonce: str | None = field(default=None, repr=False)


class SigningKeys:
    """The authority's signing keys by `kid`. Threads share it: one fetches, the others wait for what it brings."""

    def __init__(self, fetch: Callable[[], bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, tuple[RSAPublicKey, str]] = {}
        self._read_at = float("-inf")
        self._tried_at = float("-inf")
        self._in_vain: deque[float] = deque(maxlen=MOST_IN_VAIN)

    def find(self, kid: str) -> tuple[RSAPublicKey, str] | None:
        """The key and the issuer it is for ("" where it names none); None where the authority has no such key.

        Raises what fetching raises, but only when the key is not known from before.
        """
        with self._lock:
            if self._may_fetch(kid):
                self._tried_at = self._clock()
                self._refetch(kid)
            return self._keys.get(kid)

    def instead_of(self, kid: str, key: RSAPublicKey) -> tuple[RSAPublicKey, str] | None:
        """What the authority has under `kid` now, where it is no longer `key`; None where it still is, or nothing is.

        An authority that was set up anew may use an old name for a new key.
        """
        with self._lock:
            if self._is_still(kid, key) and self._may_try_in_vain(self._clock()):
                self._tried_at = self._clock()
                self._refetch(kid)
                if self._is_still(kid, key):
                    self._in_vain.append(self._tried_at)
            return None if self._is_still(kid, key) else self._keys.get(kid)

    def _is_still(self, kid: str, key: RSAPublicKey) -> bool:
        return kid in self._keys and self._keys[kid][0] == key

    def _may_fetch(self, kid: str) -> bool:
        now = self._clock()
        if not self._keys:
            return now - self._tried_at >= FIRST_FETCH_PAUSE
        if kid in self._keys:
            return now - self._read_at > KEYS_LIFETIME and now - self._tried_at >= REFETCH_PAUSE
        return self._may_try_in_vain(now)

    def _may_try_in_vain(self, now: float) -> bool:
        return len(self._in_vain) < MOST_IN_VAIN or now - self._in_vain[0] >= REFETCH_PAUSE

    def _refetch(self, kid: str) -> None:
        try:
            self._keys = dict(read_keys(self._fetch()))
            self._read_at = self._clock()
        except AzureError:
            if kid not in self._keys:
                raise
        finally:
            if kid not in self._keys:
                self._in_vain.append(self._tried_at)


def read_keys(document: bytes) -> Iterable[tuple[str, tuple[RSAPublicKey, str]]]:
    """The RSA signing keys of a JWKS. Raises SignInRefused for a document that is none."""
    try:
        entries = json_list(json_object(load_json(document)).get("keys"))[:MOST_KEYS]
    except ValueError:
        raise SignInRefused("the key document is not JSON", kind="entra-misconfigured") from None
    for entry in map(json_object, entries):
        kid = entry.get("kid")
        key = _public_key(entry) if isinstance(kid, str) and kid else None
        if key is not None:
            yield str(kid), (key, json_text(entry.get("issuer")))


def _public_key(entry: Mapping[str, object]) -> RSAPublicKey | None:
    """The key, where it is an RSA signature key that is public and long enough."""
    # RFC 7517: `use` and `alg` may be left out.
    usable = entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig" and entry.get("alg", "RS256") == "RS256"
    if not usable or "d" in entry:
        return None
    try:
        key = RSAAlgorithm.from_jwk({"kty": "RSA", "n": entry.get("n"), "e": entry.get("e")})
    except (jwt.InvalidKeyError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_KEY else None


def validate_id_token(token: object, *, keys: SigningKeys, expected: Expected) -> dict[str, object]:
    """The claims of a token that holds in every point (azure-facts 5.3); cleaned, so that they can be stored.

    Raises SignInRefused ("id-token-invalid", "id-token-expired", "clock-skew", "nonce-mismatch", "wrong-tenant") that
    says which point failed and never what the token said; and what fetching keys raises.
    """
    if not isinstance(token, str) or not 0 < len(token) <= LARGEST_TOKEN:
        raise _invalid("there is no token, or one of an impossible size")
    claims = _signed(token, keys, expected)
    _check(claims, expected)
    return claims


def validate_app_token(token: object, *, keys: SigningKeys, expected: Expected) -> str:
    """The client ID of the app that speaks through this access token for us.

    Only a v2.0 token of an app itself holds: it has `azp`, no `scp`, and is its own subject. A person's ID or access
    token is none, although its audience is the same. Raises as `validate_id_token` does.
    Source: learn.microsoft.com/entra/identity-platform/access-token-claims-reference
    """
    if not isinstance(token, str) or not 0 < len(token) <= LARGEST_TOKEN:
        raise _invalid("there is no token, or one of an impossible size")
    claims = _signed(token, keys, expected)
    if claims.get("ver") == "1.0":
        raise _invalid("it is of version 1.0; set api.requestedAccessTokenVersion of the console's registration to 2")
    _check(claims, expected)
    azp = claims.get("azp")
    is_app = "scp" not in claims and claims.get("sub") == claims["oid"] and claims.get("idtyp", "app") == "app"
    if not is_app or not isinstance(azp, str) or not GUID.fullmatch(azp):
        raise _invalid("it is no token of an application itself")
    return azp.lower()


def _signed(token: str, keys: SigningKeys, expected: Expected) -> dict[str, object]:
    """The claims of a token that one of the authority's keys has signed and that is valid now."""
    kid = _kid(token)
    key = _of_issuer(keys.find(kid), expected)
    claims = _decode(token, key)
    if claims is None:
        other = keys.instead_of(kid, key)
        claims = _decode(token, _of_issuer(other, expected)) if other else None
    if claims is None:
        raise _invalid("its signature is wrong")
    return claims


def _kid(token: str) -> str:
    """The name of the key that the token says it is signed with."""
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, ValueError):
        raise _invalid("it is not a signed token") from None
    if header.get("alg") != "RS256" or "crit" in header:
        raise _invalid("it is not signed with RS256")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 200:
        raise _invalid("it does not name its key")
    return kid


def _of_issuer(found: tuple[RSAPublicKey, str] | None, expected: Expected) -> RSAPublicKey:
    if found is None:
        raise _invalid("its key is not one of the authority's")
    key, issuer = found
    if issuer and issuer.replace("{tenantid}", expected.tenant_id) != expected.issuer:
        raise _invalid("its key belongs to another issuer")
    return key


def _decode(token: str, key: RSAPublicKey) -> dict[str, object] | None:
    """Signature and times; None where another key made the signature.

    Audience and issuer are compared by us: as single strings, exactly.
    """
    checks = {"require": ["exp", "iss", "aud"], "verify_aud": False, "verify_iss": False}
    try:
        claims = jwt.decode(token, key, algorithms=["RS256"], leeway=LEEWAY, options=checks)  # type: ignore[arg-type]
        return json_object(clean_json(claims))
    except jwt.ExpiredSignatureError:
        raise SignInRefused("the ID token has expired", kind="id-token-expired") from None
    except jwt.ImmatureSignatureError:
        raise SignInRefused("the ID token is from the future: the clocks differ", kind="clock-skew") from None
    except jwt.InvalidSignatureError:
        return None
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        raise _invalid("times or form are wrong") from None


def _check(claims: Mapping[str, object], expected: Expected) -> None:
    if claims.get("tid") != expected.tenant_id:  # first: its issuer differs too, and people can help themselves here
        raise SignInRefused("the ID token is of another tenant", kind="wrong-tenant")
    if claims.get("iss") != expected.issuer:
        raise _invalid("another issuer")
    if claims.get("aud") != expected.client_id:
        raise _invalid("it is for another app")
    if claims.get("ver") != "2.0":
        raise _invalid("another version")
    oid = claims.get("oid")
    if not isinstance(oid, str) or not GUID.fullmatch(oid):
        raise _invalid("no object ID")
    if expected.nonce is not None and not hmac.compare_digest(
        str(claims.get("nonce")).encode(), expected.nonce.encode()
    ):
        raise SignInRefused("the ID token answers another sign-in", kind="nonce-mismatch")


def _invalid(why: str) -> SignInRefused:
    return SignInRefused(f"the ID token does not hold: {why}", kind="id-token-invalid")


def person_of(claims: Mapping[str, object]) -> Person:
    """Who validated claims are about. Source: azure-facts 5.4."""
    roles = (json_text(role, 200) for role in json_list(claims.get("roles"))[:MOST_ROLES])
    groups = (json_text(group, 100) for group in json_list(claims.get("groups"))[:MOST_GROUPS])
    return Person(
        tid=json_text(claims.get("tid"), 100),
        oid=json_text(claims.get("oid"), 100),
        name=json_text(claims.get("name"), 200),
        email=json_text(claims.get("email") or claims.get("preferred_username"), 320),
        roles=tuple(role for role in roles if role),
        groups=tuple(group for group in groups if GUID.fullmatch(group)),
        sid=json_text(claims.get("sid"), 200),
        login_hint=json_text(claims.get("login_hint"), 1_000),
        groups_overage="groups" in json_object(claims.get("_claim_names")) or claims.get("hasgroups") is True,
    )
