"""Small pictures and PDFs, made here byte by byte: every kind the console takes, and what only looks like one."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 40, height: int = 30, *, padding: int = 0) -> bytes:
    """A blue picture that a browser draws; `padding` bytes that nobody sees make it larger."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + b"\x45\x76\xbb" * width for _ in range(height)) if width * height < 10**6 else b""
    parts = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    extra = chunk(b"teSt", b"\0" * padding) if padding else b""
    return b"\x89PNG\r\n\x1a\n" + parts + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def gif(width: int = 40, height: int = 30) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b"\x3b"


def jpeg(width: int = 40, height: int = 30) -> bytes:
    """Headers alone: an APP0 segment, then the frame."""
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9
    frame = b"\xff\xc2" + struct.pack(">HBHH", 17, 8, height, width) + b"\0" * 10
    return b"\xff\xd8" + app0 + frame + b"\xff\xd9"


def webp(form: bytes = b"VP8X", width: int = 40, height: int = 30) -> bytes:
    match form:
        case b"VP8X":
            body = b"\0" * 4 + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        case b"VP8L":
            body = b"\x2f" + (width - 1 | (height - 1) << 14).to_bytes(4, "little") + b"\0" * 5
        case _:
            body = b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    return b"RIFF" + struct.pack("<I", 12 + len(body)) + b"WEBP" + form + struct.pack("<I", len(body)) + body


def pdf(pages: int = 3, *, packed: bool = False, locked: bool = False) -> bytes:
    """A PDF of empty pages; `packed` keeps its page tree in a compressed object stream, as most programs do."""
    kids = " ".join(f"{number} 0 R" for number in range(3, pages + 3))
    tree = f"<</Type /Pages /Kids [{kids}] /Count {pages}>>"
    parts = [f"{number} 0 obj <</Type /Page /Parent 2 0 R>> endobj" for number in range(3, pages + 3)]
    if packed:
        text = f"2 0 900 {len(tree) + 1} {tree} <</Type /Other>>".encode()
        first = text.index(b"<<")
        stream = zlib.compress(text)
        parts.append(f"5000 0 obj <</Type /ObjStm /N 2 /First {first} /Filter /FlateDecode>> stream\n")
        body = "\n".join(parts).encode() + stream + b"\nendstream endobj"
    else:
        body = "\n".join([*parts, f"2 0 obj {tree} endobj"]).encode()
    trailer = b"trailer <</Root 1 0 R" + (b" /Encrypt 9 0 R" if locked else b"") + b">>"
    return b"%PDF-1.7\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n" + body + b"\n" + trailer + b"\n%%EOF\n"
