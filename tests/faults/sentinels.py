"""Looking for a secret in everything that a console leaves behind, whatever form it took on the way."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from urllib.parse import quote, urlsplit

from tests.console_process import ConsoleProcess
from tests.faults.measures import group

# Any token of Entra's, known to us or not.
JWT = re.compile(rb"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}")
LONG = 32  # of a secret this long each half is looked for, so that a cut one is found as well


def forms(secret: str) -> set[bytes]:
    """How the text may stand somewhere: plain, escaped, in hexadecimal, in Base64 at any place of a longer text."""
    halves = {secret[: len(secret) // 2], secret[len(secret) // 2 :]} if len(secret) >= LONG else {secret}
    return {form for part in halves for form in forms_of(part)}


def forms_of(text: str) -> set[bytes]:
    raw = text.encode()
    plain = {text, quote(text, safe=""), json.dumps(text)[1:-1], raw.hex(), raw.hex().upper()}
    return {form.encode() for form in plain} | {inside(raw, offset) for offset in range(3)}


def inside(raw: bytes, offset: int) -> bytes:
    """The part of a longer text's Base64 that depends on `raw` alone, where it begins `offset` bytes past a triple."""
    encoded = base64.b64encode(b"\0" * offset + raw)
    end = len(encoded) - 4 if (offset + len(raw)) % 3 else len(encoded)
    return encoded[4 if offset else 0 : end]


def found(secrets: dict[str, str], places: dict[str, bytes]) -> list[str]:
    """`secret in place` for each that was found."""
    wanted = {name: forms(secret) for name, secret in secrets.items()}
    return [
        f"{name} in {place}"
        for place, content in places.items()
        for name, needles in wanted.items()
        if any(needle in content for needle in needles)
    ]


@dataclass
class Kept:
    """Everything that browsers were answered, and everything commands said."""

    places: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, text: str) -> None:
        self.places[name] = self.places.get(name, b"") + text.encode()


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, database and logs included; collected static files are the same everywhere."""
    every = (path for path in folder.rglob("*") if path.is_file() and "static" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in every}


def tables(console: ConsoleProcess) -> dict[str, bytes]:
    """Every row of every table as text, which finds what a database file spreads over its pages or compresses."""
    names = (
        "select table_name as name from information_schema.tables where table_schema = 'public'"
        if console.database
        else "select name from sqlite_master where type = 'table'"
    )
    every = [row["name"] for row in console.rows(names)]
    return {f"table {name}": content(console.rows(f'select * from "{name}"')) for name in every}  # noqa: S608


def content(rows: list[dict[str, object]]) -> bytes:
    return b"\n".join(as_bytes(value) for row in rows for value in row.values())


def as_bytes(value: object) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "surrogatepass")


def command_lines(console: ConsoleProcess) -> dict[str, bytes]:
    """Of every process of every piece, as anybody on the machine can read them."""
    seen = {}
    for name, piece in console.pieces.items():
        for pid in group(piece.pid):
            with suppress(OSError):
                seen[f"command line of {name} {pid}"] = Path(f"/proc/{pid}/cmdline").read_bytes()
    return seen


class Overheard:
    """`with Overheard(redis_url) as said:` – `said.everything` is each command that anybody sends to this Redis."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.line = socket.create_connection((parts.hostname or "", parts.port or 0))
        self.everything = b""

    def __enter__(self) -> Overheard:
        self.line.sendall(b"MONITOR\r\n")
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.line.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while data := self.line.recv(65_536):
                self.everything += data
