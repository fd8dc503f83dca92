"""Where a resource's data plane answers. The name from ARM or the settings is checked each time it is used, so that
no odd name can lead a key or a token to another host.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

from console.azure.errors import Rejected
from console.azure.foundry import endpoint_for, resource_name


def base_url(subdomain: str) -> str:
    """The resource's endpoint without `/anthropic`; raises Rejected ("invalid-request") for a name that is none."""
    try:
        return endpoint_for(settings.FOUNDRY_ENDPOINT, resource_name(subdomain))
    except ValueError as error:
        raise Rejected(
            kind="invalid-request", message=f"The resource's subdomain makes no address: {error}", phase="connect"
        ) from error


def host(subdomain: str) -> str:
    """What a key is bound to: host, port and path of the endpoint; "" for a name that makes no address.

    The path counts because FOUNDRY_ENDPOINT may carry the resource's name there.
    """
    try:
        parts = urlsplit(base_url(subdomain))
    except Rejected:
        return ""
    return f"{parts.netloc}{parts.path}".rstrip("/")
