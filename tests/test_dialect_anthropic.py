"""Anthropic Messages in detail: each field of its events, and values of any type in its place.

What an answer looks like stands in ``test_dialects.py``, the quirks stand in
``quirks/test_anthropic.py``; here is what a whole stream seldom has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sse_core import (
    Citation,
    Finish,
    KeepAlive,
    Metadata,
    Opaque,
    OtherBlock,
    ReasoningBlock,
    ReasoningDelta,
    ResponseEnd,
    ResponseStart,
    StreamDecoder,
    StreamError,
    StreamEvent,
    TextBlock,
    TextDelta,
    TextEnd,
    ToolCall,
    ToolResult,
    ToolResultStart,
    Unknown,
    Usage,
)
from tests.grammar import check_against_response, check_grammar

from .quirks.base import Read, claude, named
from .quirks.base import read as read_any

END = [claude.END, claude.STOP]


def read(*events: dict[str, Any], **options: Any) -> Read:
    return read_any(named(*events), dialect="anthropic", **options)


def blocks(*events: dict[str, Any], **options: Any) -> tuple[Any, ...]:
    """The blocks of a message that consists of these events and an end."""
    return read(claude.BEGIN, *events, *END, **options).response.blocks


def told(stream: StreamDecoder, *events: dict[str, Any]) -> list[StreamEvent]:
    """What comes of more of it."""
    return stream.feed(named(*events))


def begun(*events: dict[str, Any]) -> StreamDecoder:
    """A stream that began like this."""
    stream = StreamDecoder("anthropic")
    stream.feed(named(claude.BEGIN, *events))
    return stream


# -- the message -----------------------------------------------------------------------------------


def test_a_message_comes_back_whole() -> None:
    """As the API gives it where it is not streamed."""
    message: dict[str, Any] = {
        "id": "msg_7",
        "model": "m7",
        "role": "someone",
        "usage": {"input_tokens": 5},
    }
    end = {
        "type": "message_delta",
        "delta": {"stop_reason": "stop_sequence", "stop_sequence": "###"},
        "usage": {"output_tokens": 7},
    }
    seen = read(claude.begin(**message), *claude.text(0, "Hi"), end, claude.STOP)
    assert seen.stream.native() == {
        "id": "msg_7",
        "type": "message",
        "role": "someone",
        "model": "m7",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "stop_sequence",
        "stop_sequence": "###",
        "usage": {"input_tokens": 5, "output_tokens": 7},
    }
    assert seen.response.choice.role == "someone"


def test_a_message_of_which_only_a_text_came() -> None:
    """What the wire did not say is as the API says it before the end."""
    seen = read(*claude.text(0, "Hi"), outcome="truncated")
    assert seen.stream.native() == {
        "id": "",
        "type": "message",
        "role": "assistant",
        "model": "",
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {},
    }


def test_the_head_of_the_message() -> None:
    """What it says beside its known members are facts of the response."""
    stream = StreamDecoder("anthropic")
    begin = claude.begin(container={"id": "c1"}, stop_details=None)
    events = told(stream, begin)
    assert events[:2] == [ResponseStart("msg_1", "m"), Metadata({"container": {"id": "c1"}})]
    assert [type(event) for event in events[2:]] == [Usage]


def test_the_numbers_of_usage() -> None:
    """The last word on each; ``input_tokens`` does not include what the cache had."""
    head = {
        "input_tokens": 43,
        "output_tokens": 1,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
    }
    last = {"input_tokens": 61, "output_tokens": 7, "output_tokens_details": {"thinking_tokens": 5}}
    end = {**claude.END, "usage": last}
    seen = read(claude.begin(usage=head), *claude.text(0, "Hi"), end, claude.STOP)
    assert seen.of(Usage) == [
        Usage(43, 1, None, 3, 4, None, head),
        Usage(61, 7, None, 3, 4, 5, {**head, **last}),
    ]


@pytest.mark.parametrize(
    ("word", "reason", "outcome"),
    [
        ("end_turn", "stop", "complete"),
        ("stop_sequence", "stop", "complete"),
        ("tool_use", "tool_calls", "complete"),
        ("max_tokens", "length", "incomplete"),
        ("model_context_window_exceeded", "length", "incomplete"),
        ("pause_turn", "pause", "incomplete"),
        ("compaction", "pause", "incomplete"),
        ("refusal", "refusal", "incomplete"),
        ("bored", "other", "complete"),
    ],
)
def test_every_reason(word: str, reason: str, outcome: str) -> None:
    seen = read(claude.BEGIN, *claude.text(0, "Hi"), claude.reason(word), outcome=outcome)
    assert seen.of(Finish) == [Finish(0, reason, word)]
    assert seen.stream.native()["stop_reason"] == word


@pytest.mark.parametrize("word", [None, "", 5, True, ["end_turn"], {"a": "end_turn"}])
def test_what_is_no_reason(word: Any) -> None:
    """The message goes on; ``message_stop`` alone does not say why it ended."""
    seen = read(claude.BEGIN, claude.reason(word), *claude.text(0, "Hi"), outcome="truncated")
    assert (seen.of(Finish), seen.stream.native()["stop_reason"]) == ([], None)
    stopped = read(claude.BEGIN, *claude.text(0, "Hi"), claude.reason(word), claude.STOP,
                   outcome="unknown")  # fmt: skip
    assert stopped.text == "Hi"


def test_facts_at_the_end() -> None:
    """Those of the delta, then those at the root; what has events of its own is none."""
    details = {"type": "refusal", "category": "cyber"}
    delta = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
    end = {
        "type": "message_delta",
        "delta": {**delta, "container": {"id": "c1"}},
        "usage": {"output_tokens": 7},
        "context_management": {"applied_edits": []},
    }
    stop = {"type": "message_stop", "amazon-bedrock-invocationMetrics": {"inputTokenCount": 9}}
    seen = read(claude.BEGIN, end, stop, outcome="incomplete")
    facts: list[dict[str, Any]] = [
        {"stop_details": details, "container": {"id": "c1"}},
        {"context_management": {"applied_edits": []}},
        {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9}},
    ]
    assert seen.of(Metadata) == [Metadata(fact) for fact in facts]
    made = seen.stream.native()
    assert {name: made[name] for fact in facts for name in fact} == {
        name: value for fact in facts for name, value in fact.items()
    }


def test_a_ping() -> None:
    stream = begun()
    assert told(stream, {"type": "ping"}) == [KeepAlive()]
    assert told(stream, {"type": "ping", "cost": "0.01"}) == [
        Metadata({"cost": "0.01"}),
        KeepAlive(),
    ]


def test_an_error_in_words() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    seen = read(error, outcome="failed")
    said = StreamError("Overloaded", "", "overloaded_error", True)
    assert seen.events[:-1] == [ResponseStart(), said]
    assert isinstance(seen.end, ResponseEnd)
    assert seen.end.error == said


def test_another_message_in_the_middle_begins_anew() -> None:
    """X12, twice; what is told last is the response."""
    texts = [claude.text(0, word) for word in "abc"]
    again = [claude.begin(f"msg_{n}", model=f"m{n}", role=f"r{n}") for n in range(3)]
    events = [event for begin, text in zip(again, texts) for event in (begin, *text)]
    seen = read(*events, *END, anomalies="X12")
    assert (seen.text, seen.response.id, seen.response.model) == ("c", "msg_2", "m2")
    assert seen.response.choice.role == "r2"


# -- the blocks ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "key"), [(0, 0), (7, 7), (-1, -1), ("a", "a"), (None, 0), (1.5, "1.5"), ([1], "[1]")]
)
def test_whatever_names_a_block_is_its_key(index: Any, key: Any) -> None:
    events = [*claude.text(index, "H", "i"), *claude.tool(99, '{"a": 1}')]
    text, call = blocks(*events)
    assert (text.text, text.key, text.complete) == ("Hi", key, True)
    assert (call.parsed, call.key) == ({"a": 1}, 99)


def test_without_an_index_the_block_at_0_is_meant() -> None:
    events = claude.text(0, "H", "i")
    for event in events:
        del event["index"]
    assert [(block.text, block.key) for block in blocks(*events)] == [("Hi", 0)]


START_WITH = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}


def test_thinking_that_stands_in_its_start() -> None:
    seen = read(claude.BEGIN, claude.start(3, **START_WITH), claude.stop(3), *END)
    assert seen.of(ReasoningDelta) == [ReasoningDelta(0, 0, "hm")]
    assert seen.of(Opaque) == [Opaque(0, 0, "signature", "c2ln")]
    (block,) = seen.response.blocks
    assert isinstance(block, ReasoningBlock)
    assert (block.text, block.key, block.complete) == ("hm", 3, True)
    assert seen.stream.native()["content"] == [START_WITH]


def test_thinking_that_is_not_shown() -> None:
    seen = read(
        claude.BEGIN, claude.start(0, "redacted_thinking", data="c2Vj"), claude.stop(0), *END
    )
    assert seen.of(Opaque) == [Opaque(0, 0, "data", "c2Vj")]
    assert seen.stream.native()["content"] == [{"type": "redacted_thinking", "data": "c2Vj"}]


@pytest.mark.parametrize("type", ["text", "thinking", "tool_use", "web_search_tool_result", "x"])
@pytest.mark.parametrize(("id", "word"), [("id1", "id1"), (5, "5"), (None, "")])
def test_the_id_of_a_block(type: str, id: Any, word: str) -> None:
    """The wire's own, whatever the block; a call has one in any case."""
    (block,) = blocks(claude.start(0, type, id=id, name="f"), claude.stop(0))
    assert block.id == (word or ("call_0_0" if type == "tool_use" else ""))


def test_the_last_signature_counts() -> None:
    signed = [claude.delta(3, "signature_delta", signature=word) for word in ("a", "b")]
    events = [claude.start(3, **START_WITH), *signed, claude.stop(3)]
    (block,) = blocks(*events)
    assert [(one.kind, one.data) for one in block.opaque] == [("signature", "b")]


def test_a_block_ends_where_the_wire_ends_it() -> None:
    stream = begun(*claude.text(4, "Hi")[:-1])
    assert told(stream, claude.stop(4)) == [TextEnd(0, 0, "Hi", True)]
    assert told(stream, claude.stop(4)) == []
    assert told(stream, claude.stop(5)) == []


@pytest.mark.parametrize("text", ["", "a"])
def test_what_a_block_says_of_itself_is_kept(text: str) -> None:
    """Beside what its events tell."""
    start = claude.start(0, "text", text=text, citations=None, cache="hit")
    (block,) = blocks(start, claude.delta(0, "text_delta", text="b"), claude.stop(0))
    assert isinstance(block, TextBlock)
    assert block.wire == {"type": "text", "cache": "hit"}


def test_a_result_is_of_its_call() -> None:
    """Whatever its type is called; ``input`` is a word like any other in it."""
    kinds = ["web_search_tool_result", "mcp_tool_result", "hologram_result"]
    events: list[dict[str, Any]] = []
    for n, kind in enumerate(kinds):
        content = [{"n": n}]
        start = claude.start(n, kind, tool_use_id=f"srv{n}", content=content, input={"a": 1})
        events += [start, claude.stop(n)]
    seen = read(claude.BEGIN, *events, *END)
    starts = seen.of(ToolResultStart)
    assert [(start.call_id, start.name) for start in starts] == [
        (f"srv{n}", kind) for n, kind in enumerate(kinds)
    ]
    results = seen.response.blocks
    for n, result in enumerate(results):
        assert isinstance(result, ToolResult)
        assert (result.name, result.call_id, result.content) == (kinds[n], f"srv{n}", [{"n": n}])
    assert [block["content"] for block in seen.stream.native()["content"]] == [
        [{"n": n}] for n in range(3)
    ]


@pytest.mark.parametrize(
    ("type", "kind"),
    [("tool_use", "function"), ("server_tool_use", "server"), ("mcp_tool_use", "mcp")],
)
def test_who_runs_a_call(type: str, kind: str) -> None:
    tool = claude.tool(0, '{"a": 1}', type=type, caller={"type": "direct"})
    seen = read(claude.BEGIN, *tool, *END)
    (call,) = seen.response.tool_calls
    assert (call.kind, call.id, call.id_is_synthetic) == (kind, "id1", False)
    assert seen.stream.native()["content"] == [
        {"type": type, "caller": {"type": "direct"}, "id": "id1", "name": "f", "input": {"a": 1}}
    ]


HOLOGRAM: dict[str, Any] = {
    "type": "hologram",
    "text": "t",
    "thinking": "h",
    "signature": "s",
    "citations": [{"a": 1}],
    "input": {"a": 1},
    "content": None,
}


def test_a_block_without_a_name_here_is_kept_as_it_is() -> None:
    """All of it: none of its words means what it means in another block."""
    seen = read(claude.BEGIN, claude.start(0, **HOLOGRAM), claude.stop(0), *END)
    (block,) = seen.response.blocks
    assert isinstance(block, OtherBlock)
    assert (block.kind, block.wire, block.complete) == ("hologram", HOLOGRAM, True)
    assert seen.stream.native()["content"] == [HOLOGRAM]
    assert len(seen.of(Unknown)) == 1


def test_native_before_the_end_of_a_call() -> None:
    """As far as it came: the input of the start, until there is more."""
    stream = begun(claude.tool(0, input={"a": 1})[0])
    (block,) = stream.native()["content"]
    assert block["input"] == {"a": 1}
    told(stream, claude.stop(0))
    assert stream.native()["content"] == [block]
    (block,) = begun(claude.tool(0)[0]).native()["content"]
    assert block["input"] == {}


# -- deltas ----------------------------------------------------------------------------------------

WORDS = {
    "text": ("text_delta", {"text": "Hi"}),
    "thinking": ("thinking_delta", {"thinking": "Hi"}),
    "tool_use": ("input_json_delta", {"partial_json": '{"a": 1}'}),
    "compaction": ("compaction_delta", {"content": "Hi"}),
}
KINDS: dict[str, Any] = {
    "text": TextBlock,
    "thinking": ReasoningBlock,
    "tool_use": ToolCall,
    "compaction": OtherBlock,
}


def said(block: Any) -> str:
    """What it came to."""
    if isinstance(block, OtherBlock):
        return str(block.wire.get("content"))
    return str(block.arguments if isinstance(block, ToolCall) else block.text)


@pytest.mark.parametrize("kind", WORDS)
def test_a_delta_that_nobody_announced_makes_its_block(kind: str) -> None:
    """P5; what comes after it goes on with it."""
    type, words = WORDS[kind]
    (block,) = blocks(claude.delta(7, type, **words), claude.stop(7), anomalies="P5")
    assert isinstance(block, KINDS[kind])
    assert (block.key, block.complete, said(block)) == (7, True, *words.values())


@pytest.mark.parametrize("kind", ["text", "thinking", "tool_use"])
def test_native_of_what_nobody_announced_has_its_type(kind: str) -> None:
    type, words = WORDS[kind]
    seen = read(claude.BEGIN, claude.delta(7, type, **words), *END, anomalies="P5")
    assert [block["type"] for block in seen.stream.native()["content"]] == [kind]


@pytest.mark.parametrize("kind", WORDS)
@pytest.mark.parametrize("other", WORDS)
def test_a_delta_of_another_kind_has_a_block_of_its_own(kind: str, other: str) -> None:
    """P6, and nothing is mixed. JSON in what is no call at all is unknown: A11."""
    announced = claude.tool(7)[0] if kind == "tool_use" else claude.start(7, kind)
    type, words = WORDS[other]
    same, stray = kind == other, (kind, other) == ("compaction", "tool_use")
    quirk = "" if same else "A11" if stray else "P6"
    delta = claude.delta(7, type, **words)
    outcome = "incomplete" if quirk == "P6" and kind == "tool_use" else "complete"
    found = blocks(announced, delta, claude.stop(7), anomalies=quirk, outcome=outcome)
    assert isinstance(found[0], KINDS[kind])
    assert len(found) == 1 + (quirk == "P6")
    if not stray:
        assert isinstance(found[-1], KINDS[other])
        assert (said(found[-1]), found[-1].complete) == (*words.values(), True)


@pytest.mark.parametrize("assume", [(), ("A16",)])
def test_more_of_the_same_goes_on(assume: tuple[str, ...]) -> None:
    """Empty deltas between, which say nothing."""
    for type, words in list(WORDS.values())[:2]:
        name, word = next(iter(words.items()))
        deltas = [claude.delta(2, type, **{name: piece}) for piece in (word, "", word, "", "!")]
        start = claude.start(2, "text" if name == "text" else "thinking")
        (block,) = blocks(start, *deltas, claude.stop(2), assume=assume)
        assert (block.text, block.key) == ("HiHi!", 2)


def test_a_call_that_is_announced_after_its_arguments_has_the_wires_id() -> None:
    start, delta, stop = claude.tool(7, '{"a": 1}')
    seen = read(claude.BEGIN, delta, start, stop, *END, anomalies="P5")
    assert seen.calls == [("id1", "f", '{"a": 1}')]
    assert not seen.response.tool_calls[0].id_is_synthetic


@pytest.mark.parametrize("kind", ["", "hologram_delta", None, 5, ["text_delta"], {"a": 1}])
def test_a_delta_of_no_known_kind(kind: Any) -> None:
    stream = begun(*claude.text(0, "Hi")[:-1])
    delta = claude.delta(0, kind, text="!")
    assert told(stream, delta) == [Unknown(delta)]
    assert stream.response.text == "Hi"


def test_a_compaction_of_several_members() -> None:
    """Each the last that is not null."""
    deltas = [
        claude.delta(0, "compaction_delta", content=content, encrypted_content=encrypted)
        for content, encrypted in (("a", None), (None, "b"), ("c", None))
    ]
    (block,) = blocks(claude.start(0, "compaction", content=None), *deltas, claude.stop(0))
    assert block.wire == {"type": "compaction", "content": "c", "encrypted_content": "b"}


def test_a_compaction_that_was_not_announced() -> None:
    delta = claude.delta(3, "compaction_delta", content="c")
    seen = read(claude.BEGIN, delta, claude.stop(3), *END, anomalies="P5")
    (block,) = seen.response.blocks
    assert isinstance(block, OtherBlock)
    assert (block.kind, block.wire) == ("compaction", {"type": "compaction", "content": "c"})
    assert seen.stream.native()["content"] == [block.wire]


def test_what_the_wire_says_of_a_compaction_stays() -> None:
    """A kind of tomorrow, which grows like those of today."""
    delta = claude.delta(3, "compaction_delta", content="c")
    (block,) = blocks(claude.start(3, "summary", content=None), delta, claude.stop(3))
    assert isinstance(block, OtherBlock)
    assert (block.kind, block.wire) == ("summary", {"type": "summary", "content": "c"})


# -- A16: the text of the start once more ----------------------------------------------------------

OURS = "text in content_block_start"


def test_A16_leaves_no_trace() -> None:
    start = claude.start(0, "text", text="Hel")
    deltas = [claude.delta(0, "text_delta", text=text) for text in ("Hello", " you")]
    seen = read(claude.BEGIN, start, *deltas, claude.stop(0), *END, assume=["A16"], anomalies="A16")
    assert [delta.text for delta in seen.of(TextDelta)] == ["Hel", "lo", " you"]
    assert seen.stream.native()["content"] == [{"type": "text", "text": "Hello you"}]


@pytest.mark.parametrize("assume", [(), ("A16",)])
@pytest.mark.parametrize("kind", ["text", "hologram"])
@pytest.mark.parametrize("value", ["Hel", 5, ["Hel"]])
def test_A16_is_not_for_the_wire_to_say(assume: tuple[str, ...], kind: str, value: Any) -> None:
    """Though it use the name under which we keep it."""
    events = [claude.start(0, kind, **{OURS: value}), *claude.text(0, "Hello")[1:]]
    quirk = "" if kind == "text" else "P6"
    assert read(claude.BEGIN, *events, *END, assume=assume, anomalies=quirk).text == "Hello"


# -- citations -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("citation", "url", "title", "start", "end"),
    [
        (
            {"type": "char_location", "document_title": "t", "start_char_index": 0,
             "end_char_index": 9},
            "", "t", 0, 9,
        ),
        (
            {"type": "page_location", "document_title": None, "start_page_number": 1,
             "end_page_number": 2},
            "", "", 1, 2,
        ),
        (
            {"type": "content_block_location", "document_title": "t", "start_block_index": 0,
             "end_block_index": 1},
            "", "t", 0, 1,
        ),
        (
            {"type": "web_search_result_location", "url": "https://example.com/", "title": "t",
             "encrypted_index": "x"},
            "https://example.com/", "t", None, None,
        ),
        (
            {"type": "search_result_location", "source": "https://example.com/", "title": "t",
             "search_result_index": 3, "start_block_index": 1, "end_block_index": 2},
            "https://example.com/", "t", 1, 2,
        ),
        (
            {"type": "hologram", "url": 5, "title": ["t"], "start_char_index": "1"},
            "", "", None, None,
        ),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)  # fmt: skip
@pytest.mark.parametrize("place", ["start", "delta"])
def test_every_kind_of_citation(
    citation: dict[str, Any], url: str, title: str, start: int, end: int, place: str
) -> None:
    """In the start of a block, where it is not streamed; else in a delta."""
    first, *rest = claude.text(4, "Hi")
    if place == "start":
        first["content_block"]["citations"] = [citation]
    else:
        rest.insert(1, claude.delta(4, "citations_delta", citation=citation))
    seen = read(claude.BEGIN, first, *rest, *END)
    assert seen.of(Citation) == [Citation(0, 0, url, title, start, end, citation)]
    assert seen.stream.native()["content"][0]["citations"] == [citation]


@pytest.mark.parametrize("odd", [5, True, "ab", {"a": 1}, ["ab"], [None, 5]])
def test_citations_that_are_none(odd: Any) -> None:
    start = claude.start(0, "text", text="", citations=odd)
    seen = read(claude.BEGIN, start, *claude.text(0, "Hi")[1:], *END)
    assert (seen.text, seen.of(Citation), len(seen.of(Unknown))) == ("Hi", [], 1)


# -- values of any type ----------------------------------------------------------------------------

ODD = [None, 1.5, "x", [], ["x"], {"a": 1}]

EVERYTHING: list[dict[str, Any]] = [
    claude.BEGIN,
    claude.start(0, "text", text="", citations=[{"url": "u"}]),
    claude.delta(0, "text_delta", text="Hi"),
    claude.delta(0, "citations_delta", citation={"url": "u", "title": "t"}),
    claude.stop(0),
    claude.start(1, "thinking", thinking="", signature=""),
    claude.delta(1, "signature_delta", signature="c2ln"),
    claude.tool(2, input={"a": 1})[0],
    claude.delta(2, "input_json_delta", partial_json='{"a'),
    claude.stop(2),
    claude.start(3, "mcp_tool_result", tool_use_id="id1", content=[{"a": 1}]),
    claude.start(4, "compaction", content=None),
    claude.delta(4, "compaction_delta", content="x"),
    {**claude.END, "context_management": {"a": 1}},
    {"type": "ping"},
    {"type": "error", "error": {"type": "t", "message": "m"}},
]


def exchanged(value: Any) -> Iterator[Any]:
    """The value with something else in each place, one at a time."""
    yield from ODD
    if isinstance(value, dict):
        for name, inner in value.items():
            for odd in exchanged(inner):
                yield {**value, name: odd}
            yield {other: inner for other, inner in value.items() if other != name}


@pytest.mark.parametrize("assume", [(), ("A16",)])
def test_no_value_is_trusted_to_be_of_its_type(assume: tuple[str, ...]) -> None:
    """Law 2: any event, with anything in any place of it, gives documented events."""
    for place, event in enumerate(EVERYTHING):
        before = StreamDecoder("anthropic", assume=assume)
        events = [made for one in EVERYTHING[:place] for made in before.feed_chunk(one)]
        state = before.dump()
        for odd in exchanged(event):
            stream = StreamDecoder.load(state)
            more = stream.feed_chunk(odd, event["type"])
            for one in EVERYTHING[place + 1 : place + 3]:
                more += stream.feed_chunk(one)
            more += stream.close()
            check_grammar(events + more)
            check_against_response(events + more, stream.response)
            json.dumps(stream.native())
