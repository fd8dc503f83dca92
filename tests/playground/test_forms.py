"""What is wrong with a setting is said with its name."""

from __future__ import annotations

import pytest
from django.conf import settings

from console.compare.forms import CompareForm
from console.playground.forms import MessageForm
from console.playground.shown import form_problem

pytestmark = pytest.mark.django_db
FORMS = {"playground": MessageForm, "compare": CompareForm}
MOST = f"is less than or equal to {settings.MAX_TOKENS_LIMIT}"


@pytest.mark.parametrize(
    ("room", "sent", "said"),
    [
        ("playground", {"max_tokens": "999999999"}, f"Longest answer, in tokens: Ensure this value {MOST}"),
        ("playground", {"max_tokens": "many"}, "Longest answer, in tokens: Enter a whole number"),
        ("playground", {}, "Choose a deployment first."),
        ("playground", {"effort": "huge"}, "Effort: Select a valid choice"),
        ("playground", {"thinking": "deep"}, "Thinking: Select a valid choice"),
        ("playground", {"system_prompt": "x" * 200_001}, "Instructions for every answer (system prompt): Ensure"),
        ("compare", {"max_tokens": "0"}, "Longest answer, in tokens: Ensure this value is greater than"),
        ("compare", {"max_tokens_2": "999999999"}, f"Longest answer, in tokens (2): Ensure this value {MOST}"),
    ],
)
def test_a_setting_that_is_wrong_is_named(room, sent, said):
    assert said in form_problem(FORMS[room](sent)).happened


def test_sentences_of_our_own_stand_as_they_are():
    happened = form_problem(MessageForm({"message": " "})).happened
    assert "Write a message first." in happened
    assert ": Write" not in happened
