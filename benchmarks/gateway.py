"""A gateway's loop: many ``openai-chat`` streams at once on one core, what a chunk of any costs.

The streams take turns, and each push is one event. Every program looks at each chunk as it comes,
and has the text, the arguments of the call and the usage of each stream in the end.

``sse_core`` hands on the text of each delta. ``sse_core, passing through`` hands on the bytes as
they came, as a gateway between equal dialects may, and only adds up. ``sse_core, moved every 20
chunks`` goes to another process that often: dumped to JSON text, and loaded from it. ``openai`` is
its decoder, its chunk objects and its ``ChatCompletionStreamState``. The floor parses each chunk,
hands on the text, and adds nothing up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from benchmarks.harness import FLOOR, OURS, Row, check_equal, cpu_time
from benchmarks.merge import parser
from benchmarks.shapes import CHAT, Answer, chat_chunk, compact

UNIT, PER = "second", "chunk"

CASES = [f"{CHAT}/1000"]
QUICK = [f"{CHAT}/100"]
SMOKE = [f"{CHAT}/3"]

TEXT, CALL = Answer(CHAT, "text", 64), Answer(CHAT, "call", 32)
EVERY = 20  # chunks between two moves
USAGE = {"prompt_tokens": 9, "completion_tokens": 96, "total_tokens": 105}

MOVED = f"{OURS}, moved every {EVERY} chunks"

#: Characters handed on, and of each stream the text, the arguments of its call, and its tokens.
Result = tuple[int, list[tuple[str, Any, int]]]
Run = Callable[[list[bytes], int], Result]  # pushes of a stream, number of streams


def pushes() -> list[bytes]:
    """A text, then a call, then how many tokens that was."""
    chunks = [chunk for _, chunk in (*list(TEXT.chunks())[:-1], *list(CALL.chunks())[1:])]
    chunks.append({**chat_chunk({}), "choices": [], "usage": USAGE})
    return [f"data: {data}\n\n".encode() for data in (*map(compact, chunks), "[DONE]")]


def per(case: str) -> int:
    return streams_in(case) * len(pushes())


def streams_in(case: str) -> int:
    return int(case.rpartition("/")[2])


def moves() -> int:
    """How often a stream that is moved is moved."""
    return len(pushes()) // EVERY


def ours(distribution: str, passing: bool, moving: bool, pushes: list[bytes], count: int) -> Result:
    from sse_core import StreamDecoder, TextDelta

    faster: Any = {"loads": parser(distribution)} if distribution else {}
    streams = [StreamDecoder(CHAT, **faster) for _ in range(count)]
    handed_on = 0
    if passing:
        for push in pushes:
            for stream in streams:
                stream.feed(push)
                handed_on += len(push)
    else:
        for n, push in enumerate(pushes, 1):
            for stream in streams:
                for event in stream.feed(push):
                    if type(event) is TextDelta:
                        handed_on += len(event.text)
            if moving and n % EVERY == 0:
                states = [json.dumps(stream.dump()) for stream in streams]
                streams = [StreamDecoder.load(json.loads(state)) for state in states]
    results = []
    for stream in streams:
        stream.close()
        response = stream.response
        assert response.usage is not None
        (call,) = response.tool_calls
        results.append((response.text, call.parsed, response.usage.total_tokens or 0))
    return handed_on, results


def openai(pushes: list[bytes], count: int) -> Result:
    from openai._models import construct_type
    from openai._streaming import SSEDecoder
    from openai.lib.streaming.chat import ChatCompletionStreamState
    from openai.types.chat import ChatCompletionChunk

    def chunks() -> Iterator[Any]:
        """As its ``Stream`` makes them."""
        for sse in SSEDecoder().iter_bytes(iter(pushes)):
            if sse.data.startswith("[DONE]"):
                break
            yield construct_type(type_=ChatCompletionChunk, value=sse.json())

    streams = [(chunks(), ChatCompletionStreamState()) for _ in range(count)]
    handed_on = 0
    for _ in pushes:
        for source, state in streams:
            chunk = next(source, None)
            for event in () if chunk is None else state.handle_chunk(chunk):
                if event.type == "content.delta":
                    handed_on += len(event.delta)
    results = []
    for _, state in streams:
        completion = state.get_final_completion()
        said = completion.choices[0].message
        (call,) = said.tool_calls
        tokens = completion.usage.total_tokens
        results.append((said.content, json.loads(call.function.arguments), tokens))
    return handed_on, results


def floor(distribution: str, pushes: list[bytes], count: int) -> Result:
    loads = parser(distribution)
    handed_on = 0
    for push in pushes:
        for _ in range(count):
            for block in push.split(b"\n\n")[:-1]:
                data = block[6:]
                if data != b"[DONE]":
                    for choice in loads(data)["choices"]:
                        handed_on += len(choice["delta"].get("content") or "")
    return handed_on, results_of(count)


def results_of(count: int) -> list[tuple[str, Any, int]]:
    return [(TEXT.want[0], CALL.want[0], USAGE["total_tokens"])] * count


def prepare(run: Run, passing: bool, case: str) -> Callable[[], float]:
    stream, count = pushes(), streams_in(case)
    handed_on = sum(map(len, stream)) if passing else len(TEXT.want[0])
    run(stream, 1)  # what it imports
    return cpu_time(
        partial(run, stream, count), check_equal((count * handed_on, results_of(count)))
    )


def row(distribution: str, run: Run, passing: bool = False) -> Row:
    return Row(distribution, partial(prepare, run, passing))


ROWS = {
    OURS: row("", partial(ours, "", False, False)),
    f"{OURS}, passing through": row("", partial(ours, "", True, False), passing=True),
    MOVED: row("", partial(ours, "", False, True)),
    f"{OURS} with msgspec": row("msgspec", partial(ours, "msgspec", False, False)),
    FLOOR: row("", partial(floor, "")),
    f"{FLOOR} with msgspec": row("msgspec", partial(floor, "msgspec")),
    "openai": row("openai", openai),
}
