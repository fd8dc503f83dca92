"""A short document out of few kinds of blocks, written as plain text or as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class Numbered:
    items: Sequence[str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Lines of a name and a value; the values may come from anywhere."""

    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Code:
    language: str
    text: str


Block = Heading | Text | Numbered | Facts | Code


def as_text(blocks: Iterable[Block]) -> str:
    """Plain text, as forms and mails take it."""
    return "\n\n".join(map(block_as_text, blocks)) + "\n"


def block_as_text(block: Block) -> str:
    match block:
        case Heading(1, text):
            return text
        case Heading(level, text):
            return f"{'==' if level == 2 else '--'} {text}"
        case Text(text):
            return text
        case Numbered(items):
            return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        case Facts(lines):
            return "\n".join(f"{name}: {value}" for name, value in lines)
        case Code(_, text):
            return text


def as_markdown(blocks: Iterable[Block]) -> str:
    """Markdown in which values stay what they are, whatever signs they hold."""
    return "\n\n".join(map(block_as_markdown, blocks)) + "\n"


def block_as_markdown(block: Block) -> str:
    match block:
        case Heading(level, text):
            return f"{'#' * level} {escaped(text)}"
        case Text(text):
            return text
        case Numbered(items):
            return "\n".join(f"{number}. {item}" for number, item in enumerate(items, 1))
        case Facts(lines):
            return "\n".join(f"- **{name}:** {code_span(value)}" for name, value in lines)
        case Code(language, text):
            fence = "`" * max(3, longest_run(text) + 1)
            return f"{fence}{language}\n{text}\n{fence}"


def escaped(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|!])", r"\\\1", text)


def code_span(value: str) -> str:
    """A span that no run of backticks in the value can end."""
    value = " ".join(value.split("\n"))
    fence = "`" * (longest_run(value) + 1)
    room = " " if "`" in value else ""
    return f"{fence}{room}{value}{room}{fence}"


def longest_run(text: str) -> int:
    return max(map(len, re.findall(r"`+", text)), default=0)
