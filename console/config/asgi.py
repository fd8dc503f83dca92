"""The web process: what stands in front of Django, and Django."""

from __future__ import annotations

import os
from typing import cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")

from django.conf import settings
from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from console.web.body import with_body_cap
from console.web.headers import App, Receive, Scope, Send, with_headers

django_application = get_asgi_application()


def static_files(app: App) -> App:
    """Collected files under their hashed names, kept by browsers for a year."""
    served = ServeStaticASGI(app, max_age=60, allow_all_origins=False, immutable_file_test=r"^.+\.[0-9a-f]{12}\..+$")
    if settings.STATIC_ROOT.is_dir():
        served.add_files(str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
    return cast("App", served)


async def lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def rooms(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    await cast("App", django_application)(scope, receive, send)


application: App = with_headers(with_body_cap(static_files(rooms), limit=settings.BODY_LIMIT), https=settings.HTTPS)
