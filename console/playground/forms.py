"""What people may send into the playground: every field named, bounded and checked."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from console.accounts.models import ACTS
from console.azure.models import accepts
from console.inventory.models import Deployment
from console.playground import tooling
from console.playground.ask import LEAST_BUDGET, Settings, find_deployment, not_found
from console.playground.attachments import MOST_FILES
from console.playground.looking import LEAST_REASON, MOST_REASON
from console.playground.models import Conversation, Exchange
from console.playground.sharing import DAYS

# Roles that open the playground at all.
TALKING = [role for role, acts in ACTS.items() if "talk" in acts]
GROUP = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII)
MOST_GROUPS = 50


class IdsField(forms.Field):
    """Any number of hidden fields with one name, each an id."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[UUID]:
        try:
            return [UUID(one) for one in value or ()]
        except ValueError:
            raise forms.ValidationError(_("This attachment is not there any more.")) from None


class MessageForm(forms.Form):
    """One press of Send. The settings fields may be missing: then the conversation's own stay."""

    # May be empty where something is attached.
    message = forms.CharField(strip=False, max_length=settings.BODY_LIMIT, required=False)
    attachments = IdsField(required=False)
    deployment = forms.CharField(max_length=220, error_messages={"required": _("Choose a deployment first.")})
    submission_id = forms.CharField(max_length=64, validators=[RegexValidator(r"^[A-Za-z0-9_-]{1,64}$")])
    # The exchange of which this message is to be another version.
    replaces = forms.UUIDField(required=False)
    # What is wrong with a setting is said with its label, as the page names it.
    system_prompt = forms.CharField(
        label=_("Instructions for every answer (system prompt)"), strip=False, max_length=200_000, required=False
    )
    max_tokens = forms.IntegerField(
        label=_("Longest answer, in tokens"), min_value=1, max_value=settings.MAX_TOKENS_LIMIT, required=False
    )
    thinking = forms.ChoiceField(
        label=_("Thinking"), choices=[(v, v) for v in ("", "adaptive", "enabled", "disabled")], required=False
    )
    effort = forms.ChoiceField(
        label=_("Effort"), choices=[(v, v) for v in ("", "low", "medium", "high", "xhigh", "max")], required=False
    )
    # For engineers. `advanced` is there where these fields are: a box that is not ticked sends nothing.
    advanced = forms.BooleanField(required=False)
    tools = forms.CharField(strip=False, max_length=tooling.LONGEST + 1, required=False)
    tool_choice = forms.CharField(max_length=80, required=False)
    answer_schema = forms.CharField(strip=False, max_length=tooling.LONGEST + 1, required=False)
    server_tools = forms.MultipleChoiceField(choices=[(name, name) for name in tooling.SERVER_TOOLS], required=False)

    def __init__(self, *args: Any, wordless: bool = False, **kwargs: Any) -> None:
        """`wordless`: results of tool calls, or an answer that goes on; there need be no message."""
        super().__init__(*args, **kwargs)
        self.wordless = wordless

    def clean_attachments(self) -> list[UUID]:
        ids: list[UUID] = self.cleaned_data["attachments"]
        if len(ids) > MOST_FILES:
            raise forms.ValidationError(_("One message takes at most %(most)s attachments.") % {"most": MOST_FILES})
        return ids

    def clean_deployment(self) -> Deployment:
        named = str(self.cleaned_data["deployment"])
        deployment = find_deployment(named)
        if deployment is None:
            raise forms.ValidationError(not_found(named))
        return deployment

    def clean_tools(self) -> list[dict[str, Any]]:
        try:
            return tooling.tools_of(str(self.cleaned_data["tools"]))
        except tooling.NotTaken as fault:
            raise forms.ValidationError(f"{_('Tools')}: {fault.words}") from None

    def clean_answer_schema(self) -> dict[str, Any] | None:
        try:
            return tooling.schema_of(str(self.cleaned_data["answer_schema"]))
        except tooling.NotTaken as fault:
            raise forms.ValidationError(f"{_('Schema of the answer')}: {fault.words}") from None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "tools" in values and "tool_choice" in values:
            # A tool that is not there any more is no fault of whoever takes it out.
            try:
                values["tool_choice"] = tooling.choice_of(values["tool_choice"], values["tools"])
            except tooling.NotTaken:
                values["tool_choice"] = ""
        if not self.wordless and not str(values.get("message", "")).strip() and not values.get("attachments", True):
            self.add_error("message", _("Write a message first."))
        if values.get("thinking") == "enabled" and (values.get("max_tokens") or LEAST_BUDGET + 1) <= LEAST_BUDGET:
            self.add_error("max_tokens", _("With a fixed thinking budget the answer needs more than 1,024 tokens."))
        return values

    def how(self, conversation: Conversation) -> Settings:
        """The settings to use: what was sent, else what the conversation has; what the model refuses is left out."""
        sent = {name: self.cleaned_data.get(name) for name in self.data}
        limits = accepts(self.cleaned_data["deployment"].model)
        thinking = sent.get("thinking", conversation.thinking) or ""
        effort = sent.get("effort", conversation.effort) or ""
        return Settings(
            system_prompt=str(sent.get("system_prompt", conversation.system_prompt) or ""),
            max_tokens=int(sent.get("max_tokens") or conversation.max_tokens),
            thinking=thinking if thinking in limits.thinking else "",
            effort=effort if effort in limits.efforts else "",
            **self.advanced_of(conversation),
        )

    def advanced_of(self, conversation: Conversation) -> dict[str, Any]:
        """What engineers have set: what was sent, else what the conversation has."""
        names = ("tools", "tool_choice", "answer_schema", "server_tools")
        if self.cleaned_data.get("advanced"):
            return {name: self.cleaned_data[name] for name in names}
        return {name: getattr(conversation, name) for name in names}


class TitleForm(forms.Form):
    """How a conversation is found again. A form without folder and pin leaves them as they are."""

    title = forms.CharField(max_length=120)
    folder = forms.CharField(max_length=60, required=False)
    pinned = forms.BooleanField(required=False)

    def keep(self, conversation: Conversation) -> None:
        names = ["title"] if "folder" not in self.data else ["title", "folder", "pinned"]
        for name in names:
            setattr(conversation, name, self.cleaned_data[name])
        conversation.save(update_fields=names)


class OpinionForm(forms.Form):
    """What a person thinks of an answer; an empty thumb takes it back, none leaves it as it is."""

    thumb = forms.TypedChoiceField(
        choices=[("1", "1"), ("-1", "-1"), ("", "")], coerce=int, empty_value=None, required=False
    )
    note = forms.CharField(max_length=2000, required=False)

    def keep(self, exchange: Exchange) -> None:
        names = ["thumb", "note"] if "thumb" in self.data else ["note"]
        for name in names:
            setattr(exchange, name, self.cleaned_data[name])
        exchange.save(update_fields=names)


class RulesForm(forms.Form):
    """The guard rails; what is left empty is as the environment says, or has no limit."""

    default_deployment = forms.CharField(max_length=36, required=False)
    notice_en = forms.CharField(max_length=500, required=False)
    notice_ko = forms.CharField(max_length=500, required=False)
    notice_warns = forms.BooleanField(required=False)
    streams = forms.IntegerField(min_value=1, max_value=settings.STREAMS_PER_PERSON, required=False)
    messages_per_minute = forms.IntegerField(min_value=1, max_value=settings.MESSAGES_PER_MINUTE, required=False)
    tokens_per_day = forms.IntegerField(min_value=0, max_value=10**12, required=False)
    dollars_per_month = forms.DecimalField(min_value=0, max_digits=10, decimal_places=2, required=False)

    def clean_default_deployment(self) -> str:
        wanted = str(self.cleaned_data["default_deployment"])
        if wanted and find_deployment(wanted) is None:
            raise forms.ValidationError(_("This deployment is not in the inventory any more. Choose another one."))
        return wanted


class OpeningForm(forms.Form):
    """Who may use one deployment; without roles and groups everybody may."""

    deployment = forms.CharField(max_length=220)
    roles = forms.MultipleChoiceField(choices=[(role, role) for role in TALKING], required=False)
    groups = forms.CharField(max_length=4000, required=False)

    clean_deployment = MessageForm.clean_deployment

    def clean_groups(self) -> list[str]:
        groups = sorted({word.lower() for word in str(self.cleaned_data["groups"]).replace(",", " ").split()})
        if wrong := [group for group in groups if not GROUP.fullmatch(group)]:
            raise forms.ValidationError(
                _("%(text)s is no object id of a group: that has 36 letters and digits with hyphens."),
                params={"text": wrong[0][:60]},
            )
        if len(groups) > MOST_GROUPS:
            raise forms.ValidationError(_("Name at most %(most)d groups."), params={"most": MOST_GROUPS})
        return groups


class LookForm(forms.Form):
    """Why somebody's exchange is to be read: its author and the audit log will have these words."""

    reason = forms.CharField(
        max_length=MOST_REASON,
        error_messages={"required": _("Say why. Its author will read it."), "max_length": _("Say it in 500 letters.")},
    )

    def clean_reason(self) -> str:
        reason = " ".join(str(self.cleaned_data["reason"]).split())
        if len(reason) < LEAST_REASON:
            raise forms.ValidationError(
                _("Say it in at least %(least)d letters: its author will read it."), params={"least": LEAST_REASON}
            )
        return reason


class ToldForm(forms.Form):
    """The looks a notice listed."""

    looks = IdsField(required=False)


class AbilityForm(forms.Form):
    """What one deployment can do, by an administrator."""

    deployment = forms.CharField(max_length=220)
    structured = forms.TypedChoiceField(
        choices=[("", ""), ("yes", "yes"), ("no", "no")], coerce=lambda word: word == "yes", empty_value=None,
        required=False,
    )  # fmt: skip
    server_tools = forms.MultipleChoiceField(choices=[(name, name) for name in tooling.SERVER_TOOLS], required=False)

    clean_deployment = MessageForm.clean_deployment


class ShareForm(forms.Form):
    """How long a link holds, and whether it shows the text."""

    days = forms.TypedChoiceField(choices=[(days, days) for days in DAYS], coerce=int)
    receipts_only = forms.BooleanField(required=False)
