"""The web process: what stands in front of Django, and Django. The outermost layer comes last."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
django.setup()

from django.conf import settings
from servestatic import ServeStaticASGI

from console.compare import lane as compare_lane
from console.config import farewell, required, warmth, worker
from console.config.handler import PageHandler
from console.playground import lane
from console.playground.answer import answers
from console.playground.follow import relay
from console.web import wire
from console.web.body import with_body_cap
from console.web.headers import App, Receive, Scope, Send, with_headers

# `serve` asks before it starts its pieces; a web process that is started alone asks here.
required.stop_without()
# People wait for this process, so it waits neither for a database nor for a broker that hangs.
if not settings.EMBEDDED_DATABASE:
    from console.web import postgres

    postgres.patience = postgres.WEB_PATIENCE
worker.only_send()
# Seconds after which a page's thread lets the loop go on, which serves every stream. By default it keeps it ten times
# as long, and each word of each stream waits for that: with 100 streams the first came 39 ms later (p95).
sys.setswitchinterval(0.0005)
django_application = cast("App", PageHandler())


def static_files(app: App) -> App:
    """Collected files under their hashed names, kept by browsers for a year."""
    served = ServeStaticASGI(app, max_age=60, allow_all_origins=False, immutable_file_test=r"^.+\.[0-9a-f]{12}\..+$")
    if settings.STATIC_ROOT.is_dir():
        served.add_files(str(settings.STATIC_ROOT), prefix=settings.STATIC_URL)
    return cast("App", served)


def probes(app: App) -> App:
    """/livez and /readyz answer whatever Host a prober sends: it asks for the machine, not for the site.

    /livez is answered here, on the loop: while every page waits for a database that hangs, the process still lives, and
    a prober that has it killed for that would end the answers under way.
    """
    host = settings.ALLOWED_HOSTS[0].encode()

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/livez" and scope["method"] in ("GET", "HEAD"):
            headers = [(b"content-type", b"text/plain"), (b"cache-control", b"no-store")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            return await send({"type": "http.response.body", "body": b"ok"})
        if scope["type"] == "http" and scope["path"] in ("/livez", "/readyz"):
            # Without a cookie no session is read: whether the database answers is for the view to say.
            others = [pair for pair in scope["headers"] if pair[0] not in (b"host", b"cookie")]
            scope = {**scope, "headers": [*others, (b"host", host)]}
        await app(scope, receive, send)

    return wrapped


def own_scheme(app: App) -> App:
    """A proxy in front ends TLS; what the address really is stands in CONSOLE_URL, not in a header."""
    scheme = "https" if settings.HTTPS else "http"

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "scheme": scheme} if scope["type"] == "http" else scope, receive, send)

    return wrapped


async def lifespan(receive: Receive, send: Send) -> None:
    """Open what lives as long as the process; at the end close answers and watches so that nobody waits for us."""
    lasting: list[asyncio.Task[None]] = []
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            answers.open(asyncio.get_running_loop())
            lasting.append(asyncio.create_task(lane.guard()))
            if relay is not None:
                lasting.append(asyncio.create_task(relay.run()))
            await wire.foundry()
            await asyncio.to_thread(warmth.warm)
            farewell.at_sigterm(end_streams)
        else:
            await end_streams()
            for task in lasting:
                task.cancel()
            if relay is not None:
                await relay.close()
            await wire.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def end_streams() -> None:
    """End answers, keeping what arrived, and tell whoever watches."""
    await answers.close()
    lane.end_all()


def with_lifespan(app: App) -> App:
    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await lifespan(receive, send)
        await app(scope, receive, send)

    return wrapped


application: App = static_files(django_application)
application = own_scheme(probes(application))
application = with_body_cap(application, limit=settings.BODY_LIMIT)
application = compare_lane.lane(application)
application = lane.lane(application)  # a stream has no body to count, and each layer costs it something a token
application = with_headers(application, https=settings.HTTPS)
application = with_lifespan(application)
