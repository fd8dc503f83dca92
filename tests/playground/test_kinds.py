"""What a file is by its bytes, how large a picture is, how many pages a PDF has."""

from __future__ import annotations

import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.playground import pdf
from console.playground.kinds import recognise
from tests import files


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (files.png(640, 480), "image/png"),
        (files.gif(640, 480), "image/gif"),
        (files.jpeg(640, 480), "image/jpeg"),
        (files.webp(b"VP8X", 640, 480), "image/webp"),
        (files.webp(b"VP8L", 640, 480), "image/webp"),
        (files.webp(b"VP8 ", 640, 480), "image/webp"),
    ],
)
def test_pictures_are_known_with_their_size(data, media_type):
    kind = recognise(data)
    assert (kind.media_type, kind.width, kind.height) == (media_type, 640, 480)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html>%PDF-1.7", b"\xff\xd8\xff\xda" + b"\0" * 40,
     b"\x89PNG\r\n\x1a\n" + b"\0" * 40, files.png(0, 30), b"RIFF\0\0\0\0WAVE" + b"\0" * 40, b"PK\3\4" + b"\0" * 90],
)  # fmt: skip
def test_anything_else_is_nothing(data):
    assert recognise(data) is None


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("pages", [1, 12, 640])
def test_pages_are_counted(pages, packed):
    assert recognise(files.pdf(pages, packed=packed)).pages == pages


def test_a_page_tree_of_several_nodes_counts_once():
    node = b"\n7 0 obj <</Count 4 /Parent 2 0 R /Type/Pages>> endobj"
    assert pdf.pages(files.pdf(9) + node) == 9


def test_pages_that_cannot_be_told_are_left_out():
    kind = recognise(b"%PDF-1.7\nnothing of the kind")
    assert kind.media_type == "application/pdf"
    assert kind.pages is None


def test_a_pdf_with_a_password_is_known():
    assert recognise(files.pdf(locked=True)).locked
    assert not recognise(files.pdf()).locked


@pytest.mark.parametrize(
    "hostile",
    [
        b"%PDF-1.7\n" + b"1 0 obj /Type /Pages /Count 9 " * 300_000,
        b"%PDF-1.7\n" + b"/Type /ObjStm /First 9 stream\n" * 300_000,
        b"%PDF-1.7\n" + (b"/Type /ObjStm /First 9 stream\n" + zlib.compress(b"1 0 " * 5_000_000)) * 100,
        b"%PDF-1.7\n" + b"/Encrypt " * 1_000_000,
    ],
)
def test_a_hostile_pdf_takes_no_time(hostile):
    began = time.thread_time()  # what it costs, however busy the machine is
    recognise(hostile)
    assert time.thread_time() - began < 2


@given(st.sampled_from([files.png(), files.jpeg(), files.webp(), files.gif(), files.pdf(packed=True)]), st.data())
def test_no_broken_file_is_a_fault(data, drawn):
    broken = bytearray(data[: drawn.draw(st.integers(0, len(data)))])
    for _ in range(drawn.draw(st.integers(0, 4))):
        if broken:
            broken[drawn.draw(st.integers(0, len(broken) - 1))] = drawn.draw(st.integers(0, 255))
    recognise(bytes(broken))
