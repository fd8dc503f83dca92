"""Typed readers over the environment: a missing or malformed value stops the start with its name and an example."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from console.web.addresses import is_loopback

# One host: no wildcard ("*" or a leading dot would open ALLOWED_HOSTS), no empty label; or an IPv6 address.
HOST = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+|[0-9a-f.]*:[0-9a-f:.]*", re.ASCII | re.IGNORECASE)

# A name or ID as Azure gives them: a subscription's, a deployment's.
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,253}")


class BadSetting(SystemExit):
    """Stops the process with one line: the variable, what is wrong, an example. Never holds the value."""

    def __init__(self, name: str, wrong: str, example: str) -> None:
        self.name = name
        super().__init__(f"{name}: {wrong}. Example: {name}={example}")


class Environment:
    """Reads variables; `names` collects every one asked for, so a test can hold README's table against it.

    Of those in `secrets` nothing but whether they are set is ever shown.
    """

    def __init__(self, source: Mapping[str, str] = os.environ) -> None:
        self.source = source
        self.names: list[str] = []
        self.secrets: set[str] = set()

    def text(self, name: str, default: str = "") -> str:
        self.names.append(name)
        value = self.source.get(name, "").strip()
        if any(ord(character) < 32 for character in value):
            raise BadSetting(name, "contains a line break or control character", default or "a single line")
        return value or default

    def matching(self, name: str, default: str, pattern: str, wrong: str, example: str = "") -> str:
        """A text that is wholly of the form `pattern`; `wrong` says what it must be."""
        value = self.text(name, default)
        if value and not re.fullmatch(pattern, value, re.ASCII):
            raise BadSetting(name, wrong, example or default)
        return value

    def certificates(self, name: str, example: str) -> str:
        """The path of a PEM file of CA certificates; empty when it is not set."""
        path = self.text(name)
        try:
            if path:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
        except OSError as error:
            what = "no certificate" if isinstance(error, ssl.SSLError) else "no readable file"
            raise BadSetting(name, f"names {what}", example) from error
        return path

    def secret(self, name: str) -> str:
        """The value of `name`, or the content of the file that `name`_FILE points to; empty when neither is set."""
        self.names.append(name)
        self.secrets.add(name)
        path = self.source.get(f"{name}_FILE", "").strip()
        if not path:
            return self.source.get(name, "").strip()
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(
                f"{name}_FILE", "names a file that cannot be read", f"/run/secrets/{name.lower()}"
            ) from error

    def number(self, name: str, default: int, *, least: int = 0, most: int = 1_000_000_000) -> int:
        value = self.text(name, str(default))
        if not value.isascii() or not value.isdigit() or not least <= int(value) <= most:
            raise BadSetting(name, f"must be a whole number from {least} to {most}", str(default))
        return int(value)

    def names_list(self, name: str, example: str) -> list[str]:
        """A comma-separated list of plain names without empty parts."""
        parts = [part.strip() for part in self.text(name).split(",") if part.strip()]
        if not all(map(PLAIN.fullmatch, parts)):
            raise BadSetting(name, "must be names or IDs with commas between, without quotes or spaces", example)
        return parts

    def endpoint(self, name: str, default: str, *, placeholder: str = "") -> str:
        """An https URL without query (http only on loopback), without trailing slash; may hold `{placeholder}`."""
        value = self.text(name, default).rstrip("/")
        parts = split(value.replace("{" + placeholder + "}", placeholder) if placeholder else value)
        wrong = endpoint_fault(parts) if parts else "is not a URL"
        if "{" in (value.replace("{" + placeholder + "}", "") if placeholder else value):
            wrong = "holds an unknown {placeholder}"
        if wrong:
            raise BadSetting(name, wrong, default)
        return value


def split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def endpoint_fault(parts: SplitResult) -> str:
    if parts.scheme not in ("http", "https"):
        return "must start with https://"
    if not HOST.fullmatch(parts.hostname or ""):
        return "must name one host"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must be a plain URL without user, query or fragment"
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        return "must be https (http is for loopback only)"
    return ""
