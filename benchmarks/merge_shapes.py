"""The responses that are merged: their shapes, and how each dialect writes them.

A shape is a function from a number of deltas to the pieces of each block. To add one, put it into
``SHAPES``; everything else finds it there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any, NamedTuple

CHAT, CLAUDE = "openai-chat", "anthropic"

Payloads = Iterator[dict[str, Any]]

WORDS = "The quick brown fox jumps over the lazy dog. "
PIECE = 10  # characters a delta
CALLS = 64


def text(deltas: int) -> list[list[str]]:
    words = islice(cycle(WORDS), deltas * PIECE)
    return [pieces_of("".join(words))]


def one_call(deltas: int) -> list[list[str]]:
    """An array of small objects."""
    objects, size, n = [], len('{"items":[]}'), 0
    while size < deltas * PIECE:
        objects.append(f'{{"id":{n},"name":"item {n}","ok":true}}')
        size += len(objects[-1]) + 1
        n += 1
    return [pieces_of(f'{{"items":[{",".join(objects)}]}}')]


def parallel_calls(deltas: int) -> list[list[str]]:
    return one_call(deltas // CALLS) * CALLS


def pieces_of(whole: str) -> list[str]:
    return [whole[at : at + PIECE] for at in range(0, len(whole), PIECE)]


class Shape(NamedTuple):
    parts: Callable[[int], list[list[str]]]  # number of deltas -> those of each block
    is_text: bool = False
    live: bool = False
    huge: bool = False


SHAPES = {
    "text": Shape(text, is_text=True),
    "arguments of one call": Shape(one_call),
    "live arguments of one call": Shape(one_call, live=True),
    "64 parallel calls": Shape(parallel_calls),
    "one huge event": Shape(text, is_text=True, huge=True),
}


class Traffic(NamedTuple):
    dialect: str
    shape: Shape
    deltas: int

    def steps(self) -> int:
        """What the cost is divided by: the chunks, or the pushes of the huge one."""
        if self.shape.huge:
            return len(self.pushes(PIECE))
        return sum(1 for _ in self.payloads())

    def want(self) -> list[Any]:
        """The text, or the arguments of each call."""
        wholes = ["".join(pieces) for pieces in self.shape.parts(self.deltas)]
        return wholes if self.shape.is_text else [json.loads(whole) for whole in wholes]

    def payloads(self) -> Payloads:
        """The chunks; the deltas of several blocks come in turns."""
        parts = self.shape.parts(self.deltas)
        if self.shape.huge:
            parts = [["".join(pieces)] for pieces in parts]
        write = {CHAT: chat, CLAUDE: message}[self.dialect]
        return write(parts, self.shape.is_text)

    def events(self) -> Iterator[bytes]:
        for payload in self.payloads():
            typed = f"event: {payload['type']}\n" if self.dialect == CLAUDE else ""
            yield f"{typed}data: {json.dumps(payload, separators=(',', ':'))}\n\n".encode()
        if self.dialect == CHAT:
            yield b"data: [DONE]\n\n"

    def pushes(self, size: int = 65536) -> list[bytes]:
        body = b"".join(self.events())
        return [body[at : at + size] for at in range(0, len(body), size)]


def turns(parts: list[list[str]]) -> Iterator[tuple[int, str]]:
    for at in range(max(map(len, parts))):
        for index, pieces in enumerate(parts):
            if at < len(pieces):
                yield index, pieces[at]


def chat(parts: list[list[str]], is_text: bool) -> Payloads:
    """About 330 bytes an event, as OpenAI sends them today."""
    if is_text:
        yield chat_chunk({"role": "assistant", "content": "", "refusal": None})
        for _, piece in turns(parts):
            yield chat_chunk({"content": piece})
    else:
        yield chat_chunk({"role": "assistant", "content": None})
        for index in range(len(parts)):
            begun = {"name": "f", "arguments": ""}
            call = {"index": index, "id": f"call_{index}", "type": "function", "function": begun}
            yield chat_chunk({"tool_calls": [call]})
        for index, piece in turns(parts):
            yield chat_chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chat_chunk({}, "stop" if is_text else "tool_calls")


def chat_chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
        "object": "chat.completion.chunk",
        "created": 1735689600,
        "model": "gpt-4o-mini-2024-07-18",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": None,
        "obfuscation": "aBcDeFgH",
    }


def message(parts: list[list[str]], is_text: bool) -> Payloads:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    ends: dict[str, Any] = {"stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": 5, "output_tokens": 1}
    yield {"type": "message_start", "message": {**head, **ends, "usage": usage}}
    for index in range(len(parts)):
        call = {"type": "tool_use", "id": f"toolu_{index}", "name": "f", "input": {}}
        block = {"type": "text", "text": ""} if is_text else call
        yield {"type": "content_block_start", "index": index, "content_block": block}
    kind, field = ("text_delta", "text") if is_text else ("input_json_delta", "partial_json")
    for index, piece in turns(parts):
        delta = {"type": kind, field: piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    for index in range(len(parts)):
        yield {"type": "content_block_stop", "index": index}
    ends = {"stop_reason": "end_turn" if is_text else "tool_use", "stop_sequence": None}
    yield {"type": "message_delta", "delta": ends, "usage": {"output_tokens": 2}}
    yield {"type": "message_stop"}
