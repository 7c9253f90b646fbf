"""The main job: a provider's stream in, text and its end out. One dialect, so far."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import (
    Anomaly,
    Finish,
    KeepAlive,
    LimitExceeded,
    Limits,
    Outcome,
    ResponseEnd,
    ResponseStart,
    StreamDecoder,
    StreamError,
    StreamEvent,
    TextDelta,
    TextEnd,
    TextStart,
    Unknown,
    Usage,
    UsageError,
)
from sse_core.testing import chunkings, strategies

CHUNK = {"object": "chat.completion.chunk"}


def chunk(*choices: Any, **fields: Any) -> bytes:
    return sse({"id": "c1", **CHUNK, "model": "m", "choices": list(choices), **fields})


def sse(value: Any) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()


def choice(content: Any = None, finish: Any = None, index: Any = 0, **delta: Any) -> dict[str, Any]:
    return {"index": index, "delta": {"content": content, **delta}, "finish_reason": finish}


DONE = b"data: [DONE]\n\n"


def run(*chunks: bytes, **options: Any) -> list[StreamEvent]:
    stream = StreamDecoder("openai-chat", **options)
    events = [event for data in chunks for event in stream.feed(data)] + stream.close()
    assert stream.outcome is outcome(events)
    return events


def outcome(events: list[StreamEvent]) -> Outcome:
    (end,) = (event for event in events if isinstance(event, ResponseEnd))
    assert events[-1] is end
    return end.outcome


def text(events: list[StreamEvent], choice: int = 0) -> str:
    return "".join(e.text for e in events if isinstance(e, TextDelta) and e.choice == choice)


GOOD = (
    chunk(choice("", role="assistant"))
    + chunk(choice("Hel"))
    + chunk(choice("lo"))
    + chunk(choice(finish="stop"))
    + chunk(usage={"total_tokens": 3})
    + DONE
)


def test_a_whole_response() -> None:
    assert run(GOOD) == [
        ResponseStart("c1", "m"),
        TextStart(0, 0),
        TextDelta(0, 0, "Hel"),
        TextDelta(0, 0, "lo"),
        TextEnd(0, 0, "Hello", True),
        Finish(0, "stop", "stop"),
        Usage(None, None, 3, None, None, None, {"total_tokens": 3}),
        ResponseEnd(Outcome.COMPLETE, True, True, len(GOOD)),
    ]


def test_every_cut_gives_the_same() -> None:
    whole = run(GOOD)
    assert run(*chunkings.bytewise(GOOD)) == whole
    for chunks in chunkings.every_cut(GOOD):
        assert run(*chunks) == whole


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["choices", "delta", "content", "message", "error", "index", "finish_reason",
             "type", "text", "id", "model", "code", "x"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip
streams = st.lists(
    st.builds(sse, values)
    | st.sampled_from([GOOD, DONE, b"error: x\n", b"event: error\n", b": c\n\n", b"data: x\n\n"])
    | strategies.garbage(4),
    max_size=6,
).map(b"".join)


@given(streams, st.data())
def test_any_bytes_give_the_documented_events_whatever_the_cutting(data: bytes, draw: Any) -> None:
    whole = run(data)
    assert run(*draw.draw(strategies.chunkings(data))) == whole
    open_blocks: dict[int, str] = {}
    for event in whole:
        match event:
            case TextStart():
                assert event.block not in open_blocks
                open_blocks[event.block] = ""
            case TextDelta():
                assert event.text
                open_blocks[event.block] += event.text
            case TextEnd():
                assert open_blocks.pop(event.block) == event.text
    assert open_blocks == {}
    assert [type(event) for event in whole].count(ResponseEnd) == 1


@given(streams, st.data())
def test_a_copy_goes_on_as_if_nothing_happened(data: bytes, draw: Any) -> None:
    chunks = draw.draw(strategies.chunkings(data))
    stream, expected = StreamDecoder("openai-chat"), run(data)
    got: list[StreamEvent] = []
    for piece in chunks:
        twins = [pickle.loads(pickle.dumps(stream)), copy.copy(stream)]
        events = stream.feed(piece)
        assert all(twin.feed(piece) == events for twin in twins)
        got += events
        stream = twins[0]
    assert got + stream.close() == expected


@given(streams)
def test_events_of_a_prefix_are_a_prefix(data: bytes) -> None:
    stream = StreamDecoder("openai-chat")
    seen: list[StreamEvent] = []
    whole = StreamDecoder("openai-chat").feed(data)
    for byte in chunkings.bytewise(data):
        seen += stream.feed(byte)
        assert seen == whole[: len(seen)]
    assert seen == whole


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (GOOD, Outcome.COMPLETE),
        (chunk(choice("a", "tool_calls")), Outcome.COMPLETE),
        (chunk(choice("a", "length")) + DONE, Outcome.INCOMPLETE),
        (chunk(choice("a", "content_filter")), Outcome.INCOMPLETE),
        (chunk(choice("a")), Outcome.TRUNCATED),
        (chunk(choice("a")) + DONE, Outcome.UNKNOWN),
        (GOOD + sse({"error": "late"}), Outcome.FAILED),
        (b"", Outcome.EMPTY),
        (b": ping\n\n", Outcome.EMPTY),
        (b"  <html>", Outcome.NOT_SSE),
        (b'{"choices": []}', Outcome.NOT_SSE),
        (sse({"type": "message_start"}), Outcome.UNKNOWN),
        (chunk(choice("a", "stop"), choice("b", index=1)), Outcome.TRUNCATED),
        (chunk(choice("a", "stop"), choice("b", "stop", index=1)), Outcome.COMPLETE),
    ],
)
def test_outcomes(data: bytes, expected: Outcome) -> None:
    assert outcome(run(data)) is expected


def test_a_body_of_another_format_is_kept() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(b"<html>" + b"x" * 70_000)
    assert len(stream.head) == 65_536
    stream.close()
    assert stream.outcome is Outcome.NOT_SSE
    stream.reset()
    assert (stream.outcome, stream.head) == (Outcome.EMPTY, b"")
    assert text(stream.feed(GOOD)) == "Hello"
    assert stream.head == b""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"error": {"message": "m", "code": 400, "type": "t"}}, StreamError("m", "400", "t")),
        ({"error": "plain", "code": "c"}, StreamError("plain", "c")),
        ({"error": {"detail": "d"}, "choices": []}, StreamError("d")),
        ({"error": {}, "choices": None}, None),
        ({"error": [1]}, StreamError("[1]")),
        ({"error": {"code": None}}, StreamError("no message")),
    ],
)
def test_errors_in_band(error: dict[str, Any], expected: StreamError | None) -> None:
    events = run(chunk(choice("par")), sse(error), DONE)
    errors = [event for event in events if isinstance(event, StreamError)]
    assert errors == ([] if expected is None else [expected])
    if expected is not None:
        assert TextEnd(0, 0, "par", False) in events
        assert outcome(events) is Outcome.FAILED


def test_an_error_reads_well() -> None:
    assert str(StreamError("m", "400", "t")) == "t 400: m"
    assert str(StreamError("m")) == "m"


def test_an_event_named_error_is_one() -> None:
    events = run(b'event: error\ndata: {"message": "gone"}\n\n')
    assert StreamError("gone", before_output=True) in events


@pytest.mark.parametrize(
    ("data", "quirk", "words"),
    [
        (chunk(choice("a", "stop"))[:-2], "F8", "a"),
        (chunk(choice("a", "stop")) + b"data: [DONE]", "F8", "a"),
        (chunk(choice("a", "stop")) + b"error: prose\n", "F19", "a"),
        (chunk(choice("a")) + b"data: Number of choices\n\n" + chunk(choice("b")), "F20", "ab"),
        (chunk(choice("a")) + b"data: [1]\n\n" + chunk(choice("b")), "J8", "ab"),
    ],
)
def test_repairs_are_reported(data: bytes, quirk: str, words: str) -> None:
    events = run(data)
    assert [event.quirk for event in events if isinstance(event, Anomaly)] == [quirk]
    assert text(events) == words


@pytest.mark.parametrize("data", [b"data: {", b"data: 5", b"data: [DONE", b"event: x\n"])
def test_a_tail_that_is_not_whole_beyond_doubt_is_discarded(data: bytes) -> None:
    events = run(chunk(choice("a")) + data)
    assert outcome(events) is Outcome.TRUNCATED
    assert TextEnd(0, 0, "a", False) in events


@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        ([sse({"choices": [{"delta": {"content": "a"}}]})], "a"),
        ([chunk(choice([{"type": "text", "text": "a"}, {"type": "image"}, 5]))], "a"),
        ([chunk(choice({"text": "a"}))], ""),
        ([sse({"choices": [{"message": {"content": "a"}}]})], "a"),
        ([chunk(choice("a")), sse({"choices": [{"message": {"content": "a"}}]})], "a"),
        ([chunk(choice("a", "stop")), sse({"choices": [{"message": {"content": "a"}}]})], "a"),
        ([chunk(choice("a", index=index)) for index in (None, -1, True, "0", 1.0, 0)], "aaaa"),
        ([chunk("no", choice("a"), None)], "a"),
        ([sse({"choices": None}), sse({"choices": 5}), chunk(choice("a"))], "a"),
        ([chunk(choice("a", "")), chunk(choice("b", "null")), chunk(choice("c"))], "abc"),
        ([chunk(choice("a", "stop")), chunk(choice("b")), chunk(choice(None, "stop"))], "ab"),
        ([b"data:\n\n", chunk(choice("a")), b"data: \n\n"], "a"),
    ],
)
def test_text_in_other_shapes(chunks: list[bytes], words: str) -> None:
    assert text(run(*chunks)) == words


def test_a_reason_repeated_is_one() -> None:
    events = run(GOOD, chunk(choice(None, "stop")), chunk(choice(None, "eos")))
    assert [event for event in events if isinstance(event, Finish)] == [Finish(0, "stop", "stop")]


def test_a_reason_that_says_more_comes_too() -> None:
    events = run(GOOD, chunk(choice(None, "length")), chunk(choice(None, "stop")))
    finishes = [event for event in events if isinstance(event, Finish)]
    assert finishes == [Finish(0, "stop", "stop"), Finish(0, "length", "length")]
    assert outcome(events) is Outcome.INCOMPLETE


def test_text_after_a_reason_is_a_new_block() -> None:
    events = run(chunk(choice("a", "stop")), chunk(choice("b")), chunk(choice("c", "weird")))
    assert [event for event in events if isinstance(event, (TextEnd, Finish))] == [
        TextEnd(0, 0, "a", True),
        Finish(0, "stop", "stop"),
        TextEnd(0, 1, "bc", True),
        Finish(0, "other", "weird"),
    ]


def test_signs_of_life_and_what_is_not_known() -> None:
    events = run(b": ping\n\n", b"data:\n\n", chunk(choice(None, tool_calls=[{"index": 0}])))
    assert events[:2] == [KeepAlive("ping"), KeepAlive()]
    (unknown,) = (event for event in events if isinstance(event, Unknown))
    assert unknown.raw["choices"][0]["delta"]["tool_calls"] == [{"index": 0}]
    assert unknown != Unknown({})


def test_events_lead_back_to_their_chunk() -> None:
    delta = next(event for event in run(GOOD) if isinstance(event, TextDelta))
    assert delta.raw["id"] == "c1"
    assert delta == TextDelta(0, 0, "Hel")
    assert delta != tuple(delta)
    assert hash(delta) == hash(TextDelta(0, 0, "Hel"))
    assert pickle.loads(pickle.dumps(delta)).raw == delta.raw


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ((), {}),
        ((1, 2, "a", None, 5), {}),
        ((1, 2), {"txt": "a"}),
        ((1, 2, "a"), {"text": "b"}),
        ((1, 2, "a", 3), {"raw": 3}),
    ],
)
def test_events_are_made_as_declared(values: tuple[Any, ...], named: dict[str, Any]) -> None:
    assert TextDelta(choice=1, block=2, text="a") == TextDelta(1, 2, "a", {"some": "chunk"})
    assert repr(TextDelta(1, 2, "a")) == "TextDelta(choice=1, block=2, text='a', raw=None)"
    with pytest.raises(TypeError, match="TextDelta takes choice, block, text, raw"):
        TextDelta(*values, **named)


def test_events_cannot_be_changed() -> None:
    event = TextDelta(0, 0, "a")
    with pytest.raises(AttributeError):
        event.text = "b"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        event.other = "b"  # type: ignore[attr-defined]


def test_a_faster_parser_changes_nothing() -> None:
    calls = []

    def picky(data: str) -> Any:
        calls.append(data)
        if "Hel" in data:
            raise KeyError("any exception")
        return json.loads(data)

    assert run(GOOD, loads=picky) == run(GOOD)
    assert len(calls) == 5 + 2  # two questions about what it is like


def test_limits_and_misuse() -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_events=2))
    assert text(stream.feed(GOOD)) == "Hel"
    assert isinstance(stream.wire.error, LimitExceeded)
    calls: list[Callable[[], object]] = [lambda: stream.feed(b""), stream.close]
    for call in calls:
        with pytest.raises(LimitExceeded):
            call()
    stream.reset()
    assert stream.close() != []
    assert stream.close() == []
    with pytest.raises(UsageError, match="after close"):
        stream.feed(b"")
    with pytest.raises(
        UsageError, match="no dialect 'bananas'; there are: auto, anthropic, gemini"
    ):
        StreamDecoder("bananas")
