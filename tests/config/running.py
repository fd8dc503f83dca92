"""Runs `manage.py` as people do, in an environment of its own, and reads what it says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

from tests.config.processes import MARK, marked, new_mark, wait_until

ROOT = Path(__file__).resolve().parents[2]
# Enough of a real setting to start; nothing listens there.
REAL_SETTINGS = {
    "ENTRA_TENANT_ID": "11111111-2222-3333-4444-555555555555",
    "ENTRA_CLIENT_ID": "22222222-2222-3333-4444-555555555555",
    "ENTRA_CLIENT_SECRET": "a-secret-of-the-test",
    "ENTRA_AUTHORITY": "http://127.0.0.1:9/{tenant}",
    "ARM_ENDPOINT": "http://127.0.0.1:9",
    "FOUNDRY_ENDPOINT": "http://127.0.0.1:9/{resource}",
    "HEALTH_INTERVAL": "0",
    "SYNC_INTERVAL": "0",
}


def bare_environment(**settings: str) -> dict[str, str]:
    """What a shell has, without a variable of the console, and a mark to find the processes by."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, MARK: new_mark()[MARK], **settings}


def run(*arguments: str, environment: dict[str, str], cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


class Running:
    """A running `demo`, `serve` or `sandbox`; leaving the block kills it and sees that nothing is left."""

    def __init__(self, *arguments: str, environment: dict[str, str], cwd: Path = ROOT) -> None:
        self.environment = environment
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment,
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        left = not wait_until(lambda: not marked(self.environment), 15)
        self._reader.join(5)
        self.process.stdout.close()
        assert not left, marked(self.environment)

    def says(self, text: str, seconds: float = 30.0) -> bool:
        """Whether a line with `text` comes within `seconds`; what was said instead is printed."""

        def said() -> bool:
            return any(text in line for line in list(self.lines))

        wait_until(lambda: said() or not self._reader.is_alive(), seconds)
        if not said():
            sys.stdout.write("\n".join(self.lines))
        return said()

    def ready(self) -> None:
        assert self.says("Ready. Open "), "\n".join(self.lines)

    def stop(self, number: int) -> int:
        """Send a signal; the exit code, which must come within ten seconds."""
        self.process.send_signal(number)
        return self.process.wait(10)


def get(url: str) -> tuple[int, str]:
    """Status and text of one GET; redirects are followed."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own console on loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
