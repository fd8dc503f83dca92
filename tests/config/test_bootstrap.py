from __future__ import annotations

import ast
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from console.config import bootstrap
from tests.config.running import ROOT

# A whole console as far as the start can see: one package to run, one more to test.
RUNS, TESTS = "example-runs", "example-tests"


@pytest.fixture
def clean_copy(tmp_path, monkeypatch):
    """A clean clone whose lock names two tiny packages from a folder, so that no index is asked."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    (tmp_path / "requirements.lock").write_text(lock(wheels, "1.0"))
    work_in(tmp_path, monkeypatch)
    return tmp_path


def work_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, path in (("ROOT", folder), ("VENV", folder / ".venv"), ("LOCK", folder / "requirements.lock")):
        monkeypatch.setattr(bootstrap, name, str(path))
    monkeypatch.setattr(bootstrap, "NEEDED", {"run": ("example_runs",), "test": ("example_tests",)})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder / "wheels"))
    monkeypatch.setattr(shutil, "which", lambda name: None)


@pytest.fixture(scope="module")
def once_built(tmp_path_factory) -> Path:
    """A clone with the environment of a first start, made once: that is what takes long."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / "wheels").mkdir()
    (folder / "requirements.lock").write_text(lock(folder / "wheels", "1.0"))
    with pytest.MonkeyPatch.context() as monkeypatch:
        work_in(folder, monkeypatch)
        monkeypatch.setattr(os, "execv", lambda path, argv: None)
        bootstrap.prepare(["manage.py", "demo"])
    return folder


@pytest.fixture
def built_copy(once_built, tmp_path, monkeypatch) -> Path:
    """A copy of it; its Python and what is installed beside it know no path of their own."""
    copy = tmp_path / "clone"
    shutil.copytree(once_built, copy, symlinks=True)
    work_in(copy, monkeypatch)
    assert version_in(copy, "example_runs") == "1.0"
    return copy


def lock(wheels: Path, version: str) -> str:
    parts = [f"{name}=={version} \\\n    --hash=sha256:{wheel(wheels, name, version)}\n" for name in (RUNS, TESTS)]
    return "# --- run ---\n" + parts[0] + "# --- test ---\n" + parts[1]


def wheel(folder: Path, name: str, version: str) -> str:
    """Write a wheel with one module that knows its version; returns its SHA-256."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    files = {
        f"{module}.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for path, text in files.items()}
    record = [f"{path},sha256={digest[path].decode().rstrip('=')},{len(text)}" for path, text in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""])
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in files.items():
            archive.writestr(inside, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def executed(monkeypatch):
    """What the start re-executed, instead of doing so."""
    calls = []
    monkeypatch.setattr(os, "execv", lambda path, argv: calls.append((path, argv)))
    return calls


def version_in(copy: Path, module: str) -> str:
    code = f"import {module}; print({module}.VERSION)"
    python = str(copy / ".venv" / "bin" / "python")
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=False).stdout.strip()


def test_a_clean_clone_gets_an_environment_and_starts_again_in_it(clean_copy, executed, capsys):
    bootstrap.prepare(["manage.py", "demo", "--port", "8123"])
    python = str(clean_copy / ".venv" / "bin" / "python")
    assert executed == [(python, [python, "manage.py", "demo", "--port", "8123"])]
    assert capsys.readouterr().out.splitlines() == [
        "Installing 1 packages into .venv (pip, about a minute) ...",
        "Installed.",
    ]
    assert (version_in(clean_copy, "example_runs"), version_in(clean_copy, "example_tests")) == ("1.0", "")

    bootstrap.prepare(["manage.py", "demo"])
    assert len(executed) == 2
    assert capsys.readouterr().out == ""  # the second start installs nothing

    bootstrap.prepare(["manage.py", "test"])
    assert version_in(clean_copy, "example_tests") == "1.0"
    assert capsys.readouterr().out.startswith("Installing 2 packages")
    bootstrap.prepare(["manage.py", "demo"])
    assert capsys.readouterr().out == ""  # what tests also runs


def test_a_changed_lock_is_installed(built_copy, executed):
    (built_copy / "requirements.lock").write_text(lock(built_copy / "wheels", "2.0"))
    bootstrap.prepare(["manage.py", "demo"])
    assert version_in(built_copy, "example_runs") == "2.0"


@pytest.mark.parametrize("broken", ["no pip", "dangling python", "half built"])
def test_an_environment_that_does_not_work_is_built_again(built_copy, executed, broken):
    venv = built_copy / ".venv"
    if broken == "dangling python":
        for link in (venv / "bin").glob("python*"):
            link.unlink()
            link.symlink_to("/no/such/python")
    else:
        (venv / "built-from").unlink()
        pattern = "pip*" if broken == "no pip" else "example_runs*"
        for found in next(venv.glob("lib/python*/site-packages")).glob(pattern):
            shutil.rmtree(found) if found.is_dir() else found.unlink()
    bootstrap.prepare(["manage.py", "demo"])
    assert version_in(built_copy, "example_runs") == "1.0"


def test_a_package_that_is_not_the_locked_one_is_refused(clean_copy, executed, capsys):
    (clean_copy / "requirements.lock").write_text(f"{RUNS}==1.0 --hash=sha256:{'0' * 64}\n# --- test ---\n")
    with pytest.raises(SystemExit) as left:
        bootstrap.prepare(["manage.py", "demo"])
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert "DO NOT MATCH" in error.upper()
    assert "The installation stopped." in error
    assert bootstrap.stamps() == []
    assert executed == []


def test_uv_that_cannot_is_followed_by_pip(clean_copy, executed, monkeypatch, capsys):
    uv = clean_copy / "uv"
    uv.write_text("#!/bin/sh\necho no route to the index >&2\nexit 2\n")
    uv.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda name: str(uv))
    bootstrap.prepare(["manage.py", "demo"])
    assert version_in(clean_copy, "example_runs") == "1.0"
    assert "uv could not: no route to the index" in capsys.readouterr().out


def test_a_python_without_venv_is_told_what_to_install(clean_copy, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "findable", lambda name: False)
    with pytest.raises(SystemExit) as left:
        bootstrap.prepare(["manage.py", "demo"])
    assert left.value.code == 2
    version = "{}.{}".format(*sys.version_info)
    assert f"apt-get install python{version}-venv" in capsys.readouterr().err


def test_ctrl_c_during_the_installation_is_one_line(clean_copy, monkeypatch, capsys):
    def interrupted(wanted: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(bootstrap, "with_pip", interrupted)
    with pytest.raises(SystemExit):
        bootstrap.prepare(["manage.py", "demo"])
    assert capsys.readouterr().err == "Stopped. The same line again goes on with the installation.\n"


def test_an_environment_that_has_everything_stays_untouched(executed, monkeypatch):
    monkeypatch.setattr(bootstrap, "VENV", "/no/such/folder")
    bootstrap.prepare(["manage.py", "demo"])
    bootstrap.prepare(["manage.py", "test"])
    assert executed == []


@pytest.mark.parametrize("version", [(2, 7), (3, 6), (3, 8), (3, 10)])
def test_an_old_python_is_told_so_in_one_line(version):
    code = f"import sys; sys.version_info = {(*version, 0)!r}; sys.version = 'old build'; sys.argv = ['manage.py']; "
    code += f"exec(compile(open({str(ROOT / 'manage.py')!r}).read(), 'manage.py', 'exec'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "This needs Python 3.11 or newer; this is old. Install a newer python3 and run the same line with it.\n"
    )


def test_an_old_python_can_read_the_file_that_tells_it():
    source = (ROOT / "manage.py").read_text()
    ast.parse(source, feature_version=(3, 0))
    assert not any(isinstance(node, ast.JoinedStr | ast.AnnAssign) for node in ast.walk(ast.parse(source)))
    assert source.isascii()


def test_the_real_lock_is_hashed_and_split():
    run, everything = bootstrap.requirements("run"), bootstrap.requirements("test")
    assert everything.startswith(run)
    assert "\ndjango==" in run
    assert "\npytest==" in everything.removeprefix(run)
    assert "\npytest==" not in run
    packages = [block for block in everything.split("\n") if "==" in block and not block.startswith((" ", "#"))]
    assert len(packages) > 60
    assert everything.count("--hash=sha256:") > len(packages)


@pytest.mark.parametrize("arguments", [[], ["-q"], ["-q", "-x"]])
def test_the_whole_suite_uses_the_cores(arguments):
    assert "-n" in bootstrap.spread(arguments)


def test_a_number_of_processes_is_heeded():
    """The last one counts."""
    assert bootstrap.spread(["-q", "-n", "3"])[-2:] == ["-n", "3"]


@pytest.mark.parametrize("arguments", [["tests/web"], ["-k", "ids"], ["--version"]])
def test_a_chosen_part_runs_as_asked(arguments):
    assert bootstrap.spread(arguments) == arguments
