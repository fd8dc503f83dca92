"""Believable token counts: about four Latin letters or one and a half Hangul syllables a token."""

from __future__ import annotations

import re

PIECE = re.compile(
    r"\s?[A-Za-z0-9_]{1,5}"
    r"|\s?[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u9fff\uac00-\ud7af]{1,2}"
    r"|[ \t]+|\n+|[^\w\s]{1,2}|.",
    re.DOTALL,
)


def pieces(text: str) -> tuple[str, ...]:
    """`text` cut into tokens; joined they are `text` again. Cuts may fall inside an emoji, as a model's do."""
    return tuple(PIECE.findall(text))


def count(text: str) -> int:
    """About how many tokens `text` is, without cutting it: a prompt may be 32 MB."""
    letters = len(text)
    wide = (len(text.encode("utf-8", "surrogatepass")) - letters) // 2
    return max(1, (letters - wide) // 4 + wide * 2 // 3) if text else 0
