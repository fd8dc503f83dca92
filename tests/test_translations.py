"""Korean is complete: every text of code and templates is translated, and the compiled file is the written one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.translation import trim_whitespace

from tests.test_templates import TEMPLATES

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "console" / "locale" / "ko" / "LC_MESSAGES"
PO = polib.pofile(str(FOLDER / "django.po"))
PLACES = re.compile(r"%(?:\(\w+\))?[sd]|\{\w*\}")
SINGULAR = {"gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}


def translated() -> set[str]:
    return {entry.msgid for entry in PO if entry.msgstr or all(entry.msgstr_plural.values())}


def texts_of_code(path: Path) -> Iterator[str]:
    """What the module hands to Django's gettext functions, under whatever names it imported them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    ours = [alias for node in imports if node.module == "django.utils.translation" for alias in node.names]
    names = {alias.asname or alias.name for alias in ours if alias.name in SINGULAR | PLURAL}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def texts_of_template(name: str) -> Iterator[str]:
    nodes = get_template(name).template.nodelist
    for node in nodes.get_nodes_by_type(TranslateNode):
        if getattr(node.filter_expression.var, "literal", None):
            yield str(node.filter_expression.var.literal)
    for node in nodes.get_nodes_by_type(BlockTranslateNode):
        text = node.render_token_list(node.singular)[0]
        yield trim_whitespace(text) if node.trimmed else text
    for tag in re.findall(r"\{[%{].*?[%}]\}", (ROOT / "templates" / name).read_text(encoding="utf-8")):
        yield from (double or single for double, single in re.findall(r"""_\((?:"([^"]*)"|'([^']*)')\)""", tag))


def test_nothing_is_left_to_translate() -> None:
    assert [entry.msgid for entry in PO if entry.fuzzy or not entry.translated()] == []


def test_every_text_of_the_code_is_in_korean() -> None:
    known = translated()
    missing = {text for path in (ROOT / "console").rglob("*.py") for text in texts_of_code(path) if text not in known}
    assert missing == set()


def test_every_text_of_the_templates_is_in_korean() -> None:
    known = translated()
    assert {text for name in TEMPLATES for text in texts_of_template(name) if text not in known} == set()


def test_texts_are_found_under_any_name(tmp_path: Path) -> None:
    module = tmp_path / "sample.py"
    module.write_text("from django.utils.translation import gettext_lazy as later\nword = later('one ' 'text')\n")
    assert list(texts_of_code(module)) == ["one text"]


def test_translations_fill_the_same_places() -> None:
    for entry in PO:
        korean = entry.msgstr or entry.msgstr_plural[0]
        assert set(PLACES.findall(korean)) == set(PLACES.findall(entry.msgid_plural or entry.msgid)), entry.msgid


def test_the_compiled_file_is_the_written_one() -> None:
    compiled = {
        entry.msgid: entry.msgstr or entry.msgstr_plural[0] for entry in polib.mofile(str(FOLDER / "django.mo"))
    }
    assert compiled == {entry.msgid: entry.msgstr or entry.msgstr_plural[0] for entry in PO}
