"""Claude in Microsoft Foundry: stream, create, count_tokens. One HTTP attempt a call; retrying is the caller's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

import orjson

from console.azure.cleaning import clean_json, json_count, json_list, json_object, json_text
from console.azure.error_bodies import event_error
from console.azure.errors import AzureError, NotOffered, Rejected, Truncated, Unreadable
from console.azure.headers import Circumstances, PrivateHeaders, bearer_headers, key_headers, named
from console.azure.http import Answer, Clocks, Http, Incoming
from console.azure.shapes import Message, Opened, StreamEvent, TokenCount
from console.azure.sse import EventParser
from console.azure.stream import MessageReader, events_of, read_usage
from console.azure.trust import is_loopback

LARGEST_REQUEST = 32 * 1024 * 1024
# What count_tokens takes; anything else of a message's body is refused there (azure-facts 2.2).
COUNTED = frozenset({"messages", "system", "tools", "tool_choice", "thinking", "output_config", "cache_control"})
# DNS ends a label at 63 characters; the subdomain of a resource is one label.
RESOURCE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
PASTED_TAIL = re.compile(r"(/anthropic)?(/v1(/messages(/count_tokens)?)?)?/*$")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A resource's key, sent under both names that Foundry knows."""

    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Entra tokens. `get` is asked before every attempt, so it must cache."""

    get: Callable[[], Awaitable[str]] = field(repr=False)


Credential = ApiKey | Bearer


@dataclass(frozen=True, slots=True)
class Target:
    """Whom to call. `base_url` is the resource's address without `/anthropic`, as `endpoint_for` makes it."""

    base_url: str
    deployment: str
    credential: Credential


def resource_name(text: str) -> str:
    """`text` where it is a resource's subdomain: one DNS label in lower case. Raises ValueError."""
    if not RESOURCE.fullmatch(text):
        raise ValueError("a resource name is 1 to 63 letters a-z, digits and hyphens")
    return text


def endpoint_for(template: str, resource: str) -> str:
    """The base URL of `resource`: `{resource}` may stand in the template's host or path, or nowhere.

    A pasted tail (`/anthropic/v1/messages`, as the portal shows it) is cut off. Raises ValueError for a bad resource
    name and for anything that is not https (http on loopback).
    """
    url = PASTED_TAIL.sub("", template.strip().replace("{resource}", resource_name(resource)))
    parts = urlsplit(url)
    host = parts.hostname or ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not secure or parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("an endpoint is a plain https URL (http is for loopback only)")
    return url


class Foundry:
    """The data plane. `version` is the `anthropic-version` to speak: it decides which parameters are legal.

    Every error carries the IDs of its attempt. Source: azure-facts 1 and 2
    (platform.claude.com/docs, "Claude in Microsoft Foundry").
    """

    def __init__(self, http: Http, version: str = "2026-10-21") -> None:
        self.http = http
        self.version = version

    async def stream(
        self, target: Target, body: Mapping[str, object], *, clocks: Clocks | None = None
    ) -> AsyncGenerator[list[StreamEvent], None]:
        """Send `body` (model and stream are set here) and yield what comes back, one list a socket read, in order.

        The first list is `[Opened]`, as soon as headers are here; the last ends with `Finished`. Raises AzureError:
        Truncated when the stream ends before `message_stop`, what an `error` event says, and all of `Http.stream`.
        Closing the generator closes the connection.
        """
        headers, url = await self._headers(target), self._url(target)
        sending = self.http.stream(
            "POST", url, headers=headers, body=_content(target, body, stream=True), clocks=clocks
        )
        del body
        async with sending as answer:
            yield [Opened(answer.ids, answer.status, answer.region)]
            whole = await _in_one_piece(answer)
            if whole is not None:
                yield whole
                return
            parser, reader = EventParser(), MessageReader(answer.at)
            async with contextlib.aclosing(answer.chunks()) as chunks:
                async for chunk in chunks:
                    batch = reader.read(_feed(parser, chunk, answer))
                    if batch:
                        yield batch
                    if reader.failure is not None:
                        raise reader.failure
                    if reader.finished:
                        await answer.drain(chunks)
                        return
            raise _cut(parser, answer)

    async def create(self, target: Target, body: Mapping[str, object], *, clocks: Clocks | None = None) -> Message:
        """Send `body` and wait for the whole message. Raises as `stream` does."""
        answer = await self._post(target, "", _content(target, body, stream=False), clocks)
        message = _object(answer)
        content = [block for block in json_list(message.get("content")) if isinstance(block, dict)]
        details = message.get("stop_details")
        return Message(
            id=json_text(message.get("id"), 200),
            model=json_text(message.get("model"), 200),
            content=content,
            stop_reason=json_text(message.get("stop_reason"), 100) or None,
            stop_sequence=json_text(message.get("stop_sequence")) or None,
            stop_details=details if isinstance(details, dict) else None,
            usage=read_usage(message.get("usage")),
            ids=answer.ids,
        )

    async def count_tokens(
        self, target: Target, body: Mapping[str, object], *, clocks: Clocks | None = None
    ) -> TokenCount:
        """How many input tokens the message `body` has; what is not counted is left out of it. Bills nothing."""
        allowed = {name: value for name, value in body.items() if name in COUNTED}
        answer = await self._post(target, "/count_tokens", _content(target, allowed, stream=None), clocks)
        tokens = json_count(_object(answer).get("input_tokens"))
        if tokens is None:
            raise answer.unreadable("no input_tokens in the answer")
        return TokenCount(tokens, answer.ids, answer.duration_ms)

    def models(self) -> NoReturn:
        raise NotOffered("Foundry has no Models API: deployments come from Azure Resource Manager", phase="connect")

    def batches(self) -> NoReturn:
        raise NotOffered("Foundry has no Message Batches API", phase="connect")

    def admin(self) -> NoReturn:
        raise NotOffered("Foundry has no Admin API: manage access in Azure", phase="connect")

    async def _post(self, target: Target, tail: str, content: bytes, clocks: Clocks | None) -> Answer:
        headers = await self._headers(target)
        url = self._url(target) + tail
        return await self.http.json("POST", url, headers=headers, body=content, clocks=clocks)

    def _url(self, target: Target) -> str:
        return f"{target.base_url.rstrip('/')}/anthropic/v1/messages"

    async def _headers(self, target: Target) -> PrivateHeaders:
        headers = PrivateHeaders({"content-type": "application/json", "anthropic-version": self.version})
        # Never as a local name: crash reports show those.
        if isinstance(target.credential, ApiKey):
            headers |= key_headers(target.credential.key)
        else:
            headers |= bearer_headers(await target.credential.get())
        return headers


def _content(target: Target, body: Mapping[str, object], *, stream: bool | None) -> bytes:
    """The body as sent: the deployment's name is the `model`, and only we say whether it streams."""
    whole = {name: value for name, value in body.items() if name not in ("model", "stream")}
    flag = {} if stream is None else {"stream": stream}
    content = b""
    with contextlib.suppress(TypeError, ValueError):
        content = orjson.dumps({"model": target.deployment, **whole, **flag})
    if not content:
        raise Rejected("the request cannot be written as JSON", phase="connect")
    if len(content) > LARGEST_REQUEST:
        raise Rejected(f"the request is larger than {LARGEST_REQUEST} bytes", kind="too-large", phase="connect")
    return content


async def _in_one_piece(answer: Incoming) -> list[StreamEvent] | None:
    """The events of a message that a gateway without streaming passes on whole; None for an event stream.

    Raises what any other 200 answer means: an error in JSON, a page, or something else.
    """
    if answer.content_type in ("text/event-stream", ""):
        return None
    is_json = answer.content_type == "application/json"
    body = b"".join([chunk async for chunk in answer.chunks()]) if is_json else await answer.head()
    whole = Answer(answer.status, body, answer.ids, 0.0, answer.at)
    parsed = json_object(whole.json())
    _refuse_error(parsed, answer.at)
    if parsed.get("type") != "message":
        raise whole.unreadable("the answer is not an event stream")
    return events_of(parsed, answer.at)


def _refuse_error(parsed: Mapping[str, object], at: Circumstances) -> None:
    """Raise the error that a 200 answer holds in place of what was asked for."""
    if "error" in parsed:
        raise event_error(parsed, at)


def _feed(parser: EventParser, chunk: bytes, answer: Incoming) -> list[tuple[str, bytes]]:
    try:
        events = parser.feed(chunk)
    except Unreadable as error:
        named(error, answer.at, "stream")
        error.status = answer.status
        raise
    if events:
        answer.phase = "stream"
    return events


def _cut(parser: EventParser, answer: Incoming) -> AzureError:
    where = "without message_stop" if parser.at_end() else "in the middle of an event"
    return named(Truncated(f"the stream ended {where}", status=answer.status), answer.at, answer.phase)


def _object(answer: Answer) -> dict[str, object]:
    parsed: object = None
    with contextlib.suppress(ValueError):
        parsed = clean_json(answer.json())
    if not isinstance(parsed, dict):
        raise answer.unreadable("the answer is not an object of a depth that can be kept")
    _refuse_error(parsed, answer.at)
    return parsed
