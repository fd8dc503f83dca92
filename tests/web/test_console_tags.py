from __future__ import annotations

import datetime as dt
import json

import pytest
import time_machine
from django.template import Context, Engine
from django.template.defaultfilters import floatformat
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


@pytest.mark.parametrize(
    "source",
    [
        '{% translate "Copied" %}',
        '{% translate "Copied" as said %}<{{ said }}>',
        '{% translate "5 % of <b>" %}',
        "{% translate word %}",
        '{% translate "Copied"|upper %}',
        '{% translate "Copied" noop %}',
        '{% translate "May" context "month name" %}',
    ],
)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_text_is_said_as_djangos_own_tag_says_it(source: str, language: str) -> None:
    theirs = Engine(builtins=["django.templatetags.i18n"]).from_string(source)
    ours = Engine(builtins=["console.web.templatetags.console_tags"]).from_string(source)
    with translation.override(language):
        assert ours.render(Context({"word": "<Copied>"})) == theirs.render(Context({"word": "<Copied>"}))


@pytest.mark.parametrize("value", [0.0, 0.05, 1.25, 2.45, 33.333, 99.95, 100.0])
def test_a_percentage_is_rounded_as_people_round(value: float) -> None:
    assert tags.percent(value, 1) == f"{floatformat(value, 1)} %"
    assert tags.percent(value, 0) == f"{floatformat(value, 0)} %"
    assert tags.percent(None, 1) == "–"


def test_names_that_are_offered_are_escaped() -> None:
    assert tags.options(["a", '"><b>']) == '<option value="a"></option><option value="&quot;&gt;&lt;b&gt;"></option>'


def test_an_id_is_escaped_wherever_it_stands() -> None:
    assert "<b>" not in tags.copyable('<b>"', "<b>")
    assert tags.copyable("<b>").count("&lt;b&gt;") == 4
