"""The real console as processes of its own against a sandbox: pages, streams and rows, the way people meet them."""

from __future__ import annotations

import atexit
import html
import itertools
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx

from tests.ports import free_port
from tests.sandbox_process import SandboxProcess
from tests.trust import TLS

ROOT = Path(__file__).resolve().parent.parent
EVENT = re.compile(r"(?:id: (?P<id>.*)\n)?event: (?P<name>.*)\n(?P<data>(?:data: .*\n)+)\n")


class ConsoleProcess:
    """`with ConsoleProcess(sandbox) as console:` – a fresh database, the inventory synced, the web process up.

    Where DATABASE_URL is set a database of its own is made on that server, else the console embeds SQLite; of the
    Redis that CELERY_BROKER_URL names it has a part of its own.
    """

    def __init__(self, sandbox: SandboxProcess, *, worker: bool = False, **environment: str) -> None:
        self.sandbox, self.with_worker = sandbox, worker
        self.folder = tempfile.TemporaryDirectory(prefix="console-", ignore_cleanup_errors=True)
        self.data_dir = Path(self.folder.name)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.database = own_database()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ENTRA_", "AZURE_"))},
            **sandbox.environment,
            "DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.database,
            "CELERY_BROKER_URL": own_broker(),
            "CONSOLE_URL": self.url,
            "MESSAGES_PER_MINUTE": "10000",
            "STREAMS_PER_PERSON": "1000",
            **environment,
        }
        # What a sync brings differs where the settings name resources or other addresses.
        self.own = any(name.startswith(("ANTHROPIC_", "AZURE_", "ARM_")) for name in environment)
        self.pieces: dict[str, subprocess.Popen[bytes]] = {}
        self.browsers: list[httpx.Client] = []

    def __enter__(self) -> ConsoleProcess:
        try:
            self.fill()
            self.start_pieces()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def fill(self) -> None:
        """Tables, static files and the inventory of the sandbox."""
        shutil.copytree(prepared_folder() / "static", self.data_dir / "static")
        if self.own or not begin_with_inventory(self):
            begin_with_tables(self)
            self.run("-m", "console.config.piece", "prepare")
            self.run("manage.py", "sync")
            if not self.own:
                keep_inventory(self)

    def start_pieces(self) -> None:
        self.start("web", "--port", str(self.port))
        if self.with_worker:
            self.start("worker")
            self.start("beat")
        self.wait_until_ready()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for browser in self.browsers:
            browser.close()
        for name in list(self.pieces):
            self.stop(name)
        drop_database(self.database)
        self.folder.cleanup()

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{arguments}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def start(self, piece: str, *options: str, name: str = "", **environment: str) -> None:
        log = open(self.data_dir / f"{name or piece}.log", "ab")  # noqa: SIM115 - closed right below, the child keeps its own
        self.pieces[name or piece] = subprocess.Popen(
            [sys.executable, "-m", "console.config.piece", piece, *options],
            cwd=ROOT, env=self.environment | environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        log.close()

    def start_beside(self, name: str, port: int) -> None:
        """A second web process on the same database, at its own port."""
        self.start("web", "--port", str(port), name=name, CONSOLE_URL=f"http://localhost:{port}")
        self.wait_until_ready(f"http://localhost:{port}")

    def log(self, piece: str = "web") -> str:
        return (self.data_dir / f"{piece}.log").read_text()

    def stop(self, piece: str = "web", *, how: int = signal.SIGTERM) -> float:
        """End a piece and everything of its group; returns the seconds it took."""
        process, began = self.pieces.pop(piece), time.monotonic()
        os.killpg(process.pid, how)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(5)
        return time.monotonic() - began

    def restart(self) -> None:
        self.start("web", "--port", str(self.port))
        self.wait_until_ready()

    def wait_until_ready(self, url: str = "") -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{url or self.url}/livez", trust_env=False, verify=TLS, timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise RuntimeError(f"the web process did not answer:\n{self.log()}")

    # ---- rows ----

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the database holds, read past the console; `?` marks values."""
        if self.database:
            import psycopg
            from psycopg.rows import dict_row

            with psycopg.connect(self.database, row_factory=dict_row) as link:
                return list(link.execute(query.replace("?", "%s"), values).fetchall())
        with closing(sqlite3.connect(self.data_dir / "console.sqlite3", timeout=20)) as link:
            link.row_factory = sqlite3.Row
            return [dict(row) for row in link.execute(query, values)]

    def execute(self, statement: str, *values: Any) -> None:
        """Change what the database holds behind the console's back."""
        if self.database:
            import psycopg

            with psycopg.connect(self.database, autocommit=True) as link:
                link.execute(statement.replace("?", "%s"), values)
            return
        with closing(sqlite3.connect(self.data_dir / "console.sqlite3", timeout=20)) as link, link:
            link.execute(statement, values)

    def wait_for(self, query: str, *values: Any, seconds: float = 10) -> dict[str, Any]:
        """The first row once there is one."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.rows(query, *values):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(f"no such row after {seconds} s: {query} {values}")

    # ---- people ----

    def sign_in(self, person: str) -> Person:
        """Sign a person in the way a browser does: our page, the account picker, the way back."""
        client = httpx.Client(base_url=self.url, trust_env=False, verify=TLS, timeout=20)
        self.browsers.append(client)
        page = client.get("/signin/")
        go = re.search(
            r'<a[^>]+href="([^"]*/signin/[^"]*)"[^>]*>\s*(?:<[^>]+>\s*)*[^<]*Sign in with Microsoft', page.text
        )
        assert go is not None, page.text
        to_entra = client.get(html.unescape(go.group(1)))
        back = self.sandbox.sign_in(to_entra.headers["location"], person)
        landed = client.get("/signin/return/", params=back)
        assert landed.status_code in (302, 303), landed.text
        return Person(self, client)


class Person:
    """A signed-in browser without a screen."""

    def __init__(self, console: ConsoleProcess, client: httpx.Client) -> None:
        self.console, self.http = console, client

    def browser_at(self, url: str) -> httpx.Client:
        """The same cookies at another address of the console."""
        client = httpx.Client(base_url=url, trust_env=False, verify=TLS, timeout=20, cookies=dict(self.http.cookies))
        self.console.browsers.append(client)
        return client

    def page(self, path: str) -> str:
        answer = self.http.get(path, follow_redirects=True)
        assert answer.status_code == 200, f"{path}: {answer.status_code}\n{answer.text[:2000]}"
        return answer.text

    def new_conversation(self) -> str:
        """The path of an empty conversation."""
        answer = self.http.get("/playground/new/")
        return urlsplit(answer.headers["location"]).path

    def send(
        self, message: str, deployment: str, *, conversation: str = "", htmx: bool = True, submission_id: str = "",
        attachments: Sequence[str] = (), **settings: str,
    ) -> httpx.Response:  # fmt: skip
        """Press Send; `deployment` is shown as "name · resource" in the list, `settings` are fields of its settings."""
        conversation = conversation or self.new_conversation()
        page = self.page(conversation)
        fields = {
            **settings,
            "message": message,
            "deployment": option(page, deployment),
            "attachments": list(attachments),
            "submission_id": submission_id or uuid4().hex,
            "csrfmiddlewaretoken": csrf(page),
        }
        return self.http.post(f"{conversation}exchanges/", data=fields, headers={"HX-Request": "true"} if htmx else {})

    def ask(self, message: str, deployment: str, **how: Any) -> Stream:
        """Send and attach, as the page does."""
        return self.watch(self.send(message, deployment, **how))

    def watch(self, answer: httpx.Response) -> Stream:
        """Attach to what was just sent, as the page does."""
        assert answer.status_code == 201, f"{answer.status_code}\n{answer.text}"
        found = re.search(r'sse-connect="([^"]+)"', answer.text)
        assert found is not None, answer.text
        return Stream(self, html.unescape(found.group(1)))

    def post(self, path: str, **fields: str) -> httpx.Response:
        token = csrf(self.page("/playground/"))
        return self.http.post(path, data={**fields, "csrfmiddlewaretoken": token}, headers={"HX-Request": "true"})

    def attach(self, conversation: str, name: str, data: bytes) -> str:
        """Put a file into a conversation's composer; its id."""
        token = {"csrfmiddlewaretoken": csrf(self.page(conversation))}
        answer = self.http.post(
            f"{conversation}attachments/", data=token, files={"file": (name, data)}, headers={"HX-Request": "true"}
        )
        assert answer.status_code == 201, f"{answer.status_code}\n{answer.text}"
        found = re.search(r'name="attachments" value="([^"]+)"', answer.text)
        assert found is not None, answer.text
        return found.group(1)


class Stream:
    """An attached stream: events as they come, and the text they make."""

    def __init__(self, person: Person, path: str) -> None:
        self.person, self.path = person, path
        self.exchange_id = path.split("/")[3]
        self.events: list[tuple[str, str, str]] = []

    def follow(self, *, last_event_id: str = "", path: str = "", seconds: float = 60) -> Iterator[tuple[str, str, str]]:
        """(name, id, data) of each event until the server ends the stream."""
        headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
        rest = ""
        with self.person.http.stream("GET", path or self.path, headers=headers, timeout=seconds) as answer:
            assert answer.status_code == 200, answer.read()
            for text in answer.iter_text():
                rest += text
                while (end := rest.find("\n\n")) >= 0:
                    block, rest = rest[: end + 2], rest[end + 2 :]
                    if found := EVENT.search(block):
                        lines = [line.removeprefix("data: ") for line in found["data"].rstrip("\n").split("\n")]
                        one = (found["name"], found["id"] or "", "\n".join(lines))
                        self.events.append(one)
                        yield one

    def to_the_end(self, **how: Any) -> Stream:
        for _ in self.follow(**how):
            continue
        return self

    def named(self, name: str) -> list[str]:
        return [data for found, _id, data in self.events if found == name]

    @property
    def text(self) -> str:
        """What a reader sees: finished blocks and the tail, without tags."""
        blocks, tail = "", ""
        for name, _id, data in self.events:
            if name == "block":
                blocks += data
            elif name in ("tail", "delta"):
                tail = data if name == "tail" else tail + data
        return html.unescape(re.sub(r"<[^>]+>", "", blocks + tail))

    @property
    def ending(self) -> str:
        return html.unescape(re.sub(r"<[^>]+>", " ", self.named("answer")[-1]))

    def exchange(self) -> dict[str, Any]:
        return self.person.console.rows("select * from playground_exchange where id = ?", self._key())[0]

    def records(self) -> list[dict[str, Any]]:
        call = "select call_id from playground_exchange where id = ?"
        query = f"select * from requestlog_requestrecord where call_id = ({call}) order by attempt"  # noqa: S608
        return self.person.console.rows(query, self._key())

    def _key(self) -> str:
        return self.exchange_id if self.person.console.database else self.exchange_id.replace("-", "")


def csrf(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found is not None, page[:2000]
    return found.group(1)


def option(page: str, deployment: str) -> str:
    """The value of the choice whose label begins with this deployment's name."""
    found = re.search(rf'<option value="([^"]+)"[^>]*>\s*{re.escape(deployment)}(?: ·|<)', page)
    assert found is not None, f"no choice {deployment} in {re.findall('<option.*', page)}"
    return found.group(1)


def begin_with_tables(console: ConsoleProcess) -> None:
    """Tables as `prepare` makes them in an empty place; making them is a good part of a start."""
    if not console.database:
        shutil.copyfile(prepared_folder() / "console.sqlite3", console.data_dir / "console.sqlite3")


# What a sync of each sandbox brought, for the consoles that come later: a file, or a database's name.
INVENTORIES: dict[str, str] = {}


def begin_with_inventory(console: ConsoleProcess) -> bool:
    """The database as the first console at this sandbox had it after its sync; False for the first one."""
    kept = INVENTORIES.get(console.sandbox.url)
    if kept is None:
        return False
    if console.database:
        drop_database(console.database)
        new_database(kept, name_in(console.database))  # the same address: tests may have put something in between
    else:
        shutil.copyfile(kept, console.data_dir / "console.sqlite3")
    return True


def keep_inventory(console: ConsoleProcess) -> None:
    if console.database:
        url = new_database(name_in(console.database))
        atexit.register(drop_database, url)
        INVENTORIES[console.sandbox.url] = name_in(url)
        return
    kept = prepared_folder() / f"{uuid4().hex}.sqlite3"
    with closing(sqlite3.connect(console.data_dir / "console.sqlite3")) as link, closing(sqlite3.connect(kept)) as copy:
        link.backup(copy)
    INVENTORIES[console.sandbox.url] = str(kept)


@cache
def prepared_folder() -> Path:
    """A DATA_DIR that knows nobody yet, made once a test process; where DATABASE_URL is set, its tables lie there."""
    folder = tempfile.mkdtemp(prefix="console-prepared-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.environ.get("DATABASE_URL"):
        prepare(folder, prepared_database())
        return Path(folder)
    prepare(folder, "")
    with closing(sqlite3.connect(f"{folder}/console.sqlite3")) as link:
        link.execute("pragma journal_mode = delete")  # the log beside it goes into the file
    return Path(folder)


@cache
def prepared_database() -> str:
    """The address of a database on the server of DATABASE_URL; its tables come with the folder."""
    url = new_database("")
    atexit.register(drop_database, url)
    return url


def prepare(data_dir: str, database: str) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH", "LANG") if name in os.environ}
    environment = {**kept, "DATA_DIR": data_dir, "DATABASE_URL": database}
    command = [sys.executable, "-m", "console.config.piece", "prepare"]
    subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True)


def own_database() -> str:
    """A new database with tables beside the one DATABASE_URL names; "" for embedded SQLite."""
    if not os.environ.get("DATABASE_URL"):
        return ""
    prepared_folder()
    return new_database(name_in(prepared_database()))


# Redis has 16 databases. The first is the test process's own; each process has some for its consoles, in turn.
SHARE = 5
_brokers = itertools.count()


def own_broker() -> str:
    """A database of the Redis of CELERY_BROKER_URL; "" for the embedded broker.

    Consoles that shared one would take each other's messages, and find no such job in their own rows.
    """
    broker = os.environ.get("CELERY_BROKER_URL", "")
    if not broker:
        return ""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 3
    return urlsplit(broker)._replace(path=f"/{1 + worker * SHARE + next(_brokers) % SHARE}").geturl()


def name_in(url: str) -> str:
    return urlsplit(url).path.strip("/")


def new_database(pattern: str, name: str = "") -> str:
    """The address of a new database, a copy of the one called `pattern` or empty."""
    import psycopg

    url, name = os.environ["DATABASE_URL"], name or f"console_{uuid4().hex[:12]}"
    with psycopg.connect(url, autocommit=True) as link:
        link.execute(f"create database {name}" + (f" template {pattern}" if pattern else ""))
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def drop_database(url: str) -> None:
    if not url:
        return
    import psycopg

    name = name_in(url)
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as link:
        link.execute(f"drop database if exists {name} with (force)")
