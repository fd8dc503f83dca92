"""A whole life of the product, and then: no secret stands in anything it left behind (reference A, M8, M9)."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from html import unescape
from uuid import UUID

import httpx
import pytest

from tests import programs
from tests.console_process import ConsoleProcess, Person, Stream
from tests.faults import sentinels
from tests.faults.measures import eventually
from tests.faults.sentinels import JWT, Kept, Overheard, found
from tests.sandbox_process import SandboxProcess

pytestmark = pytest.mark.slow

MOST_PAGES = 120  # of one person
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)"')
# How calls by a wrong key, refused ones, broken ones and good ones end.
SCENES = (
    "claude-steady", "claude-thinks", "claude-refuses", "claude-forbidden", "claude-missing", "claude-retired",
    "claude-broken", "claude-html", "claude-overloaded-midway", "claude-breaks-midway", "claude-cut-off",
    "claude-garbled", "claude-throttled-day", "claude-empty",
)  # fmt: skip
# What a person said may stand where conversations are kept, and nowhere else.
CONVERSATIONS = ("table playground_", "console.sqlite3", "page ")

OPEN_THE_VAULT = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "console.config.settings"
django.setup()
from console.accounts import tokens
from console.accounts.models import TokenCache
for row in TokenCache.objects.select_related("user"):
    print(tokens.read(row.user).text.replace(chr(10), " "))
"""


class Azure(SandboxProcess):
    """The sandbox, which remembers the codes that it gave to browsers."""

    codes: list[str]

    def sign_in(self, auth_uri: str, person: str) -> dict[str, str]:
        back = super().sign_in(auth_uri, person)
        self.codes = [*getattr(self, "codes", []), back["code"]]
        return back


@dataclass
class Life:
    """What there was to be kept secret, and every place it may have got to."""

    secrets: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)
    places: dict[str, bytes] = field(default_factory=dict)


@pytest.fixture(scope="module")
def life() -> Iterator[Life]:
    with ExitStack() as stack:
        azure = stack.enter_context(Azure())
        secret_key, said = secrets.token_urlsafe(60), None
        given = {"SECRET_KEY": secret_key, "LOG_LEVEL": "DEBUG", "ANTHROPIC_FOUNDRY_RESOURCE": "hanbit-research",
                 "ANTHROPIC_FOUNDRY_DEPLOYMENTS": "claude-steady-kr",
                 "ANTHROPIC_FOUNDRY_API_KEY": azure.keys("hanbit-research")[0]}  # fmt: skip
        if os.environ.get("CELERY_BROKER_URL"):
            given["CELERY_BROKER_URL"] = stack.enter_context(programs.redis())
            said = stack.enter_context(Overheard(given["CELERY_BROKER_URL"]))
        console = ConsoleProcess(azure, worker=True, **given)
        console.environment["TMPDIR"] = str(console.data_dir)
        stack.enter_context(console)
        life = Life(prompts={"prompt": f"kormoran{secrets.token_hex(12)}", "system": f"reiher{secrets.token_hex(12)}"})
        life.secrets = {"SECRET_KEY": secret_key, "settings' key": given["ANTHROPIC_FOUNDRY_API_KEY"],
                        "client secret": azure.environment["ENTRA_CLIENT_SECRET"],
                        "identity header": azure.environment["IDENTITY_HEADER"]}  # fmt: skip
        kept = live(console, azure, life)
        life.places = {
            **kept.places, **sentinels.command_lines(console), **sentinels.tables(console),
            **sentinels.files(console.data_dir), "the broker": said.everything if said else b"",
        }  # fmt: skip
        yield life


def live(console: ConsoleProcess, azure: Azure, life: Life) -> Kept:
    """Sign-ins that work and that do not, keys, messages of every kind, checks, exports, every page, the doctor."""
    kept = Kept()
    ada, minjun = (listened(console.sign_in(name), kept) for name in ("ada", "minjun"))
    enter_keys(console, ada, azure, life)
    people = [ada, minjun]
    for person in people:
        speak(person, azure, life, kept)
    fail(console, azure, ada, life)
    check(console, ada)
    for person in people:
        visit(person, "/", "/settings/", "/settings/audit/", "/jobs/", "/requests/", "/health/", "/usage/", "/help/",
              "/account/", "/inventory/export.csv", "/requests/export.csv", "/requests/export.jsonl", "/livez",
              "/readyz", "/metrics", "/nowhere/")  # fmt: skip
    kept.add("doctor", console_says(console, "manage.py", "doctor"))
    kept.add("sync", console_says(console, "manage.py", "sync"))
    learn_tokens(console, azure, people, life)
    ada.post("/signout/")
    return kept


def listened(person: Person, kept: Kept) -> Person:
    """Every page this browser is shown from now on is kept; a stream is read by whoever follows it."""

    def keep(answer: httpx.Response) -> None:
        if not answer.headers.get("content-type", "").startswith("text/event-stream"):
            answer.read()
            kept.add(f"page {answer.url.path}", answer.text)
            headers = [f"{name}: {value}" for name, value in answer.headers.items() if name != "set-cookie"]
            kept.add("page headers", "\n".join(headers))

    person.http.event_hooks["response"].append(keep)
    return person


def resource_page(console: ConsoleProcess, name: str) -> str:
    row = console.rows("select id from inventory_resource where name = ?", name)[0]
    return f"/inventory/resources/{dashed(row)}/"


def dashed(row: dict[str, object]) -> UUID:
    """A row's id as it stands in addresses."""
    return UUID(str(row["id"]))


def enter_keys(console: ConsoleProcess, ada: Person, azure: Azure, life: Life) -> None:
    """A right one, a wrong one, and one that the form refuses; one resource is called as the person."""
    life.secrets |= {
        "right key": azure.keys()[0], "wrong key": "Wrong0" + secrets.token_hex(39),
        "refused key": "refused " + secrets.token_hex(30),
    }  # fmt: skip
    send = [("contoso-foundry", "right key", 302), ("contoso-dev-foundry", "wrong key", 302),
            ("contoso-private", "refused key", 422)]  # fmt: skip
    for resource, name, status in send:
        answer = ada.post(f"{resource_page(console, resource)}connection/", called_as="key", key=life.secrets[name])
        assert answer.status_code == status, answer.text
    assert ada.post(f"{resource_page(console, 'hanbit-foundry')}connection/", called_as="person").status_code == 302


def speak(person: Person, azure: Azure, life: Life, kept: Kept) -> None:
    """By key to each scene, by a wrong key, as the person, and as the console."""
    choices = [*(f"contoso-foundry/{name}" for name in SCENES), "contoso-dev-foundry/claude-slow-eu",
               "hanbit-foundry/claude-steady", "hanbit-research/claude-steady-kr",
               "contoso-private/claude-steady"]  # fmt: skip
    for choice in choices:
        stream = send(person, choice, life)
        for _name, _id, data in stream:
            kept.add("page streams", data)
    page = person.new_conversation()
    person.http.post(f"{page}exchanges/", data={"message": life.prompts["prompt"]})  # no token of the form: 403
    person.post(f"{page}exchanges/", message=life.prompts["prompt"], deployment="nothing", submission_id="x")
    person.post(f"{page}exchanges/", message=life.prompts["prompt"] * 500_000, submission_id="x")


def send(person: Person, choice: str, life: Life) -> list[tuple[str, str, str]]:
    conversation = person.new_conversation()
    answer = person.post(
        f"{conversation}exchanges/", message=f"Tell me about {life.prompts['prompt']}.", deployment=choice,
        submission_id=secrets.token_hex(8), system_prompt=f"Always think of {life.prompts['system']}.",
    )  # fmt: skip
    assert answer.status_code == 201, (choice, answer.status_code, answer.text)
    attached = re.search(r'sse-connect="([^"]+)"', answer.text)
    assert attached is not None
    return Stream(person, unescape(attached.group(1))).to_the_end().events


def fail(console: ConsoleProcess, azure: Azure, ada: Person, life: Life) -> None:
    """Entra forges, refuses and breaks; Foundry breaks; somebody comes back with a code that is no longer good."""
    azure.switch("id-token", signed_by="stranger")
    with pytest.raises(AssertionError):
        console.sign_in("ben")
    azure.switch("id-token", claims={})
    for how in ("drop", "html", "status"):
        azure.switch("fault", plane="entra", match="token", how=how, times=3)
        with pytest.raises(AssertionError):
            console.sign_in("ben")
        azure.switch("fault", clear=True)
        azure.switch("fault", plane="foundry", how=how, times=1)
        send(ada, "contoso-foundry/claude-steady", life)
        azure.switch("fault", clear=True)
    ada.http.get("/signin/return/", params={"code": azure.codes[0], "state": "stale"})


def check(console: ConsoleProcess, ada: Person) -> None:
    """Health checks of each kind of call, and a sync."""
    wanted = ("claude-steady", "claude-forbidden", "claude-html", "claude-slow-eu")
    marks = ", ".join("?" for _ in wanted)
    rows = console.rows(f"select id from inventory_deployment where name in ({marks})", *wanted)  # noqa: S608
    for row in rows:
        ada.post(f"/health/{dashed(row)}/checks/")
    ada.post("/inventory/sync/")
    done = "select id from jobs_job where state not in ('queued', 'running') and cause = 'person'"
    assert eventually(lambda: len(console.rows(done)) > len(rows), 40), console.log("worker")[-3000:]


def visit(person: Person, *starts: str) -> None:
    """These pages and what they link to, in order, until it is enough."""
    waiting, known = list(starts), set(starts)
    for _ in range(MOST_PAGES):
        if not waiting:
            return
        answer = person.http.get(waiting.pop(0))
        if answer.headers.get("content-type", "").startswith("text/html"):
            links = [unescape(link) for link in LINK.findall(answer.text)]
            fresh = [link for link in dict.fromkeys(links) if link not in known and not skipped(link)]
            known.update(fresh)
            waiting += fresh


def skipped(link: str) -> bool:
    return link.startswith(("/static/", "/signout", "/signin", "//")) or "/stream/" in link


def console_says(console: ConsoleProcess, *command: str) -> str:
    """What a command prints, however it ends."""
    try:
        return console.run(*command)
    except RuntimeError as ended:
        return str(ended)


def learn_tokens(console: ConsoleProcess, azure: Azure, people: list[Person], life: Life) -> None:
    """The very tokens that the console holds for people, and what their browsers hold."""
    for number, line in enumerate(console.run("-c", OPEN_THE_VAULT).splitlines()):
        cache = json.loads(line)
        for kind in ("AccessToken", "RefreshToken", "IdToken"):
            for one, entry in enumerate(cache[kind].values()):
                life.secrets[f"{kind} {number} {one}"] = entry["secret"]
    life.secrets |= {f"code {number}": code for number, code in enumerate(azure.codes)}
    life.secrets |= {f"cookie {number}": person.http.cookies["session"] for number, person in enumerate(people)}


def test_a_life_was_lived(life):
    """Without these the next tests would find nothing because nothing was there."""
    assert {"AccessToken", "RefreshToken", "IdToken"} <= {name.split()[0] for name in life.secrets}
    assert len([place for place in life.places if place.startswith("page /requests/")]) > 10
    for place in ("web.log", "worker.log", "beat.log", "doctor", "table jobs_job", "page /settings/audit/"):
        assert len(life.places[place]) > 200, place
    assert b"key-set" in life.places["table accounts_auditentry"]
    assert b'"claude-steady"' in life.places["page /requests/export.jsonl"]
    assert not os.environ.get("CELERY_BROKER_URL") or b"console.health.tasks" in life.places["the broker"]


def test_the_search_finds_what_there_is(life):
    assert any("table playground_exchange" in place for place in found(life.prompts, life.places))
    key = life.secrets["right key"]
    for hidden in (key, f"…{key[:50]}…", f"{{'key': b'{key.encode().hex()}'}}"):
        assert found({"key": key}, {"here": hidden.encode()}) == ["key in here"]
    for before in ("", "a", "bc"):
        wrapped = sentinels.base64.b64encode(f"{before}{key} and more".encode())
        assert found({"key": key}, {"here": b"in " + wrapped}) == ["key in here"]


def test_no_secret_is_anywhere(life):
    assert found(life.secrets, life.places) == []


def test_no_token_is_anywhere_even_one_we_do_not_know(life):
    assert [place for place, text in life.places.items() if JWT.search(text)] == []


def test_what_people_said_stays_in_their_conversations(life):
    elsewhere = {place: text for place, text in life.places.items() if not place.startswith(CONVERSATIONS)}
    assert "table requestlog_requestrecord" in elsewhere
    assert found(life.prompts, elsewhere) == []
    exports = {place: text for place, text in life.places.items() if "export" in place}
    assert found(life.prompts, exports) == []
