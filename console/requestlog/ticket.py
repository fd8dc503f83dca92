"""A bundle on its way to a ticket: the language and the time zone of whoever asks for it, and the file they get."""

from __future__ import annotations

from datetime import tzinfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from console.requestlog import bundle

# The languages Microsoft Support takes a ticket in, of those this console speaks.
LANGUAGES = {"en": "English", "ko": "한국어"}


def language_of(request: HttpRequest) -> str:
    """The language asked for, else the page's own."""
    asked = request.GET.get("lang", "")
    own = (get_language() or "en").split("-")[0]
    return next((language for language in (asked, own) if language in LANGUAGES), "en")


def zone_of(request: HttpRequest) -> tzinfo | None:
    """The browser's time zone, which js/times.js leaves in a cookie."""
    return bundle.zone_of(request.COOKIES.get("zone", ""))


def as_file(text: str, form: str) -> HttpResponse:
    """A bundle for the downloads folder."""
    content_type, _write = bundle.FORMS[form]
    name = f"requests-{timezone.now():%Y-%m-%d-%H%M}.{form}"
    return HttpResponse(
        text, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
