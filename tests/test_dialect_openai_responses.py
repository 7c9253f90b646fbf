"""OpenAI Responses in detail: what each event says, and everything that it says.

The quirks of this dialect stand in ``quirks/test_responses.py``, what it does beside its format in
``test_dialects.py``. Here are tables of whole lists of events, for what no other table asks.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from sse_core import (
    Anomaly,
    Citation,
    Finish,
    KeepAlive,
    Logprobs,
    MediaDelta,
    MediaEnd,
    MediaStart,
    Metadata,
    Opaque,
    Outcome,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    RefusalDelta,
    RefusalEnd,
    RefusalStart,
    Reset,
    ResponseEnd,
    ResponseStart,
    StreamDecoder,
    StreamError,
    StreamEvent,
    TextDelta,
    TextEnd,
    TextStart,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolResultDelta,
    ToolResultEnd,
    ToolResultStart,
    Unknown,
    Usage,
)

from .quirks.base import Read, named, responses, sse
from .quirks.base import read as read_any

JSON = dict[str, Any]
BEGIN = responses.life("created")
DIALECT = "openai-responses"


def read(*events: JSON, **options: Any) -> Read:
    return read_any(named(BEGIN, *events), dialect=DIALECT, **options)


def shown(events: list[StreamEvent]) -> list[StreamEvent]:
    """The events, without the places of anomalies and the chunks of what is unknown."""
    plain: dict[type, Any] = {Anomaly: lambda one: repaired(one.quirk), Unknown: lambda _: Unknown()}
    return [plain.get(type(one), lambda one: one)(one) for one in events]


def told(*events: JSON, outcome: str = "truncated", **options: Any) -> list[StreamEvent]:
    """All that these events of a stream say, without its beginning and its end."""
    seen = read(*events, outcome=outcome, **options)
    assert isinstance(seen.events[0], ResponseStart)
    return shown(seen.events[1:-1])


def repaired(quirk: str) -> Anomaly:
    return Anomaly(quirk, 0)


# -- the parts of messages and of reasoning ------------------------------------------------------


class Part(NamedTuple):
    """How the wire tells one kind of text, and what it is here."""

    item: str
    list: str  # of the item, that it stands in
    event: str
    family: str  # of the events that announce it and end it
    index: str
    type: str
    field: str
    start: Any
    delta: Any
    end: Any
    summary: tuple[bool, ...] = ()


PARTS = {
    "text": Part(
        *("message", "content", "output_text", "content_part", "content_index"),
        *("output_text", "text", TextStart, TextDelta, TextEnd),
    ),
    "refusal": Part(
        *("message", "content", "refusal", "content_part", "content_index"),
        *("refusal", "refusal", RefusalStart, RefusalDelta, RefusalEnd),
    ),
    "reasoning": Part(
        *("reasoning", "content", "reasoning_text", "content_part", "content_index"),
        *("reasoning_text", "text", ReasoningStart, ReasoningDelta, ReasoningEnd, (False,)),
    ),
    "summary": Part(
        *("reasoning", "summary", "reasoning_summary_text", "reasoning_summary_part"),
        *("summary_index", "summary_text", "text"),
        *(ReasoningStart, ReasoningDelta, ReasoningEnd, (True,)),
    ),
}
OF_EACH_PART = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)


def event(about: Part, type: str, place: int = 1, **fields: Any) -> JSON:
    """An event about the part at this place of the third item."""
    where = {"output_index": 2, "item_id": "item_2", about.index: place}
    return responses.event(type, **{**where, **fields})


def announced(part: Part, text: str = "", place: int = 1) -> JSON:
    content = {"type": part.type, part.field: text}
    return event(part, f"{part.family}.added", place, part=content)


def delta(part: Part, text: Any, place: int = 1) -> JSON:
    return event(part, f"{part.event}.delta", place, delta=text)


def done(part: Part, text: Any) -> JSON:
    return event(part, f"{part.event}.done", **{part.field: text})


def ended(part: Part, text: Any) -> JSON:
    content = {"type": part.type, part.field: text}
    return event(part, f"{part.family}.done", part=content)


def item_of(part: Part, *texts: str) -> JSON:
    content = [{"type": part.type, part.field: text} for text in texts]
    return {"type": part.item, "id": "item_2", part.list: content}


def start(part: Part, block: int = 0, id: str = "item_2") -> StreamEvent:
    started: StreamEvent = part.start(0, block, *part.summary, id)
    return started


def block(part: Part, *texts: str, id: str = "item_2", complete: bool = True) -> list[StreamEvent]:
    """The whole block of these deltas."""
    deltas = [part.delta(0, 0, text) for text in texts]
    return [start(part, 0, id), *deltas, part.end(0, 0, "".join(texts), complete)]


@OF_EACH_PART
def test_a_part_as_the_format_tells_it(part: Part) -> None:
    whole = item_of(part, "", "Hi")
    events = [
        responses.added(item_of(part), 2),
        announced(part),
        delta(part, "H"),
        delta(part, "i"),
        done(part, "Hi"),
        ended(part, "Hi"),
    ]
    seen = read(*events, outcome="truncated")
    assert seen.events[1:-1] == block(part, "H", "i")
    (only,) = seen.response.blocks
    assert only.key == (2, part.list, 1)
    # Its item says it once more, and has an empty part before it, which nobody announced.
    quirk = "P12" if part.list == "summary" else "P4"
    last = [responses.done(whole, 2), responses.completed(whole)]
    seen = read(*events, *last, anomalies=quirk)
    assert [one.text for one in seen.events if isinstance(one, part.end)] == ["Hi", ""]


@OF_EACH_PART
def test_what_the_announcement_of_a_part_holds_is_said(part: Part) -> None:
    events = [announced(part, "H"), delta(part, "i"), ended(part, "Hi")]
    assert told(*events) == block(part, "H", "i")


@OF_EACH_PART
def test_deltas_of_a_part_that_nobody_announced(part: Part) -> None:
    events = [delta(part, "H"), delta(part, "i"), ended(part, "Hi")]
    assert told(*events, anomalies="P5") == [repaired("P5"), *block(part, "H", "i", id="")]


@OF_EACH_PART
def test_a_part_in_its_own_ends_alone(part: Part) -> None:
    first, *rest = block(part, "Hi")
    expected = [first, repaired("P4"), *rest]
    assert told(done(part, "Hi"), ended(part, "Hi"), anomalies="P4") == expected
    quirk = "P12" if part.list == "summary" else "P4"
    assert told(ended(part, "Hi"), anomalies=quirk) == [repaired(quirk), *block(part, "Hi")]


@OF_EACH_PART
def test_a_part_in_its_finished_item_alone(part: Part) -> None:
    quirk = "P12" if part.list == "summary" else "P4"
    seen = read(responses.done(item_of(part, "Hi"), 2), anomalies=quirk, outcome="truncated")
    assert shown(seen.events[1:-1]) == [repaired(quirk), *block(part, "Hi")]
    assert seen.response.blocks[0].key == (2, part.list, 0)


@OF_EACH_PART
def test_what_the_end_of_a_part_says_is_the_truth(part: Part) -> None:
    """More than the deltas, or otherwise."""
    more = [announced(part), delta(part, "H"), done(part, "Hi"), ended(part, "Hi!")]
    assert told(*more) == block(part, "H", "i", "!")
    expected = [
        *(start(part), part.delta(0, 0, "Ho"), repaired("N1"), Reset(0, 0)),
        *block(part, "Hi")[1:],
    ]
    other = [announced(part), delta(part, "Ho"), done(part, "Hi"), ended(part, "Hi")]
    assert told(*other, anomalies="N1") == expected


@OF_EACH_PART
@pytest.mark.parametrize("odd", [None, 5, ["Hi"], {"text": "Hi"}])
def test_what_is_no_text_says_nothing(part: Part, odd: Any) -> None:
    events = [announced(part, odd), delta(part, odd), delta(part, "Hi")]
    assert told(*events, done(part, odd), ended(part, odd)) == block(part, "Hi")


@OF_EACH_PART
def test_two_parts_of_one_item(part: Part) -> None:
    """Open at once; a place that is no int is the first."""
    events = [announced(part, place=0), announced(part), delta(part, "b"), delta(part, "a", 0)]
    odd = event(part, f"{part.event}.delta", **{part.index: "1"}, delta="A")
    assert told(*events, odd) == [
        *(start(part), start(part, 1), part.delta(0, 1, "b"), part.delta(0, 0, "a")),
        *(part.delta(0, 0, "A"), part.end(0, 0, "aA", False), part.end(0, 1, "b", False)),
    ]


@OF_EACH_PART
def test_more_of_a_part_behind_its_end(part: Part) -> None:
    """A block of its own: one that has ended stays as it is."""
    events = [announced(part), delta(part, "H"), ended(part, "H"), delta(part, "i")]
    again = [start(part, 1, ""), part.delta(0, 1, "i"), part.end(0, 1, "i", False)]
    assert told(*events, anomalies="P5") == [*block(part, "H"), repaired("P5"), *again]


def test_a_part_that_has_no_name_here() -> None:
    """Its announcement is data; also where the stream begins with it."""
    odd = responses.at("content_part.added", part={"type": "hologram", "text": "x"})
    assert told(odd) == [Unknown()]
    seen = read_any(named(odd), dialect=DIALECT, anomalies="P11", outcome="truncated")
    assert shown(seen.events[:-1]) == [repaired("P11"), ResponseStart(), Unknown()]
    assert seen.events[2].raw == odd


def test_a_type_of_block_behind_another_at_one_place() -> None:
    events = [announced(PARTS["text"]), delta(PARTS["text"], "H"), delta(PARTS["refusal"], "No")]
    expected = [
        *(TextStart(0, 0, "item_2"), TextDelta(0, 0, "H"), repaired("P6")),
        *(RefusalStart(0, 1), RefusalDelta(0, 1, "No")),
        *(TextEnd(0, 0, "H", False), RefusalEnd(0, 1, "No", False)),
    ]
    assert told(*events, anomalies="P6") == expected


# -- where an event belongs ----------------------------------------------------------------------


def without(event: JSON, *names: str) -> JSON:
    return {name: value for name, value in event.items() if name not in names}


def texts(seen: Read) -> list[tuple[str, str]]:
    """The id and the text of each block."""
    return [(one.id, one.text) for one in seen.response.blocks if hasattr(one, "text")]


@pytest.mark.parametrize("lack", [(), ("output_index",), ("item_id",)], ids=str)
def test_two_items_whose_events_are_mixed(lack: tuple[str, ...]) -> None:
    """Told apart by their indexes; by their ids, where there is no index."""
    one, two = responses.text("a", index=0), responses.text("b", index=1)
    mixed = [without(event, *lack) for pair in zip(one, two) for event in pair]
    end = responses.completed(responses.message("a", 0), responses.message("b", 1))
    seen = read(*mixed, end)
    ids = ["", ""] if lack == ("item_id",) else ["item_0", "item_1"]
    assert texts(seen) == list(zip(ids, ["a", "b"]))
    assert [item["id"] for item in seen.stream.native()["output"]] == ["item_0", "item_1"]


def test_events_that_do_not_say_where_they_belong() -> None:
    """There is one place, then."""
    lack = ("output_index", "item_id", "content_index")
    message = without(responses.message("Hi"), "id")
    events = [
        without(event, *lack) | ({"item": message} if "item" in event else {})
        for event in responses.text("H", "i")
    ]
    seen = read(*events, responses.completed(message))
    assert (seen.text, seen.response.blocks[0].key) == ("Hi", (0, "content", 0))


@pytest.mark.parametrize(
    ("index", "key"),
    [("1", 1), (1.0, 1), ("one", "item_0"), (1.5, "item_0"), (True, "item_0"), ([1], "item_0")],
    ids=repr,
)
def test_an_index_that_is_no_int(index: Any, key: Any) -> None:
    events = [{**event, "output_index": index} for event in responses.text("Hi")]
    seen = read(*events, responses.completed(responses.message("Hi")), anomalies="J5")
    assert [one.key for one in seen.response.blocks] == [(key, "content", 0)]


@pytest.mark.parametrize(
    ("item", "id", "anomalies"),
    [
        ("item_0", "item_0", ""),
        ("item_0", "item_7", "P3"),
        ("item_0", "", "P3"),
        ("item_0", None, ""),
        (None, "item_7", ""),
        ("", "item_7", ""),
    ],
)
def test_an_id_that_is_not_the_items(item: Any, id: Any, anomalies: str) -> None:
    """Told as a habit, if both are there and differ."""
    message = {**responses.message(), "id": item}
    place = {"output_index": 0, "item_id": id, "content_index": 0}
    events = [
        responses.added(message),
        responses.event("content_part.added", **place, part={"type": "output_text", "text": ""}),
        responses.event("output_text.delta", **place, delta="Hi"),
    ]
    assert read(*events, anomalies=anomalies, outcome="truncated").text == "Hi"


# -- calls ---------------------------------------------------------------------------------------

IDS = {"id": "item_0", "call_id": "c"}

#: Of each call: its item, then its name, kind and arguments, and whether its provider streams them.
CALLS: dict[str, tuple[JSON, str, str, str]] = {
    "function_call": ({"name": "f", "arguments": '{"a": 1}'}, "f", "function", '{"a": 1}'),
    "custom_tool_call": ({"name": "f", "input": "a: 1"}, "f", "custom", "a: 1"),
    "mcp_call": ({"name": "f", "arguments": '{"a": 1}'}, "f", "mcp", '{"a": 1}'),
    "computer_call": ({"action": {"x": 1}}, "computer_call", "builtin", '{"x":1}'),
    "local_shell_call": ({"action": {"x": 1}}, "local_shell_call", "builtin", '{"x":1}'),
    "shell_call": ({"action": {"x": 1}}, "shell_call", "builtin", '{"x":1}'),
    "apply_patch_call": ({"operation": {"x": 1}}, "apply_patch_call", "builtin", '{"x":1}'),
    "web_search_call": ({"action": {"x": 1}}, "web_search_call", "server", '{"x":1}'),
    "file_search_call": ({"queries": ["x"]}, "file_search_call", "server", '{"queries":["x"]}'),
    "code_interpreter_call": (
        *({"code": "1+1"}, "code_interpreter_call", "server", '{"code":"1+1"}'),
    ),
    "image_generation_call": ({}, "image_generation_call", "server", "{}"),
    "tool_search_call": ({"arguments": {"x": 1}}, "tool_search_call", "server", '{"x":1}'),
}
NAMED = ("function", "custom", "mcp")


def call(*pieces: str, name: str, id: str, kind: str, quirk: str = "") -> list[StreamEvent]:
    """The events of a whole call."""
    whole = "".join(pieces)
    anomalies = [repaired(quirk)] if quirk else []
    return [
        ToolCallStart(0, 0, name, id, False, kind),
        *anomalies,
        *(ToolCallDelta(0, 0, piece) for piece in pieces),
        ToolCallEnd(0, 0, name, whole, True, "", id, False, kind),
    ]


@pytest.mark.parametrize("type", CALLS)
def test_a_call_in_its_finished_item(type: str) -> None:
    """Arguments whose deltas are documented are missed; of the others nobody expects any."""
    fields, name, kind, arguments = CALLS[type]
    item = {"type": type, **IDS, **fields}
    quirk = "P4" if kind in NAMED else ""
    expected = call(arguments, name=name, id="c", kind=kind, quirk=quirk)
    for events in ([responses.done(item)], [responses.added(item), responses.done(item)]):
        assert told(*events, anomalies=quirk) == expected
    seen = read(responses.completed(item), anomalies=quirk)
    assert seen.calls == [("c", name, arguments)]
    # It is the caller's turn only if the caller is to run it.
    assert seen.finish == ("stop" if kind in ("mcp", "server") else "tool_calls") + " completed"


@pytest.mark.parametrize("type", CALLS)
def test_a_call_begins_when_it_is_announced(type: str) -> None:
    fields, name, kind, _ = CALLS[type]
    item = {"type": type, "id": "item_0", **fields}
    assert told(responses.added(item))[0] == ToolCallStart(0, 0, name, "item_0", False, kind)
    ids = {"id": 5, "call_id": 7, "name": 9}  # a name is text, an id may be a number
    expected = [] if kind in NAMED else [ToolCallStart(0, 0, name, "7", False, kind)]
    stream = StreamDecoder(DIALECT)
    stream.feed(named(BEGIN))
    assert stream.feed(named(responses.added({**item, **ids}))) == expected


STREAMED = {
    "function_call": ("function_call_arguments", "arguments", "function"),
    "custom_tool_call": ("custom_tool_call_input", "input", "custom"),
    "mcp_call": ("mcp_call_arguments", "arguments", "mcp"),
}


@pytest.mark.parametrize("type", STREAMED)
def test_a_call_as_the_format_tells_it(type: str) -> None:
    family, field, kind = STREAMED[type]
    item = {"type": type, **IDS, "name": "f"}
    events = [
        responses.added({**item, field: ""}),
        responses.at(f"{family}.delta", delta='{"a"'),
        responses.at(f"{family}.delta", delta=": 1}"),
        responses.at(f"{family}.done", **{field: '{"a": 1}'}),
        responses.done({**item, field: '{"a": 1}'}),
    ]
    expected = call('{"a"', ": 1}", name="f", id="c", kind=kind)
    assert told(*events) == expected
    # The end of what the deltas lack is told by the first end that has it.
    assert told(*events[:2], *events[3:]) == expected
    assert told(*events[:2], events[4]) == expected
    assert told(events[0], *events[3:], anomalies="P4") == call(
        '{"a": 1}', name="f", id="c", kind=kind, quirk="P4"
    )


def test_a_name_and_ids_that_come_late() -> None:
    """The call begins when its name is known."""
    item = {"type": "function_call", "arguments": ""}
    delta = responses.at("function_call_arguments.delta", delta='{"a": 1}')
    late = responses.done({**item, **IDS, "name": "f", "arguments": '{"a": 1}'})
    expected = call('{"a": 1}', name="f", id="c", kind="function")
    assert told(responses.added(item), delta, late) == expected


def test_a_call_whose_end_says_less_than_its_beginning() -> None:
    """What is missing in the finished item stays as it was."""
    item = responses.function()
    delta = responses.at("function_call_arguments.delta", delta='{"a": 1}')
    events = [responses.added(item), delta, responses.done({"type": "function_call"})]
    expected = call('{"a": 1}', name="f", id="call_0", kind="function")
    assert told(*events) == expected


@pytest.mark.parametrize(
    ("type", "streamed", "finished", "news", "anomalies"),
    [
        ("function_call", '{"a":1}', '{"a": 1}', [], ""),
        ("function_call", '{"a":', '{"a":1}', ["1}"], ""),
        ("function_call", '{"a":', '{"a": 1}', [" 1}"], ""),
        ("function_call", '{ "a":', '{"a": 1}', ['{"a": 1}'], "N1"),
        ("function_call", '{"a":2}', '{"a":1}', ['{"a":1}'], "N1"),
        ("function_call", '{"a":1}', None, [], ""),
        ("function_call", '{"a":1}', "", [], ""),
        ("function_call", '{"a":1}', {"a": 1}, [], ""),
        ("function_call", '{"a":1}', 5, ['{"arguments":5}'], "N1"),
        ("function_call", "", {"a": "ö"}, ['{"a":"ö"}'], "P4"),
        ("mcp_call", '{"a":1}', '{"a": 1}', [], ""),
        ("custom_tool_call", '{"a":1}', '{"a":1}', [], ""),
        ("custom_tool_call", '{"a":1}', '{"a": 1}', ['{"a": 1}'], "N1"),
        ("custom_tool_call", "sort a", "sort b", ["sort b"], "N1"),
    ],
)
def test_arguments_that_are_told_in_two_ways(
    type: str, streamed: str, finished: Any, news: list[str], anomalies: str
) -> None:
    """Two spellings of the same JSON are no news; otherwise the finished item is right."""
    family, field, _ = STREAMED[type]
    item = {"type": type, **IDS, "name": "f"}
    events = [
        responses.added(item),
        responses.at(f"{family}.delta", delta=streamed),
        responses.done({**item, field: finished}),
    ]
    seen = read(*events, anomalies=anomalies, outcome="truncated")
    void = anomalies == "N1"
    pieces = [streamed] * bool(streamed) + news
    assert [event.arguments for event in seen.of(ToolCallDelta)] == pieces
    assert seen.of(Reset) == [Reset(0, 0)] * void
    assert seen.calls == [("c", "f", "".join(news if void else pieces))]


def test_arguments_that_are_no_json_both_times() -> None:
    """They do not say the same, though neither says anything."""
    events = [
        responses.added(responses.function()),
        responses.at("function_call_arguments.delta", delta='{"a'),
        responses.done(responses.function('{"b')),
    ]
    (one,) = read(*events, anomalies="N1", outcome="truncated").response.tool_calls
    assert (one.arguments, one.complete, one.problem) == ('{"b', False, "cut")


def test_the_operation_of_a_patch_that_is_not_what_was_streamed() -> None:
    operation = {"type": "update_file", "path": "a.txt", "diff": ""}
    item = {"type": "apply_patch_call", **IDS, "operation": operation}
    events = [
        responses.added(item),
        responses.at("apply_patch_call_operation_diff.delta", delta="+x"),
        responses.at("apply_patch_call_operation_diff.delta", delta="+y"),
        responses.done({**item, "operation": {**operation, "diff": "+z"}}),
    ]
    streamed = ['{"type":"update_file","path":"a.txt","diff":"+x', "+y", '"}']
    whole = '{"type":"update_file","path":"a.txt","diff":"+z"}'
    first, *deltas, last = call(
        *('{"type":"update_file"', ',"path":"a.txt"', ',"diff":"+x', "+y", '"}', whole),
        **{"name": "apply_patch_call", "id": "c", "kind": "builtin"},
    )
    assert "".join(streamed) == "".join(one.arguments for one in deltas[:-1])  # type: ignore[union-attr]
    assert isinstance(last, ToolCallEnd)
    end = ToolCallEnd(*last[:3], whole, *last[4:])
    found = told(*events, anomalies="N1")
    assert found == [first, *deltas[:-1], repaired("N1"), Reset(0, 0), deltas[-1], end]


PATCH = {"type": "apply_patch_call", **IDS}
DIFF = responses.at("apply_patch_call_operation_diff.delta", delta="+x")
CODE = responses.at("code_interpreter_call_code.delta", delta="1+")


def command(type: str, index: Any, **fields: str) -> JSON:
    place = {"output_index": 0, "command_index": index}
    return responses.event(f"shell_call_command.{type}", **place, **fields)


#: Events of builtin calls, and the arguments as far as they have come.
MEMBERS: dict[str, tuple[list[JSON], str, str]] = {
    "a diff and no operation": ([responses.added(PATCH), DIFF], '{"diff":"+x', ""),
    "a diff, its operation as it was announced": (
        [responses.added({**PATCH, "operation": {"path": "a", "diff": "?"}}), DIFF, DIFF],
        '{"path":"a","diff":"+x+x',
        "",
    ),
    "a diff and no item": ([DIFF, DIFF], '{"diff":"+x+x', "P5"),
    "code": ([responses.added({"type": "code_interpreter_call", **IDS}), CODE, CODE],
             '{"code":"1+1+', ""),
    "commands": (
        [
            responses.added({"type": "shell_call", **IDS}),
            command("added", 0, command="l"),
            command("delta", 0, delta="s"),
            command("added", 1, command=""),
            command("delta", 1, delta="pwd"),
        ],
        '{"commands":["ls","pwd',
        "",
    ),
    "a command without its place": (
        [
            responses.added({"type": "shell_call", **IDS}),
            command("delta", None, delta="l"),
            command("delta", "0", delta="s"),
            command("delta", 0, delta=""),
        ],
        '{"commands":["ls',
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "arguments", "anomalies"), MEMBERS.values(), ids=MEMBERS)
def test_texts_within_the_arguments_of_a_builtin_call(
    events: list[JSON], arguments: str, anomalies: str
) -> None:
    seen = read(*events, anomalies=anomalies, outcome="truncated")
    (one,) = seen.response.tool_calls
    assert (one.arguments, one.complete) == (arguments, False)
    assert one.key == (0, "call")


def test_a_call_that_is_announced_behind_its_arguments() -> None:
    events = [
        responses.at("custom_tool_call_input.done", input="a"),
        responses.done({"type": "custom_tool_call", **IDS, "name": "f", "input": "a"}),
    ]
    (one,) = read(*events, anomalies="P4 P5", outcome="truncated").response.tool_calls
    assert (one.id, one.name, one.arguments, one.key) == ("c", "f", "a", (0, "call"))


# -- results -------------------------------------------------------------------------------------

RESULTS = {
    **dict.fromkeys(("function_call_output", "custom_tool_call_output"), "output"),
    **dict.fromkeys(("computer_call_output", "local_shell_call_output"), "output"),
    **dict.fromkeys(("shell_call_output", "apply_patch_call_output"), "output"),
    **{"tool_search_output": "tools", "program_output": "output"},
}


@pytest.mark.parametrize("type", RESULTS)
def test_a_result_that_is_an_item(type: str) -> None:
    item = {"type": type, **IDS, RESULTS[type]: ["x"]}
    expected = [
        ToolResultStart(0, 0, "c", type, "item_0"),
        ToolResultEnd(0, 0, "", ["x"], True, "c", type),
    ]
    begun, whole, end = responses.added(item), responses.done(item), responses.completed(item)
    assert told(begun) == [expected[0], ToolResultEnd(0, 0, "", None, False, "c", type)]
    for events in ([begun, whole], [whole], [begun, whole, whole]):
        seen = read(*events, end)
        assert seen.of(ToolResultStart, ToolResultEnd) == expected
        (one,) = seen.response.blocks
        assert (one.key, one.id) == ((0, "result"), "item_0")


@pytest.mark.parametrize("field", ["output", "outputs", "results"])
def test_a_call_with_what_it_gave(field: str) -> None:
    item = {"type": "mcp_call", **IDS, "name": "f", "arguments": "{}"}
    events = [responses.done({**item, field: content}) for content in (None, ["x"], ["y"])]
    events[0] = responses.added({**item, field: None})
    seen = read(*events, responses.completed({**item, field: ["z"]}), anomalies="P4")
    expected = [
        ToolResultStart(0, 1, "c", "mcp_call"),
        ToolResultEnd(0, 1, "", ["x"], True, "c", "mcp_call"),
    ]
    assert seen.of(ToolResultStart, ToolResultEnd) == expected
    assert [one.key for one in seen.response.blocks] == [(0, "call"), (0, "result")]
    without_id = {**without(item, "call_id"), field: "x"}
    seen = read(responses.done(without_id), anomalies="P4", outcome="truncated")
    assert seen.of(ToolResultStart) == [ToolResultStart(0, 1, "item_0", "mcp_call")]


def test_what_a_shell_prints() -> None:
    item = {"type": "shell_call_output", **IDS, "output": []}
    printed = [{"stdout": "a", "stderr": "b"}, {"stderr": "c", "stdout": None}, {"x": "y"}, "d"]
    events = [
        responses.event("shell_call_output_content.delta", output_index=0, delta=delta)
        for delta in printed
    ]
    start = ToolResultStart(0, 0, "c", "shell_call_output", "item_0")
    deltas = [ToolResultDelta(0, 0, text) for text in "abc"]
    end = ToolResultEnd(0, 0, "abc", [], True, "c", "shell_call_output")
    assert told(responses.added(item), *events, responses.done(item)) == [start, *deltas, end]
    seen = read(*events, anomalies="P5", outcome="truncated")
    assert [one.key for one in seen.response.blocks] == [(0, "result")]


# -- media ---------------------------------------------------------------------------------------


def image(base64: Any) -> JSON:
    return responses.at("image_generation_call.partial_image", partial_image_b64=base64)


IMAGE = {"type": "image_generation_call", "id": "item_0"}


def test_images_until_the_last() -> None:
    """Each replaces the one before it; the same once more is no news, and none is none."""
    events = [responses.added(IMAGE), *map(image, ("YQ==", "YQ==", "Yg=="))]
    shown_until_then = [
        ToolCallStart(0, 0, "image_generation_call", "item_0", False, "server"),
        *(MediaStart(0, 1, "image"), Reset(0, 1), MediaDelta(0, 1, b"a")),
        *(Reset(0, 1), MediaDelta(0, 1, b"b")),
    ]
    end = ToolCallEnd(
        *(0, 0, "image_generation_call", "{}", True, "", "item_0", False, "server"),
    )
    result = responses.done({**IMAGE, "result": "Yw=="})
    found = told(*events, result, image("ZA=="), responses.done({**IMAGE, "result": "ZQ=="}))
    assert found == [
        *shown_until_then,
        *(ToolCallDelta(0, 0, "{}"), end),
        *(Reset(0, 1), MediaDelta(0, 1, b"c"), MediaEnd(0, 1, b"c", "", True, "image")),
    ]
    seen = read(*events, responses.done({**IMAGE, "result": "Yg=="}), outcome="truncated")
    assert seen.events[-2] == MediaEnd(0, 1, b"b", "", True, "image")
    assert seen.response.blocks[1].key == (0, "image")
    assert len(seen.of(MediaDelta)) == 2


@pytest.mark.parametrize("result", [None, "", 5, ["YQ=="]])
def test_a_result_that_is_no_image(result: Any) -> None:
    item = responses.done({**IMAGE, "result": result})
    assert told(item) == call("{}", name="image_generation_call", id="item_0", kind="server")


def test_audio_has_a_block_of_its_own() -> None:
    """The same, however often it is told of."""
    events = [
        responses.event("audio.delta", delta="YQ=="),
        responses.event("audio.transcript.delta", delta="A"),
        responses.event("audio.delta", delta="Yg=="),
        responses.event("audio.transcript.delta", delta=5),
    ]
    assert told(*events) == [
        *(MediaStart(0, 0, "audio"), MediaDelta(0, 0, b"a"), MediaDelta(0, 0, b"", "A")),
        *(MediaDelta(0, 0, b"b"), MediaEnd(0, 0, b"ab", "A", False, "audio")),
    ]
    first = responses.event("audio.transcript.delta", delta="A")
    assert told(first)[:2] == [MediaStart(0, 0, "audio"), MediaDelta(0, 0, b"", "A")]
