"""The HTML that browsers meet: account picker, sign-out, and a page for what went wrong. No scripts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from aiohttp import web

from console.sandbox.people import Principal

STYLESHEET = "/_sandbox/signin.css"
# Frames are for front-channel sign-out; form-action stays open because Chrome applies it to redirects too.
POLICY = "default-src 'none'; style-src 'self'; frame-src http: https:; base-uri 'none'; frame-ancestors 'none'"

KOREAN = {
    "Sandbox": "샌드박스",
    "This is the sandbox, not Microsoft. The people are invented and there are no passwords.": (
        "여기는 Microsoft가 아니라 샌드박스입니다. 등장하는 사람은 모두 가상이며 비밀번호가 없습니다."
    ),
    "Pick an account": "계정을 고르세요",
    "You will go back to {place} as the person you pick.": "고른 사람으로 {place}에 돌아갑니다.",
    "Cancel": "취소",
    "no role": "역할 없음",
    "You signed out": "로그아웃했습니다",
    "Every console that this browser was signed in to is being told.": (
        "이 브라우저로 로그인했던 콘솔에 알리고 있습니다."
    ),
    "Go back to the console": "콘솔로 돌아가기",
    "This sign-in cannot go on": "로그인을 계속할 수 없습니다",
}


def language_of(request: web.Request) -> str:
    """`ko` when Accept-Language prefers Korean to English, else `en`."""
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        tag = part.partition(";")[0].strip()
        if tag.startswith(("ko", "en")):
            return tag[:2]
    return "en"


def say(text: str, language: str) -> str:
    return KOREAN[text] if language == "ko" else text


def page(title: str, body: str, language: str, *, status: int = 200, head: str = "") -> web.Response:
    notice = say("This is the sandbox, not Microsoft. The people are invented and there are no passwords.", language)
    text = f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · {say("Sandbox", language)}</title>
<link rel="stylesheet" href="{STYLESHEET}">{head}
</head>
<body>
<main>
<p class="notice" role="note"><strong>{say("Sandbox", language)}.</strong> {notice}</p>
<section class="card">
{body}
</section>
</main>
</body>
</html>
"""
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return web.Response(text=text, content_type="text/html", charset="utf-8", status=status, headers=headers)


def picker(
    people: Iterable[tuple[Principal, tuple[str, ...]]], *, place: str, hint: str, cancel: str, language: str
) -> web.Response:
    """One button for each person; `people` are pairs of person and roles, `cancel` is where giving up leads."""
    title = say("Pick an account", language)
    lead = say("You will go back to {place} as the person you pick.", language)
    where = f"<strong>{escape(place)}</strong>"
    items = "\n".join(person_button(person, roles, hint, language) for person, roles in people)
    body = f"""<h1>{title}</h1>
<p class="quiet">{escape(lead).replace("{place}", where)}</p>
<form method="post">
<ul>
{items}
</ul>
</form>
<p class="actions"><a class="button" href="{escape(cancel)}">{say("Cancel", language)}</a></p>"""
    return page(title, body, language)


def person_button(person: Principal, roles: tuple[str, ...], hint: str, language: str) -> str:
    hinted = " hinted" if person.oid == hint else ""
    focus = " autofocus" if hinted else ""
    what = ", ".join(roles) or say("no role", language)
    return f"""<li><button class="person{hinted}" name="person" value="{person.oid}"{focus}>
<span class="mark" aria-hidden="true">{escape(person.name[0])}</span>
<span><span class="name">{escape(person.name)} <span class="roles">{escape(what)}</span></span>
<span class="says">{escape(person.says[language])}</span>
<span class="mail">{escape(person.username)}</span></span>
</button></li>"""


def problem(text: str, language: str, *, status: int = 400) -> web.Response:
    """What Entra shows instead of sending the browser back."""
    title = say("This sign-in cannot go on", language)
    return page(title, f"<h1>{title}</h1>\n<p><code>{escape(text)}</code></p>", language, status=status)


def signed_out(frames: Iterable[str], back: str, language: str) -> web.Response:
    """Tell each console in a frame and give it two seconds, then go back when there is a place to go."""
    title = say("You signed out", language)
    told = [f'<iframe src="{escape(url)}" title="sign-out" tabindex="-1"></iframe>' for url in frames]
    told_text = say("Every console that this browser was signed in to is being told.", language)
    parts = [f"<h1>{title}</h1>", f'<p class="quiet" role="status">{told_text}</p>' if told else "", *told]
    head = ""
    if back:
        link = say("Go back to the console", language)
        parts.append(f'<p class="actions"><a class="button" href="{escape(back)}">{link}</a></p>')
        head = f'\n<meta http-equiv="refresh" content="{2 if told else 0};url={escape(back)}">'
    return page(title, "\n".join(part for part in parts if part), language, head=head)
