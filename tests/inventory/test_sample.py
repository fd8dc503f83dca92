"""Command lines people copy."""

from __future__ import annotations

import json
import shlex

import pytest

from console.inventory import sample


@pytest.mark.parametrize("name", ["claude-a", "it's; rm -rf /", 'quote"$(id)`id`', "한국어", "a\nb"])
def test_a_shell_gets_the_name_as_it_is(name: str) -> None:
    words = shlex.split(sample.curl("https://alpha.services.ai.azure.com", name, "key").replace("\\\n", " "))
    assert words[:3] == ["curl", "-sS", "https://alpha.services.ai.azure.com/anthropic/v1/messages"]
    assert json.loads(words[words.index("-d") + 1])["model"] == name


def test_a_placeholder_stands_for_the_secret() -> None:
    assert "api-key: $FOUNDRY_API_KEY" in sample.curl("https://a.example", "claude-a", "key")
    assert "az account get-access-token" in sample.curl("https://a.example", "claude-a", "console")


def test_the_role_line_names_role_and_scope() -> None:
    line = sample.assign_role("Reader", "/subscriptions/1/resourceGroups/it's")
    assert shlex.split(line)[-4:] == ["--role", "Reader", "--scope", "/subscriptions/1/resourceGroups/it's"]
