"""CSV cells and lines."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest

from console.web import spreadsheet


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_it_disarms_what_a_spreadsheet_would_calculate(start: str) -> None:
    assert spreadsheet.cell(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, ""),
        ("", ""),
        (True, "true"),
        (False, "false"),
        (-5, "-5"),
        (2.5, "2.5"),
        ("claude=steady", "claude=steady"),
        (datetime(2026, 11, 22, 16, 0, 0, 1500, tzinfo=timezone(timedelta(hours=9))), "2026-11-22T07:00:00.001Z"),
        (datetime(2026, 11, 22, tzinfo=UTC), "2026-11-22T00:00:00.000Z"),
    ],
)
def test_it_writes_each_kind_of_value(value: object, written: str) -> None:
    assert spreadsheet.cell(value) == written


def test_any_csv_reader_gets_the_rows_back() -> None:
    rows = [["a,b", 'say "hi"', "two\nlines"], ["한국어", "=1+1", ""]]
    text = spreadsheet.lines(rows)
    assert list(csv.reader(io.StringIO(text, newline=""))) == [rows[0], ["한국어", "'=1+1", ""]]
    assert text.endswith("\r\n")


def test_a_column_is_disarmed_as_its_cells_are() -> None:
    column = ["claude", "=1+1", "", "a-b", "-5", "한국어"]
    assert list(spreadsheet.disarmed(column)) == [spreadsheet.cell(text) for text in column]
    assert list(spreadsheet.disarmed(column[2:4])) == ["", "a-b"]
