"""Azure's own figures: metrics, diagnostic logs, cost. Each has one believable answer, one empty, one 429.

Source: azure-facts 4.1-4.4
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from math import pi, sin

from aiohttp import web

from console.sandbox.access import LOG_AUDIENCES, Unauthenticated, principal_of
from console.sandbox.arm_shapes import account_id
from console.sandbox.armcall import ArmCall
from console.sandbox.counters import Seen
from console.sandbox.people import guid
from console.sandbox.state import SANDBOX, Sandbox
from console.sandbox.wire import JSON, Refused, arm_error, bounded_body, json_response, new_guid
from console.sandbox.world import Account, Deployment

NAMESPACE = "Microsoft.CognitiveServices/accounts"
UNITS = {"ModelAvailabilityRate": "Percent", "TokensCacheMatchRate": "Percent", "TimeToResponse": "MilliSeconds"}
PER_HOUR = {"ModelRequests": 40, "InputTokens": 52_000, "OutputTokens": 14_000, "TotalTokens": 66_000}
LEVELS = {"ModelAvailabilityRate": 99.6, "TokensCacheMatchRate": 31.0, "TimeToResponse": 840.0}
MOST_POINTS = 24 * 93
THROTTLED_ACCOUNT, QUIET_ACCOUNT = "contoso-private", "contoso-broken"
WORKSPACES = {
    guid("workspace"): "full",
    guid("workspace-empty"): "empty",
    guid("workspace-busy"): "busy",
    guid("workspace-closed"): "closed",
    guid("workspace-without-logs"): "tableless",
}
NO_TABLE = "'where' operator: Failed to resolve table or column expression named 'AzureDiagnostics'"
NO_ACCESS = "The provided credentials have insufficient access to perform the requested operation"
GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
# An ID that is no GUID, as a query names it: no row has it.
NAMED_ID = re.compile(r'CorrelationId (?:==|=~) "([^"]+)"')
COLUMNS = (
    ("TimeGenerated", "datetime"),
    ("Resource", "string"),
    ("OperationName", "string"),
    ("ResultSignature", "string"),
    ("DurationMs", "real"),
    ("deployment", "string"),
    ("CorrelationId", "string"),
)


def routes() -> list[web.RouteDef]:
    return [web.post("/loganalytics/v1/workspaces/{workspace}/query", logs)]


async def metrics(call: ArmCall) -> web.Response:
    """Hourly figures for each deployment: a day's curve, the same at every call."""
    account, query = call.account, call.request.query
    if account.name == THROTTLED_ACCOUNT:
        raise arm_error(
            429, "TooManyRequests", "Too many requests. Please try again later.", headers={"Retry-After": "3"}
        )
    start, end = timespan(query.get("timespan", ""))
    names = [name for name in query.get("metricnames", "ModelRequests").split(",") if name]
    unknown = [name for name in names if name not in PER_HOUR and name not in LEVELS]
    if unknown:
        raise arm_error(400, "BadRequest", f"Failed to find metric configuration for metric: {unknown[0][:60]}.")
    quiet = account.name == QUIET_ACCOUNT
    deployments = [] if quiet else [one for one in call.sandbox.world.deployments(account) if one.is_claude]
    value = [metric(account, name, deployments, start, end) for name in names]
    body = {"cost": 59, "timespan": f"{iso(start)}/{iso(end)}", "interval": "PT1H", "namespace": NAMESPACE}
    return json_response({**body, "resourceregion": account.location, "value": value})


def timespan(text: str) -> tuple[datetime, datetime]:
    """From and to, whole hours; the last day when nothing is asked."""
    first, _, last = text.partition("/")
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    try:
        start = datetime.fromisoformat(first) if first else now - timedelta(days=1)
        end = datetime.fromisoformat(last) if last else now
        hours = (end - start) / timedelta(hours=1)
    except (ValueError, TypeError) as error:
        raise arm_error(400, "BadRequest", "The timespan must be two ISO 8601 moments with a slash between.") from error
    if not 0 < hours <= MOST_POINTS:
        raise arm_error(400, "BadRequest", "The timespan must be positive and at most 93 days.")
    return start.replace(minute=0, second=0, microsecond=0), end


def metric(account: Account, name: str, deployments: list[Deployment], start: datetime, end: datetime) -> JSON:
    return {
        "id": f"{account_id(account)}/providers/Microsoft.Insights/metrics/{name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)},
        "displayDescription": "",
        "unit": UNITS.get(name, "Count"),
        "errorCode": "Success",
        "timeseries": [series(account, name, one, start, end) for one in deployments],
    }


def series(account: Account, name: str, deployment: Deployment, start: datetime, end: datetime) -> JSON:
    hours = range(int((end - start) / timedelta(hours=1)))
    dimension = {"value": "modeldeploymentname", "localizedValue": "modeldeploymentname"}
    return {
        "metadatavalues": [{"name": dimension, "value": deployment.name}],
        "data": [point(account, name, deployment, start + timedelta(hours=hour)) for hour in hours],
    }


def point(account: Account, name: str, deployment: Deployment, moment: datetime) -> JSON:
    """Busy by day, quiet at night, each deployment with its own share; no traffic leaves the number out."""
    share = fraction(f"{account.name}/{deployment.name}")
    jitter = fraction(f"{deployment.name}/{iso(moment)}")
    day = max(0.0, sin((moment.hour - 6) / 24 * 2 * pi) + 0.3)
    if name in LEVELS:
        return {"timeStamp": iso(moment), "average": round(LEVELS[name] * (0.97 + jitter * 0.03), 3)}
    total = round(PER_HOUR[name] * share * day * (0.6 + jitter))
    return {"timeStamp": iso(moment), "total": float(total)} if total else {"timeStamp": iso(moment)}


def fraction(text: str) -> float:
    """A number from 0 to 1 that belongs to `text`."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big") / 0xFFFFFFFF


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def cost(call: ArmCall) -> web.Response:
    """One CCU line a day for Production, nothing for Development, 429 for Korea Central AI."""
    await call.body()
    name = call.subscription.name
    if name == "Korea Central AI":
        family = "x-ms-ratelimit-microsoft.costmanagement"
        headers = {f"{family}-qpu-retry-after": "30", f"{family}-qpu-consumed": "12", f"{family}-qpu-remaining": "0"}
        raise arm_error(429, "429", "Too many requests. Please retry.", headers=headers)
    if name != "Production":
        return web.Response(status=204)
    columns = [("Cost", "Number"), ("UsageDate", "Number"), ("ResourceId", "String"), ("Meter", "String")]
    properties = {
        "nextLink": None,
        "columns": [{"name": name, "type": kind} for name, kind in [*columns, ("Currency", "String")]],
        "rows": [row for account in call.sandbox.world.accounts(call.subscription) for row in cost_rows(account)],
    }
    path, query = call.path.lstrip("/"), new_guid()
    body = {"id": f"{path}/{query}", "name": query, "type": "Microsoft.CostManagement/query", "properties": properties}
    return json_response(body)


def cost_rows(account: Account) -> list[list[object]]:
    if not any(one.is_claude for one in account.deployments):
        return []
    today = datetime.now(UTC)
    days = [today - timedelta(days=back) for back in range(14, 0, -1)]
    return [cost_row(account, day) for day in days]


def cost_row(account: Account, day: datetime) -> list[object]:
    date = int(day.strftime("%Y%m%d"))
    spent = round(20 + 180 * fraction(f"{account.name}/{date}"), 2)
    return [spent, date, account_id(account).lower(), "Claude Consumption Unit", "USD"]


async def logs(request: web.Request) -> web.Response:
    """Rows of diagnostic logs: a correlation ID in the query finds the very request that the data plane answered."""
    try:
        principal_of(request, LOG_AUDIENCES)
    except Unauthenticated as problem:
        raise log_error(401, "InvalidTokenError", "The provided authentication is not valid.") from problem
    kind = WORKSPACES.get(request.match_info["workspace"].lower())
    if kind is None:
        raise log_error(404, "WorkspaceNotFoundError", "The workspace could not be found.")
    if kind == "busy":
        raise log_error(429, "TooManyRequests", "Rate limit is exceeded.", headers={"Retry-After": "5"})
    if kind == "closed":
        raise log_error(403, "InsufficientAccessError", NO_ACCESS)
    query = await read_query(request)
    if kind == "tableless":
        raise log_error(400, "BadArgumentError", NO_TABLE)
    rows = [] if kind == "empty" else log_rows(request.app[SANDBOX], query)
    columns = [{"name": name, "type": kind} for name, kind in COLUMNS]
    return json_response({"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]})


async def read_query(request: web.Request) -> str:
    body = await bounded_body(request, 64 * 1024)
    try:
        found = json.loads(body or b"")
    except ValueError:
        found = None
    if not isinstance(found, dict) or "AzureDiagnostics" not in str(found.get("query", "")):
        raise log_error(400, "BadArgumentError", "The request had some invalid properties.")
    return str(found["query"])


def log_rows(sandbox: Sandbox, query: str) -> list[list[object]]:
    wanted = {text.lower() for text in [*GUID.findall(query), *NAMED_ID.findall(query)]}
    seen = [one for one in sandbox.counters.recent if not wanted or one.apim_request_id in wanted]
    return [log_row(one) for one in seen[-100:]]


def log_row(seen: Seen) -> list[object]:
    moment = datetime.fromtimestamp(seen.at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    names = seen.resource.upper(), "Anthropic_Messages_Create", str(seen.status)
    return [moment, *names, seen.duration_ms, seen.deployment, seen.apim_request_id]


def log_error(status: int, code: str, message: str, *, headers: dict[str, str] | None = None) -> Refused:
    error = {"message": message, "code": code, "correlationId": new_guid()}
    return Refused(status, {"error": error}, headers=headers)
