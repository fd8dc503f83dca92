"""What ARM's catalogue says about models in a place: which ones are served there, and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from console.azure.arm import SUBSCRIPTION_ID, Arm
from console.azure.cleaning import json_object, json_text

LOCATION = re.compile(r"[a-z0-9]{1,60}", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
NEVER = 2099  # the year Azure writes where no end is planned


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One version of a model. `retires_on`: inference ends on this day; None while no end is planned."""

    format: str
    name: str
    version: str
    lifecycle: str = ""
    retires_on: date | None = None


async def models_in(arm: Arm, subscription_id: str, location: str) -> list[CatalogModel]:
    """The models AIServices accounts may deploy in `location` ("eastus2"). Raises AzureError, ValueError for no place.

    Source: azure-facts 3.8 (Microsoft.CognitiveServices, locations/{location}/models).
    """
    if not SUBSCRIPTION_ID.fullmatch(subscription_id) or not LOCATION.fullmatch(location):
        raise ValueError("not a subscription ID and a location")
    path = f"/subscriptions/{subscription_id}/providers/Microsoft.CognitiveServices/locations/{location}/models"
    return [read_model(json_object(item.get("model"))) for item in await arm._list(path, arm.api_version)]


def read_model(model: dict[str, object]) -> CatalogModel:
    return CatalogModel(
        format=json_text(model.get("format"), 60),
        name=json_text(model.get("name"), 100),
        version=json_text(model.get("version"), 40),
        lifecycle=json_text(model.get("lifecycleStatus"), 40),
        retires_on=read_day(json_object(model.get("deprecation")).get("inference")),
    )


def read_day(value: object) -> date | None:
    """The day of an ISO time; None for none, for a far-off one and for what is no time."""
    found = DAY.match(value) if isinstance(value, str) else None
    try:
        day = date.fromisoformat(found.group()) if found else None
    except ValueError:
        return None
    return day if day and day.year < NEVER else None
