"""Where a resource's data plane answers. The name from ARM or the settings is checked each time it is used, so that
no odd name can lead a key or a token to another host.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from console.azure.errors import Rejected
from console.web import wire


def base_url(subdomain: str) -> str:
    """The resource's endpoint without `/anthropic`; raises Rejected ("host-not-allowed") for a name that is none."""
    try:
        return wire.foundry_address(subdomain)
    except ValueError as error:
        message = "The resource's subdomain is no name an address can be made of."
        raise Rejected(message, kind="host-not-allowed", phase="connect") from error


def host(subdomain: str) -> str:
    """What a key is bound to: host, port and path of the endpoint; "" for a name that makes no address.

    The path counts because FOUNDRY_ENDPOINT may carry the resource's name there.
    """
    try:
        parts = urlsplit(base_url(subdomain))
    except Rejected:
        return ""
    return f"{parts.netloc}{parts.path}".rstrip("/")
