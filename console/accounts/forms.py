"""What people choose for themselves. Only fields named here are ever written from a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from console.accounts import keyboard
from console.accounts.models import User

THEMES = (("", _("As this device")), ("light", _("Light")), ("dark", _("Dark")))
SEND_KEYS = (("enter", _("Enter sends, Shift+Enter starts a line")), ("ctrl-enter", _("Ctrl+Enter sends")))
SHORTCUTS = (("on", _("On")), ("off", _("Off")))
LANGUAGES = (("", _("As this browser")), ("en", "English"), ("ko", "한국어"))


class Preferences(forms.Form):
    """Any part of the choices: a field that was not sent stays as it is."""

    language = forms.ChoiceField(choices=LANGUAGES, required=False)
    theme = forms.ChoiceField(choices=THEMES, required=False)
    send_key = forms.ChoiceField(choices=SEND_KEYS, required=False)
    shortcuts = forms.ChoiceField(choices=SHORTCUTS, required=False)

    def save(self, user: User) -> None:
        """Write what was sent to `user`; an empty send key or switch is no choice."""
        chosen = {name: value for name, value in self.cleaned_data.items() if name in self.data}
        if not chosen.get("send_key", "enter"):
            del chosen["send_key"]
        if switch := chosen.pop("shortcuts", ""):
            chosen["shortcuts"] = switch == "on"
        for name, value in chosen.items():
            setattr(user, name, value)
        user.save(update_fields=list(chosen))


class KeysField(forms.CharField):
    """A combination of keys, typed or recorded; its clean value is as keyboard.py keeps it."""

    def clean(self, value: object) -> str:
        return keyboard.combination(super().clean(value))


@dataclass(frozen=True, slots=True)
class ShortcutLine:
    """One shortcut on the account page: its keys as they were sent, else as they are."""

    name: str
    label: Promise
    keys: str
    is_usual: bool
    errors: list[str]


class ShortcutKeys(forms.Form):
    """The keys of any of the playground's shortcuts: one that was not sent stays as it is."""

    def __init__(self, user: User, sent: Mapping[str, str] | None = None) -> None:
        super().__init__(sent)
        self.user = user
        self.now = keyboard.table(user.shortcut_keys)
        for name in self.now:
            self.fields[name] = KeysField(required=False, max_length=40)

    def clean(self) -> None:
        """Refuse what two shortcuts would share, at those that are new."""
        table = self.table()
        for name, keys in table.items():
            other = next((other for other in table if other != name and table[other] == keys), "")
            if keys and other and keys != self.now[name] and name not in self.errors:
                label = keyboard.LABELS[other]
                words = gettext("%(keys)s is taken by “%(other)s”. Choose another, or change that one first.")
                self.add_error(name, keyboard.refused(words, keyboard.shown(keys), other=label))

    def table(self) -> dict[str, str]:
        """Every shortcut's combination with what was sent and can be."""
        return self.now | {name: keys for name, keys in self.cleaned_data.items() if name in self.data}

    def save(self) -> None:
        self.user.shortcut_keys = keyboard.choices(self.table())
        self.user.save(update_fields=["shortcut_keys"])

    def changed(self) -> list[str]:
        """What was saved: "New conversation: Ctrl+Shift+L" for each that is another now."""
        table = self.table()
        new = (name for name in table if table[name] != self.now[name])
        return [f"{keyboard.LABELS[name]}: {keyboard.shown(table[name]) or '–'}" for name in new]

    def lines(self) -> Iterator[ShortcutLine]:
        """Each shortcut as the page shows it."""
        for shortcut in keyboard.SHORTCUTS:
            keys = self.keys_of(shortcut.name)
            errors = [str(error) for error in self.errors.get(shortcut.name, [])]
            is_usual = keys == keyboard.shown(shortcut.usual)
            yield ShortcutLine(shortcut.name, shortcut.label, keys, is_usual, errors)

    def keys_of(self, name: str) -> str:
        """The text of a field: as it was typed where it is wrong, else in the usual writing."""
        typed = str(self.data.get(name, ""))
        if name not in self.data:
            return keyboard.shown(self.now[name])
        return keyboard.shown(self.cleaned_data[name]) if name in self.cleaned_data else typed
