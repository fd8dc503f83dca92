"""How soon a demo answers: on nothing, and again on the same data. Run: python -m tests.bench.start [--rounds 3]

The baseline is `manage.py check` in the same run: one Python process that loads the console and ends. A start loads it
in five processes, makes tables, static files and a month of sample data, and has answered once when it is measured.
"""

from __future__ import annotations

import argparse
import signal
import tempfile
import time
from statistics import median

from tests.config.running import Running, bare_environment, run
from tests.ports import free_port

AIM = 10.0  # seconds from nothing to the line with the address (contract: "starts in under 10 s once installed")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    rounds = range(parser.parse_args().rounds)
    loaded, fresh, again = [], [], []
    for _ in rounds:
        with tempfile.TemporaryDirectory(prefix="bench-start-", ignore_cleanup_errors=True) as folder:
            environment = bare_environment(DATA_DIR=folder)
            began = time.monotonic()
            run("check", environment=environment)
            loaded.append(time.monotonic() - began)
            fresh.append(start(environment))
            again.append(start(environment))
    base = median(loaded)
    print(f"{'':28}{'median':>9}{'most':>9}{'× load':>9}")
    for name, times in (("load the console (baseline)", loaded), ("demo on nothing", fresh), ("demo once more", again)):
        print(f"{name:28}{median(times):8.1f}s{max(times):8.1f}s{median(times) / base:9.1f}")
    print(f"aim on nothing: under {AIM:.0f} s, {'reached' if max(fresh) < AIM else 'missed'}")


def start(environment: dict[str, str]) -> float:
    """Seconds until the demo gives its address out, which it does once its web process answers."""
    began = time.monotonic()
    with Running("demo", "--port", str(free_port()), "--no-input", environment=environment) as console:
        console.ready()
        seconds = time.monotonic() - began
        console.stop(signal.SIGINT)
    return seconds


if __name__ == "__main__":
    main()
