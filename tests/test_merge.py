"""The machine between the dialects and what is handed out: what can be asked of it, its limits."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from sse_core import (
    Anomaly,
    Citation,
    LimitExceeded,
    Limits,
    Metadata,
    ResponseStart,
    StreamDecoder,
    StreamEvent,
    TextDelta,
    TextStart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    Unknown,
    UsageError,
)
from sse_core.blocks import FOLD
from sse_core.dialects import JSON
from sse_core.json_text import weight
from sse_core.merge import MOST_USAGE, Merger

from .quirks.base import (
    DONE,
    STOP,
    call,
    calls,
    claude,
    gemini,
    named,
    parts,
    read,
    responses,
    say,
    sse,
)

# -- the arguments as far as they have come ------------------------------------------------------


def test_live_is_one_view_until_the_call_ends_and_after() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(say("Hm."), calls(call(0, "id1", "f", '{"a": [1, '))))
    view = stream.live(1)
    assert view is not None
    assert view.value == {"a": [1]}
    stream.feed(sse(calls(call(0, arguments="2"))))
    stream.feed(sse(calls(call(0, arguments="")), calls(call(0, arguments="]}"))))
    assert stream.live(1) is view
    assert view.value == {"a": [1, 2]}
    stream.feed(sse(say(finish="tool_calls")))
    assert stream.live(1) is view
    assert (view.value, view.complete) == (stream.response.tool_calls[0].parsed, True)


def test_live_has_seen_all_when_the_call_ends() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(calls(call(0, "id1", "f", '{"a'))))
    view = stream.live(0)
    stream.feed(sse(calls(call(0, arguments='": 1}')), say(finish="tool_calls")))
    assert view is not None
    assert view.value == {"a": 1}
    assert stream.live(0) is view


@pytest.mark.parametrize("block", [0, 2, -1])
def test_live_of_what_is_no_call(block: int) -> None:
    stream = StreamDecoder("openai-chat")
    assert stream.live(block) is None
    stream.feed(sse(say("Hi"), calls(call(0, "id1", "f", "{")), say("Ho", index=1)))
    assert stream.live(block) is None


@pytest.mark.parametrize("piece", ["ab", "{}"])
def test_many_small_pieces_become_few_and_all_is_read_as_before(piece: str) -> None:
    """In a string of braces each piece might begin the arguments anew, and is looked at."""
    pieces = ['{"a": "', *[piece] * 3 * FOLD, '"}']
    stream, alone = StreamDecoder("openai-chat"), StreamDecoder("openai-chat")
    stream.feed(sse(calls(call(0, "id1", "f", ""))))
    for n, more in enumerate(pieces):
        stream.feed(sse(calls(call(0, arguments=more))))
        if n % 700 == 1:
            view = stream.live(0)
            assert view is not None
            assert view.value == {"a": piece * n}
    alone.feed(
        sse(calls(call(0, "id1", "f", "")), *(calls(call(0, arguments=more)) for more in pieces))
    )
    for one in (stream, alone):
        one.feed(sse(say(finish="tool_calls")) + DONE)
        assert one.response.tool_calls[0].arguments == "".join(pieces)
        assert one.response.tool_calls[0].parsed == {"a": piece * 3 * FOLD}
    assert stream.dump() == alone.dump()


def test_a_call_that_was_cut_before_its_arguments_goes_on() -> None:
    error = sse({"error": {"message": "overloaded"}})
    begun, more = calls(call(0, "id1", "f", "")), calls(call(0, arguments="{"))
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(begun) + error + sse(more, calls(call(0, arguments="}")), say(finish="stop")))
    stream.close()
    assert [(one.arguments, one.problem) for one in stream.response.tool_calls] == [
        ("", "cut"),
        ("{}", ""),
    ]


def test_a_call_that_was_cut_before_its_name_goes_on() -> None:
    error = sse({"error": {"message": "overloaded"}})
    begun, more = calls(call(0, "id1", None, "{")), calls(call(0, None, "f", "}"))
    seen = read(sse(begun) + error + sse(more, say(finish="tool_calls")), outcome="failed")
    assert [start.name for start in seen.of(ToolCallStart)] == ["", "f"]


# -- limits --------------------------------------------------------------------------------------

#: ``{"a":"xy"}`` place by place: its end says nothing of how it closes.
ARGUMENTS = [
    parts({"functionCall": {"name": "f", "willContinue": True}}),
    *(
        parts({"functionCall": {"partialArgs": [argument], "willContinue": True}})
        for argument in (
            {"jsonPath": "$.a", "stringValue": "x", "willContinue": True},
            {"jsonPath": "$.a", "stringValue": "y"},
        )
    ),
    parts({"functionCall": {}}),
]


def exceeded(data: bytes, dialect: str = "openai-chat", **limits: int) -> LimitExceeded:
    """The error that comes of it, whole and byte by byte; the events before it are the same."""
    seen: list[tuple[list[StreamEvent], dict[str, Any]]] = []
    for pieces in ([data], [data[i : i + 1] for i in range(len(data))]):
        stream = StreamDecoder(dialect, limits=Limits(**limits))
        events: list[StreamEvent] = []
        with pytest.raises(LimitExceeded) as caught:
            events.extend(event for piece in [*pieces, b""] for event in stream.feed(piece))
        seen.append((events, caught.value.as_dict()))
    assert seen[0] == seen[1]
    return caught.value


@pytest.mark.parametrize(
    ("data", "dialect", "limit", "maximum"),
    [
        (sse(say("Hel"), say("lo")), "openai-chat", "max_accumulated_bytes", 4),
        (sse(say(audio={"data": "aGVsbG8="})), "openai-chat", "max_accumulated_bytes", 4),
        (sse(say("a"), say("b", index=1)), "openai-chat", "max_choices", 1),
        (
            sse(calls(call(0, "1", "f", "{}"), call(1, "2", "f"))),
            "openai-chat",
            "max_tool_calls",
            1,
        ),
        (sse(say("a"), say(refusal="b")), "openai-chat", "max_output_items", 1),
        (
            sse(calls(call(0, "1", "f", '{"a":')), calls(call(0, arguments=" 1}"))),
            "openai-chat",
            "max_tool_argument_bytes",
            6,
        ),
        (
            named(
                responses.life("created"),
                responses.added(responses.function()),
                responses.done(responses.function('{"a": 1}')),
            ),
            "openai-responses",
            "max_tool_argument_bytes",
            6,
        ),
        (
            sse(parts({"text": "a", "thoughtSignature": "c2lnbmF0dXJl"})),
            "gemini",
            "max_accumulated_bytes",
            4,
        ),
        (
            named(claude.BEGIN, *claude.tool(0, '{"a":', " 1}")[:-1]),
            "anthropic",
            "max_tool_argument_bytes",
            6,
        ),
        (sse(*ARGUMENTS), "gemini", "max_tool_argument_bytes", len('{"a":"xy"}') - 1),
    ],
)
def test_limits_of_what_is_kept(data: bytes, dialect: str, limit: str, maximum: int) -> None:
    error = exceeded(data, dialect, **{limit: maximum})
    assert (error.limit, error.maximum, error.observed) == (limit, maximum, maximum + 1)
    for enough in (100, None):
        StreamDecoder(dialect, limits=Limits(**{limit: enough})).feed(data)


def test_a_limit_that_the_end_passes_is_told_by_the_next_call() -> None:
    stream = StreamDecoder("json", limits=Limits(max_accumulated_bytes=4))
    assert stream.feed(b'data: {"content": "Hello"}\n') == []
    assert [type(event) for event in stream.close()] == [Anomaly, ResponseStart, TextStart]
    with pytest.raises(LimitExceeded, match="max_accumulated_bytes"):
        stream.close()


# -- transports that are no event streams --------------------------------------------------------


def test_feed_chunk_is_refused_after_close() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed_chunk(say("Hi"))
    stream.close()
    with pytest.raises(UsageError, match="feed_chunk after close"):
        stream.feed_chunk(say("!"))
    stream.reset()
    stream.feed_chunk(say("!"))
    assert stream.response.text == "!"


def test_feed_chunk_of_a_stream_that_passed_a_limit() -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_choices=1))
    stream.feed_chunk(say("a"))
    again: Callable[[], object] = lambda: stream.feed_chunk(say("b", index=1))  # noqa: E731
    for _ in range(2):
        with pytest.raises(LimitExceeded, match="max_choices"):
            again()


def test_feed_chunk_takes_what_the_dialect_takes() -> None:
    stream = StreamDecoder("text")
    for piece in ("Hel", "lo", "[DONE]"):
        stream.feed_chunk(piece)
    assert (stream.response.text, stream.over) == ("Hello", True)
    stream = StreamDecoder(JSON(text=""))
    stream.feed_chunk([1])
    assert stream.response.text == "[1]"


def test_feed_chunk_of_another_dialect() -> None:
    stream = StreamDecoder("openai-chat")
    events = stream.feed_chunk(claude.BEGIN)
    assert events[-1] == Unknown(claude.BEGIN)
    assert stream.detected == "this is anthropic: type is message_start"


# -- states --------------------------------------------------------------------------------------

SOURCES = {"citationMetadata": {"citations": [{"uri": "https://example.com/"}]}}
PICTURE = parts({"inlineData": {"mimeType": "image/png", "data": "aGk="}})
STREAMS: list[tuple[Any, bytes]] = [
    ("auto", sse(say("Hi", reasoning_content="hm"), calls(call(0, "id1", "f", "{}")), STOP) + DONE),
    ("gemini", sse(*ARGUMENTS, gemini({"index": 0, **SOURCES}), PICTURE, parts(finish="STOP"))),
    ("anthropic", named(claude.BEGIN, *claude.tool(0, '{"a"', ": 1}"), claude.END, claude.STOP)),
    (
        "openai-responses",
        named(responses.life("created"), *responses.text("Hi"), responses.completed()),
    ),
    (JSON(text="t", done="d"), sse({"t": "Hi"}, {"d": True})),
]


def reloaded(stream: StreamDecoder) -> StreamDecoder:
    return StreamDecoder.load(json.loads(json.dumps(stream.dump())))


def repickled(stream: StreamDecoder) -> StreamDecoder:
    again: StreamDecoder = pickle.loads(pickle.dumps(stream))
    return again


@pytest.mark.parametrize("keep", [reloaded, repickled])
@pytest.mark.parametrize(("dialect", "data"), STREAMS, ids=[str(name) for name, _ in STREAMS])
def test_a_state_kept_at_any_byte_goes_on(
    dialect: Any, data: bytes, keep: Callable[[StreamDecoder], StreamDecoder]
) -> None:
    whole = StreamDecoder(dialect)
    expected = whole.feed(data) + whole.close()
    stream = StreamDecoder(dialect)
    events: list[StreamEvent] = []
    for byte in data:
        events += stream.feed(bytes([byte]))
        stream = keep(stream)
    events += stream.close()
    assert events == expected
    assert keep(stream).response == whole.response
    assert keep(stream).close() == []


@pytest.mark.parametrize("keep", [reloaded, repickled])
def test_a_state_keeps_the_limit_that_was_passed(
    keep: Callable[[StreamDecoder], StreamDecoder],
) -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_choices=1))
    stream.feed(sse(say("a"), say("b", index=1)))
    with pytest.raises(LimitExceeded, match="max_choices"):
        keep(stream).feed(b"")


# -- arguments that are told place by place and then whole --------------------------------------


def test_the_members_of_a_patch_in_another_order_are_the_same_arguments() -> None:
    operation = {"type": "update_file", "path": "a.txt", "diff": "+x\n"}
    turned = {"diff": "+x\n", "path": "a.txt", "type": "update_file"}
    item = {"type": "apply_patch_call", "id": "item_0", "call_id": "call_0"}
    events = [
        responses.life("created"),
        responses.added({**item, "operation": {**operation, "diff": ""}}),
        responses.at("apply_patch_call_operation_diff.delta", delta="+x\n"),
        responses.done({**item, "operation": turned}),
        responses.completed({**item, "operation": turned}),
    ]
    (one,) = read(named(*events), dialect="openai-responses").response.tool_calls
    assert (one.complete, one.parsed) == (True, operation)


def test_facts_of_no_block_are_nothing() -> None:
    merger = Merger()
    merger.learn(0, "nowhere", name="f")
    merger.detail(0, "nowhere", {"a": 1})
    assert merger.take() == []
    merger.open(0, "text", "text")
    shown = merger.take()
    merger.learn(0, "text", name="f")  # and a text has no name
    assert (len(shown), merger.take()) == (2, [])


def test_citations_are_told_natively_once() -> None:
    """Gemini's stand beside the text; what supports its grounding stands in the grounding."""
    support = {"segment": {"endIndex": 2}, "groundingChunkIndices": [0]}
    grounding = {"groundingChunks": [{"web": {"uri": "w"}}], "groundingSupports": [support]}
    cited = {"content": {"parts": [{"text": "Hi"}]},
             "citationMetadata": {"citations": [{"uri": "u"}]}}  # fmt: skip
    stream = StreamDecoder("gemini")
    stream.feed_chunk({"candidates": [cited]})
    stream.feed_chunk({"candidates": [{"groundingMetadata": grounding, "finishReason": "STOP"}]})
    stream.close()
    (candidate,) = stream.native()["candidates"]
    assert candidate["citationMetadata"] == {"citations": [{"uri": "u"}]}
    assert candidate["groundingMetadata"] == grounding
    assert [one.url for block in stream.response.blocks for one in block.citations] == ["u", "w"]  # type: ignore[union-attr]


def test_a_state_within_bare_json() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(say("a")) + b'{"error":\n {"message": "late"\n')
    stream = StreamDecoder.load(json.loads(json.dumps(stream.dump())))
    stream.feed(b" }\n}\n")
    stream.close()
    assert stream.response.error is not None
    assert stream.response.error.message == "late"


def test_a_state_within_one_value_in_several_events() -> None:
    stream = StreamDecoder("openai-chat", assume=["F21"])
    whole = json.dumps(say("Hi"))
    stream.feed(sse(whole[:20]) + sse(whole[20:40]))
    stream = StreamDecoder.load(json.loads(json.dumps(stream.dump())))
    stream.feed(sse(whole[40:]))
    assert stream.response.text == "Hi"


def test_brackets_that_are_not_json() -> None:
    """As a server logs into its own stream."""
    stream = StreamDecoder("openai-chat")
    events = stream.feed(sse(say("a")) + b"[see above]\n" + sse(say("b")))
    assert [event.quirk for event in events if isinstance(event, Anomaly)] == ["F18"]
    assert stream.response.text == "ab"


@pytest.mark.parametrize(
    "chunks",
    [
        [
            say("a"),
            {"choices": [{"index": 0, "logprobs": {"content": [{"token": "aaaaaaaa"}] * 12}}]},
        ],
        [say("a"), {"choices": [], "system_fingerprint": "x" * 200}],
        [say("a"), {"choices": [], "citations": ["https://example.org/" + "x" * 200]}],
        [say("a", annotations=[{"type": "url_citation", "url_citation": {"title": "x" * 200}}])],
        [say("a"), say(audio={"transcript": "x" * 200})],
    ],
    ids=["logprobs", "metadata", "sources", "citations", "transcript"],
)
def test_what_is_kept_beside_the_answer_counts_too(chunks: list[Any]) -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_accumulated_bytes=200))
    assert stream.feed(sse(*chunks, say("a"), say("a")))
    with pytest.raises(LimitExceeded, match="max_accumulated_bytes"):
        stream.feed(b"")


def test_a_fact_said_anew_counts_once() -> None:
    stream = StreamDecoder("openai-chat", limits=Limits(max_accumulated_bytes=400))
    for n in range(1000):
        stream.feed(sse({"choices": [], "system_fingerprint": f"{n:0100}"}))
    assert stream.response.metadata["system_fingerprint"] == f"{999:0100}"


def test_a_citation_of_several_sources_counts_once() -> None:
    """What Gemini cites them with is one object."""
    segment = {"text": "x" * 1000}
    support = {"segment": segment, "groundingChunkIndices": [*range(10)]}
    chunks = [{"web": {"uri": f"https://example.org/{n}"}} for n in range(10)]
    grounding = {"groundingChunks": chunks, "groundingSupports": [support]}
    stream = StreamDecoder("gemini", limits=Limits(max_accumulated_bytes=9000))
    stream.feed(sse(gemini({"index": 0, "groundingMetadata": grounding})))
    assert len(stream.close()) == 1
    assert len(stream.response.choice.citations) == 10


def test_a_usage_of_any_size_is_not_kept() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(sse({"choices": [], "usage": {"prompt_tokens": 1}}))
    events = stream.feed(sse({"choices": [], "usage": {"more": "x" * MOST_USAGE}}))
    assert [type(event) for event in events] == [Unknown]
    assert stream.response.usage is not None
    assert stream.response.usage.data == {"prompt_tokens": 1}


@pytest.mark.parametrize("count", [1023, 1024, 1025, 5000])
def test_many_small_pieces_are_one_text(count: int) -> None:
    pieces = [f"{number:04}" for number in range(count)]
    stream = StreamDecoder("openai-chat")
    for piece in pieces:
        stream.feed(sse(say(piece)))
    assert stream.response.text == "".join(pieces)


def test_a_call_of_many_small_pieces_is_whole() -> None:
    pieces = [f"{number:04}" for number in range(5000)]
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(calls(call(0, "id1", "f", '["'))))
    for piece in pieces:
        stream.feed(sse(calls(call(0, arguments=piece))))
    stream.feed(sse(calls(call(0, arguments='"]')), say(finish="tool_calls"), DONE))
    (made,) = stream.response.tool_calls
    assert made.arguments == '["' + "".join(pieces) + '"]'


# -- what mutants showed -------------------------------------------------------------------------


def kinds(events: list[StreamEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def usage(**counts: Any) -> bytes:
    return sse({"choices": [], "usage": counts})


def test_usage_is_told_when_it_changes() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(say("a")))
    assert kinds(stream.feed(usage(prompt_tokens=1, completion_tokens=2))) == ["Usage"]
    assert stream.feed(usage(prompt_tokens=1, completion_tokens=2)) == []
    assert stream.feed(usage(prompt_tokens=1)) == []  # the rest keeps its value
    assert stream.feed(usage(prompt_tokens=None)) == []
    assert kinds(stream.feed(usage(prompt_tokens=3))) == ["Usage"]
    assert stream.response.usage is not None
    assert stream.response.usage.data == {"prompt_tokens": 3, "completion_tokens": 2}


def test_the_largest_usage_that_is_kept() -> None:
    room = MOST_USAGE - weight({"more": ""})
    for more, told in ((room, "Usage"), (room + 1, "Unknown")):
        stream = StreamDecoder("openai-chat")
        stream.feed(sse(say("a")))
        assert kinds(stream.feed(usage(more="x" * more))) == [told]


def test_a_fact_is_told_when_it_changes() -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(say("a")))
    assert kinds(stream.feed(sse({"choices": [], "service_tier": "a"}))) == ["Metadata"]
    assert stream.feed(sse({"choices": [], "service_tier": "a"})) == []
    assert stream.feed(sse({"choices": [], "service_tier": None})) == []
    assert kinds(stream.feed(sse({"choices": [], "service_tier": "b"}))) == ["Metadata"]
    assert stream.response.metadata["service_tier"] == "b"


def test_what_is_opaque_is_told_when_it_changes() -> None:
    """Of each kind by itself."""
    merger = Merger()
    merger.open(0, 0, "reasoning")
    merger.take()
    for kind, data, told in [
        ("signature", "a", True),
        ("signature", "a", False),
        ("data", "a", True),
        ("signature", "b", True),
        ("signature", "a", True),
    ]:
        merger.opaque(0, 0, kind, data)
        assert [(one.kind, one.data) for one in merger.take()] == [(kind, data)] * told  # type: ignore[union-attr]
    (block,) = merger.response().blocks
    assert [(one.kind, one.data) for one in block.opaque] == [("data", "a"), ("signature", "a")]


def test_a_count_may_be_text() -> None:
    """With as many digits as 64 bits hold; what is longer is no count."""
    for text, count in (("7", 7), (str(2**63 - 1), 2**63 - 1), ("1" + "0" * 19, None)):
        stream = StreamDecoder("openai-chat")
        stream.feed(usage(prompt_tokens=text))
        assert stream.response.usage is not None
        assert stream.response.usage.input_tokens == count
        assert stream.response.usage.data == {"prompt_tokens": text}


def test_what_is_void_was_not_complete() -> None:
    stream = StreamDecoder("anthropic")
    stream.feed(named(claude.BEGIN, *claude.tool(0, '{"a": 1}')[:-1]))
    events = stream.feed(named(claude.begin("msg_2")))
    (end,) = [event for event in events if isinstance(event, ToolCallEnd)]
    assert end.problem == "cut"
    assert "Reset" in kinds(events)


def test_as_many_output_items_as_are_allowed() -> None:
    items = [responses.added({"type": "message", "id": f"m{n}"}, n) for n in range(4)]
    limits = Limits(max_output_items=3)
    stream = StreamDecoder("openai-responses", limits=limits)
    for item in items[:3]:
        stream.feed(named(item))
        stream.feed(named({**item, "type": "response.output_item.done"}))  # is no other
    with pytest.raises(LimitExceeded) as caught:
        stream.feed(named(items[3]))
    assert (caught.value.limit, caught.value.observed) == ("max_output_items", 4)


def test_items_at_one_place_are_all_kept() -> None:
    calls = [
        {**responses.function("{}"), "id": f"i{n}", "call_id": f"c{n}", "name": f"f{n}"}
        for n in range(4)
    ]
    stream = StreamDecoder("openai-responses")
    for one in calls:
        stream.feed(named(responses.added(one, 0), responses.done(one, 0)))
    assert [call.name for call in stream.response.tool_calls] == ["f0", "f1", "f2", "f3"]
    assert [item["name"] for item in stream.native()["output"]] == ["f0", "f1", "f2", "f3"]


def test_null_is_no_fact() -> None:
    seen = read(
        named(claude.BEGIN, *claude.text(0, "a"), claude.reason(), claude.STOP), dialect="anthropic"
    )
    told = [fact for event in seen.of(Metadata) for fact in event.data.values()]
    assert None not in told
    assert "stop_sequence" not in seen.response.metadata


def test_a_block_that_is_announced_twice() -> None:
    def starts(*ids: str) -> Any:
        tools = [claude.tool(0, "{}", id=id) for id in ids]
        return [*(tool[0] for tool in tools), *tools[0][1:]]

    def seen(anomalies: str, outcome: str, *ids: str) -> Any:
        stream = named(claude.BEGIN, *starts(*ids), claude.reason("tool_use"), claude.STOP)
        found = read(stream, dialect="anthropic", anomalies=anomalies, outcome=outcome)
        assert not any(call.id_is_synthetic for call in found.response.tool_calls)
        return [call.id for call in found.response.tool_calls]

    assert seen("", "complete", "id1", "id1") == ["id1"]
    assert seen("", "complete", "id1", "") == ["id1"]  # what is not said again stays
    assert seen("", "complete", "", "id1") == ["id1"]
    assert seen("P6", "incomplete", "id1", "id2") == ["id1", "id2"]  # the first was cut


def test_a_block_that_is_announced_late_has_its_id_from_there() -> None:
    _, announced, delta, *rest = responses.text("Hi")
    stream = named(responses.life("created"), delta, announced, announced, *rest)
    end = named(responses.completed(responses.message("Hi")))
    seen = read(stream, end, dialect="openai-responses", anomalies="P5")
    assert [(block.text, block.id) for block in seen.response.blocks] == [("Hi", "item_0")]  # type: ignore[union-attr]


def test_a_call_begins_when_its_name_is_known() -> None:
    """Announced without one, or not at all."""
    nameless, more, *_ = claude.tool(0, '{"a"', name="")
    for before in (nameless, more), (more,), (more, nameless):
        stream = StreamDecoder("anthropic")
        shown = stream.feed(named(claude.BEGIN, *before))
        assert not any(isinstance(event, (ToolCallStart, ToolCallDelta)) for event in shown)
        start, delta = stream.feed(named(claude.tool(0)[0]))
        assert isinstance(start, ToolCallStart)
        assert isinstance(delta, ToolCallDelta)
        assert (start.name, delta.arguments) == ("f", '{"a"')


AGAIN: dict[str, tuple[str, list[Any]]] = {
    "chat call": (
        "openai-chat",
        [sse(calls(call(0, "id1", "f", "["))), sse(calls(call(0, arguments="1")))],
    ),
    "anthropic text": (
        "anthropic",
        [
            named(claude.BEGIN, *claude.text(0, "a")[:2]),
            named(claude.delta(0, "text_delta", text="b")),
        ],
    ),
    "anthropic call": (
        "anthropic",
        [
            named(claude.BEGIN, *claude.tool(0, "[")[:2]),
            named(claude.delta(0, "input_json_delta", partial_json="1")),
        ],
    ),
}


@pytest.mark.parametrize("name", AGAIN)
def test_more_of_the_same_goes_the_short_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The laws hold the short way to the long one; that it is taken only shows in the time."""
    dialect, pushes = AGAIN[name]
    stream = StreamDecoder(dialect)
    for push in [*pushes, pushes[-1]]:
        stream.feed(push)

    def the_long_way(*_: Any, **__: Any) -> Any:
        raise AssertionError("the long way")

    for verb in ("text", "reasoning", "refusal", "call", "arguments", "_say"):
        monkeypatch.setattr(Merger, verb, the_long_way)
    kind = ToolCallDelta if "call" in name else TextDelta
    assert [type(event) for event in stream.feed(pushes[-1])] == [kind]


def test_usage_is_replaced_key_by_key_to_some_depth() -> None:
    def nest(depth: int, leaf: dict[str, int]) -> dict[str, Any]:
        return {"a": nest(depth - 1, leaf)} if depth else leaf

    for depth, kept in ((1, True), (8, True), (9, False)):
        stream = StreamDecoder("openai-chat")
        stream.feed(sse(say("a")))
        stream.feed(usage(**nest(depth, {"x": 1, "y": 1})))
        stream.feed(usage(**nest(depth, {"y": 2})))
        found: Any = stream.response.usage
        assert found is not None
        assert found.data == nest(depth, {"x": 1, "y": 2} if kept else {"y": 2})


def test_a_whole_text_is_shown_as_soon_as_it_is_said() -> None:
    stream = StreamDecoder("openai-responses")
    stream.feed(named(*responses.text("")[:2]))
    events = stream.feed(named(responses.at("output_text.done", text="ab")))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["ab"]


def test_a_limit_names_the_event() -> None:
    for count in (1, 3):
        stream = StreamDecoder("openai-chat", limits=Limits(max_accumulated_bytes=9))
        for _ in range(count - 1):
            stream.feed_chunk({"choices": []})
        stream.feed_chunk(say("x" * 100))  # gives what came before the limit; the next call raises
        with pytest.raises(LimitExceeded) as caught:
            stream.feed_chunk({"choices": []})
        assert caught.value.event == count - 1


def test_positions_are_numbers() -> None:
    odd: Any
    for odd, known in ((3, 3), (True, None), ("3", None), (3.0, None)):
        data = {"type": "url_citation", "url": "u", "start_index": odd, "end_index": odd}
        stream = named(
            *responses.text("abc")[:3],
            responses.at("output_text.annotation.added", annotation_index=0, annotation=data),
        )
        events = StreamDecoder("openai-responses").feed(stream)
        (cited,) = [event for event in events if isinstance(event, Citation)]
        assert (cited.start, cited.end) == (known, known)


def test_before_anything_came_the_response_is_empty() -> None:
    response = StreamDecoder("openai-chat").response
    assert (response.id, response.model, response.text) == ("", "", "")
