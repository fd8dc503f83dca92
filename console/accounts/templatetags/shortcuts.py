"""Template words of this room: the keys a person gave the playground's shortcuts."""

from __future__ import annotations

import json

from django import template
from django.utils.functional import Promise

from console.accounts import keyboard
from console.accounts.models import User

register = template.Library()


@register.filter
def shortcut_table(person: User) -> str:
    """Each shortcut's combination by its name, as JSON for js/shortcuts.js."""
    return json.dumps(keyboard.table(person.shortcut_keys))


@register.filter
def shortcut_list(person: User) -> list[tuple[Promise, str]]:
    """What each shortcut does and its keys as people read them; "" for none."""
    table = keyboard.table(person.shortcut_keys)
    return [(shortcut.label, keyboard.shown(table[shortcut.name])) for shortcut in keyboard.SHORTCUTS]
