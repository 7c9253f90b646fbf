"""OpenAI Responses in detail: what each event says, and everything that it says.

The quirks of this dialect stand in ``quirks/test_responses.py``, what it does beside its format in
``test_dialects.py``. Here are tables of whole lists of events, for what no other table asks.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

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
    TextBlock,
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
    plain: dict[type, Any] = {
        Anomaly: lambda one: repaired(one.quirk),
        Unknown: lambda _: Unknown(),
    }
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
    type: str
    field: str
    start: Any
    delta: Any
    end: Any
    summary: tuple[bool, ...] = ()


TEXT = (TextStart, TextDelta, TextEnd)
REFUSAL = (RefusalStart, RefusalDelta, RefusalEnd)
REASONING = (ReasoningStart, ReasoningDelta, ReasoningEnd)
PARTS = {
    "text": Part(
        "message", "content", "output_text", "content_part", "output_text", "text", *TEXT
    ),
    "refusal": Part(
        "message", "content", "refusal", "content_part", "refusal", "refusal", *REFUSAL
    ),
    "reasoning": Part(
        "reasoning", "content", "reasoning_text", "content_part", "reasoning_text", "text",
        *REASONING, (False,),
    ),
    "summary": Part(
        "reasoning", "summary", "reasoning_summary_text", "reasoning_summary_part",
        "summary_text", "text", *REASONING, (True,),
    ),
}  # fmt: skip
OF_EACH_PART = pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)


def event(about: Part, type: str, place: int = 1, **fields: Any) -> JSON:
    """An event about the part at this place of the third item."""
    where = {"output_index": 2, "item_id": "item_2", f"{about.list}_index": place}
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
    odd = {**delta(part, "A"), f"{part.list}_index": "1"}
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
    assert [one.raw for one in seen.of(Unknown)] == [odd]


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
    return [(one.id, one.text) for one in seen.response.blocks if isinstance(one, TextBlock)]


@pytest.mark.parametrize("lack", [(), ("output_index",), ("item_id",)], ids=str)
def test_two_items_whose_events_are_mixed(lack: tuple[str, ...]) -> None:
    """Told apart by their indexes; by their ids, where there is no index."""
    one, two = responses.text("a", index=0), responses.text("b", index=1)
    mixed = [without(event, *lack) for pair in zip(one, two) for event in pair]
    end = responses.completed(responses.message("a", 0), responses.message("b", 1))
    seen = read(*mixed, end, anomalies="P15" if lack == ("output_index",) else "")
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
    seen = read(*events, responses.completed(message), anomalies="P15")
    assert (seen.text, seen.response.blocks[0].key) == ("Hi", (0, "content", 0))


@pytest.mark.parametrize(
    ("index", "key"),
    [("1", 1), (1.0, 1), ("one", "item_0"), (1.5, "item_0"), (True, "item_0"), ([1], "item_0")],
    ids=repr,
)
def test_an_index_that_is_no_int(index: Any, key: Any) -> None:
    events = [{**event, "output_index": index} for event in responses.text("Hi")]
    anomalies = "J5" if key == 1 else "J5 P15"
    seen = read(*events, responses.completed(responses.message("Hi")), anomalies=anomalies)
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
    # The end of what the deltas lack is told by the first end that has it, and by no other.
    assert told(*events[:2], *events[3:]) == expected
    assert told(*events[:2], events[4]) == expected
    assert told(*events, events[3], events[4]) == expected
    assert told(*events[:2], events[3])[:3] == expected[:3]
    assert told(events[0], *events[3:], anomalies="P4") == call(
        '{"a": 1}', name="f", id="c", kind=kind, quirk="P4"
    )


def test_the_whole_of_arguments_and_nothing_else() -> None:
    """The call is there, though nobody has named it."""
    found = told(responses.at("custom_tool_call_input.done", input="a"), anomalies="P4 P5")
    unnamed = ("call_0_0", True, "custom")
    assert found == [
        *(repaired("P5"), repaired("P4"), ToolCallStart(0, 0, "", *unnamed)),
        *(ToolCallDelta(0, 0, "a"), ToolCallEnd(0, 0, "", "a", False, "cut", *unnamed)),
    ]


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
        ("mcp_call", '{"a":1}\ud83d', '{"a": 1}', [], ""),
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
    streamed = streamed.rstrip("\ud83d")  # half a pair waits for the other half
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


def test_the_arguments_of_a_search_may_be_a_text() -> None:
    item = {"type": "tool_search_call", **IDS, "arguments": '{"x": 1}'}
    expected = call('{"x": 1}', name="tool_search_call", id="c", kind="server")
    assert told(responses.done(item)) == expected


@pytest.mark.parametrize(("ids", "id"), [(IDS, "c"), ({"id": "item_0"}, "item_0")])
def test_ids_that_come_behind_the_first_arguments(ids: JSON, id: str) -> None:
    """The call begins when it is announced, and its id is none of ours."""
    first = responses.at("function_call_arguments.delta", delta="{}")
    item = {"type": "function_call", **ids, "name": "f", "arguments": "{}"}
    expected = [repaired("P5"), *call("{}", name="f", id=id, kind="function")]
    assert told(first, responses.added(item), responses.done(item), anomalies="P5") == expected


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
    found = told(responses.done({**without(item, "call_id"), field: "x"}), anomalies="P4")
    ends = ToolResultEnd(0, 1, "", "x", True, "item_0", "mcp_call")
    assert found[-2:] == [ToolResultStart(0, 1, "item_0", "mcp_call"), ends]


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


# -- citations, log probabilities, what is opaque ------------------------------------------------

URL = {"type": "url_citation", "url": "u", "title": "t", "start_index": 1, "end_index": 2}
FILE = {"type": "file_citation", "file_id": "f", "filename": "n", "index": 3}
CONTAINER = {"type": "container_file_citation", "container_id": "c", **FILE, "start_index": 4}
ODD = {"type": "other", "url": 5, "title": ["t"], "start_index": "1", "end_index": 1.5}

Source: TypeAlias = "tuple[str, str, int | None, int | None]"

#: The wire's own annotations, and what they are here: url, title, start, end.
ANNOTATIONS: dict[str, tuple[JSON, Source]] = {
    "url": (URL, ("u", "t", 1, 2)),
    "file": (FILE, ("f", "n", 3, None)),
    "file in a container": (CONTAINER, ("f", "n", 4, None)),
    "path": ({"type": "file_path", "file_id": "f", "index": 3}, ("f", "", 3, None)),
    "of tomorrow": (ODD, ("", "", None, None)),
}


def cited(about: Part, annotations: list[Any]) -> JSON:
    """The end of a part that says ``Hi``."""
    content = {"type": about.type, about.field: "Hi", "annotations": annotations}
    return event(about, f"{about.family}.done", part=content)


def annotated(annotation: Any, number: Any) -> JSON:
    fields = {"annotation": annotation, "annotation_index": number}
    return event(PARTS["text"], "output_text.annotation.added", **fields)


@pytest.mark.parametrize(("data", "expected"), ANNOTATIONS.values(), ids=ANNOTATIONS)
def test_a_citation(data: JSON, expected: Source) -> None:
    """With its event, or in the end of its part alone: once."""
    text = PARTS["text"]
    found = Citation(0, 0, *expected, data)
    began, said = announced(text), delta(text, "Hi")
    for events in (
        [began, said, annotated(data, 0), cited(text, [data])],
        [began, said, cited(text, [data])],
        [began, said, annotated(data, 0), annotated(data, 0)],
        [began, annotated(data, 0), said, cited(text, [data]), cited(text, [data])],
    ):
        seen = read(*events, outcome="truncated")
        assert seen.of(Citation) == [found]
        assert seen.response.blocks[0].citations == (found,)  # type: ignore[union-attr]
        assert found == seen.events[2 if events[1] is not said else 3]


def test_several_citations() -> None:
    """Those that are new are told, in their order; what is none is none."""
    text = PARTS["text"]
    begun = [announced(text), delta(text, "Hi"), annotated(URL, 0)]
    expected = [Citation(0, 0, *ANNOTATIONS[name][1], ANNOTATIONS[name][0]) for name in ANNOTATIONS]
    sources = [data for data, _ in ANNOTATIONS.values()]
    seen = read(*begun, annotated(FILE, 1), cited(text, sources), outcome="truncated")
    assert seen.of(Citation) == expected
    odd = [annotated(None, 1), annotated({}, 1), annotated("u", 1), annotated(FILE, None)]
    seen = read(*begun, *odd, outcome="truncated")
    assert seen.of(Citation) == expected[:2]


@pytest.mark.parametrize("numbers", [(0, 0), (0, 1), (1, 0), (1, 1), (-1, -1), (True, True)])
def test_each_citation_is_told_whatever_its_number(numbers: tuple[Any, Any]) -> None:
    """There are servers that number all of them 0; what is no number is no reason to drop one."""
    text, sources = PARTS["text"], [URL, FILE]
    began = [announced(text), delta(text, "Hi")]
    told = [annotated(data, number) for data, number in zip(sources, numbers, strict=True)]
    for end in ([], [cited(text, sources)], [cited(text, sources)] * 2):
        seen = read(*began, *told, *end, outcome="truncated")
        assert [citation.data for citation in seen.of(Citation)] == sources


TOKENS = [{"token": "Hi", "logprob": -0.5}]


@pytest.mark.parametrize("tokens", [TOKENS, [], None, 5, 0.5, True, {"a": 1}, "x"], ids=repr)
def test_log_probabilities_are_a_list(tokens: Any) -> None:
    """They stand behind the text of a delta, and before what only an end says. Said once more, or
    where they are no list, they say nothing."""
    text = PARTS["text"]
    expected = [Logprobs(0, "content", tuple(TOKENS))] if tokens is TOKENS else []
    content = {"type": "output_text", "text": "Hi", "logprobs": tokens}
    end = event(text, "content_part.done", 0, part=content)
    begun = announced(text, place=0)
    said = [begun, {**delta(text, "Hi", 0), "logprobs": tokens}]
    first, words, last = block(text, "Hi")
    assert told(*said, end, end) == [first, words, *expected, last]
    anomaly = repaired("P4")
    assert told(begun, end, anomalies="P4") == [first, *expected, anomaly, words, last]
    done = event(text, "output_text.done", 0, text="Hi", logprobs=tokens)
    assert told(*said, done, end) == [first, words, *expected, last]
    for late in ([begun, done, end], [done, end]):
        assert told(*late, anomalies="P4") == [first, *expected, anomaly, words, last]
    whole = responses.done({"type": "message", "id": "item_2", "content": [content]}, 2)
    for events in ([end, end], [whole, whole], [end, whole]):
        assert told(*events, anomalies="P4") == [anomaly, first, *expected, words, last]


THOUGHT = {"type": "reasoning", "id": "item_0", "summary": []}
SUMMARIES = [{"type": "summary_text", "text": "a"}, {"type": "summary_text", "text": "b"}]
SECRET = {"encrypted_content": "c2VjcmV0"}


def secret(block: int) -> Opaque:
    return Opaque(0, block, "encrypted_content", "c2VjcmV0")


def test_reasoning_that_is_encrypted() -> None:
    """A block of its own if there is no other; in ``added`` it may be half."""
    begun = responses.added({**THOUGHT, "encrypted_content": "c2V"})
    expected = [ReasoningStart(0, 0, False, "item_0"), secret(0), ReasoningEnd(0, 0, "", True)]
    end = responses.done({**THOUGHT, **SECRET})
    for events in ([begun, end], [end], [end, end]):
        assert told(*events) == expected
    seen = read(begun, end, responses.completed({**THOUGHT, **SECRET}))
    assert [one.key for one in seen.response.blocks] == [(0, "encrypted")]
    assert told(begun) == []
    for odd in (None, "", 5, ["x"]):
        assert told(responses.done({**THOUGHT, "encrypted_content": odd})) == []


def test_what_is_encrypted_belongs_to_the_last_block_of_its_item() -> None:
    """Whatever began behind it."""
    item = {**THOUGHT, "summary": SUMMARIES}
    events = [
        responses.event("audio.transcript.delta", delta="A"),
        responses.done(item),
        *responses.text("Hi", index=1),
    ]
    end = responses.completed({**item, **SECRET}, responses.message("Hi", 1))
    seen = read(*events, end, anomalies="P12")
    assert seen.of(Opaque) == [secret(2)]
    assert seen.response.blocks[2].opaque == (secret(2),)


def test_what_is_encrypted_of_an_item_without_an_index() -> None:
    """An id that begins as the key of another block does is not that block's."""
    events = [
        responses.event("audio.transcript.delta", delta="A"),
        responses.event("output_item.done", item={**THOUGHT, **SECRET, "id": "a"}),
    ]
    seen = read(*events, anomalies="P15", outcome="truncated")
    assert seen.of(Opaque) == [secret(1)]


# -- items ---------------------------------------------------------------------------------------


def test_an_item_of_tomorrow() -> None:
    """Data, told as unknown where it begins, and kept as it was said last."""
    item = {"type": "hologram", "id": "item_0", "status": "in_progress"}
    last = {**item, "status": "completed"}
    begun, end = responses.added(item), responses.done(last)
    for events in ([begun, end], [end], [begun, end, end]):
        seen = read(*events, outcome="truncated")
        assert shown(seen.events[1:-1]) == [Unknown()]
        (one,) = seen.response.blocks
        assert (one.id, one.key, one.complete) == ("item_0", (0, "other"), True)
        assert one.wire == last
        assert seen.response.as_dict()["choices"][0]["blocks"][0]["kind"] == "hologram"
    seen = read(begun, outcome="truncated")
    assert (seen.response.blocks[0].complete, seen.response.blocks[0].wire) == (False, item)


@pytest.mark.parametrize("item", [None, {}, {"id": "item_0"}, {"type": 5}, "message", 5, ["x"]])
def test_an_item_without_a_type_says_nothing(item: Any) -> None:
    events = [responses.added(item), responses.done(item)]
    assert told(*events) == []


def test_the_content_of_what_is_no_message() -> None:
    """An item that we do not know may mean anything by its content."""
    part = {"type": "output_text", "text": "Hi"}
    seen = read(responses.done({"type": "hologram", "content": [part]}), outcome="truncated")
    assert seen.text == ""


@pytest.mark.parametrize("odd", ["Hi", 5, {"type": "output_text"}, ["Hi"], [5, None]])
@pytest.mark.parametrize("field", ["content", "summary"])
def test_a_list_of_parts_that_is_none(field: str, odd: Any) -> None:
    assert told(responses.done({**THOUGHT, field: odd})) == [Unknown()]


# -- the output once more ------------------------------------------------------------------------


def message(text: str, id: Any) -> JSON:
    content = [{"type": "output_text", "text": text, "annotations": []}]
    return {"type": "message", "id": id, "role": "assistant", "content": content}


def spoken(*items: JSON) -> list[JSON]:
    """These items, whole, from index 3 on."""
    return [responses.done(item, place) for place, item in enumerate(items, 3)]


A, B = message("a", "A"), message("b", "B")

#: What was said, the output at the end, then the texts, the ids of the items and the anomalies.
OUTPUTS: dict[str, tuple[list[JSON], Any, str, list[Any], str]] = {
    "the same": ([A, B], [A, B], "ab", ["A", "B"], "P4"),
    "in another order": ([A, B], [B, A], "ab", ["A", "B"], "P4"),
    "by other ids": ([A, B], [{**A, "id": "C"}, {**B, "id": "D"}], "ab", ["C", "D"], "P4"),
    "without ids": ([A, B], [without(A, "id"), without(B, "id")], "ab", [None, None], "P4"),
    "no ids before": ([without(A, "id"), without(B, "id")], [A, B], "ab", ["A", "B"], "P4"),
    "ids that are numbers": (
        [message("a", 7), message("b", 8)], [message("b", 8), message("a", 7)],
        "ab", [7, 8], "P4",
    ),
    "ids that are lists": (
        [message("a", [7]), message("b", [8])], [message("b", [8]), message("a", [7])],
        "ab", [[7], [8]], "P4",
    ),
    "one less": ([A, B], [B], "ab", ["A", "B"], "P4"),
    "otherwise": ([A], [responses.function("{}")], "a", ["item_0", "A"], "P4"),
    "what is no item": ([A], ["x", A, 5], "a", ["A"], "P4"),
    "what is no list": ([A], "x", "a", ["A"], "P4"),
    "nothing": ([A], {}, "a", ["A"], "P2 P4"),
    "nothing of nothing": ([], [], "", [], ""),
}  # fmt: skip


@pytest.mark.parametrize(
    ("items", "output", "text", "ids", "anomalies"), OUTPUTS.values(), ids=OUTPUTS
)
def test_the_output_once_more(
    items: list[JSON], output: Any, text: str, ids: list[Any], anomalies: str
) -> None:
    """Its items are found by their ids, by their places if these changed; what is new is read."""
    end = responses.life("completed", output=output)
    seen = read(*spoken(*items), end, anomalies=anomalies)
    assert seen.text == text
    assert [item.get("id") for item in seen.stream.native()["output"]] == ids
    assert len(seen.of(Unknown)) == (output in ("x", ["x", A, 5]))


def test_an_item_that_was_not_streamed_is_read_from_the_output() -> None:
    """It stands where the output has it."""
    seen = read(responses.done(B, 1), responses.completed(A, B), anomalies="P4")
    assert [item["id"] for item in seen.stream.native()["output"]] == ["A", "B"]
    assert seen.text == "ba"


def test_a_new_item_in_the_output_takes_no_place_of_another() -> None:
    """The events' indexes need not be the places in the output."""
    events = [responses.done(A, 1), responses.completed(A, responses.function("{}"))]
    seen = read(*events, anomalies="P4 P6")
    assert (seen.text, seen.calls) == ("a", [("call_0", "f", "{}")])
    assert [item["type"] for item in seen.stream.native()["output"]] == ["message", "function_call"]


# -- the response --------------------------------------------------------------------------------


def test_what_the_response_says_of_itself() -> None:
    """What is new in each event, and nothing that has a place of its own."""
    facts = {"status": "queued", "created_at": 5, "output": [], "usage": None}
    events = [
        responses.event("queued", response={"id": "r", **facts}),
        responses.event("created", response={"id": "r", "model": "m", **facts}),
        responses.life("in_progress", **{**facts, "status": "in_progress"}),
        responses.life("in_progress", **{**facts, "status": "in_progress"}),
    ]
    seen = read_any(named(*events), dialect=DIALECT, outcome="truncated")
    assert seen.events[:-1] == [
        ResponseStart("r", ""),
        Metadata({"status": "queued", "created_at": 5}),
        Metadata({"model": "m"}),
        Metadata({"status": "in_progress"}),
    ]
    assert (seen.response.id, seen.response.model) == ("r", "m")


def test_facts_beside_the_end() -> None:
    end = {**responses.completed(), "copilot_usage": {"a": 1}, "obfuscation": "x", "p": "y"}
    seen = read(end)
    assert seen.of(Metadata) == [
        Metadata({"status": "completed"}), Metadata({"copilot_usage": {"a": 1}}),
    ]  # fmt: skip


def test_what_it_cost() -> None:
    usage = {
        "input_tokens": 1,
        "output_tokens": 2,
        "total_tokens": 3,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 5},
        "output_tokens_details": {"reasoning_tokens": 6},
    }
    assert read(responses.completed(usage=usage)).of(Usage) == [Usage(1, 2, 3, 4, 5, 6, usage)]
    odd: Any
    for odd in (None, {}, [], 5, "x"):
        assert read(responses.completed(usage=odd)).of(Usage) == []


def said_why(reason: Any) -> JSON:
    return {"incomplete_details": {"reason": reason}}


def failed(message: str, code: str = "", type: str = "") -> StreamError:
    return StreamError(message, code, type, True)


#: The terminal event, what it says of the response, and what that comes to.
ENDS: dict[str, tuple[str, JSON, Finish | StreamError, str]] = {
    "completed": ("completed", {}, Finish(0, "stop", "completed"), "complete"),
    "completed: failed": ("completed", {"status": "failed", "error": {"message": "m"}},
                          failed("m"), "failed"),
    "completed: cancelled": ("completed", {"status": "cancelled"}, failed("cancelled"), "failed"),
    "completed: incomplete": ("completed", {"status": "incomplete", **said_why("content_filter")},
                              Finish(0, "content_filter", "content_filter"), "incomplete"),
    "completed: another word": ("completed", {"status": "in_progress"},
                                Finish(0, "stop", "completed"), "complete"),
    "incomplete: completed": ("incomplete", {"status": "completed"},
                              Finish(0, "length", "incomplete"), "incomplete"),
    "incomplete: failed": ("incomplete", {"status": "failed"}, failed("no message"), "failed"),
    "failed: incomplete": ("failed", {"status": "incomplete"}, failed("no message"), "failed"),
    "done": ("done", {}, Finish(0, "stop", "completed"), "complete"),
    "done: completed": ("done", {"status": "completed"}, Finish(0, "stop", "completed"),
                        "complete"),
    "done: another word": ("done", {"status": "good"}, Finish(0, "stop", "good"), "complete"),
    "done: no word": ("done", {"status": 5}, Finish(0, "stop", "completed"), "complete"),
    "done: failed": ("done", {"status": "failed"}, failed("no message"), "failed"),
    "done: cancelled": ("done", {"status": "cancelled"}, failed("cancelled"), "failed"),
    "done: incomplete": ("done", {"status": "incomplete"}, Finish(0, "length", "incomplete"),
                         "incomplete"),
    "incomplete": ("incomplete", {}, Finish(0, "length", "incomplete"), "incomplete"),
    "incomplete, null": ("incomplete", {"incomplete_details": None},
                         Finish(0, "length", "incomplete"), "incomplete"),
    "incomplete, no word": ("incomplete", said_why(5), Finish(0, "length", "incomplete"),
                            "incomplete"),
    "steered": ("incomplete", said_why("steered"), Finish(0, "pause", "steered"), "incomplete"),
    **{
        word: ("incomplete", said_why(word), Finish(0, "length", word), "incomplete")
        for word in ("max_output_tokens", "max_tokens", "max_messages")
    },
    "filter": ("incomplete", said_why("content_filter"),
               Finish(0, "content_filter", "content_filter"), "incomplete"),
    "failed": ("failed", {"error": {"message": "m", "code": "c", "type": "t"}},
               failed("m", "c", "t"), "failed"),
    "failed, a number": ("failed", {"error": {"message": "m", "code": 5}}, failed("m", "5"),
                         "failed"),
    "failed, no message": ("failed", {"error": {"message": 5, "code": "c"}},
                           failed("no message", "c"), "failed"),
    "failed, null": ("failed", {"error": None}, failed("no message"), "failed"),
    "cancelled": ("cancelled", {}, failed("cancelled"), "failed"),
    "cancelled, why": ("cancelled", {"error": {"message": "m"}}, failed("m"), "failed"),
}  # fmt: skip


@pytest.mark.parametrize(("type", "fields", "last", "outcome"), ENDS.values(), ids=ENDS)
def test_an_end(type: str, fields: JSON, last: Finish | StreamError, outcome: str) -> None:
    seen = read(responses.life(type, **fields), outcome=outcome)
    assert seen.events[-2] == last
    error = last if isinstance(last, StreamError) else None
    end = ResponseEnd(Outcome(outcome), error is None, True, seen.end.offset, error)
    assert seen.end == end
    assert seen.stream.over


def test_an_end_without_a_response() -> None:
    odd: Any
    for odd in (None, "x", 5, []):
        seen = read(responses.event("completed", response=odd))
        assert seen.finish == "stop completed"


HELLO = responses.text("H", "o")


@pytest.mark.parametrize(
    ("first", "second", "spliced"),
    [
        ("r1", responses.life("created", id="r2"), True),
        ("r1", responses.life("created", id=5), True),
        ("r1", responses.life("created", id="r1"), False),
        ("r1", responses.life("created", id=""), False),
        ("r1", responses.life("created", id=None), False),
        ("", responses.life("created", id="r2"), False),
        ("r1", responses.life("in_progress", id="r2"), False),
        ("r1", responses.life("queued", id="r2"), False),
    ],
)
def test_another_response_in_the_same_stream(first: str, second: JSON, spliced: bool) -> None:
    """It begins with its own ``created``; what came before is void (X12)."""
    second = responses.event(
        second["type"].removeprefix("response."),
        response={"id": second["response"]["id"], "model": "m2"},
    )
    stream = named(responses.life("created", id=first), *HELLO[:3], second)
    seen = read_any(
        stream, dialect=DIALECT, anomalies="X12" if spliced else "", outcome="truncated"
    )
    assert seen.of(Reset) == [Reset(None, None)] * spliced
    assert seen.text == ("" if spliced else "H")
    expected = (str(second["response"]["id"]), "m2") if spliced else (first or "r2", "m")
    assert (seen.response.id, seen.response.model) == expected


def test_another_response_behind_the_end() -> None:
    """What was said is not void: whoever has it may be gone."""
    again = responses.event("created", response={"id": "r2", "model": "m2"})
    error = {"type": "error", "message": "m", "code": None}
    seen = read(*HELLO[:3], error, again, outcome="failed")
    assert (seen.text, seen.response.id, seen.of(Reset)) == ("H", "resp_1", [])


# -- which chunks are of it ----------------------------------------------------------------------

#: An event (its name, its data) behind the beginning, and all that it says.
CHUNKS: dict[str, tuple[str, JSON, list[StreamEvent]]] = {
    "a type": ("", delta(PARTS["text"], "a"),
               [repaired("P5"), TextStart(0, 0), TextDelta(0, 0, "a")]),
    "its event's name": ("response.output_text.delta", without(delta(PARTS["text"], "a"), "type"),
                         [repaired("P5"), TextStart(0, 0), TextDelta(0, 0, "a")]),
    "its type against its event's name": ("response.output_text.delta", {"type": "ping"},
                                          [KeepAlive()]),
    "a type that is none": ("ping", {"type": 5}, [KeepAlive()]),
    "ping": ("", {"type": "ping"}, [KeepAlive()]),
    "keepalive": ("", {"type": "keepalive"}, [repaired("P1"), KeepAlive()]),
    "response.keep_alive": ("", {"type": "response.keep_alive"}, [repaired("P9"), KeepAlive()]),
    "facts": ("", {"cost": 5}, [Metadata({"cost": 5})]),
    "facts in an event called message": ("message", {"cost": 5}, [Metadata({"cost": 5})]),
    "facts in an event of another name": ("costs", {"cost": 5}, [Unknown()]),
    "another type": ("", {"type": "costs", "cost": 5}, [Unknown()]),
    "a type of tomorrow": ("", {"type": "response.mood"}, [Unknown()]),
    "a chunk of another dialect": ("", {"choices": [], "cost": 5}, [Unknown()]),
    "an error of another dialect": ("", {"choices": [], "error": {"message": "m"}}, [failed("m")]),
    "an error": ("", {"error": {"message": "m"}}, [failed("m")]),
    "no error": ("", {"error": None, "cost": 5}, [Metadata({"cost": 5})]),
    "an error in another type": ("", {"type": "x", "error": "m"}, [failed("m", "", "x")]),
}  # fmt: skip


@pytest.mark.parametrize(("name", "chunk", "expected"), CHUNKS.values(), ids=CHUNKS)
def test_a_chunk(name: str, chunk: JSON, expected: list[StreamEvent]) -> None:
    stream = StreamDecoder(DIALECT)
    stream.feed(named(BEGIN))
    assert shown(stream.feed(sse(chunk, event=name))) == expected


@pytest.mark.parametrize("chunk", [{"cost": 5}, {"type": "costs"}, {"choices": []}])
def test_a_chunk_that_begins_nothing(chunk: JSON) -> None:
    stream = StreamDecoder(DIALECT)
    assert shown(stream.feed(sse(chunk)) + stream.close())[:-1] == [Unknown()]
    assert stream.outcome is Outcome.UNKNOWN


#: Events that say nothing that is not said elsewhere, but for the diff in no documentation.
QUIET = """
mcp_call.in_progress mcp_call.completed mcp_call.failed
mcp_list_tools.in_progress mcp_list_tools.completed mcp_list_tools.failed
web_search_call.in_progress web_search_call.searching web_search_call.completed
file_search_call.in_progress file_search_call.searching file_search_call.completed
code_interpreter_call.in_progress code_interpreter_call.interpreting
code_interpreter_call.completed code_interpreter_call_code.done
image_generation_call.in_progress image_generation_call.generating image_generation_call.completed
shell_call_command.done shell_call_output_content.done apply_patch_call_operation_diff.done
audio.done audio.transcript.done compaction.compacting
"""


@pytest.mark.parametrize("type", QUIET.split())
def test_an_event_that_says_nothing(type: str) -> None:
    """Except that a response began, if it is the first."""
    stream = StreamDecoder(DIALECT)
    assert stream.feed(named(responses.at(type))) == [ResponseStart()]
    assert stream.feed(named(responses.at(type))) == []
    assert stream.outcome is Outcome.TRUNCATED


ALIASES = {
    "text.delta": "output_text.delta",
    "text.done": "output_text.done",
    "reasoning.delta": "reasoning_text.delta",
    "reasoning.done": "reasoning_text.done",
    "reasoning_summary.delta": "reasoning_summary_text.delta",
    "reasoning_summary.done": "reasoning_summary_text.done",
    "tool_call_arguments.delta": "function_call_arguments.delta",
    "tool_call_arguments.done": "function_call_arguments.done",
    "reasoning_part.added": "content_part.added",
    "reasoning_part.done": "content_part.done",
}


@pytest.mark.parametrize(("other", "name"), ALIASES.items(), ids=ALIASES)
def test_another_name(other: str, name: str) -> None:
    """It says the same (P8)."""
    part = {"type": "reasoning_text", "text": "a"}
    fields: JSON = {"delta": "a", "text": "a", "arguments": "a", "part": part}
    one, two = StreamDecoder(DIALECT), StreamDecoder(DIALECT)
    expected = one.feed(named(BEGIN, responses.at(name, **fields)))
    found = two.feed(named(BEGIN, responses.at(other, **fields)))
    assert len(expected) > 1
    assert shown(found) == [expected[0], repaired("P8"), *shown(expected[1:])]


@pytest.mark.parametrize("type", ["created", "output_text.delta", "mood"])
def test_a_type_that_shows_the_dialect(type: str) -> None:
    stream = StreamDecoder("auto")
    stream.feed(sse({"type": f"response.{type}"}))
    assert (stream.dialect, stream.detected) == (DIALECT, f"type is response.{type}")
    for other in ("responses", "the response.", 5, None):
        stream = StreamDecoder("auto")
        stream.feed(sse({"type": other, "response.": 1}))
        assert (stream.dialect, stream.detected) == ("auto", "")


#: The chunk of an error, and the error.
ERRORS: dict[str, tuple[JSON, StreamError]] = {
    "flat": ({"message": "m", "code": "c", "param": None}, failed("m", "c")),
    "flat, a number": ({"message": "m", "code": 5}, failed("m", "5")),
    "flat, nothing": ({}, failed("no message")),
    "flat, and null": ({"error": None, "message": "m", "code": "c"}, failed("m", "c")),
    "nested": ({"error": {"message": "m", "code": "c", "type": "t"}}, failed("m", "c", "t")),
    "nested, beside a message": ({"error": {"message": "m"}, "message": "n"}, failed("m")),
    "a text": ({"error": "m"}, failed("m", "", "error")),
    "a list": ({"error": ["m"], "message": "n"}, failed("n")),
}


@pytest.mark.parametrize(("chunk", "error"), ERRORS.values(), ids=ERRORS)
def test_an_error(chunk: JSON, error: StreamError) -> None:
    """Also where the stream begins with it."""
    stream = named({"type": "error", "sequence_number": 1, **chunk})
    seen = read_any(stream, dialect=DIALECT, outcome="failed")
    assert seen.events[:-1] == [ResponseStart(), error]


def test_an_error_and_then_the_failed_response() -> None:
    """As OpenAI sends it: one error (X8)."""
    error = {"type": "server_error", "code": "c", "message": "m", "param": None}
    events = [{"type": "error", "error": error}, responses.life("failed", error=error)]
    seen = read(*events, outcome="failed")
    assert seen.of(StreamError) == [failed("m", "c", "server_error")]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (delta(PARTS["text"], ""), ["P11", "P5"]),
        ({**delta(PARTS["text"], ""), "logprobs": TOKENS}, ["P11", "P5"]),
        (annotated(URL, 0), ["P11"]),
        (responses.added({"type": "message"}), ["P11"]),
        (responses.done({"type": "message"}), ["P11"]),
        (responses.at("function_call_arguments.done"), ["P11"]),
    ],
)
def test_a_response_begins_with_whatever_comes_first(first: JSON, expected: list[str]) -> None:
    """Nothing is said before it, but that it begins in the middle (P11)."""
    stream = StreamDecoder(DIALECT)
    events = stream.feed(named(first))
    assert shown(events[:2]) == [repaired("P11"), ResponseStart()]
    assert [one.quirk for one in events if isinstance(one, Anomaly)] == expected
    again = stream.feed(named(first))
    assert repaired("P11") not in shown(again)


# -- the provider's own shape --------------------------------------------------------------------


def test_native_is_the_whole_response() -> None:
    facts = {"status": "completed", "created_at": 5}
    usage = {"input_tokens": 1}
    seen = read(*responses.text("Hi"), responses.completed(responses.message("Hi"), usage=usage,
                                                           **without(facts, "status")))  # fmt: skip
    assert seen.stream.native() == {
        "id": "resp_1",
        "object": "response",
        "model": "m",
        **facts,
        "output": [responses.message("Hi")],
        "usage": usage,
    }


def test_native_has_the_items_in_their_order() -> None:
    """By their indexes; without one, as they came."""
    events = [
        responses.event("output_item.done", item=message("d", "b")),
        responses.done(message("c", "x"), 10),
        responses.event("output_item.done", item=message("e", "a")),
        responses.done(message("a", "y"), -1),
        responses.done(message("b", "z"), 9),
    ]
    made = read(*events, anomalies="P4 P15", outcome="truncated").stream.native()
    assert [item["id"] for item in made["output"]] == ["y", "z", "x", "b", "a"]


@pytest.mark.parametrize("theirs", [[], None, "x"], ids=repr)
def test_native_has_what_came_of_an_item_that_was_cut(theirs: Any) -> None:
    """Of each kind of part, in the provider's words; and what came of nothing else."""
    thought = {"type": "reasoning", "id": "item_2", "content": theirs, "summary": theirs}
    events = [
        responses.added(thought, 2),
        delta(PARTS["summary"], "s"),
        delta(PARTS["reasoning"], "r"),
        *responses.text("Hi")[:3],
        responses.event("audio.transcript.delta", delta="A"),
    ]
    seen = read(*events, anomalies="P5", outcome="truncated")
    said, reasoned = seen.stream.native()["output"]
    text = {"type": "output_text", "text": "Hi", "annotations": []}
    assert said == {**responses.message(), "content": [text]}
    assert reasoned == {
        **thought,
        "content": [{"type": "reasoning_text", "text": "r"}],
        "summary": [{"type": "summary_text", "text": "s"}],
    }
    # What the wire said stays what it said.
    assert seen.response.items[2] == thought


@pytest.mark.parametrize("more", [[], [{"type": "hologram"}]])
def test_native_leaves_a_list_that_is_whole_as_it_was(more: list[JSON]) -> None:
    """With facts of its own, and parts that have no name here."""
    parts = [{"type": "output_text", "text": "Hi", "mood": "good"}, *more]
    item = {**responses.message(), "content": parts}
    made = read(responses.done(item), anomalies="P4", outcome="truncated").stream.native()
    assert made["output"] == [item]


def test_native_has_parts_that_the_item_lacks() -> None:
    """As many as were told, though the item has some."""
    text, refusal = PARTS["text"], PARTS["refusal"]
    begun = responses.added({**item_of(text, "Hi"), "status": "in_progress"}, 2)
    events = [begun, announced(text, "Hi", 0), announced(refusal, "No")]
    made = read(*events, outcome="truncated").stream.native()
    assert made["output"][0]["content"] == [
        {"type": "output_text", "text": "Hi", "annotations": []},
        {"type": "refusal", "refusal": "No"},
    ]


@pytest.mark.parametrize("type", CALLS)
def test_native_has_arguments_as_far_as_they_came(type: str) -> None:
    """Where they are a text of the item's; a whole item keeps its own."""
    fields, _, kind, _ = CALLS[type]
    item = {"type": type, **IDS, "name": "f"}
    begun = [responses.added(item), responses.at("function_call_arguments.delta", delta='{"a')]
    made = read(*begun, outcome="truncated").stream.native()
    field = STREAMED[type][1] if kind in NAMED else ""
    assert made["output"] == [{**item, field: '{"a'} if field else item]
    whole = {**item, **fields}
    end = responses.done(whole)
    seen = read(end, anomalies="P4" if kind in NAMED else "", outcome="truncated")
    assert seen.stream.native()["output"] == [whole]


def test_native_has_the_finished_items_own_spelling() -> None:
    delta = responses.at("function_call_arguments.delta", delta='{"a":1}')
    item = responses.function('{"a": 1}')
    events = [responses.added(responses.function()), delta, responses.done(item)]
    assert read(*events, outcome="truncated").stream.native()["output"] == [item]
