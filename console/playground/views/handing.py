"""The support bundle of one call with what was said in it: for its author, and for who has leave to read it."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from console.accounts import audit
from console.accounts.gates import ConsoleRequest, may
from console.playground import looking, shown
from console.playground.attachments import files_of
from console.playground.models import Exchange
from console.requestlog import bundle as bundles
from console.requestlog.bundle import Said
from console.requestlog.ticket import LANGUAGES, as_file, language_of, zone_of


@require_safe
@may("look")
def bundle(request: ConsoleRequest, pk: UUID) -> HttpResponse:
    """The bundle with prompt and answer, as a page or with `?form=` as a file.

    Somebody else's text is handed over only while leave to read it lasts, and each time is in the audit log.
    """
    exchange = looking.within_reach(request.person).filter(pk=pk).first()
    if exchange is None:
        raise Http404
    leave = None
    if not (exchange.conversation.owner == request.person and "talk" in request.person.acts):
        if "read_prompts" not in request.person.acts:
            raise Http404
        leave = looking.last(request.person, shown.session_of(request), exchange)
        if leave is None or not looking.is_open(leave):
            return redirect("playground:look", exchange.pk)
    attempts = bundles.attempts_of(request.person, [exchange.record_id] if exchange.record_id else [])
    form, language = request.GET.get("form", "txt"), language_of(request)
    if not attempts or form not in bundles.FORMS:
        raise Http404
    if leave:
        author = exchange.conversation.owner
        audit.note(
            request.person, "prompt-handed", str(exchange.pk), author=author.label, author_key=author.key,
            request=exchange.record_id,
        )  # fmt: skip
    text = bundles.written(attempts, form, zone=zone_of(request), language=language, said=said_in(exchange))
    if "form" in request.GET:
        return as_file(text, form)
    response = render(request, "requestlog/bundle.html", page_of(exchange, text, language))
    return looking.until_it_ends(response, leave) if leave else response


def said_in(exchange: Exchange) -> Said:
    names = [file.name for file in files_of(exchange)]
    return Said("\n".join([exchange.message, *(f"[{name}]" for name in names)]).strip(), exchange.answer)


def page_of(exchange: Exchange, text: str, language: str) -> dict[str, object]:
    return {
        "text": text,
        "said": True,
        "calls": 1,
        "language": language,
        "languages": [(code, name, f"?lang={code}") for code, name in LANGUAGES.items()],
        "forms": [(form, f"?form={form}&lang={language}") for form in bundles.FORMS],
        "without": f"{reverse('requestlog:bundle')}?id={exchange.record_id}&lang={language}",
        "with": reverse("playground:bundle", args=[exchange.pk]),
    }
