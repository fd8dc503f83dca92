"""Help pages, and the door where browsers report what the content security policy refused."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from console.web import handbook, violations
from console.web.body import REPORT


@require_safe
def help_contents(request: HttpRequest) -> HttpResponse:
    """What there is to read."""
    return render(request, "web/help.html", {"pages": handbook.contents(handbook.language())})


@require_safe
def help_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page of help, with the way to the others."""
    language = handbook.language()
    try:
        page = handbook.page(slug, language)
    except KeyError:
        raise Http404 from None
    return render(request, "web/help_page.html", {"page": page, "pages": handbook.contents(language)})


@csrf_exempt  # browsers send these reports by themselves, without any token
@require_POST
def csp_report(request: HttpRequest) -> HttpResponse:
    """Take one report. The answer is the same whatever it holds."""
    body = request.read(REPORT + 1)
    if len(body) > REPORT:
        return HttpResponse(status=413)
    violations.note(body)
    return HttpResponse(status=204)
