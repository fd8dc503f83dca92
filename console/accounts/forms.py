"""What people choose for themselves. Only fields named here are ever written from a form."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

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
