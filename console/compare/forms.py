"""What people may send into this room: every field named, bounded and checked."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from console.azure.models import accepts
from console.compare.models import MOST_COLUMNS
from console.compare.sets import LINES, PARAGRAPHS, NotUnderstood, Prompt, check, read_csv, typed
from console.compare.together import Wanted
from console.inventory.models import Deployment
from console.playground.ask import LEAST_BUDGET, Settings, find_deployment, not_found

NUMBERS = range(1, MOST_COLUMNS + 1)
LEAST_COLUMNS = 2
THINKING = ("", "adaptive", "enabled", "disabled")
EFFORTS = ("", "low", "medium", "high", "xhigh", "max")
# In a column's own settings "" means as all the others; this, as the model does by itself.
BY_ITSELF = "auto"


def chosen_of(values: tuple[str, ...]) -> forms.ChoiceField:
    return forms.ChoiceField(choices=[(value, value) for value in values], required=False)


def tokens(column: int | None = None) -> forms.IntegerField:
    label = _("Longest answer, in tokens")
    named = format_lazy("{} ({})", label, column) if column else label
    return forms.IntegerField(label=named, min_value=1, max_value=settings.MAX_TOKENS_LIMIT, required=False)


def prompt() -> forms.CharField:
    return forms.CharField(strip=False, max_length=200_000, required=False)


def submission() -> forms.CharField:
    return forms.CharField(max_length=64, validators=[RegexValidator(r"^[A-Za-z0-9_-]{1,64}$")])


class MessageField(forms.CharField):
    """What is said, as it was typed."""

    def __init__(self) -> None:
        super().__init__(strip=False, max_length=settings.BODY_LIMIT, required=False)

    def clean(self, value: Any) -> str:
        text = str(super().clean(value))
        if not text.strip():
            raise forms.ValidationError(_("Write a message first."))
        return text


class ColumnsForm(forms.Form):
    """Two to four deployments and how they are asked: in common, and each by settings of its own."""

    system_prompt = prompt()
    max_tokens = tokens()
    thinking = chosen_of(THINKING)
    effort = chosen_of(EFFORTS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in NUMBERS:
            self.fields |= {
                f"deployment_{number}": forms.CharField(max_length=220, required=False),
                f"system_prompt_{number}": prompt(),
                f"max_tokens_{number}": tokens(number),
                f"thinking_{number}": chosen_of((*THINKING, BY_ITSELF)),
                f"effort_{number}": chosen_of((*EFFORTS, BY_ITSELF)),
            }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.wanted: list[Wanted] = []
        for number in NUMBERS:
            if named := values.get(f"deployment_{number}"):
                self.add_column(number, named, values)
        asked = [number for number in NUMBERS if values.get(f"deployment_{number}")]
        if len(asked) < LEAST_COLUMNS:
            self.add_error(None, _("Choose at least two deployments to compare."))
        return values

    def add_column(self, number: int, named: str, values: dict[str, Any]) -> None:
        name, deployment = f"deployment_{number}", find_deployment(named)
        if deployment is None:
            self.add_error(name, not_found(named))
            return
        how = self.how(number, deployment, values)
        if how.thinking == "enabled" and how.max_tokens <= LEAST_BUDGET:
            self.add_error(name, _("With a fixed thinking budget the answer needs more than 1,024 tokens."))
        self.wanted.append(Wanted(deployment, how))

    def how(self, number: int, deployment: Deployment, values: dict[str, Any]) -> Settings:
        """The column's own settings, else those in common; what its model refuses is left out."""
        limits = accepts(deployment.model)

        def of(field: str) -> str:
            said = str(values.get(f"{field}_{number}") or values.get(field) or "")
            return "" if said == BY_ITSELF else said

        most = values.get(f"max_tokens_{number}") or values.get("max_tokens") or Settings().max_tokens
        thinking, effort = of("thinking"), of("effort")
        return Settings(
            system_prompt=of("system_prompt"),
            max_tokens=min(int(most), limits.max_output),
            thinking=thinking if thinking in limits.thinking else "",
            effort=effort if effort in limits.efforts else "",
        )

    def kept(self) -> dict[str, object]:
        """What was chosen, to fill the form once more."""
        names = [name for name in self.fields if name not in ("message", "submission_id")]
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data.get(name)}


class CompareForm(ColumnsForm):
    """One press of Compare."""

    message = MessageField()
    submission_id = submission()
    blind = forms.BooleanField(required=False)


class RoundForm(forms.Form):
    """Another message to every column."""

    message = MessageField()
    submission_id = submission()


class SetForm(forms.Form):
    """A prompt set as it is typed, pasted or chosen as a file."""

    name = forms.CharField(max_length=120)
    text = forms.CharField(strip=False, max_length=settings.BODY_LIMIT, required=False)
    split = forms.ChoiceField(choices=[(LINES, LINES), (PARAGRAPHS, PARAGRAPHS)])
    file = forms.FileField(required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self.prompts: list[Prompt] = []
        try:
            self.prompts = typed(str(values.get("text") or ""), str(values.get("split") or LINES))
            if file := values.get("file"):
                self.prompts += read_csv(file.read())
            check(self.prompts)
        except NotUnderstood as refusal:
            for problem in refusal.problems:
                self.add_error(None, problem)
        return values
