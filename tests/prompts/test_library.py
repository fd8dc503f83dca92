"""The library's pages: who sees what, writing, versions, deleting."""

from __future__ import annotations

import pytest

from console.accounts.models import AuditEntry
from console.prompts.models import Prompt
from tests.factories import make_user, signed_in_client
from tests.factories_prompts import make_prompt

pytestmark = pytest.mark.django_db
FORM = {"title": "Reply", "text": "Answer {{letter}}", "reach": "own"}


@pytest.fixture
def ada():
    return make_user(("Playground",), "Ada")


@pytest.fixture
def client(ada):
    return signed_in_client(ada)


def test_the_list_shows_what_a_person_sees_in_few_queries(ada, client, django_assert_max_num_queries):
    for _ in range(45):
        make_prompt(ada, "secret words")
    make_prompt(make_user(("Admin",)), title="Foreign")
    with django_assert_max_num_queries(8):
        page = client.get("/prompts/").content.decode()
    assert page.count("data-href") == 40
    assert 'rel="next"' in page
    assert "Foreign" not in page
    assert "secret words" not in page


def test_the_search_swaps_the_rows_alone_and_says_when_nothing_fits(ada, client):
    make_prompt(ada, title="Meeting notes")
    make_prompt(ada, title="Other")
    rows = client.get("/prompts/?q=meet&reach=own", headers={"HX-Request": "true"}).content.decode()
    assert "Meeting notes" in rows
    assert "Other" not in rows
    assert "<html" not in rows
    assert "No prompt fits" in client.get("/prompts/?q=nothing").content.decode()


def test_a_new_prompt_is_saved_with_its_described_variables(ada, client):
    answer = client.post("/prompts/new/", {**FORM, "description:letter": "The whole letter", "example:letter": "Dear"})
    prompt = Prompt.objects.get()
    assert answer["Location"] == f"/prompts/{prompt.pk}/"
    assert (prompt.owner, prompt.slug, prompt.reach) == (ada, "reply", "own")
    assert prompt.versions.get().variables == [{"name": "letter", "description": "The whole letter", "example": "Dear"}]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "", "required"),
        ("text", " \n", "Write the text first"),
        ("text", "".join(f"{{{{v{n}}}}}" for n in range(21)), "at most 20"),
        ("slug", "a b", "Letters, digits and dashes"),
        ("slug", "taken", "Another prompt has this name"),
        ("reach", "everyone", "not one of the available choices"),
        ("reach", "team:Admin", "not one of the available choices"),
    ],
)
def test_what_cannot_be_saved_says_why_and_keeps_what_was_written(ada, client, field, value, said):
    make_prompt(ada, slug="taken")
    answer = client.post("/prompts/new/", {**FORM, "text": "Answer {{letter}}", "example:letter": "Dear", field: value})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert said in page
    assert field == "text" or "Dear" in page
    assert Prompt.objects.count() == 1


@pytest.mark.parametrize(
    ("roles", "reach", "starter"),
    [
        (("Playground",), "own", True),
        (("Playground",), "team:Playground", False),
        (("Admin",), "everyone", True),
        (("Admin",), "team:Admin", True),
    ],
)
def test_starters_for_others_are_chosen_by_those_who_manage(roles, reach, starter):
    signed_in_client(make_user(roles)).post("/prompts/new/", {**FORM, "reach": reach, "is_starter": "on"})
    prompt = Prompt.objects.get()
    assert (f"{prompt.reach}:{prompt.team}".rstrip(":"), prompt.is_starter) == (reach, starter)


def test_a_team_writes_versions_but_leaves_reach_and_starter_alone(ada):
    prompt = make_prompt(make_user(("Admin",)), reach="team", team="Playground", is_starter=True)
    client = signed_in_client(ada)
    page = client.get(f"/prompts/{prompt.pk}/edit/").content.decode()
    assert 'name="reach"' not in page
    client.post(f"/prompts/{prompt.pk}/edit/", {"title": "T", "text": "New", "reach": "own"})
    prompt.refresh_from_db()
    assert (prompt.number, prompt.reach, prompt.team) == (1, "team", "Playground")
    client.post(f"/prompts/{prompt.pk}/edit/", {"title": "T", "text": "New"})
    prompt.refresh_from_db()
    assert (prompt.number, prompt.reach, prompt.team, prompt.is_starter) == (2, "team", "Playground", True)


def test_an_everyone_prompt_is_not_handed_out_again_by_sharing_it_with_a_team(ada, client):
    prompt = make_prompt(ada, reach="everyone", is_starter=True)
    client.post(f"/prompts/{prompt.pk}/edit/", {**FORM, "reach": "team:Playground", "is_starter": "on"})
    prompt.refresh_from_db()
    assert (prompt.reach, prompt.is_starter) == ("team", False)


def test_each_version_can_be_read_with_its_author(ada, client):
    prompt = make_prompt(ada, "First words", title="T")
    client.post(f"/prompts/{prompt.pk}/edit/", {"title": "T", "text": "Second words", "reach": "own"})
    newest = client.get(f"/prompts/{prompt.pk}/").content.decode()
    assert "Second words" in newest
    assert newest.count("Ada") >= 2
    assert "First" in client.get(f"/prompts/{prompt.pk}/?version=1").content.decode()
    for nonsense in ("0", "99", "-1", "x", "9" * 40, "²"):
        assert client.get(f"/prompts/{prompt.pk}/", {"version": nonsense}).status_code == 200


@pytest.mark.parametrize("path", ["", "edit/", "export.json", "fill/"])
def test_what_a_person_does_not_see_is_not_there(client, path):
    foreign = make_prompt(make_user(("Admin", "Playground")), "secret words")
    team = make_prompt(make_user(("Admin",)), "secret words", reach="team", team="Admin")
    for prompt in (foreign, team):
        answer = client.get(f"/prompts/{prompt.pk}/{path}")
        assert answer.status_code == 404
        assert "secret" not in answer.content.decode()
    for path in ("edit/", "fill/", "deletion/"):
        assert client.post(f"/prompts/{foreign.pk}/{path}").status_code == 404
    assert client.post(f"/playground/prompts/{foreign.pk}/").status_code == 404


def test_what_everybody_reads_is_written_and_deleted_by_its_own_only(client):
    prompt = make_prompt(make_user(("Admin",)), reach="everyone")
    assert "Edit" not in client.get(f"/prompts/{prompt.pk}/").content.decode()
    assert client.post(f"/prompts/{prompt.pk}/edit/", FORM).status_code == 403
    assert client.post(f"/prompts/{prompt.pk}/deletion/").status_code == 403


def test_a_prompt_is_deleted_with_its_versions_and_the_audit_log_has_no_words_of_it(ada, client):
    prompt = make_prompt(ada, "secret words", title="secret title")
    assert client.post(f"/prompts/{prompt.pk}/deletion/")["Location"] == "/prompts/"
    assert not Prompt.objects.exists()
    entry = AuditEntry.objects.get(act="prompt-deleted")
    assert entry.subject == str(prompt.pk)
    assert "secret" not in str(entry.detail)


def test_the_fields_of_variables_follow_the_text(client):
    sent = {"text": "{{a}} {{<b>}} {{b}}", "description:a": "<i>What</i>"}
    fields = client.post("/prompts/variables/", sent, headers={"HX-Request": "true"}).content.decode()
    assert fields.count("<fieldset") == 2
    assert "&lt;i&gt;What" in fields


def test_a_hostile_title_and_text_are_only_text(ada, client):
    prompt = make_prompt(ada, "<script>alert(1)</script>", title="<img src=x onerror=alert(1)>")
    for path in (f"/prompts/{prompt.pk}/", f"/prompts/{prompt.pk}/edit/", "/prompts/", "/prompts/pick/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page
