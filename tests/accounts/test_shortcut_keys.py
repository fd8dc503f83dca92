"""Shortcuts of the playground are each person's own: what is kept, what is refused, and where it shows."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from console.accounts import keyboard
from console.accounts.models import User
from tests.factories import make_user, signed_in_client

ADDRESS = "/account/shortcuts/"


def talker(**row: object) -> tuple[User, Client]:
    user = make_user(("Playground",), **row)
    return user, signed_in_client(user)


def own(user: User) -> dict[str, str]:
    user.refresh_from_db()
    return user.shortcut_keys


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Ctrl+Shift+L", "ctrl shift KeyL"),
        (" shift + CTRL + l ", "ctrl shift KeyL"),
        ("Cmd+K", "ctrl KeyK"),
        ("⌘+K", "ctrl KeyK"),
        ("Control+Shift+Semicolon", "ctrl shift Semicolon"),
        ("Ctrl+;", "ctrl Semicolon"),
        ("Ctrl+KeyB", "ctrl KeyB"),
        ("Ctrl+Shift+R", "ctrl shift KeyR"),
        ("Shift+Esc", "shift Escape"),
        ("F2", "F2"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_a_combination_is_read_as_people_and_the_page_write_it(text, kept):
    assert keyboard.combination(text) == kept


@pytest.mark.parametrize("keys", [*keyboard.USUAL.values(), "ctrl Backslash", "shift F9"])
def test_what_is_shown_can_be_written(keys):
    assert keyboard.combination(keyboard.shown(keys)) == keys


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((f"Ctrl+{letter}", "needed by the browser") for letter in "CVXAZWTNRFLP"),
        ("Cmd+Q", "needed by the browser"),
        ("Ctrl+Shift+T", "needed by the browser"),
        ("Ctrl+Enter", "needed by the browser"),
        ("Ctrl+Shift+Escape", "needed by the browser"),
        *((text, "needed to write") for text in ("a", "Shift+A", "Enter", "Shift+Enter", "Escape", ";")),
        *(
            (text, "cannot be a shortcut")
            for text in ("Tab", "Ctrl+Tab", "Ctrl+1", "Ctrl+ArrowLeft", "F5", "Ctrl+Space")
        ),
        *(
            (text, "cannot be a shortcut")
            for text in ("Ctrl", "Ctrl+", "+", "Ctrl+Alt+O", "Ctrl+<b>", "Ctrl+K+I", "ㅏ")
        ),
    ],
)
def test_what_the_browser_or_writing_needs_is_refused(text, why):
    with pytest.raises(ValidationError, match=why):
        keyboard.combination(text)


def test_every_usual_combination_is_one_and_its_own():
    assert len(set(keyboard.USUAL.values())) == len(keyboard.USUAL)


def test_a_newer_usual_combination_gives_way_to_ones_own():
    table = keyboard.table({"new": keyboard.USUAL["compare"], "gone": "ctrl KeyB"})
    assert table == keyboard.USUAL | {"new": keyboard.USUAL["compare"], "compare": ""}


@pytest.mark.django_db
def test_keys_are_kept_for_this_person_alone():
    user, client = talker()
    other, _ = talker()
    answer = client.post(ADDRESS, {"new": "Ctrl+Shift+L", "find": "Ctrl+K", "receipt": ""}, follow=True)
    assert answer.redirect_chain == [("/account/#shortcuts", 302)]
    assert "Saved. New conversation: Ctrl+Shift+L Go to the last receipt: –" in answer.text
    assert own(user) == {"new": "ctrl shift KeyL", "receipt": ""}
    assert own(other) == {}
    assert 'name="new" value="Ctrl+Shift+L"' in client.get("/account/").text


@pytest.mark.django_db
def test_a_shortcut_that_was_not_sent_stays():
    user, client = talker(shortcut_keys={"new": "ctrl shift KeyL"})
    client.post(ADDRESS, {"find": "Ctrl+J", "other": "Ctrl+B"})
    assert own(user) == {"new": "ctrl shift KeyL", "find": "ctrl KeyJ"}


@pytest.mark.django_db
def test_what_is_refused_stays_typed_and_nothing_is_kept():
    user, client = talker()
    answer = client.post(ADDRESS, {"new": "ctrl+w", "find": "Ctrl+J"})
    assert answer.status_code == 422
    assert 'name="new" value="ctrl+w"' in answer.text
    assert 'name="find" value="Ctrl+J"' in answer.text
    assert "Ctrl+W is needed by the browser" in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert own(user) == {}


@pytest.mark.django_db
def test_two_shortcuts_cannot_share_their_keys():
    user, client = talker()
    answer = client.post(ADDRESS, {"new": "Ctrl+K"})
    assert answer.status_code == 422
    assert "Ctrl+K is taken by “Find a conversation”." in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert own(user) == {}


@pytest.mark.django_db
def test_two_shortcuts_can_change_places():
    user, client = talker()
    assert client.post(ADDRESS, {"new": "Ctrl+K", "find": "Ctrl+Shift+O"}).status_code == 302
    assert own(user) == {"new": "ctrl KeyK", "find": "ctrl shift KeyO"}


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "left"), [("new", {"find": "ctrl KeyJ"}), ("all", {}), ("nothing", None)])
def test_one_or_all_are_put_back(name, left):
    chosen = {"new": "ctrl shift KeyL", "find": "ctrl KeyJ"}
    user, client = talker(shortcut_keys=chosen)
    assert client.post(ADDRESS, {"put_back": name}).status_code == 302
    assert own(user) == (chosen if left is None else left)


@pytest.mark.django_db
def test_one_is_not_put_back_to_keys_that_another_has():
    user, client = talker(shortcut_keys={"new": "ctrl shift KeyL", "find": "ctrl shift KeyO"})
    answer = client.post(ADDRESS, {"put_back": "new"})
    assert "Ctrl+Shift+O is taken by “Find a conversation”." in answer.text
    assert own(user) == {"new": "ctrl shift KeyL", "find": "ctrl shift KeyO"}


@pytest.mark.django_db
def test_a_page_with_scripts_gets_its_card_alone():
    user, _ = talker()
    client = signed_in_client(user, HX_REQUEST="true")
    saved = client.post(ADDRESS, {"new": "Ctrl+Shift+L"})
    assert (saved.status_code, "<html" in saved.text) == (200, False)
    assert "Saved. New conversation: Ctrl+Shift+L" in saved.text
    refused = client.post(ADDRESS, {"new": "Tab"})
    assert (refused.status_code, "<html" in refused.text) == (422, False)
    assert "“Tab” cannot be a shortcut" in refused.text


@pytest.mark.django_db
def test_it_answers_in_korean():
    _, client = talker(language="ko")
    assert "“대화 찾기”에 쓰이는 조합입니다" in client.post(ADDRESS, {"new": "Ctrl+K"}).text


@pytest.mark.django_db
def test_the_help_lists_ones_own_keys():
    _, client = talker(shortcut_keys={"new": "ctrl shift KeyL", "receipt": ""}, language="en")
    listed = re.findall(r"<td class=\"nowrap\">(.*?)</td><td>(.*?)</td>", client.get("/help/keyboard/").text)
    assert ("Ctrl+Shift+L", "New conversation") in listed
    assert ("–", "Go to the last receipt") in listed
    assert ("Ctrl+K", "Find a conversation") in listed
    assert len(listed) == len(keyboard.SHORTCUTS)


@pytest.mark.django_db
def test_the_help_says_that_they_are_off():
    _, client = talker(shortcuts=False, language="en")
    assert "Shortcuts are switched off at the moment." in client.get("/help/keyboard/").text


@pytest.mark.django_db
def test_a_person_who_may_not_talk_is_not_asked_about_them():
    assert 'id="shortcuts"' not in signed_in_client(make_user(("Viewer",))).get("/account/").text


@pytest.mark.django_db
def test_the_playground_gets_ones_own_keys():
    _, client = talker(shortcut_keys={"new": "ctrl shift KeyL"})
    page = client.get("/playground/", follow=True).text
    told = re.search(r'data-shortcuts="(\{.*?\})"', page)
    assert told is not None
    assert json.loads(unescape(told[1])) == keyboard.USUAL | {"new": "ctrl shift KeyL"}
