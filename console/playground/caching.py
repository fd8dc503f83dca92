"""When a message's prompt is kept in the cache: where it is long enough, and the conversation goes on quickly.

Keeping costs a quarter more for what is new; reading it again within five minutes costs a tenth. A conversation that
pauses longer than that would only pay the quarter, so the pace of the one before decides.
Source: azure-facts 2.2 (`cache_control` of the request), 6.6 (prices).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

import orjson
from django.conf import settings
from django.utils import timezone

from console.playground.attachments import File
from console.playground.models import Conversation, Exchange
from console.requestlog.models import RequestRecord

AUTOMATIC: dict[str, object] = {"type": "ephemeral"}
# How long a cached prompt lives after it was last used.
LIFE = timedelta(minutes=5)
# Every model caches prompts of so many tokens; some cache shorter ones (platform.claude.com, "Prompt caching").
LEAST_CACHED = 4096
# At least so many tokens: a letter of most scripts is more, a page of a PDF and a picture are more.
BYTES_PER_TOKEN, TOKENS_PER_PAGE, TOKENS_PER_PICTURE = 4, 1500, 800
# What stands before the messages: a change in it and nothing is found in the cache.
FIRST = ("system", "tools", "tool_choice", "thinking", "output_config")


def pays(conversation: Conversation, parent: Exchange | None, text: object, files: Iterable[File]) -> bool:
    """Whether this message's prompt is worth keeping; `text` is everything of it but attachments, as JSON."""
    if not settings.PROMPT_CACHING or (parent is not None and not is_quick(parent)):
        return False
    return least_tokens(parent, text, files) >= LEAST_CACHED


def is_quick(parent: Exchange) -> bool:
    """Whether what was said before is still in the cache, had it been kept."""
    return timezone.now() - (parent.finished_at or parent.created_at) < LIFE


def least_tokens(parent: Exchange | None, text: object, files: Iterable[File]) -> int:
    """A cautious count: what the answer before was billed for, or what is known of the sizes."""
    record = RequestRecord.objects.filter(pk=parent.record_id).first() if parent and parent.record_id else None
    before = (record.all_input_tokens or 0) if record else 0
    pages = sum(TOKENS_PER_PICTURE if file.is_image else TOKENS_PER_PAGE * (file.pages or 1) for file in files)
    return max(before, len(orjson.dumps(text)) // BYTES_PER_TOKEN + pages)


def could_read(last: Exchange, body: Mapping[str, object]) -> bool:
    """Whether the request `body` begins as the one of `last` did, which was kept, so that it is read and not paid."""
    if "cache_control" not in last.settings or "cache_control" not in body or not is_quick(last):
        return False
    return all(last.settings.get(name) == body.get(name) for name in FIRST)
