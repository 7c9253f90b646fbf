"""Growth: eight times the input costs about eight times the time, for every shape of stream.

No time is looked at by itself, only the ratio of two, so that a slow machine passes as a fast one
does: linear is 8, quadratic 64, and beyond 24 a test fails. A shape is a function from a size ``n``
to an input whose bytes grow as ``n`` does. (Where each piece repeats all before it, that takes the
square root of ``n`` pieces.) A stream nobody would send is here because somebody hostile might.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain, cycle, islice
from math import isqrt
from typing import Any, NamedTuple

import pytest

from sse_core import (
    Anomaly,
    Citation,
    Finish,
    KeepAlive,
    Limits,
    Logprobs,
    MediaDelta,
    Metadata,
    Opaque,
    ReasoningDelta,
    ResponseEnd,
    SSEDecoder,
    SSEObserver,
    StreamDecoder,
    StreamError,
    TextDelta,
    TextEnd,
    ToolCallDelta,
    ToolCallEnd,
    Unknown,
    Usage,
    encode_comment,
    encode_event,
    encode_json,
)
from sse_core.dialects import JSON
from sse_core.dialects.base import Dialect
from sse_core.partial_json import Nesting, PartialJSON

# Where only the wheel is tested, the benchmarks may not be there.
shapes = pytest.importorskip("benchmarks.shapes", exc_type=ModuleNotFoundError)

pytestmark = pytest.mark.growth

Work = Callable[[], object]

LEAST = 0.001  # seconds: below, a clock tells little
PIECE = "0123456789"


def check_growth(prepare: Callable[[int], Work], n: int = 64) -> None:
    """``prepare`` makes an input of size ``n``, and gives the work whose time is taken.

    A busy machine may spoil a ratio, but seldom three; a quadratic fails each time.
    """
    while (small := cpu_time(prepare(n))) < LEAST:
        n *= 2
    for _ in range(3):
        if (ratio := cpu_time(prepare(8 * n)) / small) < 24:
            return
        small = cpu_time(prepare(n))
    pytest.fail(f"8 times the input takes {ratio:.0f} times as long")


def cpu_time(work: Work) -> float:
    """The least of three, of this process alone, without the collector: what it costs depends on
    everything that the other tests keep alive."""
    times = []
    gc.disable()
    for _ in range(3):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    gc.enable()
    return min(times)


# -- the wire ------------------------------------------------------------------------------------

LONG = b"9" * 8192  # as a name or an id may be; beyond it each push to another line is looked at

WIRE: dict[str, Callable[[int], Iterable[bytes]]] = {
    "one line in tiny pushes": lambda n: [b"data: ", *[b"0123456789abcdef"] * n, b"\n\n"],
    "one line in 1-byte pushes": lambda n: [b"data: ", *[b"x"] * n, b"\n\n"],
    "one event of many lines": lambda n: [*[b"data: 0123456789\n"] * n, b"\n"],
    "one event of many lines, whole": lambda n: [b"data: 0123456789\n" * n + b"\n"],
    "one event of empty lines": lambda n: [b"data\n" * n + b"\n"],
    "many events in one push": lambda n: [b"data: x\n\n" * n],
    "many events in CR, in one push": lambda n: [b"data: x\r\r" * n],
    "lines of both ends": lambda n: [b"data: x\r\ndata: y\n" * n + b"\n"],
    "no CR after the first line": lambda n: [b"data: x\r" + b"data: y\n" * n + b"\n"],
    "a comment without end": lambda n: [b": " + LONG, *[b"x"] * n],
    "comments": lambda n: [b": ping\n" * n],
    "comments in pushes": lambda n: [b": ping\n"] * n,
    "unknown fields": lambda n: [b"unknown: x\n" * n],
    "an unknown field without end": lambda n: [b"unknown: " + LONG, *[b"x"] * n],
    "a line that is no field": lambda n: [LONG, *[b"x"] * n],
    "blank lines": lambda n: [b"\n" * n],
    "a cut blank line": lambda n: [b"\r\n", b"data: x\r\n\r"] * n,
    "ids without data": lambda n: [b"id: 1\n\n" * n],
    "names without data": lambda n: [b"event: e\n" * 32 + b"\n"] * (n // 32),
    "retries": lambda n: [b"retry: 9\n\n" * n],
    "one retry": lambda n: [b"retry: " + LONG, *[b"9"] * n, b"\n\n"],
    "bytes that are not UTF-8": lambda n: [b"data: \xff\xc3\n\n" * n],
    "NULs": lambda n: [b"id: \0\ndata: \0\n\n" * n],
}


@pytest.mark.parametrize("decoder", [SSEDecoder, SSEObserver])
@pytest.mark.parametrize("shape", WIRE)
def test_decoding(shape: str, decoder: type[SSEDecoder] | type[SSEObserver]) -> None:
    check_growth(lambda n: decoding(decoder(), list(WIRE[shape](n))))


@pytest.mark.parametrize("shape", shapes.WIRE)
def test_decoding_of_what_is_measured(shape: str) -> None:
    def prepare(n: int) -> Work:
        return decoding(SSEDecoder(), shapes.cut(shapes.WIRE[shape](n // 32).blocks, "37"))

    check_growth(prepare)


def decoding(decoder: SSEDecoder | SSEObserver, pushes: list[bytes]) -> Work:
    def work() -> None:
        for push in pushes:
            decoder.feed(push)
        decoder.close()
        decoder.reset()

    return work


WRITING: dict[str, Callable[[int], Work]] = {
    "lines": lambda n: partial(encode_event, f"{PIECE}\n" * n),
    "empty lines of each end": lambda n: partial(encode_event, "\r\r\n\n" * n),
    "one line": lambda n: partial(encode_event, PIECE * n),
    "JSON": lambda n: partial(encode_json, [{"a": PIECE}] * n),
    "comments": lambda n: partial(encode_comment, f"{PIECE}\n" * n),
}


@pytest.mark.parametrize("shape", WRITING)
def test_encoding(shape: str) -> None:
    check_growth(WRITING[shape])


# -- half-arrived JSON ---------------------------------------------------------------------------

TEXTS: dict[str, Callable[[int], list[str]]] = {
    "one string": lambda n: ['{"a":"', *["0123456789"] * n],
    "one string in one text": lambda n: ['["' + "0123456789" * n + '"]'],
    "one string, 1 character": lambda n: ['{"a":"', *["x"] * n],
    "escapes": lambda n: ['["', *[r"\n\u00e9\t"] * n],
    "escapes in one text": lambda n: ['["' + r"\n\u00e9\ud83d\ude00x" * n],
    "escapes, 1 character": lambda n: ['["', *r"\ud83d\ude00" * (n // 8)],
    "halves of pairs": lambda n: ['["', *[r"\ud83d"] * n],
    "one key": lambda n: ['{"', *["x"] * n],
    "many keys": lambda n: ["{", *[f'"k{i}":{i},' for i in range(n)]],
    "one key again and again": lambda n: ["{", *['"a":[],'] * n],
    "objects": lambda n: ["[", *['{"id":12,"na', 'me":"ab"},'] * (n // 2)],
    "numbers, 1 character": lambda n: ["[", *("12.5e-3," * (n // 8))],
    "one number": lambda n: ["[0.", *["1"] * n],
    "depth": lambda n: ["["] * n + ["]"] * n,
    "depth in one text": lambda n: ['[{"a":' * n + "1" + "}]" * n],
    "white space": lambda n: ["[", *[" \n"] * n],
    "nothing": lambda n: ["[", *[""] * n],
}


@pytest.mark.parametrize("shape", TEXTS)
def test_partial_json(shape: str) -> None:
    def prepare(n: int) -> Work:
        pieces = TEXTS[shape](n)

        def work() -> None:
            decoder = PartialJSON(max_depth=None, changes=False)
            for piece in pieces:
                decoder.feed(piece)
                _ = decoder.value

        return work

    check_growth(prepare)


@pytest.mark.parametrize("shape", ["one string", "escapes in one text", "objects", "depth"])
def test_nesting(shape: str) -> None:
    def prepare(n: int) -> Work:
        pieces = TEXTS[shape](n)

        def work() -> None:
            nesting = Nesting()
            for piece in pieces:
                nesting.feed(piece)

        return work

    check_growth(prepare)


@pytest.mark.skipif(sys.gettrace() is not None, reason="a tracer may switch off growing in place")
def test_a_string_that_grows_is_not_copied() -> None:
    """Work, not time: where a string lies is what CPython's allocator says, and seldom changes."""
    decoder = PartialJSON(changes=False)
    decoder.feed('["')
    moves, place = 0, 0
    for _ in range(20_000):
        decoder.feed(PIECE)
        moves += place != id(decoder.value[0])
        place = id(decoder.value[0])
    assert moves < 2_000


# -- responses -----------------------------------------------------------------------------------


def responding(
    dialect: str | Dialect,
    pushes: list[bytes],
    *,
    assume: tuple[str, ...] = (),
    live: bool = False,
) -> Work:
    """``live``: the value of a call's arguments is looked at after each delta."""

    def work() -> None:
        stream = StreamDecoder(dialect, assume=assume)
        for push in pushes:
            for event in stream.feed(push):
                if live and type(event) is ToolCallDelta:
                    view = stream.live(event.block)
                    assert view is not None
                    _ = view.value
        stream.close()

    return work


@pytest.mark.parametrize("content", shapes.CONTENTS)
@pytest.mark.parametrize("dialect", shapes.DIALECTS)
def test_responses(dialect: str, content: str) -> None:
    def prepare(n: int) -> Work:
        deltas = 8 * n if content == "calls" else n  # there are 64 of them, always
        blocks = shapes.Answer(dialect, content, deltas).blocks()
        pushes = shapes.cut(blocks, "tiny" if content == "huge" else "event")
        return responding(dialect, pushes, live=content == "live")

    check_growth(prepare)


@pytest.mark.parametrize("dialect", shapes.DIALECTS)
def test_a_response_in_one_push(dialect: str) -> None:
    check_growth(
        lambda n: responding(
            dialect, shapes.cut(shapes.Answer(dialect, "calls", n).blocks(), "whole")
        )
    )


# How a chunk is written; each answers JSON as Python values.


def chat(delta: Any, **more: Any) -> dict[str, Any]:
    """``more`` is of the chunk."""
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}], **more}


def call(arguments: str, **more: Any) -> dict[str, Any]:
    """``more`` is of the call."""
    return chat({"tool_calls": [{"index": 0, "function": {"arguments": arguments}, **more}]})


CALL = call("", id="c1", type="function", function={"name": "f", "arguments": ""})


def candidate(*parts: Any, **more: Any) -> dict[str, Any]:
    """Gemini's; ``more`` is of the candidate."""
    return {"candidates": [{"content": {"parts": list(parts), "role": "model"}, **more}]}


def argument(path: str, value: Any, *, more: bool = False) -> dict[str, Any]:
    """One place in the arguments of Gemini's open call."""
    leaf = {"jsonPath": path, "stringValue": value, "willContinue": more}
    return candidate({"functionCall": {"partialArgs": [leaf], "willContinue": True}})


OPEN_CALL = candidate({"functionCall": {"name": "f", "willContinue": True}})


def output(kind: str, **more: Any) -> dict[str, Any]:
    """An event of OpenAI Responses, about its first item."""
    return {"type": f"response.{kind}", "output_index": 0, **more}


def added(kind: str, **more: Any) -> dict[str, Any]:
    return output("output_item.added", item={"type": kind, "id": "i1", **more})


def told(i: int, ids: str = "m") -> dict[str, Any]:
    """A message of OpenAI Responses, told whole."""
    content = [{"type": "output_text", "text": PIECE}]
    return output("output_item.done", item={**MESSAGE_ITEM, "id": f"{ids}{i}", "content": content})


def block(delta: str, **more: Any) -> dict[str, Any]:
    """More of Anthropic's first block."""
    return {"type": "content_block_delta", "index": 0, "delta": {"type": delta, **more}}


def begun(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "content_block_start", "index": 0, "content_block": {"type": kind, **more}}


MESSAGE = {"type": "message_start", "message": {"id": "m1", "model": "m", "role": "assistant"}}

MESSAGE_ITEM = {"type": "message", "role": "assistant"}

TOKEN = {"token": "The", "logprob": -0.1, "bytes": [84, 104, 101], "top_logprobs": []}


def source(n: int) -> dict[str, Any]:
    """A citation, as OpenAI and Gemini write it."""
    return {"url": f"https://example.org/{n}", "uri": f"https://example.org/{n}", "start_index": n}


def names(count: int, i: int = 0) -> dict[str, int]:
    """Other ones for each ``i``."""
    return {f"{i}_{n}": n for n in range(count)}


def repeating(n: int) -> Iterator[str]:
    """Each piece repeats all before it: about ``n`` characters together."""
    return (PIECE * m for m in range(1, isqrt(n) // 2))


def halves(n: int, first: Callable[[int], Any], then: Callable[[int], Any]) -> Iterator[Any]:
    """Something large, then many that are small."""
    return chain([first(n // 2)], (then(i) for i in range(n // 2)))


class Special(NamedTuple):
    """A stream of its own kind.

    Attributes:
        dialect: how it is read.
        input: from a size, what is sent: chunks as Python values, or pushes as bytes.
        shows: the kind of event that says that the stream is what it claims to be.
        assume: as ``StreamDecoder`` takes it.
        least: the smallest size at which what could be quadratic would weigh more than the rest.
    """

    dialect: str | Dialect
    input: Callable[[int], Iterable[Any]]
    shows: type
    assume: tuple[str, ...] = ()
    least: int = 64

    def pushes(self, n: int) -> list[bytes]:
        return [item if isinstance(item, bytes) else event(item) for item in self.input(n)]


def event(chunk: Any) -> bytes:
    return f"data: {shapes.compact(chunk)}\n\n".encode()


CHAT: dict[str, Special] = {
    "reasoning": Special(
        "openai-chat",
        lambda n: (chat({"reasoning_content": PIECE}) for _ in range(n)),
        ReasoningDelta,
    ),
    "reasoning in details": Special(
        "openai-chat",
        lambda n: (
            chat({"reasoning_details": [{"type": "reasoning.text", "index": 0, "text": PIECE}]})
            for _ in range(n)
        ),
        ReasoningDelta,
    ),
    "empty deltas": Special("openai-chat", lambda n: [chat({})] * n, ResponseEnd),
    "the same role each time": Special(
        "openai-chat", lambda n: [chat({"role": "assistant", "content": "a"})] * n, TextDelta
    ),
    "128 choices in turns": Special(
        "openai-chat",
        lambda n: (
            {"choices": [{"index": i % 128, "delta": {"content": PIECE}}]} for i in range(n)
        ),
        TextDelta,
    ),
    "128 calls in turns": Special(
        "openai-chat",
        lambda n: (
            chat({"tool_calls": [{"index": i % 128, "function": {"name": "f", "arguments": "["}}]})
            for i in range(n)
        ),
        ToolCallDelta,
    ),
    "1,024 blocks, then text": Special(
        "openai-chat",
        lambda n: chain(
            (chat({("content", "reasoning")[i % 2]: PIECE}) for i in range(min(1024, n))),
            (chat({("reasoning", "content")[n % 2]: PIECE}) for _ in range(n - 1024)),
        ),
        TextEnd,
    ),
    "halves of characters": Special("openai-chat", lambda n: [event_of_half()] * n, TextDelta),
    "log probabilities": Special(
        "openai-chat",
        lambda n: (
            {"choices": [{"delta": {"content": "The"}, "logprobs": {"content": [TOKEN]}}]}
            for _ in range(n)
        ),
        Logprobs,
    ),
    "a citation in each chunk": Special(
        "openai-chat",
        lambda n: (
            chat({"content": "a", "annotations": [{"type": "url", "url": source(i)}]})
            for i in range(n)
        ),
        Citation,
    ),
    "usage in each chunk": Special(
        "openai-chat",
        lambda n: (chat({"content": "a"}, usage={"completion_tokens": i}) for i in range(n)),
        Usage,
    ),
    "usage of each choice": Special(
        "openai-chat",
        lambda n: (
            {"choices": [{"index": i % 64, "delta": {}}], "usage": {"completion_tokens": i}}
            for i in range(n)
        ),
        Usage,
    ),
    "usage with new names each time": Special(
        "openai-chat",
        lambda n: (chat({}, usage=names(16, i)) for i in range(n)),
        Usage,
        least=256,
    ),
    "usage with many names, then with one": Special(
        "openai-chat",
        lambda n: halves(
            n,
            lambda m: chat({}, usage=names(16 * m)),
            lambda i: chat({}, usage={"completion_tokens": i}),
        ),
        Usage,
    ),
    "facts that change": Special(
        "openai-chat",
        lambda n: (chat({"content": "a"}, system_fingerprint=f"fp_{i}", x=i) for i in range(n)),
        Metadata,
    ),
    "a new fact each time": Special(
        "openai-chat",
        lambda n: (chat({"content": "a"}, **{f"x{i}": i}) for i in range(n)),
        Metadata,
    ),
    "a large fact, then small ones in its place": Special(
        "openai-chat",
        lambda n: halves(n, lambda m: chat({}, x=[PIECE] * m), lambda i: chat({}, x=i)),
        Metadata,
    ),
    "a reason each time": Special(
        "openai-chat",
        lambda n: ({"choices": [{"delta": {}, "finish_reason": f"reason {i}"}]} for i in range(n)),
        Finish,
    ),
    "sentinels": Special("openai-chat", lambda n: [b"data: [DONE]\n\n"] * n, ResponseEnd),
    "errors": Special(
        "openai-chat", lambda n: ({"error": {"message": f"no {i}"}} for i in range(n)), StreamError
    ),
    "unknown chunks": Special("openai-chat", lambda n: ({"what": i} for i in range(n)), Unknown),
    "the whole message after its deltas": Special(
        "openai-chat",
        lambda n: chain(
            (chat({"content": PIECE}) for _ in range(isqrt(n))),
            ({"choices": [{"message": {"content": PIECE * isqrt(n)}}]} for _ in range(isqrt(n))),
        ),
        ResponseEnd,
    ),
    "audio": Special(
        "openai-chat",
        lambda n: (chat({"audio": {"data": "AAAA", "transcript": "a"}}) for _ in range(n)),
        MediaDelta,
    ),
    "audio, then its end again and again": Special(
        "openai-chat",
        lambda n: chain(
            [chat({"audio": {"data": "AAAA" * 499}})] * n,
            [chat({"audio": {"expires_at": 1}})] * n,
        ),
        MediaDelta,
        least=512,
    ),
}


def event_of_half() -> bytes:
    """Half a surrogate pair, which JSON can write."""
    return event(chat({"content": "?"})).replace(b"?", rb"\ud83d")


CALLS: dict[str, Special] = {
    "a name bit by bit": Special(
        "openai-chat",
        lambda n: chain([CALL], (call("", function={"name": PIECE * 99}) for _ in range(n))),
        ToolCallEnd,
        least=1024,
    ),
    "an id with each delta": Special(
        "openai-chat",
        lambda n: chain([CALL], (call(PIECE, id=f"c{i}") for i in range(n))),
        ToolCallDelta,
    ),
    "each fragment repeats all before it": Special(
        "openai-chat",
        lambda n: chain([CALL], (call('{"a":"' + text) for text in repeating(n))),
        Anomaly,
    ),
    "fragments as long as all before": Special(
        "openai-chat",
        lambda n: chain([CALL], (call(PIECE * 2**i) for i in range(max(1, n.bit_length() - 4)))),
        ToolCallDelta,
    ),
    "objects after the arguments are closed": Special(
        "openai-chat",
        lambda n: chain([CALL, call('{"a":1}')], [call("{" + " " * 999 + "}")] * n),
        ToolCallDelta,
        least=1024,
    ),
    "the same object, spelt shorter, after the arguments are closed": Special(
        "openai-chat",
        lambda n: chain(
            [CALL],
            halves(n, lambda m: call("{" + " " * 100 * m + "}"), lambda i: call("{}")),
        ),
        ToolCallDelta,
        least=1024,
    ),
    "a large object, then small ones": Special(
        "openai-chat",
        lambda n: chain(
            [CALL],
            halves(n, lambda m: call('{"a":[' + "1," * 25 * m + "1]}"), lambda i: call("{1}")),
        ),
        ToolCallDelta,
    ),
    "a custom call": Special(
        "openai-chat",
        lambda n: (
            chat({"tool_calls": [{"index": 0, "custom": {"name": "f", "input": PIECE}}]})
            for _ in range(n)
        ),
        ToolCallDelta,
    ),
    "a call without tool_calls": Special(
        "openai-chat",
        lambda n: (chat({"function_call": {"name": "f", "arguments": "["}}) for _ in range(n)),
        ToolCallDelta,
    ),
    "places: one string": Special(
        "gemini",
        lambda n: chain([OPEN_CALL], (argument("$.a", PIECE, more=True) for _ in range(n))),
        ToolCallDelta,
    ),
    "places: names": Special(
        "gemini",
        lambda n: chain([OPEN_CALL], (argument(f"$.a.b{i}", PIECE) for i in range(n))),
        ToolCallDelta,
    ),
    "places: objects in an array": Special(
        "gemini",
        lambda n: chain([OPEN_CALL], (argument(f"$.a[{i}].b", PIECE) for i in range(n))),
        ToolCallDelta,
    ),
    "places: ever deeper": Special(
        "gemini",
        lambda n: chain(
            [OPEN_CALL], (argument("$.a" + ".a" * i + ".b", "") for i in range(isqrt(n)))
        ),
        ToolCallDelta,
    ),
    "places: deep, and closed again": Special(
        "gemini",
        lambda n: chain(
            [OPEN_CALL],
            (argument(f"$.a{i}" + ".b" * isqrt(n), "") for i in range(isqrt(n))),
        ),
        ToolCallDelta,
    ),
    "places: refused": Special(
        "gemini", lambda n: chain([OPEN_CALL], [argument("$.a", PIECE)] * n), Unknown
    ),
    "commands of a shell": Special(
        "openai-responses",
        lambda n: chain(
            [added("shell_call")],
            (
                output("shell_call_command.delta", command_index=i // 8, delta=PIECE)
                for i in range(n)
            ),
        ),
        ToolCallDelta,
    ),
    "a patch whose facts cannot be written": Special(
        "openai-responses",
        lambda n: halves(
            n,
            lambda m: added("apply_patch_call", operation={f"k{i}": [] for i in range(m)}),
            lambda i: output("shell_call_command.delta", command_index=9, delta=PIECE),
        ),
        Unknown,
    ),
}

RESPONSES: dict[str, Special] = {
    "log probabilities": Special(
        "openai-responses",
        lambda n: (output("output_text.delta", delta="a", logprobs=[TOKEN]) for _ in range(n)),
        Logprobs,
    ),
    "a summary of reasoning": Special(
        "openai-responses",
        lambda n: (output("reasoning_summary_text.delta", delta=PIECE) for _ in range(n)),
        ReasoningDelta,
    ),
    "annotations, told twice": Special(
        "openai-responses",
        lambda n: chain(
            [added("message"), output("output_text.delta", delta="a")],
            (
                output("output_text.annotation.added", annotation_index=i, annotation=source(i))
                for i in range(n)
            ),
            [
                output(
                    "content_part.done",
                    part={
                        "type": "output_text",
                        "text": "a",
                        "annotations": [source(i) for i in range(n)],
                    },
                )
            ],
        ),
        Citation,
    ),
    "annotations of one number": Special(
        "openai-responses",
        lambda n: chain(
            [added("message"), output("output_text.delta", delta="a")],
            (
                output("output_text.annotation.added", annotation_index=0, annotation=source(i))
                for i in range(n)
            ),
        ),
        Citation,
    ),
    "items at one index": Special(
        "openai-responses", lambda n: (told(i) for i in range(n)), TextEnd
    ),
    "another id with each delta": Special(
        "openai-responses",
        lambda n: chain(
            [added("message")],
            (output("output_text.delta", item_id=f"r{i}", delta=PIECE) for i in range(n)),
        ),
        TextDelta,
    ),
    "parts that were announced, and deltas that are counted": Special(
        "openai-responses",
        lambda n: chain(
            (
                output("content_part.added", content_index=i, part={"type": "output_text"})
                for i in range(n)
            ),
            (output("output_text.delta", content_index=10**6 + i, delta=PIECE) for i in range(n)),
        ),
        TextDelta,
    ),
    "items of which the parts are counted from elsewhere": Special(
        "openai-responses",
        lambda n: chain.from_iterable(
            (
                output(
                    "content_part.added",
                    output_index=i,
                    content_index=5,
                    part={"type": "output_text"},
                ),
                {**told(i), "output_index": i},
            )
            for i in range(n)
        ),
        TextEnd,
    ),
    "all of it once more, by other ids": Special(
        "openai-responses",
        lambda n: chain(
            ({**told(i), "output_index": i} for i in range(n)),
            [output("completed", response={"output": [told(i, "x")["item"] for i in range(n)]})],
        ),
        TextEnd,
    ),
    "done again and again": Special(
        "openai-responses",
        lambda n: chain(
            [added("message")],
            [output("output_text.delta", delta=PIECE)] * n,
            [output("output_text.done", text="")] * n,
        ),
        TextDelta,
    ),
    "an item's end again and again": Special(
        "openai-responses",
        lambda n: chain(
            [added("message")],
            [output("output_text.delta", delta=PIECE)] * n,
            [output("output_item.done", item={"type": "message", "id": "i1"})] * n,
        ),
        TextDelta,
    ),
    "a large item, then its end again and again": Special(
        "openai-responses",
        lambda n: halves(
            n,
            lambda m: output("output_item.done", item={"type": "compaction", "x": [PIECE] * m}),
            lambda i: output("output_item.done", item={"type": "compaction", "x": i}),
        ),
        ResponseEnd,
    ),
    "the end again and again": Special(
        "openai-responses",
        lambda n: [{"type": "response.completed", "response": {"output": [], "usage": {}}}] * n,
        Finish,
    ),
    "the beginning again and again": Special(
        "openai-responses",
        lambda n: (
            {"type": "response.in_progress", "response": {"id": "r1", "tools": [PIECE], "x": i}}
            for i in range(n)
        ),
        Metadata,
    ),
    "other responses begin": Special(
        "openai-responses",
        lambda n: ({"type": "response.created", "response": {"id": f"r{i}"}} for i in range(n)),
        Anomaly,
    ),
    "images, each in place of the last": Special(
        "openai-responses",
        lambda n: chain(
            [added("image_generation_call")],
            (
                output(
                    "image_generation_call.partial_image", partial_image_b64="AAAA" * (1 + i % 9)
                )
                for i in range(n)
            ),
        ),
        MediaDelta,
    ),
    "transcripts": Special(
        "openai-responses",
        lambda n: (output("audio.transcript.delta", delta="a") for _ in range(n)),
        MediaDelta,
    ),
    "types of tomorrow": Special(
        "openai-responses", lambda n: (output(f"what.{i}") for i in range(n)), Unknown
    ),
}

CLAUDE: dict[str, Special] = {
    "thinking": Special(
        "anthropic",
        lambda n: chain(
            [MESSAGE, begun("thinking")],
            (block("thinking_delta", thinking=PIECE) for _ in range(n)),
        ),
        ReasoningDelta,
    ),
    "a citation in each chunk": Special(
        "anthropic",
        lambda n: chain(
            [MESSAGE, begun("text")],
            (block("citations_delta", citation=source(i)) for i in range(n)),
        ),
        Citation,
    ),
    "signatures": Special(
        "anthropic",
        lambda n: chain(
            [MESSAGE, begun("thinking")],
            (block("signature_delta", signature=f"{i}") for i in range(n)),
        ),
        Opaque,
    ),
    "a compaction": Special(
        "anthropic",
        lambda n: chain(
            [MESSAGE, begun("compaction")],
            (block("compaction_delta", content=PIECE, **{f"k{i}": i}) for i in range(n)),
        ),
        ResponseEnd,
    ),
    "a block that begins again": Special(
        "anthropic", lambda n: chain([MESSAGE], [begun("text", text=PIECE)] * n), TextDelta
    ),
    "usage in each chunk": Special(
        "anthropic",
        lambda n: (
            {"type": "message_delta", "delta": {}, "usage": {"output_tokens": i}} for i in range(n)
        ),
        Usage,
    ),
    "nested usage with new names each time": Special(
        "anthropic",
        lambda n: (
            {"type": "message_delta", "delta": {}, "usage": {"by_tool": names(16, i)}}
            for i in range(n)
        ),
        Usage,
        least=512,
    ),
    "pings": Special("anthropic", lambda n: [{"type": "ping"}] * n, KeepAlive),
    "messages begin": Special("anthropic", lambda n: [MESSAGE] * n, ResponseEnd),
    "A16 for each delta": Special(
        "anthropic",
        lambda n: chain(
            [MESSAGE, begun("text", text=PIECE)], [block("text_delta", text=PIECE)] * n
        ),
        TextDelta,
        ("A16",),
    ),
}

GEMINI: dict[str, Special] = {
    "thoughts": Special(
        "gemini", lambda n: [candidate({"text": PIECE, "thought": True})] * n, ReasoningDelta
    ),
    "a reason each time": Special(
        "gemini", lambda n: [candidate({"text": PIECE}, finishReason="STOP")] * n, TextDelta
    ),
    "usage in each chunk": Special(
        "gemini",
        lambda n: (
            {**candidate({"text": "a"}), "usageMetadata": {"candidatesTokenCount": i}}
            for i in range(n)
        ),
        Usage,
    ),
    "log probabilities": Special(
        "gemini",
        lambda n: (
            candidate({"text": "a"}, logprobsResult={"chosenCandidates": [TOKEN]}) for _ in range(n)
        ),
        Logprobs,
    ),
    "a citation in each chunk": Special(
        "gemini",
        lambda n: (
            candidate({"text": "a"}, citationMetadata={"citations": [source(i)]}) for i in range(n)
        ),
        Citation,
    ),
    "all citations in each chunk": Special(
        "gemini",
        lambda n: (
            candidate(citationMetadata={"citations": [source(i) for i in range(m)]})
            for m in range(isqrt(n))
        ),
        Citation,
    ),
    "all grounding in each chunk": Special(
        "gemini", lambda n: (grounded(m, [m - 1]) for m in range(1, isqrt(n))), Citation
    ),
    "one support of many sources": Special("gemini", lambda n: [grounded(1, [0] * n)], Citation),
    "many supports of one source": Special(
        "gemini", lambda n: [grounded(1, *([0] for _ in range(n)))], Citation
    ),
    "signatures": Special(
        "gemini",
        lambda n: (candidate({"text": "", "thoughtSignature": f"{i}"}) for i in range(n)),
        Opaque,
    ),
}


def grounded(sources: int, *places: list[int]) -> dict[str, Any]:
    """So many sources, and for each list of places a segment of the text that they support."""
    return candidate(
        groundingMetadata={
            "groundingChunks": [{"web": source(i)} for i in range(sources)],
            "groundingSupports": [
                {"segment": {"startIndex": i, "endIndex": i + 1}, "groundingChunkIndices": those}
                for i, those in enumerate(places)
            ],
        }
    )


def completion(text: str) -> dict[str, Any]:
    return {"object": "text_completion", "choices": [{"index": 0, "text": text}]}


HOME_MADE: dict[str, Special] = {
    "completions": Special("openai-completions", lambda n: [completion(PIECE)] * n, TextDelta),
    "completions: log probabilities": Special(
        "openai-completions",
        lambda n: [{"choices": [{"text": "a", "logprobs": {"tokens": ["a"]}}]}] * n,
        Logprobs,
    ),
    "text": Special("text", lambda n: [b"data: 0123456789\n\n"] * n, TextDelta),
    "text: one event of many lines": Special(
        "text", lambda n: [*[b"data: 0123456789\n"] * n, b"\n"], TextDelta
    ),
    "text: errors": Special(
        "text", lambda n: (f"event: error\ndata: {i}\n\n".encode() for i in range(n)), StreamError
    ),
    "JSON": Special("json", lambda n: [{"content": PIECE}] * n, TextDelta),
    "JSON: plain values": Special(
        JSON(text="", done="", error=""), lambda n: [PIECE, [1, None]] * n, TextDelta
    ),
    "JSON: done again and again": Special(
        "json", lambda n: [{"content": "", "done": True}] * n, Finish
    ),
    "a dialect that nothing shows": Special("auto", lambda n: [{"what": 1}] * n, Unknown),
}

# What a payload can be, and what is no event.
AROUND: dict[str, Special] = {
    "comments": Special("openai-chat", lambda n: [b": ping\n\n"] * n, KeepAlive),
    "comments in one push": Special("openai-chat", lambda n: [b": ping\n" * n], KeepAlive),
    "empty events": Special("openai-chat", lambda n: [b"data:\n\n"] * n, KeepAlive),
    "bare JSON": Special("openai-chat", lambda n: [b'{"error": 1}\n'] * n, StreamError),
    "bare JSON that is never whole": Special(
        "openai-chat", lambda n: [b'{"a":\n', *[b'"}",\n'] * n], ResponseEnd
    ),
    "bare JSON that is closed, and more": Special(
        "openai-chat", lambda n: [b'{"a": [}]\n'] * n, ResponseEnd
    ),
    "bare JSON between the events": Special(
        "openai-chat", lambda n: [b'{"a": 1\n', event(chat({"content": "a"}))] * n, TextDelta
    ),
    "JSON instead of a stream, one line": Special(
        "openai-chat", lambda n: [b'{"error": [', *[b"1, "] * n, b"1]}\n"], ResponseEnd
    ),
    "several values in one payload": Special(
        "openai-chat",
        lambda n: [b"data: " + shapes.compact(chat({"content": "a"})).encode() * n + b"\n\n"],
        TextDelta,
    ),
    "a value in each line of a payload": Special(
        "openai-chat",
        lambda n: [event(chat({"content": "a"}))[:-1] * n + b"\n"],
        TextDelta,
    ),
    "values, and then something else": Special(
        "openai-chat", lambda n: [b"data: " + b"{}" * n + b"?\n\n"], Anomaly
    ),
    "prose": Special("openai-chat", lambda n: [b"data: prose\n\n"] * n, Anomaly),
    "data: data:": Special("openai-chat", lambda n: [b"data: " * n + b"\n\n"], Unknown),
    "brackets": Special(
        "openai-chat", lambda n: [b"data: " + b"[" * 64 + b"[]," * n + b"\n\n"], Unknown
    ),
    "nested payloads": Special(
        "openai-chat",
        lambda n: [event(chat({}, x=[json.loads("[" * 99 + "]" * 99)] * (n // 99 + 1)))],
        Metadata,
    ),
    "C16: each content repeats all before it": Special(
        "openai-chat",
        lambda n: (chat({"content": text}) for text in repeating(n)),
        TextDelta,
        ("C16",),
    ),
    "C16, but no content repeats": Special(
        "openai-chat",
        lambda n: (chat({"content": f"{i} {PIECE}"}) for i in range(n)),
        TextDelta,
        ("C16",),
    ),
    "C16, but the contents are the same": Special(
        "openai-chat", lambda n: [chat({"content": PIECE})] * n, TextDelta, ("C16",)
    ),
    "R3: each reasoning twice": Special(
        "openai-chat",
        lambda n: (chat({"reasoning": f"{i // 2}"}) for i in range(n)),
        ReasoningDelta,
        ("R3",),
    ),
    "F21: one value in many events": Special(
        "openai-chat",
        lambda n: chain(
            [b'data: {"choices": [{"delta": {"content": "\n\n'],
            [b"data: 0123456789\n\n"] * n,
            [b'data: "}}]}\n\n'],
        ),
        Anomaly,
        ("F21",),
    ),
    "F21: each value in four events": Special(
        "openai-chat",
        lambda n: islice(
            cycle([b"data: {\n\n", b'data: "choices": [{"delta": {\n\n',
                   b'data: "content": "a"}\n\n', b"data: }]}\n\n"]),
            n,
        ),
        TextDelta,
        ("F21",),
    ),
    "F21: values that never end": Special(
        "openai-chat", lambda n: [b"data: {\n\n"] * n, Anomaly, ("F21",)
    ),
}  # fmt: skip

SPECIAL: dict[str, Special] = {
    f"{group}: {name}": special
    for group, table in {
        "chat": CHAT,
        "calls": CALLS,
        "responses": RESPONSES,
        "claude": CLAUDE,
        "gemini": GEMINI,
        "others": HOME_MADE,
        "around": AROUND,
    }.items()
    for name, special in table.items()
}


@pytest.mark.parametrize("name", SPECIAL)
def test_special_streams(name: str) -> None:
    special = SPECIAL[name]

    def prepare(n: int) -> Work:
        return responding(special.dialect, special.pushes(n), assume=special.assume)

    check_growth(prepare, special.least)


@pytest.mark.parametrize("name", SPECIAL)
def test_special_streams_are_what_they_claim(name: str) -> None:
    special = SPECIAL[name]
    stream = StreamDecoder(special.dialect, assume=special.assume)
    kinds = {type(event) for push in special.pushes(256) for event in stream.feed(push)}
    assert special.shows in kinds | {type(event) for event in stream.close()}


# -- what is asked at the end ----------------------------------------------------------------------

QUESTIONS: dict[str, Callable[[StreamDecoder], object]] = {
    "as_dict": lambda stream: stream.response.as_dict(),
    "native": lambda stream: stream.native(),
    "dump": lambda stream: stream.dump(),
    "load": lambda stream: StreamDecoder.load(stream.dump()),
}


TIMES = 16  # a response takes less time than the stream it is of


@pytest.mark.parametrize("half", [False, True])
@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_at_the_end(question: str, half: bool) -> None:
    """Of a text, a call, and a citation, a log probability and a fact in each chunk."""

    def prepare(n: int) -> Work:
        stream = StreamDecoder("openai-chat")
        for i in range(n):
            cited = {"content": "a", "annotations": [{"type": "url", "url": source(i)}]}
            stream.feed_chunk(
                {"choices": [{"delta": cited, "logprobs": {"content": [TOKEN]}}], f"x{i}": i}
            )
        for _ in range(n):
            stream.feed_chunk(call(PIECE))
        if not half:
            stream.close()
        return lambda: [QUESTIONS[question](stream) for _ in range(TIMES)]

    check_growth(prepare)


def test_a_limit_is_found_in_time() -> None:
    """What passes a limit is not read to its end."""

    def prepare(n: int) -> Work:
        limits = Limits(max_accumulated_bytes=len(PIECE) * n)
        pushes = [event(chat({"content": PIECE}))] * n

        def work() -> None:
            stream = StreamDecoder("openai-chat", limits=limits)
            for push in pushes:
                stream.feed(push)

        return work

    check_growth(prepare)
