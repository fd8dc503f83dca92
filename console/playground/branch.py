"""Copies what was said up to an answer into a conversation of its own."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction

from console.playground import attachments
from console.playground.models import Conversation, Exchange
from console.playground.path import Tree
from console.web.ids import new_id

OWN = (
    "owner", "deployment_id", "system_prompt", "max_tokens", "thinking", "effort", "tools", "tool_choice",
    "answer_schema", "server_tools", "folder", "title",
)  # fmt: skip


def branch(exchange: Exchange) -> Conversation:
    """A new conversation of the same person that ends with `exchange`; the copies keep the originals' log rows."""
    conversation = exchange.conversation
    with transaction.atomic():
        made = Conversation(spoken_at=exchange.created_at, **{name: getattr(conversation, name) for name in OWN})
        rows = list(conversation.exchanges.filter(pk__in=Tree(conversation).path(exchange.pk)).order_by("id"))
        copies = [copied(row, made) for row in rows]
        parent = None
        for copy in copies:
            copy.parent, parent = parent, copy.pk
        made.tip = parent
        made.save(force_insert=True)
        attachments.copy(copies, made)
        Exchange.objects.bulk_create(copies, batch_size=100)
    return made


def copied(row: Exchange, conversation: Conversation) -> Exchange:
    """The same exchange, said at the same time, in another conversation."""
    kept = {field.attname: getattr(row, field.attname) for field in Exchange._meta.concrete_fields}
    changed = {"id": new_id(), "conversation_id": conversation.pk, "submission_id": uuid4().hex}
    return Exchange(**{**kept, **changed})
