"""The embedded broker: what is in its folder and is no message ends no worker."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from console.config.folder_broker import Transport
from console.config.worker import app
from tests.shared_database import own_broker

__all__ = ["own_broker"]

pytestmark = pytest.mark.anywhere


@pytest.fixture(autouse=True)
def forgotten():
    """kombu remembers for the whole process what it bound, whichever folder that was in."""
    Transport.global_state.clear()


@pytest.fixture
def queue(own_broker: Path):
    """The queue of the console's jobs on a folder of its own."""
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("console")
        yield queue
        queue.close()


def taken(queue) -> list[object]:
    found = []
    while (message := queue.channel.basic_get("console", no_ack=True)) is not None:
        found.append(message.decode())
    return found


@pytest.mark.parametrize("left", [b"", b'{"body": "W1t', b"\xff\xfe", b"[]", b"7", b"{}", b'{"properties": {}}',
    b'{"properties": {"delivery_tag": "1", "body_encoding": "base64"}, "body": "W"}'])  # fmt: skip
def test_what_is_no_message_is_dropped_and_told(queue, own_broker, caplog, left):
    queue.put(["the first"])
    (own_broker / "1_x.console.msg").write_bytes(left)
    with caplog.at_level(logging.ERROR):
        assert taken(queue) == [["the first"]]
    assert "1_x.console.msg holds no message" in caplog.text
    assert not list(own_broker.iterdir())


def test_a_message_is_where_it_is_looked_for_only_when_it_is_whole(queue, own_broker, monkeypatch):
    seen: list[object] = []
    replace = os.replace

    def look_first(beside: Path, path: Path) -> None:
        assert json.loads(beside.read_text())["body"]
        seen.append(taken(queue))
        replace(beside, path)

    monkeypatch.setattr("console.config.folder_broker.os.replace", look_first)
    queue.put(["whole"])
    assert seen == [[]]
    assert taken(queue) == [["whole"]]


def test_messages_of_other_queues_stay(queue, own_broker):
    other = own_broker / "1_x.another.msg"
    other.write_text("theirs")
    assert taken(queue) == []
    assert other.exists()


@pytest.mark.parametrize("broken", ["", "[[", "{}"])
def test_a_broken_list_of_queues_is_written_anew(own_broker, broken):
    (own_broker.parent / "control").mkdir(exist_ok=True)
    (own_broker.parent / "control" / "console.exchange").write_text(broken)
    with app.connection_for_write() as connection:
        queue = connection.SimpleQueue("console")
        queue.put(["told"])
        assert taken(queue) == [["told"]]
        queue.close()


def test_the_folder_says_what_it_is(own_broker):
    with app.connection_for_write() as connection:
        assert connection.as_uri().startswith("folder://")
        assert type(connection.default_channel).__module__ == "console.config.folder_broker"
