"""What a file is by its first bytes, never by its name or by what a browser says of it: four kinds of pictures and PDF.

Only headers are read here; nothing is decoded, so no file is too clever to look at.
"""

from __future__ import annotations

from dataclasses import dataclass

from console.playground import pdf

PDF = "application/pdf"
IMAGES = ("image/jpeg", "image/png", "image/gif", "image/webp")
# Segments of a JPEG looked at for its size; photographs have about twenty.
MOST_SEGMENTS = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A media type the Messages API takes, with pixels of a picture or pages of a PDF as far as they can be told."""

    media_type: str
    width: int | None = None
    height: int | None = None
    pages: int | None = None
    locked: bool = False  # a PDF that wants a password


def recognise(data: bytes) -> Kind | None:
    """What these bytes are; None for anything that Claude does not take, and for a picture without a size."""
    if data.startswith(b"%PDF-"):
        return Kind(PDF, pages=pdf.pages(data), locked=pdf.is_locked(data))
    for media_type, size in (("image/png", png), ("image/gif", gif), ("image/jpeg", jpeg), ("image/webp", webp)):
        found = size(data)
        if found and found[0] and found[1]:
            return Kind(media_type, *found)
    return None


def png(data: bytes) -> tuple[int, int] | None:
    """Width and height. Source: PNG 3rd edition, 11.2.1."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR" or len(data) < 33:
        return None
    return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")


def gif(data: bytes) -> tuple[int, int] | None:
    """Width and height. Source: GIF89a, 18."""
    if data[:6] not in (b"GIF87a", b"GIF89a") or len(data) < 13:
        return None
    return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")


def jpeg(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame's header. Source: ITU-T T.81, B.1.1 and B.2.2."""
    if data[:3] != b"\xff\xd8\xff":
        return None
    at = 2
    for _ in range(MOST_SEGMENTS):
        while data[at : at + 2] == b"\xff\xff":  # fill bytes
            at += 1
        if len(data) < at + 10 or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            return int.from_bytes(data[at + 7 : at + 9], "big"), int.from_bytes(data[at + 5 : at + 7], "big")
        if marker in (0xD8, 0xD9, 0xDA):  # the picture itself begins, and no frame was announced
            return None
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def webp(data: bytes) -> tuple[int, int] | None:
    """Width and height of the three forms. Source: RFC 9649, 2.5 to 2.7, and RFC 6386, 9.1."""
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < 30:
        return None
    form, body = data[12:16], data[20:30]
    if form == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if form == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    return None
