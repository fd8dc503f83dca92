"""Port numbers on a command line."""

from __future__ import annotations

from argparse import ArgumentTypeError


def port_number(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError("must be a number from 1 to 65535")
    return int(text)
