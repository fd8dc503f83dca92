from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.prompts import writing
from console.prompts.changes import changes, merged
from console.prompts.writing import Draft
from console.web.difference import difference
from tests.factories import make_user, signed_in_client
from tests.factories_prompts import make_prompt

TEXTS = st.lists(st.sampled_from(["old ", "new ", "Wort", "\n", "{{a}} ", "끝."])).map("".join)


@given(TEXTS, TEXTS)
def test_without_what_came_it_is_the_old_text_and_without_what_went_the_new(before, after):
    stretches = list(merged(*difference(before, after)))
    assert "".join(one.text for one in stretches if one.kind != "added") == before
    assert "".join(one.text for one in stretches if one.kind != "removed") == after


@pytest.mark.django_db
def test_a_version_shows_what_it_changed():
    ada = make_user(("Playground",))
    prompt = make_prompt(ada, "Write a letter to {{name}} now")
    assert changes(prompt.versions.get()) is None
    writing.change(ada, prompt, Draft("T", "Write a short letter now"))
    page = signed_in_client(ada).get(f"/prompts/{prompt.pk}/?version=2").content.decode()
    assert "<ins>short </ins>letter" in page
    assert "<del>to {{name}} </del>" in page.replace("</del><del>", "")
    whole = signed_in_client(ada).get(f"/prompts/{prompt.pk}/?version=2&whole=1").content.decode()
    assert "Write a short letter now" in whole
