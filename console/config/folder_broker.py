"""The embedded broker: kombu's folder of messages, where nothing half-written is ever read.

kombu writes a file in the place where it is looked for, and takes it without the lock it is written under: a worker
that reads what a killed process left behind, or is faster than the writer, ends. Here files are put in place whole,
and what is no message all the same is dropped with a word in the log. The job's row is the truth: it is told again.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

log = logging.getLogger(__name__)

SCHEME = "folder"
# What reading something that is no message may raise.
NO_MESSAGE = (ValueError, KeyError, TypeError, AttributeError)


class Channel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]  # kombu's two parents disagree
        name = f"{round(time.time() * 1000)}_{uuid4()}.{queue}.msg"
        write_whole(Path(self.data_folder_out) / name, dumps(payload))

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:
        """The oldest message; whoever removes its file has it. Raises Empty."""
        for path in sorted(Path(self.data_folder_in).glob(f"[!.]*.{queue}.msg")):
            try:
                content = path.read_bytes()
                path.unlink()
            except FileNotFoundError:  # another worker was faster
                continue
            message = self.message_of(content)
            if message is not None:
                return message
            log.error("%s holds no message and was dropped; its job is told again", path.name)
        raise Empty()

    def message_of(self, content: bytes) -> dict[str, Any] | None:
        try:
            message: dict[str, Any] = loads(content.decode())
            self.Message(message, channel=self)
        except NO_MESSAGE:
            return None
        return message

    def get_table(self, exchange: str) -> list[Any]:
        """The queues of an exchange; none where the file is broken, and the next start writes it anew."""
        try:
            return list(super().get_table(exchange))
        except NO_MESSAGE:
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str | None, queue: str) -> None:
        bound = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        table = self.get_table(exchange)  # refuses names that lead elsewhere
        if bound not in table:
            write_whole(Path(self.control_folder) / f"{exchange}.exchange", dumps([bound, *table]))


class Transport(filesystem.Transport):
    Channel = Channel


def write_whole(path: Path, text: str) -> None:
    """Write beside, under a name nobody looks for, and put it in place in one step. Raises ChannelError."""
    beside = path.with_name(f".{uuid4()}")
    try:
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, path)
    except OSError as error:
        raise ChannelError(f"Cannot write {path.name}: {error.strerror}") from error


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:{Transport.__name__}"
