"""Pictures and PDFs by button, paste and drop: seen before they are sent, kept, sent along, shown again."""

from __future__ import annotations

import base64

import pytest
from playwright.sync_api import Locator, expect

from tests import files
from tests.journeys.conftest import Visit
from tests.journeys.demo import LIFELIKE, Demo
from tests.journeys.looking import faults_here
from tests.journeys.visitor import PHONE, Visitor

pytestmark = pytest.mark.journey

HERON = {"name": "heron.png", "mimeType": "image/png", "buffer": files.png(640, 480)}
PAPER = {"name": "paper.pdf", "mimeType": "application/pdf", "buffer": files.pdf(12)}
# Gives the page a file as a browser does: on the clipboard, or above the conversation.
GIVE = """(target, [how, name, type, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const carried = new DataTransfer();
  carried.items.add(new File([bytes], name, { type }));
  const about = { bubbles: true, cancelable: true };
  target.dispatchEvent(how === "paste" ? new ClipboardEvent("paste", { ...about, clipboardData: carried })
                                       : new DragEvent("drop", { ...about, dataTransfer: carried }));
}"""


def give(visitor: Visitor, how: str, file: dict) -> None:
    target = visitor.page.locator("#message" if how == "paste" else "#transcript")
    data = base64.b64encode(file["buffer"]).decode()
    target.evaluate(GIVE, [how, file["name"], file["mimeType"], data])


def chosen(visitor: Visitor, *some: dict) -> Locator:
    visitor.page.locator("#attachment-file").set_input_files(list(some))
    return attachments(visitor)


def attachments(visitor: Visitor) -> Locator:
    return visitor.page.locator("#attachments > li")


def test_files_are_seen_kept_sent_and_shown(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.open("/playground/new/").choose("claude-steady")
    items = chosen(visitor, HERON)
    give(visitor, "paste", {**HERON, "name": "pasted.png"})
    give(visitor, "drop", PAPER)
    expect(items).to_have_count(3)
    expect(items.filter(has_text="paper.pdf")).to_contain_text("12 pages")
    expect(items.filter(has_text="heron.png")).to_contain_text("640 × 480")
    visitor.page.get_by_role("button", name="Remove pasted.png").click()
    expect(items).to_have_count(2)
    visitor.page.reload()
    expect(items).to_have_count(2)
    box = visitor.page.get_by_role("textbox", name="Message")
    box.fill("What is this?")
    expect(visitor.page.locator("#estimate")).to_contain_text("tokens")
    box.press("Enter")
    visitor.is_over()
    expect(items).to_have_count(0)
    said = visitor.newest()
    assert said.get_by_role("img", name="heron.png").evaluate("image => image.naturalWidth") == 640
    expect(said.locator(".prose").first).to_contain_text("paper.pdf")
    with visitor.page.expect_download() as download:
        said.get_by_role("link", name="paper.pdf").click()
    assert download.value.path().read_bytes() == PAPER["buffer"]


def test_what_cannot_be_taken_says_so_in_its_place(visit: Visit) -> None:
    visitor = visit("seoyeon")
    visitor.open("/playground/new/")
    for item in attachments(visitor).all():
        item.get_by_role("button").click()
    large = {**HERON, "buffer": files.png(padding=4_000_000)}
    items = chosen(visitor, large, {**PAPER, "buffer": files.pdf(locked=True)}, {**HERON, "buffer": b"no picture"})
    expect(items.filter(has_text="too large")).to_have_count(1)
    expect(items.filter(has_text="protected")).to_have_count(1)
    expect(items.filter(has_text="no JPEG")).to_have_count(1)
    items.first.get_by_role("button", name="Close").click()
    expect(items).to_have_count(2)


def test_an_attachment_waits_with_its_message_and_a_version_keeps_it(visit: Visit, demo: Demo) -> None:
    visitor = visit("seoyeon")
    demo.switch("speed", **LIFELIKE)
    visitor.ask("Compare a public cloud and a private data centre.")
    expect(chosen(visitor, HERON)).to_have_count(1)
    expect(attachments(visitor).locator("img")).to_be_visible()
    visitor.page.get_by_role("textbox", name="Message").press("Enter")
    expect(visitor.page.get_by_role("list", name="Waiting to be sent")).to_contain_text("heron.png")
    expect(attachments(visitor).locator("visible=true")).to_have_count(0)
    demo.switch("speed", tokens_per_second=0, first_token=0)
    expect(visitor.conversation.get_by_role("img", name="heron.png")).to_be_visible(timeout=20_000)
    visitor.is_over()
    visitor.newest().get_by_role("link", name="Edit").click()
    expect(attachments(visitor)).to_have_count(1)
    visitor.write("And this?").page.get_by_role("button", name="Send").click()
    expect(visitor.newest()).to_contain_text("2/2")
    expect(visitor.newest().get_by_role("img", name="heron.png")).to_be_visible()


def test_it_looks_right_on_a_korean_phone(visit: Visit) -> None:
    visitor = visit("minjun", size=PHONE, locale="ko-KR", color_scheme="dark", has_touch=True)
    page = visitor.open("/playground/new/").page
    page.locator("#deployment").select_option(label="claude-steady · contoso-foundry")
    korean = [{**HERON, "name": "왜가리 사진.png"}, {**PAPER, "name": "보고서.pdf"}]
    expect(chosen(visitor, *korean).filter(has_text="12쪽")).to_have_count(1)
    expect(attachments(visitor)).to_have_count(2)
    page.get_by_role("textbox", name="메시지").fill("이게 뭐예요?")
    page.get_by_role("button", name="보내기", exact=True).click()
    expect(page.locator("article .prose").first).to_contain_text("보고서.pdf")
    expect(chosen(visitor, *korean, {**HERON, "buffer": b"-"}).filter(has_text="이 형식만 받아요")).to_have_count(1)
    page.locator("#transcript").evaluate("log => log.scrollTo(0, 0)")
    assert faults_here(page, "conversation", PHONE, "dark") == []
