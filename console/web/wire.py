"""Opens the Azure clients from the settings: the one place where addresses, certificates and proxy meet them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from urllib.parse import urlsplit

from django.conf import settings

from console.azure.arm import Arm
from console.azure.entra import Entra
from console.azure.foundry import Foundry, endpoint_for
from console.azure.http import Http
from console.azure.identity import OwnTokens, own_credential
from console.azure.log_analytics import LogAnalytics
from console.web.addresses import is_loopback


def is_foundry_host(host: str) -> bool:
    """Whether `host` is what FOUNDRY_ENDPOINT makes of some resource name: keys and tokens go nowhere else."""
    pattern = urlsplit(settings.FOUNDRY_ENDPOINT.replace("{resource}", "resource-name")).hostname or ""
    before, found, after = pattern.partition("resource-name")
    if not found:
        return host == pattern
    name = host.removeprefix(before).removesuffix(after)
    return host == f"{before}{name}{after}" and bool(name) and "." not in name


def foundry_address(resource: str) -> str:
    """The data plane's base URL of a resource's subdomain. Raises ValueError for what is no resource name."""
    return endpoint_for(settings.FOUNDRY_ENDPOINT, resource)


def new_http(*hosts: str) -> Http:
    """An HTTP layer that reaches Foundry hosts, or only `hosts` when any are named."""
    allowed = frozenset(hosts).__contains__ if hosts else is_foundry_host
    return Http(hosts=allowed, ca_file=settings.SSL_CERT_FILE or None, proxy=settings.OUTBOUND_PROXY or None)


@asynccontextmanager
async def open_foundry() -> AsyncIterator[Foundry]:
    """A data-plane client for the length of a job."""
    async with new_http() as http:
        yield Foundry(http, version=settings.ANTHROPIC_VERSION)


@asynccontextmanager
async def open_arm() -> AsyncIterator[Arm]:
    """A control-plane client that acts as the console."""
    async with new_http(urlsplit(settings.ARM_ENDPOINT).hostname or "") as http:
        yield Arm(http, settings.ARM_ENDPOINT, arm_token)


async def arm_token() -> str:
    return await own_tokens().get(arm_scope())


def arm_scope() -> str:
    """ARM's token scope in this cloud; a stand-in on loopback is asked for with the public cloud's."""
    if is_loopback(urlsplit(settings.ARM_ENDPOINT).hostname or ""):
        return "https://management.azure.com/.default"
    return f"{settings.ARM_ENDPOINT}/.default"


def log_analytics() -> LogAnalytics | None:
    """The workspace that Azure's diagnostic logs go to, asked as the console; None where none is configured."""
    if not settings.LOG_ANALYTICS_WORKSPACE_ID:
        return None
    return LogAnalytics(
        settings.LOG_ANALYTICS_ENDPOINT,
        settings.LOG_ANALYTICS_WORKSPACE_ID,
        lambda scope: asyncio.run(own_tokens().get(scope)),
        ca_file=settings.SSL_CERT_FILE or None,
        proxy=settings.OUTBOUND_PROXY or None,
    )


def own_environment() -> dict[str, str]:
    """azure-identity's variables; the client secret is there too where AZURE_CLIENT_SECRET_FILE holds it."""
    secret = os.environ.get("AZURE_CLIENT_SECRET") or settings.AZURE_CLIENT_SECRET
    return {**os.environ, "AZURE_CLIENT_SECRET": secret}


@cache
def own_tokens() -> OwnTokens:
    """Tokens of the console's own identity; one credential per process, as the cache sits in it."""
    authority = urlsplit(settings.ENTRA_AUTHORITY)
    return OwnTokens(
        own_credential(
            own_environment(),
            authority=f"{authority.scheme}://{authority.netloc}",
            tenant_id=settings.ENTRA_TENANT_ID,
            ca_file=settings.SSL_CERT_FILE or None,
        )
    )


@cache
def entra() -> Entra:
    """People's sign-in; one per process, so that keys and discovery are fetched once."""
    return Entra(
        authority_template=settings.ENTRA_AUTHORITY,
        tenant_id=settings.ENTRA_TENANT_ID,
        client_id=settings.ENTRA_CLIENT_ID,
        client_secret=settings.ENTRA_CLIENT_SECRET,
        certificate=settings.ENTRA_CLIENT_CERTIFICATE,
        ca_file=settings.SSL_CERT_FILE or None,
        proxy=settings.OUTBOUND_PROXY or None,
    )


# ---- The web process keeps one data-plane client open on its loop ----------------------------------------


_stacks: dict[asyncio.AbstractEventLoop, AsyncExitStack] = {}
_clients: dict[asyncio.AbstractEventLoop, asyncio.Task[Foundry]] = {}


async def foundry() -> Foundry:
    """The client that belongs to the running loop, opened on first use; `close` ends it."""
    loop = asyncio.get_running_loop()
    if loop not in _clients:
        _stacks[loop] = AsyncExitStack()
        _clients[loop] = loop.create_task(_stacks[loop].enter_async_context(open_foundry()))
    return await asyncio.shield(_clients[loop])


async def close() -> None:
    """Close the running loop's client; the web process calls it when it ends."""
    loop = asyncio.get_running_loop()
    _clients.pop(loop, None)
    stack = _stacks.pop(loop, None)
    if stack is not None:
        await stack.aclose()
