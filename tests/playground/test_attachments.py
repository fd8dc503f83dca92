"""Pictures and PDFs of a message: taken in, kept encrypted, sent, shown to nobody else, deleted."""

from __future__ import annotations

import base64
import json
import logging
import unicodedata
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from console.jobs import purging
from console.playground import ask, attachments, branch, retention, said
from console.playground.attachments import File
from console.playground.models import Attachment, Conversation, Exchange, State
from tests import files
from tests.factories import make_user, signed_in_client

pytestmark = pytest.mark.django_db


class Composer:
    """Somebody's conversation, and what they put into it."""

    def __init__(self) -> None:
        self.owner = make_user(("Playground",))
        self.conversation = Conversation.objects.create(owner=self.owner, title="Herons", spoken_at=timezone.now())
        self.client = signed_in_client(self.owner)

    def attach(self, data: bytes, name: str = "heron.png", *, htmx: bool = True):
        address = reverse("playground:attach", args=[self.conversation.pk])
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(address, {"file": SimpleUploadedFile(name, data)}, headers=headers)

    def attached(self, data: bytes | None = None, name: str = "heron.png") -> File:
        return attachments.attach(self.owner, self.conversation, name, data or files.png())

    def say(self, text: str, *went_along: File, after: Exchange | None = None) -> Exchange:
        attachments.mark_sent(self.conversation, went_along)
        row = self.conversation.exchanges.create(
            parent=after.pk if after else None, submission_id=uuid4().hex, message=text, answer="I see.",
            state=State.SUCCEEDED, call_id=uuid4(), attachments=[file.as_json() for file in went_along],
            deployment="claude-steady", settings={"max_tokens": 9},
        )  # fmt: skip
        self.conversation.tip = row.pk
        self.conversation.save(update_fields=["tip"])
        return row

    def body(self, text: str, *went_along: File, parent: Exchange | None = None, **how: int) -> dict[str, object]:
        message = ask.Message(text, parent.pk if parent else None, "1", went_along)
        return ask.request_body(self.owner, self.conversation, message, ask.Settings(), **how)

    def page(self, query: str = "") -> str:
        return self.client.get(reverse("playground:conversation", args=[self.conversation.pk]) + query).text


@pytest.fixture
def composer() -> Composer:
    return Composer()


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("heron.png", files.png(640, 480), "640 × 480"),
        ("paper.pdf", files.pdf(12), "12 pages"),
        ("one.pdf", files.pdf(1), "1 page"),
        ("photo", files.jpeg(), "40 × 30"),
    ],
)
def test_what_is_attached_is_shown_and_survives_a_reload(composer, name, data, words):
    answer = composer.attach(data, name)
    assert answer.status_code == 201
    for page in (answer.text, composer.page()):
        assert name in page
        assert words in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"<svg/>", "no JPEG"),
        (files.png(padding=4_000_000), "too large"),
        (files.pdf() + b"\0" * 11_000_000, "too large"),
        (files.png(8001, 10), "8,000 pixels"),
        (files.pdf(locked=True), "protected"),
        (files.pdf(601), "600 pages"),
    ],
)
def test_what_claude_would_refuse_is_refused_at_once(composer, data, words):
    answer = composer.attach(data, "of <mine>.png")
    assert answer.status_code == 400
    assert words in answer.text
    assert "of &lt;mine&gt;.png" in answer.text
    assert not Attachment.objects.exists()


def test_it_is_what_its_bytes_are_whatever_it_is_called(composer):
    composer.attach(files.gif(), "report.pdf")
    assert Attachment.objects.get().media_type == "image/gif"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (unicodedata.normalize("NFD", "왜가리 사진.png"), "왜가리 사진.png"),
        ("C:\\Users\\me\\heron.png", "heron.png"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("\n\t", "file.png"),
        ("a" * 300 + ".png", "a" * 100 + ".png"),
    ],
)
def test_names_are_made_readable(composer, sent, kept):
    assert composer.attached(name=sent).name == kept


def test_the_bytes_are_encrypted_for_their_own_row(composer):
    first, second = composer.attached(files.pdf()), composer.attached(files.png())
    rows = {str(row.pk): row for row in Attachment.objects.all()}
    assert b"%PDF" not in bytes(rows[first.id].sealed)
    rows[second.id].sealed = rows[first.id].sealed
    assert attachments.opened(rows[first.id]) == files.pdf()
    assert attachments.opened(rows[second.id]) is None


def test_only_its_owner_gets_the_bytes_and_as_nothing_that_runs(composer):
    file = composer.attached(files.pdf(), '한글 "이름".pdf')
    address = reverse("playground:attachment", args=[file.id])
    answer = composer.client.get(address)
    assert answer.content == files.pdf()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename=\"attachment.pdf\"; filename*=UTF-8''%ED")
    assert answer["Cache-Control"] == "no-store"
    stranger = signed_in_client(make_user(("Playground", "Admin", "PromptReader")))
    assert stranger.get(address).status_code == 404
    assert stranger.post(reverse("playground:attachment_removal", args=[file.id])).status_code == 404
    assert stranger.post(reverse("playground:attach", args=[composer.conversation.pk])).status_code == 404


def test_removing_deletes_what_was_never_sent(composer):
    kept, gone = composer.attached(), composer.attached()
    composer.say("Look", kept)
    for file in (kept, gone):
        answer = composer.client.post(reverse("playground:attachment_removal", args=[file.id]))
        assert answer.status_code == 302
    assert [str(row.pk) for row in Attachment.objects.all()] == [kept.id]


def test_without_javascript_a_refusal_is_said_on_the_page(composer):
    assert composer.attach(files.png(), htmx=False).status_code == 302
    composer.attach(b"nothing", htmx=False)
    assert "no JPEG" in composer.page()


def test_there_is_an_end_to_how_many(composer, monkeypatch):
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    monkeypatch.setattr(attachments, "MOST_UNSENT", 3)
    composer.attached()
    composer.attached()
    with pytest.raises(attachments.NotAttached, match="at most 2"):
        composer.attached()
    composer.conversation = Conversation.objects.create(owner=composer.owner, spoken_at=timezone.now())
    composer.attached()
    with pytest.raises(attachments.NotAttached, match="many unsent"):
        composer.attached()


def test_the_request_holds_pictures_and_documents_of_all_turns(composer):
    first = composer.say("What is this?", composer.attached(files.png(), "heron.png"))
    body = composer.body("And this?", composer.attached(files.pdf(), "paper.pdf"), parent=first)
    image, document = body["messages"][0]["content"][0], body["messages"][2]["content"][0]
    assert image["source"]["media_type"] == "image/png"
    assert base64.b64decode(image["source"]["data"]) == files.png()
    assert document == {
        "type": "document", "title": "paper.pdf",
        "source": {"type": "base64", "media_type": "application/pdf", "data": base64.b64encode(files.pdf()).decode()},
    }  # fmt: skip
    assert body["messages"][2]["content"][1] == {"type": "text", "text": "And this?"}
    assert json.dumps(body)


def test_a_message_may_be_an_attachment_alone(composer):
    body = composer.body(" ", composer.attached())
    assert [block["type"] for block in body["messages"][0]["content"]] == ["image"]


def test_too_much_for_one_request_is_said_before_it_is_sent(composer):
    first = composer.say("Look", composer.attached(files.png(padding=1000)))
    with pytest.raises(ask.NotSent) as refusal:
        composer.body("Again", composer.attached(files.png(padding=1000)), parent=first, most=2000)
    assert refusal.value.kind == "attachments-too-large"


def test_what_retention_deleted_is_named_in_the_request(composer):
    first = composer.say("Look", composer.attached())
    Attachment.objects.all().delete()
    block = composer.body("And now?", parent=first)["messages"][0]["content"][0]
    assert block == {"type": "text", "text": "[heron.png: this attachment is not kept any more]"}


def test_bytes_under_a_key_that_is_gone_are_as_those_that_are_gone(composer, settings):
    first = composer.say("Look", composer.attached())
    settings.SECRET_KEY = "another" * 10
    assert composer.body("And now?", parent=first)["messages"][0]["content"][0]["type"] == "text"
    assert branch.branch(first).exchanges.get().attachments == first.attachments
    address = reverse("playground:attachment", args=[first.attachments[0]["id"]])
    assert signed_in_client(composer.owner).get(address).status_code == 404


def test_a_conversation_shows_what_went_with_its_messages(composer):
    picture, paper = composer.attached(files.png(640, 480)), composer.attached(files.pdf(), "paper.pdf")
    composer.say("Look", picture, paper)
    page = composer.page()
    assert 'alt="heron.png" width="640" height="480" loading="lazy"' in page
    assert "paper.pdf" in page
    assert "3 pages" in page
    assert f'data-attachment="{picture.id}"' not in page


def test_what_is_said_differently_keeps_its_attachments(composer):
    first = composer.say("Look", composer.attached())
    unsent = composer.attached(files.gif(), "new.gif")
    page = composer.page(f"?again={first.pk}")
    assert f'data-attachment="{first.attachments[0]["id"]}"' in page
    assert f'data-attachment="{unsent.id}"' in page


def test_a_branch_keeps_its_attachments_when_the_conversation_is_deleted(composer):
    made = branch.branch(composer.say("Look", composer.attached()))
    composer.conversation.delete()
    copy = made.exchanges.get()
    row = Attachment.objects.get()
    assert copy.attachments[0]["id"] == str(row.pk)
    assert attachments.opened(row) == files.png()


def test_deleting_the_conversation_deletes_the_bytes(composer):
    composer.say("Look", composer.attached())
    composer.client.post(reverse("playground:deletion", args=[composer.conversation.pk]))
    assert not Attachment.objects.exists()


@pytest.mark.parametrize(("sent", "days", "kept", "stays"), [
    (False, 2, 0, False), (False, 0, 0, True), (True, 2, 0, True), (True, 31, 30, False), (True, 29, 30, True),
])  # fmt: skip
def test_what_is_old_is_deleted(composer, sent, days, kept, stays):
    composer.attached()
    Attachment.objects.update(sent=sent, created_at=timezone.now() - timedelta(days=days))
    before = timezone.now() - timedelta(days=kept) if kept else purging.NEVER
    assert sum(retention.attachments(before)) == (0 if stays else 1)
    assert Attachment.objects.exists() is stays


def test_exports_name_attachments_and_hold_none(composer):
    exchange = composer.say("Look", composer.attached(files.pdf(), "a [paper].pdf"))
    text = said.markdown(composer.conversation, [exchange], {})
    assert f"- a \\[paper\\].pdf (application/pdf, {len(files.pdf()):,} bytes)" in text
    assert said.data(composer.conversation, [exchange], {})["exchanges"][0]["attachments"][0]["pages"] == 3
    wire = json.dumps(said.wire(exchange, None))
    assert "<base64 of a [paper].pdf>" in wire
    assert base64.b64encode(b"%PDF-1.7").decode()[:8] not in wire


def test_no_log_line_names_a_file_or_holds_one(composer, caplog):
    with caplog.at_level(logging.DEBUG):
        composer.attach(files.pdf(), "geheim.pdf")
        composer.attach(b"%PNG", "geheim.png")
        file = File(str(Attachment.objects.get().pk), "application/pdf", "geheim.pdf", 1)
        composer.client.get(reverse("playground:attachment", args=[file.id]))
    assert "geheim" not in caplog.text
    assert "%PDF" not in caplog.text
