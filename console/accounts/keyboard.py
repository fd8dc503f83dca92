"""Shortcuts of the playground: which there are, the keys a person gave them, and the keys that cannot be given.

A combination is kept as static/js/shortcuts.js reads it: "ctrl shift KeyO", the modifiers first, then the key's code,
which is its place on the keyboard whatever language is typed. "" is none. Command counts as Ctrl.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One thing the keyboard does in the playground; `usual` is its combination until a person chooses another."""

    name: str
    label: Promise
    usual: str


# In the order of the lists. The names are those of shortcuts.js.
SHORTCUTS = (
    Shortcut("new", _("New conversation"), "ctrl shift KeyO"),
    Shortcut("find", _("Find a conversation"), "ctrl KeyK"),
    Shortcut("message", _("Go to the message"), "shift Escape"),
    Shortcut("deployment", _("Go to the list of deployments"), "ctrl shift KeyM"),
    Shortcut("again", _("Answer again"), "ctrl shift Enter"),
    Shortcut("copy_answer", _("Copy the last answer as Markdown"), "ctrl shift KeyC"),
    Shortcut("copy_code", _("Copy the last block of code"), "ctrl shift Semicolon"),
    Shortcut("receipt", _("Go to the last receipt"), "ctrl KeyI"),
    Shortcut("compare", _("Compare deployments"), "ctrl shift KeyX"),
)
USUAL = {shortcut.name: shortcut.usual for shortcut in SHORTCUTS}
LABELS = {shortcut.name: shortcut.label for shortcut in SHORTCUTS}

# Code of each key that may be in a combination, and what people call it. Digits are left to tabs, zoom and, on a Mac,
# pictures of the screen; arrows and the like to writing.
KEYS = {
    **{f"Key{letter}": letter for letter in string.ascii_uppercase},
    **{"Semicolon": ";", "Comma": ",", "Period": ".", "Slash": "/", "Quote": "'"},
    **{"BracketLeft": "[", "BracketRight": "]", "Backslash": "\\"},
    **{"Enter": "Enter", "Escape": "Esc", "F2": "F2", "F8": "F8", "F9": "F9"},
}
CODES = {name.lower(): code for code, word in KEYS.items() for name in (code, word)}
MODIFIERS = {"ctrl": "ctrl", "control": "ctrl", "cmd": "ctrl", "command": "ctrl", "⌘": "ctrl", "shift": "shift"}
SHOWN = {"ctrl": "Ctrl", "shift": "Shift", **KEYS}

# What may be pressed without Ctrl: nothing else leaves writing alone.
WITHOUT_CTRL = {"shift Escape"} | {held + key for key in ("F2", "F8", "F9") for held in ("", "shift ")}
# What browsers and systems keep for themselves (tabs, windows, reload, find, history, address, print, quit, hide, the
# start menu, the task manager), what edits text, and what sends.
NEEDED = {
    *(f"ctrl Key{letter}" for letter in "ACFHLMNPQRTVWXYZ"),
    *(f"ctrl shift Key{letter}" for letter in "NQTVWZ"),
    *("ctrl Enter", "ctrl Escape", "ctrl shift Escape"),
}


def combination(text: str) -> str:
    """`text` as people or the page write it ("Ctrl+Shift+O", "Ctrl+Shift+KeyO") as a combination; "" for no text.

    Raises ValidationError, with a sentence for people, for what is no combination or is needed elsewhere.
    """
    *held, key = (part.strip().lower() for part in text.split("+"))
    if not held and not key:
        return ""
    modifiers = {MODIFIERS.get(name, "") for name in held}
    if key not in CODES or "" in modifiers:
        raise refused(
            gettext("“%(keys)s” cannot be a shortcut. Hold Ctrl, with or without Shift, and press a letter or a sign."),
            text.strip(),
        )
    found = " ".join([*(name for name in ("ctrl", "shift") if name in modifiers), CODES[key]])
    if "ctrl" not in modifiers and found not in WITHOUT_CTRL:
        raise refused(gettext("%(keys)s is needed to write, send or stop. Hold Ctrl as well."), shown(found))
    if found in NEEDED:
        raise refused(gettext("%(keys)s is needed by the browser, or to write and send. Choose another."), shown(found))
    return found


def refused(sentence: str, keys: str, **more: object) -> ValidationError:
    """A sentence for people about `keys`."""
    return ValidationError(sentence, params={"keys": keys, **more})


def shown(keys: str) -> str:
    """A combination as people read it: "Ctrl+Shift+O"."""
    return "+".join(SHOWN.get(part, part) for part in keys.split())


def table(own: Mapping[str, str]) -> dict[str, str]:
    """Every shortcut's combination for somebody who chose `own`.

    A usual one that they gave to something else (it may be newer than their choice) is left out.
    """
    free = {name: "" if keys in own.values() else keys for name, keys in USUAL.items()}
    return {name: own.get(name, keys) for name, keys in free.items()}


def choices(chosen: Mapping[str, str]) -> dict[str, str]:
    """Of a whole table, what differs from the usual one; only that is kept, so that better usual ones arrive."""
    return {name: keys for name, keys in chosen.items() if keys != USUAL[name]}
