"""Azure's diagnostic log, asked through Microsoft's own client: what does it have under one correlation ID?

Synchronous, for a thread that may wait. Source: azure-facts 4.2 and 4.3 (Azure Monitor Logs API, AzureDiagnostics).
"""

from __future__ import annotations

import base64
import gzip
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from console.azure.cleaning import one_line
from console.azure.errors import (
    AzureError,
    Forbidden,
    Missing,
    Rejected,
    SignInNeeded,
    Throttled,
    TimedOut,
    Unavailable,
    Unreachable,
)
from console.azure.retry import parse_retry_after
from console.azure.shapes import ID
from console.azure.trust import is_loopback, system_store

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.core.exceptions import HttpResponseError

PUBLIC_ENDPOINT = "https://api.loganalytics.io"
MOST_ROWS = 20
# Seconds: for the connection, for each wait on the answer, and how long the service itself may work on it.
CONNECT, READ, SERVER = 5, 12, 10
# That CorrelationId is what answers call apim-request-id is inferred, not documented (azure-facts 4.3 and 7.2): this
# query is the only place that says so.
QUERY = """AzureDiagnostics
| where TimeGenerated between (datetime({since}) .. datetime({until}))
| where ResourceProvider == "MICROSOFT.COGNITIVESERVICES" and Category == "RequestResponse"
| where CorrelationId =~ "{id}"
| extend p = parse_json(properties_s)
| project TimeGenerated, Resource, OperationName, ResultSignature, DurationMs, \
deployment=tostring(p.modelDeploymentName), CorrelationId
| take {most}"""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when to look."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of Azure's log. `status` is the HTTP status as text; names come upper-cased."""

    at: datetime | None
    resource: str
    operation: str
    status: str
    duration_ms: float | None
    deployment: str
    correlation_id: str


def query_for(apim_request_id: str, span: Span) -> str:
    """The query (KQL) for one ID. Raises ValueError for what is no ID."""
    if not ID.fullmatch(apim_request_id):
        raise ValueError("not an ID")
    since, until = (moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (span.since, span.until))
    return QUERY.format(since=since, until=until, id=apim_request_id, most=MOST_ROWS)


def portal_url(query: str, *, tenant_id: str = "", workspace: str = "") -> str:
    """Where the Azure portal opens this query; without the workspace's resource ID, its page of logs.

    The form of the portal's own "Copy link to query" [observed]: gzip, base64, and twice percent-encoded.
    """
    if not workspace:
        return "https://portal.azure.com/#view/Microsoft_Azure_Monitoring/AzureMonitoringBrowseBlade/~/logs"
    packed = base64.b64encode(gzip.compress(query.encode(), mtime=0)).decode()
    return (
        f"https://portal.azure.com/#@{quote(tenant_id, safe='')}/blade/Microsoft_OperationsManagementSuite_Workspace"
        f"/Logs.ReactView/resourceId/{quote(workspace, safe='')}/source/LogsBlade.AnalyticsShareLinkToQuery"
        f"/q/{quote(quote(packed, safe=''), safe='')}"
    )


@dataclass(frozen=True, slots=True)
class LogAnalytics:
    """One workspace at one address. `token` gives an access token for a scope; it may raise AzureError."""

    endpoint: str
    workspace_id: str
    token: Callable[[str], str] = field(repr=False)
    ca_file: str | None = None
    proxy: str | None = field(default=None, repr=False)

    @property
    def scope(self) -> str:
        """A stand-in on loopback is asked with the public cloud's."""
        home = PUBLIC_ENDPOINT if self._is_near else self.endpoint.rstrip("/").removesuffix("/v1")
        return f"{home}/.default"

    @property
    def _is_near(self) -> bool:
        return is_loopback(urlsplit(self.endpoint).hostname or "")

    def look_up(self, apim_request_id: str, span: Span) -> list[LogRow]:
        """What the log has under this ID, at most 20 rows; none is an answer too.

        Raises Forbidden, Missing (no such workspace), Rejected (no such table), Throttled, TimedOut, Unreachable,
        Unavailable and SignInNeeded.
        """
        query = query_for(apim_request_id, span)
        token = self.token(self.scope)
        # Not at the top: importing it takes a third of a second, which every command would pay.
        from azure.core.exceptions import AzureError as LibraryError

        error: AzureError
        try:
            return self._ask(query, span, token)
        except LibraryError as fault:
            error = translated(fault, token)
        # Outside the handler: the library's exception holds the request, and that holds the token.
        raise error

    def _ask(self, query: str, span: Span, token: str) -> list[LogRow]:
        from azure.monitor.query import LogsQueryClient

        with LogsQueryClient(_Given(token), endpoint=self.endpoint, **self._wire()) as client:
            options: dict[str, Any] = {"enforce_https": False} if self._is_near else {}
            found = client.query_workspace(
                self.workspace_id, query, timespan=(span.since, span.until), server_timeout=SERVER, **options
            )
        tables = getattr(found, "tables", None) or getattr(found, "partial_data", None) or []
        return [read_row(dict(zip(table.columns, row, strict=False))) for table in tables for row in table.rows]

    def _wire(self) -> dict[str, Any]:
        """One attempt, no redirect, no proxy of the environment; certificates as everywhere here."""
        import requests
        from azure.core.pipeline import policies
        from azure.core.pipeline.transport import RequestsTransport

        session = requests.Session()
        session.trust_env = False
        transport = RequestsTransport(
            session=session, session_owner=False, use_env_settings=False, connection_timeout=CONNECT,
            read_timeout=READ, connection_verify=self.ca_file or system_store() or True,
        )  # fmt: skip
        proxies = {"http": self.proxy, "https": self.proxy} if self.proxy else None
        return {
            "transport": transport,
            "proxy_policy": policies.ProxyPolicy(proxies=proxies),
            "retry_policy": policies.RetryPolicy.no_retries(),
            "redirect_policy": policies.RedirectPolicy.no_redirects(),
            "user_agent_policy": policies.UserAgentPolicy(base_user_agent="foundry-console", use_env=False),
        }


@dataclass(frozen=True, slots=True)
class _Given:
    """A credential that has its token already; the library asks nobody for another."""

    _token: str = field(repr=False)

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        from azure.core.credentials import AccessToken

        return AccessToken(self._token, int(time.time()) + 600)


def read_row(row: Mapping[str, Any]) -> LogRow:
    at, took = row.get("TimeGenerated"), row.get("DurationMs")
    return LogRow(
        at=at.astimezone(UTC) if isinstance(at, datetime) else None,
        resource=one_line(str(row.get("Resource") or ""), 100),
        operation=one_line(str(row.get("OperationName") or ""), 100),
        status=one_line(str(row.get("ResultSignature") or ""), 20),
        duration_ms=float(took) if isinstance(took, int | float) else None,
        deployment=one_line(str(row.get("deployment") or ""), 100),
        correlation_id=one_line(str(row.get("CorrelationId") or ""), 128),
    )


CLASSES: dict[int, tuple[type[AzureError], str]] = {
    400: (Rejected, "invalid-request"),
    401: (SignInNeeded, "bad-token"),
    403: (Forbidden, "missing-role"),
    404: (Missing, "not-found"),
    429: (Throttled, "rate-limited"),
    504: (TimedOut, "upstream-timeout"),
}


def translated(fault: Exception, token: str) -> AzureError:
    """The library's exception as ours."""
    from azure.core import exceptions

    if isinstance(fault, exceptions.HttpResponseError) and fault.status_code:
        return answered(fault, token)
    if isinstance(fault, exceptions.ServiceRequestTimeoutError | exceptions.ServiceResponseTimeoutError):
        return TimedOut("no answer in time", kind="total-timeout", phase="send")
    if isinstance(fault, exceptions.ServiceResponseError) and "timed out" in str(fault).lower():
        return TimedOut("no answer in time", kind="total-timeout", phase="send")
    return Unreachable(f"cannot be reached: {type(fault).__name__}", kind="connect", phase="connect")


def answered(fault: HttpResponseError, token: str) -> AzureError:
    status = int(fault.status_code or 0)
    error_class, kind = CLASSES.get(status, (Unavailable, "server-error"))
    error = getattr(fault, "error", None)
    code = one_line(str(getattr(error, "code", "") or ""), 100)
    headers = getattr(fault.response, "headers", {})
    return error_class(
        one_line(str(getattr(error, "message", "") or fault.reason or ""), 300, [token]),
        kind=kind, status=status, code=code or None, retry_after=parse_retry_after(headers, time.time()),
    )  # fmt: skip
