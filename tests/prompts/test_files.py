"""Prompts as files, through the browser's doors."""

from __future__ import annotations

import json
import logging

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from console.accounts.models import AuditEntry
from console.prompts.models import Prompt
from tests.factories import make_user, signed_in_client
from tests.factories_prompts import make_prompt

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make_user(("Playground",), "Ada")


@pytest.fixture
def client(ada):
    return signed_in_client(ada)


def sent(client, content, **options):
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post("/prompts/import/", {"file": SimpleUploadedFile("prompts.json", data)}, **options)


def test_a_file_becomes_ones_own_prompts(ada, client):
    page = sent(client, [{"command": "/a", "title": "One", "content": "1"}, {"title": "Two", "text": "2"}], follow=True)
    assert "2 prompts imported" in page.content.decode()
    assert set(Prompt.objects.values_list("title", "owner", "reach")) == {
        ("One", ada.pk, "own"),
        ("Two", ada.pk, "own"),
    }


def test_a_shared_prompt_comes_back_as_ones_own(ada, client):
    admin = make_user(("Admin",))
    make_prompt(admin, reach="everyone", is_starter=True)
    sent(client, client.get("/prompts/export.json").content)
    assert ada.prompts.values_list("reach", "is_starter").get() == ("own", False)


def test_nothing_is_imported_of_a_file_that_is_not_understood(client, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = sent(client, [{"title": "One", "text": "1"}, {"hidden": "secret <b>"}])
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Entry 2: no known shape; its fields are: hidden." in page
    assert not Prompt.objects.exists()
    assert "secret" not in page + caplog.text


def test_a_file_is_chosen_first(client):
    assert "Choose a file first" in client.post("/prompts/import/").content.decode()
    assert "not JSON" in sent(client, b"").content.decode()


def test_the_export_holds_what_the_list_shows_and_is_in_the_audit_log(ada, client):
    make_prompt(ada, "Hello {{name}}", title="Mine", slug="mine")
    make_prompt(ada, title="Other")
    make_prompt(make_user(("Admin",)), title="Foreign")
    answer = client.get("/prompts/export.json?q=mine")
    assert answer["Content-Disposition"] == 'attachment; filename="prompts.json"'
    (entry,) = json.loads(answer.content)["prompts"]
    assert (entry["title"], entry["text"], entry["version"], entry["author"]) == ("Mine", "Hello {{name}}", 1, "Ada")
    assert len(json.loads(client.get("/prompts/export.json").content)["prompts"]) == 2
    assert AuditEntry.objects.filter(act="export", subject="prompts").count() == 2


def test_one_prompt_is_exported_alone(ada, client):
    prompt = make_prompt(ada, "Hello")
    make_prompt(ada)
    (entry,) = json.loads(client.get(f"/prompts/{prompt.pk}/export.json").content)["prompts"]
    assert entry["text"] == "Hello"
