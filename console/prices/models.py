"""Rows of what tokens cost and what a dollar is worth: dated, only ever added. A change is a new row."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Price(models.Model):
    """What a model costs from a day (UTC) on, in US dollars per million tokens."""

    model = models.CharField(max_length=100)  # its name in lower case, without the date of a snapshot
    hosting = models.CharField(max_length=12, blank=True)  # "azure", "anthropic"; "" wherever no own price is known
    # Holds for prompts of more tokens than this; the whole call is billed by the row its prompt reaches.
    above_tokens = models.PositiveIntegerField(default=0)
    from_date = models.DateField()
    input = models.DecimalField(max_digits=12, decimal_places=6)
    output = models.DecimalField(max_digits=12, decimal_places=6)
    cache_read = models.DecimalField(max_digits=12, decimal_places=6)
    cache_write_5m = models.DecimalField(max_digits=12, decimal_places=6)
    # Where it was read, or who added it.
    source = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["model", "-from_date", "-id"], name="price_by_model")]


class Rate(models.Model):
    """How much of another currency one US dollar is worth from a day (UTC) on."""

    currency = models.CharField(max_length=3)  # ISO 4217
    from_date = models.DateField()
    per_usd = models.DecimalField(max_digits=14, decimal_places=4)
    source = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["currency", "-from_date", "-id"], name="rate_by_currency")]
