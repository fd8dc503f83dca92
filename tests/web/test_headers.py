"""The header list of reference E.2 stands on every answer, and on none twice."""

from __future__ import annotations

import pytest

from console.web.headers import with_headers

E2 = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'; manifest-src 'self'; report-uri /csp-report",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


async def headers_of(
    path: str, *, https: bool = True, own: list[tuple[bytes, bytes]] | None = None, status: int = 200
) -> dict[str, str]:
    sent = []

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": status, "headers": own or []})

    async def send(message):
        sent.append(message)

    await with_headers(app, https=https)({"type": "http", "path": path}, None, send)
    pairs = [(name.decode().lower(), value.decode()) for name, value in sent[0]["headers"]]
    assert len(pairs) == len(dict(pairs))
    return dict(pairs)


async def test_every_answer_has_the_list():
    assert E2.items() <= (await headers_of("/anything")).items()


async def test_strict_transport_only_where_there_is_tls():
    assert (await headers_of("/"))["strict-transport-security"] == "max-age=63072000; includeSubDomains"
    assert "strict-transport-security" not in await headers_of("/", https=False)


async def test_a_view_cannot_weaken_it():
    weaker = [(b"Content-Security-Policy", b"default-src *"), (b"X-Frame-Options", b"SAMEORIGIN")]
    assert E2.items() <= (await headers_of("/", own=weaker)).items()


async def test_other_headers_of_an_answer_stay():
    assert (await headers_of("/", own=[(b"content-type", b"text/plain")]))["content-type"] == "text/plain"


async def test_entra_may_frame_the_sign_out_and_nothing_else():
    framed = await headers_of("/signout/front-channel/")
    assert "x-frame-options" not in framed
    assert "frame-ancestors" not in framed["content-security-policy"]
    assert "default-src 'none'" in framed["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/signout/", "/signout/front-channel", "/signout/front-channel/x", "//signout/front-channel/"]
)
async def test_a_neighbouring_path_is_not_framed(path):
    assert (await headers_of(path))["x-frame-options"] == "DENY"


async def test_nothing_is_allowed_inline_or_from_elsewhere():
    policy = (await headers_of("/"))["content-security-policy"]
    assert not [word for word in ("unsafe", "*", "data:", "http:", "https:") if word in policy]


async def test_what_people_brought_runs_nothing():
    brought = await headers_of("/playground/attachments/00000000-0000-7000-8000-000000000000/")
    assert brought["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'; sandbox"


async def test_a_page_that_says_why_there_is_no_file_is_a_page_like_any_other():
    missing = await headers_of("/playground/attachments/00000000-0000-7000-8000-000000000000/", status=404)
    assert E2.items() <= missing.items()
