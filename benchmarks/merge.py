"""``python -m benchmarks.merge``: what merging costs a delta, and how that grows.

For each dialect and shape: µs of CPU time for a delta, in responses of 1k, 8k, 32k and 128k deltas
of 10 characters; the exponent of the total cost (1 is linear, 2 quadratic), by least squares over
these sizes; and how many times as long it takes as sse_core with the same input, and as the floor
(``split``, and ``json.loads`` of each payload), at the largest size that the row reached.

Everybody goes from its input to its final result, which is compared with what was sent. Rows from
bytes are fed 64 KiB at a time, if they do not say otherwise. "typed" is the SDK's accumulator alone,
from chunks that are objects of its types already: that omits most of what its users pay for, so it
stands beside sse_core's ``feed_chunk``. In "live arguments" the value is read after every delta;
anthropic parses it anyway.

Every library has a process of its own, in the first of the ``--pythons`` that has it, and they take
turns. The best of several turns counts. Who would need more than ``--seconds`` for one is left out
from there on: "-".
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import metadata
from itertools import cycle, islice
from pathlib import Path
from typing import Any, NamedTuple

OURS, FLOOR = "sse_core", "floor"
CHAT, CLAUDE = "openai-chat", "anthropic"
ROOT = Path(__file__).resolve().parent.parent

Payloads = Iterator[dict[str, Any]]

# -- what is merged --------------------------------------------------------------------------

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
    ends = {"stop_reason": None, "stop_sequence": None}
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


# -- the clock -------------------------------------------------------------------------------


class TooLong(Exception):
    pass


class Clock:
    """``with clock:`` adds to ``seconds`` the CPU time of this process."""

    def __init__(self, limit: float = math.inf) -> None:
        self.seconds = self._begun = 0.0
        self.limit = limit

    def __enter__(self) -> None:
        self._begun = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self._begun
        if self.seconds > self.limit:
            raise TooLong

    def guarded(self, pushes: list[bytes]) -> Iterator[bytes]:
        """The pushes, as long as there is time."""
        for push in pushes:
            if time.process_time() - self._begun > self.limit:
                raise TooLong
            yield push


BATCH = 1024  # objects that are made beforehand, but not all at once: they are large


def batches(payloads: Payloads, made: Callable[[Any], Any]) -> Iterator[list[Any]]:
    while batch := [made(payload) for payload in islice(payloads, BATCH)]:
        yield batch


# -- the libraries ---------------------------------------------------------------------------
#
# An adapter makes its input, does its work under the clock, and gives its result: the texts of the
# response, or the arguments of its calls. It imports what it needs when it is called.

Adapter = Callable[[Traffic, Clock], list[Any]]


def floor(traffic: Traffic, clock: Clock) -> list[Any]:
    """The least that anybody has to do, short of adding anything up."""
    pushes = traffic.pushes()
    said: dict[int, list[str]] = {}
    with clock:
        rest, chunks = b"", []
        for push in pushes:
            *blocks, rest = (rest + push).split(b"\n\n")
            for block in blocks:
                data = block[block.index(b"data: ") + 6 :]
                if data != b"[DONE]":
                    chunks.append(json.loads(data))
            if len(chunks) > BATCH:
                collect(chunks, said)  # only the last few are added up: it is no merger
                chunks.clear()
    return []


def collect(chunks: list[Any], said: dict[int, list[str]]) -> None:
    said.setdefault(0, [])


def sse_core_bytes(traffic: Traffic, clock: Clock, *, size: int = 0) -> list[Any]:
    """``size``: bytes a push; 0: one event."""
    from sse_core import StreamDecoder

    pushes = traffic.pushes(size) if size else list(traffic.events())
    with clock:
        stream = StreamDecoder(traffic.dialect)
        if traffic.shape.live:
            read_live(stream, stream.feed, pushes)
        else:
            for push in pushes:
                for _event in stream.feed(push):
                    pass
        stream.close()
        response = stream.response
    return our_result(response, traffic)


def sse_core_chunks(traffic: Traffic, clock: Clock) -> list[Any]:
    from sse_core import StreamDecoder

    stream = StreamDecoder(traffic.dialect)
    kind = "message" if traffic.dialect == CHAT else "content_block_delta"
    feed = partial(stream.feed_chunk, event=kind)
    for batch in batches(traffic.payloads(), copied):
        with clock:
            if traffic.shape.live:
                read_live(stream, feed, batch)
            else:
                for chunk in batch:
                    for _event in feed(chunk):
                        pass
    with clock:
        stream.close()
        response = stream.response
    return our_result(response, traffic)


def read_live(stream: Any, feed: Callable[[Any], Any], inputs: list[Any]) -> None:
    from sse_core import ToolCallDelta

    for one in inputs:
        for event in feed(one):
            if type(event) is ToolCallDelta:
                stream.live(event.block).value  # noqa: B018


def our_result(response: Any, traffic: Traffic) -> list[Any]:
    if traffic.shape.is_text:
        return [response.text]
    return [call.parsed for call in response.tool_calls]


def copied(payload: Any) -> Any:
    """As a parser makes it: nothing in it is shared."""
    return json.loads(json.dumps(payload))


TOOL: Any = {
    "type": "function",
    "function": {"name": "f", "strict": True, "parameters": {"type": "object"}},
}
ASK: Any = [{"role": "user", "content": "Hi"}]
CLIENT: Any = {"api_key": "none", "base_url": "http://localhost", "max_retries": 0}


def openai_typed(traffic: Traffic, clock: Clock) -> list[Any]:
    from openai._models import construct_type
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    typed = partial(construct_type, type_=ChatCompletionChunk)
    asked: Any = {"input_tools": [TOOL]} if traffic.shape.live else {}
    state: Any = ChatCompletionStreamState(**asked)
    for batch in batches(traffic.payloads(), lambda payload: typed(value=payload)):
        with clock:
            for chunk in batch:
                for _event in state.handle_chunk(chunk):
                    pass
    with clock:
        completion = state.get_final_completion()
    return completion_result(completion, traffic)


def openai_client(traffic: Traffic, clock: Clock) -> list[Any]:
    from openai import OpenAI

    client = OpenAI(http_client=web("openai", clock.guarded(traffic.pushes())), **CLIENT)
    asked: Any = {"tools": [TOOL]} if traffic.shape.live else {}
    asked.update(model="gpt-4o", messages=ASK)
    with clock, client.chat.completions.stream(**asked) as stream:
        for event in stream:
            if event.type == "tool_calls.function.arguments.delta":
                event.parsed_arguments  # noqa: B018
        completion = stream.get_final_completion()
    return completion_result(completion, traffic)


def completion_result(completion: Any, traffic: Traffic) -> list[Any]:
    said = completion.choices[0].message
    if traffic.shape.is_text:
        return [said.content]
    return [json.loads(call.function.arguments) for call in said.tool_calls]


def anthropic_typed(traffic: Traffic, clock: Clock) -> list[Any]:
    from anthropic._models import construct_type
    from anthropic.lib.streaming._messages import accumulate_event
    from anthropic.types import RawMessageStreamEvent

    typed = partial(construct_type, type_=RawMessageStreamEvent)
    snapshot: Any = None
    buffers: Any = {}
    for batch in batches(traffic.payloads(), lambda payload: typed(value=payload)):
        with clock:
            for event in batch:
                snapshot = accumulate_event(
                    event=event, current_snapshot=snapshot, json_bufs=buffers
                )
    return message_result(snapshot, traffic)


def anthropic_client(traffic: Traffic, clock: Clock) -> list[Any]:
    from anthropic import Anthropic

    client = Anthropic(http_client=web("anthropic", clock.guarded(traffic.pushes())), **CLIENT)
    asked: Any = {"model": "m", "max_tokens": 9, "messages": ASK}
    with clock, client.messages.stream(**asked) as stream:
        for event in stream:
            if event.type == "input_json":
                event.snapshot  # noqa: B018
        final = stream.get_final_message()
    return message_result(final, traffic)


def message_result(final: Any, traffic: Traffic) -> list[Any]:
    return [block.text if traffic.shape.is_text else block.input for block in final.content]


def web(sdk: str, pushes: Iterator[bytes]) -> Any:
    """An httpx client, of the kind that the SDK takes, whose server sends these."""
    from importlib import import_module

    base = import_module(f"{sdk}._base_client")
    httpx = getattr(base, "httpx2", None) or import_module("httpx")
    headers = {"content-type": "text/event-stream"}

    def answer(request: Any) -> Any:
        return httpx.Response(200, headers=headers, content=pushes, request=request)

    return httpx.Client(transport=httpx.MockTransport(answer))


class Row(NamedTuple):
    library: str
    what: str
    run: Adapter
    beside: str = ""  # the row of ours that has the same input
    dialects: tuple[str, ...] = (CHAT, CLAUDE)
    live: bool = True  # whether it can be read after every delta, too


BYTES, EVENTS, CHUNKS = "64 KiB a push", "an event a push", "parsed chunks"
ROWS = {
    f"{row.library}, {row.what}": row
    for row in (
        Row(OURS, BYTES, partial(sse_core_bytes, size=65536), live=False),
        Row(OURS, EVENTS, sse_core_bytes),
        Row(OURS, CHUNKS, sse_core_chunks),
        Row(FLOOR, "64 KiB a push", floor),
        Row("openai", "its client", openai_client, BYTES, (CHAT,)),
        Row("openai", "typed", openai_typed, CHUNKS, (CHAT,)),
        Row("anthropic", "its client", anthropic_client, BYTES, (CLAUDE,)),
        Row("anthropic", "typed", anthropic_typed, CHUNKS, (CLAUDE,)),
    )
}
