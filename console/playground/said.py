"""What was said, as files and as the wire had it: for people who take it elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext as _

from console.inventory import address
from console.inventory.models import CalledAs, Deployment
from console.playground import ask, attachments, snippets
from console.playground.models import Conversation, Exchange
from console.requestlog.models import RequestRecord


def request_of(exchange: Exchange) -> dict[str, object]:
    """The body that was sent for this exchange, but for model and stream; attachments are named, not written out."""
    before = ask.earlier_turns(exchange.conversation, exchange.parent, attachments.named)
    content = attachments.content(exchange.message, attachments.files_of(exchange), attachments.named)
    messages = [*before, {"role": "user", "content": content}]
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
    usage = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    return {
        "request": {"model": exchange.deployment, **request_of(exchange), "metadata": metadata, "stream": True},
        "response": {
            "request-id": record.request_id if record else None,
            "apim-request-id": record.apim_request_id if record else None,
            "status": record.http_status if record else None,
            "content": exchange.content or [{"type": "text", "text": exchange.answer}],
            "stop_reason": exchange.stop_reason or None,
            "stop_details": exchange.stop_details,
            "usage": {name: getattr(record, name) for name in usage} if record else None,
        },
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
        said = [*(["\n".join(attached) + "\n"] if attached else []), f"{exchange.message}\n"]
        parts += [f"## {_('You')}\n", *said, "## Claude\n", f"{exchange.answer}\n", f"_{receipt}_\n"]
    return "\n".join(parts)


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
        "answer": exchange.answer,
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
