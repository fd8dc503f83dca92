"""Markdown of a model's answer to safe HTML, whole or block by block while it arrives.

The text is hostile until proven otherwise: raw HTML is off in the parser, and the finished HTML passes an allowlist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

# Raised when what `render` makes changes, so that stored HTML of older answers is made anew.
RENDERER = 1

# A longer code block is shown without colours: the lexers are the slowest part.
MOST_HIGHLIGHTED = 20_000

_TAGS = {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol",
    "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "div", "button",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "div": {"class", "tabindex"},
    "pre": {"tabindex"},
    "span": {"class"},
    "button": {"class", "type", "data-copy-code"},
    "th": {"class"},
    "td": {"class"},
}
_ELSEWHERE = re.compile(r"(?i)(https?://|mailto:)[^\s/]")
_OUR_CLASS = re.compile(
    r"^(code-block|code-block__head|code-block__language|code-block__copy|scroll|to-(left|center|right)|[a-z][a-z0-9]{0,3})$"
)


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "href":
        # An address without a host would be one of this console's own.
        return value if _ELSEWHERE.match(value) else None
    if attribute != "class":
        return value
    return value if all(_OUR_CLASS.match(name) for name in value.split()) else None


def render(text: str) -> str:
    """Sanitised HTML of a whole Markdown text."""
    return nh3.clean(
        str(_parser.render(text)),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )


class _Renderer(RendererHTML):
    """CommonMark's renderer with code blocks, tables and pictures as this console shows them."""

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        language = token.info.strip().split(maxsplit=1)[0] if token.info.strip() else ""
        return _code_block(token.content, language)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _code_block(tokens[idx].content, "")

    def table_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="scroll" tabindex="0"><table>\n'

    def table_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<th{_alignment(tokens[idx])}>"

    def td_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<td{_alignment(tokens[idx])}>"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # A remote picture would tell its host who reads this, so its description and address stand for it.
        token = tokens[idx]
        address = str(token.attrs.get("src", ""))
        words = escape(token.content or address)
        return f'<a href="{escape(address)}">{words}</a>'


def _alignment(token: Token) -> str:
    style = str(token.attrs.get("style", ""))
    side = style.removeprefix("text-align:")
    return f' class="to-{side}"' if side in ("left", "center", "right") else ""


def _code_block(code: str, language: str) -> str:
    label = escape(language[:30]) or "text"
    return (
        f'<div class="code-block"><div class="code-block__head"><span class="code-block__language">{label}</span>'
        '<button class="code-block__copy" type="button" data-copy-code="">Copy</button></div>'
        f'<pre tabindex="0"><code>{_coloured(code, language)}</code></pre></div>\n'
    )


def _coloured(code: str, language: str) -> str:
    if not language or len(code) > MOST_HIGHLIGHTED:
        return escape(code, quote=False)
    try:
        lexer = get_lexer_by_name(language)
    except ClassNotFound:
        return escape(code, quote=False)
    return str(highlight(code, lexer, HtmlFormatter(nowrap=True)))


_parser = MarkdownIt("commonmark", {"html": False, "breaks": True}, renderer_cls=_Renderer).enable(
    ["table", "strikethrough"]
)

# ---- While it arrives ------------------------------------------------------------------------------------

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}(\s|$)")
_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])(\s|$)")


class Splitter:
    """Finds where finished blocks of a growing Markdown text end, line by line.

    The same text gives the same blocks however it was cut into pieces, so a place in an answer means the same in
    every process that follows it.
    """

    def __init__(self) -> None:
        self.tail = ""  # what belongs to no finished block yet
        self._line_start = 0  # in the tail: where the first line that has not been looked at begins
        self._fence = ""  # the marker that opened the code block we are in
        self._in_list = False
        self._after_blank = False

    def feed(self, text: str) -> list[str]:
        """Take more text; returns the sources of the blocks that are now finished, in order."""
        self.tail += text
        finished: list[str] = []
        while (end := self.tail.find("\n", self._line_start)) >= 0:
            line = self.tail[self._line_start : end]
            start, self._line_start = self._line_start, end + 1
            cut = self._look_at(line, start, end + 1)
            if cut:
                finished.append(self.tail[:cut])
                self.tail = self.tail[cut:]
                self._line_start -= cut
        return finished

    def rest(self) -> str:
        """End of text: what is left becomes the last block."""
        rest, self.tail, self._line_start = self.tail, "", 0
        return rest

    def _look_at(self, line: str, start: int, end: int) -> int:
        """One whole line from `start` to `end` in the tail: where to cut, 0 for nowhere."""
        if self._fence:
            return self._in_fence(line, end)
        if not line.strip():
            self._after_blank = True
            return 0
        cut = start if self._begins_anew(line, start) else 0
        self._after_blank = False
        if cut or not self.tail[:start].strip():
            self._in_list = bool(_ITEM.match(line))
        opened = _FENCE.match(line)
        if opened:
            self._fence = opened.group(1)
        elif _HEADING.match(line) and not self._in_list:
            # A heading is finished with its line; what stood before it was cut off above or belongs to it.
            return end
        return cut

    def _begins_anew(self, line: str, start: int) -> bool:
        """Whether this line cannot belong to what stands before it."""
        if not self.tail[:start].strip():
            return False
        if self._in_list:
            # The next item at the margin, or text at the margin after a blank line.
            return bool(_ITEM.match(line)) or (self._after_blank and not line[0].isspace())
        if self._after_blank:
            return True
        return bool(_HEADING.match(line) or _FENCE.match(line))

    def _in_fence(self, line: str, end: int) -> int:
        closing = line.strip()
        if set(closing) != {self._fence[0]} or len(closing) < len(self._fence):
            return 0
        self._fence = ""
        return 0 if self._in_list else end
