"""Which page of this console a browser shows, as far as its request tells: where a sign-in is to lead back to, and
whether it was a page of ours at all.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest


def page_of(request: HttpRequest) -> str:
    """The page's path and query; "/" when nothing tells, or what tells is another site's."""
    if htmx := getattr(request, "htmx", None):
        return str(htmx.current_url_abs_path or "/")
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    try:
        came_from = urlsplit(request.headers.get("Referer", ""))
    except ValueError:
        return "/"
    if came_from.netloc != request.get_host() or came_from.path.startswith("//"):
        return "/"
    return came_from._replace(scheme="", netloc="", fragment="").geturl() or "/"


def is_from_here(request: HttpRequest) -> bool:
    """Whether a page of this console sent this POST: browsers name the origin of every one."""
    try:
        return urlsplit(request.headers.get("Origin", "")).netloc == request.get_host()
    except ValueError:
        return False
