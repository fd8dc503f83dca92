"""The sandbox as a process of its own, for the tests of any room: real sockets, every switch within reach."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.trust import TLS

ROOT = Path(__file__).resolve().parent.parent
READY = "# the sandbox answers"


class SandboxProcess:
    """`with SandboxProcess() as sandbox:` – ports are free ones, answers come as fast as possible unless told.

    `environment` points a console here; the switches are described in `console/sandbox/switches.py`.
    """

    def __init__(
        self, data_dir: Path | None = None, *, tokens_per_second: float = 0.0, first_token: float = 0.0, scale: int = 0
    ) -> None:
        self.temporary = (
            None if data_dir else tempfile.TemporaryDirectory(prefix="sandbox-", ignore_cleanup_errors=True)
        )
        self.data_dir = data_dir or Path(self.temporary.name if self.temporary else ".")
        self.tempo = {"tokens_per_second": tokens_per_second, "first_token": first_token}
        self.scale = scale
        self.environment: dict[str, str] = {}
        self.process: subprocess.Popen[str] | None = None
        self.http = httpx.Client(trust_env=False, verify=TLS, timeout=10)

    def __enter__(self) -> SandboxProcess:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.http.close()
        if self.temporary:
            self.temporary.cleanup()

    def start(self, *, port: int = 0, tls_port: int = 0) -> SandboxProcess:
        """Start it and wait until it answers; the same ports again make a restart."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        options = ["--port", str(port), "--tls-port", str(tls_port), "--data-dir", str(self.data_dir)]
        with open(self.data_dir / "sandbox.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "console.sandbox", *options, "--scale", str(self.scale)],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self.environment = self._read_environment()
        self.switch("speed", **self.tempo)
        return self

    def _read_environment(self) -> dict[str, str]:
        found: dict[str, str] = {}
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.strip() == READY:
                return found
            name, _, value = shlex.split(line)[1].partition("=")
            found[name] = value
        self.stop()
        raise RuntimeError(f"The sandbox did not start:\n{(self.data_dir / 'sandbox.log').read_text()}")

    def stop(self) -> int | None:
        """End it as a supervisor would; returns the exit code."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.terminate()
        code = process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()
        return code

    @property
    def url(self) -> str:
        """The plain http side, without a slash at the end."""
        return self.environment["ARM_ENDPOINT"].removesuffix("/arm")

    @property
    def ports(self) -> tuple[int, int]:
        """Plain http and TLS."""
        authority = self.environment["ENTRA_AUTHORITY"]
        return urlsplit(self.url).port or 0, urlsplit(authority).port or 0

    def foundry(self, resource: str = "contoso-foundry") -> str:
        """The `base_url` of one resource for the `anthropic` SDK."""
        return self.environment["FOUNDRY_ENDPOINT"].replace("{resource}", resource) + "/anthropic/"

    def switch(self, name: str, /, **body: Any) -> dict[str, Any]:
        """Turn one switch; raises `ValueError` with the sandbox's reason."""
        answer = self.http.post(f"{self.url}/_sandbox/{name}", json=body)
        if answer.status_code != 200:
            raise ValueError(answer.text)
        return dict(answer.json())

    def reset(self) -> None:
        """As if just started, at this process's tempo."""
        self.switch("reset")
        self.switch("speed", **self.tempo)

    def state(self, part: str = "") -> dict[str, Any]:
        """The whole state, or `counters`, or `requests`."""
        return dict(self.http.get(f"{self.url}/_sandbox/{part}").raise_for_status().json())

    def counters(self) -> dict[str, Any]:
        """`paths`, `deployments`, `streams`, `tokens`: counts since the start or the last reset."""
        return self.state("counters")

    def posts(self, deployment: str, *, resource: str = "contoso-foundry", operation: str = "messages") -> int:
        """How many requests for this deployment arrived, whatever became of them."""
        prefix = f"{resource}/{deployment} {operation} "
        return sum(count for name, count in self.counters()["deployments"].items() if name.startswith(prefix))

    def requests(self) -> list[dict[str, Any]]:
        """The last data-plane requests with their IDs, oldest first."""
        return list(self.state("requests")["requests"])

    def keys(self, resource: str = "contoso-foundry") -> list[str]:
        """Both API keys of a resource, none where keys are disabled."""
        found = [one["keys"] for one in self.state()["resources"] if one["name"] == resource]
        return list(found[0])

    def token(self, resource: str = "https://management.azure.com", **who: Any) -> str:
        """An access token: for `person="ada"`, else for the managed identity; `expires_in` in seconds."""
        return str(self.switch("token", resource=resource, **who)["access_token"])

    def sign_in(self, auth_uri: str, person: str) -> dict[str, str]:
        """Press a person's button on the account picker; returns the query of the way back to the console."""
        answer = self.http.post(auth_uri, data={"person": person})
        self.http.cookies.clear()
        if answer.status_code != 302:
            raise ValueError(answer.text)
        return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
