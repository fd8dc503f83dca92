"""Every address × everybody × every method, held against one table (reference E.3). A new address needs a row here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from console.accounts.models import ACTS
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PEOPLE: dict[str, tuple[str, ...] | None] = {
    "anon": None,
    "no role": (),
    "Viewer": ("Viewer",),
    "Playground": ("Playground",),
    "Support": ("Support",),
    "Admin": ("Admin",),
    "PromptReader": ("PromptReader",),
}
# Who may open a row beside the acts of accounts/models.py.
ANYBODY, KNOWN, ROLE = "anybody", "signed in", "any role"
NOTHING = UUID("00000000-0000-7000-8000-000000000000")  # a thing that does not exist: 404 for whoever may look


@dataclass(frozen=True)
class Row:
    """`who` may use these methods; each with the status such a person gets. Any other method is 405.

    `with_role` is the status where being signed in with a role makes another: such people are sent on.
    """

    who: str
    statuses: dict[str, int]
    with_role: int | None = None


def page(who: str, status: int = 200) -> Row:
    return Row(who, {"GET": status, "HEAD": status})


def thing(who: str) -> Row:
    """The page of one row; here of a row that does not exist."""
    return page(who, 404)


def form(who: str, status: int = 302) -> Row:
    """Where a form is sent; here without a field."""
    return Row(who, {"POST": status})


MATRIX: dict[str, Row] = {
    # accounts
    "accounts:signin": Row(ANYBODY, {"GET": 503, "HEAD": 503}, with_role=302),  # Entra is not set up in this test
    "accounts:signin_start": Row(ANYBODY, {"GET": 503}),
    "accounts:signin_return": Row(ANYBODY, {"GET": 400}),
    "accounts:signout": Row(ANYBODY, {"GET": 200, "HEAD": 200, "POST": 200}),
    "accounts:front_channel": Row(ANYBODY, {"GET": 200}),
    "accounts:account": page(KNOWN),
    "accounts:preferences": form(KNOWN),
    "accounts:shortcuts": form(KNOWN),
    "accounts:own_sessions": form(KNOWN),
    "accounts:people": page("manage"),
    "accounts:end_sessions": form("manage", 404),
    "accounts:audit": page("manage"),
    # web
    "web:help": page(ROLE),
    "web:help_page": thing(ROLE),
    "web:csp_report": form(ANYBODY, 204),
    # config
    "overview": page(ROLE),
    "settings": page("manage"),
    "retention": Row("manage", {"GET": 200, "HEAD": 200, "POST": 302}),
    "livez": page(ANYBODY),
    "readyz": page(ANYBODY, 503),  # no worker runs here
    "metrics": page(ANYBODY),
    # inventory
    "inventory:list": page("look"),
    "inventory:export": page("support"),
    "inventory:resource": thing("look"),
    "inventory:deployment": thing("look"),
    "inventory:limits": page("look", 302),
    "inventory:connection": form("manage", 404),
    "inventory:key_removal": form("manage", 404),
    # playground
    "playground:list": page("talk"),
    "playground:new": page("talk", 302),
    "playground:conversation": thing("talk"),
    "playground:exchanges": form("talk", 404),
    "playground:estimate": form("talk", 404),
    "playground:attach": form("talk", 404),
    "playground:attachment": thing("talk"),
    "playground:attachment_removal": form("talk", 404),
    "playground:options": Row("talk", {"GET": 404}),
    "playground:stream": Row("talk", {"GET": 404}),
    "playground:stop": form("talk", 404),
    "playground:markdown": Row("talk", {"GET": 404}),
    "playground:data": Row("talk", {"GET": 404}),
    "playground:code": Row("talk", {"GET": 404}),
    "playground:answer": Row("talk", {"GET": 404}),
    "playground:bundle": Row("look", {"GET": 404, "HEAD": 404}),
    "playground:look": Row("read_prompts", {"GET": 404, "HEAD": 404, "POST": 404}),
    "playground:look_attachment": thing("read_prompts"),
    "playground:told": form(ROLE),
    "playground:share": form("talk", 404),
    "playground:shares": page("talk"),
    "playground:revoke": form("talk", 404),
    "playground:shared": thing("talk"),
    "rails:rails": page("manage"),
    "rails:change": form("manage", 302),
    "rails:opening": form("manage", 400),
    "rails:abilities": form("manage", 400),
    "playground:choices": Row("talk", {"GET": 404}),
    "playground:again": form("talk", 404),
    "playground:results": form("talk", 404),
    "playground:continuation": form("talk", 404),
    "playground:version": form("talk", 404),
    "playground:versions": Row("talk", {"GET": 404}),
    "playground:branch": form("talk", 404),
    "playground:opinion": form("talk", 404),
    "playground:search": form("talk", 200),
    "playground:draft": form("talk", 404),
    "playground:title": form("talk", 404),
    "playground:deletion": form("talk", 404),
    "playground:prompted": form("talk", 404),
    # compare
    "compare:list": Row("talk", {"GET": 200, "HEAD": 200, "POST": 400}),
    "compare:comparison": thing("talk"),
    "compare:rounds": form("talk", 404),
    "compare:deletion": form("talk", 404),
    "compare:stream": Row("talk", {"GET": 404}),
    "compare:stop_all": form("talk", 404),
    "compare:reveal": form("talk", 404),
    "compare:stop": form("talk", 404),
    "compare:better": form("talk", 404),
    "compare:keep": form("talk", 404),
    "compare:sets": page("talk"),
    "compare:new_set": Row("talk", {"GET": 200, "HEAD": 200, "POST": 400}),
    "compare:set": thing("talk"),
    "compare:runs": form("talk", 404),
    "compare:set_deletion": form("talk", 404),
    "compare:run": thing("talk"),
    "compare:cancellation": form("talk", 404),
    "compare:continuation": form("talk", 404),
    "compare:results": Row("talk", {"GET": 404}),
    "compare:cell": thing("talk"),
    "compare:keep_cell": form("talk", 404),
    # prompts
    "prompts:list": page("talk"),
    "prompts:new": Row("talk", {"GET": 200, "HEAD": 200, "POST": 400}),
    "prompts:variables": form("talk", 200),
    "prompts:import": Row("talk", {"GET": 200, "HEAD": 200, "POST": 400}),
    "prompts:export": Row("talk", {"GET": 200}),
    "prompts:pick": Row("talk", {"GET": 200}),
    "prompts:prompt": thing("talk"),
    "prompts:edit": Row("talk", {"GET": 404, "HEAD": 404, "POST": 404}),
    "prompts:deletion": form("talk", 404),
    "prompts:export_one": Row("talk", {"GET": 404}),
    "prompts:fill": Row("talk", {"GET": 404, "POST": 404}),
    # requests
    "requestlog:list": Row("look", {"GET": 200, "HEAD": 200, "POST": 200}),  # long pasted texts come as a form
    "requestlog:detail": thing("look"),
    "requestlog:case": form("support", 404),
    "requestlog:news": Row("look", {"GET": 400}),
    "requestlog:views": form("look"),
    "requestlog:view_removal": form("look"),
    "requestlog:export_csv": Row("support", {"GET": 200}),
    "requestlog:export_jsonl": Row("support", {"GET": 200}),
    "requestlog:azure_log": page("support", 400),
    "requestlog:bundle": page("look"),
    "requestlog:bundle_txt": page("look", 404),
    "requestlog:bundle_md": page("look", 404),
    "requestlog:bundle_json": page("look", 404),
    "api:requests": form(ANYBODY, 401),  # programs bring a key, no session
    "applications:list": Row("manage", {"GET": 200, "HEAD": 200, "POST": 400}),
    "applications:revocation": form("manage", 404),
    "requestlog:errors": page(ROLE),
    "requestlog:error": thing(ROLE),
    # health
    "health:list": page("look"),
    "health:deployment": thing("look"),
    "health:badge": thing("look"),
    "health:incident": page("look", 302),
    "health:check": form("check", 404),
    "health:check_all": form("check"),
    # jobs
    "jobs:list": page("support"),
    "jobs:job": thing("support"),
    "jobs:again": form("support", 404),
    # prices
    "prices:list": page("manage"),
    "prices:price": form("manage", 400),
    "prices:rate": form("manage", 400),
    # usage
    "usage:page": page("look"),
}
# Two rights on one address: everybody who may look sees the state, who may sync starts one.
SYNC = {"inventory:sync": (page("look", 302), form("sync"))}
# Sent by browsers on their own, so without a token; or by programs, who have none.
NO_TOKEN_NEEDED = {"web:csp_report", "api:requests"}


@cache
def addresses(resolver: URLResolver | None = None, names: str = "") -> dict[str, str]:
    """Every URL name with an address under it; ids are of nothing, slugs too."""
    found: dict[str, str] = {}
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{names}{entry.namespace}:" if entry.namespace else names
            found |= addresses(entry, inner)
        elif isinstance(entry, URLPattern):
            filled = {part: NOTHING if part == "pk" else "no-such-page" for part in entry.pattern.converters}
            found[f"{names}{entry.name}"] = reverse(f"{names}{entry.name}", kwargs=filled)
    return found


def row_of(name: str, method: str) -> Row:
    if name not in SYNC:
        return MATRIX[name]
    read, write = SYNC[name]
    return write if method in write.statuses else read


def allowed(who: str, roles: tuple[str, ...] | None) -> bool:
    if who == ANYBODY:
        return True
    if roles is None or who == KNOWN:
        return roles is not None
    return bool(roles) if who == ROLE else who in frozenset().union(*(ACTS[role] for role in roles))


def expected(name: str, roles: tuple[str, ...] | None, method: str) -> set[int]:
    """The statuses that are right. Of a method that is not offered a gate may say first that nobody gets in."""
    row = row_of(name, method)
    refusal = set() if allowed(row.who, roles) else {302 if roles is None else 403}
    if method not in row.statuses:
        return {405} | refusal
    return refusal or {row.with_role if row.with_role and roles else row.statuses[method]}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("name", sorted({*MATRIX, *SYNC} & set(addresses())))
def test_each_address_answers_as_the_table_says(name, person):
    url, roles = addresses()[name], PEOPLE[person]
    wrong, client = {}, None
    for method in METHODS:
        client = client or (Client() if roles is None else signed_in_client(make_user(roles)))
        response = client.generic(method, url)
        if response.status_code not in (403, 404, 405):
            client = None  # something was done: this may have ended the session, or changed what the person may do
        if response.status_code not in expected(name, roles, method):
            wrong[method] = (response.status_code, expected(name, roles, method))
        if roles is None and response.status_code == 302:
            assert response["Location"].startswith("/signin/?next=")
    assert wrong == {}


def test_every_address_has_a_row():
    assert set(addresses()) - {*MATRIX, *SYNC} == set()


def test_no_row_is_left_of_an_address_that_went():
    assert {*MATRIX, *SYNC} - set(addresses()) == set()


def forms() -> list[str]:
    named = {*MATRIX, *SYNC} & set(addresses()) - NO_TOKEN_NEEDED
    return sorted(name for name in named if "POST" in row_of(name, "POST").statuses)


@pytest.mark.parametrize("name", forms())
def test_no_form_is_taken_without_its_token(name):
    everybody = make_user(tuple(ACTS))
    response = signed_in_client(everybody, enforce_csrf_checks=True).post(addresses()[name])
    assert response.status_code == 403


def test_the_table_says_what_the_reference_says():
    """Spot checks of E.3 that must hold whatever the roles' acts are called."""
    may = {
        name: {role for role in ACTS if 403 not in expected(name, (role,), "GET")}
        for name in ("playground:list", "accounts:people", "requestlog:export_csv", "inventory:list")
    }
    assert may["playground:list"] == {"Playground", "Admin"}
    assert may["accounts:people"] == {"Admin"}
    assert may["requestlog:export_csv"] == {"Support", "Admin"}
    assert may["inventory:list"] == {"Viewer", "Playground", "Support", "Admin"}
