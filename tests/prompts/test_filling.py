from __future__ import annotations

import pytest

from console.prompts.filling import LONGEST_FILLED, TooLong, filled, names, values, variables


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Write to {{name}} about {{ topic }}.", ["name", "topic"]),
        ("{{name}}, {{name}} and {{NAME}}", ["name", "NAME"]),
        ("{{받는 사람}}께 {{내용}}을 알려 주세요", ["받는 사람", "내용"]),
        ("{{first.name}} {{last-name}} {{line_2}}", ["first.name", "last-name", "line_2"]),
        ("{name} {{}} {{ }} {{1st}} {{#if x}} {{a\nb}} {{ends }with}}", []),
        ("{{" + "a" * 60 + "}} {{" + "a" * 61 + "}}", ["a" * 60]),
        ("{{{name}}}", ["name"]),
        ("", []),
    ],
)
def test_names_are_found_in_any_script_and_code_is_left_alone(text, found):
    assert names(text) == found


def test_variables_keep_what_was_said_of_names_that_are_still_there():
    known = {"name": "tone", "description": "How it sounds", "example": "warm"}
    gone = {"name": "gone", "description": "x", "example": ""}
    assert variables("{{topic}} {{tone}}", [known, gone]) == [
        {"name": "topic", "description": "", "example": ""},
        known,
    ]


def test_places_are_filled_once_and_empty_ones_stay():
    text = "{{a}} {{ a }} {{b}} {{c}}"
    assert filled(text, {"a": "{{b}}", "b": "\\1", "c": ""}) == r"{{b}} {{b}} \1 {{c}}"


def test_a_text_that_would_grow_beyond_any_message_is_not_made():
    with pytest.raises(TooLong):
        filled("{{a}}" * 1000, {"a": "x" * (LONGEST_FILLED // 900)})


def test_values_come_by_name_and_blank_ones_are_none():
    wanted = variables("{{a}} {{b}} {{c}}")
    assert values(wanted, {"value:a": "one\r\ntwo", "value:b": "  ", "value:x": "other"}) == {"a": "one\ntwo"}
