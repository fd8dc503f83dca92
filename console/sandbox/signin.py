"""Entra's pages for browsers, over plain http on loopback: authorize (the account picker) and sign-out.

Source: azure-facts 5.2, 5.8, 5.9
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from console.sandbox import pages
from console.sandbox.directory import BrowserSession
from console.sandbox.entra import client_info, tenant_of
from console.sandbox.people import CLIENT_ID, EVERYONE, PEOPLE, Principal, find
from console.sandbox.state import SANDBOX, Sandbox
from console.sandbox.wire import LARGEST_FORM, bounded_body, new_guid

COOKIE = "sandbox_entra"
RETURN_PATH = "/signin/return/"
LOGOUT_PATH = "/signout/front-channel/"
DECLINED = "AADSTS65004: User declined to consent to access the app."
NOT_SIGNED_IN = "AADSTS50058: A silent sign-in request was sent but no user is signed in."


class NotRegistered(Exception):
    """A request that Entra answers with a page of its own, never with a redirect."""


@dataclass(frozen=True)
class Asked:
    """One checked authorization request."""

    tid: str
    redirect_uri: str
    scope: str
    state: str
    nonce: str
    challenge: str
    prompt: str
    hint: Principal | None

    def back(self, **answer: str) -> str:
        """The console's return address with `answer` and the state in its query."""
        facts = {**answer, "state": self.state} if self.state else answer
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        return self.redirect_uri + separator + urlencode(facts)

    def refusal(self, error: str, description: str) -> str:
        return self.back(error=error, error_description=f"{description} Trace ID: {new_guid()}")


def routes() -> list[web.RouteDef]:
    return [
        web.get("/{tid}/oauth2/v2.0/authorize", authorize),
        web.post("/{tid}/oauth2/v2.0/authorize", pick),
        web.get("/{tid}/oauth2/v2.0/logout", sign_out),
        web.post("/{tid}/oauth2/v2.0/logout", sign_out),
    ]


async def authorize(request: web.Request) -> web.StreamResponse:
    """Send a browser that is signed in straight back; show the account picker to any other."""
    sandbox, language = request.app[SANDBOX], pages.language_of(request)
    try:
        asked = read(request)
    except NotRegistered as problem:
        return pages.problem(str(problem), language)
    session = session_of(request)
    if session and asked.prompt in ("", "none") and (asked.hint is None or asked.hint.oid == session.oid):
        return admit(sandbox, asked, EVERYONE[session.oid], session, language)
    if asked.prompt == "none":
        return web.HTTPFound(asked.refusal("login_required", NOT_SIGNED_IN))
    people = [(person, sandbox.directory.roles_of(person)) for person in PEOPLE]
    place = urlsplit(asked.redirect_uri).netloc
    cancel = asked.refusal("access_denied", DECLINED)
    hint = asked.hint.oid if asked.hint else ""
    return pages.picker(people, place=place, hint=hint, cancel=cancel, language=language)


async def pick(request: web.Request) -> web.StreamResponse:
    """Sign in as the person whose button was pressed."""
    sandbox, language = request.app[SANDBOX], pages.language_of(request)
    try:
        asked = read(request)
    except NotRegistered as problem:
        return pages.problem(str(problem), language)
    body = await bounded_body(request, LARGEST_FORM) or b""
    person = find(dict(parse_qsl(body.decode("utf-8", "replace"))).get("person", ""))
    if person is None:
        return pages.problem("AADSTS50034: The user account does not exist in the directory.", language)
    return admit(sandbox, asked, person, sandbox.directory.open_session(person), language)


def read(request: web.Request) -> Asked:
    """Check what Entra checks before it trusts the redirect URI. Raises `NotRegistered`."""
    query = request.query
    if query.get("client_id") != CLIENT_ID:
        raise NotRegistered(f"AADSTS700016: Application '{query.get('client_id', '')[:64]}' was not found.")
    redirect_uri = query.get("redirect_uri", "")
    if not is_registered(redirect_uri):
        raise NotRegistered(
            f"AADSTS50011: The redirect URI '{redirect_uri[:200]}' does not match the redirect URIs configured for "
            f"the application: here those are loopback addresses whose path ends in {RETURN_PATH}"
        )
    if query.get("response_type") != "code" or query.get("response_mode", "query") != "query":
        raise NotRegistered("AADSTS70007: only response_type=code with response_mode=query is supported here.")
    if query.get("code_challenge") and query.get("code_challenge_method") != "S256":
        raise NotRegistered("AADSTS501491: only the code_challenge_method S256 is supported.")
    return Asked(
        tid=tenant_of(request),
        redirect_uri=redirect_uri,
        scope=query.get("scope", ""),
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
        challenge=query.get("code_challenge", ""),
        prompt=query.get("prompt", ""),
        hint=find(query.get("login_hint", "")),
    )


def admit(
    sandbox: Sandbox, asked: Asked, person: Principal, session: BrowserSession, language: str
) -> web.StreamResponse:
    """Back to the console with a code, remembering the browser."""
    if person.oid in sandbox.directory.disabled:
        return pages.problem("AADSTS50057: The user account is disabled.", language, status=403)
    session.consoles.add(console_base(asked.redirect_uri))
    code = sandbox.directory.issue_code(
        oid=person.oid,
        sid=session.sid,
        redirect_uri=asked.redirect_uri,
        scope=asked.scope,
        nonce=asked.nonce,
        challenge=asked.challenge,
    )
    answer = web.HTTPFound(asked.back(code=code, client_info=client_info(person), session_state=session.sid))
    answer.set_cookie(COOKIE, session.sid, httponly=True, samesite="Lax", path="/")
    return answer


def session_of(request: web.Request) -> BrowserSession | None:
    return request.app[SANDBOX].directory.sessions.get(request.cookies.get(COOKIE, ""))


def is_registered(redirect_uri: str) -> bool:
    """The sandbox's app registration: any console on this machine."""
    return is_loopback_url(redirect_uri) and urlsplit(redirect_uri).path.endswith(RETURN_PATH)


def is_loopback_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or parts.username is not None:
        return False
    return host == "localhost" or host.endswith(".localhost") or is_loopback_address(host)


def is_loopback_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def console_base(redirect_uri: str) -> str:
    """Where the console stands: its return address without the path's end."""
    parts = urlsplit(redirect_uri)
    return urlunsplit((parts.scheme, parts.netloc, parts.path.removesuffix(RETURN_PATH), "", ""))


async def sign_out(request: web.Request) -> web.StreamResponse:
    """End the browser's session, tell its consoles in frames, and lead back to a registered address."""
    sandbox, language = request.app[SANDBOX], pages.language_of(request)
    asked = dict(request.query)
    if request.method == "POST":
        body = await bounded_body(request, LARGEST_FORM) or b""
        asked.update(parse_qsl(body.decode("utf-8", "replace")))
    sessions = sessions_to_end(sandbox, session_of(request), asked.get("logout_hint", ""))
    frames = []
    for session in sessions:
        sandbox.directory.sessions.pop(session.sid, None)
        facts = urlencode({"sid": session.sid, "iss": sandbox.issuer(EVERYONE[session.oid].tid)})
        frames += [f"{base}{LOGOUT_PATH}?{facts}" for base in sorted(session.consoles)]
    back = asked.get("post_logout_redirect_uri", "")
    answer = pages.signed_out(frames, back if is_loopback_url(back) else "", language)
    answer.del_cookie(COOKIE, path="/")
    return answer


def sessions_to_end(sandbox: Sandbox, own: BrowserSession | None, hint: str) -> list[BrowserSession]:
    """This browser's session; a hint that names somebody else leaves it alone, as Entra does."""
    if own is None:
        return []
    person = find(hint) if hint else None
    return [own] if person is None or person.oid == own.oid else []
