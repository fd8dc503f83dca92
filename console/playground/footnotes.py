"""Where an answer says its sources: marks in the text, and the sources below it.

Source: the citation types of azure-facts 2.5 and 2.3 (`citations_delta`); what a citation leaves out stays out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
# A passage is quoted so that one finds it, not to be read here in full.
LONGEST_QUOTE = 300
MOST = 200


@dataclass(frozen=True, slots=True)
class Footnote:
    """One source: its number in the text, its title, where in it, what is quoted, and its address if it has one."""

    number: int
    title: str
    where: str
    quote: str
    address: str


def marker(number: int) -> str:
    """The mark of the source `number` in the text; it is still there when the text is copied."""
    return str(number).translate(_RAISED)


def of(content: Iterable[object]) -> list[Footnote]:
    """The sources of an answer's content blocks, numbered as their marks are."""
    blocks = (block for block in content if isinstance(block, dict))
    every = [one for block in blocks for one in block.get("citations") or [] if isinstance(one, dict)]
    return [_footnote(number, citation) for number, citation in enumerate(every[:MOST], start=1)]


def _footnote(number: int, citation: dict[str, object]) -> Footnote:
    address = _text(citation, "url") or _text(citation, "source")
    web = urlsplit(address).scheme in ("http", "https") if address.isprintable() else False
    quote = " ".join(_text(citation, "cited_text").split())
    return Footnote(
        number=number,
        title=_text(citation, "title") or _text(citation, "document_title") or address or _("A source without a name"),
        where=_where(citation),
        quote=quote if len(quote) <= LONGEST_QUOTE else f"{quote[:LONGEST_QUOTE]}…",
        address=address if web else "",
    )


def _where(citation: dict[str, object]) -> str:
    first, after = citation.get("start_page_number"), citation.get("end_page_number")
    if not isinstance(first, int) or not isinstance(after, int):
        return ""
    # The end is exclusive.
    if after - first <= 1:
        return _("page %(page)d") % {"page": first}
    return _("pages %(first)d–%(last)d") % {"first": first, "last": after - 1}


def _text(citation: dict[str, object], name: str) -> str:
    value = citation.get(name)
    return value[:2000] if isinstance(value, str) else ""
