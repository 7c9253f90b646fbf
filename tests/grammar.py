"""The grammar of stream events, as the vocabulary states it: checked on any list of events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sse_core import (
    MediaDelta,
    MediaEnd,
    Opaque,
    OtherBlock,
    Reset,
    Response,
    ResponseEnd,
    ResponseStart,
    StreamEvent,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
)

KINDS = ("Text", "Refusal", "Reasoning", "ToolCall", "ToolResult", "Media")


def split(event: StreamEvent) -> tuple[str, str]:
    """``("Text", "Delta")`` of a block event, ``("", "")`` of any other."""
    name = type(event).__name__
    for end in ("Start", "Delta", "End"):
        if name.endswith(end) and name.removesuffix(end) in KINDS:
            return name.removesuffix(end), end
    return "", ""


def piece(event: Any) -> Any:
    """What a delta brings."""
    if isinstance(event, MediaDelta):
        return event.data
    return event.arguments if isinstance(event, ToolCallDelta) else event.text


def value(event: Any) -> Any:
    """What an end says."""
    if isinstance(event, MediaEnd):
        return event.data
    return event.arguments if isinstance(event, ToolCallEnd) else event.text


def check_grammar(events: Iterable[StreamEvent], *, whole: bool = True) -> None:
    """One end for each start, deltas between them only, and joined they are its value. A call that
    has a name begins with one, and what is opaque is told when it changes.

    ``whole``: the events of a stream from its beginning to after ``close``.
    """
    events = list(events)
    open_blocks: dict[int, tuple[str, int, list[Any], Any]] = {}
    numbers: list[int] = []
    opaque: dict[tuple[int, int | None, str], str] = {}
    for event in events:
        if isinstance(event, Reset):
            if event.block is None:
                opaque.clear()
            else:
                open_blocks[event.block][2].clear()
        if isinstance(event, Opaque):
            place = (event.choice, event.block, event.kind)
            assert opaque.get(place) != event.data
            opaque[place] = event.data
        kind, what = split(event)
        if not kind:
            continue
        number, choice = event.block, event.choice  # type: ignore[union-attr]
        if what == "Start":
            assert number not in open_blocks
            numbers.append(number)  # type: ignore[arg-type]
            open_blocks[number] = (kind, choice, [], event)  # type: ignore[index,assignment]
            continue
        begun, where, pieces, start = open_blocks[number]  # type: ignore[index]
        assert (begun, where) == (kind, choice)
        if what == "Delta":
            brought = piece(event)
            assert brought or isinstance(event, MediaDelta)
            pieces.append(brought)
        else:
            del open_blocks[number]  # type: ignore[arg-type]
            empty = b"" if isinstance(event, MediaEnd) else ""
            assert empty.join(pieces) == value(event)
            if isinstance(event, ToolCallEnd):
                assert isinstance(start, ToolCallStart)
                assert start.name or not event.name
                assert event.complete == (event.problem == "")
                assert not event.complete or event.parsed is not None
    assert len(numbers) == len(set(numbers)), "each block has a number of its own"
    ends = [event for event in events if isinstance(event, ResponseEnd)]
    if whole:
        assert open_blocks == {}
        assert len(ends) == 1
        assert events[-1] is ends[0]
    resets = sum(isinstance(event, Reset) and event.block is None for event in events)
    starts = sum(isinstance(event, ResponseStart) for event in events)
    assert starts <= 1 + resets


def check_against_response(events: Iterable[StreamEvent], response: Response) -> None:
    """The response is what the events said, from the last reset of all of it on."""
    ends: dict[int, Any] = {}
    outcome = None
    for event in events:
        if isinstance(event, Reset) and event.block is None:
            ends.clear()
        _, what = split(event)
        if what == "End":
            ends[event.block] = event  # type: ignore[union-attr,index]
        if isinstance(event, ResponseEnd):
            outcome = event.outcome
    assert response.outcome is outcome
    blocks = [block for choice in response.choices for block in choice.blocks]
    shown = {block.block: block for block in blocks if not isinstance(block, OtherBlock)}
    assert shown.keys() == ends.keys()
    for number, end in ends.items():
        block: Any = shown[number]
        assert block.complete == end.complete
        if isinstance(end, ToolCallEnd):
            names = ("name", "arguments", "id", "problem", "kind", "id_is_synthetic")
            assert all(getattr(block, name) == getattr(end, name) for name in names)
        elif isinstance(end, MediaEnd):
            assert (block.data, block.uri) == (end.data, end.uri)
        else:
            assert block.text == end.text
