"""What is wrong with a setting is said with its name."""

from __future__ import annotations

import pytest
from django.conf import settings

from console.compare.forms import CompareForm
from console.playground import ask
from console.playground.forms import MessageForm
from console.playground.shown import form_problem
from tests.factories_inventory import make_deployment, make_resource

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


@pytest.mark.parametrize(("form", "field"), [(MessageForm, "deployment"), (CompareForm, "deployment_1")])
def test_of_several_deployments_of_one_name_each_is_told_as_it_can_be_written(form, field):
    makes = [make_deployment("claude-twin", make_resource(name)) for name in ("east", "north", "west")]
    told = form({field: "Claude-Twin"}).errors[field][0]
    assert told.startswith("Several deployments are called “Claude-Twin”.")
    written = told.rpartition(": ")[2].split(", ")
    assert [ask.find_deployment(one) for one in written] == makes


def test_where_even_resources_share_a_name_the_ids_are_told():
    for number in (1, 2):
        make_deployment("claude-twin", make_resource("east", arm_id=f"/subscriptions/{number}/east"))
    written = ask.not_found("east/claude-twin").rpartition(": ")[2].split(", ")
    assert {ask.find_deployment(one).name for one in written} == {"claude-twin"}
    assert len(set(written)) == 2


def test_of_very_many_only_some_are_told():
    for number in range(9):
        make_deployment("claude-twin", make_resource(f"east-{number}"))
    assert ask.not_found("claude-twin").endswith("east-4/claude-twin …")


def test_sentences_of_our_own_stand_as_they_are():
    happened = form_problem(MessageForm({"message": " "})).happened
    assert "Write a message first." in happened
    assert ": Write" not in happened
