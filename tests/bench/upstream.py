"""A Messages endpoint that only paces and stamps: each token carries the moment it was sent, so lateness can be read.

`python -m tests.bench.upstream PORT TOKENS RATE [AT_ONCE]` - tokens per answer, tokens per second per stream, and how
many of the first tokens come without any pace.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

import uvloop

ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
WORDS_PER_PARAGRAPH = 40
HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_bench\r\n"
    b"apim-request-id: 0f8fad5b-d9cb-469f-a165-70867728950e\r\ntransfer-encoding: chunked\r\n\r\n"
)


COUNTED = (
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: 19\r\n\r\n"
    b'{"input_tokens": 9}'
)


def stamp(now_ns: int) -> str:
    """The moment in units of 10 µs, base 36, as one word that nothing else looks like."""
    number, letters = now_ns // 10_000 % 36**7, ""
    for _ in range(7):
        number, digit = divmod(number, 36)
        letters = ALPHABET[digit] + letters
    return f"Z{letters}"


def age_ms(word: str, now_ns: int) -> float:
    """How long ago `word` was stamped."""
    return (now_ns // 10_000 % 36**7 - int(word[1:], 36)) / 100


def frame(name: str, data: object) -> bytes:
    text = f"event: {name}\ndata: {json.dumps(data)}\n\n".encode()
    return b"%x\r\n%s\r\n" % (len(text), text)


START = frame(
    "message_start",
    {
        "type": "message_start",
        "message": {
            "id": "msg_bench", "type": "message", "role": "assistant", "content": [], "model": "claude-bench",
            "stop_reason": None, "stop_sequence": None, "usage": {"input_tokens": 9, "output_tokens": 1},
        },
    },
) + frame(
    "content_block_start",
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
)  # fmt: skip


def ending(tokens: int) -> bytes:
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return (
        frame("content_block_stop", {"type": "content_block_stop", "index": 0})
        + frame("message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": tokens}})
        + frame("message_stop", {"type": "message_stop"})
        + b"0\r\n\r\n"
    )


async def answer(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, tokens: int, rate: float, at_once: int
) -> None:
    loop = asyncio.get_running_loop()
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
            await reader.readexactly(length)
            if b"/count_tokens " in head.split(b"\r\n", 1)[0]:
                writer.write(COUNTED)
                continue
            writer.write(HEAD + START)
            began = loop.time()
            for number in range(tokens):
                due = began + max(0, number - at_once) / rate
                if (wait := due - loop.time()) > 0:
                    await asyncio.sleep(wait)
                end = "\\n\\n" if number % WORDS_PER_PARAGRAPH == WORDS_PER_PARAGRAPH - 1 else " "
                data = (
                    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":'
                    f'{{"type":"text_delta","text":"{stamp(time.monotonic_ns())}{end}"}}}}\n\n'
                )
                writer.write(f"{len(data):x}\r\n{data}\r\n".encode())
            writer.write(ending(tokens))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(port: int, tokens: int, rate: float, at_once: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await answer(reader, writer, tokens, rate, at_once)

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=2048)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    begins = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), begins))
