"""Entra's endpoints for programs, over TLS: discovery, keys, tokens.

Source: azure-facts 5.1-5.5, 5.9, 5.11
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from console.sandbox import assertions
from console.sandbox.directory import Grant
from console.sandbox.people import CLIENT_ID, CONSOLE_APP, EVERYONE, OTHER_TENANT_ID, TENANT_ID, Principal
from console.sandbox.state import SANDBOX, Sandbox
from console.sandbox.wire import JSON, LARGEST_FORM, Refused, bounded_body, entra_error, json_response, new_guid

OWN_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
GRAPH = "https://graph.microsoft.com"
# What a token may be asked for, and the delegated permission it then carries.
RESOURCES = {
    "https://management.azure.com": "user_impersonation",
    "https://management.core.windows.net": "user_impersonation",
    "https://ai.azure.com": "user_impersonation",
    "https://cognitiveservices.azure.com": "user_impersonation",
    "https://api.loganalytics.io": "Data.Read",
    "https://metrics.monitor.azure.com": "user_impersonation",
    GRAPH: "User.Read openid profile",
}
CODE_FAULTS = {
    "used": (54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code."),
    "unknown": (70008, "The provided authorization code or refresh token has expired or is malformed."),
}
Form = Mapping[str, str]


def routes() -> list[web.RouteDef]:
    return [
        web.get("/{tid}/v2.0/.well-known/openid-configuration", discovery),
        web.get("/{tid}/discovery/v2.0/keys", signing_keys),
        web.post("/{tid}/oauth2/v2.0/token", token),
    ]


def tenant_of(request: web.Request) -> str:
    """The tenant in the path; `common` and `organizations` mean the home tenant here."""
    tid = request.match_info["tid"].lower()
    if tid in ("common", "organizations"):
        return TENANT_ID
    if tid not in (TENANT_ID, OTHER_TENANT_ID):
        raise entra_error(400, "invalid_tenant", 90002, f"Tenant '{tid[:64]}' not found.")
    return tid


async def discovery(request: web.Request) -> web.Response:
    """The browser's endpoints are plain http on loopback; those of programs are https."""
    sandbox, tid = request.app[SANDBOX], tenant_of(request)
    web_base, tls_base = f"{sandbox.web_base}/{tid}/oauth2/v2.0", f"{sandbox.tls_base}/{tid}"
    document = {
        "authorization_endpoint": f"{web_base}/authorize",
        "token_endpoint": f"{tls_base}/oauth2/v2.0/token",
        "issuer": sandbox.issuer(tid),
        "jwks_uri": f"{tls_base}/discovery/v2.0/keys",
        "end_session_endpoint": f"{web_base}/logout",
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["pairwise"],
        "scopes_supported": sorted(OWN_SCOPES),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "tenant_region_scope": None,
        "cloud_instance_name": "microsoftonline.com",
    }
    return json_response(document)


async def signing_keys(request: web.Request) -> web.Response:
    sandbox = request.app[SANDBOX]
    return json_response(sandbox.keys.jwks(sandbox.issuer(tenant_of(request))))


async def token(request: web.Request) -> web.Response:
    """One token request of any grant the console uses."""
    sandbox, tid = request.app[SANDBOX], tenant_of(request)
    form = await read_form(request)
    grants = {
        "authorization_code": by_code,
        "refresh_token": by_refresh_token,
        "client_credentials": by_client,
    }
    grant = grants.get(form.get("grant_type", ""))
    if grant is None:
        raise entra_error(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
    check_client(sandbox, tid, form)
    return json_response(grant(sandbox, form), headers={"Cache-Control": "no-store", "Pragma": "no-cache"})


async def read_form(request: web.Request) -> Form:
    body = await bounded_body(request, LARGEST_FORM)
    if body is None or request.content_type != "application/x-www-form-urlencoded":
        raise entra_error(400, "invalid_request", 900144, "The request body must be a form.")
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def check_client(sandbox: Sandbox, tid: str, form: Form) -> None:
    """The app proves who it is by its secret or by a signed assertion."""
    client = form.get("client_id", "")
    if client != CLIENT_ID:
        text = f"Application with identifier '{client[:64]}' was not found in the directory 'Contoso'."
        raise entra_error(400, "unauthorized_client", 700016, text)
    if form.get("client_assertion"):
        return assertions.check(sandbox, tid, form)
    secret = form.get("client_secret", "")
    if not secret:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise entra_error(401, "invalid_client", 7000218, text)
    if not hmac.compare_digest(secret.encode(), sandbox.secrets.client_secret.encode()):
        text = "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value."
        raise entra_error(401, "invalid_client", 7000215, text)


def by_code(sandbox: Sandbox, form: Form) -> JSON:
    grant = sandbox.directory.redeem_code(form.get("code", ""))
    if not isinstance(grant, Grant):
        raise bad_grant(*CODE_FAULTS[grant])
    check_code(grant, form)
    person = able_person(sandbox, EVERYONE[grant.oid])
    sandbox.directory.must_interact.pop(person.oid, None)
    return answer_for_person(sandbox, person, {"scope": grant.scope, **form}, sid=grant.sid, nonce=grant.nonce)


def check_code(grant: Grant, form: Form) -> None:
    if form.get("redirect_uri", "") != grant.redirect_uri:
        raise bad_grant(500112, "The reply address does not match the one given when the code was requested.")
    verifier = form.get("code_verifier", "")
    if grant.challenge and not hmac.compare_digest(challenge_of(verifier), grant.challenge):
        raise bad_grant(501481, "The Code_Verifier does not match the code_challenge supplied in the authorization.")


def challenge_of(verifier: str) -> str:
    """PKCE's S256.

    Source: RFC 7636 section 4.6
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def by_refresh_token(sandbox: Sandbox, form: Form) -> JSON:
    found = sandbox.directory.read_refresh_token(form.get("refresh_token", ""))
    if found == "revoked":
        text = "The refresh token has expired or is invalid due to sign-in frequency checks by conditional access."
        raise bad_grant(70043, text, suberror="token_expired")
    if isinstance(found, str):
        raise bad_grant(70000, "The provided value for the input parameter 'refresh_token' is not valid.")
    person, sid = found
    code = sandbox.directory.must_interact.get(able_person(sandbox, person).oid)
    if code:
        text = "Due to a configuration change made by your administrator, you must sign in again."
        raise entra_error(400, "interaction_required", code, text, suberror="basic_action")
    return answer_for_person(sandbox, person, form, sid=sid, nonce="")


def by_client(sandbox: Sandbox, form: Form) -> JSON:
    """The app as itself: no person, no refresh token, only `/.default`."""
    scope = form.get("scope", "")
    if not scope.endswith("/.default") or " " in scope:
        text = f"The provided value for scope {scope[:200]} is not valid: client credential flows need /.default."
        raise entra_error(400, "invalid_scope", 1002012, text)
    life = sandbox.directory.token_life
    if scope.removeprefix("api://") == f"{CLIENT_ID}/.default":
        access = own_api_token(sandbox)
    else:
        resource, _ = resource_of(scope)
        access = access_token(sandbox, CONSOLE_APP, resource, "")
    return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": access}


def own_api_token(sandbox: Sandbox) -> str:
    """A v2.0 access token for the console's own API, of an app itself: no person and no `scp` in it."""
    now, app = int(time.time()), CONSOLE_APP
    claims: JSON = {
        "aud": CLIENT_ID,
        "iss": sandbox.issuer(app.tid),
        "iat": now,
        "nbf": now,
        "exp": now + sandbox.directory.token_life,
        "azp": CLIENT_ID,
        "azpacr": "1",
        "oid": app.oid,
        "rh": "1.AX" + hashlib.sha256(app.oid.encode()).hexdigest()[:20],
        "sub": app.oid,
        "tid": app.tid,
        "uti": new_guid(),
        "ver": "2.0",
    }
    return sandbox.keys.sign(claims)


def able_person(sandbox: Sandbox, person: Principal) -> Principal:
    if person.oid in sandbox.directory.disabled:
        raise bad_grant(50057, "The user account is disabled.", suberror="user_account_disabled")
    return person


def bad_grant(code: int, message: str, *, suberror: str = "") -> Refused:
    return entra_error(400, "invalid_grant", code, message, suberror=suberror)


def answer_for_person(sandbox: Sandbox, person: Principal, form: Form, *, sid: str, nonce: str) -> JSON:
    """Access, refresh and ID token; the scope may name at most one resource. `claims` answer a challenge."""
    scope = form.get("scope", "")
    if '"nbf"' in form.get("claims", ""):
        sandbox.directory.challenged.pop(person.oid, None)
    resource, permission = resource_of(scope)
    life = sandbox.directory.token_life
    granted = [f"{resource}/{name}" if resource != GRAPH else name for name in permission.split()]
    granted += [one for one in scope.split() if one.endswith("/.default")]
    answer: JSON = {
        "token_type": "Bearer",
        "scope": " ".join(granted),
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": access_token(sandbox, person, resource, permission),
        "id_token": id_token(sandbox, person, sid=sid, nonce=nonce),
        "client_info": client_info(person),
    }
    if "offline_access" in scope.split():
        answer["refresh_token"] = sandbox.directory.issue_refresh_token(person, sid)
    return answer


def resource_of(scope: str) -> tuple[str, str]:
    """The one resource that `scope` names, and the permission a person's token gets for it."""
    wanted = [one for one in scope.split() if one not in OWN_SCOPES]
    named = {one.rpartition("/")[0].rstrip("/") for one in wanted if "/" in one.partition("://")[2]}
    if len(named) > 1:
        text = "Provided value for the input parameter scope is not valid because it contains more than one resource."
        raise entra_error(400, "invalid_request", 28000, text)
    resource = next(iter(named), GRAPH)
    if resource not in RESOURCES:
        text = f"The resource principal named {resource[:200]} was not found in the tenant named Contoso."
        raise entra_error(400, "invalid_resource", 500011, text)
    return resource, RESOURCES[resource]


def access_token(
    sandbox: Sandbox, principal: Principal, resource: str, permission: str, *, life: int | None = None
) -> str:
    """A v1.0 access token, as ARM and the Foundry data plane get them; `life` is in seconds."""
    now = int(time.time())
    claims: JSON = {
        "aud": resource,
        "iss": f"https://sts.windows.net/{principal.tid}/",
        "iat": now,
        "nbf": now,
        "exp": now + (sandbox.directory.token_life if life is None else life),
        "appid": CLIENT_ID,
        "idtyp": "user" if principal.kind == "person" else "app",
        "oid": principal.oid,
        "sub": principal.oid,
        "tid": principal.tid,
        "uti": new_guid(),
        "ver": "1.0",
    }
    if principal.kind == "person":
        claims.update(name=principal.name, upn=principal.username, unique_name=principal.username, scp=permission)
    return sandbox.keys.sign(claims)


def id_token(sandbox: Sandbox, person: Principal, *, sid: str, nonce: str) -> str:
    """Claims as in azure-facts 5.4, the optional ones included."""
    now = int(time.time())
    claims: JSON = {
        "aud": CLIENT_ID,
        "iss": sandbox.issuer(person.tid),
        "iat": now,
        "nbf": now,
        "exp": now + sandbox.directory.token_life,
        "name": person.name,
        "oid": person.oid,
        "preferred_username": person.username,
        "email": person.username,
        "login_hint": person.login_hint,
        "rh": "1.AX" + hashlib.sha256(person.oid.encode()).hexdigest()[:20],
        "sid": sid,
        "sub": hashlib.sha256(f"{CLIENT_ID}/{person.oid}".encode()).hexdigest()[:43],
        "tid": person.tid,
        "uti": new_guid(),
        "ver": "2.0",
        **group_claims(person),
    }
    roles = sandbox.directory.roles_of(person)
    if roles:
        claims["roles"] = list(roles)
    if nonce:
        claims["nonce"] = nonce
    claims.update(sandbox.directory.forged_claims)
    kept = {name: value for name, value in claims.items() if value is not None}
    return (
        sandbox.keys.forge(kept, sandbox.directory.forged_by)
        if sandbox.directory.forged_by
        else sandbox.keys.sign(kept)
    )


def group_claims(person: Principal) -> JSON:
    if not person.has_group_overage:
        return {"groups": list(person.groups)} if person.groups else {}
    endpoint = f"https://graph.microsoft.com/v1.0/users/{person.oid}/getMemberObjects"
    return {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": endpoint}}}


def client_info(person: Principal) -> str:
    facts = json.dumps({"uid": person.oid, "utid": person.tid}, separators=(",", ":"))
    return base64.urlsafe_b64encode(facts.encode()).decode().rstrip("=")
