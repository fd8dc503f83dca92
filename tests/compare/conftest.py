"""One sandbox and one console with a worker for the whole folder: starting them is what takes time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest

from console.accounts.models import User
from console.playground import rules, spending
from tests.console_process import ConsoleProcess, Person, Stream, csrf, option
from tests.factories import make_user
from tests.sandbox_process import SandboxProcess


@pytest.fixture
def afresh() -> Iterator[None]:
    """No guard rails and no spending of other tests are in memory, and none of ours stay."""
    for room in (rules, spending):
        room.forget()
    yield
    for room in (rules, spending):
        room.forget()


@pytest.fixture
def person() -> User:
    """Somebody who may talk, as a row: nobody has signed in."""
    return make_user(("Playground",))


@pytest.fixture(scope="session")
def azure() -> Iterator[SandboxProcess]:
    with SandboxProcess() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def running(azure: SandboxProcess) -> Iterator[ConsoleProcess]:
    with ConsoleProcess(azure, worker=True) as console:
        yield console


@pytest.fixture
def console(running: ConsoleProcess, azure: SandboxProcess) -> ConsoleProcess:
    azure.reset()
    return running


@pytest.fixture(scope="session")
def seoyeon(running: ConsoleProcess) -> Person:
    return running.sign_in("seoyeon")


class Comparing(Stream):
    """A comparison begun by a person, and its first round's stream."""

    def __init__(self, person: Person, *deployments: str, **fields: str) -> None:
        page = person.page("/compare/")
        data = {"message": "Compare herons and storks.", "submission_id": uuid4().hex, **fields}
        data |= {f"deployment_{n}": option(page, name) for n, name in enumerate(deployments, 1)}
        data["csrfmiddlewaretoken"] = self.token = csrf(page)
        answer = person.http.post("/compare/", data=data)
        assert answer.status_code == 302, answer.text
        self.address = answer.headers["location"]
        super().__init__(person, self.stream_of(1))

    def stream_of(self, number: int) -> str:
        """A round from its start: what a page asks for that was drawn before the first word."""
        return f"{self.address}stream/?round={number}"

    def post(self, path: str, **fields: str):
        return self.person.http.post(path, data={**fields, "csrfmiddlewaretoken": self.token})

    def said(self, position: int) -> str:
        """What a reader of one column sees."""
        blocks, tail = "", ""
        for name, _id, data in self.events:
            if name == f"block-{position}":
                blocks += data
            elif name in (f"tail-{position}", f"delta-{position}"):
                tail = data if name.startswith("tail") else tail + data
        return html.unescape(re.sub(r"<[^>]+>", "", blocks + tail))

    def ending_of(self, position: int) -> str:
        return html.unescape(re.sub(r"<[^>]+>", " ", self.named(f"answer-{position}")[-1]))

    def exchanges(self) -> list[dict[str, object]]:
        """The exchanges of the newest round, from A on."""
        key = self.address.split("/")[2]
        return self.person.console.rows(
            "select e.*, c.id as column_id from playground_exchange e join compare_column c"
            " on c.conversation_id = e.conversation_id where c.comparison_id = ?"
            " and e.id = (select n.id from playground_exchange n where n.conversation_id = c.conversation_id"
            " order by n.id desc limit 1)"
            " order by c.position",
            key if self.person.console.database else key.replace("-", ""),
        )
