"""P1 to P15: OpenAI Responses, and the servers that speak it."""

from __future__ import annotations

from typing import Any

import pytest

from sse_core import (
    KeepAlive,
    ReasoningBlock,
    Reset,
    StreamError,
    TextDelta,
    ToolCallDelta,
    Unknown,
)

from .base import Read, named, responses, sse
from .base import read as read_any

A = '{"a": 1}'
BEGIN = responses.life("created")
HI = responses.text("H", "i")
MESSAGE = responses.message("Hi")
END = responses.completed(MESSAGE)
F = ("call_0", "f", A)


def read(*events: dict[str, Any], **options: Any) -> Read:
    return read_any(named(*events), dialect="openai-responses", **options)


def test_P1_keepalive() -> None:
    alive = {"type": "keepalive", "sequence_number": 4}
    seen = read(BEGIN, alive, *HI[:3], alive, *HI[3:], END, anomalies="P1")
    assert (seen.text, seen.of(KeepAlive)) == ("Hi", [KeepAlive()] * 2)


@pytest.mark.parametrize("output", [[], None])
def test_P2_an_output_of_nothing(output: Any) -> None:
    end = responses.life("completed", status="completed", output=output)
    seen = read(BEGIN, *HI, end, anomalies="P2")
    assert (seen.text, seen.finish) == ("Hi", "stop completed")


def test_P2_of_a_call() -> None:
    events = [responses.added(responses.function()), responses.done(responses.function(A))]
    seen = read(BEGIN, *events, responses.completed(), anomalies="P2 P4")
    assert (seen.calls, seen.finish) == ([F], "tool_calls completed")


def test_P3_another_item_id_on_each_event() -> None:
    rotated = []
    for place, event in enumerate(HI):
        if "item_id" in event:
            event = {**event, "item_id": f"rotated_{place}"}
        if "item" in event:
            event = {**event, "item": {**event["item"], "id": f"rotated_{place}"}}
        rotated.append(event)
    seen = read(BEGIN, *rotated, END, anomalies="P3")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


def test_P3_behind_an_item_that_was_told_whole() -> None:
    more = responses.at("output_text.delta", id="rotated", delta="!")
    seen = read(BEGIN, responses.done(MESSAGE), more, outcome="truncated", anomalies="P3 P4 P5")
    assert seen.text == "Hi!"


def test_P4_a_text_that_was_never_streamed() -> None:
    events = [event for event in HI if event["type"] != "response.output_text.delta"]
    seen = read(BEGIN, *events, END, anomalies="P4")
    assert (seen.text, [delta.text for delta in seen.of(TextDelta)]) == ("Hi", ["Hi"])


def test_P4_arguments_that_were_never_streamed() -> None:
    events = [
        responses.added(responses.function()),
        responses.at("function_call_arguments.done", arguments=A),
        responses.done(responses.function(A)),
    ]
    end = responses.completed(responses.function(A))
    seen = read(BEGIN, *events, end, anomalies="P4")
    assert (seen.calls, [delta.arguments for delta in seen.of(ToolCallDelta)]) == ([F], [A])


def test_P4_nothing_but_the_item() -> None:
    seen = read(BEGIN, responses.done(MESSAGE), END, anomalies="P4")
    assert (seen.text, len(seen.of(TextDelta))) == ("Hi", 1)


def test_P4_nothing_but_the_whole_response() -> None:
    assert read(BEGIN, END, anomalies="P4").text == "Hi"


def test_P4_the_deltas_lack_the_end() -> None:
    """What a done event tells beyond the deltas is told then."""
    events = [event for event in HI if event.get("delta") != "i"]
    seen = read(BEGIN, *events, END)
    assert (seen.text, [delta.text for delta in seen.of(TextDelta)]) == ("Hi", ["H", "i"])


def test_P5_text_before_its_item() -> None:
    late = [*HI[2:4], HI[0], *HI[4:]]
    seen = read(BEGIN, *late, END, anomalies="P5")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


def test_P5_text_before_its_item_and_its_part() -> None:
    late = [HI[2], *HI[:2], *HI[3:]]
    seen = read(BEGIN, *late, END, anomalies="P5")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


def test_P5_an_item_that_is_null() -> None:
    seen = read(BEGIN, responses.added(None), *HI[1:], END)
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)
    seen = read(BEGIN, responses.added(None), *HI[2:], END, anomalies="P5")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


def test_P5_arguments_before_their_item() -> None:
    events = [
        responses.at("function_call_arguments.delta", delta='{"a"'),
        responses.added(responses.function()),
        responses.at("function_call_arguments.delta", delta=": 1}"),
        responses.done(responses.function(A)),
    ]
    end = responses.completed(responses.function(A))
    assert read(BEGIN, *events, end, anomalies="P5").calls == [F]


def function_call(item: dict[str, Any]) -> list[dict[str, Any]]:
    """A whole call, at index 0."""
    arguments = item["arguments"]
    return [
        responses.added({**item, "arguments": ""}),
        responses.at("function_call_arguments.delta", id=item["id"], delta=arguments),
        responses.at("function_call_arguments.done", id=item["id"], arguments=arguments),
        responses.done(item),
    ]


OTHER = {**responses.function('{"b": 2}'), "id": "item_9", "call_id": "call_9", "name": "g"}


def test_P6_a_call_and_a_message_at_one_index() -> None:
    events = [*HI, *function_call(responses.function(A))]
    seen = read(BEGIN, *events, responses.completed(), anomalies="P2 P6")
    assert (seen.text, seen.calls) == ("Hi", [F])


def test_P6_two_calls_at_one_index() -> None:
    events = [*function_call(responses.function(A)), *function_call(OTHER)]
    seen = read(BEGIN, *events, responses.completed(), anomalies="P2 P6")
    assert seen.calls == [F, ("call_9", "g", '{"b": 2}')]


def test_P6_two_calls_at_one_index_and_the_first_never_ends() -> None:
    events = [*function_call(responses.function(A))[:2], *function_call(OTHER)]
    seen = read(BEGIN, *events, responses.completed(), anomalies="P2 P6")
    shown = [(one.id, one.arguments, one.complete) for one in seen.response.tool_calls]
    assert shown == [("call_0", A, True), ("call_9", '{"b": 2}', True)]


def test_P6_an_item_that_is_announced_twice() -> None:
    """It is one, as long as it is not over."""
    first, *rest = function_call(responses.function(A))
    end = responses.completed(responses.function(A))
    assert read(BEGIN, first, first, *rest, end, anomalies="P6").calls == [F]
    seen = read(BEGIN, HI[0], *HI, END, anomalies="P6")
    assert (seen.text, len(seen.response.items)) == ("Hi", 1)


def test_P6_a_refusal_in_a_part_of_text() -> None:
    events = [*HI[:2], responses.at("refusal.delta", delta="No")]
    seen = read(BEGIN, *events, responses.completed(), anomalies="P2 P6")
    assert (seen.text, seen.response.refusal) == ("", "No")


def test_P7_neither_sequence_numbers_nor_logprobs() -> None:
    events = [BEGIN, *HI, END]
    stripped = [{k: v for k, v in one.items() if k != "sequence_number"} for one in events]
    assert read(*stripped).text == "Hi"


ALIASES = {
    "response.output_text.delta": "response.text.delta",
    "response.output_text.done": "response.text.done",
    "response.reasoning_text.delta": "response.reasoning.delta",
    "response.reasoning_summary_text.delta": "response.reasoning_summary.delta",
    "response.function_call_arguments.delta": "response.tool_call_arguments.delta",
}


def renamed(*events: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**event, "type": ALIASES.get(event["type"], event["type"])} for event in events]


def test_P8_other_names() -> None:
    item = {"type": "reasoning", "id": "item_0", "summary": []}
    events = [
        responses.added(item),
        responses.at("reasoning_text.delta", delta="h"),
        responses.at("reasoning_text.delta", delta="m"),
        responses.done({**item, "content": [{"type": "reasoning_text", "text": "hm"}]}),
        *responses.text("H", "i", index=1),
        responses.added(responses.function(index=2), 2),
        responses.at("function_call_arguments.delta", 2, delta=A),
        responses.done(responses.function(A, 2), 2),
    ]
    added = responses.at("content_part.added", part={"type": "reasoning_text", "text": ""})
    end = responses.life("done", status="completed", output=[])
    seen = read(BEGIN, *renamed(events[0], added, *events[1:]), end, anomalies="P2 P8")
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    assert (seen.calls, seen.finish) == ([("call_2", "f", A)], "tool_calls completed")


def test_P8_an_error_of_another_name() -> None:
    error = responses.event("error", error={"message": "m", "code": "c"})
    seen = read(BEGIN, error, anomalies="P8", outcome="failed")
    assert seen.of(StreamError) == [StreamError("m", "c", "", True)]


def test_P9_response_keep_alive() -> None:
    seen = read(BEGIN, responses.event("keep_alive"), *HI, END, anomalies="P9")
    assert (seen.text, len(seen.of(KeepAlive))) == ("Hi", 1)


def test_P10_types_that_are_not_documented() -> None:
    mood = responses.at("message_mood.delta", delta="cheerful")
    seen = read(BEGIN, *HI[:3], mood, *HI[3:], END)
    assert (seen.text, [event.raw for event in seen.of(Unknown)]) == ("Hi", [mood])


def test_P10_the_diff_of_a_patch() -> None:
    operation = {"type": "update_file", "path": "a.txt", "diff": "+x\n+y\n"}
    item = {"type": "apply_patch_call", "id": "item_0", "call_id": "call_0", "status": "done"}
    events = [
        responses.added({**item, "operation": {**operation, "diff": ""}}),
        responses.at("apply_patch_call_operation_diff.delta", delta="+x\n"),
        responses.at("apply_patch_call_operation_diff.delta", delta="+y\n"),
        responses.at("apply_patch_call_operation_diff.done", diff=operation["diff"]),
        responses.done({**item, "operation": operation}),
    ]
    seen = read(BEGIN, *events, responses.completed({**item, "operation": operation}))
    (one,) = seen.response.tool_calls
    assert (one.kind, one.complete, one.parsed) == ("builtin", True, operation)


@pytest.mark.parametrize(
    ("first", "anomalies"), [(0, "P11"), (1, "P11"), (2, "P11 P5"), (3, "P11 P5 N1")]
)
def test_P11_a_stream_that_begins_in_the_middle(first: int, anomalies: str) -> None:
    """Where the beginning of a text was missed, its end tells all of it (N1)."""
    seen = read(*HI[first:], END, anomalies=anomalies)
    assert seen.text == "Hi"
    assert seen.response.id == "resp_1"


def test_P11_begins_with_queued() -> None:
    assert read(responses.life("queued"), *HI, END).text == "Hi"


def test_P11_begins_in_the_middle_of_a_call() -> None:
    events = [
        responses.at("function_call_arguments.delta", delta=" 1}"),
        responses.done(responses.function(A)),
    ]
    end = responses.completed(responses.function(A))
    seen = read(*events, end, anomalies="N1 P11 P5")
    assert seen.calls == [F]


def test_P11_begins_with_the_end_of_an_item() -> None:
    assert read(responses.done(MESSAGE), END, anomalies="P11 P4").text == "Hi"


def test_P11_nothing_but_the_end() -> None:
    assert read(END, anomalies="P4").text == "Hi"


REASONING = {"type": "reasoning", "id": "item_0", "summary": []}
SUMMARY = {**REASONING, "summary": [{"type": "summary_text", "text": "hm"}]}


def test_P12_a_summary_in_the_item_only() -> None:
    events = [responses.added(REASONING), responses.done(SUMMARY), *responses.text("Hi", index=1)]
    end = responses.completed(SUMMARY, responses.message("Hi", 1))
    seen = read(BEGIN, *events, end, anomalies="P12")
    assert (seen.text, seen.response.reasoning) == ("Hi", "hm")
    block = seen.response.blocks[0]
    assert isinstance(block, ReasoningBlock)
    assert block.summary


def test_P12_a_summary_that_was_streamed_too() -> None:
    place = {"output_index": 0, "item_id": "item_0", "summary_index": 0}
    part = {"type": "summary_text", "text": ""}
    events = [
        responses.added(REASONING),
        responses.event("reasoning_summary_part.added", **place, part=part),
        responses.event("reasoning_summary_text.delta", **place, delta="hm"),
        responses.event("reasoning_summary_text.done", **place, text="hm"),
        responses.done(SUMMARY),
    ]
    seen = read(BEGIN, *events, responses.completed(SUMMARY))
    assert seen.response.reasoning == "hm"


# -- not in the catalogue by an id of its own --------------------------------------------------


def test_no_event_lines() -> None:
    stream = sse(BEGIN, *HI, END)
    assert read_any(stream, dialect="openai-responses").text == "Hi"


def test_no_terminal_event() -> None:
    assert read(BEGIN, *HI, outcome="truncated").text == "Hi"


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("max_output_tokens", "length max_output_tokens"), ("content_filter", "content_filter")],
)
def test_an_answer_that_is_incomplete(reason: str, finish: str) -> None:
    details = {"incomplete_details": {"reason": reason}, "output": []}
    end = responses.life("incomplete", status="incomplete", **details)
    seen = read(BEGIN, *HI[:3], end, anomalies="P2", outcome="incomplete")
    assert (seen.text, seen.finish) == ("H", finish)


def test_a_call_that_is_cut() -> None:
    events = [
        responses.added(responses.function()),
        responses.at("function_call_arguments.delta", delta='{"a"'),
    ]
    seen = read(BEGIN, *events, outcome="truncated")
    (one,) = seen.response.tool_calls
    assert (one.arguments, one.complete, one.problem) == ('{"a"', False, "cut")


INTERPRETER = {"type": "code_interpreter_call", "id": "item_0", "container_id": "c1"}
SHELL = {"type": "shell_call", "id": "item_0", "call_id": "call_0"}


def test_the_code_for_an_interpreter() -> None:
    whole = {**INTERPRETER, "code": "print(1)", "outputs": None}
    events = [
        responses.added({**INTERPRETER, "code": "", "outputs": None}),
        responses.at("code_interpreter_call_code.delta", delta="print"),
        responses.at("code_interpreter_call_code.delta", delta="(1)"),
        responses.at("code_interpreter_call_code.done", code="print(1)"),
        responses.done(whole),
    ]
    end = responses.completed(whole, responses.message("1", 1))
    seen = read(BEGIN, *events, *responses.text("1", index=1), end)
    (one,) = seen.response.tool_calls
    assert (one.complete, one.parsed, one.kind) == (True, {"code": "print(1)"}, "server")


def test_the_commands_for_a_shell() -> None:
    action = {"commands": ["ls", "pwd"], "timeout_ms": 5}
    steps = [("added", "command", ""), ("delta", "delta", "ls"), ("done", "command", "ls")]
    steps += [("added", "command", ""), ("delta", "delta", "pwd"), ("done", "command", "pwd")]
    events = [
        responses.event(
            f"shell_call_command.{kind}",
            output_index=0,
            command_index=place // 3,
            **{field: text},
        )
        for place, (kind, field, text) in enumerate(steps)
    ]
    whole = {**SHELL, "action": action}
    begun = responses.added({**SHELL, "action": {"commands": []}})
    seen = read(BEGIN, begun, *events, responses.done(whole), responses.completed(whole))
    (one,) = seen.response.tool_calls
    assert (one.complete, one.parsed, one.kind) == (True, action, "builtin")


G = ("call_1", "f", '{"b": 2}')
TWO = [responses.function(A), responses.function(G[2], 1)]


def mixed_calls() -> list[dict[str, Any]]:
    """The events of two calls, in turns: announced, deltas, told whole, done."""
    empty = [{**item, "arguments": ""} for item in TWO]
    return [
        *(responses.added(item, place) for place, item in enumerate(empty)),
        *(
            responses.at(f"function_call_arguments.{kind}", place, **{field: item["arguments"]})
            for kind, field in (("delta", "delta"), ("done", "arguments"))
            for place, item in enumerate(TWO)
        ),
        *(responses.done(item, place) for place, item in enumerate(TWO)),
    ]


@pytest.mark.parametrize("output", [TWO, []], ids=["told", "P2"])
def test_P13_one_index_for_two_calls_at_once(output: list[Any]) -> None:
    events = [{**event, "output_index": 0} for event in mixed_calls()]
    seen = read(
        BEGIN, *events, responses.completed(*output), anomalies=f"P6 P13{'' if output else ' P2'}"
    )
    assert seen.calls == [F, G]
    assert [item["id"] for item in seen.stream.native()["output"]] == ["item_0", "item_1"]


def test_P13_the_ends_have_the_index_of_the_next() -> None:
    """As with vLLM and gpt-oss; the terminal event has other ids, and parts counted from 0."""
    thought = {"type": "reasoning", "id": "r", "summary": []}
    part = {"type": "reasoning_text", "text": "Hm"}
    said = {"type": "output_text", "text": "Hi", "annotations": []}
    whole = [{**thought, "content": [part]}, {**responses.message("Hi"), "id": "m"}]
    events = []
    families: list[tuple[str, str, dict[str, Any]]] = [
        ("reasoning_text", "reasoning_part", part),
        ("output_text", "content_part", said),
    ]
    for place, (kind, family, one) in enumerate(families):
        at = {"item_id": whole[place]["id"], "content_index": place}
        here, after = {**at, "output_index": place + 1}, {**at, "output_index": place + 2}
        events += [
            responses.added({**whole[place], "content": []}, place + 1),
            responses.event(f"{family}.added", **here, part={**one, "text": ""}),
            *(responses.event(f"{kind}.delta", **here, delta=piece) for piece in one["text"]),
            responses.event(f"{kind}.done", **after, text=one["text"]),
            responses.event(f"{family}.done", **after, part=one),
            responses.done(whole[place], place + 2),
        ]
    other = [{**item, "id": f"other_{item['id']}"} for item in whole]
    seen = read(BEGIN, *events, responses.completed(*other), anomalies="P8 P13 P14")
    assert (seen.text, seen.response.reasoning, len(seen.response.blocks)) == ("Hi", "Hm", 2)
    assert seen.stream.native()["output"] == other


def test_P13_a_call_by_another_id_and_at_another_index() -> None:
    """vLLM: the item has no id but an ``item_id``, and other call ids when it is done and told."""
    at = {"item_id": "fc_1"}
    whole = {**responses.function(A), "id": None, "call_id": "call_9", **at}
    events = [
        responses.added({**responses.function(), "id": "x"}, 1),
        *(
            responses.event("function_call_arguments.delta", output_index=1, **at, delta=piece)
            for piece in (A[:3], A[3:])
        ),
        responses.event("function_call_arguments.done", output_index=2, **at, arguments=A),
        responses.done(whole, 2),
    ]
    seen = read(BEGIN, *events, responses.completed(whole), anomalies="P3 P13")
    assert seen.calls == [("call_9", "f", A)]


@pytest.mark.parametrize("kind", ["message", "reasoning"])
def test_P14_the_content_index_counts_deltas(kind: str) -> None:
    """vLLM; and it announces what is reasoning as text."""
    field = "output_text" if kind == "message" else "reasoning_text"
    part = {"type": field, "text": "Hello"}
    whole = {"type": kind, "id": "item_0", "content": [part]}
    place = {"output_index": 0, "item_id": "item_0"}
    steps: list[tuple[str, dict[str, Any]]] = [
        ("content_part.added", {"part": {"type": "output_text", "text": ""}}),
        *((f"{field}.delta", {"delta": piece}) for piece in ("He", "ll", "o")),
        (f"{field}.done", {"text": "Hello"}),
        ("content_part.done", {"part": {**part, "type": "output_text"}}),
    ]
    events = [
        responses.event(type, **place, content_index=number, **fields)
        for number, (type, fields) in enumerate(steps)
    ]
    ends = [responses.done(whole), responses.completed(whole)]
    begin = responses.added({**whole, "content": []})
    for kept in (events, events[:-1], events[:-2]):  # with reasoning the last one is missing
        seen = read(BEGIN, begin, *kept, *ends, anomalies="P14")
        said = seen.text if kind == "message" else seen.response.reasoning
        assert (said, len(seen.response.blocks)) == ("Hello", 1)
        assert seen.stream.native()["output"] == [whole]


def test_P14_an_annotation_of_no_part() -> None:
    note = {"type": "url_citation", "url": "u"}
    added = responses.at("output_text.annotation.added", annotation=note, annotation_index=0)
    events = [*HI[:4], {**added, "content_index": 7}, *HI[4:]]
    seen = read(BEGIN, *events, END, anomalies="P14")
    assert [one.data for one in seen.response.blocks[0].citations] == [note]  # type: ignore[union-attr]


def test_P14_several_parts_that_are_told_as_one() -> None:
    """The one that was announced is there; nothing is said twice."""
    place = {"output_index": 0, "item_id": "item_0", "content_index": 3}
    part = {"type": "output_text", "text": ""}
    events = [
        responses.added(responses.message()),
        responses.event("content_part.added", **place, part=part),
        responses.event("output_text.delta", **place, delta="Hi"),
        responses.done(MESSAGE),
    ]
    seen = read(BEGIN, *events, END, anomalies="P14")
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 1)


def test_P15_calls_by_their_call_ids_alone() -> None:
    """llama.cpp: no index anywhere, no id in a call, whose events have its ``call_id``."""
    items = [{**item, "id": None} for item in TWO]
    events = []
    for item in items:
        at = {"item_id": item["call_id"]}
        events += [
            responses.event("output_item.added", item={**item, "arguments": ""}),
            responses.event("function_call_arguments.delta", **at, delta=item["arguments"]),
        ]
    for item in items:
        at = {"item_id": item["call_id"]}
        events += [
            responses.event("function_call_arguments.done", **at, arguments=item["arguments"]),
            responses.event("output_item.done", item=item),
        ]
    for end in (responses.completed(*items), responses.completed(*TWO)):
        assert read(BEGIN, *events, end, anomalies="P15").calls == [F, G]


def test_P15_a_delta_that_says_nothing_of_its_place() -> None:
    """It is of the item that is not over; behind all of them, of one that was not announced."""
    delta = responses.event("function_call_arguments.delta", delta=A)
    events = [*function_call(TWO[0])[:1], delta, responses.done(TWO[0])]
    seen = read(BEGIN, *events, responses.completed(TWO[0]), anomalies="P15")
    assert seen.calls == [F]
    events = [responses.added(responses.function(), 4), delta, responses.done(TWO[0], 4)]
    assert read(BEGIN, *events, responses.completed(TWO[0]), anomalies="P15").calls == [F]
    seen = read(BEGIN, *events, delta, responses.completed(TWO[0]), anomalies="P5 P15")
    assert [(call.name, call.arguments) for call in seen.response.tool_calls] == [("f", A), ("", A)]


def test_P13_an_output_in_another_order() -> None:
    """The items were told whole, and are told again: each is known by its id."""
    events = [responses.done(item, place + 3) for place, item in enumerate(TWO)]
    seen = read(BEGIN, *events, responses.completed(*reversed(TWO)), anomalies="P4")
    assert seen.calls == [F, G]
    assert seen.stream.native()["output"] == TWO


def test_P15_a_result_has_the_call_id_of_its_call() -> None:
    """It is another item all the same."""
    call = {**TWO[0], "id": None}
    result = {"type": "function_call_output", "call_id": "call_0", "output": "x"}
    for output in ([call, result], []):
        seen = read(BEGIN, responses.done(call, 0), responses.completed(*(output or [call])),
                    anomalies="P4")  # fmt: skip
        assert seen.calls == [F]
    seen = read(BEGIN, responses.done(call, 0), responses.done(result, 1),
                responses.completed(call, result), anomalies="P4")  # fmt: skip
    assert [type(block).__name__ for block in seen.response.blocks] == ["ToolCall", "ToolResult"]
    assert seen.stream.native()["output"] == [call, result]


PART = {"type": "output_text", "text": "", "annotations": []}


@pytest.mark.parametrize(
    "more",
    [
        responses.at("refusal.delta", delta="No"),
        responses.at("refusal.done", refusal="No"),
        responses.at("content_part.done", part={"type": "refusal", "refusal": "No"}),
    ],
    ids=["delta", "done", "part done"],
)
def test_P14_is_not_of_another_kind(more: dict[str, Any]) -> None:
    """A refusal where nothing was announced is no more of the text that was."""
    begun = [responses.added(responses.message()), responses.at("content_part.added", part=PART)]
    said = responses.at("output_text.delta", delta="Hi")
    told = "P5" if more["type"] == "response.refusal.delta" else "P4"
    more = {**more, "content_index": 1}
    seen = read(BEGIN, *begun, said, more, outcome="truncated", anomalies=told)
    assert [block.key for block in seen.response.blocks] == [(0, "content", 0), (0, "content", 1)]
    assert (seen.text, seen.response.refusal) == ("Hi", "No")


def test_P14_the_parts_of_an_item_that_are_where_they_should_be() -> None:
    """One was announced elsewhere: the others are no part of it."""
    begun = [responses.added(responses.message()), responses.at("content_part.added", part=PART)]
    far = {**responses.at("content_part.added", part=PART), "content_index": 5}
    said = [responses.at("output_text.delta", delta="Hi"), far]
    seen = read(BEGIN, *begun, *said, responses.done(MESSAGE), END, anomalies="P14")
    first, second = seen.response.blocks
    assert (first.text, first.complete, second.text) == ("Hi", True, "")  # type: ignore[union-attr]


def test_P14_reasoning_that_is_told_as_text() -> None:
    """What a reasoning consists of is reasoning."""
    part = {**PART, "text": "Hm"}
    item = {"type": "reasoning", "id": "item_0", "content": [part]}
    seen = read(BEGIN, responses.done(item), responses.completed(item), anomalies="P4")
    assert (seen.text, seen.response.reasoning) == ("", "Hm")


# -- what the end says once more ------------------------------------------------------------------


def kinds(seen: Read) -> list[str]:
    return [type(block).__name__ for block in seen.response.blocks]


def test_P6_items_that_are_told_whole_at_one_index() -> None:
    """Never announced: what was told whole there before is another item."""
    told = [responses.done(item) for item in TWO]
    seen = read(BEGIN, *told, responses.completed(*TWO), anomalies="P4 P6")
    assert seen.calls == [F, G]
    assert seen.stream.native()["output"] == TWO
    told = [responses.done(item) for item in (MESSAGE, TWO[1])]
    seen = read(BEGIN, *told, responses.completed(), anomalies="P2 P4 P6")
    assert (seen.text, seen.calls) == ("Hi", [G])
    assert seen.stream.native()["output"] == [MESSAGE, TWO[1]]


def test_P15_items_that_are_told_whole_without_any_name() -> None:
    one, two = ({**responses.message(words), "id": None} for words in ("Hi", "there"))
    told = [responses.event("output_item.done", item=item) for item in (one, one, two)]
    seen = read(BEGIN, *told, responses.completed(), anomalies="P15 P2 P4 P6")
    assert [block.text for block in seen.response.blocks] == ["Hi", "there"]  # type: ignore[union-attr]


def test_an_item_that_is_told_whole_twice_is_one() -> None:
    """As it was, and with more facts."""
    more = {**TWO[0], "status": "completed"}
    told = [responses.done(item) for item in (TWO[0], TWO[0], more)]
    seen = read(BEGIN, *told, responses.completed(more), anomalies="P4")
    assert seen.calls == [F]
    assert seen.stream.native()["output"] == [more]


def other_ids(item: dict[str, Any]) -> dict[str, Any]:
    return {**item, "id": f"x_{item['id']}"} | ({"call_id": "x"} if "call_id" in item else {})


THOUGHT = {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "Hm"}]}
SPACED = {**TWO[0], "arguments": '{"a":1}'}


@pytest.mark.parametrize(
    "output",
    [
        [other_ids(MESSAGE), other_ids(TWO[0])],
        [other_ids(TWO[0]), other_ids(MESSAGE)],
        [other_ids(TWO[0])],
        [other_ids(SPACED)],
        [other_ids(MESSAGE)],
        [{**other_ids(responses.message("Hi!")), "status": "completed"}, TWO[0]],
        [{**other_ids(TWO[0]), "call_id": "call_0"}],
    ],
    ids=["same", "order", "call", "spaces", "message", "another text", "call id"],
)
def test_items_by_other_ids_are_not_read_again(output: list[Any]) -> None:
    """vLLM and LiteLLM make the output of the end anew, and may leave out what they streamed."""
    call = function_call(TWO[0])
    events = [*responses.text("H", "i", index=3), *call]
    seen = read(BEGIN, *events, responses.completed(*output))
    assert kinds(seen) == ["TextBlock", "ToolCall"]
    assert (seen.text, seen.calls) == ("Hi", [F])


def pairs() -> dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Two items that were told whole, and how the end tells them, the second one first."""

    def thought(words: str) -> dict[str, Any]:
        return {"type": "reasoning", "summary": [{"type": "summary_text", "text": words}]}

    def said(words: str) -> dict[str, Any]:
        return {key: value for key, value in responses.message(words).items() if key != "id"}

    def called(name: str = "f", arguments: str = A) -> dict[str, Any]:
        return {"type": "function_call", "name": name, "arguments": arguments}

    result = {"type": "function_call_output", "output": "x"}

    def named(one: dict[str, Any], two: dict[str, Any], *names: str) -> Any:
        first, second = ({**one, **dict.fromkeys(names, "a")}, {**two, **dict.fromkeys(names, "b")})
        return [first, second], [second, first]

    def anew(one: dict[str, Any], two: dict[str, Any]) -> Any:
        return [one, two], [{**two, "id": "x"}, {**one, "id": "y"}]

    both, once_more = named(called(), called(), "call_id")
    return {
        "ids": named(said("Hi"), said("Hi"), "id"),
        "one id": ([{**said("Hi"), "id": "a"}, {**called(), "id": "a"}],
                   [{**called(), "id": "a"}, {**said("Hi"), "id": "a"}]),
        "other ids": anew(said("Hi"), said("there")),
        "no ids": named(said("Hi"), said("there")),
        "call ids": (both, [{**item, "id": f"x{n}"} for n, item in enumerate(once_more)]),
        "one call id": ([{**called(), "call_id": "a"}, {**result, "call_id": "a"}],
                        [{**result, "call_id": "a", "id": "x"},
                         {**called(), "call_id": "a", "id": "y"}]),
        "names": anew(called("f"), called("g")),
        "arguments": anew(called("f", A), called("f", '{"b": 2}')),
        "summaries": anew(thought("a"), thought("b")),
    }  # fmt: skip


PAIRS = pairs()


@pytest.mark.parametrize(("told", "output"), PAIRS.values(), ids=PAIRS)
def test_what_tells_items_apart_when_they_are_told_once_more(
    told: list[dict[str, Any]], output: list[dict[str, Any]]
) -> None:
    """Each is at the place where it was before, and nothing comes twice."""
    end = responses.completed(*({**item, "mark": n} for n, item in enumerate(output)))
    events = [responses.done(item, place) for place, item in enumerate(told)]
    quirk = "P12" if told[0]["type"] == "reasoning" else "P4"
    stream = read(BEGIN, *events, end, anomalies=quirk).stream
    assert [item["mark"] for item in stream.native()["output"]] == [1, 0]
    assert len(stream.response.blocks) == 2


def test_P15_a_call_and_its_result_without_names() -> None:
    call = {**TWO[0], "id": None}
    result = {"type": "function_call_output", "call_id": "call_0", "output": "x"}
    told = [responses.event("output_item.done", item=item) for item in (call, result)]
    seen = read(BEGIN, *told, responses.completed(call, result), anomalies="P15 P4")
    assert kinds(seen) == ["ToolCall", "ToolResult"]


@pytest.mark.parametrize("depth", [60, 64, 65, 2000])
def test_arguments_that_are_nested_deep_are_compared_as_they_are(depth: int) -> None:
    deep = '{"a": ' + "[" * (depth - 1) + "]" * (depth - 1) + "}"
    call = {**TWO[0], "arguments": deep}
    for again, count in ((deep, 1), (deep.replace(" ", ""), 1 if depth <= 64 else 2)):
        end = responses.completed({**other_ids(call), "arguments": again})
        quirks = "P4 P6" if count == 2 else "P4"
        seen = read(BEGIN, responses.done(call), end, anomalies=quirks, outcome="complete")
        assert len(seen.response.tool_calls) == count


def test_items_that_only_the_end_has_are_read() -> None:
    """Also before and between those that were streamed, and with a name that was."""
    another = {**other_ids(TWO[0]), "arguments": '{"c": 3}'}
    output = [THOUGHT, other_ids(MESSAGE), other_ids(TWO[0]), another]
    events = [*responses.text("H", "i"), *function_call(TWO[0] | {"id": "item_1"})]
    events = [*events[:7], *({**event, "output_index": 1} for event in events[7:])]
    seen = read(BEGIN, *events, responses.completed(*output), anomalies="P12 P4 P6")
    assert kinds(seen) == ["TextBlock", "ToolCall", "ReasoningBlock", "ToolCall"]
    assert (seen.text, seen.response.reasoning) == ("Hi", "Hm")
    assert [call.parsed for call in seen.response.tool_calls] == [{"a": 1}, {"c": 3}]


def test_a_call_that_was_not_over_is_the_one_of_its_name() -> None:
    begun = responses.added(responses.function())
    output = [{**other_ids(TWO[1]), "name": "g"}, other_ids(TWO[0])]
    seen = read(BEGIN, begun, responses.completed(*output), anomalies="P4 P6")
    told = [(call.name, call.parsed) for call in seen.response.tool_calls]
    assert told == [("f", {"a": 1}), ("g", {"b": 2})]


def test_one_id_for_several_items() -> None:
    """A type and an index more tell them apart."""
    ids = {"id": "x"}
    items = [
        {**MESSAGE, **ids},
        {**responses.message("there"), **ids},
        {**TWO[0], **ids},
        {"type": "function_call_output", **ids, "call_id": "x", "output": "y"},
    ]
    told = [responses.done(item, place) for place, item in enumerate(items)]
    seen = read(BEGIN, *told, responses.completed(*items), anomalies="P4")
    assert kinds(seen) == ["TextBlock", "TextBlock", "ToolCall", "ToolResult"]
    assert [block.text for block in seen.response.blocks[:2]] == ["Hi", "there"]  # type: ignore[union-attr]
    assert seen.stream.native()["output"] == items


#: Of calls that nobody announced: the event of a delta, and the item, whose kind counts.
UNANNOUNCED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "mcp": (
        responses.at("mcp_call_arguments.delta", delta='{"q": 1}'),
        {"type": "mcp_call", "name": "f", "arguments": '{"q": 1}'},
    ),
    "custom": (
        responses.at("custom_tool_call_input.delta", delta="text"),
        {"type": "custom_tool_call", "name": "f", "input": "text"},
    ),
    "server": (
        responses.at("code_interpreter_call_code.delta", delta="1"),
        {"type": "code_interpreter_call", "code": "1"},
    ),
    "builtin": (
        responses.at("shell_call_command.delta", command_index=0, delta="ls"),
        {"type": "shell_call", "action": {"commands": ["ls"]}},
    ),
    "function": (
        responses.at("function_call_arguments.delta", delta="{}"),
        {"type": "function_call", "name": "f", "arguments": "{}"},
    ),
}


@pytest.mark.parametrize("kind", UNANNOUNCED)
@pytest.mark.parametrize("misled", [False, True], ids=["by its event", "by its item"])
def test_P11_the_kind_of_a_call_that_was_not_announced(misled: bool, kind: str) -> None:
    delta, item = UNANNOUNCED[kind]
    item = {**item, "id": "item_0", "call_id": "c"}
    if misled and kind != "custom":
        delta = {**delta, "type": "response.function_call_arguments.delta", "delta": ""}
    told = "P11 P4 P5" if not delta["delta"] and kind in ("mcp", "function") else "P11 P5"
    seen = read(delta, responses.done(item), responses.completed(item), anomalies=told)
    (call,) = seen.response.tool_calls
    assert (call.kind, call.complete, call.id) == (kind, True, "c")
    assert call.name == item.get("name", item["type"])
    if not misled:
        (call,) = read(delta, anomalies="P11 P5", outcome="truncated").response.tool_calls
        assert (call.kind, call.name, call.complete) == (kind, "", False)


@pytest.mark.parametrize("numbers", [(1, 2), (3, 4), (0, 5), (4, 3), (5, 0)])
def test_P14_parts_that_are_counted_from_elsewhere(numbers: tuple[int, int]) -> None:
    """They come in their order."""
    events = [responses.added(responses.message())]
    for number, words in zip(numbers, ("Hi", "there")):
        part = {**responses.at("content_part.added", part=PART), "content_index": number}
        said = {**responses.at("output_text.delta", delta=words), "content_index": number}
        events += [part, said]
    whole = responses.message("Hi")
    whole["content"].append({**PART, "text": "there"})
    seen = read(BEGIN, *events, responses.done(whole), responses.completed(whole), anomalies="P14")
    told = [(block.text, block.complete) for block in seen.response.blocks]  # type: ignore[union-attr]
    assert told == [("Hi", True), ("there", True)]
    assert seen.of(Reset) == []


@pytest.mark.parametrize("indexes", [(0, 7), (1, 2), (-1, 2**70)])
def test_indexes_are_no_positions(indexes: tuple[int, int]) -> None:
    """The whole output counts its items; the events' indexes need not."""
    first, second = indexes
    events = [*responses.text("H", index=first), *responses.text("i", index=second)]
    output = [responses.message("H", first), responses.message("i", second)]
    seen = read(BEGIN, *events, responses.completed(*output))
    assert (seen.text, len(seen.response.blocks)) == ("Hi", 2)


def test_a_call_at_another_index_is_one_call() -> None:
    item = responses.function(A, 1)
    events = [
        responses.added(responses.function(index=1), 1),
        responses.at("function_call_arguments.delta", 1, delta=A),
        responses.done(item, 1),
    ]
    assert read(BEGIN, *events, responses.completed(item)).calls == [("call_1", "f", A)]


@pytest.mark.parametrize("annotations", [None, 5, "x", [5], {}])
def test_annotations_of_other_shapes(annotations: Any) -> None:
    item = responses.message("Hi")
    item["content"][0]["annotations"] = annotations
    assert read(BEGIN, responses.done(item), responses.completed(item), anomalies="P4").text == "Hi"
