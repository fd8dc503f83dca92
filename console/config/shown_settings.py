"""What the settings page tells an administrator: every setting in words, with its variable; of secrets only whether."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from console.azure.identity import credential_kind
from console.web import wire
from console.web.problems import in_words


@dataclass(frozen=True, slots=True)
class Setting:
    """One line: what it is, its value in words, the variable that changes it. `copied` values get a copy button."""

    label: str
    value: str
    variable: str
    copied: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    title: str
    settings: list[Setting]


def groups() -> list[Group]:
    return [
        Group(_("This console"), list(this_console())),
        Group(_("Sign-in with Microsoft"), list(sign_in())),
        Group(_("Azure"), list(azure())),
        Group(_("Limits"), list(limits())),
        Group(_("Schedule and retention"), list(schedule())),
    ]


def this_console() -> Iterator[Setting]:
    yield Setting(_("Address"), settings.CONSOLE_URL, "CONSOLE_URL")
    yield Setting(_("Database"), database(), "DATABASE_URL")
    yield Setting(_("Queue"), broker(), "CELERY_BROKER_URL")
    yield Setting(_("Data folder"), str(settings.DATA_DIR), "DATA_DIR")
    given = bool(os.environ.get("SECRET_KEY") or os.environ.get("SECRET_KEY_FILE"))
    yield Setting(_("Secret key"), whether(given, otherwise=_("generated, in the data folder")), "SECRET_KEY")


def sign_in() -> Iterator[Setting]:
    yield Setting(_("Tenant"), or_not_set(settings.ENTRA_TENANT_ID), "ENTRA_TENANT_ID")
    yield Setting(_("Application id"), or_not_set(settings.ENTRA_CLIENT_ID), "ENTRA_CLIENT_ID")
    if settings.ENTRA_CLIENT_CERTIFICATE:
        yield Setting(_("Client certificate"), whether(True), "ENTRA_CLIENT_CERTIFICATE")
    else:
        yield Setting(_("Client secret"), whether(bool(settings.ENTRA_CLIENT_SECRET)), "ENTRA_CLIENT_SECRET")
    yield Setting(_("Authority"), settings.ENTRA_AUTHORITY, "ENTRA_AUTHORITY")
    redirect = settings.CONSOLE_URL + reverse("accounts:signin_return")
    yield Setting(_("Redirect URI to register"), redirect, "CONSOLE_URL", copied=True)


def azure() -> Iterator[Setting]:
    yield Setting(_("The console's own identity"), identity(), "AZURE_CLIENT_ID")
    limited = ", ".join(settings.AZURE_SUBSCRIPTION_IDS) or _("all that the identity sees")
    yield Setting(_("Subscriptions"), limited, "AZURE_SUBSCRIPTION_IDS")
    connected = settings.ANTHROPIC_FOUNDRY_RESOURCE
    yield Setting(_("Resource connected by key"), connected or _("none"), "ANTHROPIC_FOUNDRY_RESOURCE")
    if connected:
        yield Setting(_("Its key"), whether(bool(settings.ANTHROPIC_FOUNDRY_API_KEY)), "ANTHROPIC_FOUNDRY_API_KEY")
    yield Setting("Azure Resource Manager", settings.ARM_ENDPOINT, "ARM_ENDPOINT")
    yield Setting(_("Foundry"), settings.FOUNDRY_ENDPOINT, "FOUNDRY_ENDPOINT")
    yield Setting(_("Token scope"), settings.FOUNDRY_TOKEN_SCOPE, "FOUNDRY_TOKEN_SCOPE")
    yield Setting(_("Version of the Messages API"), settings.ANTHROPIC_VERSION, "ANTHROPIC_VERSION")
    workspace = settings.LOG_ANALYTICS_WORKSPACE_ID
    yield Setting(_("Log Analytics workspace"), or_not_set(workspace), "LOG_ANALYTICS_WORKSPACE_ID")
    if workspace:
        resource = or_not_set(settings.LOG_ANALYTICS_WORKSPACE_RESOURCE)
        yield Setting(_("Its resource ID"), resource, "LOG_ANALYTICS_WORKSPACE_RESOURCE")
        yield Setting(_("Where it is asked"), settings.LOG_ANALYTICS_ENDPOINT, "LOG_ANALYTICS_ENDPOINT")
    yield Setting(_("Proxy"), without_person(settings.OUTBOUND_PROXY) or _("none"), "OUTBOUND_PROXY")
    yield Setting(_("Certificates"), settings.SSL_CERT_FILE or _("those of the system"), "SSL_CERT_FILE")


def identity() -> str:
    match credential_kind(wire.own_environment()):
        case None:
            return _("none")
        case "ClientSecretCredential":
            return _("application with a client secret")
        case "CertificateCredential":
            return _("application with a certificate")
        case "WorkloadIdentityCredential":
            return _("workload identity")
        case "AzureCliCredential":
            return _("whoever is signed in with az")
        case _other:
            return _("managed identity")


def limits() -> Iterator[Setting]:
    for label, name in (
        (_("Messages a person may send in a minute"), "MESSAGES_PER_MINUTE"),
        (_("Answers a person may have running"), "STREAMS_PER_PERSON"),
        (_("Answers one web process carries"), "STREAMS_PER_PROCESS"),
        (_("Longest answer, in tokens"), "MAX_TOKENS_LIMIT"),
        (_("Largest message, in bytes"), "BODY_LIMIT"),
    ):
        yield Setting(label, f"{getattr(settings, name):,}", name)
    yield Setting(_("A session ends without use after"), in_words(settings.SESSION_IDLE), "SESSION_IDLE")
    yield Setting(_("A session ends in any case after"), in_words(settings.SESSION_LIFETIME), "SESSION_LIFETIME")


def schedule() -> Iterator[Setting]:
    yield Setting(_("Health checks"), every(settings.HEALTH_INTERVAL), "HEALTH_INTERVAL")
    yield Setting(_("Inventory sync"), every(settings.SYNC_INTERVAL), "SYNC_INTERVAL")
    for label, name in (
        (_("Requests are kept, if not set otherwise"), "REQUEST_RETENTION_DAYS"),
        (_("Conversations are kept, if not set otherwise"), "CONVERSATION_RETENTION_DAYS"),
        (_("Attachments are kept, if not set otherwise"), "ATTACHMENT_RETENTION_DAYS"),
        (_("Finished jobs are kept"), "JOB_RETENTION_DAYS"),
    ):
        yield Setting(label, kept(getattr(settings, name)), name)


def database() -> str:
    """Its kind and place, never its user or password."""
    if settings.EMBEDDED_DATABASE:
        return _("SQLite, in the data folder")
    known = settings.DATABASES["default"]
    return f"PostgreSQL, {known.get('HOST') or 'localhost'}/{known['NAME']}"


def broker() -> str:
    if settings.EMBEDDED_BROKER:
        return _("embedded, in the data folder")
    return without_person(settings.CELERY_BROKER_URL)


def without_person(url: str) -> str:
    """An address without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}" if parts.hostname else ""


def or_not_set(value: str) -> str:
    return value or _("not set")


def whether(there: bool, *, otherwise: str = "") -> str:
    return _("configured") if there else otherwise or _("not set")


def every(seconds: int) -> str:
    return _("every %(span)s") % {"span": in_words(seconds)} if seconds else _("off")


def kept(days: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days} if days else _("for ever")
