"""The loops over chunks: what they give, how much they ask for, what they close, what they raise.

Each test of a loop runs the plain one and the async one. An async generator that never waits needs
no event loop: ``run`` is one.
"""

from __future__ import annotations

import asyncio
import io
import json
import pickle
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import aclosing, closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sse_core
from sse_core import (
    IncompleteError,
    InputTypeError,
    LimitExceeded,
    Limits,
    Outcome,
    SSEDecoder,
    SSEObserver,
    StreamDecoder,
    TextDelta,
    ToolCallEnd,
    UsageError,
)
from sse_core.testing import strategies, streams


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits")


class Source:
    """Chunks, plain and async, that are counted as they are asked for. Ends with ``error``."""

    def __init__(self, chunks: Iterable[Any], error: BaseException | None = None) -> None:
        self.chunks = list(chunks)
        self.error = error
        self.asked = 0
        self.closed = 0

    def _next(self, stop: BaseException) -> Any:
        self.asked += 1
        if self.asked > len(self.chunks):
            raise self.error or stop
        return self.chunks[self.asked - 1]

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._next(StopIteration())

    def close(self) -> None:
        self.closed += 1

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        return self._next(StopAsyncIteration())

    async def aclose(self) -> None:
        self.closed += 1


class Loop:
    """One of the functions and its async twin, driven alike."""

    def __init__(self, name: str, is_async: bool) -> None:
        self.is_async = is_async
        self.start: Callable[..., Any] = getattr(sse_core, f"a{name}" if is_async else name)

    def next(self, items: Any) -> Any:
        """The next item; ``None`` at the end."""
        try:
            return run(items.__anext__()) if self.is_async else next(items)
        except (StopIteration, StopAsyncIteration):
            return None

    def close(self, items: Any) -> None:
        if self.is_async:
            run(items.aclose())
        else:
            items.close()

    def all(self, *arguments: Any, **options: Any) -> tuple[list[Any], BaseException | None]:
        """Every item, and what was raised behind them."""
        items = self.start(*arguments, **options)
        found: list[Any] = []
        try:
            while (item := self.next(items)) is not None:
                found.append(item)
        except BaseException as error:
            return found, error
        return found, None


both = pytest.mark.parametrize("is_async", [False, True], ids=["plain", "async"])

EVENTS = b"data: a\n\ndata: b\n\n"


def chat(*deltas: dict[str, Any], reason: str | None = "stop", done: bool = False) -> bytes:
    """A stream of these deltas, each of choice 0, and the reason for its end."""
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    if reason:
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    data = b"".join(b"data: %s\n\n" % json.dumps(chunk).encode() for chunk in chunks)
    return data + (b"data: [DONE]\n\n" if done else b"")


def call(arguments: str, index: int = 0, **fields: Any) -> dict[str, Any]:
    function = {"name": f"f{index}", "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": f"c{index}", "function": function, **fields}]}


# -- laws -----------------------------------------------------------------------------------------


@both
@given(data=st.data())
def test_a_loop_gives_what_the_decoder_gives(is_async: bool, data: st.DataObject) -> None:
    stream = data.draw(strategies.any_bytes())
    chunks = data.draw(strategies.chunkings(stream))
    limits = Limits(max_event_bytes=20, max_total_bytes=data.draw(st.sampled_from([None, 40])))
    for make in (
        lambda: SSEDecoder(limits=limits),
        lambda: SSEObserver(limits=limits),
        lambda: StreamDecoder("text", limits=limits),
    ):
        by_hand: Any = make()
        expected: list[Any] = []
        raised: BaseException | None = None
        try:
            for chunk in chunks:
                expected += by_hand.feed(chunk)
            expected += by_hand.close()
            by_hand.close()
        except LimitExceeded as error:
            raised = error
        assert Loop("iter_events", is_async).all(Source(chunks), make()) == (expected, raised)


@both
@given(data=st.data())
def test_a_chunk_is_asked_for_when_all_before_it_was_taken(
    is_async: bool, data: st.DataObject
) -> None:
    stream = data.draw(strategies.streams()).data
    chunks = data.draw(strategies.chunkings(stream))
    decoder = SSEDecoder()
    # After which chunk each event is there, and that the end is asked for behind the last.
    needed = [n for n, chunk in enumerate(chunks, 1) for _ in decoder.feed(chunk)]
    needed.append(len(chunks) + 1)
    taken = data.draw(st.integers(0, len(needed)))
    loop, source = Loop("iter_events", is_async), Source(chunks)
    events = loop.start(source)
    for asked in needed[:taken]:
        before = source.closed
        item = loop.next(events)
        assert source.asked == asked
        assert (item is None) == (asked > len(chunks))
        assert (before, source.closed) == (0, int(item is None))
    # Left early, or at its end: closed once.
    loop.close(events)
    loop.close(events)
    assert source.asked == ([0, *needed])[taken]
    assert source.closed == (taken > 0)


@pytest.mark.parametrize("dialect", streams.DIALECTS)
@given(data=st.data(), is_async=st.booleans())
def test_texts_and_calls_are_those_of_the_response(
    dialect: str, data: st.DataObject, is_async: bool
) -> None:
    _, written = data.draw(streams.streams(dialect))
    received = streams.to_bytes(written, eol=streams.EOL[dialect])
    chunks = data.draw(strategies.chunkings(received))
    by_hand = StreamDecoder(dialect)
    events = [*by_hand.feed(received), *by_hand.close()]
    response = by_hand.response
    for choice in (0, 1):
        decoder = StreamDecoder(dialect)
        texts, error = Loop("iter_text", is_async).all(Source(chunks), decoder, choice=choice)
        assert texts == [e.text for e in events if type(e) is TextDelta and e.choice == choice]
        found = [one.text for one in response.choices if one.index == choice] or [""]
        assert sorted("".join(texts)) == sorted(*found)  # blocks may be written side by side
        assert decoder.response == response
        judge(error, response, calls_too=False)
    calls, error = Loop("iter_tool_calls", is_async).all(Source(chunks), dialect)
    assert calls == [
        e
        for e in events
        if type(e) is ToolCallEnd and e.complete and e.kind not in ("server", "mcp")
    ]
    judge(error, response, calls_too=True)


def judge(error: BaseException | None, response: sse_core.Response, calls_too: bool) -> None:
    """A loop over a clean stream raises exactly if its response is not whole."""
    mine = [call for call in response.all_tool_calls if call.kind not in ("server", "mcp")]
    whole = (
        response.outcome is Outcome.COMPLETE
        and not any(choice.refusal for choice in response.choices)
        and not (calls_too and not all(call.complete for call in mine))
    )
    assert (error is None) == whole
    if error is not None:
        assert isinstance(error, IncompleteError)
        assert error.response == response


# -- what goes in ---------------------------------------------------------------------------------


def test_a_plain_list_will_do() -> None:
    chunks: list[Any] = [b"data: a", bytearray(b"\n\n"), memoryview(b"data: b\n\n")]
    assert [event.data for event in sse_core.iter_events(chunks)] == ["a", "b"]


def test_the_decoder_stays_yours() -> None:
    decoder = SSEDecoder(last_event_id="7")
    assert [event.id for event in sse_core.iter_events([EVENTS, b"id: 8\ndata"], decoder)] == [
        "7",
        "7",
    ]
    assert decoder.tail is not None
    assert decoder.tail.line == b"data"

    stream = StreamDecoder("text")
    for event in sse_core.iter_stream([EVENTS[:9], EVENTS[9:]], stream):
        if isinstance(event, TextDelta):
            assert stream.response.text == "ab"[: stream.response.text.index(event.text) + 1]
    assert stream.response.text == "ab"
    assert stream.outcome is Outcome.TRUNCATED


def test_a_dialect_may_be_an_object() -> None:
    from sse_core.dialects import JSON

    chunks = [b'data: {"say": "a"}\n\ndata: [DONE]\n\n']
    assert list(sse_core.iter_text(chunks, JSON(text="say"))) == ["a"]


PLAIN = "an iterable (an async one is for the functions with an 'a' before their name)"
ASYNC = "an async iterable (a plain one is for the functions without the 'a')"


@pytest.mark.parametrize(
    ("name", "arguments", "options", "message"),
    [
        ("iter_events", ("data",), {}, "chunks must be an iterable of bytes, not str: put it in "),
        ("iter_events", (b"data",), {}, "chunks must be an iterable of bytes, not bytes: put it "),
        ("aiter_events", (bytearray(),), {}, "chunks must be an iterable of bytes, not bytearray"),
        ("iter_events", (None,), {}, f"chunks must be {PLAIN}, not NoneType"),
        ("aiter_stream", ([b""], "text"), {}, f"chunks must be {ASYNC}, not list"),
        ("iter_events", ([], "text"), {}, "decoder must be a decoder, not str"),
        ("iter_events", ([], SSEDecoder), {}, "decoder must be a decoder, not the class SSEDecod"),
        ("iter_stream", ([], "pigeon"), {}, "no dialect 'pigeon'; there are: auto, anthropic"),
        ("iter_stream", ([], None), {}, "stream must be a dialect or a StreamDecoder, not None"),
        (
            "iter_text",
            ([], StreamDecoder),
            {},
            "stream must be a dialect or a StreamDecoder, not the class StreamDecoder",
        ),
        ("aiter_text", (Source([]), "text"), {"choice": "0"}, "choice must be an int, not str"),
        ("iter_tool_calls", ([], SSEDecoder()), {}, "stream must be a dialect or a StreamDecoder"),
    ],
)
def test_misuse_is_said_at_once(
    name: str, arguments: tuple[Any, ...], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as raised:
        getattr(sse_core, name)(*arguments, **options)
    assert str(raised.value).startswith(message)


@both
def test_a_text_among_the_chunks_is_refused_where_it_stands(is_async: bool) -> None:
    source = Source([EVENTS, "data: c\n\n"])
    events, error = Loop("iter_events", is_async).all(source)
    assert [event.data for event in events] == ["a", "b"]
    assert isinstance(error, InputTypeError)
    assert source.closed == 1


# -- what is closed -------------------------------------------------------------------------------


@both
def test_an_error_of_the_source_passes_through(is_async: bool) -> None:
    broken = ConnectionResetError("peer")
    source, stream = Source([EVENTS], broken), StreamDecoder("text")
    events, error = Loop("iter_text", is_async).all(source, stream)
    assert (events, error) == (["a", "b"], broken)
    assert source.closed == 1
    assert stream.close() != []  # it was left open: more could have come from elsewhere


@both
@pytest.mark.parametrize("kind", [SSEDecoder, lambda **options: StreamDecoder("text", **options)])
def test_a_limit_is_raised_without_another_chunk(is_async: bool, kind: Any) -> None:
    decoder = kind(limits=Limits(max_event_bytes=3))
    source = Source([b"data: a\n\ndata: long\n\n", b"data: b\n\n"])
    events, error = Loop("iter_events", is_async).all(source, decoder)
    assert getattr(events[-1], "data", None) == "a" or events[-1] == TextDelta(0, 0, "a")
    assert error is decoder.error
    assert isinstance(error, LimitExceeded)
    assert (source.asked, source.closed) == (1, 1)


@both
@pytest.mark.parametrize("name", ["iter_stream", "iter_text"])
def test_a_limit_of_the_response_comes_behind_what_was_said(is_async: bool, name: str) -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_accumulated_bytes=3))
    source = Source([chat({"content": "ab"}, {"content": "cd"}), b""])
    items, error = Loop(name, is_async).all(source, stream)
    assert items[-1] in ("ab", TextDelta(0, 0, "ab"))
    assert error is stream.error
    assert isinstance(error, LimitExceeded)
    assert error.limit == "max_accumulated_bytes"
    assert source.asked == 1


@both
def test_a_limit_at_the_very_end_is_raised_too(is_async: bool) -> None:
    class Ends:
        error: Exception | None = None

        def feed(self, data: bytes) -> list[bytes]:
            return [data]

        def close(self) -> list[bytes]:
            self.error = ValueError("at the end")
            return [b"last"]

    items, error = Loop("iter_events", is_async).all(Source([b"first"]), Ends())
    assert items == [b"first", b"last"]
    assert str(error) == "at the end"


class Chunks:
    """An iterable that is no iterator: each loop opens its own."""

    def __init__(self) -> None:
        self.opened = Connection([EVENTS])

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.opened)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.opened)


class Connection(Source):
    """An iterator that whoever opened it closes, as a file or a response."""

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    async def __aenter__(self) -> Connection:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.aclose()


@both
def test_only_what_was_opened_here_is_closed(is_async: bool) -> None:
    loop = Loop("iter_events", is_async)
    connection, chunks = Connection([EVENTS]), Chunks()
    assert len(loop.all(connection)[0]) == len(loop.all(chunks)[0]) == 2
    assert (connection.closed, chunks.opened.closed) == (0, 1)


def test_a_file_is_left_open() -> None:
    with io.BytesIO(EVENTS) as file:
        assert len(list(sse_core.iter_events(file))) == 2
        assert not file.closed


def test_an_iterator_without_close_will_do() -> None:
    class Bare:
        async def __anext__(self) -> bytes:
            raise StopAsyncIteration

        def __aiter__(self) -> Bare:
            return self

    assert Loop("iter_events", True).all(Bare()) == ([], None)
    assert list(sse_core.iter_events(iter([EVENTS]))) != []


def test_a_generator_is_closed_when_the_loop_is_left() -> None:
    ends = []

    def chunks() -> Generator[bytes, None, None]:
        try:
            yield EVENTS
            raise AssertionError("asked for more than was taken")
        finally:
            ends.append("closed")

    with closing(sse_core.iter_events(chunks())) as events:
        for _ in events:
            break
    assert ends == ["closed"]


# -- waiting and cancelling -----------------------------------------------------------------------


class Wait:
    """Something to wait for, without an event loop."""

    def __await__(self) -> Generator[str, None, None]:
        yield "waiting"


class Cancelled(BaseException):
    """What trio throws into a task that waits; asyncio's is its own."""


def waiting_source(log: list[str]) -> AsyncIterator[bytes]:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            yield EVENTS
            await Wait()
            log.append("went on")
        except BaseException as error:
            log.append(type(error).__name__)
            raise
        finally:
            log.append("closed")

    return chunks()


@pytest.mark.parametrize("name", ["aiter_events", "aiter_stream", "aiter_text"])
def test_a_cancelled_wait_passes_through_the_source(name: str) -> None:
    log: list[str] = []
    arguments = ("text",) if name != "aiter_events" else ()
    items = getattr(sse_core, name)(waiting_source(log), *arguments)

    async def loop() -> None:
        async for _ in items:
            pass

    task = loop()
    assert task.send(None) == "waiting"
    with pytest.raises(Cancelled):
        task.throw(Cancelled())
    assert log == ["Cancelled", "closed"]
    assert items.ag_frame is None  # over: nothing is left to close


def test_leaving_an_async_loop_closes_its_source() -> None:
    log: list[str] = []

    async def loop() -> None:
        async with aclosing(sse_core.aiter_events(waiting_source(log))) as events:
            async for event in events:
                assert event.data == "a"
                break

    run(loop())
    assert log == ["GeneratorExit", "closed"]


def test_under_asyncio() -> None:
    log: list[str] = []

    async def slow() -> AsyncIterator[bytes]:
        try:
            for byte in EVENTS:
                await asyncio.sleep(0)
                yield bytes([byte])
            await asyncio.sleep(60)
        finally:
            log.append("closed")

    async def loop() -> list[str]:
        found = []

        async def read() -> None:
            async for text in sse_core.aiter_text(slow(), "text"):
                found.append(text)

        task = asyncio.ensure_future(read())
        while len(found) < 2:
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return found

    assert asyncio.run(loop()) == ["a", "b"]
    assert log == ["closed"]


# -- text and calls: what is never silent ---------------------------------------------------------

HI = {"content": "Hi"}
REFUSAL = {"refusal": "No."}
GOOD, BAD = call('{"a": 1}'), call("{oops", 1)
ERROR = b'data: {"error": {"message": "secret", "code": 529}}\n\n'

#: The stream, what the loop over text gives and says, what the one over calls gives and says.
ENDS = {
    "whole": (chat(HI, GOOD), ["Hi"], "", ["f0"], ""),
    "no reason, but a sentinel": (chat(HI, GOOD, reason=None, done=True), ["Hi"], "", ["f0"], ""),
    "cut": (chat(HI, GOOD, reason=None), ["Hi"], "truncated", [], "truncated"),
    "the length limit": (chat(HI, reason="length"), ["Hi"], "incomplete", [], "incomplete"),
    "a filter": (chat(HI, reason="content_filter"), ["Hi"], "incomplete", [], "incomplete"),
    "a refusal": (chat(REFUSAL), [], "refusal", [], "refusal"),
    "an error": (chat(HI, reason=None) + ERROR, ["Hi"], "failed", [], "failed"),
    "an error behind the end": (chat(HI, GOOD) + ERROR, ["Hi"], "failed", ["f0"], "failed"),
    "a call that is no JSON": (chat(HI, GOOD, BAD), ["Hi"], "", ["f0"], "call"),
    "a call that is cut": (
        chat(HI, GOOD, BAD, reason="length"),
        *(["Hi"], "incomplete", ["f0"], "incomplete"),
    ),
    "nothing": (b"", [], "empty", [], "empty"),
    "another body": (b'{"error": "no"}', [], "not_sse", [], "not_sse"),
    "another dialect": (b'data: {"type": "a"}\n\n', [], "unknown", [], "unknown"),
}


@both
@pytest.mark.parametrize(
    ("stream", "texts", "of_text", "calls", "of_calls"), ENDS.values(), ids=ENDS
)
def test_an_answer_that_is_not_whole_is_never_silent(
    is_async: bool, stream: bytes, texts: list[str], of_text: str, calls: list[str], of_calls: str
) -> None:
    for name, expected, why in (
        ("iter_text", texts, of_text),
        ("iter_tool_calls", calls, of_calls),
    ):
        loop, decoder = Loop(name, is_async), StreamDecoder("openai-chat")
        found, error = loop.all(Source([stream]), decoder)
        assert [getattr(item, "name", item) for item in found] == expected
        if why:
            assert isinstance(error, IncompleteError)
            assert error.why == why
            assert error.response == decoder.response
            assert "secret" not in str(error)
        else:
            assert error is None
        # Whoever looks for himself is told nothing, and given the same.
        unchecked = loop.all(Source([stream]), "openai-chat", check=False)
        assert unchecked == (found, None)


def test_an_error_in_band_ends_the_loop_at_once() -> None:
    source = Source([chat(HI, reason=None) + ERROR, b"data: x\n\n"])
    assert Loop("iter_text", False).all(source, "openai-chat")[0] == ["Hi"]
    assert source.asked == 1


def test_the_error_says_what_and_carries_the_response() -> None:
    error = IncompleteError("truncated", StreamDecoder("text").response)
    assert str(error) == "the response is not whole: truncated"
    assert isinstance(error, sse_core.SSECoreError)
    again = pickle.loads(pickle.dumps(error))
    assert (again.why, again.response) == (error.why, error.response)


def start(number: int, text: str) -> bytes:
    message = {"id": f"m{number}", "role": "assistant", "content": [], "usage": {}}
    delta = {"type": "text_delta", "text": text}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *([{"type": "content_block_delta", "index": 0, "delta": delta}] if text else []),
    ]
    return b"".join(sse_core.encode_json(event, event=event["type"]) for event in events)


STOP = b"".join(
    sse_core.encode_json(event, event=str(event["type"]))
    for event in (
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}},
        {"type": "message_stop"},
    )
)


@both
@pytest.mark.parametrize(
    ("first", "check", "texts", "why"),
    [
        ("Hel", True, ["Hel"], "reset"),
        ("", True, ["Hello"], ""),
        ("Hel", False, ["Hel", "Hello"], ""),
    ],
)
def test_text_that_is_void_is_not_called_an_answer(
    is_async: bool, first: str, check: bool, texts: list[str], why: str
) -> None:
    chunks = [start(1, first), start(2, "Hello") + STOP]
    found, error = Loop("iter_text", is_async).all(Source(chunks), "anthropic", check=check)
    assert found == texts
    assert getattr(error, "why", "") == why


@both
def test_what_was_not_handed_out_may_be_void(is_async: bool) -> None:
    # A server that sends "{}" first, and then the arguments (quirk T19): the call begins anew.
    again = [
        {"tool_calls": [{"index": 0, "function": {"arguments": text}}]} for text in ('{"a"', ":1}")
    ]
    stream = chat(HI, call("{}"), *again)
    assert Loop("iter_text", is_async).all(Source([stream]), "openai-chat") == (["Hi"], None)
    (one,), error = Loop("iter_tool_calls", is_async).all(Source([stream]), "openai-chat")
    assert (one.parsed, error) == ({"a": 1}, None)


@both
def test_a_text_that_is_said_anew_is_void(is_async: bool) -> None:
    # The text as a whole is another than its deltas were (quirk N1).
    place = {"output_index": 0, "content_index": 0, "item_id": "m"}
    events: list[dict[str, Any]] = [
        {"type": "response.created", "response": {"id": "r", "status": "in_progress"}},
        {"type": "response.output_text.delta", **place, "delta": "Help"},
        {"type": "response.output_text.done", **place, "text": "Hello"},
    ]
    stream = b"".join(sse_core.encode_json(one, event=one["type"]) for one in events)
    texts, error = Loop("iter_text", is_async).all(Source([stream]), "openai-responses")
    assert (texts, getattr(error, "why", "")) == (["Help"], "reset")


@both
def test_the_end_may_bring_text(is_async: bool) -> None:
    # Half of a surrogate pair waits for the other, to the end.
    stream = chat({"content": "a\ud83d"}, reason=None)
    texts, error = Loop("iter_text", is_async).all(Source([stream]), "openai-chat")
    assert (texts, getattr(error, "why", "")) == (["a", "\ufffd"], "truncated")


@both
def test_a_limit_beats_what_else_is_missing(is_async: bool) -> None:
    stream = StreamDecoder("json", limits=Limits(max_accumulated_bytes=4))
    source = Source([b'data: {"content": "Hello"}\n'])
    texts, error = Loop("iter_text", is_async).all(source, stream)
    assert (texts, type(error)) == ([], LimitExceeded)


def test_calls_that_the_provider_runs_are_not_among_yours() -> None:
    def block(index: int, kind: str) -> list[dict[str, Any]]:
        tool = {"type": kind, "id": f"t{index}", "name": f"n{index}", "input": {}}
        return [
            {"type": "content_block_start", "index": index, "content_block": tool},
            {"type": "content_block_stop", "index": index},
        ]

    events = [
        {"type": "message_start", "message": {"id": "m", "content": [], "usage": {}}},
        *block(0, "server_tool_use"),
        *block(1, "tool_use"),
        {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {}},
        {"type": "message_stop"},
    ]
    stream = b"".join(sse_core.encode_json(one, event=one["type"]) for one in events)
    calls = list(sse_core.iter_tool_calls([stream], "anthropic"))
    assert [(call.name, call.kind) for call in calls] == [("n1", "function")]


def test_the_loops_import_no_event_loop() -> None:
    program = (
        "import sys, sse_core; late = 'sse_core.adapters' not in sys.modules\n"
        "list(sse_core.iter_events([b'data: a\\n\\n'])); sse_core.aiter_events\n"
        "print(late, 'asyncio' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("True False\n", "")
