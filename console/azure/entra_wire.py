"""Entra's endpoints over one bounded HTTP client, which is also the one that MSAL uses.

MSAL insists on https. Where the authority is plain http (loopback only), MSAL sees https addresses and this client maps
exactly those back; the browser is sent where the discovery document says.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import httpx

from console.azure.cleaning import json_object, load_json
from console.azure.errors import SignInRefused, Unavailable, Unreachable
from console.azure.retry import parse_retry_after
from console.azure.trust import is_loopback, tls_context

LARGEST_ANSWER = 1024 * 1024
TIMEOUTS = httpx.Timeout(10.0, connect=5.0)
TOTAL_TIMEOUT = 20.0
DISCOVERY_LIFETIME = 3600.0
DISCOVERY_RETRY = 60.0
DISCOVERY_PATH = "/v2.0/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An HTTP answer in the shape that MSAL asks of its `http_client`."""

    status_code: int
    text: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    def raise_for_status(self) -> None:
        """Nothing to raise: 429 and 5xx never get this far, and MSAL reads the others itself."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """The authority's own description; every address checked to be its own."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str
    document: Mapping[str, object] = field(repr=False)


class EntraWire:
    """Talks to one authority and to no other host. Threads may share it; it opens its connection pool on first use."""

    def __init__(self, authority: str, *, ca_file: str | None = None, proxy: str | None = None) -> None:
        self.authority = authority.rstrip("/")
        self._home = urlsplit(self.authority)
        self._ca_file = ca_file
        self._proxy = proxy
        self._discovery_lock = threading.Lock()
        self._client_lock = threading.Lock()
        self._client: httpx.Client | None = None
        self._plain: set[tuple[str, int]] = set()
        self._discovery: tuple[float, Discovery] | None = None

    @property
    def msal_authority(self) -> str:
        """The authority as MSAL accepts it: https, with the port spelled out where it is really http."""
        return self._as_https(self.authority)

    def discovery(self) -> Discovery:
        """The discovery document, kept for an hour, and longer while it cannot be read again.

        Raises Unreachable, Unavailable, SignInRefused ("tenant-not-found", "entra-misconfigured").
        """
        with self._discovery_lock:
            now = time.monotonic()
            if self._discovery is not None and now < self._discovery[0]:
                return self._discovery[1]
            try:
                self._discovery = (now + DISCOVERY_LIFETIME, self._read_discovery())
            except Unavailable:
                if self._discovery is None:
                    raise
                self._discovery = (now + DISCOVERY_RETRY, self._discovery[1])
            return self._discovery[1]

    def signing_keys(self) -> bytes:
        """The JWKS document, at most 1 MB of it."""
        answer = self._send("GET", self.discovery().jwks_uri)
        if answer.status_code != 200:
            raise SignInRefused("the signing keys are not where they should be", kind="entra-misconfigured")
        return answer.text.encode()

    # ---- What MSAL calls -------------------------------------------------------------------------------------

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: object,
    ) -> WireAnswer:
        if not params and url == self.msal_authority + DISCOVERY_PATH:
            return WireAnswer(200, json.dumps(self._for_msal(self.discovery())), {})
        return self._send("GET", self._really(url), params=params, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_options: object,
    ) -> WireAnswer:
        form = {"content-type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._send("POST", self._really(url), params=params, headers=form, body=urlencode(data or {}).encode())

    def forward(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> WireAnswer:
        """A request as another library prepared it: azure-identity's, for the console's own sign-in."""
        if method == "GET":
            return self.get(url)
        kept = {name: value for name, value in headers.items() if name.lower() in ("content-type", "accept")}
        return self._send(method, self._really(url), headers=kept, body=body)

    def close(self) -> None:
        with self._client_lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    # ---- How ---------------------------------------------------------------------------------------------------

    def _read_discovery(self) -> Discovery:
        answer = self._send("GET", self.authority + DISCOVERY_PATH)
        if answer.status_code != 200:
            kind = "tenant-not-found" if "AADSTS90002" in answer.text else "entra-misconfigured"
            raise SignInRefused(f"the authority describes itself with HTTP {answer.status_code}", kind=kind)
        try:
            document = json_object(load_json(answer.text.encode()))
        except ValueError:
            document = {}
        addresses = {name: self._own_address(document.get(name)) for name in ENDPOINTS}
        issuer = document.get("issuer")
        if not isinstance(issuer, str) or not all(addresses[name] for name in ENDPOINTS[:3]):
            raise SignInRefused("the authority does not describe itself as Entra does", kind="entra-misconfigured")
        return Discovery(issuer, **addresses, document=document)

    def _own_address(self, value: object) -> str:
        """`value` where it is an address at the authority itself (any port of this machine, if it is on loopback)."""
        if not isinstance(value, str):
            return ""
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            return ""
        near = is_loopback(host) and is_loopback(self._home.hostname or "")
        if parts.username or not (near or (parts.scheme == "https" and host == self._home.hostname)):
            return ""
        return value if parts.scheme in ("https", "http") else ""

    def _for_msal(self, discovery: Discovery) -> dict[str, object]:
        return {**discovery.document, "token_endpoint": self._as_https(discovery.token_endpoint)}

    def _as_https(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.scheme != "http":
            return url
        host, port = _place(parts)
        self._plain.add((host, port))
        return parts._replace(scheme="https", netloc=f"{_bracketed(host)}:{port}").geturl()

    def _really(self, url: str) -> str:
        """The address behind one that MSAL was given."""
        parts = urlsplit(url)
        if _place(parts) in self._plain:
            return parts._replace(scheme="http").geturl()
        return url

    def _send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> WireAnswer:
        if not self._own_address(url):
            raise SignInRefused("refused to send to an address that is not the authority's", kind="entra-misconfigured")
        fault = ""
        try:
            request = self._request(method, httpx.URL(url, params=params or None), headers or {}, body)
            answer = _without_secrets(self._exchange(request), body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            fault = type(error).__name__
        if fault:
            # Raised here and not in the handler: httpx's exceptions hold the request, and that holds the secret.
            raise Unreachable(f"Entra cannot be reached: {fault}", kind="entra-unreachable", phase="connect")
        if answer.status_code == 429 or answer.status_code >= 500:
            wait = parse_retry_after(answer.headers, time.time())
            raise Unavailable(
                "Entra is busy or broken", kind="entra-unavailable", status=answer.status_code, retry_after=wait
            )
        return answer

    def _request(self, method: str, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> httpx.Request:
        sent = {name: str(value) for name, value in headers.items() if value is not None}
        extensions = {}
        if url.host.endswith(".localhost"):
            # Names under localhost are this machine (RFC 6761), though not every resolver knows.
            extensions["sni_hostname"] = url.host
            sent["Host"] = url.netloc.decode("ascii")
            url = url.copy_with(host="localhost")
        return self._http().build_request(method, url, content=body or None, headers=sent, extensions=extensions)

    def _exchange(self, request: httpx.Request) -> WireAnswer:
        """One exchange, bounded in size and time; a body that is encoded or over-long is no answer."""
        until = time.monotonic() + TOTAL_TIMEOUT
        body = bytearray()
        response = self._http().send(request, stream=True)
        try:
            if response.headers.get("content-encoding", "identity") not in ("", "identity"):
                raise httpx.DecodingError("encoded though not asked for")
            for chunk in response.iter_raw():
                body += chunk
                if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                    raise httpx.ReadError("too long")
        finally:
            response.close()
        return WireAnswer(response.status_code, body.decode("utf-8", "replace"), response.headers)

    def _http(self) -> httpx.Client:
        with self._client_lock:
            if self._client is None:
                self._client = httpx.Client(
                    verify=tls_context(self._ca_file),
                    proxy=self._proxy,
                    trust_env=False,
                    follow_redirects=False,
                    # A code can be redeemed once: no POST may be lost to a kept connection that just closed.
                    limits=httpx.Limits(max_keepalive_connections=0),
                    # People share this client: what Entra sets for one must not be sent for another.
                    cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                    timeout=TIMEOUTS,
                    headers={"accept-encoding": "identity", "user-agent": "foundry-console"},
                )
            return self._client


def _place(parts: SplitResult) -> tuple[str, int]:
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _without_secrets(answer: WireAnswer, form: bytes) -> WireAnswer:
    """A refusal without the secrets that were sent, should it echo one: libraries log a refusal's words."""
    if answer.status_code < 400:
        return answer
    text, sent = answer.text, parse_qs(form.decode("utf-8", "replace"))
    for name in ("client_secret", "client_assertion", "refresh_token", "code", "code_verifier"):
        for secret in sent.get(name, []):
            text = text.replace(secret, "[secret]")
    return replace(answer, text=text)
