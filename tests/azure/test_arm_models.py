"""ARM's catalogue of models: the day a model ends, or none."""

from __future__ import annotations

from datetime import date

import pytest

from console.azure.arm_models import CatalogModel, models_in, read_day, read_model


class Catalogue:
    """Stands where an `Arm` does and lists what it is given."""

    api_version = "2026-05-01"

    def __init__(self, *items: dict[str, object]) -> None:
        self.items, self.asked = list(items), ""

    async def _list(self, path: str, api_version: str) -> list[dict[str, object]]:
        self.asked = f"{path} {api_version}"
        return self.items


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2027-09-01T00:00:00Z", date(2027, 9, 1)),
        ("2027-09-01", date(2027, 9, 1)),
        ("2099-12-31T00:00:00Z", None),
        ("2027-13-01T00:00:00Z", None),
        ("soon", None),
        ("", None),
        (None, None),
        (5, None),
        ("２０２７-09-01", None),
    ],
)
def test_a_day_is_read_or_is_none(said: object, day: date | None) -> None:
    assert read_day(said) == day


async def test_models_come_without_their_wrapper() -> None:
    model = {"format": "Anthropic", "name": "claude-opus-5", "version": "2", "lifecycleStatus": "Stable"}
    arm = Catalogue({"model": {**model, "deprecation": {"inference": "2027-07-08"}}}, {"kind": "x"}, {"model": None})
    found = await models_in(arm, "sub-a", "eastus2")
    assert found[0] == CatalogModel("Anthropic", "claude-opus-5", "2", "Stable", date(2027, 7, 8))
    assert found[1] == found[2] == read_model({})
    provider = "/subscriptions/sub-a/providers/Microsoft.CognitiveServices"
    assert arm.asked == f"{provider}/locations/eastus2/models 2026-05-01"


@pytest.mark.parametrize(("key", "location"), [("a/b", "eastus2"), ("sub-a", "east us"), ("sub-a", "../x"), ("", "x")])
async def test_a_path_is_made_of_sound_parts_alone(key: str, location: str) -> None:
    with pytest.raises(ValueError, match="subscription"):
        await models_in(Catalogue(), key, location)
