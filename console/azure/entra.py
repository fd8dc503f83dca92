"""Signing people in with Entra: MSAL does the protocol, `id_tokens` the believing. All calls are synchronous."""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
import time
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from console.azure.aadsts import refused
from console.azure.entra_wire import EntraWire
from console.azure.errors import AzureError, SignInRefused, Unavailable
from console.azure.id_tokens import (
    GUID,
    Expected,
    SigningKeys,
    person_of,
    validate_app_token,
    validate_id_token,
)
from console.azure.shapes import Person, SignedIn, SilentToken

if TYPE_CHECKING:
    import msal

__all__ = ["Entra", "Person", "SignedIn", "SilentToken"]

FLOW_LIFETIME = 600.0
# Python's warning filters are one list for all threads.
_QUIETLY = threading.Lock()
# MSAL adds these itself and refuses to be given them.
RESERVED_SCOPES = frozenset({"openid", "profile", "offline_access"})
# What MSAL raises for an answer or a cache that is not what it expects.
MSAL_FAULTS = (ValueError, KeyError, TypeError, AttributeError, IndexError, RuntimeError)
PEM_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.+?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL)
PEM_CERTIFICATES = re.compile(r"-----BEGIN CERTIFICATE-----.+-----END CERTIFICATE-----", re.DOTALL)


class Entra:
    """One app registration at one authority. Thread-safe; keep one a process, so that keys are fetched once.

    `authority_template` may hold `{tenant}`; plain http is for loopback only. Give `client_secret` or `certificate`
    (PEM with private key and certificate). Methods raise SignInRefused when Entra or its answer says no, and
    Unavailable ("entra-unreachable", "entra-unavailable") when it says nothing: only the first may end a session.
    """

    def __init__(
        self,
        authority_template: str,
        tenant_id: str,
        client_id: str,
        client_secret: str = "",
        certificate: str = "",
        ca_file: str | None = None,
        proxy: str | None = None,
    ) -> None:
        self.tenant_id = tenant_id
        self.client_id = client_id
        self._client_secret = client_secret
        self._certificate = certificate
        self.wire = EntraWire(authority_for(authority_template, tenant_id), ca_file=ca_file, proxy=proxy)
        self.keys = SigningKeys(self.wire.signing_keys)

    def begin(
        self,
        redirect_uri: str,
        *,
        scopes: Sequence[str] = (),
        claims: str | None = None,
        login_hint: str | None = None,
        prompt: str | None = None,
    ) -> dict[str, Any]:
        """Start a sign-in. Returns the flow, ready for JSON: keep it server-side, use it once within ten minutes.

        Send the browser to `flow["auth_uri"]`. `scopes` are one API's; `claims` is the JSON text of a challenge.
        """
        app = self._app(None)
        with _QUIETLY, warnings.catch_warnings():
            # MSAL recommends form_post. That return is a cross-site POST, which no SameSite=Lax cookie survives.
            warnings.filterwarnings("ignore", message="response_mode='form_post'")
            flow = app.initiate_auth_code_flow(
                [scope for scope in scopes if scope not in RESERVED_SCOPES],
                redirect_uri=redirect_uri,
                claims_challenge=claims,
                login_hint=login_hint,
                prompt=prompt,
            )
        return {**flow, "begun_at": time.time()}

    def finish(self, flow: Mapping[str, Any], query: Mapping[str, str], cache: str | None = None) -> SignedIn:
        """Redeem what Entra sent back to `redirect_uri` in the query, and believe it only if the ID token holds.

        Nothing is kept or returned of a token that does not. `cache` is an earlier cache of the same session.
        """
        _check_return(flow, query)
        token_cache = _opened(cache)
        result = self._redeem(token_cache, dict(flow), dict(query))
        if "error" in result:
            raise refused(result, self._client_secret)
        # MSAL puts the hash of the flow's nonce into the request (azure-facts 5.2).
        nonce = hashlib.sha256(str(flow.get("nonce")).encode()).hexdigest()
        claims = validate_id_token(result.get("id_token"), keys=self.keys, expected=self._expected(nonce))
        person = person_of(claims)
        account = self._keep_only(token_cache, person)
        return SignedIn(person, token_cache.serialize(), claims, account)

    def silent(
        self, cache: str, home_account_id: str, scope: str, *, claims: str | None = None, force: bool = False
    ) -> SilentToken:
        """An access token for `scope` from the cache or, when it is old, `force` or `claims` is given, from Entra.

        An empty `scope` only asks whether the person is still welcome. Raises SignInRefused when only the person can
        help ("sign-in-over", "interaction-required", "consent-missing", ...).
        """
        token_cache = _opened(cache)
        app = self._app(token_cache)
        account = _account(app, "home_account_id", home_account_id)
        result = _refresh(app, account, [scope] if scope else [], claims=claims, force=force)
        if "access_token" not in result:
            raise _of_a_refresh(refused(result or {"error": "invalid_grant"}, self._client_secret))
        fresh = result.get("id_token") if result.get("token_source") == "identity_provider" else None
        id_claims = self._same_person(fresh, account) if fresh else None
        return SilentToken(
            access_token=str(result["access_token"]),
            expires_at=time.time() + float(result.get("expires_in") or 0),
            cache=token_cache.serialize() if token_cache.has_state_changed else None,
            id_claims=id_claims,
            person=person_of(id_claims) if id_claims else None,
        )

    def application_of(self, access_token: str) -> str:
        """The client ID of the app that this token was given to: a v2.0 access token for us, of an app itself.

        Raises SignInRefused where it does not hold, and Unavailable where Entra cannot be asked for its keys.
        """
        return validate_app_token(access_token, keys=self.keys, expected=self._expected(None))

    def sign_out_url(self, post_logout_redirect_uri: str, *, logout_hint: str | None = None) -> str:
        """Where to send the browser to end Entra's own session; the hint is the `login_hint` claim, not a name.

        Raises AzureError where the authority cannot be asked or offers no sign-out.
        """
        endpoint = self.wire.discovery().end_session_endpoint
        if not endpoint:
            raise SignInRefused("the authority offers no sign-out", kind="entra-misconfigured")
        wanted = {"post_logout_redirect_uri": post_logout_redirect_uri}
        if logout_hint:
            wanted["logout_hint"] = logout_hint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(wanted)}"

    def is_own(self, issuer: str) -> bool:
        """Whether `issuer` names our authority, in the words of its tokens or of the first version's.

        Raises AzureError where the authority cannot be asked.
        """
        expected = self._expected(None)
        return issuer in (expected.issuer, f"https://sts.windows.net/{expected.tenant_id}/")

    def check(self) -> None:
        """Read the discovery document and the keys; raises AzureError. For start-up checks: signs nobody in."""
        self._expected(None)
        self.wire.signing_keys()

    def prove_registration(self) -> None:
        """Sign the app registration itself in, as its secret or certificate allows; for start-up checks.

        Raises SignInRefused: "client-secret-wrong" and the like, or another kind where the secret was accepted and
        only a token for the app itself is not given.
        """
        try:
            result = self._app(None).acquire_token_for_client([f"{self.client_id}/.default"])
        except MSAL_FAULTS:
            result = {"error": "unreadable"}
        if "access_token" not in result:
            raise refused(result, self._client_secret)

    def close(self) -> None:
        """Close the HTTP client; the next call opens another."""
        self.wire.close()

    def _app(self, token_cache: msal.SerializableTokenCache | None) -> msal.ConfidentialClientApplication:
        """MSAL's application around one person's cache. Cheap: the discovery document comes from our own memory."""
        # Not at the top: importing MSAL takes 0.8 s, which every command would pay.
        import msal

        self.wire.discovery()
        try:
            return msal.ConfidentialClientApplication(
                self.client_id,
                client_credential=self._credential(),
                authority=self.wire.msal_authority,
                # Entra's own list of hosts is another host to call, and knows no stand-in.
                instance_discovery=False,
                client_capabilities=["CP1"],
                token_cache=token_cache,
                http_client=self.wire,
            )
        except (ValueError, TypeError) as error:
            why = type(error).__name__
        raise SignInRefused(f"the app registration's settings cannot be used: {why}", kind="entra-misconfigured")

    def _credential(self) -> str | dict[str, str]:
        if not self._certificate:
            return self._client_secret
        key, certificates = PEM_KEY.search(self._certificate), PEM_CERTIFICATES.search(self._certificate)
        if key is None or certificates is None:
            raise ValueError("no private key and certificate in the PEM")
        return {"private_key": key[0], "public_certificate": certificates[0]}

    def _redeem(
        self, token_cache: msal.SerializableTokenCache, flow: dict[str, Any], query: dict[str, str]
    ) -> Mapping[str, Any]:
        app = self._app(token_cache)
        error: AzureError
        try:
            result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, query)
            return result
        except Unavailable as away:
            error = away
        except RuntimeError:
            # MSAL's only one here; its text holds both nonces.
            error = SignInRefused("the ID token answers another sign-in", kind="nonce-mismatch")
        except MSAL_FAULTS:
            error = SignInRefused("Entra's answer to the sign-in does not hold", kind="id-token-invalid")
        # Without the way it came: MSAL's frames hold the client secret and the code.
        raise error.with_traceback(None)

    def _same_person(self, id_token: object, account: Mapping[str, Any]) -> dict[str, object]:
        """The claims of a refreshed ID token, which must be about the one whose refresh token was used."""
        claims = validate_id_token(id_token, keys=self.keys, expected=self._expected(None))
        if claims["oid"] != account.get("local_account_id"):
            raise SignInRefused("the refreshed sign-in is somebody else's", kind="id-token-invalid")
        return claims

    def _expected(self, nonce: str | None) -> Expected:
        issuer = self.wire.discovery().issuer
        return Expected(issuer, self.client_id, tenant_of(issuer, self.tenant_id), nonce)

    def _keep_only(self, token_cache: msal.SerializableTokenCache, person: Person) -> str:
        """Drop everybody else from the cache; returns the person's home account ID (a guest's is of another tenant)."""
        app = self._app(token_cache)
        kept = _account(app, "local_account_id", person.oid)
        for account in app.get_accounts():
            if account.get("home_account_id") != kept.get("home_account_id"):
                app.remove_account(account)
        return str(kept.get("home_account_id"))


def authority_for(template: str, tenant_id: str) -> str:
    """The authority's address: `{tenant}` filled in, or the tenant added where the address has no path at all."""
    authority = template.replace("{tenant}", tenant_id).rstrip("/")
    return authority if urlsplit(authority).path.strip("/") else f"{authority}/{tenant_id}"


def tenant_of(issuer: str, tenant_id: str) -> str:
    """The `tid` that tokens of `issuer` must carry: the configured tenant, which the issuer must name.

    Where the tenant is configured by a domain name, the issuer tells its GUID. Raises SignInRefused for an issuer of
    another tenant or of many (`common`, `organizations`): this console signs in one tenant's people.
    """
    segments = [segment for segment in urlsplit(issuer).path.split("/") if segment]
    if tenant_id in segments:
        return tenant_id
    named = next((segment for segment in segments if GUID.fullmatch(segment)), None)
    if named is not None and (not GUID.fullmatch(tenant_id) or named.casefold() == tenant_id.casefold()):
        return named
    raise SignInRefused("the authority issues tokens of another tenant", kind="entra-misconfigured")


def _check_return(flow: Mapping[str, Any], query: Mapping[str, str]) -> None:
    """State first: an error that anybody can put into a link says nothing about this sign-in."""
    state, returned = str(flow.get("state") or ""), str(query.get("state") or "")
    if not state or not hmac.compare_digest(state.encode(), returned.encode("utf-8", "replace")):
        raise SignInRefused("the answer belongs to another sign-in", kind="state-mismatch")
    begun_at = flow.get("begun_at")
    if not isinstance(begun_at, int | float) or not -60 < time.time() - begun_at <= FLOW_LIFETIME:
        raise SignInRefused("the sign-in took too long", kind="state-mismatch")
    if bool(query.get("code")) == bool(query.get("error")):
        raise SignInRefused("the answer is neither a code nor an error", kind="state-mismatch")


def _of_a_refresh(refusal: SignInRefused) -> SignInRefused:
    """`refusal`, where no sign-in is under way: what Entra calls expired or used is then the one of before."""
    if refusal.kind in ("sign-in-expired", "code-used"):
        refusal.kind = "sign-in-over"
    return refusal


def _opened(cache: str | None) -> msal.SerializableTokenCache:
    import msal

    token_cache = msal.SerializableTokenCache()
    try:
        token_cache.deserialize(cache or "")
        # Also fails for JSON that is no cache: MSAL itself would stumble later.
        list(token_cache.search(token_cache.CredentialType.ACCOUNT))
    except MSAL_FAULTS:
        why = "the stored sign-in is damaged"
    else:
        return token_cache
    raise SignInRefused(why, kind="sign-in-over")


def _account(app: msal.ConfidentialClientApplication, name: str, value: str) -> Mapping[str, Any]:
    """The account of the cache that has this value. Raises SignInRefused where there is none."""
    try:
        found = next((account for account in app.get_accounts() if account.get(name) == value), None)
    except MSAL_FAULTS:
        found = None
    if found is None:
        raise SignInRefused("no sign-in is stored for this person", kind="sign-in-over")
    account: Mapping[str, Any] = found
    return account


def _refresh(
    app: msal.ConfidentialClientApplication,
    account: Mapping[str, Any],
    scopes: list[str],
    *,
    claims: str | None,
    force: bool,
) -> Mapping[str, Any]:
    error: AzureError
    try:
        # A token that is old but good serves on while Entra is away.
        result = app.acquire_token_silent_with_error(
            scopes, account, claims_challenge=claims, force_refresh=force, http_exceptions=(Unavailable,)
        )
        return result or {}
    except Unavailable as away:
        error = away
    except MSAL_FAULTS:
        error = SignInRefused("the stored sign-in cannot be used", kind="sign-in-over")
    # Without the way it came: MSAL's frames hold the client secret and the refresh token.
    raise error.with_traceback(None)
