"""What people may send into the library: every field named, bounded and checked."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from console.accounts.models import User
from console.prompts import writing
from console.prompts.filling import MOST_VARIABLES, names, variables
from console.prompts.models import Prompt, PromptVersion, Reach, Variable
from console.prompts.words import reach_words
from console.prompts.writing import LONGEST_SLUG, LONGEST_TEXT, Draft

LONGEST_DESCRIPTION = 200
SLUG = RegexValidator(r"^[\w-]+\Z", _("Letters, digits and dashes only."))


class PromptForm(forms.Form):
    """A prompt as it is to be; `described()` are its variables with what was written beside them."""

    title = forms.CharField(max_length=120)
    slug = forms.CharField(max_length=LONGEST_SLUG, required=False, validators=[SLUG])
    description = forms.CharField(max_length=300, required=False)
    text = forms.CharField(strip=False, max_length=LONGEST_TEXT)
    deployment = forms.CharField(max_length=220, required=False)
    # "own", "everyone", or "team:" and a role.
    reach = forms.ChoiceField(required=False)
    is_starter = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *, user: User, version: PromptVersion | None = None) -> None:
        self.user, self.version = user, version
        self.prompt = version.prompt if version else None
        super().__init__(data, initial=initial_of(version) if version else {"reach": Reach.OWN})
        self.settles = self.prompt is None or writing.may_settle(user, self.prompt)
        # What it already is may stay, also where this person could not choose it.
        kept = [reach_of(self.prompt)] if self.prompt else []
        offered = dict.fromkeys([*possible_reaches(user), *kept]) if self.settles else dict.fromkeys(kept)
        cast("forms.ChoiceField", self.fields["reach"]).choices = [
            (value, reach_words(*split_reach(value))) for value in offered
        ]

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if not text.strip():
            raise forms.ValidationError(_("Write the text first."))
        if len(names(text)) > MOST_VARIABLES:
            raise forms.ValidationError(_("A prompt has at most 20 variables."))
        return text

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).lower()
        owner = self.prompt.owner if self.prompt else self.user
        others = Prompt.objects.filter(owner=owner, slug=slug)
        if self.prompt:
            others = others.exclude(pk=self.prompt.pk)
        if slug and owner and others.exists():
            raise forms.ValidationError(_("Another prompt has this name already."))
        return slug

    def clean_is_starter(self) -> bool:
        """Whoever may not decide on it leaves it as it is."""
        wanted, reach = bool(self.cleaned_data["is_starter"]), split_reach(self.cleaned_data.get("reach", ""))[0]
        if self.settles and writing.may_start(self.user, reach or self.was_reach):
            return wanted
        return bool(self.prompt and self.prompt.is_starter and (reach or self.was_reach) == self.prompt.reach)

    @property
    def was_reach(self) -> str:
        return self.prompt.reach if self.prompt else Reach.OWN

    def described(self) -> list[Variable]:
        """The variables of the text as it stands in the form, described or not."""
        if not self.is_bound:
            return list(self.version.variables) if self.version else []
        text = str(self.data.get("text", ""))[:LONGEST_TEXT]
        return variables(text, [self.written(name) for name in names(text)])[:MOST_VARIABLES]

    def written(self, name: str) -> Variable:
        description, example = (
            " ".join(str(self.data.get(f"{field}:{name}", "")).split())[:LONGEST_DESCRIPTION]
            for field in ("description", "example")
        )
        return Variable(name=name, description=description, example=example)

    def draft(self) -> Draft:
        values = self.cleaned_data
        reach, team = split_reach(values["reach"] or (reach_of(self.prompt) if self.prompt else Reach.OWN))
        return Draft(
            title=values["title"],
            text=values["text"],
            slug=values["slug"],
            description=values["description"],
            deployment=values["deployment"],
            variables=self.described(),
            reach=reach,
            team=team,
            is_starter=values["is_starter"],
        )


def initial_of(version: PromptVersion) -> dict[str, object]:
    prompt = version.prompt
    return {
        "title": prompt.title,
        "slug": prompt.slug,
        "description": prompt.description,
        "text": version.text,
        "deployment": prompt.deployment,
        "reach": reach_of(prompt),
        "is_starter": prompt.is_starter,
    }


def possible_reaches(user: User) -> list[str]:
    """The values of the form's field this person may choose."""
    teams = [f"{Reach.TEAM}:{team}" for team in writing.teams(user)]
    return [Reach.OWN.value, *teams, *([Reach.EVERYONE.value] if "manage" in user.acts else [])]


def reach_of(prompt: Prompt) -> str:
    return f"{prompt.reach}:{prompt.team}" if prompt.reach == Reach.TEAM else prompt.reach


def split_reach(value: str) -> tuple[str, str]:
    """`team:Playground` as reach and team."""
    reach, _colon, team = value.partition(":")
    return reach, team


class ImportForm(forms.Form):
    file = forms.FileField(allow_empty_file=True)
