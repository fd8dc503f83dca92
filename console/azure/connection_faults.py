"""What the HTTP library raises to the error tree: which part of the way failed, and whether anything was sent.

httpx-aiohttp names a lost connection `ConnectTimeout` and more of the kind, so the aiohttp exception beneath decides.
"""

from __future__ import annotations

import ssl

import aiohttp
import httpx

from console.azure.cleaning import one_line
from console.azure.errors import AzureError, Phase, Unreachable, Unreadable

# Everything that a failed exchange may raise. TimeoutError is an OSError; a caller with clocks looks at it first.
FAULTS = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)

CONNECTING: tuple[tuple[type[BaseException], str, str], ...] = (
    (aiohttp.ClientConnectorDNSError, "dns", "the name could not be resolved"),
    # A label too long for DNS fails in Python's IDNA encoder, before any look-up.
    (UnicodeError, "dns", "the name is no host name"),
    (aiohttp.ClientConnectorCertificateError, "tls", "the certificate is not trusted"),
    (aiohttp.ClientConnectorSSLError, "tls", "TLS could not be agreed"),
    (aiohttp.ClientProxyConnectionError, "proxy", "the proxy could not be reached"),
    (aiohttp.ClientHttpProxyError, "proxy", "the proxy refused"),
    (aiohttp.ClientConnectorError, "connect", "no connection"),
    (aiohttp.ConnectionTimeoutError, "connect", "no connection in time"),
)


def connection_error(fault: BaseException, *, begun: bool) -> AzureError:
    """The error for an attempt that got no answer. `begun`: part of the request may have been sent."""
    root = fault.__cause__ if isinstance(fault, httpx.HTTPError) and fault.__cause__ is not None else fault
    for exception, kind, why in CONNECTING:
        if isinstance(root, exception):
            return Unreachable(f"{why}{_detail(root)}", kind=kind, phase="connect")
    if isinstance(root, aiohttp.ClientResponseError | httpx.RemoteProtocolError):
        return Unreadable("the answer is not HTTP", phase="send")
    phase: Phase = "send" if begun else "connect"
    if isinstance(root, aiohttp.ClientConnectionError | OSError):
        return Unreachable(f"the connection was lost: {type(root).__name__}", kind="reset", phase=phase)
    return Unreadable(f"the exchange failed: {type(root).__name__}", phase=phase)


def _detail(root: BaseException) -> str:
    """The system's own words, never the URL (a proxy's may hold a password)."""
    beneath = getattr(root, "os_error", None) or getattr(root, "certificate_error", None)
    if isinstance(beneath, ssl.SSLCertVerificationError):
        return f" ({one_line(beneath.verify_message, 200)})"
    words = beneath.strerror if isinstance(beneath, OSError) else None
    return f" ({one_line(words, 200)})" if words else ""
