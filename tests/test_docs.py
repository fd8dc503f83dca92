"""The documents say what is so: settings, commands, rooms and addresses are held against the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.urls import Resolver404, resolve

from console.config import settings as console_settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "console/README.md").read_text(encoding="utf-8")
TOP_LEVEL = {"console", "templates", "static", "tests", "manage.py", "pyproject.toml", "README.md", "requirements.lock",
             "LICENSE", "CHANGELOG.md"}  # fmt: skip


def settings_table() -> dict[str, str]:
    """Variable to default, as README's table has them."""
    table = README.split("## Settings")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.*?) \| .* \|$", table, re.M)
    return {name: default for cell, default in rows for name in re.findall(r"`([A-Z_]+)`", cell)}


def test_every_setting_is_in_the_table():
    assert set(console_settings.env.names) | {"OUTBOUND_PROXY", "DATABASE_POOL"} <= set(settings_table())


def test_every_number_in_the_table_is_the_default():
    source = (ROOT / "console/config/settings.py").read_text(encoding="utf-8")
    numbers = re.findall(r'env\.number\("(\w+)", ([\d_* ]+)', source)
    assert len(numbers) > 8
    for name, default in numbers:
        assert settings_table()[name] == f"`{eval(default)}`", name  # noqa: S307 - our own settings file


def test_every_secret_is_marked_as_readable_from_a_file():
    source = (ROOT / "console/config/settings.py").read_text(encoding="utf-8")
    secrets = set(re.findall(r'env\.secret\("(\w+)"\)', source))
    assert secrets == set(re.findall(r"`([A-Z_]+)`\*", README))


@pytest.mark.parametrize("command", sorted(p.stem for p in ROOT.glob("console/*/management/commands/[a-z]*.py")))
def test_every_command_is_in_readme(command):
    assert f"manage.py {command}" in README


def test_every_room_is_on_the_map():
    rooms = {path.name for path in (ROOT / "console").iterdir() if (path / "__init__.py").exists()}
    assert rooms <= set(re.findall(r"^  (\w+)/ ", README, re.M))
    assert all(f"`{room}/`" in ARCHITECTURE for room in rooms - {"sandbox"})


def test_modules_that_are_named_exist():
    table = ARCHITECTURE.split("## Rooms")[1].split("\n## ")[0]
    for room, acts in re.findall(r"^\| `(\w+)/` \| (.+?) \|", table, re.M):
        for module in re.findall(r"`(\w+)/?`", acts):
            found = list((ROOT / "console" / room).glob(f"{module}*"))
            assert found, f"console/{room}/{module}"


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(?:GET |POST )?(/[a-z/-]+/?)`", README))))
def test_addresses_that_are_named_exist(path):
    try:
        resolve(path)
    except Resolver404:
        pytest.fail(f"{path} is in README and leads nowhere")


def test_the_top_level_is_the_agreed_card():
    import subprocess

    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    top = {name.split("/")[0] for name in names.split()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL
