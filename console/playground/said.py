"""What was said, as files and as the wire had it: for people who take it elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from console.inventory import address
from console.inventory.models import CalledAs, Deployment
from console.playground import ask, attachments, snippets, toolcalls
from console.playground.models import Conversation, Exchange
from console.requestlog.models import RequestRecord


def request_of(exchange: Exchange) -> dict[str, object]:
    """The body that was sent for this exchange, but for model and stream; attachments are named, not written out."""
    message = ask.Message(
        exchange.message, exchange.parent, "", tuple(attachments.files_of(exchange)), tuple(exchange.results),
        exchange.continues,
    )  # fmt: skip
    messages = ask.so_far(exchange.conversation, message, attachments.named)
    return {**exchange.settings, "messages": messages}


def call_of(exchange: Exchange, *, by_key: bool | None = None) -> snippets.Call:
    """How somebody else would make this call; `by_key` None means: the way the console calls this resource.

    Raises AzureError when the resource's name makes no address.
    """
    every = Deployment.objects.select_related("resource")
    found = every.filter(pk=exchange.deployment_id).first() if exchange.deployment_id else None
    resource = found.resource.subdomain if found else exchange.resource
    if by_key is None:
        by_key = bool(found and found.resource.called_as == CalledAs.KEY)
    return snippets.Call(
        base_url=address.base_url(resource),
        resource=resource,
        deployment=exchange.deployment,
        scope=settings.FOUNDRY_TOKEN_SCOPE,
        api_version=settings.ANTHROPIC_VERSION,
        body=request_of(exchange),
        by_key=by_key,
    )


def wire(exchange: Exchange, record: RequestRecord | None) -> dict[str, object]:
    """Request and response of an exchange as JSON had them; the usage is the log row's."""
    metadata = {"user_id": ask.opaque(exchange.conversation.owner)}
    return {
        "request": {"model": exchange.deployment, **request_of(exchange), "metadata": metadata, "stream": True},
        "response": {
            "request-id": record.request_id if record else None,
            "apim-request-id": record.apim_request_id if record else None,
            "status": record.http_status if record else None,
            "id": record.message_id if record else None,
            "type": "message",
            "role": "assistant",
            "model": record.model if record else None,
            "content": exchange.content or [{"type": "text", "text": exchange.answer}],
            "stop_reason": exchange.stop_reason or None,
            "stop_details": exchange.stop_details,
            "usage": usage_of(exchange, record) if record else None,
        },
    }


def usage_of(exchange: Exchange, record: RequestRecord) -> dict[str, object]:
    """Usage as the API has it (azure-facts 2.4); what was not said is null."""
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    return {
        **{name: getattr(record, name) for name in names},
        "output_tokens_details": {"thinking_tokens": record.thinking_tokens},
        **({"server_tool_use": exchange.tool_uses} if exchange.tool_uses else {}),
    }


def markdown(conversation: Conversation, exchanges: Iterable[Exchange], records: dict[object, RequestRecord]) -> str:
    """The shown version of a conversation as one Markdown document, with both IDs under each answer."""
    parts = [f"# {conversation.title}\n"]
    for exchange in exchanges:
        record = records.get(exchange.record_id)
        ids = [f"request-id `{record.request_id}`", f"apim-request-id `{record.apim_request_id}`"] if record else []
        receipt = " · ".join(
            [exchange.deployment, exchange.resource, *ids, exchange.created_at.isoformat("T", "seconds")]
        )
        attached = [f"- {said_of(file)}" for file in attachments.files_of(exchange)]
        said = [*(["\n".join(attached) + "\n"] if attached else []), *results_of(exchange), f"{exchange.message}\n"]
        parts += [
            f"## {_('You')}\n",
            *said,
            "## Claude\n",
            f"{exchange.answer}\n",
            *calls_of(exchange),
            f"_{receipt}_\n",
        ]
    return "\n".join(parts)


def calls_of(exchange: Exchange) -> list[str]:
    """The tool calls an answer ended with, in Markdown."""
    return [f"{_('Tool calls')}: `{call.name}`\n\n{fenced(call.input, 'json')}" for call in toolcalls.calls(exchange)]


def results_of(exchange: Exchange) -> list[str]:
    """What was answered for tools, in Markdown."""
    name, failed = _("Result of %(name)s"), f" ({_('error')})"
    return [
        f"{name % {'name': '`' + one['name'] + '`'}}{failed if one['is_error'] else ''}\n\n{fenced(one['content'])}"
        for one in exchange.results
    ]


def fenced(text: str, language: str = "") -> str:
    """A block of code whose fence is longer than any in the text."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def said_of(file: attachments.File) -> str:
    """An attachment in a line of Markdown: its name, its kind, its size."""
    name = "".join(f"\\{letter}" if letter in "\\`*_[]<>" else letter for letter in file.name)
    return f"{name} ({file.media_type}, {file.size:,} bytes)"


def data(
    conversation: Conversation, exchanges: Iterable[Exchange], records: dict[object, RequestRecord]
) -> dict[str, object]:
    """Everything said in a conversation, all versions; `parent` is what was said before, `tip` what came last."""
    return {
        "id": str(conversation.pk),
        "title": conversation.title,
        "tip": str(conversation.tip) if conversation.tip else None,
        "exchanges": [_entry(exchange, records.get(exchange.record_id)) for exchange in exchanges],
    }


def _entry(exchange: Exchange, record: RequestRecord | None) -> dict[str, object]:
    return {
        "id": str(exchange.pk),
        "parent": str(exchange.parent) if exchange.parent else None,
        "at": exchange.created_at.isoformat(),
        "deployment": exchange.deployment,
        "resource": exchange.resource,
        "settings": exchange.settings,
        "message": exchange.message,
        "attachments": exchange.attachments,
        "results": exchange.results,
        "continues": exchange.continues,
        "answer": exchange.answer,
        "tool_calls": [
            {"id": block.get("id"), "name": block.get("name"), "input": block.get("input")}
            for block in exchange.content
            if block.get("type") == "tool_use"
        ],
        "state": exchange.state,
        "stop_reason": exchange.stop_reason or None,
        "request_id": record.request_id if record else None,
        "apim_request_id": record.apim_request_id if record else None,
        "thumb": exchange.thumb,
        "note": exchange.note,
    }


def file_name(conversation: Conversation, ending: str) -> str:
    """A Content-Disposition with the title as the name of the file (RFC 6266, 4.3)."""
    kept = "".join(letter if letter.isalnum() or letter in " -_" else " " for letter in conversation.title)
    name = " ".join(kept.split())[:80] or "conversation"
    return f"attachment; filename=\"conversation.{ending}\"; filename*=UTF-8''{quote(name)}.{ending}"
