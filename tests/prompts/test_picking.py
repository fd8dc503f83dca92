"""What the message box asks for, and what the playground makes of a prompt."""

from __future__ import annotations

import logging
import re

import pytest

from console.playground.models import Conversation
from tests.factories import make_user, signed_in_client
from tests.factories_inventory import make_deployment
from tests.factories_prompts import make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_user(("Playground",), "Ada")


@pytest.fixture
def client(ada):
    return signed_in_client(ada)


def test_options_say_what_they_are_and_hold_no_text(ada, client):
    make_prompt(ada, "secret {{words}}", title="Meeting notes", description="After a meeting")
    make_prompt(ada, "secret", title="Meeting plan")
    options = client.get("/prompts/pick/?q=meet").content.decode()
    assert options.count('role="option"') == 2
    assert options.count("data-asks") == 1
    assert "After a meeting" in options
    assert "secret" not in options
    assert client.get("/prompts/pick/?q=nothing").content.strip() == b""
    assert client.get("/prompts/pick/", {"q": "x" * 5000}).status_code == 200


def test_a_dialog_asks_for_each_variable(ada, client):
    described = [{"name": "받는 사람", "description": "Who gets it", "example": "Mia"}]
    prompt = make_prompt(ada, "{{받는 사람}} {{topic}}", variables=described)
    dialog = client.get(f"/prompts/{prompt.pk}/fill/").content.decode()
    assert re.findall(r'name="value:([^"]+)"', dialog) == ["받는 사람", "topic"]
    assert "Who gets it" in dialog
    assert 'placeholder="Mia"' in dialog


def test_the_filled_text_comes_with_its_deployment(ada, client):
    prompt = make_prompt(ada, "Dear {{name}}, {{rest}}", deployment="claude-steady")
    answer = client.post(f"/prompts/{prompt.pk}/fill/", {"value:name": "<Mia>"}).json()
    assert answer == {"text": "Dear <Mia>, {{rest}}", "deployment": "claude-steady"}


def test_a_text_grown_too_long_is_refused_in_words(ada, client):
    prompt = make_prompt(ada, "{{a}}" * 9000)
    sent = {"value:a": "x" * 1000}
    answer = client.post(f"/prompts/{prompt.pk}/fill/", sent)
    assert answer.status_code == 400
    assert "longer" in answer.json()["problem"]
    assert client.post(f"/playground/prompts/{prompt.pk}/", sent)["Location"] == f"/prompts/{prompt.pk}/"


def test_use_leads_to_an_empty_conversation_with_text_and_deployment(ada, client, caplog):
    make_deployment(name="claude-other")
    best = make_deployment(name="claude-best")
    prompt = make_prompt(ada, "Dear {{name}}", deployment=f"{best.resource.name}/CLAUDE-best")
    with caplog.at_level(logging.DEBUG):
        answer = client.post(f"/playground/prompts/{prompt.pk}/", {"value:name": "Mia"}, follow=True)
    page = answer.content.decode()
    assert "Dear Mia</textarea>" in page
    assert re.search(rf'value="{best.pk}"[^>]* selected', page)
    assert Conversation.objects.get().draft == "Dear Mia"
    assert "Mia" not in caplog.text + str(answer.redirect_chain)


def test_an_address_opens_the_playground_with_the_prompt(ada, client):
    make_deployment(name="claude-other")
    best = make_deployment(name="claude-best")
    prompt = make_prompt(ada, "Tell me a joke", deployment="claude-best")
    page = client.get(f"/playground/new/?prompt={prompt.pk}", follow=True).content.decode()
    assert "Tell me a joke</textarea>" in page
    assert re.search(rf'value="{best.pk}"[^>]* selected', page)
    asking = make_prompt(ada, "{{a}}")
    answer = client.get(f"/playground/new/?prompt={asking.pk}", follow=True)
    assert answer.redirect_chain[-1][0] == f"/prompts/{asking.pk}/#use"


def test_a_prompt_of_somebody_else_or_none_opens_an_empty_box(client):
    foreign = make_prompt(make_user(("Admin",)), "secret words")
    for wanted in (foreign.pk, "nonsense", ""):
        answer = client.get(f"/playground/new/?prompt={wanted}", follow=True)
        assert answer.status_code == 200
        assert "secret" not in answer.content.decode()


def test_a_recommended_deployment_that_is_gone_changes_nothing(ada, client):
    only = make_deployment(name="claude-only")
    prompt = make_prompt(ada, "Hello", deployment="claude-gone")
    page = client.get(f"/playground/new/?prompt={prompt.pk}", follow=True).content.decode()
    assert re.search(rf'value="{only.pk}"[^>]* selected', page)


def test_starters_of_the_library_stand_first_on_the_empty_screen(ada, client):
    make_deployment()
    make_prompt(ada, title="My own start", is_starter=True)
    make_prompt(make_user(("Admin",)), title="For all", is_starter=True, reach="everyone")
    page = client.get("/playground/").content.decode()
    assert page.index("For all") < page.index("My own start") < page.index("Summarise this text")
    assert 'href="/prompts/"' in page
