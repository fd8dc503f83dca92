from __future__ import annotations

import pytest

from console.prompts import finding, writing
from console.prompts.writing import Draft
from tests.factories import make_user
from tests.factories_prompts import make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_user(("Playground",), "Ada")


def titles(versions):
    return [version.prompt.title for version in versions]


def test_a_person_sees_their_own_their_teams_and_everybodys(ada):
    admin = make_user(("Admin",))
    make_prompt(ada, title="mine")
    make_prompt(admin, title="theirs")
    make_prompt(admin, title="their team", reach="team", team="Admin")
    make_prompt(admin, title="my team", reach="team", team="Playground")
    make_prompt(admin, title="all", reach="everyone")
    assert set(titles(finding.found(ada))) == {"mine", "my team", "all"}
    assert titles(finding.found(ada, reach="team")) == ["my team"]
    assert set(titles(finding.found(ada, reach="nonsense"))) == {"mine", "my team", "all"}


def test_the_search_looks_into_title_slug_description_and_the_newest_text(ada):
    prompt = make_prompt(ada, "old words", title="Reply", slug="antwort", description="for customers")
    writing.change(ada, prompt, Draft("Reply", "new words", slug="antwort", description="for customers"))
    make_prompt(ada, "100% else")
    for search in ("repl", "ANTW", "customers", "new"):
        assert titles(finding.found(ada, search)) == ["Reply"]
    assert titles(finding.found(ada, "old")) == []
    assert len(titles(finding.found(ada, "%"))) == 1


def test_what_begins_as_typed_is_offered_first_and_only_a_few(ada, django_assert_num_queries):
    make_prompt(ada, "about notes", title="C")
    make_prompt(ada, title="My notes")
    make_prompt(ada, title="Notes of a meeting", slug="meeting")
    make_prompt(ada, title="Zebra", slug="notes")
    with django_assert_num_queries(1):
        assert titles(finding.picked(ada, "no")) == ["Zebra", "Notes of a meeting", "My notes", "C"]
    for _ in range(9):
        make_prompt(ada)
    assert len(finding.picked(ada, "")) == finding.MOST_PICKED


def test_the_house_stands_before_the_team_and_that_before_oneself(ada):
    make_prompt(ada, title="a mine", is_starter=True)
    make_prompt(ada, title="b team", is_starter=True, reach="team", team="Playground")
    make_prompt(ada, title="c all", is_starter=True, reach="everyone")
    make_prompt(ada, title="none")
    assert titles(finding.starters(ada)) == ["c all", "b team", "a mine"]
    assert titles(finding.starters(make_user(("Admin",)))) == ["c all"]
