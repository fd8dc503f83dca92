"""The baseline: the least that relays a stream with stock httpx. No sign-in, no rows, no HTML."""

from __future__ import annotations

import os

import httpx

UPSTREAM = os.environ["BENCH_UPSTREAM"]
client = httpx.AsyncClient(limits=httpx.Limits(max_connections=2000, max_keepalive_connections=20), timeout=60)


async def application(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {"content-type": "application/json", "accept-encoding": "identity"}
    async with client.stream("POST", UPSTREAM, content=body, headers=headers) as answer:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
        async for chunk in answer.aiter_raw():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})
