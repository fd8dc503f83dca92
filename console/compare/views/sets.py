"""Prompt sets: the list, a new one, one of them with the form that runs it."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.compare import retention, running, sets
from console.compare.forms import ColumnsForm, SetForm
from console.compare.models import PromptSet, Run
from console.compare.views.comparisons import choosing_form, refused
from console.playground import shown
from console.playground.ask import NotSent
from console.web.paging import page
from console.web.problems import Problem

PAGE = 20  # sets
SHOWN_RUNS = 50


@require_safe
@may("talk")
def prompt_sets(request: ConsoleRequest) -> HttpResponse:
    own = PromptSet.objects.of(request.person)
    found = page(own, order=("-used_at", "-id"), cursor=request.GET.get("cursor", ""), size=PAGE)
    return render(request, "compare/sets.html", {"page": found})


@require_http_methods(["GET", "HEAD", "POST"])
@may("talk")
def new(request: ConsoleRequest) -> HttpResponse:
    """Type, paste or upload prompts; what is wrong is said and nothing typed is lost."""
    form = SetForm(request.POST, request.FILES) if request.method == "POST" else SetForm(initial={"split": sets.LINES})
    if form.is_bound and form.is_valid():
        made = sets.keep(request.person, form.cleaned_data["name"], form.prompts)
        return redirect("compare:set", made.pk)
    problems = [error for errors in form.errors.values() for error in errors]
    context = {"form": form, "most": sets.MOST_PROMPTS, "problems": problems}
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "compare/set_form.html", context, status=status)


@require_safe
@may("talk")
def prompt_set(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    return show(request, get_object_or_404(PromptSet.objects.of(request.person), pk=pk))


def show(
    request: ConsoleRequest, found: PromptSet, problem: Problem | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    said = request.POST if request.method == "POST" else found.settings
    prompts = list(found.prompts.order_by("position"))
    context = {
        **choosing_form(request.person, said),
        "said": said,
        "set": found,
        "prompts": prompts,
        "runs": list(found.runs.order_by("-id")[:SHOWN_RUNS]),
        "problem": problem,
    }
    return render(request, "compare/set.html", context, status=status)


@require_POST
@may("talk")
def runs(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Queue a run of the set down the chosen columns."""
    found = get_object_or_404(PromptSet.objects.of(request.person), pk=pk)
    form = ColumnsForm(request.POST)
    if not form.is_valid():
        return show(request, found, shown.form_problem(form), HTTPStatus.BAD_REQUEST)
    try:
        run = running.begin(request.person, found, form.wanted, form.kept())
    except NotSent as refusal:
        problem, status = refused(refusal)
        return refusal.told_in(show(request, found, problem, status))
    if run.of_id != found.pk:
        messages.warning(request, _("One run at a time: this one of yours is under way."))
    return redirect("compare:run", run.pk)


@require_POST
@may("talk")
def deletion(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """Delete a set with its runs and everything answered in them, but for answers that were kept."""
    found = get_object_or_404(PromptSet.objects.of(request.person), pk=pk)
    for run in Run.objects.live().filter(of=found):
        running.cancel(run)
    audit.note(request.person, "prompt-set-deleted", str(found.pk))
    retention.delete_sets([found.pk])
    messages.success(request, _("The prompt set is deleted."))
    return redirect("compare:sets")
