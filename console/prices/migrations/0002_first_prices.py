"""The first prices: what platform.claude.com lists, in US dollars per million tokens.

Sources, read on 22 November 2026:
- platform.claude.com/docs/en/about-claude/pricing, and Microsoft Learn's page on billing of Claude in Foundry, which has
  the same base rates (converted to Claude Consumption Units of $0.01);
- platform.claude.com/docs/en/models/haiku-5-5/overview: released on 7 October 2026, two bands by the length of the prompt;
- the cache reads of Sonnet 5.5 went from $0.20 to $0.10 on 7 October 2026.

A row begins on the day its model was released, or on 1 September 2026: as the list stood then. Older days, models that
are not on the list, US Data Zone (10 % more) and private offers have no row, so nothing is said about them.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import migrations

SOURCE = "platform.claude.com, Pricing (November 2026)"
SEPTEMBER, OCTOBER_7 = date(2026, 9, 1), date(2026, 10, 7)

# Model, tokens of the prompt above which it holds, first day, input, output, cache read, cache write for 5 minutes.
PRICES = [
    ("claude-fable-5", 0, SEPTEMBER, "10", "50", "1", "12.50"),
    ("claude-fable-5-1", 0, SEPTEMBER, "10", "50", "0.25", "12.50"),
    ("claude-mythos-5", 0, SEPTEMBER, "10", "50", "1", "12.50"),
    ("claude-mythos-5-1", 0, SEPTEMBER, "10", "50", "0.25", "12.50"),
    ("claude-opus-5-5", 0, SEPTEMBER, "4", "20", "0.20", "5"),
    ("claude-opus-5", 0, SEPTEMBER, "5", "25", "0.50", "6.25"),
    ("claude-opus-4-8", 0, SEPTEMBER, "5", "25", "0.50", "6.25"),
    ("claude-opus-4-7", 0, SEPTEMBER, "5", "25", "0.50", "6.25"),
    ("claude-opus-4-6", 0, SEPTEMBER, "5", "25", "0.50", "6.25"),
    ("claude-opus-4-5", 0, SEPTEMBER, "5", "25", "0.50", "6.25"),
    ("claude-sonnet-5-5", 0, date(2026, 9, 28), "2", "10", "0.20", "2.50"),
    ("claude-sonnet-5-5", 0, OCTOBER_7, "2", "10", "0.10", "2.50"),
    ("claude-sonnet-5", 0, SEPTEMBER, "2", "10", "0.20", "2.50"),
    ("claude-sonnet-4-6", 0, SEPTEMBER, "3", "15", "0.30", "3.75"),
    ("claude-sonnet-4-5", 0, SEPTEMBER, "3", "15", "0.30", "3.75"),
    ("claude-haiku-5-5", 0, OCTOBER_7, "0.10", "0.50", "0.01", "0.125"),
    ("claude-haiku-5-5", 100_000, OCTOBER_7, "0.50", "2.50", "0.05", "0.625"),
    ("claude-haiku-4-5", 0, SEPTEMBER, "1", "5", "0.10", "1.25"),
]


def add(apps: Any, schema_editor: Any) -> None:
    Price = apps.get_model("prices", "Price")
    Price.objects.bulk_create(
        Price(
            model=model, above_tokens=above, from_date=day, source=SOURCE, input=Decimal(each), output=Decimal(output),
            cache_read=Decimal(read), cache_write_5m=Decimal(written),
        )
        for model, above, day, each, output, read, written in PRICES
    )


def remove(apps: Any, schema_editor: Any) -> None:
    apps.get_model("prices", "Price").objects.filter(source=SOURCE).delete()


class Migration(migrations.Migration):
    dependencies = [("prices", "0001_first")]
    operations = [migrations.RunPython(add, remove)]
