"""How many pages a PDF says it has, and whether it wants a password: a bounded look at its text, no parser.

Source: ISO 32000-1, 7.5 (file structure), 7.5.7 (object streams), 7.7.3 (page tree).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

TREE = re.compile(rb"/Type\s{0,8}/Pages\b")
COUNT = re.compile(rb"/Count\s{1,8}(\d{1,6})\b")
PACKED = re.compile(rb"/Type\s{0,8}/ObjStm\b")
FIRST = re.compile(rb"/First\s{1,8}(\d{1,9})\b")
LOCKED = re.compile(rb"/Encrypt\s{1,8}(?:\d{1,9}\s{1,8}\d{1,5}\s{1,8}R\b|<<)")
# A page tree's node with all its children's names, places where one may stand, and what unpacking may come to: hostile
# files are built to be more.
MOST_NODE, MOST_NODES, MOST_STREAMS, MOST_STREAM, MOST_UNPACKED = 200_000, 5_000, 400, 1_000_000, 16_000_000


def is_locked(data: bytes) -> bool:
    """Whether it is encrypted, which Claude does not take."""
    return LOCKED.search(data) is not None


def pages(data: bytes) -> int | None:
    """Its number of pages: what the largest node of its page tree counts. None where that cannot be told."""
    counts = [*plain(data), *packed(data)]
    return max(counts, default=0) or None


def plain(data: bytes) -> Iterator[int]:
    """The counts of nodes that stand in the file as they are."""
    for number, found in enumerate(TREE.finditer(data)):
        if number == MOST_NODES:
            return
        begin = data.rfind(b" obj", max(0, found.start() - MOST_NODE), found.start())
        end = data.find(b"endobj", found.end(), found.end() + MOST_NODE)
        if begin >= 0 and end >= 0:
            yield from counted(data[begin:end])


def packed(data: bytes) -> Iterator[int]:
    """The counts of nodes inside compressed object streams."""
    left = MOST_UNPACKED
    for number, found in enumerate(PACKED.finditer(data)):
        begin = data.find(b"stream", found.end(), found.end() + 1_000)
        if number == MOST_STREAMS or left <= 0:
            return
        first = FIRST.search(data, max(0, found.start() - 500), found.end() + 500)
        if begin < 0 or first is None:
            continue
        text = unpacked(data[begin + 6 : begin + MOST_STREAM].lstrip(b"\r\n"), left)
        left -= len(text) + 1_000
        for one in objects(text, int(first[1])):
            if TREE.search(one):
                yield from counted(one)


def unpacked(stream: bytes, most: int) -> bytes:
    """As much of a deflated stream as is wanted; nothing of one that is packed otherwise."""
    try:
        return zlib.decompressobj().decompress(stream, most)
    except zlib.error:
        return b""


def objects(text: bytes, first: int) -> Iterator[bytes]:
    """The objects of an object stream: pairs of number and offset come first, then what stands at the offsets."""
    numbers = text[:first].split()[:20_000]
    offsets = [int(one) for one in numbers[1::2] if one.isdigit() and len(one) < 10]
    for begin, end in pairwise([*offsets, len(text)]):
        yield text[first + begin : first + end if end > begin else len(text)][:MOST_NODE]


def counted(node: bytes) -> Iterator[int]:
    if found := COUNT.search(node):
        yield int(found[1])
