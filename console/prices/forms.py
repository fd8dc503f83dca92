"""What an administrator may add: a price or an exchange rate, from a day on."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

# Dollars per million tokens, and won for a dollar: nothing is worth more than this.
MOST_DOLLARS, MOST_WON = 100_000, 1_000_000
HOSTINGS = [("", _("Everywhere")), ("azure", _("Hosted on Azure")), ("anthropic", _("Hosted on Anthropic"))]
NAME = RegexValidator(
    r"^[A-Za-z0-9][A-Za-z0-9._-]*$", _("Write the model's name as Azure has it, like claude-opus-5-5.")
)


def dollars() -> forms.DecimalField:
    return forms.DecimalField(min_value=0, max_value=MOST_DOLLARS, max_digits=12, decimal_places=6)


class PriceForm(forms.Form):
    """A dated price; its fields are the row's."""

    model = forms.CharField(max_length=100, validators=[NAME])
    hosting = forms.ChoiceField(choices=HOSTINGS, required=False)
    above_tokens = forms.IntegerField(min_value=0, max_value=100_000_000, required=False)
    from_date = forms.DateField()
    input = dollars()
    output = dollars()
    cache_read = dollars()
    cache_write_5m = dollars()
    source = forms.CharField(max_length=200, required=False)

    def clean_above_tokens(self) -> int:
        return self.cleaned_data["above_tokens"] or 0


class RateForm(forms.Form):
    """How many won a dollar is worth."""

    from_date = forms.DateField()
    per_usd = forms.DecimalField(min_value=Decimal("0.0001"), max_value=MOST_WON, max_digits=14, decimal_places=4)
    source = forms.CharField(max_length=200, required=False)
