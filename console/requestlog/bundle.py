"""The support bundle: everything Microsoft or Anthropic ask for about one attempt, as plain text, without any prompt.

It stays English whoever copies it, as it goes to their support.
"""

from __future__ import annotations

from datetime import datetime

from console.requestlog.models import RequestRecord
from console.web.spreadsheet import utc

NOT_RECEIVED = "not received"


def support_bundle(record: RequestRecord) -> str:
    """One "name: value" a line; what is not known is left out, a missing id is said."""
    rows = [
        ("request-id (Anthropic)", record.request_id or NOT_RECEIVED),
        ("apim-request-id (Azure)", record.apim_request_id or NOT_RECEIVED),
        ("message id", record.message_id),
        ("Started (UTC)", moment(record.started_at)),
        ("Finished (UTC)", moment(record.finished_at)),
        ("Resource", record.resource),
        ("Deployment", record.deployment),
        ("Model", record.model),
        ("Hosting", {"azure": "Hosted on Azure", "anthropic": "Hosted on Anthropic"}.get(record.hosting, "")),
        ("Region", record.region),
        ("Subscription", record.subscription_id),
        ("Endpoint", f"/anthropic/v1/messages{'/count_tokens' if record.operation == 'count_tokens' else ''}"),
        ("anthropic-version", record.api_version),
        ("Authentication", {"key": "api-key", "console": "Entra", "person": "Entra (user)"}.get(record.called_as, "")),
        ("Outcome", record.outcome or "running"),
        ("Attempt", f"{record.attempt} of call {record.call_id}"),
        ("HTTP status", record.http_status),
        ("Error type", record.error_type),
        ("Error code", record.error_code),
        ("Error message", record.error_message),
        ("Retry-After (s)", record.retry_after),
        ("How far", record.phase),
        ("Stop reason", record.stop_reason),
        ("Input / output tokens", tokens(record)),
        ("Headers / first token / duration (ms)", timing(record)),
    ]
    return "\n".join(f"{name}: {value}" for name, value in rows if value not in ("", None))


def moment(value: datetime | None) -> str:
    return utc(value) if value else ""


def tokens(record: RequestRecord) -> str:
    if record.output_tokens is None and record.all_input_tokens is None:
        return ""
    return f"{known(record.all_input_tokens)} / {known(record.output_tokens)}"


def timing(record: RequestRecord) -> str:
    return " / ".join(known(value) for value in (record.headers_ms, record.ttft_ms, record.duration_ms))


def known(value: int | None) -> str:
    return "–" if value is None else str(value)
