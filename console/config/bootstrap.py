"""Make `.venv` from the hashed lock when the dependencies are missing, and start again inside it.

Standard library only: it runs before anything is installed.
"""

import hashlib
import importlib.util
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import NoReturn

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
LOCK = os.path.join(ROOT, "requirements.lock")
# One module of each family: when these import, the environment is the caller's own and stays untouched.
NEEDED = {
    "run": (
        "django",
        "celery",
        "granian",
        "httpx_aiohttp",
        "msal",
        "azure.identity",
        "azure.monitor.query",
        "nh3",
        "psycopg",
        "uuid_utils",
    ),
    "test": ("pytest", "pytest_django", "playwright", "anthropic", "hypothesis", "time_machine"),
}


def prepare(argv: "list[str]") -> None:
    """Return in an environment that has what this command needs; otherwise build it and re-execute in it."""
    part = "test" if argv[1:2] == ["test"] else "run"
    if has(part):
        return
    stamp = fingerprint(part)
    if stamp not in stamps() or not os.path.exists(venv_python()):
        try:
            build(part, stamp)
        except KeyboardInterrupt:
            leave("Stopped. The same line again goes on with the installation.")
    if os.path.realpath(sys.prefix) == os.path.realpath(VENV):
        importlib.invalidate_caches()
        return
    os.execv(venv_python(), [venv_python()] + argv)  # noqa: S606 - our own interpreter, no shell wanted


def run(argv: "list[str]") -> None:
    """Hand over to Django's commands; `test` is pytest."""
    if argv[1:2] == ["test"]:
        sys.exit(subprocess.call([sys.executable, "-m", "pytest"] + spread(argv[2:]), cwd=ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.config.settings")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name in Korean must not end a command under LANG=C
            stream.reconfigure(errors="backslashreplace")
    from django.core.management import execute_from_command_line

    from console.config.env import BadSetting

    try:
        execute_from_command_line(argv)
    except BadSetting as bad:
        if argv[1:2] == ["doctor"]:
            say("problem  " + str(bad))
            sys.exit(1)
        leave(str(bad))
    except KeyboardInterrupt:
        sys.exit(130)


# What pytest does without tests, or with somebody who watches.
ALONE = frozenset({"--version", "-V", "--help", "-h", "--pdb", "-s", "--lf", "--ff", "-k"})


def spread(arguments: "list[str]") -> "list[str]":
    """The whole suite runs in a process a core and one more, as there are files that mostly wait; or in as many as
    `-n` says, each file in one of them.

    A chosen part runs as it was asked for.
    """
    chosen = any(os.path.exists(argument.partition("::")[0]) for argument in arguments)
    if chosen or ALONE.intersection(arguments):
        return arguments
    cores = max(2, os.cpu_count() or 1)
    return ["-n", str(cores + 1), "--dist", "loadfile", "--no-loadscope-reorder", *arguments]


def leave(sentence: str) -> NoReturn:
    sys.stderr.write(sentence + "\n")
    sys.exit(2)


def has(part: str) -> bool:
    """True when every module of `part` (and of what it builds on) can be imported here."""
    names = NEEDED["run"] + (NEEDED["test"] if part == "test" else ())
    return all(findable(name) for name in names)


def findable(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # a dotted name whose parent is missing
        return False


def requirements(part: str) -> str:
    """The lock's text for `part`: "run" stops where the test dependencies begin."""
    with open(LOCK, encoding="utf-8") as lock:
        text = lock.read()
    return text if part == "test" else text.split("# --- test ---")[0]


def fingerprint(part: str) -> str:
    return "%s %s %d.%d" % ((part, hashlib.sha256(requirements(part).encode()).hexdigest()) + sys.version_info[:2])


def stamps() -> "list[str]":
    """What `.venv` was built from, one line a part; empty when there is none."""
    try:
        with open(os.path.join(VENV, "built-from"), encoding="utf-8") as found:
            return found.read().splitlines()
    except OSError:
        return []


def venv_python() -> str:
    return os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")


def build(part: str, stamp: str) -> None:
    """Create or refresh `.venv` from the hashed lock, saying so; leaves with one line when it cannot."""
    count = len(re.findall(r"(?m)^[A-Za-z0-9][\w.-]*==", requirements(part)))
    uv = shutil.which("uv")
    say("Installing %d packages into .venv (%s) ..." % (count, "uv" if uv else "pip, about a minute"))
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False, encoding="utf-8") as wanted:
        wanted.write(requirements(part))
    try:
        trouble = with_uv(uv, wanted.name) if uv else ""
        if trouble:
            say("uv could not: %s\nTrying pip, about a minute ..." % trouble.splitlines()[0])
        if trouble or not uv:
            trouble = with_pip(wanted.name)
    finally:
        os.unlink(wanted.name)
    if trouble:
        leave(
            trouble
            + "\nThe installation stopped. Is the package index reachable? Remedy that and run the same line again."
        )
    compile_console()
    # A later part contains an earlier one, so a test environment also runs the console.
    kept = [stamp] if part == "run" else [stamp, fingerprint("run")]
    with open(os.path.join(VENV, "built-from"), "w", encoding="utf-8") as out:
        out.write("\n".join(kept) + "\n")
    say("Installed.")


def compile_console() -> None:
    """Compile the console once, on all cores: else each of its first processes would, and all of them where
    PYTHONDONTWRITEBYTECODE is set. What cannot be written here is compiled when it is loaded, as ever.
    """
    source = os.path.join(ROOT, "console")
    subprocess.call(
        [venv_python(), "-m", "compileall", "-q", "-j", "0", source],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def with_uv(uv: str, wanted: str) -> str:
    """Make `.venv` hold `wanted`; returns what went wrong, "" when nothing did."""
    make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, VENV]
    # Compiled now and on all cores, as pip does it: else the first start would, and each process where none is kept.
    install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes", "-r", wanted,
               "--python", venv_python()]  # fmt: skip
    return trouble_of([] if is_ours() else make) or trouble_of(install)


def with_pip(wanted: str) -> str:
    """Make `.venv` hold `wanted`; returns what went wrong, "" when nothing did."""
    if not findable("ensurepip"):
        leave(
            "This Python has no venv. On Debian and Ubuntu: apt-get install python%d.%d-venv; then the same line again."
            % sys.version_info[:2]
        )
    make = [sys.executable, "-m", "venv", "--clear", VENV]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    install = [venv_python(), "-m", "pip", "install", "--require-hashes", "-r", wanted] + quiet
    # A .venv that uv made has no pip: it is built again with one.
    return trouble_of([] if is_ours("pip") else make) or trouble_of(install)


def is_ours(module: str = "sys") -> bool:
    """True when `.venv` runs, is of this very Python version and can import `module`."""
    code = "import sys, %s; sys.exit(sys.version_info[:2] != %r)" % (module, tuple(sys.version_info[:2]))
    if not os.path.exists(venv_python()):
        return False
    return subprocess.call([venv_python(), "-c", code], stderr=subprocess.DEVNULL) == 0


def trouble_of(step: "list[str]") -> str:
    """Run one command; the end of what it said when it failed, else ""."""
    if not step:
        return ""
    done = subprocess.run(
        step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, errors="replace", check=False
    )
    if not done.returncode:
        return ""
    said = [line for line in done.stdout.splitlines() if line.strip() and not line.startswith("WARNING: Retrying")]
    return "\n".join(said[-6:]) or "%s ended with exit code %d" % (step[0], done.returncode)


def say(sentence: str) -> None:
    print(sentence, flush=True)
