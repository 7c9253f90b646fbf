"""docs/machine.md and docs/quirks.md are what the tables say, and the machine does what they say.

The pages are compared with their generator, ``tests/diagrams.py``. Then each row of ``BLOCKS``,
``CHOICES`` and ``OUTCOMES`` is driven through the real merger, and any sequence of verbs stays
within the tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sse_core import (
    Finish,
    MediaDelta,
    MediaEnd,
    MediaStart,
    Outcome,
    ReasoningDelta,
    ReasoningEnd,
    ReasoningStart,
    RefusalDelta,
    RefusalEnd,
    RefusalStart,
    Reset,
    ResponseStart,
    StreamDecoder,
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
)
from sse_core.blocks import BLOCKS, DELTAS, ENDED, HELD, OPEN
from sse_core.choices import CHOICES, STRENGTH
from sse_core.merge import OUTCOMES, Merger
from sse_core.quirks import QUIRKS

from . import diagrams
from .diagrams import CANNOT_OCCUR, DOCS, LIVES, PAGES
from .grammar import check_against_response, check_grammar

SPEAKING, FINISHED, AGAIN = CHOICES


# -- the pages -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_generator_makes(name: str) -> None:
    if not DOCS.is_dir():
        pytest.skip("tests/ was copied without docs/")
    assert (DOCS / name).read_text("utf-8") == PAGES[name](), "run: python -m tests.diagrams"


def test_main_writes_the_pages(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagrams, "DOCS", tmp_path / "docs")
    diagrams.main()
    written = {
        path.relative_to(tmp_path / "docs").as_posix(): path.read_text("utf-8")
        for path in (tmp_path / "docs").rglob("*.md")
    }
    assert written == {name: make() for name, make in PAGES.items()}


def test_every_quirk_and_every_outcome_is_on_its_page() -> None:
    assert all(f"\n| {id} | " in diagrams.quirks() for id in QUIRKS)
    assert {outcome for _, outcome in OUTCOMES} == set(Outcome)
    assert diagrams.SIGNS.keys() == {sign for sign, _ in OUTCOMES}


@pytest.mark.parametrize("life", LIVES)
def test_every_edge_is_in_the_diagram_and_in_the_table(life: str) -> None:
    page = diagrams.machine()
    for state, row in LIVES[life].items():
        for what, (then, shown) in row.items():
            one, other = state.replace(" ", "_"), then.replace(" ", "_")
            assert f"\n    {one} --> {other} : {what} / {', '.join(shown) or 'nothing'}\n" in page
            assert f"\n| {state} | {what} | {then} | " in page


def test_the_guide_names_every_event_with_its_fields() -> None:
    if not DOCS.is_dir():
        pytest.skip("tests/ was copied without docs/")
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| ", (DOCS / "stream.md").read_text("utf-8"), re.M)
    found = {name: re.findall(r"`(\w+)`", fields) for name, fields in rows}
    for event in get_args(StreamEvent):
        fields = [field for field in event._fields if field != "raw" or event in (Finish, Unknown)]
        assert found[event.__name__] == fields


# -- the tables ----------------------------------------------------------------------------------


@pytest.mark.parametrize("life", LIVES)
def test_every_state_is_reached_from_the_first(life: str) -> None:
    table = LIVES[life]
    reached = {next(iter(table))}
    for _ in table:
        reached |= {then for state in reached for then, _ in table[state].values()}
    assert reached == set(table)


@pytest.mark.parametrize("life", LIVES)
def test_every_happening_in_every_state_has_a_row_or_a_reason_why_it_has_none(life: str) -> None:
    table = LIVES[life]
    rows = {(state, what) for state, row in table.items() for what in row}
    happenings = {what for _, what in rows}
    never = set(CANNOT_OCCUR[life])
    assert rows | never == {(state, what) for state in table for what in happenings}
    assert not rows & never
    assert happenings == set(diagrams.HAPPENINGS[life])


# -- the machine: blocks -------------------------------------------------------------------------

KEY = "k"
WHOLE = '{"a": 1}'


def a_call(state: str, arguments: str = "") -> Merger:
    """A merger whose one block, a tool call, is in this state; what was shown is taken away."""
    merger = Merger()
    merger.open(0, KEY, "call", "id", **({} if state == HELD else {"name": "f"}))
    if arguments:
        merger.arguments(0, KEY, arguments)
    if state == ENDED:
        merger.end(0, KEY)
    assert state_of(merger) == state
    merger.take()
    return merger


def state_of(merger: Merger) -> str:
    return merger._choices[0].keyed[KEY].state


def shown_by(merger: Merger) -> list[type]:
    """The types of the new events of blocks."""
    return [type(event) for event in merger.take() if getattr(event, "block", None) is not None]


HAPPEN: dict[str, Callable[[Merger], Any]] = {
    "named": lambda merger: merger.learn(0, KEY, name="f"),
    "grows": lambda merger: merger.arguments(0, KEY, WHOLE),
    "voided": lambda merger: merger.void(0, KEY),
    "ends": lambda merger: merger.end(0, KEY),
}
CALL = {"start": ToolCallStart, "delta": ToolCallDelta, "end": ToolCallEnd, "reset": Reset}
ROWS = [(state, what) for state, row in BLOCKS.items() for what in row]


@pytest.mark.parametrize(("state", "what"), ROWS)
def test_a_call_does_what_its_row_says(state: str, what: str) -> None:
    merger = a_call(state, "" if what == "grows" else WHOLE)
    HAPPEN[what](merger)
    then, shown = BLOCKS[state][what]
    assert (state_of(merger), shown_by(merger)) == (then, [CALL[step] for step in shown])


def test_a_delta_is_shown_only_if_there_is_content() -> None:
    merger = a_call(HELD)
    HAPPEN["named"](merger)
    assert shown_by(merger) == [ToolCallStart]
    assert "delta" in BLOCKS[HELD]["named"][1]


#: Of the other kinds: how one begins, how it grows, and its events.
KINDS: dict[str, tuple[Callable[[Merger], Any], dict[str, type]]] = {
    "text": (
        lambda merger: merger.text(0, "x", KEY),
        {"start": TextStart, "delta": TextDelta, "end": TextEnd},
    ),
    "refusal": (
        lambda merger: merger.refusal(0, "x", KEY),
        {"start": RefusalStart, "delta": RefusalDelta, "end": RefusalEnd},
    ),
    "reasoning": (
        lambda merger: merger.reasoning(0, "x", KEY),
        {"start": ReasoningStart, "delta": ReasoningDelta, "end": ReasoningEnd},
    ),
    "result": (
        lambda merger: merger.result(0, KEY, "x"),
        {"start": ToolResultStart, "delta": ToolResultDelta, "end": ToolResultEnd},
    ),
    "media": (
        lambda merger: merger.media(0, KEY, b"x"),
        {"start": MediaStart, "delta": MediaDelta, "end": MediaEnd},
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_other_kinds_are_open_at_once_and_do_the_same(kind: str) -> None:
    grow, events = KINDS[kind]
    merger = Merger()
    merger.open(0, KEY, kind)
    assert (state_of(merger), shown_by(merger)) == (OPEN, [events["start"]])
    for what, act in (("grows", grow), ("voided", HAPPEN["voided"]), ("ends", HAPPEN["ends"])):
        act(merger)
        then, shown = BLOCKS[OPEN][what]
        expected = [{**events, "reset": Reset}[step] for step in shown]
        assert (state_of(merger), shown_by(merger)) == (then, expected)


def test_a_block_of_no_known_kind_is_shown_as_unknown_and_no_more() -> None:
    merger = Merger()
    merger.open(0, KEY, "other", type="news")
    assert [type(event) for event in merger.take()] == [ResponseStart, Unknown]
    for what in ("voided", "ends"):
        HAPPEN[what](merger)
        assert merger.take() == []


ENDS: dict[str, Callable[[Merger], Any]] = {
    "the wire ends it": lambda merger: merger.end(0, KEY),
    "the choice has its reason": lambda merger: merger.finish(0, "tool_calls", "tool_calls"),
    "the sentinel": lambda merger: merger.done(),
    "an error": lambda merger: merger.fail("x"),
    "the end of input": lambda merger: merger.close(0),
}


@pytest.mark.parametrize("state", [HELD, OPEN])
@pytest.mark.parametrize("how", ENDS)
def test_however_a_block_ends_its_row_is_shown(state: str, how: str) -> None:
    merger = a_call(state, WHOLE)
    ENDS[how](merger)
    then, shown = BLOCKS[state]["ends"]
    assert (state_of(merger), shown_by(merger)) == (then, [CALL[step] for step in shown])


def test_the_flow_ends_when_another_block_begins() -> None:
    merger = Merger()
    merger.text(0, "x")
    merger.open(0, KEY, "call", "id", name="f")
    assert shown_by(merger) == [TextStart, TextDelta, TextEnd, ToolCallStart]


def test_what_comes_for_a_block_that_has_ended() -> None:
    """The pairs without a row: another block begins, or nothing happens."""
    merger = a_call(ENDED, WHOLE)
    before = merger.response()
    merger.learn(0, KEY, name="g", call_id="other")
    HAPPEN["voided"](merger)
    assert (state_of(merger), shown_by(merger)) == (ENDED, [])
    assert merger.response() == before
    HAPPEN["grows"](merger)
    assert [block.state for block in merger._choices[0].blocks] == [ENDED, HELD]


# -- the machine: choices ------------------------------------------------------------------------


def a_choice(state: str) -> Merger:
    """A merger whose one choice is in this state; ``stop`` was its reason, if it had one."""
    merger = Merger()
    merger.text(0, "x")
    if state != SPEAKING:
        merger.finish(0, "stop", "stop")
    if state == AGAIN:
        merger.text(0, "y")
    assert merger._choices[0].state == state
    merger.take()
    return merger


HAPPEN_TO_CHOICE: dict[str, Callable[[Merger], Any]] = {
    "grows": lambda merger: merger.text(0, "z"),
    "reason": lambda merger: merger.finish(0, "stop", "stop"),
    "stronger reason": lambda merger: merger.finish(0, "length", "length"),
}


@pytest.mark.parametrize(
    ("state", "what"), [(state, what) for state, row in CHOICES.items() for what in row]
)
def test_a_choice_does_what_its_row_says(state: str, what: str) -> None:
    merger = a_choice(state)
    HAPPEN_TO_CHOICE[what](merger)
    then, told = CHOICES[state][what]
    finishes = [event for event in merger.take() if isinstance(event, Finish)]
    assert (merger._choices[0].state, bool(finishes)) == (then, told)


@pytest.mark.parametrize(("state", "what"), CANNOT_OCCUR["choice"])
def test_where_no_reason_counts_none_is_stronger(state: str, what: str) -> None:
    """What would be the stronger reason is a reason like any other."""
    merger = a_choice(state)
    HAPPEN_TO_CHOICE[what](merger)
    assert (merger._choices[0].state, True) == CHOICES[state]["reason"]


@pytest.mark.parametrize("second", [*STRENGTH, "length", "refusal"])
@pytest.mark.parametrize("first", [*STRENGTH, "length"])
def test_of_two_reasons_the_stronger_counts(first: str, second: str) -> None:
    merger = a_choice(SPEAKING)
    merger.finish(0, first, first)
    merger.finish(0, second, second)
    stronger = STRENGTH.get(second, 2) > STRENGTH.get(first, 2)
    finish = merger.response().finish
    assert finish is not None
    assert finish.reason == (second if stronger else first)


# -- any sequence of verbs -----------------------------------------------------------------------

keys = st.sampled_from(["a", "b"])
reasons = st.sampled_from(["stop", "tool_calls", "length", "error", "other"])
pieces = st.sampled_from(["x", "{}", '{"a":', "1}", "\ud83d", "\ude00"])
ids, names = st.sampled_from(["", "i", "j"]), st.sampled_from(["", "f"])
kinds = st.sampled_from(["text", "refusal", "reasoning", "call", "result", "media", "other"])
verbs = st.one_of(
    st.tuples(st.sampled_from(["text", "refusal", "reasoning"]), st.tuples(pieces, keys)),
    st.tuples(st.sampled_from(["text", "refusal", "reasoning"]), st.tuples(pieces)),
    st.tuples(st.just("open"), st.tuples(keys, kinds, ids, names)),
    st.tuples(st.sampled_from(["arguments", "result"]), st.tuples(keys, pieces)),
    st.tuples(st.just("goes_on"), st.tuples(keys, st.sampled_from([*DELTAS]), pieces)),
    st.tuples(st.just("media"), st.tuples(keys, st.just(b"x"), pieces)),
    st.tuples(st.just("call"), st.tuples(
        st.sampled_from([None, 0, 1]), ids, names, pieces, st.just("function"),
    )),
    st.tuples(st.just("opaque"), st.tuples(keys, ids, names)),
    st.tuples(st.sampled_from(["end", "agree"]), st.tuples(keys, pieces)),
    st.tuples(st.sampled_from(["end", "void"]), st.tuples(keys)),
    st.tuples(st.just("learn"), st.tuples(keys, ids, names)),
    st.tuples(st.just("finish"), st.tuples(reasons, st.just("x"))),
    st.tuples(st.sampled_from(["done", "fail", "restart", "take"]), st.just(())),
)  # fmt: skip


def call_verb(merger: Merger, name: str, values: tuple[Any, ...]) -> None:
    verb = getattr(merger, name)
    if name in ("end", "agree") and (
        merger.has(0, values[0], "media") or merger.has(0, values[0], "other")
    ):
        merger.end(0, values[0])  # these have no text that could be told whole
    elif name in ("open", "learn"):
        *place, id, called = values
        known = {"id": id} if name == "open" else {"call_id": id}
        verb(0, *place, **{k: v for k, v in {**known, "name": called}.items() if v})
    elif name == "fail":
        verb("x")
    elif name in ("done", "restart", "take"):
        verb()
    else:
        verb(0, *values)


@given(st.lists(verbs, max_size=12))
def test_no_sequence_of_verbs_leaves_the_tables(sequence: list[Any]) -> None:
    """A pair without a row would be a ``KeyError``; what has ended grows no more; and what is
    shown keeps the grammar, and is the response."""
    merger = Merger()
    events: list[StreamEvent] = []
    ended: dict[int, tuple[Any, str]] = {}
    for name, values in sequence:
        call_verb(merger, name, values)
        if name == "take":
            merger.response()  # may be asked at any time, and changes nothing
        events += merger.take()
        for state in merger._choices.values():
            assert state.state in CHOICES
            for block in state.blocks:
                assert block.state in BLOCKS
                if block.state == ENDED:
                    said = repr((block.pieces, block.transcript))
                    assert ended.setdefault(block.number, (block, said)) == (block, said)
    merger.close(0)
    events += merger.take()
    check_grammar(events)
    check_against_response(events, merger.response())


# -- the machine: the outcome --------------------------------------------------------------------


def chat(finish: str | None = None, **delta: Any) -> bytes:
    choice = {"index": 0, "delta": {"content": "Hi", **delta}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]})}\n\n".encode()


CUT = {"tool_calls": [{"index": 0, "id": "x", "function": {"name": "f", "arguments": '{"a'}}]}
DONE = b"data: [DONE]\n\n"

#: Of each sign, a stream that has it and those of the rows below it where it can, none above.
SIGNED = {
    "other format": b'{"choices": []}',
    "error": chat("length") + b'data: {"error": "x"}\n\n' + DONE,
    "no event": b": hello\n\n",
    "no chunk": b'data: {"x": 1}\n\n',
    "cut short": chat("length", **CUT) + DONE,
    "cut call": chat("tool_calls", **CUT) + DONE,
    "finished": chat("stop") + DONE,
    "sentinel": chat() + DONE,
    "end of input": chat(),
}


@pytest.mark.parametrize(("sign", "outcome"), OUTCOMES)
def test_the_outcome_is_that_of_its_row(sign: str, outcome: Outcome) -> None:
    stream = StreamDecoder("openai-chat")
    stream.feed(SIGNED[sign])
    stream.close()
    assert stream.outcome is outcome
