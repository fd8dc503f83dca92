"""What happens to every page request: an id, a check of its text, and answers that nobody caches."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_only_middleware

from console.web import errors, logs
from console.web.ids import new_id
from console.web.text import storable

GetResponse = Callable[[HttpRequest], HttpResponse]


@sync_only_middleware
def correlation(get_response: GetResponse) -> GetResponse:
    """Give the request an id of our own, known to the log lines written for it and to its error page."""

    def answer(request: HttpRequest) -> HttpResponse:
        request.correlation_id = new_id().hex  # type: ignore[attr-defined]  # declared on ConsoleRequest
        token = logs.current.set(request.correlation_id)  # type: ignore[attr-defined]
        try:
            response = get_response(request)
        finally:
            logs.current.reset(token)
        response["X-Correlation-ID"] = request.correlation_id  # type: ignore[attr-defined]
        return response

    return answer


@sync_only_middleware
def plain_text_only(get_response: GetResponse) -> GetResponse:
    """Refuse text that no field can store (NUL, lone surrogates) before any view sees it."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not storable(request.path):
            return errors.bad_request(request, field="path")
        for name, values in request.GET.lists():
            if not all(map(storable, [name, *values])):
                return errors.bad_request(request, field=name)
        if request.method == "POST" and request.content_type in (
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            for name, values in request.POST.lists():
                if not all(map(storable, [name, *map(str, values)])):
                    return errors.bad_request(request, field=name)
        return get_response(request)

    return answer


@sync_only_middleware
def private_answers(get_response: GetResponse) -> GetResponse:
    """Nothing a person sees is kept by a cache; an answer that differs for HTMX says so."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return answer
