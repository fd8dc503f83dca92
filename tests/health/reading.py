"""Reads pages as a person does: the words of an element, without its markup."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"input", "br", "meta", "link", "img", "hr", "path", "rect", "circle"}
INLINE = {"time", "span", "a", "strong", "code"}


class _Words(HTMLParser):
    def __init__(self, element_id: str) -> None:
        super().__init__()
        self.element_id, self.depth, self.words = element_id, 0, list[str]()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.part(tag)
        inside = self.depth > 0 or ("id", self.element_id) in attrs
        self.depth += inside and tag not in VOID

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element without content, as in `<path d="…"/>`."""

    def handle_endtag(self, tag: str) -> None:
        self.part(tag)
        self.depth -= self.depth > 0 and tag not in VOID

    def part(self, tag: str) -> None:
        """A block stands apart from its neighbours."""
        if tag not in INLINE:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.words.append(data)


def text(response: object) -> str:
    """The page's source with its white space made even."""
    return " ".join(response.content.decode().split())


def words_of(response: object, element_id: str) -> str:
    """The words inside one element; "" where the page has no such element."""
    reader = _Words(element_id)
    reader.feed(response.content.decode())
    return " ".join("".join(reader.words).split())
