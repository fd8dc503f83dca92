"""The running sandbox: its addresses, its secrets, and everything a switch can change."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from aiohttp import web

from console.sandbox.ca import Authority, write_private
from console.sandbox.caching import PromptCache
from console.sandbox.counters import Counters
from console.sandbox.directory import Directory
from console.sandbox.estate import ACCOUNTS, SUBSCRIPTIONS
from console.sandbox.faults import Faults
from console.sandbox.operations import Operations
from console.sandbox.people import CLIENT_ID, TENANT_ID, guid
from console.sandbox.tokens import SigningKeys
from console.sandbox.world import World


@dataclass(frozen=True)
class Secrets:
    """Made once per data folder. They guard nothing but a stand-in, and are still not printed by accident."""

    client_secret: str = field(repr=False)
    identity_header: str = field(repr=False)
    refresh_key: str = field(repr=False)
    account_keys: str = field(repr=False)
    workload_key: str = field(repr=False)


@dataclass
class Tempo:
    """How fast answers come: `tokens_per_second` 0 is as fast as possible, `first_token` is in seconds."""

    tokens_per_second: float = 40.0
    first_token: float = 0.4


@dataclass
class Sandbox:
    """Everything the handlers share."""

    folder: Path
    port: int
    tls_port: int
    scale: int = 0
    host: str = "127.0.0.1"
    tempo: Tempo = field(default_factory=Tempo)
    counters: Counters = field(default_factory=Counters)
    faults: Faults = field(default_factory=Faults)
    cache: PromptCache = field(default_factory=PromptCache)
    operations: Operations = field(default_factory=Operations)
    throttled: dict[tuple[str, str], float] = field(default_factory=dict)
    attempts: set[str] = field(default_factory=set)
    calm: bool = False

    def __post_init__(self) -> None:
        self.authority = Authority(self.folder)
        self.authority.prepare()
        self.secrets = load_secrets(self.folder)
        self.keys = SigningKeys(self.folder / "signing.pem")
        self.directory = Directory(self.secrets.refresh_key.encode())
        self.world = World(SUBSCRIPTIONS, ACCOUNTS, key_seed=self.secrets.account_keys, scale=self.scale)

    @property
    def web_base(self) -> str:
        """Where browsers go: plain http on loopback, so that none of them warns."""
        return f"http://localhost:{self.port}"

    @property
    def tls_base(self) -> str:
        return f"https://localhost:{self.tls_port}"

    def issuer(self, tid: str = TENANT_ID) -> str:
        return f"{self.tls_base}/{tid}/v2.0"

    def environment(self) -> dict[str, str]:
        return environment(self.port, self.tls_port, self.folder)

    def reset(self) -> None:
        """Back to the first minute, as far as switches can change things; keys and addresses stay."""
        self.tempo = Tempo()
        self.counters = Counters()
        self.faults = Faults()
        self.cache = PromptCache()
        self.operations = Operations()
        self.throttled = {}
        self.attempts = set()
        self.calm = False
        self.directory.reset()
        self.world.reset(scale=self.scale)


SANDBOX = web.AppKey("SANDBOX", Sandbox)


def folder_in(data_dir: Path) -> Path:
    """Made for this user alone; absolute, because its paths go into the environment of other processes."""
    folder = data_dir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def load_secrets(folder: Path) -> Secrets:
    path = folder / "secrets.json"
    names = [one.name for one in fields(Secrets)]
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept.keys() >= set(names):
            return Secrets(**{name: kept[name] for name in names})
    made = Secrets(*(secrets.token_urlsafe(30) for _ in names))
    write_private(path, json.dumps(asdict(made)).encode())
    return made


def environment(port: int, tls_port: int, data_dir: Path) -> dict[str, str]:
    """The variables that point a console at a sandbox on these ports (contract section 2).

    The files that they name exist afterwards, so that a console may start before its sandbox.
    """
    folder = folder_in(data_dir)
    if not (folder / "bundle.pem").exists():
        Authority(folder).prepare()
    made = load_secrets(folder)
    plain = f"http://127.0.0.1:{port}"
    return {
        "ENTRA_TENANT_ID": TENANT_ID,
        "ENTRA_CLIENT_ID": CLIENT_ID,
        "ENTRA_CLIENT_SECRET": made.client_secret,
        "ENTRA_AUTHORITY": f"https://localhost:{tls_port}/{TENANT_ID}",
        "ARM_ENDPOINT": f"{plain}/arm",
        "FOUNDRY_ENDPOINT": f"{plain}/foundry/{{resource}}",
        "FOUNDRY_TOKEN_SCOPE": "https://ai.azure.com/.default",
        "LOG_ANALYTICS_ENDPOINT": f"{plain}/loganalytics",
        "LOG_ANALYTICS_WORKSPACE_ID": guid("workspace"),
        "IDENTITY_ENDPOINT": f"{plain}/msi/token",
        "IDENTITY_HEADER": made.identity_header,
        "SSL_CERT_FILE": str(folder / "bundle.pem"),
    }
