from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from console.web import charts
from console.web.charts import Day, Part, Series, Step
from console.web.drawing import nice_top, short

LABELS = [f"{day} Nov" for day in range(1, 31)]
EVERY = {
    "sparkline": lambda title: charts.sparkline([1, None, 3], title=title),
    "bars": lambda title: charts.bars(LABELS, [Series("in", range(30)), Series("out", [1.0] * 30)], title=title),
    "lines": lambda title: charts.lines(LABELS, [Series("p50", [None, *range(29)])], title=title),
    "strip": lambda title: charts.strip([Day("1 Nov", "bad", "1 Nov: ill for 2 h")], title=title),
    "compact strip": lambda title: charts.strip([Day("1", "warn", "1: slow")] * 90, title=title, compact=True),
    "hours": lambda title: charts.hours([("Mon", [None, *range(23)])], title=title),
    "waterfall": lambda title: charts.waterfall([Part("Sent", 0, 12), Part("Answer", 12, 900)], title=title),
    "path": lambda title: charts.progress_path([Step("Azure", "failed", "401")], title=title),
}


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - our own drawing


@pytest.mark.parametrize("draw", EVERY.values(), ids=EVERY.keys())
def test_every_picture_is_well_formed_and_carries_its_words(draw) -> None:
    drawn = draw("Tokens & <b>requests</b>")
    root = parsed(f"<div>{drawn}</div>")
    words = [*root.itertext(), *(element.get("aria-label", "") for element in root.iter())]
    assert any("Tokens & <b>requests</b>" in word for word in words)
    assert "style=" not in drawn


def test_a_sparkline_breaks_where_nothing_is_known() -> None:
    drawn = charts.sparkline([1, 2, None, 4, 5], title="Latency")
    assert drawn.count("M") == 2


def test_bars_stack_and_name_their_numbers() -> None:
    drawn = charts.bars(["22 Nov"], [Series("in", [300], "accent"), Series("out", [200], "soft")], title="Tokens")
    assert 'class="tone--accent" x="1" y="40" width="8" height="60"' in drawn
    assert 'class="tone--soft" x="1" y="0" width="8" height="40"' in drawn
    assert "<title>22 Nov: in 300, out 200</title>" in drawn
    assert "highest on 22 Nov with 500" in drawn


def test_bars_say_values_in_the_words_they_are_given() -> None:
    drawn = charts.bars(["a"], [Series("time", [2])], title="t", say=lambda value: f"{value:.0f} apples")
    assert "a: time 2 apples" in drawn


@pytest.mark.parametrize("draw", [charts.bars, charts.lines])
def test_a_column_leads_to_its_address_by_pointer_alone(draw) -> None:
    drawn = draw(["Mon", "Tue"], [Series("calls", [1, 2])], title="Calls", links=["/a?x=1&y=2", "/b"])
    assert drawn.count('tabindex="-1"') == 2
    assert 'href="/a?x=1&amp;y=2"' in drawn
    assert 'aria-hidden="true"' in drawn
    assert 'role="img"' not in drawn
    assert "highest on Tue" in drawn.split("visually-hidden")[1]


def test_a_line_with_one_value_is_still_visible() -> None:
    assert 'd="M-1 0h2"' in charts.lines(["a"], [Series("p50", [5])], title="t")


@pytest.mark.parametrize(
    "drawn",
    [
        charts.bars(LABELS, [Series("in", [0] * 30)], title="Tokens"),
        charts.bars([], [], title="Tokens"),
        charts.lines([], [Series("p50", [])], title="Tokens"),
        charts.hours([("Mon", [None] * 24)], title="Tokens"),
        charts.waterfall([], title="Tokens"),
    ],
)
def test_nothing_to_draw_is_said(drawn: str) -> None:
    assert "Tokens: nothing to draw yet" in drawn


def test_a_picture_for_a_table_cell_is_left_out_when_there_is_nothing_to_draw() -> None:
    assert charts.sparkline([None, None], title="t") == ""
    assert charts.strip([], title="t") == ""


def test_a_bad_day_differs_in_shape_and_is_told_in_the_description() -> None:
    days = [Day("1", "ok", "1 Nov: well"), Day("2", "bad", "2 Nov: ill for 3 h"), Day("3", "idle", "3 Nov: no check")]
    root = parsed(charts.strip(days, title="90 days"))
    drawn = [[rect.get("height") for rect in day.iter("rect")][:-1] for day in root.iter("g")]
    assert drawn == [["32"], ["10", "12"], ["6"]]
    assert root.findtext("desc") == "2 Nov: ill for 3 h"


def test_ninety_days_in_a_table_row_weigh_little() -> None:
    days = [Day(str(at), "bad" if at % 20 == 0 else "ok", "x") for at in range(90)]
    assert len(charts.strip(days, title="90 days", compact=True)) < 2200


def test_heat_has_five_steps_and_one_for_the_unknown() -> None:
    drawn = charts.hours([("Mon", [None, 0, 25, 50, 75, 100])], title="Requests")
    assert [drawn.count(f"heat--{step}") for step in ("none", 0, 1, 2, 3, 4)] == [1] * 6


def test_a_waterfall_places_each_part_in_the_whole() -> None:
    drawn = charts.waterfall([Part("Connect", 0, 100), Part("Answer", 100, 400, "ok")], title="Timing")
    assert '<rect class="tone--ok" x="25" y="0" width="75" height="8"/>' in drawn
    assert ">300 ms<" in drawn


def test_the_way_of_a_request_is_read_as_a_list() -> None:
    drawn = charts.progress_path([Step("Console", "reached"), Step("Azure", "failed", "401")], title="How far")
    words = [" ".join(step.itertext()) for step in parsed(drawn)]
    assert words == ["Console : reached", "Azure : failed here 401"]


@pytest.mark.parametrize(("value", "said"), [(0.42, "0.42"), (12, "12"), (3400, "3.4k"), (1_250_000, "1.25M")])
def test_short_numbers(value: float, said: str) -> None:
    assert short(value) == said


@pytest.mark.parametrize(("value", "top"), [(1, 1), (3.1, 4), (11, 12), (24, 25), (0.3, 0.3), (601, 800)])
def test_scales_end_on_round_numbers(value: float, top: float) -> None:
    assert nice_top(value) == pytest.approx(top)
    assert nice_top(value) <= value * 1.5
