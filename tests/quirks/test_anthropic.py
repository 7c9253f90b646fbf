"""A1 to A17: Anthropic Messages, and the servers that speak it."""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import Citation, Finish, OtherBlock, TextDelta, ToolResult, Unknown

from .base import Read, claude, named, sse
from .base import read as read_any

F = ("id1", "f", '{"a": 1}')
HI = claude.text(0, "H", "i")
TOOL_END = [claude.reason("tool_use"), claude.STOP]


def read(*events: dict[str, Any], **options: Any) -> Read:
    return read_any(named(*events), dialect="anthropic", **options)


def test_A1_no_message_stop() -> None:
    seen = read(claude.BEGIN, *HI, claude.END)
    assert (seen.text, seen.finish) == ("Hi", "stop end_turn")


def test_A2_neither_reason_nor_stop() -> None:
    assert read(claude.BEGIN, *HI, outcome="truncated").text == "Hi"


@pytest.mark.parametrize("indexes", [(0, 1, 4), (1, 2, 3), (4, 0, 2)])
def test_A3_any_indexes(indexes: tuple[int, int, int]) -> None:
    first, second, third = indexes
    blocks = [*claude.text(first, "Hel"), *claude.text(second, "lo"), *claude.tool(third, F[2])]
    seen = read(claude.BEGIN, *blocks, *TOOL_END)
    assert (seen.text, seen.calls) == ("Hello", [F])
    assert [block.key for block in seen.response.blocks] == [first, second, third]


@pytest.mark.parametrize("pieces", [(), ("",)])
@pytest.mark.parametrize("kind", ["tool_use", "server_tool_use"])
def test_A4_the_input_in_the_start(kind: str, pieces: tuple[str, ...]) -> None:
    tool = claude.tool(0, *pieces, input={"a": 1}, type=kind)
    (found,) = read(claude.BEGIN, *tool, *TOOL_END).response.tool_calls
    assert (found.name, found.parsed, found.complete) == ("f", {"a": 1}, True)


def test_A5_empty_json() -> None:
    tool = claude.tool(0, "", '{"a"', "", ": 1}", "")
    assert read(claude.BEGIN, *tool, *TOOL_END).calls == [F]


@pytest.mark.parametrize("pieces", [(), ("",)])
def test_A5_no_arguments_at_all(pieces: tuple[str, ...]) -> None:
    assert read(claude.BEGIN, *claude.tool(0, *pieces), *TOOL_END).calls == [("id1", "f", "{}")]


def test_A6_the_input_in_the_start_and_in_deltas() -> None:
    tool = claude.tool(0, '{"a"', ": 1}", input={"a": 1, "b": 2})
    assert read(claude.BEGIN, *tool, *TOOL_END, anomalies="A6").calls == [F]


def test_A6_and_no_end_of_the_block() -> None:
    tool = claude.tool(0, F[2], input={"b": 2})[:-1]
    assert read(claude.BEGIN, *tool, *TOOL_END, anomalies="A6").calls == [F]


@pytest.mark.parametrize("end", [True, False])
def test_A4_and_no_end_of_the_block(end: bool) -> None:
    """The input of the start is not lost: the call is whole, if the message says why it ends."""
    tool = claude.tool(0, input={"a": 1})[:-1]
    outcome = "complete" if end else "truncated"
    seen = read(claude.BEGIN, *tool, *(TOOL_END if end else ()), outcome=outcome)
    (one,) = seen.response.tool_calls
    assert (one.parsed, one.complete, one.problem) == ({"a": 1}, end, "" if end else "cut")
    (block,) = seen.stream.native()["content"]
    assert block["input"] == {"a": 1}


def test_A4_in_the_head_of_the_message() -> None:
    call = {"type": "tool_use", "id": "id1", "name": "f", "input": {"a": 1}}
    begin = claude.begin(content=[call, {"type": "text", "text": "Hi"}])
    seen = read(begin, *TOOL_END)
    assert ([one.parsed for one in seen.response.tool_calls], seen.text) == ([{"a": 1}], "Hi")
    assert seen.stream.native()["content"] == [call, {"type": "text", "text": "Hi"}]


@pytest.mark.parametrize(
    ("text", "reason", "problem", "outcome"),
    [
        ('{"a": C:\\dir}', "tool_use", "invalid", "complete"),
        ('{"a": "b', "max_tokens", "cut", "incomplete"),
        ('{"a": "b', "tool_use", "cut", "incomplete"),
    ],
)
def test_A7_json_that_is_invalid_or_cut(text: str, reason: str, problem: str, outcome: str) -> None:
    end = [claude.reason(reason), claude.STOP]
    seen = read(claude.BEGIN, *claude.tool(0, text), *end, outcome=outcome)
    (one,) = seen.response.tool_calls
    assert (one.arguments, one.complete, one.problem) == (text, False, problem)


def test_A8_no_event_lines() -> None:
    stream = sse(claude.BEGIN, *HI, claude.END, claude.STOP)
    assert read_any(stream, dialect="anthropic", anomalies="A8").text == "Hi"


def test_A8_no_type_in_the_data_is_fine_where_the_event_has_it() -> None:
    events = [claude.BEGIN, *HI, claude.END, claude.STOP]
    stream = b"".join(
        sse({k: v for k, v in event.items() if k != "type"}, event=event["type"])
        for event in events
    )
    assert read_any(stream, dialect="anthropic").text == "Hi"


@pytest.mark.parametrize("usage", [{"usage": None}, {}])
def test_A9_no_usage(usage: dict[str, Any]) -> None:
    message = {k: v for k, v in claude.BEGIN["message"].items() if k != "usage"}
    begin = {**claude.BEGIN, "message": {**message, **usage}}
    end = {k: v for k, v in claude.END.items() if k != "usage"}
    seen = read(begin, *HI, {**end, **usage}, claude.STOP, anomalies="A9")
    assert (seen.text, seen.response.usage) == ("Hi", None)


def test_A10_a_second_message_delta_without_a_reason() -> None:
    again = claude.reason(None, output_tokens=9)
    seen = read(claude.BEGIN, *HI, claude.END, again, claude.STOP, anomalies="A10")
    assert seen.of(Finish) == [Finish(0, "stop", "end_turn")]
    assert seen.response.usage is not None
    assert seen.response.usage.output_tokens == 9


def test_A11_json_in_a_result() -> None:
    found = [{"type": "web_search_result", "url": "https://example.com/", "title": "t"}]
    result = claude.start(1, "web_search_tool_result", tool_use_id="srv1", content=found)
    call = claude.tool(0, '{"query": "q"}', type="server_tool_use", id="srv1", name="web_search")
    delta = claude.delta(1, "input_json_delta", partial_json='{"a": 1}')
    events = [*call, result, delta, claude.stop(1), *claude.text(2, "Hi")]
    seen = read(claude.BEGIN, *events, claude.END, claude.STOP, anomalies="A11")
    assert (seen.text, len(seen.calls), len(seen.of(Unknown))) == ("Hi", 1, 1)
    block = seen.response.blocks[1]
    assert isinstance(block, ToolResult)
    assert (block.content, block.call_id) == (found, "srv1")


@pytest.mark.parametrize("place", [1, 2, 3])
def test_A12_message_start_twice(place: int) -> None:
    events = [claude.BEGIN, *HI, claude.END, claude.STOP]
    events.insert(place, claude.BEGIN)
    assert read(*events, anomalies="A12").text == "Hi"


@pytest.mark.parametrize("content", [None, "They said hello."])
def test_A13_a_compaction_that_failed(content: str | None) -> None:
    start = claude.start(0, "compaction", content=None)
    delta = claude.delta(0, "compaction_delta", content=content)
    events = [start, delta, claude.stop(0), *claude.text(1, "Hi")]
    seen = read(claude.BEGIN, *events, claude.END, claude.STOP)
    block = seen.response.blocks[0]
    assert isinstance(block, OtherBlock)
    assert (block.kind, block.wire["content"], block.complete) == ("compaction", content, True)


def test_A14_thinking_without_a_signature() -> None:
    events = [
        claude.start(0, "thinking", thinking=""),
        claude.delta(0, "thinking_delta", thinking=""),
        claude.delta(0, "thinking_delta", thinking="hm"),
        claude.stop(0),
    ]
    seen = read(claude.BEGIN, *events, *claude.text(1, "Hi"), claude.END, claude.STOP)
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    assert seen.response.blocks[0].opaque == ()


def test_A15_metrics_without_a_type() -> None:
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 9}}
    stream = named(claude.BEGIN, *HI) + sse(metrics) + named(claude.END, claude.STOP)
    seen = read_any(stream, dialect="anthropic")
    assert (seen.text, seen.of(Unknown)) == ("Hi", [])


def test_A16_the_text_of_the_start_once_more() -> None:
    start = claude.start(0, "text", text="Hel")
    deltas = [claude.delta(0, "text_delta", text=text) for text in ("Hel", "lo")]
    events = [claude.BEGIN, start, *deltas, claude.stop(0), claude.END, claude.STOP]
    assert read(*events, assume=["A16"], anomalies="A16").text == "Hello"
    assert read(*events).text == "HelHello"


def test_A16_concerns_the_first_delta_only() -> None:
    start = claude.start(0, "text", text="a")
    deltas = [claude.delta(0, "text_delta", text=text) for text in ("a", "a", "aaa")]
    seen = read(
        claude.BEGIN, start, *deltas, claude.stop(0), claude.END, assume=["A16"], anomalies="A16"
    )
    assert seen.text == "aaaaa"


def test_A16_assumed_of_a_stream_that_does_not_do_it() -> None:
    start = claude.start(0, "text", text="Hel")
    deltas = [claude.delta(0, "text_delta", text=text) for text in ("lo", "Hel")]
    events = [claude.BEGIN, start, *deltas, claude.stop(0), claude.END, claude.STOP]
    assert read(*events, assume=["A16"]).text == "HelloHel"


def test_A16_a_start_with_text_of_its_own() -> None:
    start = claude.start(0, "text", text="Hel")
    delta = claude.delta(0, "text_delta", text="lo")
    seen = read(claude.BEGIN, start, delta, claude.stop(0), claude.END, claude.STOP)
    assert [delta.text for delta in seen.of(TextDelta)] == ["Hel", "lo"]


def test_A17_several_compaction_deltas() -> None:
    start = claude.start(0, "compaction", content=None)
    deltas = [
        claude.delta(0, "compaction_delta", content=content)
        for content in ("They", "They said hello.", None)
    ]
    seen = read(claude.BEGIN, start, *deltas, claude.stop(0), claude.END, claude.STOP)
    assert seen.response.blocks[0].wire["content"] == "They said hello."


# -- not in the catalogue by an id of its own --------------------------------------------------


def test_deltas_of_a_block_that_nobody_announced() -> None:
    events = [claude.delta(0, "text_delta", text="Hi"), claude.stop(0)]
    assert read(claude.BEGIN, *events, claude.END, claude.STOP, anomalies="P5").text == "Hi"


def test_text_in_a_block_of_thinking() -> None:
    events = [
        claude.start(0, "thinking", thinking=""),
        claude.delta(0, "text_delta", text="Hi"),
        claude.stop(0),
    ]
    seen = read(claude.BEGIN, *events, claude.END, claude.STOP, anomalies="P6")
    assert seen.text == "Hi"


def test_no_message_start() -> None:
    assert read(*HI, claude.END, claude.STOP).text == "Hi"


def test_another_message_after_the_end_of_the_first() -> None:
    """It is read as more of the same response, and said to be late."""
    events = [claude.BEGIN, *HI, claude.END, claude.STOP]
    later = [claude.begin("msg_2"), *claude.text(0, "Ho"), claude.END, claude.STOP]
    seen = read(*events, *later, anomalies="E5 F14")
    assert (seen.text, seen.response.id, len(seen.response.blocks)) == ("HiHo", "msg_1", 2)


def test_unknown_kinds_of_everything() -> None:
    events = [
        {"type": "news"},
        claude.start(0, "hologram", data="x"),
        claude.delta(0, "hologram_delta", data="y"),
        claude.stop(0),
        *claude.text(1, "Hi"),
    ]
    seen = read(claude.BEGIN, *events, claude.END, claude.STOP)
    assert (seen.text, len(seen.of(Unknown))) == ("Hi", 3)


def test_citations_belong_to_their_block() -> None:
    citation = {"type": "char_location", "cited_text": "x", "document_title": "t",
                "start_char_index": 1, "end_char_index": 2}  # fmt: skip
    events = claude.text(0, "Hi")
    events.insert(2, claude.delta(0, "citations_delta", citation=citation))
    seen = read(claude.BEGIN, *events, claude.END, claude.STOP)
    assert seen.of(Citation) == [Citation(0, 0, "", "t", 1, 2, citation)]
