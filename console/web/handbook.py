"""The in-product help: Markdown files of help/<language>/, read once, shown at /help/."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from console.web import markdown

_FOLDER = Path(__file__).with_name("help")
# A line of a page that stands for a file of help/examples/: what is shown is the file that is tested.
_EXAMPLE = re.compile(r"^\{\{ ([a-z_]+\.py) \}\}$", re.MULTILINE)
# The pages in the order of the contents, each with its picture.
ICONS = {
    "start": "home",
    "playground": "chat",
    "compare": "columns",
    "prompts": "book",
    "inventory": "stack",
    "requests": "search",
    "applications": "code",
    "health": "pulse",
    "errors": "warn",
    "roles": "shield",
    "keyboard": "sliders",
}


@dataclass(frozen=True, slots=True)
class HelpPage:
    """One page: its title, the sentence under it, and the rest as safe HTML."""

    slug: str
    icon: str
    title: str
    lead: str
    text: SafeString


def language() -> str:
    """The page's language if there is help in it, else English."""
    short = (get_language() or "en").split("-")[0]
    return short if (_FOLDER / short).is_dir() else "en"


@cache
def page(slug: str, language: str) -> HelpPage:
    """One page. Its file begins with `# Title` and one sentence. Raises KeyError for a slug that does not exist."""
    source = (_FOLDER / language / f"{slug}.md").read_text(encoding="utf-8") if slug in ICONS else ""
    title, lead, text = (part.strip() for part in source.split("\n\n", 2)) if source else ("", "", "")
    text = _EXAMPLE.sub(lambda found: example(found[1]), text)
    # The text is ours and sanitised all the same: the renderer is the one that shows answers of models.
    safe = mark_safe(markdown.render(text))  # noqa: S308 - sanitised by render
    return HelpPage(slug, ICONS[slug], title.removeprefix("# "), lead, safe)


def example(name: str) -> str:
    """A file of help/examples/ as a block of code."""
    return f"```python\n{(_FOLDER / 'examples' / name).read_text(encoding='utf-8')}```"


def contents(language: str) -> list[HelpPage]:
    return [page(slug, language) for slug in ICONS]
