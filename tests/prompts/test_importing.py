from __future__ import annotations

import json

import pytest

from console.prompts import export, finding, importing, writing
from console.prompts.importing import NotUnderstood, read
from tests.factories import make_user
from tests.factories_prompts import make_prompt

OPEN_WEBUI = [
    {
        "command": "/summarize",
        "user_id": "0e5a",
        "title": "Summarize",
        "content": 'Summarize {{text | textarea:placeholder="Paste it here":required}} in {{language}}.',
        "timestamp": 1730000000,
        "access_control": None,
    },
    {"command": "번역", "name": "번역하기", "content": "{{글}}을 번역해 주세요.", "is_active": True},
]
LIBRECHAT = {
    "promptGroups": [
        {
            "_id": "66f",
            "name": "Translate",
            "oneliner": "Into another language",
            "command": "translate",
            "category": "write",
            "productionPrompt": {"prompt": "Translate into {{language:English|French|Korean}}: {{text}}"},
        }
    ]
}
WORKBENCH = {
    "name": "Support reply",
    "model": "claude-sonnet-5-5",
    "max_tokens": 1024,
    "system": "You are kind.",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Answer {{LETTER}}"}]}],
}


def told(content):
    drafts = read(json.dumps(content).encode())
    return [(one.title, one.slug, one.text, list(one.variables)) for one in drafts]


def test_open_webui_prompts_with_their_typed_variables():
    text = {"name": "text", "description": "", "example": "Paste it here"}
    assert told(OPEN_WEBUI) == [
        ("Summarize", "summarize", "Summarize {{text}} in {{language}}.", [text]),
        ("번역하기", "번역", "{{글}}을 번역해 주세요.", []),
    ]


def test_librechat_groups_with_their_choices():
    language = {"name": "language", "description": "English | French | Korean", "example": ""}
    assert told(LIBRECHAT) == [("Translate", "translate", "Translate into {{language}}: {{text}}", [language])]
    assert told({"group": {"name": "Translate"}, "prompt": {"prompt": "Go", "type": "text"}})[0][::2] == (
        "Translate",
        "Go",
    )
    assert read(json.dumps(LIBRECHAT).encode())[0].description == "Into another language"


def test_workbench_prompts_with_their_system_prompt_and_turns():
    assert told(WORKBENCH)[0][::2] == ("Support reply", "You are kind.\n\nAnswer {{LETTER}}")
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    assert told([{"messages": turns}])[0][::2] == ("User: Hi", "User: Hi\n\nClaude: Hello")


@pytest.mark.django_db
def test_an_export_is_read_again_as_it_was():
    ada = make_user(("Playground",))
    described = [{"name": "a", "description": "What", "example": "x"}]
    make_prompt(ada, "Say {{a}}", title="한국어", description="d", deployment="r/d", variables=described)
    (draft,) = read(export.as_json(finding.found(ada)))
    assert (draft.title, draft.text, draft.description, draft.deployment) == ("한국어", "Say {{a}}", "d", "r/d")
    assert list(draft.variables) == described
    assert writing.create_all(ada, [draft]) == 1
    assert set(ada.prompts.values_list("slug", flat=True)) == {"한국어", "한국어-2"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not JSON"),
        (b'{"a": ', "line 1"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "no prompts"),
        (b'"text"', "no prompts"),
        (b"[1]", "Entry 1: it is not an object"),
        (
            b'[{"title": "a", "text": "b"}, {"colour": "red", "size": 2}]',
            "Entry 2: no known shape; its fields are: col",
        ),
        (b'[{"command": "a", "content": "  "}]', "Entry 1: its text is empty"),
        (b'[{"messages": [{"role": "user", "content": [{"type": "image"}]}]}]', "\u201cimage\u201d"),
        (json.dumps([{"command": "a", "content": "x" * 50_001}]).encode(), "longer than 50,000"),
        (json.dumps([{"command": "a", "content": "".join(f"{{{{v{n}}}}}" for n in range(21))}]).encode(), "20 var"),
        (json.dumps([{"command": "a", "content": "x"}] * 301).encode(), "301 prompts"),
        (b" " * 900_001, "900 kB"),
    ],
)
def test_what_is_not_understood_is_named(content, said):
    with pytest.raises(NotUnderstood) as refusal:
        read(content)
    assert any(said in problem for problem in refusal.value.problems), refusal.value.problems
    assert "red" not in str(refusal.value)


def test_problems_are_told_together_but_not_without_end():
    with pytest.raises(NotUnderstood) as refusal:
        read(json.dumps([{"a": 1}] * 9).encode())
    assert len(refusal.value.problems) == importing.MOST_PROBLEMS


def test_strange_values_in_known_fields_do_no_harm():
    item = {"command": 7, "title": ["x"], "content": "nul \x00 and \ud800", "variables": 3}
    (draft,) = read(json.dumps(item).encode().replace(b"\\ud800", b"?"))
    assert draft.text == "nul \ufffd and ?"
    assert draft.title
