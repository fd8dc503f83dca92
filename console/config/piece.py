"""One piece of the tree, as its own process: `python -m console.config.piece web|worker|beat|sandbox|prepare|sample …`.

With `--tied` standard input is the supervisor's pipe: when it ends the supervisor is gone, and the piece follows.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import warnings
from types import TracebackType
from typing import Any

from console.web import logs

log = logging.getLogger(__name__)
# Seconds from the supervisor's death to the SIGKILL of this piece's group.
GRACE = 5.0
# Seconds an untied web server gives open requests after SIGTERM; a tied one has the supervisor's patience.
STREAM_GRACE = 5


def main() -> None:
    os.umask(0o077)  # database, broker and keys hold what people said: they are this user's alone
    options = arguments()
    logs.configure({"level": (os.environ.get("LOG_LEVEL") or "INFO").strip().upper()})
    sys.excepthook = in_one_line
    if options.tied:
        follow_supervisor()
    match options.piece:
        case "web":
            web(options)
        case "worker":
            celery("worker", "--pool=threads", "--concurrency=4", "--without-gossip", "--without-mingle",
                   "--without-heartbeat")  # fmt: skip
        case "beat":
            celery("beat")
        case "sandbox":
            sandbox(options)
        case "prepare":
            prepare()
        case "sample":
            sample()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.config.piece")
    parser.add_argument("piece", choices=["web", "worker", "beat", "sandbox", "prepare", "sample"])
    parser.add_argument("--tied", action="store_true")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--tls-port", type=int, default=9401)
    parser.add_argument("--data-dir", default="")
    return parser.parse_args()


def in_one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends a piece is one event, so it is one line."""
    log.critical("ended by %s", kind.__name__, exc_info=(kind, error, trace))


def follow_supervisor() -> None:
    """Watch the pipe from a side thread; when it ends, end this process politely and its group in any case."""
    threading.Thread(target=wait_for_the_end, name="follow-supervisor", daemon=True).start()


def wait_for_the_end() -> None:
    while os.read(0, 1):
        pass
    # This process may be gone before its children are, so somebody outside of the group sees to those.
    subprocess.Popen(  # noqa: S603 - our own interpreter with our own text
        [sys.executable, "-I", "-S", "-c", SEE_THEM_OUT, str(os.getpgrp()), str(GRACE)],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
    )
    os.kill(os.getpid(), signal.SIGTERM)


SEE_THEM_OUT = """
import os, signal, sys, time
group, deadline = int(sys.argv[1]), time.monotonic() + float(sys.argv[2])
try:
    while time.monotonic() < deadline:
        os.killpg(group, 0)
        time.sleep(0.1)
    os.killpg(group, signal.SIGKILL)
except (ProcessLookupError, PermissionError):
    pass
"""


def web(options: argparse.Namespace) -> None:
    """The web server: one process, HTTP/1 (HTTP/2 costs more per event), uvloop, no access log."""
    from granian.constants import HTTPModes, Interfaces, Loops
    from granian.log import LogLevels
    from granian.server import Server

    server = Server(
        "console.config.asgi:application",
        address=options.host,
        port=options.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        loop=Loops.uvloop,
        websockets=False,
        backlog=2048,  # also what one worker handles at once: streams stay open
        workers_kill_timeout=None if options.tied else STREAM_GRACE,
        log_level=LogLevels.warning,
        log_dictconfig=GRANIAN_LOG,
    )
    server.serve(target_loader=load_tied if options.tied else None, wrap_loader=False)


def load_tied() -> Any:
    """The application, in the web server's child: it follows the supervisor on its own, should its parent be killed."""
    follow_supervisor()
    try:
        from console.config.asgi import application
    except Exception:
        in_one_line(*sys.exc_info())
        sys.exit(1)
    return application


# The web server's own few lines in the shape of all others.
GRANIAN_LOG: dict[str, Any] = {
    "formatters": {"line": {"()": "console.web.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"_granian": {"handlers": ["stderr"], "propagate": False}},
}


def celery(*arguments: str) -> None:
    """A worker or the beat, in this very process."""
    # Messages are JSON with ids in them, so there is no code to run as root.
    warnings.filterwarnings("ignore", message="You're running the worker with superuser privileges")
    from console.config.worker import app

    app.start(["--quiet", *arguments])


def sandbox(options: argparse.Namespace) -> None:
    from pathlib import Path

    from console.sandbox import server

    server.run(port=options.port, tls_port=options.tls_port, data_dir=Path(options.data_dir))


def prepare() -> None:
    from console.config import preparation

    preparation.run()


def sample() -> None:
    from console.config import preparation

    preparation.create_sample_world()


if __name__ == "__main__":
    main()
