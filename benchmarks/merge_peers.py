"""The libraries whose merging is measured: one adapter for each way in, and no network.

An adapter makes its input, does its work under the clock, and gives its result: the texts of the
response, or the arguments of its calls. It drives its library by the loop its users write, and
imports what it needs when it is called.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import islice
from typing import Any, NamedTuple

from benchmarks.merge_shapes import CHAT, CLAUDE, PIECE, Payloads, Shape, Traffic

OURS, FLOOR = "sse_core", "floor"

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

Adapter = Callable[[Traffic, Clock], list[Any] | None]  # None: nothing to check


def floor(traffic: Traffic, clock: Clock) -> list[Any] | None:
    """The least that anybody has to do before anything can be added up."""
    pushes = traffic.pushes()
    with clock:
        rest = b""
        for push in pushes:
            *blocks, rest = (rest + push).split(b"\n\n")
            for block in blocks:
                data = block[block.index(b"data: ") + 6 :]
                if data != b"[DONE]":
                    json.loads(data)
    return None


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
    beside: tuple[str, ...] = ()  # the rows of ours with the same input; the first that is there
    dialects: tuple[str, ...] = (CHAT, CLAUDE)
    live: bool = True  # whether values can be read after every delta, too
    huge: bool = False  # whether it is for the huge event, and for nothing else

    @property
    def name(self) -> str:
        return f"{self.library}, {self.what}"

    def takes(self, dialect: str, shape: Shape) -> bool:
        return (
            dialect in self.dialects and self.huge == shape.huge and (self.live or not shape.live)
        )


BYTES, EVENTS, CHUNKS = f"{OURS}, 64 KiB a push", f"{OURS}, an event a push", f"{OURS}, chunks"
ROWS = {
    row.name: row
    for row in (
        Row(OURS, "64 KiB a push", partial(sse_core_bytes, size=65536), live=False),
        Row(OURS, "an event a push", sse_core_bytes),
        Row(OURS, "chunks", sse_core_chunks),
        Row(OURS, f"{PIECE} bytes a push", partial(sse_core_bytes, size=PIECE), huge=True),
        Row(FLOOR, "64 KiB a push", floor, (BYTES, EVENTS)),
        Row("openai", "client", openai_client, (BYTES, EVENTS), (CHAT,)),
        Row("openai", "typed", openai_typed, (CHUNKS,), (CHAT,)),
        Row("anthropic", "client", anthropic_client, (BYTES, EVENTS), (CLAUDE,)),
        Row("anthropic", "typed", anthropic_typed, (CHUNKS,), (CLAUDE,)),
    )
}
LIBRARIES = list(dict.fromkeys(row.library for row in ROWS.values()))
