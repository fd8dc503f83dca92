"""The one settings file: every value comes from the environment, with what it means beside it.

The table in README is held against this file by tests/test_docs.py.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url
from django.utils.translation import gettext_lazy as _

from console.config.env import BadSetting, Environment
from console.web.addresses import is_loopback

ROOT = Path(__file__).resolve().parents[2]
env = Environment()

# ---- Where we are ---------------------------------------------------------------------------------------

# Public base URL. Allowed hosts, CSRF origins, cookie flags and the redirect URI come from it, never from a header.
CONSOLE_URL = env.endpoint("CONSOLE_URL", "http://localhost:8000")
_url = urlsplit(CONSOLE_URL)
if _url.path:
    raise BadSetting("CONSOLE_URL", "must be a host without a path", "https://console.example.com")
HTTPS = _url.scheme == "https"
# Embedded database, broker files, generated keys, collected static files.
DATA_DIR = Path(env.text("DATA_DIR", str(ROOT / "var"))).resolve()


def _secret_key() -> str:
    """SECRET_KEY, or the one generated into DATA_DIR on the first embedded start."""
    given = env.secret("SECRET_KEY")
    if given:
        if HTTPS and (len(given) < 50 or len(set(given)) < 10):
            raise BadSetting("SECRET_KEY", "must be at least 50 random characters", "$(openssl rand -base64 48)")
        return given
    if HTTPS:
        raise BadSetting("SECRET_KEY", "is required when CONSOLE_URL is https", "$(openssl rand -base64 48)")
    kept = DATA_DIR / "secret-key"
    try:
        DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Written aside and linked whole: pieces that start together never read a key that is still empty.
        with tempfile.NamedTemporaryFile("w", dir=DATA_DIR, prefix="secret-key-", encoding="ascii") as fresh:
            fresh.write(secrets.token_urlsafe(60))
            fresh.flush()
            with contextlib.suppress(FileExistsError):  # another piece was first, or this is a later start
                os.link(fresh.name, kept)
        return kept.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadSetting("DATA_DIR", f"cannot be written ({error.strerror})", "/var/lib/console") from error


SECRET_KEY = _secret_key()
# Keys that may still decrypt and verify while SECRET_KEY is being changed, comma-separated, newest first.
SECRET_KEY_FALLBACKS = [key.strip() for key in env.secret("SECRET_KEY_FALLBACKS").split(",") if key.strip()]
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"] if is_loopback(_url.hostname or "") else []
if _url.hostname not in ("localhost", "127.0.0.1", "::1"):
    ALLOWED_HOSTS.append(_url.hostname or "")
CSRF_TRUSTED_ORIGINS = [f"{_url.scheme}://{_url.netloc}"]

# ---- Entra: the app registration people sign in with ---------------------------------------------------------

ENTRA_TENANT_ID = env.text("ENTRA_TENANT_ID")
ENTRA_CLIENT_ID = env.text("ENTRA_CLIENT_ID")
ENTRA_CLIENT_SECRET = env.secret("ENTRA_CLIENT_SECRET")
# PEM with private key and certificate, instead of the secret.
ENTRA_CLIENT_CERTIFICATE = env.secret("ENTRA_CLIENT_CERTIFICATE")
ENTRA_AUTHORITY = env.endpoint("ENTRA_AUTHORITY", "https://login.microsoftonline.com/{tenant}", placeholder="tenant")

# ---- Azure: addresses, never switches --------------------------------------------------------------------

ARM_ENDPOINT = env.endpoint("ARM_ENDPOINT", "https://management.azure.com")
FOUNDRY_ENDPOINT = env.endpoint("FOUNDRY_ENDPOINT", "https://{resource}.services.ai.azure.com", placeholder="resource")
FOUNDRY_TOKEN_SCOPE = env.matching(
    "FOUNDRY_TOKEN_SCOPE", "https://ai.azure.com/.default", r"[a-z]+://\S+/\.default", "must end with /.default"
)
# The wire dialect of the Messages API (azure-facts 2.1): 2026-10-21 or 2023-06-01.
ANTHROPIC_VERSION = env.matching("ANTHROPIC_VERSION", "2026-10-21", r"\d{4}-\d\d-\d\d", "must be a date")
AZURE_SUBSCRIPTION_IDS = env.names_list("AZURE_SUBSCRIPTION_IDS", "11111111-2222-3333-4444-555555555555")
_guid = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
if not all(re.fullmatch(_guid, each) for each in AZURE_SUBSCRIPTION_IDS):
    example = "11111111-2222-3333-4444-555555555555"
    raise BadSetting("AZURE_SUBSCRIPTION_IDS", "must be subscription IDs with commas between", example)
# azure-identity's own name for the secret of the console's identity; read here so that it may come from a file too.
AZURE_CLIENT_SECRET = env.secret("AZURE_CLIENT_SECRET")
# One resource connected by key, without any right in ARM.
ANTHROPIC_FOUNDRY_RESOURCE = env.matching(
    "ANTHROPIC_FOUNDRY_RESOURCE",
    "",
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?",
    "must be the resource's name alone, no address",
    "contoso-foundry",
)
ANTHROPIC_FOUNDRY_API_KEY = env.secret("ANTHROPIC_FOUNDRY_API_KEY")
ANTHROPIC_FOUNDRY_DEPLOYMENTS = env.names_list("ANTHROPIC_FOUNDRY_DEPLOYMENTS", "claude-sonnet-5-5")
# The workspace that diagnostic logs of the Foundry resources go to; empty: Azure's log is not looked up from here.
LOG_ANALYTICS_WORKSPACE_ID = env.matching(
    "LOG_ANALYTICS_WORKSPACE_ID",
    "",
    _guid,
    "must be the workspace's GUID",
    "1f0ea0a5-6b0d-4e4f-9a53-1c0f0a5ad6c1",
).lower()
# Its ARM ID, so that links to the portal open the query itself instead of the page of logs.
LOG_ANALYTICS_WORKSPACE_RESOURCE = env.text("LOG_ANALYTICS_WORKSPACE_RESOURCE")
LOG_ANALYTICS_ENDPOINT = env.endpoint("LOG_ANALYTICS_ENDPOINT", "https://api.loganalytics.io")
SSL_CERT_FILE = env.certificates("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt")
# Proxy for every outbound call. The usual HTTPS_PROXY is not read: a stray one must not carry tokens elsewhere.
OUTBOUND_PROXY = env.endpoint("OUTBOUND_PROXY", "") if env.source.get("OUTBOUND_PROXY") else ""

# ---- Limits ----------------------------------------------------------------------------------------------

# Answers one person may have streaming at once.
STREAMS_PER_PERSON = env.number("STREAMS_PER_PERSON", 6, least=1)
# Answers one web process carries at once; above it people are asked to wait a moment.
STREAMS_PER_PROCESS = env.number("STREAMS_PER_PROCESS", 400, least=1)
# Messages one person may send in a minute.
MESSAGES_PER_MINUTE = env.number("MESSAGES_PER_MINUTE", 30, least=1)
# Largest max_tokens a person may ask for.
MAX_TOKENS_LIMIT = env.number("MAX_TOKENS_LIMIT", 64_000, least=1)
# 1 counts the tokens of a message while it is written, which costs nothing; 0 does not.
TOKEN_ESTIMATE = bool(env.number("TOKEN_ESTIMATE", 1, most=1))
# Whether long prompts of conversations that go on quickly are kept in Azure's cache (1) or never (0).
PROMPT_CACHING = bool(env.number("PROMPT_CACHING", 1, most=1))
# Largest request body in bytes; more is answered with 413 before it is read.
BODY_LIMIT = env.number("BODY_LIMIT", 12_000_000, least=10_000)
# Seconds between the scheduled health checks of one deployment; 0 turns the schedule off.
HEALTH_INTERVAL = env.number("HEALTH_INTERVAL", 300)
# Seconds between scheduled inventory syncs; 0 turns the schedule off.
SYNC_INTERVAL = env.number("SYNC_INTERVAL", 900)
# Days after which rows are deleted; 0 keeps them for ever.
REQUEST_RETENTION_DAYS = env.number("REQUEST_RETENTION_DAYS", 400)
CONVERSATION_RETENTION_DAYS = env.number("CONVERSATION_RETENTION_DAYS", 0)
ATTACHMENT_RETENTION_DAYS = env.number("ATTACHMENT_RETENTION_DAYS", 0)
JOB_RETENTION_DAYS = env.number("JOB_RETENTION_DAYS", 30, least=1)
# Seconds without a click after which a session ends, and seconds after which it ends in any case.
SESSION_IDLE = env.number("SESSION_IDLE", 8 * 3600, least=60)
SESSION_LIFETIME = env.number("SESSION_LIFETIME", 12 * 3600, least=60)

# ---- Rooms -----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "console.web",
    "console.accounts",
    "console.jobs",
    "console.inventory",
    "console.requestlog",
    "console.prices",
    "console.prompts",
    "console.playground",
    "console.health",
    "console.usage",
    "console.compare",
    "console.config",
]

# All of them synchronous, so that a page costs one hop onto a thread; the stream never passes here (config/asgi.py).
MIDDLEWARE = [
    "console.web.middleware.correlation",
    "console.web.middleware.private_answers",  # also what the ones below refuse or send on
    "console.web.middleware.plain_text_only",
    "console.accounts.middleware.SessionAndPerson",
    "console.accounts.middleware.PersonLanguage",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "console.web.errors.PlainProblems",
]

ROOT_URLCONF = "console.config.urls"
ASGI_APPLICATION = "console.config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.messages.context_processors.messages",
                "console.config.chrome.chrome",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "console.web.templatetags.console_tags",
            ],
            "loaders": [
                ("django.template.loaders.cached.Loader", ["django.template.loaders.filesystem.Loader"]),
            ],
        },
    }
]

# ---- Data ------------------------------------------------------------------------------------------------

EMBEDDED_DATABASE = not env.secret("DATABASE_URL")


def _database() -> dict[str, Any]:
    """SQLite in DATA_DIR, or what DATABASE_URL names. Measurements behind the options: console/README.md, "Data"."""
    if EMBEDDED_DATABASE:
        options: dict[str, object] = {
            "transaction_mode": "IMMEDIATE",  # DEFERRED loses 1,400 of 1,600 contended writes at once
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA busy_timeout=20000;",
        }
        return {
            "ENGINE": "console.web.sqlite",
            "NAME": str(DATA_DIR / "console.sqlite3"),
            # Pages run on a few lasting threads (config/handler.py): each keeps its connection.
            "CONN_MAX_AGE": None,
            # Tests use a file too: several threads cannot share a database in memory as they share this one.
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
            "OPTIONS": options,
        }
    try:
        parsed: dict[str, Any] = dict(dj_database_url.parse(env.secret("DATABASE_URL")))
    except (ValueError, dj_database_url.ParseError, dj_database_url.UnknownSchemeError):
        parsed = {}
    if parsed.get("ENGINE") != "django.db.backends.postgresql":
        raise BadSetting("DATABASE_URL", "must be a postgres:// URL", "postgres://console:password@db.example/console")
    from console.web.postgres import PatientConnection

    # The pool bounds connections per process; persistent connections leak under ASGI (CONN_MAX_AGE stays 0).
    pool = {
        "min_size": 1,
        "max_size": env.number("DATABASE_POOL", 12, least=2),
        "timeout": 5,  # seconds a page waits for a connection before it says that the database is away
        "reconnect_timeout": 4,  # its pauses double: given up early and begun afresh, they stay short
        "connection_class": PatientConnection,
    }
    # A host that vanished without a word is noticed within a minute.
    lines = {"connect_timeout": 5, "keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}
    parsed["OPTIONS"] = {**lines, **dict(parsed.get("OPTIONS") or {}), "pool": pool}
    parsed["CONN_HEALTH_CHECKS"] = True
    return parsed


DATABASES = {"default": _database()}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# ---- Jobs ------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.secret("CELERY_BROKER_URL")
EMBEDDED_BROKER = not CELERY_BROKER_URL
if CELERY_BROKER_URL and urlsplit(CELERY_BROKER_URL).scheme not in ("redis", "rediss", "amqp", "amqps"):
    raise BadSetting("CELERY_BROKER_URL", "must be redis:// or amqp://", "redis://cache.example:6379/0")
# Redis also carries live answers between web processes; without it they follow the stored partial.
REDIS_URL = CELERY_BROKER_URL if CELERY_BROKER_URL.startswith(("redis://", "rediss://")) else ""

# ---- Browser ---------------------------------------------------------------------------------------------

SESSION_ENGINE = "console.accounts.sessions"  # rows that know their person; keys are stored hashed
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = SESSION_LIFETIME
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
# The token lives in the server-side session: no second cookie.
CSRF_USE_SESSIONS = True
CSRF_FAILURE_VIEW = "console.web.errors.csrf_failure"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# Bodies are capped before Django (web/body.py), so a whole one may stay in memory: nothing is spooled to disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = BODY_LIMIT
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200

# ---- Words and files -----------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("ko", _("Korean"))]
LOCALE_PATHS = [ROOT / "console" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {"staticfiles": {"BACKEND": "console.web.assets.HashedFiles"}}
LOGGING_CONFIG = "console.web.logs.configure"
_levels = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_wrong = f"must be one of {', '.join(_levels)}"
LOG_LEVEL = env.matching("LOG_LEVEL", "INFO", f"(?i:{'|'.join(_levels)})", _wrong).upper()
LOGGING = {"level": LOG_LEVEL}
SILENCED_SYSTEM_CHECKS = [
    "models.W040",  # SQLite carries no columns in an index: what is carried is looked up in the rows there
    "security.W001",  # SecurityMiddleware: its headers are set for every kind of answer in web/headers.py
    "security.W002",  # XFrameOptionsMiddleware: likewise
    "security.W003",  # CsrfViewMiddleware is present; the check cannot see CSRF in the session
]
