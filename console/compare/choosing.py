"""What a person does once the answers are there: find one better, see the names, carry on with one, throw all away."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from console.accounts import audit
from console.accounts.models import User
from console.compare.models import Column, Comparison
from console.playground.answer import answers
from console.playground.models import Conversation, Exchange


def find_better(column: Column) -> None:
    """Keep that this column is the best so far; a blind comparison has told all its names from then on."""
    Comparison.objects.filter(pk=column.comparison_id).update(better=column.position, revealed=True)


def reveal(comparison: Comparison) -> None:
    Comparison.objects.filter(pk=comparison.pk).update(revealed=True)


def keep(column: Column) -> Conversation:
    """Make the column's conversation an ordinary one of the playground."""
    with transaction.atomic():
        reveal(column.comparison)
        list_it(column.conversation)
    return column.conversation


def list_it(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(listed=True)


def stop(columns: Iterable[Column]) -> None:
    """Stop what is under way in these columns, in whichever process it is."""
    under_way = Exchange.objects.live().filter(conversation__column__in=[column.pk for column in columns])
    keys = list(under_way.values_list("pk", flat=True))
    Exchange.objects.filter(pk__in=keys).update(stop_asked=True)
    for key in keys:
        answers.stop(key)


def delete(user: User, comparison: Comparison) -> None:
    """Delete a comparison with everything said in it, but for columns that were kept."""
    stop(comparison.columns.all())
    with transaction.atomic():
        audit.note(user, "comparison-deleted", str(comparison.pk))
        Conversation.objects.filter(column__comparison=comparison, listed=False).delete()
        comparison.delete()
