"""`python -m console.sandbox`: print the variables that point a console here, and serve."""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from console.sandbox.server import run


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m console.sandbox", description="A local stand-in for Azure.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (loopback by default)")
    parser.add_argument("--port", type=int, default=9400, help="plain http; 0 takes a free one")
    parser.add_argument("--tls-port", type=int, help="Entra over TLS; the next port unless given")
    parser.add_argument("--data-dir", type=Path, default=Path("var/sandbox"), help="keys and certificates")
    parser.add_argument("--scale", type=int, default=0, help="this many extra resources with 10 deployments each")
    chosen = parser.parse_args(arguments)
    try:
        run(
            host=chosen.host,
            port=chosen.port,
            tls_port=chosen.tls_port,
            data_dir=chosen.data_dir,
            scale=chosen.scale,
            ready=show,
        )
    except OSError as error:
        sys.exit(f"The sandbox cannot start: {error.strerror or error}")


def show(environment: dict[str, str]) -> None:
    """Lines for a shell, then a line that says the sandbox answers."""
    for name, value in environment.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
    sys.stdout.write("# the sandbox answers\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
