"""Logging: one line per event, control characters escaped, known secrets replaced by value."""

from __future__ import annotations

import logging
import logging.config
import re
from collections.abc import Mapping
from contextvars import ContextVar

# The correlation id of the request or job this code runs for; empty outside of one.
current: ContextVar[str] = ContextVar("correlation_id", default="")

# Values that must never be written, whatever code path they come along; filled by `never_write`.
_secrets: set[str] = set()

# An authorization code in a URL or form; "code: DeploymentNotFound" is none.
_CODE = re.compile(r"(?i)\b(code=)[^\s&\"',;]{8,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[A-Za-z0-9._~+/=-]{12,}")
_NAMED = re.compile(
    r"(?i)(\b(?:x-)?api-key|client_secret|refresh_token|access_token|id_token|authorization|code_verifier)(\W{1,4})[^\s&\"',;]{8,}"
)

# A JWT, and a key of Anthropic's first-party API.
_KEY_OR_TOKEN = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.?[\w-]*|\bsk-[\w-]{16,}")
# And anything as long as a key of Azure; but no id of Azure Resource Manager, which is as long and says where a role is
# missing.
_LOOKS_SECRET = re.compile(
    r"(?P<where>\bsubscriptions/[0-9a-fA-F-]{36}(?![0-9a-fA-F-])(?:/[A-Za-z][\w.()-]{0,62}(?![\w.()-]))*)"
    rf"|{_KEY_OR_TOKEN.pattern}|\b[A-Za-z0-9+/_-]{{64,}}={{0,2}}"
)


def never_write(*values: str) -> None:
    """Register secrets to be blanked in every log line; short ones are ignored as they would blank ordinary text."""
    _secrets.update(value for value in values if len(value) >= 8)


def safe(text: str) -> str:
    """`text` as one line without control characters and without anything registered or shaped like a secret."""
    for secret in _secrets:
        text = text.replace(secret, "[secret]")
    text = _CODE.sub(r"\1[secret]", _NAMED.sub(r"\1\2[secret]", _BEARER.sub(r"\1[secret]", text)))
    return _CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode("ascii"), text)


def redacted(text: str) -> str:
    """`safe`, for text that leaves the house or is kept: also without what is as long as a key or a token."""
    return _LOOKS_SECRET.sub(lambda found: found["where"] or "[removed]", safe(text))


def holds_key(text: str) -> bool:
    """Whether a key of Anthropic's or a token stands in it for certain; long words may be anything and do not count."""
    return bool(_KEY_OR_TOKEN.search(text) or _BEARER.search(text))


class OneLine(logging.Formatter):
    """`time level logger [correlation id] message`, one line, traceback folded into it."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info:
            text += " | " + self.formatException(record.exc_info)
        about = f" [{current.get()}]" if current.get() else ""
        stamp = self.formatTime(record, "%Y-%m-%dT%H:%M:%S")
        return safe(f"{stamp} {record.levelname.lower()} {record.name}{about} {text}")


def not_a_probe(record: logging.LogRecord) -> bool:
    """False for a prober that was told "not ready": that is an answer, not an event."""
    return getattr(getattr(record, "request", None), "path", "") != "/readyz"


def no_error_of_ours(record: logging.LogRecord) -> bool:
    """What a browser sent wrong is a warning without a traceback: anybody can send it, as often as they like."""
    if 400 <= getattr(record, "status_code", 0) < 500:
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.exc_info = None
    return True


def configure(options: Mapping[str, str]) -> None:
    """What Django calls with settings.LOGGING: everything goes to standard error."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"line": {"()": OneLine}},
            "filters": {
                "not_a_probe": {"()": lambda: not_a_probe},
                "no_error_of_ours": {"()": lambda: no_error_of_ours},
            },
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "formatter": "line",
                    "filters": ["not_a_probe", "no_error_of_ours"],
                },
            },
            "root": {"handlers": ["stderr"], "level": options["level"]},
            "loggers": {
                # Their INFO lines carry URLs with query strings, and one line per upstream call.
                name: {"level": "WARNING"}
                for name in (
                    "httpx",
                    "httpcore",
                    "azure",
                    "msal",
                    "urllib3",
                    "aiohttp",
                    "markdown_it",
                    "asyncio",
                    "celery.redirected",
                )
            },
        }
    )
