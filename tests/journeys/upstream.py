"""A Messages endpoint that says what it is told to say: text, thoughts, errors and ids, however hostile."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REQUEST_ID, APIM_REQUEST_ID = "req_011CHostileTextxxxxxxxxx", "0f8fad5b-d9cb-469f-a165-70867728950e"

LETTER = 0.0004  # seconds


@dataclass
class Answer:
    """The next answer: `text` in one delta, or a character each and slowly enough that pages draw what is unfinished.

    `error` ends it; with a `status` other than 200 it comes instead.
    """

    text: str = ""
    thinking: str = ""
    by_letter: bool = False
    error: dict[str, str] | None = None
    status: int = 200
    ids: tuple[str, str] = (REQUEST_ID, APIM_REQUEST_ID)


@dataclass
class Upstream:
    """`url` goes into FOUNDRY_ENDPOINT; set `answer` before a message is sent."""

    url: str
    answer: Answer = field(default_factory=Answer)


def events(answer: Answer) -> Iterator[dict[str, Any]]:
    message = {"id": "msg_hostile", "type": "message", "role": "assistant", "content": [], "model": "claude-sonnet-5-5"}
    usage = {"input_tokens": 9, "output_tokens": 1}
    yield {"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None, "usage": usage}}
    for index, (kind, text) in enumerate((("thinking", answer.thinking), ("text", answer.text))):
        yield {"type": "content_block_start", "index": index, "content_block": {"type": kind, kind: ""}}
        for piece in text if answer.by_letter else filter(None, [text]):
            yield {"type": "content_block_delta", "index": index, "delta": {"type": f"{kind}_delta", kind: piece}}
        yield {"type": "content_block_stop", "index": index}
    if answer.error:
        yield {"type": "error", "error": answer.error, "request_id": answer.ids[0]}
        return
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 9}}
    yield {"type": "message_stop"}


@contextmanager
def listening() -> Iterator[Upstream]:
    """The endpoint at a port of its own, in a thread."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            answer = upstream.answer
            refused = answer.status != 200
            self.send_response(answer.status)
            self.send_header("content-type", "application/json" if refused else "text/event-stream; charset=utf-8")
            self.send_header("request-id", answer.ids[0])
            self.send_header("apim-request-id", answer.ids[1])
            self.end_headers()
            if refused:
                self.wfile.write(json.dumps({"error": answer.error, "request_id": answer.ids[0]}).encode())
                return
            for event in events(answer):
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
                if answer.by_letter:
                    time.sleep(LETTER)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is said on the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        upstream = Upstream(f"http://127.0.0.1:{server.server_address[1]}/{{resource}}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield upstream
        finally:
            server.shutdown()
            thread.join()
