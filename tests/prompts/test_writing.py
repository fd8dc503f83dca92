from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from console.prompts import writing
from console.prompts.models import Prompt, PromptVersion
from console.prompts.writing import Draft
from tests.factories import make_user
from tests.factories_prompts import make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_user(("Playground",), "Ada")


def test_an_edit_is_another_version_with_its_author_and_nothing_is_overwritten(ada):
    prompt = make_prompt(ada, "One {{a}}", reach="team", team="Playground")
    ben = make_user(("Playground",), "Ben")
    changed = writing.change(ben, prompt, Draft("New title", "Two {{b}}", reach="team", team="Playground"))
    assert (changed.number, changed.title, changed.owner) == (2, "New title", ada)
    told = [(one.number, one.text, one.author, one.variables[0]["name"]) for one in changed.versions.order_by("number")]
    assert told == [(1, "One {{a}}", "Ada", "a"), (2, "Two {{b}}", "Ben", "b")]


def test_a_new_title_alone_is_no_new_version_and_a_described_variable_is(ada):
    prompt = make_prompt(ada, "One {{a}}")
    draft = Draft("Other", "One {{a}}")
    assert writing.change(ada, prompt, draft).number == 1
    described = replace(draft, variables=[{"name": "a", "description": "What", "example": ""}])
    assert writing.change(ada, prompt, described).number == 2


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Meeting notes!", "meeting-notes"), ("회의록 정리", "회의록-정리"), ("???", "prompt"), ("a" * 90, "a" * 60)],
)
def test_a_slug_is_made_of_the_title(ada, title, slug):
    assert make_prompt(ada, title=title).slug == slug


def test_a_made_slug_is_free_and_a_chosen_one_is_held_once_for_each_person(ada):
    assert [make_prompt(ada, title="Notes").slug for _ in range(3)] == ["notes", "notes-2", "notes-3"]
    assert make_prompt(make_user(("Playground",)), slug="notes").slug == "notes"
    with pytest.raises(IntegrityError), transaction.atomic():
        make_prompt(ada, slug="notes-2")


def test_there_is_an_end_to_what_one_person_keeps(ada, monkeypatch):
    monkeypatch.setattr(writing, "MOST_OWNED", 3)
    make_prompt(ada)
    with pytest.raises(writing.TooMany):
        writing.create_all(ada, [Draft("a", "x"), Draft("b", "x"), Draft("c", "x")])
    assert Prompt.objects.count() == 1


def test_what_was_imported_is_ones_own_under_free_slugs(ada):
    make_prompt(ada, slug="notes")
    assert writing.create_all(ada, [Draft("Notes", "1"), Draft("Other", "2", slug="Notes")]) == 2
    assert set(ada.prompts.values_list("slug", "reach")) == {("notes", "own"), ("notes-2", "own"), ("notes-3", "own")}


@pytest.mark.parametrize(
    ("roles", "draft", "edits", "settles"),
    [
        (("Playground",), {"reach": "team", "team": "Playground"}, True, False),
        (("Admin",), {"reach": "everyone"}, True, True),
        (("Playground",), {"reach": "everyone"}, False, False),
        (("Admin", "Playground"), {"reach": "team", "team": "Playground"}, True, True),
        (("Admin",), {"reach": "own"}, False, False),
    ],
)
def test_who_may_change_the_prompt_of_another(ada, roles, draft, edits, settles):
    prompt = make_prompt(ada, **draft)
    other = make_user(roles)
    assert (writing.may_edit(other, prompt), writing.may_settle(other, prompt)) == (edits, settles)
    assert writing.may_edit(ada, prompt)
    assert writing.may_settle(ada, prompt)


def test_a_deleted_person_takes_their_own_prompts_along_and_leaves_the_shared_ones(ada):
    make_prompt(ada)
    shared = make_prompt(ada, reach="everyone")
    team = make_prompt(ada, reach="team", team="Playground")
    ada.delete()
    assert set(Prompt.objects.values_list("pk", "owner")) == {(shared.pk, None), (team.pk, None)}
    assert set(PromptVersion.objects.values_list("author", flat=True)) == {"Ada"}


def test_a_text_is_in_no_repr(ada):
    draft = Draft("Title", "secret words", variables=[{"name": "a", "description": "secret", "example": "secret"}])
    assert "secret" not in repr(draft) + repr(make_prompt(ada, "secret words").versions.get())
