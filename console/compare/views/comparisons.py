"""Comparisons: the page that begins one with the list of earlier ones, one of them, and another message to all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts.gates import ConsoleRequest, may
from console.accounts.models import User
from console.compare import choosing, columns, together
from console.compare.forms import BY_ITSELF, LEAST_COLUMNS, NUMBERS, CompareForm, RoundForm
from console.compare.models import Comparison
from console.compare.together import Uncallable
from console.inventory.calling import Choice
from console.playground import rules, shown
from console.playground.ask import NotSent, Settings
from console.web import problems
from console.web.paging import page
from console.web.problems import Problem

PAGE = 20  # comparisons
# What a column may have settings of its own for.
OWN = ("system_prompt", "max_tokens", "thinking", "effort")


@dataclass(frozen=True, slots=True)
class Slot:
    """One column of the form: what is chosen in it and its own settings, as they were said."""

    number: int
    needed: bool
    chosen: str
    system_prompt: str
    max_tokens: str
    thinking: str
    effort: str

    @property
    def own(self) -> bool:
        return bool(self.system_prompt or self.max_tokens or self.thinking or self.effort)


@require_http_methods(["GET", "HEAD", "POST"])
@may("talk")
def comparisons(request: ConsoleRequest) -> HttpResponse:
    """Begin a comparison, or go back to an earlier one."""
    if request.method == "POST":
        return begin(request)
    return show(request, values(request))


def begin(request: ConsoleRequest) -> HttpResponse:
    form = CompareForm(request.POST)
    if not form.is_valid():
        return show(request, request.POST, shown.form_problem(form), HTTPStatus.BAD_REQUEST)
    said = form.cleaned_data
    try:
        made = together.begin(
            request.person, said["message"], said["submission_id"], form.wanted, blind=said["blind"], form=form.kept()
        )
    except (NotSent, Uncallable) as refusal:
        problem, status = refused(refusal)
        return told(refusal, show(request, request.POST, problem, status))
    return redirect("compare:comparison", made.pk)


def refused(refusal: NotSent | Uncallable) -> tuple[Problem, int]:
    """The card of what kept a message from being sent, and its status."""
    if isinstance(refusal, NotSent):
        problem = problems.explain(refusal.kind)
        return replace(problem, why=refusal.words or problem.why), refusal.status
    deployment = refusal.deployment
    problem = problems.explain_error(refusal.error, place=shown.place_of(deployment.resource))
    named = f"{deployment.resource.name}/{deployment.name}: {problem.title}"
    return replace(problem, title=named), HTTPStatus.CONFLICT


def told(refusal: NotSent | Uncallable, response: HttpResponse) -> HttpResponse:
    return refusal.told_in(response) if isinstance(refusal, NotSent) else response


def values(request: ConsoleRequest) -> Mapping[str, Any]:
    """What the form begins with: another comparison's settings, or the deployment the person comes from."""
    if again := shown.parsed(request.GET.get("from", "")):
        said: dict[str, Any] = get_object_or_404(Comparison.objects.of(request.person), pk=again).settings
        return said
    return {"deployment_1": request.GET.get("deployment", "")}


def show(
    request: ConsoleRequest, said: Mapping[str, Any], problem: Problem | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    own = Comparison.objects.of(request.person)
    context = {
        **choosing_form(request.person, said),
        "said": said,
        "problem": problem,
        "submission_id": uuid4().hex,
        "page": page(own, order=("-spoken_at", "-id"), cursor=request.GET.get("cursor", ""), size=PAGE),
    }
    return render(request, "compare/list.html", context, status=status)


def choosing_form(person: User, said: Mapping[str, Any]) -> dict[str, object]:
    """The columns of a form with what was `said` in them, and what there is to choose from."""
    choices = rules.choices(person)
    return {
        "choices": shown.grouped(choices),
        "slots": slots(person, choices, said),
        "thinking": shown.THINKING.items(),
        "effort": shown.EFFORT.items(),
        "by_itself": BY_ITSELF,
        "max_tokens": said.get("max_tokens") or Settings().max_tokens,
    }


def slots(person: User, choices: list[Choice], said: Mapping[str, Any]) -> list[Slot]:
    first = shown.usual(person, choices)
    chosen = [str(said.get(f"deployment_{number}") or "") for number in NUMBERS]
    ready = [str(choice.id) for choice in sorted(choices, key=lambda one: one.health != "well") if choice.ready]
    for index in range(LEAST_COLUMNS):
        if not chosen[index]:
            wanted = [str(first.id), *ready] if first and not index else ready
            chosen[index] = next((one for one in wanted if one not in chosen), "")
    return [
        Slot(number, number <= LEAST_COLUMNS, one, *(str(said.get(f"{name}_{number}") or "") for name in OWN))
        for number, one in zip(NUMBERS, chosen, strict=True)
    ]


@require_safe
@may("talk")
def comparison(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return show_one(request, get_object_or_404(Comparison.objects.of(request.person), pk=pk))


def show_one(
    request: ConsoleRequest, found: Comparison, problem: Problem | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    sheet = columns.sheet(request, found, before=request.GET.get("before", ""))
    context = {
        "comparison": found,
        "sheet": sheet,
        "live": sheet.live,
        "problem": problem,
        "draft": request.POST.get("message", ""),
        "submission_id": uuid4().hex,
    }
    return render(request, "compare/comparison.html", context, status=status)


@require_POST
@may("talk")
def rounds(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Send another message to every column."""
    found = get_object_or_404(Comparison.objects.of(request.person), pk=pk)
    form = RoundForm(request.POST)
    if not form.is_valid():
        return show_one(request, found, shown.form_problem(form), HTTPStatus.BAD_REQUEST)
    try:
        left_out = together.go_on(
            request.person, found, form.cleaned_data["message"], form.cleaned_data["submission_id"]
        )
    except (NotSent, Uncallable) as refusal:
        problem, status = refused(refusal)
        if isinstance(refusal, Uncallable) and found.hides:
            problem = problems.explain(refusal.error.kind)  # nothing that names anybody
        return told(refusal, show_one(request, found, problem, status))
    if left_out:
        letters = get_text_list([column.letter for column in left_out], _("and"))
        messages.warning(request, _("Not asked any more: %(letters)s.") % {"letters": letters})
    found.refresh_from_db(fields=["rounds"])
    return redirect(f"{reverse('compare:comparison', args=[pk])}#round-{len(found.rounds)}")


@require_POST
@may("talk")
def deletion(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Delete a comparison with everything said in it. The request log keeps its rows; they hold no text."""
    found = get_object_or_404(Comparison.objects.of(request.person), pk=pk)
    choosing.delete(request.person, found)
    messages.success(request, _("The comparison is deleted."))
    return redirect("compare:list")
