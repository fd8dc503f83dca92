"""Every page of the administrator in Korean: loaded on a phone, then turned to a desk in the dark.

Of axe's rules it asks those that other words can break; the rest stands in the same templates as in English.
"""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.looking import (
    AGAIN,
    COMMON,
    LISTS,
    LOOKS_ONLY,
    MANAGE,
    MEASURE,
    SUPPORT,
    TALK,
    faults_of,
    first_rows,
    links,
)
from tests.journeys.visitor import DESK, PHONE

pytestmark = pytest.mark.journey
WORDS = AGAIN | {
    "runOnly": {
        "type": "rule",
        "values": [
            *LOOKS_ONLY,
            "html-has-lang",
            "html-lang-valid",
            "label",
            "button-name",
            "link-name",
            "document-title",
        ],
    }
}
LOOKS = ((PHONE, "light"), (DESK, "dark"))


@pytest.mark.parametrize("paths", [LISTS, [*TALK, *SUPPORT, *MANAGE, *COMMON]], ids=["lists", "work"])
def test_pages_are_clean(visit: Visit, paths: list[str]) -> None:
    visitor = visit("ada", locale="ko-KR")
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, paths, *LOOKS, rules=WORDS) == []
    assert visitor.page.locator("html").get_attribute("lang") == "ko"


def test_pages_behind_rows_are_clean(visit: Visit) -> None:
    visitor = visit("ada", locale="ko-KR")
    paths = first_rows(visitor) + links(visitor, "/help/", "/help/")[:3]
    visitor.page.add_init_script(MEASURE)
    assert faults_of(visitor, paths, *LOOKS, rules=WORDS) == []
