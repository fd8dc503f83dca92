"""What an administrator may send about a resource."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from console.inventory.models import CalledAs
from console.inventory.words import Words

CHOICES: list[tuple[str, Words]] = [
    (CalledAs.CONSOLE, _("As the console")),
    (CalledAs.PERSON, _("As the person who asks")),
    (CalledAs.KEY, _("By API key")),
]


class ConnectionForm(forms.Form):
    """Whose right a call uses; the key goes in and never comes out."""

    called_as = forms.ChoiceField(choices=CHOICES)
    key = forms.CharField(required=False, max_length=500)
