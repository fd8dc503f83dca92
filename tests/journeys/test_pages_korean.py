"""Every page of the administrator in Korean: loaded on a phone, then turned to a desk in the dark."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.looking import COMMON, LISTS, MANAGE, MEASURE, SUPPORT, TALK, faults_of, first_rows, links
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey
LOOKS = ((PHONE, "light"), (DESK, "dark"))


@pytest.mark.parametrize("paths", [LISTS, [*TALK, *SUPPORT, *MANAGE, *COMMON]], ids=["lists", "work"])
def test_pages_are_clean(visit: Visit, paths: list[str]) -> None:
    visitor = visit("ada", locale="ko-KR")
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, paths, *LOOKS) == []
    assert visitor.page.locator("html").get_attribute("lang") == "ko"


def test_pages_behind_rows_are_clean(visit: Visit) -> None:
    visitor = visit("ada", locale="ko-KR")
    paths = first_rows(visitor) + links(visitor, "/help/", "/help/")[:3]
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, paths, *LOOKS) == []


def test_help_is_clean(visit: Visit) -> None:
    visitor = visit("ada", locale="ko-KR")
    paths = links(visitor, "/help/", "/help/")[3:]
    visitor.page.add_init_script(MEASURE)
    assert len(paths) > 5
    assert faults_of(visitor, paths, LOOKS[0]) == []
