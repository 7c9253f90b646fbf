"""What the merger's verbs come to, block by block: the machine below every dialect.

A dialect is played by hand here: ``Merger`` takes the verbs in any order, also such as no dialect
says. What whole streams give stands in ``test_merge.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sse_core import (
    Anomaly,
    Choice,
    Citation,
    Finish,
    Limits,
    MediaBlock,
    MediaDelta,
    MediaEnd,
    MediaStart,
    Metadata,
    Opaque,
    OtherBlock,
    Outcome,
    ReasoningBlock,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    RefusalBlock,
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
    ToolCall,
    ToolCallDelta,
    ToolCallEnd,
    ToolCallStart,
    ToolResult,
    ToolResultDelta,
    ToolResultEnd,
    ToolResultStart,
    Unknown,
    Usage,
)
from sse_core.blocks import FOLD
from sse_core.merge import MergeLimit, Merger, other_format
from sse_core.tool_calls import SPELLINGS

from .quirks.base import call as entry
from .quirks.base import calls, read, say, sse

RAW = {"a chunk": 1}


def merger(**limits: Any) -> Merger:
    """One whose response has begun, reading a chunk that ends at byte 7."""
    made = Merger(Limits(**limits))
    made.begin("r1", "m")
    made.take()
    made.came(RAW, 7)
    return made


def take(merge: Merger) -> list[StreamEvent]:
    """The events since the last time, each of which leads back to the chunk."""
    events = merge.take()
    for event in events:
        assert (event.chunk if isinstance(event, Finish) else event.raw) is RAW  # type: ignore[union-attr]
    merge.came(RAW, 7)
    return events


def anomalies(events: list[StreamEvent]) -> list[str]:
    return [event.quirk for event in events if isinstance(event, Anomaly)]


# -- each kind of block ----------------------------------------------------------------------------

Verb = Callable[[Merger], object]

#: What is announced, what is said of it; what is shown of that, and what the response has.
SHOWN: dict[str, tuple[dict[str, Any], list[Verb], list[StreamEvent], Any]] = {
    "text": (
        {"kind": "text", "id": "i1"},
        [lambda m: m.text(0, "a", "k"), lambda m: m.text(0, "b", "k")],
        [TextStart(0, 0, "i1"), TextDelta(0, 0, "a"), TextDelta(0, 0, "b"),
         TextEnd(0, 0, "ab", True)],
        TextBlock(0, "ab", True, "i1", (), (), {}, "k"),
    ),
    "refusal": (
        {"kind": "refusal", "id": "i1"},
        [lambda m: m.refusal(0, "a", "k")],
        [RefusalStart(0, 0, "i1"), RefusalDelta(0, 0, "a"), RefusalEnd(0, 0, "a", True)],
        RefusalBlock(0, "a", True, "i1", (), {}, "k"),
    ),
    "reasoning": (
        {"kind": "reasoning", "id": "i1"},
        [lambda m: m.reasoning(0, "a", "k")],
        [ReasoningStart(0, 0, False, "i1"), ReasoningDelta(0, 0, "a"),
         ReasoningEnd(0, 0, "a", True)],
        ReasoningBlock(0, "a", False, True, "i1", (), {}, "k"),
    ),
    "summary": (
        {"kind": "reasoning", "summary": True},
        [lambda m: m.reasoning(0, "a", "k", summary=True)],
        [ReasoningStart(0, 0, True), ReasoningDelta(0, 0, "a"), ReasoningEnd(0, 0, "a", True)],
        ReasoningBlock(0, "a", True, True, "", (), {}, "k"),
    ),
    "call": (
        {"kind": "call", "id": "i1", "name": "f"},
        [lambda m: m.arguments(0, "k", '{"a"'), lambda m: m.arguments(0, "k", ": 1}")],
        [ToolCallStart(0, 0, "f", "i1"), ToolCallDelta(0, 0, '{"a"'), ToolCallDelta(0, 0, ": 1}"),
         ToolCallEnd(0, 0, "f", '{"a": 1}', True, "", "i1")],
        ToolCall(0, "f", '{"a": 1}', True, "", "i1", False, "function", (), {}, "k"),
    ),
    "call of the provider": (
        {"kind": "call", "id": "i1", "name": "f", "call_id": "c1", "call_kind": "mcp"},
        [lambda m: m.arguments(0, "k", "{}")],
        [ToolCallStart(0, 0, "f", "c1", False, "mcp"), ToolCallDelta(0, 0, "{}"),
         ToolCallEnd(0, 0, "f", "{}", True, "", "c1", False, "mcp")],
        ToolCall(0, "f", "{}", True, "", "c1", False, "mcp", (), {}, "k"),
    ),
    "call without an id": (
        {"kind": "call", "name": "f", "call_kind": "custom"},
        [lambda m: m.arguments(0, "k", "ab")],
        [ToolCallStart(0, 0, "f", "call_0_0", True, "custom"), ToolCallDelta(0, 0, "ab"),
         ToolCallEnd(0, 0, "f", "ab", True, "", "call_0_0", True, "custom")],
        ToolCall(0, "f", "ab", True, "", "call_0_0", True, "custom", (), {}, "k"),
    ),
    "call without a name": (
        {"kind": "call", "id": "i1"},
        [lambda m: m.arguments(0, "k", "{"), lambda m: m.arguments(0, "k", "}")],
        [ToolCallStart(0, 0, "", "i1"), ToolCallDelta(0, 0, "{}"),
         ToolCallEnd(0, 0, "", "{}", True, "", "i1")],
        ToolCall(0, "", "{}", True, "", "i1", False, "function", (), {}, "k"),
    ),
    "call without arguments": (
        {"kind": "call", "id": "i1", "name": "f"},
        [],
        [ToolCallStart(0, 0, "f", "i1"), ToolCallDelta(0, 0, "{}"),
         ToolCallEnd(0, 0, "f", "{}", True, "", "i1")],
        ToolCall(0, "f", "{}", True, "", "i1", False, "function", (), {}, "k"),
    ),
    "result in words": (
        {"kind": "result", "id": "i1", "call_id": "c1", "name": "f"},
        [lambda m: m.result(0, "k", "a"), lambda m: m.result(0, "k", "b")],
        [ToolResultStart(0, 0, "c1", "f", "i1"), ToolResultDelta(0, 0, "a"),
         ToolResultDelta(0, 0, "b"), ToolResultEnd(0, 0, "ab", None, True, "c1", "f")],
        ToolResult(0, "ab", None, True, "i1", "c1", "f", (), {}, "k"),
    ),
    "result as JSON": (
        {"kind": "result"},
        [lambda m: m.result(0, "k", content=[1]), lambda m: m.result(0, "k", content=[2])],
        [ToolResultStart(0, 0), ToolResultEnd(0, 0, "", [2], True)],
        ToolResult(0, "", [2], True, "", "", "", (), {}, "k"),
    ),
    "media": (
        {"kind": "media", "id": "i1", "media_type": "audio/pcm"},
        [lambda m: m.media(0, "k", b"a", "A"), lambda m: m.media(0, "k", b"b"),
         lambda m: m.media(0, "k", transcript="B", uri="u")],
        [MediaStart(0, 0, "audio/pcm", "i1"), MediaDelta(0, 0, b"a", "A"), MediaDelta(0, 0, b"b"),
         MediaDelta(0, 0, b"", "B"), MediaEnd(0, 0, b"ab", "AB", True, "audio/pcm", "u")],
        MediaBlock(0, b"ab", "AB", True, "i1", "audio/pcm", "u", (), {}, "k"),
    ),
    "media of no kind": (
        {"kind": "media"},
        [],
        [MediaStart(0, 0), MediaEnd(0, 0, b"", "", True)],
        MediaBlock(0, b"", "", True, "", "", "", (), {}, "k"),
    ),
    "other": (
        {"kind": "other", "id": "i1", "type": "hologram"},
        [lambda m: m.other(0, "k", {"a": 1, "b": 1}), lambda m: m.other(0, "k", {"a": 2})],
        [Unknown(RAW)],
        OtherBlock(0, "hologram", True, "i1", (), {"a": 2, "b": 1}, "k"),
    ),
    "other of no type": (
        {"kind": "other"}, [], [Unknown(RAW)], OtherBlock(0, "", True, "", (), {}, "k"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", SHOWN)
def test_what_is_shown_of_a_block(case: str) -> None:
    facts, verbs, events, block = SHOWN[case]
    merge = merger()
    merge.open(0, "k", **facts)
    for verb in verbs:
        verb(merge)
    merge.end(0, "k")
    assert take(merge) == events
    assert merge.response().blocks == (block,)
    assert merge.response().blocks[0] is merge.response().blocks[0]  # it will not change any more
    merge.end(0, "k")
    merge.close(7)
    assert len(merge.take()) == 1


@pytest.mark.parametrize("case", [case for case in SHOWN if case != "call without a name"])
def test_the_response_has_a_block_as_far_as_it_came(case: str) -> None:
    """Before its end as after it, but for that; and whatever else belongs to it."""
    facts, verbs, _, block = SHOWN[case]
    merge = merger()
    merge.open(0, "k", **facts)
    for verb in verbs:
        verb(merge)
    merge.opaque(0, "k", "signature", "s")
    merge.detail(0, "k", {"x": 1})
    cut = {"complete": False, "opaque": (Opaque(0, 0, "signature", "s"),)}
    if isinstance(block, ToolCall):
        said = "" if case == "call without arguments" else block.arguments
        cut |= {"problem": "cut", "arguments": said}
    expected = replaced(block, {**cut, "wire": {**block.wire, "x": 1}})
    assert merge.response().blocks == (expected,)


def replaced(value: Any, fields: dict[str, Any]) -> Any:
    """The same with other fields."""
    old = {name: getattr(value, name) for name in value.__match_args__}
    return type(value)(**{**old, **fields})


LATE: list[tuple[Verb, str, Any]] = [
    (
        lambda m: m.opaque(0, "k", "signature", "s"),
        "opaque",
        (Opaque(0, 0, "signature", "s"),),
    ),
    (
        lambda m: m.citation(0, "k", {"u": 1}, url="u"),
        "citations",
        (Citation(0, 0, "u", "", None, None, {"u": 1}),),
    ),
    (lambda m: m.detail(0, "k", {"x": 1}), "wire", {"x": 1}),
]


@pytest.mark.parametrize(("verb", "field", "value"), LATE, ids=[field for _, field, _ in LATE])
def test_what_is_told_late_of_a_block_still_comes_to_it(verb: Verb, field: str, value: Any) -> None:
    merge = merger()
    merge.open(0, "k", "text")
    merge.end(0, "k")
    assert merge.response().blocks  # was shown without it
    verb(merge)
    assert getattr(merge.response().blocks[0], field) == value


FLOW: dict[str, tuple[Verb, StreamEvent]] = {
    "text": (lambda m: m.text(0, "a"), TextEnd(0, 0, "a", True)),
    "refusal": (lambda m: m.refusal(0, "a"), RefusalEnd(0, 0, "a", True)),
    "reasoning": (lambda m: m.reasoning(0, "a"), ReasoningEnd(0, 0, "a", True)),
}
NEXT: dict[str, Verb] = {
    **{kind: verb for kind, (verb, _) in FLOW.items()},
    "call": lambda m: m.call(0, 0, "c1", "f", "", "function"),
    "announced": lambda m: m.open(0, "k", "media"),
}


@pytest.mark.parametrize("after", NEXT)
@pytest.mark.parametrize("kind", FLOW)
def test_what_nobody_ends_is_whole_when_something_else_begins(kind: str, after: str) -> None:
    verb, end = FLOW[kind]
    merge = merger()
    verb(merge)
    take(merge)
    NEXT[after](merge)
    assert (end in take(merge)) is (kind != after)


def test_what_nobody_ends_goes_on_beside_another_choice() -> None:
    merge = merger()
    merge.text(0, "a")
    merge.reasoning(1, "b")
    merge.text(0, "c")
    assert [block.text for block in merge.response().blocks] == ["ac"]  # type: ignore[union-attr]


def test_a_call_without_a_name_is_not_shown_before_its_end() -> None:
    merge = merger()
    merge.open(0, "k", "call", "i1")
    merge.arguments(0, "k", "{}")
    assert (take(merge), merge.response().blocks) == ([], ())


def test_a_block_has_the_first_id_that_is_learned() -> None:
    merge = merger()
    merge.open(0, "k", "media")
    merge.learn(0, "k", media_type="audio")
    merge.learn(0, "k", "i1")
    merge.learn(0, "k", "i2")
    (block,) = merge.response().blocks
    assert block == MediaBlock(0, b"", "", False, "i1", "audio", "", (), {}, "k")


@pytest.mark.parametrize("verb", ["open", "learn"])
def test_a_call_that_is_named_late_begins_with_all_that_came(verb: str) -> None:
    merge = merger()
    merge.open(0, "k", "call", "i1")
    merge.arguments(0, "k", '{"a"')
    merge.arguments(0, "k", ": 1")
    if verb == "open":
        merge.open(0, "k", "call", name="f")
    else:
        merge.learn(0, "k", name="f")
    merge.arguments(0, "k", "}")
    assert take(merge) == [
        ToolCallStart(0, 0, "f", "i1"),
        ToolCallDelta(0, 0, '{"a": 1'),
        ToolCallDelta(0, 0, "}"),
    ]


def test_what_a_choice_has_beside_its_blocks() -> None:
    merge = merger()
    merge.role(2, "assistant")
    merge.usage({"in": 1}, {"input_tokens": ("in",)}, 2)
    merge.logprobs(2, "content", [{"token": "a"}])
    merge.logprobs(2, "content", [{"token": "b"}])
    merge.logprobs(2, "refusal", [{"token": "c"}])
    merge.citation(2, None, {"u": 1}, url="u")
    merge.opaque(2, None, "signature", "s")
    merge.metadata({"rating": 1}, 2)
    merge.finish(2, "stop", "stop")
    take(merge)
    (choice,) = merge.response().choices
    assert choice == Choice(
        2,
        "assistant",
        (),
        Finish(2, "stop", "stop"),
        Usage(1, None, None, None, None, None, {"in": 1}, 2),
        {"content": ({"token": "a"}, {"token": "b"}), "refusal": ({"token": "c"},)},
        (Citation(2, None, "u", "", None, None, {"u": 1}),),
        (Opaque(2, None, "signature", "s"),),
        {"rating": 1},
    )


@pytest.mark.parametrize(
    ("kind", "verb", "reset"),
    [
        ("text", lambda m: m.text(0, "a", "k"), [Reset(0, 0)]),
        ("call", lambda m: m.arguments(0, "k", "{"), []),  # without a name nothing was shown
        ("media", lambda m: m.media(0, "k", b"a", "A"), [Reset(0, 0)]),
        ("other", lambda m: m.other(0, "k", {}), []),
    ],
)
def test_what_is_void_counts_no_more(kind: str, verb: Verb, reset: list[StreamEvent]) -> None:
    merge = merger()
    merge.open(0, "k", kind)
    verb(merge)
    shown = take(merge)
    merge.void(0, "k")
    assert take(merge) == reset
    verb(merge)
    assert take(merge) == (shown[-1:] if reset else [])
    merge.end(0, "k")
    (block,) = merge.response().blocks
    for field, value in (("text", "a"), ("arguments", "{"), ("data", b"a"), ("transcript", "A")):
        assert getattr(block, field, value) == value


#: Those of which something is said. (That a call is custom, only its announcement says.)
SAID = [case for case in SHOWN if SHOWN[case][1] and case != "call without an id"]


@pytest.mark.parametrize("case", SAID)
def test_what_nobody_announced_has_a_block_when_it_is_said(case: str) -> None:
    """P5, but for the three that need no announcement: there it is nothing unusual."""
    _, verbs, _, block = SHOWN[case]
    merge = merger()
    for verb in verbs:
        verb(merge)
    shown = take(merge)
    quiet = isinstance(block, (TextBlock, RefusalBlock, ReasoningBlock))
    assert anomalies(shown) == ([] if quiet else ["P5"])
    merge.end(0, "k")
    (found,) = merge.response().blocks
    assert (type(found), found.key, found.complete) == (type(block), "k", True)
    for field in ("text", "data", "transcript", "content", "wire", "summary"):
        assert getattr(found, field, None) == getattr(block, field, None)


def test_a_block_of_another_kind_at_the_same_place() -> None:
    merge = merger()
    merge.open(0, "k", "text")
    merge.result(0, "k", "a")
    assert anomalies(take(merge)) == ["P6"]
    merge.end(0, "k")
    merge.result(0, "k", "b")
    assert anomalies(take(merge)) == ["P5"]  # it has ended
    assert [type(block) for block in merge.response().blocks] == [TextBlock, *[ToolResult] * 2]


# -- what can be asked -----------------------------------------------------------------------------

QUESTIONS: dict[str, Callable[[Merger, int, Any], Any]] = {
    "spoke": lambda m, choice, key: m.spoke(choice),
    "said": lambda m, choice, key: m.said(choice, "text"),
    "said_at": lambda m, choice, key: m.said_at(choice, key),
    "has_said": lambda m, choice, key: m.has_said(choice, key),
    "has_places": lambda m, choice, key: m.has_places(choice, key),
    "detail_at": lambda m, choice, key: m.detail_at(choice, key, "x"),
    "bytes_at": lambda m, choice, key: m.bytes_at(choice, key),
    "lacks_arguments": lambda m, choice, key: m.lacks_arguments(choice, key),
    "keys": lambda m, choice, key: m.keys(choice),
    "citations_at": lambda m, choice, key: tuple(m.citations_at(choice, key)),
    "last_call_id": lambda m, choice, key: m.last_call_id(choice),
    "has_any": lambda m, choice, key: m.has_any(choice, "call"),
    "has_any other": lambda m, choice, key: m.has_any(choice, "other"),
    "is_pending": lambda m, choice, key: m.is_pending(choice),
    "last_piece": lambda m, choice, key: m.last_piece(choice),
    "has": lambda m, choice, key: m.has(choice, key),
    "has call": lambda m, choice, key: m.has(choice, key, "call"),
    "knows": lambda m, choice, key: m.knows(choice, key),
    "awaits_answers": lambda m, choice, key: m.awaits_answers(choice),
}
NOTHING: dict[str, Any] = {
    **dict.fromkeys(QUESTIONS, False),
    **dict.fromkeys(("said", "said_at", "last_call_id", "last_piece"), ""),
    **{"detail_at": None, "bytes_at": b"", "keys": [], "citations_at": ()},
}


def answers(merge: Merger, choice: int, key: Any) -> dict[str, Any]:
    """What is not as if nothing had been said."""
    found = {name: ask(merge, choice, key) for name, ask in QUESTIONS.items()}
    return {name: value for name, value in found.items() if value != NOTHING[name]}


def test_of_what_did_not_come_nothing_is_known() -> None:
    merge = merger()
    assert answers(merge, 0, "k") == {}
    assert not merge.has_several_choices
    merge.role(0, "assistant")  # a choice that has not spoken
    assert answers(merge, 0, "k") == answers(merge, 0, None) == {}


def everything() -> Merger:
    """A choice with a text, a medium and a call, all open; then text without a key."""
    merge = merger()
    merge.open(3, "t", "text")
    merge.text(3, "a", "t")
    merge.text(3, "b", "t")
    merge.citation(3, "t", {})
    merge.detail(3, "t", {"x": 5})
    merge.open(3, "m", "media")
    merge.media(3, "m", b"a")
    merge.media(3, "m", b"b")
    merge.open(3, "c", "call", "c1", name="f", call_kind="server")
    merge.argument_at(3, "c", "$.a", "v", more=True)
    for piece in ("c", "d", "e"):
        merge.text(3, piece)
    return merge


KNOWN: list[tuple[str, Any, Any]] = [
    ("spoke", None, True),
    ("said", None, "abcde"),
    ("said_at", "t", "ab"),
    ("said_at", "c", '{"a":"v'),
    ("said_at", None, "cde"),
    ("has_said", "t", True),
    ("has_said", "m", True),
    ("has_places", "t", False),
    ("has_places", "c", True),
    ("detail_at", "t", 5),
    ("detail_at", "c", None),
    ("bytes_at", "m", b"ab"),
    ("lacks_arguments", "c", False),
    ("lacks_arguments", "t", False),
    ("keys", None, [None, "c", "m", "t"]),
    ("citations_at", "t", (Citation(3, 0, "", "", None, None, {}),)),
    ("citations_at", "c", ()),
    ("last_call_id", None, "c1"),
    ("has_any", None, True),
    ("has_any other", None, False),
    ("is_pending", None, False),
    ("last_piece", None, "e"),
    ("has", "t", True),
    ("has", None, True),
    ("has call", "t", False),
    ("has call", "c", True),
    ("knows", "t", True),
    ("awaits_answers", None, False),  # the provider runs it
]


@pytest.mark.parametrize(("question", "key", "answer"), KNOWN)
def test_what_is_known(question: str, key: Any, answer: Any) -> None:
    assert QUESTIONS[question](everything(), 3, key) == answer


def test_of_other_choices_and_places_nothing_is_known() -> None:
    merge = everything()
    assert answers(merge, 0, "t") == answers(merge, 0, None) == {}
    nowhere = answers(merge, 3, "x")
    assert not nowhere.keys() & {"said_at", "has_said", "detail_at", "bytes_at", "has", "knows"}


def test_what_is_known_when_it_has_ended() -> None:
    merge = everything()
    merge.close_arguments(3, "c")
    assert not merge.has_places(3, "c")
    merge.done()
    for key in ("t", "m", "c"):
        assert (merge.has(3, key), merge.knows(3, key)) == (False, True)
    assert (merge.said_at(3, "t"), merge.said(3, "text")) == ("ab", "abcde")
    assert (merge.last_piece(3), merge.knows(3, None)) == ("", False)


@pytest.mark.parametrize("kind", ["function", "custom", "builtin", "server", "mcp"])
def test_whose_calls_await_an_answer(kind: str) -> None:
    merge = merger()
    merge.text(0, "a")
    merge.open(0, "c", "call", call_kind=kind)
    assert merge.awaits_answers(0) is (kind in ("function", "custom", "builtin"))
    merge.text(1, "a")
    assert (merge.awaits_answers(1), merge.has_several_choices) == (False, True)


def test_whether_a_choice_has_a_block_of_a_kind() -> None:
    merge = merger()
    merge.text(0, "a")
    merge.open(1, "c", "call")
    assert (merge.has_any(0, "call"), merge.has_any(1, "call")) == (False, True)


def test_a_habit_is_reported_once_and_an_anomaly_each_time() -> None:
    merge = merger()
    assert not merge.was_reported("J5")
    merge.habit("J5")
    merge.habit("J5")
    assert (merge.was_reported("J5"), merge.was_reported("J4")) == (True, False)
    merge.anomaly("P6")
    merge.anomaly("P6")
    assert take(merge) == [Anomaly("J5", 7), Anomaly("P6", 7), Anomaly("P6", 7)]


def test_a_reason_may_count_until_something_follows() -> None:
    merge = merger()
    merge.text(0, "a")
    merge.finish(0, "stop", "STOP", provisional=True)
    assert merge.is_pending(0)
    merge.text(0, "b")
    assert not merge.is_pending(0)
    merge.finish(0, "stop", "STOP", provisional=True)
    merge.done()
    assert [event for event in take(merge) if isinstance(event, Finish)] == [
        Finish(0, "stop", "STOP")
    ]


def test_a_key_of_its_own() -> None:
    merge = merger()
    keys = []
    for _ in range(3):
        keys.append(merge.next_key)
        assert not merge.knows(0, keys[-1])
        merge.text(0, "a", merge.next_key)
    assert len(set(keys)) == 3


def test_what_comes_once() -> None:
    merge = merger(max_accumulated_bytes=30)
    fact = {"a": [1, "x"]}
    assert merge.is_new(0, fact)
    assert not merge.is_new(0, {"a": [1, "x"]})
    assert merge.is_new(1, fact)  # of another choice
    with pytest.raises(MergeLimit):
        merge.is_new(0, {"a": [2, "x"]})


# -- what is new in texts that repeat all before them: C16 -----------------------------------------


@pytest.mark.parametrize(
    ("texts", "news", "quirks"),
    [
        (["a", "ab", "ab", "abc"], ["a", "b", "", "c"], ["C16"]),
        (["a", "", "ab"], ["a", "", "b"], ["C16"]),
        (["a", "b", "ba", "bab"], ["a", "b", "ba", "bab"], []),  # one that does not: none does
    ],
)
def test_what_is_new_in_snapshots(texts: list[str], news: list[str], quirks: list[str]) -> None:
    merge = merger()
    assert [merge.news(0, text) for text in texts] == news
    assert anomalies(take(merge)) == quirks


def test_each_choice_repeats_itself() -> None:
    merge = merger()
    texts = [(0, "a"), (1, "b"), (0, "ac"), (1, "bd")]
    assert [merge.news(choice, text) for choice, text in texts] == ["a", "b", "c", "d"]


# -- how a response begins -------------------------------------------------------------------------


def test_who_speaks_may_be_told_late() -> None:
    """Of several ids and models the first that are not empty count."""
    merge = Merger()
    merge.came(RAW, 7)
    shown: list[StreamEvent] = []
    for id, model in (("", ""), ("", "m"), ("", "n"), ("r", ""), ("s", "o")):
        merge.begin(id, model)
        shown += take(merge)
    assert shown == [ResponseStart(), Metadata({"model": "m"}), Metadata({"id": "r"})]
    assert (merge.response().id, merge.response().model) == ("r", "m")


def test_the_first_word_on_who_speaks_counts() -> None:
    merge = merger()
    merge.text(0, "a")
    roles = [merge.response().choice.role]
    for role in ("", "assistant", "", "tool"):
        merge.role(0, role)
        roles.append(merge.response().choice.role)
    assert roles == ["", "", "assistant", "assistant", "assistant"]


def test_no_chunk_stands_behind_what_comes_before_the_first() -> None:
    merge = Merger()
    merge.anomaly("F18")
    merge.close(0)
    odd, end = merge.take()
    assert isinstance(odd, Anomaly)
    assert (odd.quirk, odd.offset, odd.raw) == ("F18", 0, None)
    assert isinstance(end, ResponseEnd)
    assert (end.outcome, end.finished, end.sentinel, end.offset, end.error) == (
        Outcome.EMPTY, False, False, 0, None,
    )  # fmt: skip


def test_both_told_late() -> None:
    merge = Merger()
    merge.came(RAW, 7)
    merge.text(0, "a")
    assert take(merge)[0] == ResponseStart()
    merge.begin("r", "m")
    assert take(merge) == [Metadata({"id": "r", "model": "m"})]


# -- how a call ends -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "said", "reason", "text", "problem"),
    [
        ("function", "", "tool_calls", "{}", ""),
        ("function", " ", "tool_calls", " {}", ""),
        ("function", "", "length", "", "cut"),
        ("function", " ", "length", " ", "cut"),
        ("function", "{}", "length", "{}", "cut"),  # it may have been about to say more
        ("function", " {}\n", "length", " {}\n", "cut"),
        ("function", '{"a": 1}', "length", '{"a": 1}', ""),
        ("function", '{"a"', "tool_calls", '{"a"', "cut"),
        ("function", '{"a": x}', "length", '{"a": x}', "invalid"),
        ("function", "[1]", "tool_calls", "[1]", "not an object"),
        ("function", '{"a": NaN}', "tool_calls", '{"a": NaN}', "invalid"),
        ("function", "{} {}", "tool_calls", "{} {}", "invalid"),
        ("function", '{"a": 1}', "error", '{"a": 1}', "cut"),
        ("custom", "", "tool_calls", "", ""),
        ("custom", "{", "tool_calls", "{", ""),
        ("custom", "", "length", "", "cut"),
        ("custom", "{}", "content_filter", "{}", "cut"),
        ("custom", "ab", "length", "ab", "cut"),
        ("custom", "ab", "error", "ab", "cut"),
    ],
)
@pytest.mark.parametrize("announced", [True, False])
def test_how_a_call_ends(
    kind: str, said: str, reason: str, text: str, problem: str, announced: bool
) -> None:
    """Where nothing announces it, a call without arguments is odd: T18."""
    merge = merger()
    if announced:
        merge.open(0, "k", "call", "c1", name="f", call_kind=kind)
        merge.arguments(0, "k", said)
    else:
        merge.call(0, 0, "c1", "f", said, kind)
    merge.finish(0, reason, "raw")
    shown = take(merge)
    (end,) = [event for event in shown if isinstance(event, ToolCallEnd)]
    assert end == ToolCallEnd(0, 0, "f", text, not problem, problem, "c1", False, kind)
    assert anomalies(shown) == ([] if announced or text == said else ["T18"])


@pytest.mark.parametrize(
    ("depth", "limit", "cut", "problem"),
    [
        (128, 128, False, ""),
        (129, 128, False, "invalid"),
        (1000, 128, True, "invalid"),
        (500, None, False, ""),
        (500, None, True, "cut"),
    ],
)
def test_how_deep_arguments_may_be(depth: int, limit: int | None, cut: bool, problem: str) -> None:
    merge = merger(max_json_depth=limit)
    merge.open(0, "k", "call", name="f")
    end = "" if cut else "]" * (depth - 1) + "}"
    merge.arguments(0, "k", '{"a":' + "[" * (depth - 1) + end)
    merge.end(0, "k")
    assert [call.problem for call in merge.response().tool_calls] == [problem]


ENDS: dict[str, tuple[Verb, str, str]] = {
    "reason": (lambda m: m.finish(0, "tool_calls", "raw"), '{"a":"v', "cut"),
    "end": (lambda m: m.end(0, "k"), '{"a":"v"}', ""),
    "limit": (lambda m: m.finish(0, "length", "raw"), '{"a":"v', "cut"),
    "error": (lambda m: m.finish(0, "error", "raw"), '{"a":"v', "cut"),
    "close": (lambda m: m.close(7), '{"a":"v', "cut"),
}


@pytest.mark.parametrize("name", ENDS)
def test_arguments_told_by_their_places_are_closed_by_their_end(name: str) -> None:
    """Unless it cuts them."""
    end, text, problem = ENDS[name]
    merge = merger()
    merge.open(0, "k", "call", name="f")
    merge.argument_at(0, "k", "$.a", "v", more=True)
    end(merge)
    (call,) = merge.response().tool_calls
    assert (call.arguments, call.problem) == (text, problem)


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "length", "other", "error"])
@pytest.mark.parametrize("value", ["v", 5])
def test_places_that_are_whole_are_closed_by_a_reason_that_cuts_nothing(
    value: Any, reason: str
) -> None:
    merge = merger()
    merge.open(0, "k", "call", name="f")
    merge.argument_at(0, "k", "$.a", value, more=isinstance(value, int))
    assert not merge.is_in_text(0, "k")
    merge.finish(0, reason, "raw")
    (call,) = merge.response().tool_calls
    assert call.complete is (reason in ("stop", "tool_calls"))


@pytest.mark.parametrize("kind", ["function", "mcp", "custom", "builtin", "server"])
@pytest.mark.parametrize("reason", ["tool_calls", "length", "pause", "refusal", "other"])
def test_what_a_reason_leaves_whole(reason: str, kind: str) -> None:
    """JSON that is closed proves something if the model wrote it, and if it is not ``{}``."""
    merge = merger()
    calls = {"none": "", "of nothing": "{}", "closed": '{"a":1}'}
    for key, text in calls.items():
        merge.open(0, key, "call", name="f", call_kind=kind)
        merge.arguments(0, key, text)
    merge.finish(0, reason, "raw")
    proven = kind in ("function", "mcp")
    whole = [True] * 3 if reason == "tool_calls" else [False, False, proven]
    assert [call.complete for call in merge.response().tool_calls] == whole


# -- why a choice ends -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "reason", "told"),
    [
        ("function", "stop", Finish(0, "tool_calls", "raw", True)),  # E3
        ("custom", "stop", Finish(0, "tool_calls", "raw", True)),
        ("server", "stop", Finish(0, "stop", "raw")),  # which the provider has run
        ("function", "tool_calls", Finish(0, "tool_calls", "raw")),
        ("function", "length", Finish(0, "length", "raw")),
    ],
)
def test_stop_over_calls_means_calls(kind: str, reason: str, told: Finish) -> None:
    merge = merger()
    merge.open(0, "k", "call", name="f", call_kind=kind)
    merge.finish(0, reason, "raw")
    assert [event for event in take(merge) if isinstance(event, Finish)] == [told]
    assert merge.response().finish == told


def test_the_providers_word_is_part_of_a_reason() -> None:
    """Two reasons are equal if the words are; the chunk that they came in does not matter."""
    assert Finish(0, "stop", "a", chunk=RAW) == Finish(0, "stop", "a")
    assert Finish(0, "stop", "a") != Finish(0, "stop", "b")
    assert hash(Finish(0, "stop", "a", chunk=1)) == hash(Finish(0, "stop", "a"))


@pytest.mark.parametrize(
    ("reasons", "told", "quirks"),
    [
        (["stop", "stop"], ["stop"], ""),
        (["stop", "tool_calls"], ["stop", "tool_calls"], "E4"),
        (["tool_calls", "stop"], ["tool_calls"], "E4"),
        (["other", "stop"], ["other"], "E4"),
        (["tool_calls", "length", "content_filter"], ["tool_calls", "length"], "E4"),
        (["stop", "", "stop"], ["stop", "stop"], "E5"),
        (["length", "", "stop"], ["length", "stop"], "E5"),
    ],
)
def test_of_several_reasons_the_strongest_counts(
    reasons: list[str], told: list[str], quirks: str
) -> None:
    """Unless there was more to say (here ``""``) in between."""
    merge = merger()
    merge.text(0, "a")
    for reason in reasons:
        if reason:
            merge.finish(0, reason, reason)
        else:
            merge.text(0, "b")
    shown = take(merge)
    assert [event.reason for event in shown if isinstance(event, Finish)] == told
    assert anomalies(shown) == quirks.split()
    assert merge.response().finish == Finish(0, told[-1], told[-1])


# -- calls that go on after they were cut ----------------------------------------------------------


def cut(kind: str = "function", id: str = "c1", name: str = "f", said: str = "") -> Merger:
    """A call that an error cut."""
    merge = merger()
    merge.call(0, 0, id, name, said, kind)
    merge.fail("m")
    take(merge)
    return merge


@pytest.mark.parametrize("kind", ["function", "custom"])
@pytest.mark.parametrize(("id", "shown"), [("c1", "c1"), ("", "call_0_0")])
def test_a_call_that_was_cut_begins_again(kind: str, id: str, shown: str) -> None:
    """With all that is known of it."""
    merge = cut(kind, id, said='{"a"')
    merge.call(0, 0, "", "", ": 1}", kind)
    head = ("f", shown, not id, kind)
    assert take(merge) == [
        ToolCallStart(0, 1, *head),
        ToolCallDelta(0, 1, '{"a"'),
        ToolCallDelta(0, 1, ": 1}"),
    ]
    merge.text(0, "a")  # does not end it
    merge.call(0, 0, "", "", " ", kind)
    merge.finish(0, "tool_calls", "raw")
    again = merge.response().tool_calls[1]
    assert (again.arguments, again.problem, again.key) == ('{"a": 1} ', "", ("call", 1))


def test_a_call_that_was_cut_and_has_no_more_to_say() -> None:
    merge = cut(said='{"a"')
    merge.call(0, 0, "", "", "", "function")
    assert take(merge) == []


@pytest.mark.parametrize("end", ["error", "reason"])
@pytest.mark.parametrize("kind", ["function", "custom"])
@pytest.mark.parametrize("pieces", [["{}"], ["{", "}"]])
def test_a_call_that_was_whole_has_no_more_to_say(kind: str, end: str, pieces: list[str]) -> None:
    """Also where its end says nothing of that: its arguments do."""
    merge = merger()
    for piece in pieces:
        merge.call(0, 0, "c1", "f", piece, kind)
    if end == "error":
        merge.fail("m")
    else:
        merge.finish(0, "tool_calls", "raw")
    take(merge)
    merge.call(0, 0, "", "", "}", kind)
    assert take(merge)[-2:] == [Anomaly("E5", 7), Unknown(RAW)]
    assert [call.arguments for call in merge.response().tool_calls] == ["{}"]


def test_white_space_after_a_cut_is_no_argument() -> None:
    merge = cut()
    merge.call(0, 0, "", "", " ", "function")
    merge.finish(0, "tool_calls", "raw")
    shown = take(merge)
    assert anomalies(shown) == ["T18"]
    assert [call.arguments for call in merge.response().tool_calls] == ["", " {}"]


# -- halves of surrogate pairs: J1, J3 -------------------------------------------------------------


@pytest.mark.parametrize("character", ["\U00010000", "\U0001f600", "\U0010fc00", "\U0010ffff"])
def test_halves_are_joined(character: str) -> None:
    """Any of them, beside a U+FFFD that the wire itself has."""
    high, low = (chr(int.from_bytes(two, "big")) for two in halves(character))
    merge = merger()
    for text in ("\ufffd" + high, low + "\ufffd", character):
        merge.text(0, text)
    shown = take(merge)
    assert anomalies(shown) == ["J1"]
    assert merge.said(0, "text") == f"\ufffd{character}\ufffd{character}"


def halves(character: str) -> tuple[bytes, bytes]:
    both = character.encode("utf-16-be")
    return both[:2], both[2:]


@pytest.mark.parametrize(
    ("half", "then"), [(0xDC00, ""), (0xDFFF, ""), (0xDC00, "a"), (0xD800, "a"), (0xDBFF, "a")]
)
def test_a_half_alone_is_replaced_at_once(half: int, then: str) -> None:
    merge = merger()
    merge.text(0, chr(half) + then)
    assert merge.said(0, "text") == "\ufffd" + then
    assert anomalies(take(merge)) == ["J3"]


@pytest.mark.parametrize("half", [0xD800, 0xDBFF])
def test_a_half_waits_for_its_partner_until_the_end(half: int) -> None:
    merge = merger()
    merge.open(0, "t", "text")
    take(merge)
    merge.text(0, chr(half), "t")
    assert take(merge) == []
    merge.end(0, "t")
    assert take(merge) == [
        Anomaly("J3", 7),
        TextDelta(0, 0, "\ufffd"),
        TextEnd(0, 0, "\ufffd", True),
    ]


def test_a_half_in_what_is_spoken() -> None:
    merge = merger()
    merge.open(0, "m", "media")
    merge.media(0, "m", transcript="a\ud83d")
    take(merge)
    merge.end(0, "m")
    assert take(merge) == [
        Anomaly("J3", 7),
        MediaDelta(0, 0, b"", "\ufffd"),
        MediaEnd(0, 0, b"", "a\ufffd", True),
    ]


@pytest.mark.parametrize(
    "verb", [lambda m, key: m.void(0, key), lambda m, key: m.agree(0, key, "other")]
)
def test_of_what_has_ended_or_never_was_nothing_changes(
    verb: Callable[[Merger, str], None],
) -> None:
    """Its end has been shown, and the response must stay what the events said."""
    merge = merger()
    merge.text(0, "said", "k")
    merge.end(0, "k")
    take(merge)
    for key in ("k", "nobody's"):
        verb(merge, key)
    assert take(merge) == []
    assert [block.text for block in merge.response().blocks if isinstance(block, TextBlock)] == [
        "said"
    ]


@pytest.mark.parametrize(
    ("head", "format"),
    [
        (b"{", "JSON"),
        (b" \r\n[1]", "JSON"),
        (b"<!doctype", "HTML"),
        (bytearray(b"<"), "HTML"),
        (b"data", None),
        (b"", None),
    ],
)
def test_what_else_a_body_is(head: bytes, format: str | None) -> None:
    assert other_format(head) == format


@pytest.mark.parametrize("end", ["void", "whole"])
def test_a_half_counts_no_more_when_all_is_said_anew(end: str) -> None:
    merge = merger()
    merge.open(0, "t", "text")
    merge.text(0, "a\ud83d", "t")
    if end == "void":
        merge.void(0, "t")
        merge.text(0, "b", "t")
    else:
        merge.agree(0, "t", "ab")
    merge.end(0, "t")
    assert merge.response().text == ("b" if end == "void" else "ab")
    assert anomalies(take(merge)) == []


# -- values that are told whole --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "value", "quirks"),
    [("ab", "ab", []), ("ab", "abc", []), ("", "ab", ["P4"]), ("ab", "b", ["N1"]), ("ab", "", [])],
)
def test_the_whole_value_counts(said: str, value: str, quirks: list[str]) -> None:
    """Unless it says nothing: shims leave it empty."""
    merge = merger()
    merge.open(0, "t", "text")
    for piece in said:  # one by one
        merge.text(0, piece, "t")
    merge.end(0, "t", value)
    assert anomalies(take(merge)) == quirks
    assert merge.response().text == (value or said)


def test_the_whole_value_of_what_has_no_text() -> None:
    merge = merger()
    merge.open(0, "m", "media")
    merge.media(0, "m", b"a")
    merge.end(0, "m", "words")
    assert anomalies(take(merge)) == []


def test_arguments_told_by_their_places_and_then_whole() -> None:
    """The whole is all of them: nothing is added at their end."""
    merge = merger()
    merge.open(0, "k", "call", name="f")
    merge.argument_at(0, "k", "$.a", "v", more=True)
    merge.agree(0, "k", '{"a":"v"}')
    merge.end(0, "k")
    assert [call.arguments for call in merge.response().tool_calls] == ['{"a":"v"}']


# -- limits ----------------------------------------------------------------------------------------

Part = tuple[str, str]

#: How arguments of eight characters may come.
EIGHT: dict[str, list[Part]] = {
    "at once": [("more", '{"a": 1}')],
    "in pieces": [("more", '{"a"'), ("more", ":"), ("more", " 1}")],
    "whole": [("whole", '{"a": 1}')],
    "in pieces, then whole": [("more", '{"a"'), ("whole", '{"a": 1}')],
    "whole, then more": [("more", '{"a"'), ("whole", '{"a": '), ("more", "1}")],
    "twice whole": [("more", '{"a"'), ("whole", '{"a":'), ("whole", '{"a": 1}')],
    "other, then whole": [("more", '{"b"'), ("whole", '{"a": 1}')],
    "placeholder first": [("more", "{}"), ("more", '{"a": 1}')],
    "half, then whole": [("more", '{"a": 1'), ("more", '{"a": 1}')],
}


@pytest.mark.parametrize("way", EIGHT)
def test_the_limit_of_arguments_counts_what_they_are(way: str) -> None:
    """However they come; and it trips where they pass it, not at their end."""
    for limit in (8, 7):
        merge = merger(max_tool_argument_bytes=limit)
        merge.open(0, "k", "call", name="f")
        *before, last = EIGHT[way]

        def say(part: Part, merge: Merger = merge) -> None:
            what, text = part
            if what == "more":
                merge.arguments(0, "k", text)
            else:
                merge.agree(0, "k", text)

        for part in before:
            say(part)
        if limit == 8:
            say(last)
            merge.end(0, "k")
            assert merge.response().tool_calls[0].arguments == '{"a": 1}'
        else:
            with pytest.raises(MergeLimit) as caught:
                say(last)
            assert caught.value.args == ("max_tool_argument_bytes", 7, 8)


@pytest.mark.parametrize(
    ("limit", "count", "verb"),
    [
        ("max_choices", 3, lambda m, n: m.role(n, "assistant")),
        ("max_output_items", 3, lambda m, n: m.open(0, n, "text")),
        ("max_tool_calls", 3, lambda m, n: m.open(0, n, "call")),
        ("max_tool_calls", 3, lambda m, n: m.call(0, n, f"{n}", "f", "", "function")),
        ("max_accumulated_bytes", 9, lambda m, n: m.text(0, "abc")),
        ("max_accumulated_bytes", 12, lambda m, n: m.media(0, 0, b"ab", "cd")),
    ],
)
def test_as_much_as_is_allowed_passes_and_no_more(
    limit: str, count: int, verb: Callable[[Merger, int], object]
) -> None:
    merge = merger(**{limit: count})
    for n in range(3):
        verb(merge, n)
    with pytest.raises(MergeLimit) as caught:
        verb(merge, 3)
    assert caught.value.args == (limit, count, count + 1)


def test_a_half_counts_when_it_is_whole() -> None:
    for limit in (9, 8):
        merge = merger(max_tool_argument_bytes=limit)
        merge.open(0, "k", "call", name="f")
        merge.arguments(0, "k", '{"a":"')
        merge.arguments(0, "k", chr(0xD83D))
        if limit == 9:
            merge.arguments(0, "k", chr(0xDE00) + '"}')
        else:
            with pytest.raises(MergeLimit):
                merge.arguments(0, "k", chr(0xDE00) + '"}')


def test_calls_count_in_each_choice_and_blocks_in_all() -> None:
    merge = merger(max_tool_calls=1, max_output_items=2)
    merge.open(0, 0, "call")
    merge.open(1, 0, "call")
    with pytest.raises(MergeLimit, match="max_output_items"):
        merge.text(2, "a")


def test_what_the_end_adds_counts_too() -> None:
    merge = merger(max_tool_argument_bytes=1)
    merge.open(0, "k", "call", name="f")
    with pytest.raises(MergeLimit, match="max_tool_argument_bytes"):
        merge.end(0, "k")


# -- many pieces -----------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["text", "call"])
def test_many_pieces_are_kept_as_few(said: str) -> None:
    """A state of small pieces is not much larger than their text; and none is copied twice."""
    stream = StreamDecoder("openai-chat")
    stream.feed(sse(calls(entry(0, "c1", "f", '{"a":"'))))
    for _ in range(4 * FOLD + FOLD // 2):
        piece = say("a") if said == "text" else calls(entry(0, arguments="a"))
        stream.feed_chunk(piece)
    (state,) = (block for block in pieces_of(stream.dump()) if len(block) > 1)
    assert FOLD // 4 < len(state) < FOLD
    assert max(map(len, state)) < FOLD + 8
    assert "".join(state).count("a") >= 4 * FOLD


def pieces_of(plain: Any) -> list[list[str]]:
    """The lists of pieces in a state."""
    if isinstance(plain, dict):
        own = [plain["pieces"]] if isinstance(plain.get("pieces"), list) else []
        return own + [found for inner in plain.values() for found in pieces_of(inner)]
    if isinstance(plain, list):
        return [found for inner in plain for found in pieces_of(inner)]
    return []


def test_whether_a_call_is_over_is_known_of_many_pieces_too() -> None:
    """How far it is closed is asked at its beginning, and again at its end."""
    pieces = ['{"a":"}', '{","b":[', *['"c",'] * 2 * FOLD, '"d"', "]", "}"]
    merge = merger()
    for piece in pieces:
        merge.arguments(0, "k", piece)
    take(merge)
    merge.arguments(0, "k", "".join(pieces))
    assert take(merge) == [Anomaly("T20", 7)]


@pytest.mark.parametrize("pieces", [[" "], [" ", " "], ["{", "}"], [' {"a":', "1}"]])
def test_the_view_of_arguments_has_all_of_them_at_their_end(pieces: list[str]) -> None:
    merge = merger()
    merge.open(0, "k", "call", name="f")
    for piece in pieces:
        merge.arguments(0, "k", piece)
    view = merge.live(0)
    merge.end(0, "k")
    assert merge.live(0) is view
    assert view is not None
    assert (view.value, view.complete) == (merge.response().tool_calls[0].parsed, True)


# -- which call a delta goes on with ---------------------------------------------------------------


#: Deltas as ``(index, id, name, fragment)``; the block each comes to; what is reported.
FOUND: list[tuple[list[tuple[Any, str, str, str]], list[int], str]] = [
    ([(0, "a", "f", "{"), (0, "", "", "}")], [0, 0], ""),
    ([(0, "a", "f", "{"), (1, "b", "f", "{"), (0, "", "", "}"), (1, "", "", "}")],
     [0, 1, 0, 1], ""),
    ([(0, "a", "f", "{"), (1, "b", "f", "{"), (None, "", "", "}")], [0, 1, 1], ""),
    ([(0, "a", "f", "{"), (1, "b", "f", "{"), (1, "a", "", "}")], [0, 1, 0], "T10"),
    ([(0, "a", "f", "{}"), (0, "b", "g", "{}")], [0, 1], "T3"),
    ([(0, "a", "f", "{}"), (0, "b", "f", "{}")], [0, 1], "T3"),
    ([(0, "a", "f", "{"), (0, "b", "f", "}")], [0, 0], "T6 T12"),
    ([(0, "a", "f", "{"), (0, "b", "", "}")], [0, 0], "T6"),
    ([(0, "", "f", "{}"), (0, "", "f", "{}")], [0, 1], "T9 T3"),
    ([(0, "", "f", "{}"), (0, "", "g", " {}")], [0, 1], "T9 T3"),
    ([(0, "", "f", '{"a":'), (0, "", "f", '{"b":1}}')], [0, 0], "T9 T12"),
    ([(0, "", "f", "{}"), (0, "", "f", " ")], [0, 0], "T9 T12"),
    ([(0, "", "", "{"), (0, "b", "f", "}")], [0, 0], ""),
    ([(None, "a", "f", "{}"), (None, "b", "g", "{}")], [0, 1], ""),
    ([(None, "", "f", "{"), (None, "", "g", "{}")], [0, 1], "T9"),
    ([(None, "", "f", "{}"), (None, "", "f", "{}")], [0, 1], "T9"),
    ([(None, "", "f", "{"), (None, "", "f", "}")], [0, 0], "T9 T12"),
    ([(5, "a", "f", "{}")], [0], "T5"),
    ([(0, "a", "f", "{}"), (5, "b", "f", "{}")], [0, 1], ""),
    ([("legacy", "", "f", "{}")], [0], ""),
]  # fmt: skip


@pytest.mark.parametrize(("deltas", "blocks", "quirks"), FOUND)
def test_a_call_is_found_by_index_id_and_name(
    deltas: list[tuple[Any, str, str, str]], blocks: list[int], quirks: str
) -> None:
    merge = merger()
    keys = [merge.call(0, *delta, "function") for delta in deltas]
    assert [key[1] for key in keys] == blocks
    assert anomalies(take(merge)) == quirks.split()


def test_ids_are_kept_and_count() -> None:
    """Each once, with its place in the table."""
    for limit in (108, 107):
        merge = merger(max_accumulated_bytes=limit)
        if limit == 108:
            for _ in range(3):
                merge.call(0, 0, "x" * 100, "", "", "function")
            with pytest.raises(MergeLimit):  # T6: each of them, should there be ever new ones
                merge.call(0, 0, "y", "", "", "function")
        else:
            with pytest.raises(MergeLimit):
                merge.call(0, 0, "x" * 100, "", "", "function")


@pytest.mark.parametrize(
    ("deltas", "name", "quirks"),
    [
        ([("get", ""), ("get", "")], "get", "T12"),
        ([("get_", ""), ("weather", "")], "get_weather", "T13"),
        ([("get", ""), ("get_weather", "")], "get_weather", "T13"),
        ([("get", "{"), ("get_weather", "")], "get_weather", "T13"),
        ([("get", "{"), ("weather", "")], "get", "T12"),
        ([("", "{"), ("get", "")], "get", ""),
        ([("x" * 1023, ""), ("y", "")], "x" * 1023 + "y", "T13"),
        ([("x" * 1024, ""), ("y", "")], "x" * 1024, "T12"),  # no name is as long
    ],
)
def test_names_that_come_in_pieces_or_again(
    deltas: list[tuple[str, str]], name: str, quirks: str
) -> None:
    merge = merger()
    merge.call(0, 0, "c1", "", "", "function")
    for more, fragment in deltas:
        merge.call(0, 0, "", more, fragment, "function")
    merge.finish(0, "tool_calls", "raw")
    assert [call.name for call in merge.response().tool_calls] == [name]
    assert [one for one in anomalies(take(merge)) if one != "T18"] == quirks.split()


SPACED = '{"a":' + (SPELLINGS * 7 + 64 - 7) * " " + "1}"

#: Fragments; the arguments they come to; what is reported. The rules are those of ``Call.grown``.
GROWN: list[tuple[str, list[str], str, str]] = [
    ("function", ['{"a"', ": 1", "}"], '{"a": 1}', ""),
    # literally, as long as it may be JSON
    ("function", ['{"a":', '{"a":', "1}}"], '{"a":{"a":1}}', ""),
    ("function", ["[", "[", "]]"], "[[]]", ""),
    ("function", ["1", "1"], "11", ""),
    ("function", ['{"a": "}', '}"}'], '{"a": "}}"}', ""),
    ("function", ['{"a": [1]', '{"a"'], '{"a": [1]{"a"', ""),
    # each repeats all before it
    ("function", ['{"a"', '{"a": 1', '{"a": 1}'], '{"a": 1}', "T21"),
    ("function", ['{"a"', '{"a": 1', '{"a": 1', '{"a": 1}', '{"a": 1}'], '{"a": 1}', "T21"),
    ("function", ['{"a"', '{"a":', " 1}"], '{"a": 1}', "T21"),
    ("function", ['{"a"', '{"a"', ": 1}"], '{"a": 1}', "T21"),
    ("function", ['{"a', '{"a', '": 1}'], '{"a": 1}', "T21"),
    ("function", ['{"a": 1}', '{"a": 1}\n'], '{"a": 1}\n', "T21"),
    # all of it once more
    ("function", ['{"a": 1}', '{"a": 1}'], '{"a": 1}', "T20"),
    ("function", ['{"a"', ": 1}", '{"a": 1}', '{"a": 1}'], '{"a": 1}', "T20"),
    ("function", ['{"a": 1}', ' {"a":1}'], '{"a": 1}', "T20"),
    ("function", [' {"a":1}', '{"a": 1}'], ' {"a":1}', "T20"),
    ("function", [' {"a":1} ', '{"a": 1}\n'], ' {"a":1} ', "T20"),
    ("function", [" ", '{"a": 1}', '{"a": 1}'], ' {"a": 1}', "T20"),
    ("function", ['"a"', '"\\u0061"'], '"a"', "T20"),
    ("function", ["{}", "{}"], "{}", "T20"),
    ("function", ["[]", "[ ]"], "[]", "T20"),
    ("function", ['{"a": 1}', '{"a": 2}'], '{"a": 1}{"a": 2}', ""),
    ("function", ['{"a": 1}', '{"a": '], '{"a": 1}{"a": ', ""),
    ("function", ['{"a": 1}', "\n"], '{"a": 1}\n', ""),
    ("function", ["[]", "[1]"], "[][1]", ""),
    # in another spelling, which may be some times as short
    ("function", [SPACED, '{"a":1}'], SPACED, "T20"),
    ("function", [SPACED + " ", '{"a":1}'], SPACED + ' {"a":1}', ""),
    # a placeholder before it
    ("function", ["{}", '{"a": 1}'], '{"a": 1}', "T19"),
    ("function", [" {}\n", ' {"a": 1}'], ' {"a": 1}', "T19"),
    ("function", ["{", "}", "{", '"a": 1}'], '{"a": 1}', "T19"),
    ("function", ["{}", '{"a"', '{"a": 1}'], '{"a": 1}', "T19 T21"),
    ("function", ["[]", '{"a": 1}'], '[]{"a": 1}', ""),
    ("function", [" ", "{}", '{"a": 1}'], '{"a": 1}', "T19"),
    ("function", ["{}", "[1]"], "{}[1]", ""),
    # words are taken as they come
    ("custom", ["ab", "ab", "abab"], "abababab", ""),
    ("custom", ["{}", "{}", '{"a": 1}'], '{}{}{"a": 1}', ""),
]


@pytest.mark.parametrize(("kind", "fragments", "arguments", "quirks"), GROWN)
def test_what_fragments_come_to(
    kind: str, fragments: list[str], arguments: str, quirks: str
) -> None:
    merge = merger()
    merge.open(0, "k", "call", "c1", name="f", call_kind=kind)
    for fragment in fragments:
        merge.arguments(0, "k", fragment)
    shown = take(merge)
    last = max((n for n, event in enumerate(shown) if isinstance(event, Reset)), default=0)
    deltas = [event.arguments for event in shown[last:] if isinstance(event, ToolCallDelta)]
    assert "".join(deltas) == arguments
    assert anomalies(shown) == quirks.split()
    assert [call.arguments for call in merge.response().tool_calls] == [arguments]


def test_a_delta_that_names_nothing() -> None:
    merge = merger()
    assert merge.call(0, 0, "", "", "", "function") is None
    assert take(merge) == [Unknown(RAW)]


def test_the_first_error_is_told_with_what_it_cut() -> None:
    seen = read(sse(calls(entry(0, "c1", "f", "{")), {"error": {"message": "m"}}), outcome="failed")
    assert [type(event) for event in seen.events[-3:-1]] == [ToolCallEnd, StreamError]
