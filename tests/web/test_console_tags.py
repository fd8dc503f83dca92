from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.utils import translation

from console.web.icons import ICONS
from console.web.templatetags import console_tags as tags

MOMENT = dt.datetime(2026, 11, 22, 10, 30, 12, 345_678, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("age", "english", "korean"),
    [
        (dt.timedelta(seconds=-5), "just now", "방금"),
        (dt.timedelta(seconds=44), "just now", "방금"),
        (dt.timedelta(minutes=3), "3 min ago", "3분 전"),
        (dt.timedelta(hours=2), "2 h ago", "2시간 전"),
        (dt.timedelta(days=2), "2 days ago", "2일 전"),
    ],
)
def test_ages_in_both_languages(age: dt.timedelta, english: str, korean: str) -> None:
    assert tags.how_long_ago(age) == english
    with translation.override("ko"):
        assert tags.how_long_ago(age) == korean


@time_machine.travel(MOMENT + dt.timedelta(minutes=3), tick=False)
def test_an_age_carries_its_exact_moment() -> None:
    assert tags.ago(MOMENT) == (
        '<time datetime="2026-11-22T10:30:12.345Z" title="2026-11-22 10:30:12 UTC" data-time="age">3 min ago</time>'
    )


def test_an_exact_time_is_utc_wherever_it_was_made() -> None:
    seoul = MOMENT.astimezone(dt.timezone(dt.timedelta(hours=9)))
    assert ">2026-11-22 10:30:12 UTC</time>" in tags.exact(seoul)


def test_no_moment_is_a_dash() -> None:
    assert tags.ago(None) == tags.exact(None) == "–"


def test_the_words_of_ages_are_handed_to_the_browser() -> None:
    with translation.override("ko"):
        assert json.loads(tags.ago_words())["days"] == "%(count)d일 전"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "–"),
        (412.4, "412 ms"),
        (4120, "4.1 s"),
        (192_000, "3 min 12 s"),
        (37_440_000, "10 h 24 min"),
        (2_246_400_000, "26 d 0 h"),
        (0, "0 ms"),
    ],
)
def test_durations(value: float | None, said: str) -> None:
    assert tags.milliseconds(value) == said


def test_numbers_are_grouped() -> None:
    assert tags.count(1_234_567) == "1,234,567"
    assert tags.count(None) == "–"


@pytest.mark.parametrize("name", ICONS)
def test_icons_are_decoration(name: str) -> None:
    drawn = tags.icon(name)
    assert 'aria-hidden="true"' in drawn
    assert ICONS[name] in drawn
